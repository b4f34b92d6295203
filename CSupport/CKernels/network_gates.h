//===-- network_gates.h - Gates of LSTM and GRU layers -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Included by `network_body.h`, for each path anew.
//
//===----------------------------------------------------------------------===//

/// A layer's step: the sums of its input, its ready recurrent half, its memory.
///
/// @param memory  The cell, or a GRU's state; shape [width16].
/// @param hidden  The new state; shape [width16].
/// @param output  The new state, quantised; shape [width16].
static void step_lstm(struct apus_network_layer const *layer, float const *sums,
                      float const *halves, float *memory, float *hidden, uint8_t *output) {
    uint32_t const width = layer->width;
    float const *scale = layer->input.scale;
    for (uint32_t i = 0; i < width; i += 16) {
        floats_t gate[4];
        for (uint32_t k = 0; k < 4; k += 1) {
            uint32_t const row = k * width + i;
            gate[k] = fused(load(sums + row), load(scale + row), load(halves + row));
        }
        ratio_t const in = half_sigmoid(gate[0]);
        ratio_t const forget = half_sigmoid(gate[1]);
        ratio_t const news = tanh_ratio(gate[2]);
        ratio_t const out = half_sigmoid(gate[3]);
        // f c + i g over one denominator; each sigmoid is half its ratio.
        floats_t const product = in.below * news.below;
        floats_t const kept = forget.above * load(memory + i);
        floats_t const added = in.above * news.above * forget.below;
        floats_t const cell =
            fused(kept, product, added) / (forget.below * product * all(2.0f));
        store(memory + i, cell);
        ratio_t const shown = tanh_ratio(cell);
        floats_t const state =
            (out.above * shown.above) / (out.below * shown.below * all(2.0f));
        store(hidden + i, state);
        store_bytes(output + i, quantised(state, all(127.0f)));
    }
}

static void step_gru(struct apus_network_layer const *layer, float const *sums,
                     float const *halves, float *memory, float *hidden, uint8_t *output) {
    uint32_t const width = layer->width;
    float const *scale = layer->input.scale;
    for (uint32_t i = 0; i < width; i += 16) {
        uint32_t const update_row = width + i;
        uint32_t const news_row = 2 * width + i;
        ratio_t const reset =
            half_sigmoid(fused(load(sums + i), load(scale + i), load(halves + i)));
        ratio_t const update = half_sigmoid(
            fused(load(sums + update_row), load(scale + update_row), load(halves + update_row)));
        floats_t const input = fused(load(sums + news_row), load(scale + news_row),
                                     load(layer->input.bias + news_row));
        floats_t const share = reset.above / (reset.below * all(2.0f));
        ratio_t const news = tanh_ratio(fused(share, load(halves + news_row), input));
        // (1 - z) n + z h over one denominator.
        floats_t const twice = update.below * all(2.0f);
        floats_t const above = fused((twice - update.above), news.above,
                                     update.above * load(memory + i) * news.below);
        floats_t const state = above / (twice * news.below);
        store(memory + i, state);
        store(hidden + i, state);
        store_bytes(output + i, quantised(state, all(127.0f)));
    }
}
