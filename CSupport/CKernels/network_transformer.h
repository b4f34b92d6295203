//===-- network_transformer.h - One token of causal blocks --------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Included by `network_body.h`, for each path anew.
//
// A window keeps the keys and values of its tokens, transposed: a row for each column of the width
// and a place for each step. Token t sees those up to its own, so a window grows by one token a
// vector, as a recurrent one does by one step.
//
//===----------------------------------------------------------------------===//

/// Lanes `first`... of a vector that are below `count`: as they are; the others: `other`.
APUS_INLINE floats_t below_count(floats_t x, uint32_t first, uint32_t count, float other) {
    ints_t const lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return choose(lane < (ints_t)((int32_t)count - (int32_t)first), x, all(other));
}

/// @param norm  Gains, then offsets; shape [2][width16], zero beyond the width.
static void normalise_layer(float const *x, float const *norm, uint32_t width, float *out) {
    uint32_t const padded = wide(width);
    floats_t total = all(0);
    for (uint32_t i = 0; i < padded; i += 16) total += load(x + i);
    float const mean = sum_of(total) / (float)width;
    total = all(0);
    for (uint32_t i = 0; i < padded; i += 16) {
        floats_t const distance = below_count(load(x + i) - all(mean), i, width, 0);
        total = fused(distance, distance, total);
    }
    float const inverse = 1.0f / __builtin_sqrtf(sum_of(total) / (float)width + 1e-5f);
    for (uint32_t i = 0; i < padded; i += 16) {
        floats_t const scaled_distance = (load(x + i) - all(mean)) * all(inverse);
        store(out + i, fused(scaled_distance, load(norm + i), load(norm + padded + i)));
    }
}

/// Quantises by the greatest magnitude; returns what one step is worth.
static float quantise_token(float const *x, uint32_t padded, uint8_t *out) {
    floats_t greatest = all(0);
    for (uint32_t i = 0; i < padded; i += 16) {
        floats_t const value = load(x + i);
        greatest = greater(greater(value, -value), greatest);
    }
    float const most = greatest_of(greatest);
    float const gain = most > 1e-30f ? 127.0f / most : 0.0f;
    for (uint32_t i = 0; i < padded; i += 16) {
        store_bytes(out + i, quantised(load(x + i), all(gain)));
    }
    return most / 127.0f;
}

/// Writes a token's column; the places behind it in its vector become zero with the first.
APUS_INLINE void append_column(float *rows, float const *values, uint32_t width, uint32_t stride,
                               uint32_t t) {
    if ((t & 15u) == 0) {
        for (uint32_t i = 0; i < width; i += 1) store(rows + (size_t)i * stride + t, all(0));
    }
    for (uint32_t i = 0; i < width; i += 1) rows[(size_t)i * stride + t] = values[i];
}

/// Attention of the newest token over the tokens up to it.
///
/// @param query  shape [width]; @param keys, values  shape [width][stride];
/// @param scores shape [stride], overwritten; @param out  shape [width].
static void attend(float const *query, float const *keys, float const *values, uint32_t width,
                   uint32_t heads, uint32_t stride, uint32_t t, float *scores, float *out) {
    uint32_t const size = width / heads;
    float const scale = 1.0f / __builtin_sqrtf((float)size);
    for (uint32_t head = 0; head < heads; head += 1) {
        uint32_t const first = head * size;
        floats_t greatest = all(LOWEST);
        for (uint32_t i = 0; i <= t; i += 16) {
            floats_t score = all(0);
            for (uint32_t k = first; k < first + size; k += 1) {
                score = fused(all(query[k]), load(keys + (size_t)k * stride + i), score);
            }
            score = below_count(score * all(scale), i, t + 1, LOWEST);
            greatest = greater(score, greatest);
            store(scores + i, score);
        }
        float const most = greatest_of(greatest);
        floats_t total = all(0);
        for (uint32_t i = 0; i <= t; i += 16) {
            floats_t const power = exponential(load(scores + i) - all(most));
            floats_t const share = below_count(power, i, t + 1, 0);
            total += share;
            store(scores + i, share);
        }
        float const sum = sum_of(total);
        for (uint32_t k = first; k < first + size; k += 1) {
            floats_t mixed = all(0);
            for (uint32_t i = 0; i <= t; i += 16) {
                mixed = fused(load(scores + i), load(values + (size_t)k * stride + i), mixed);
            }
            out[k] = sum_of(mixed) / sum;
        }
    }
}

APUS_INLINE void add_to(float *x, float const *more, uint32_t padded) {
    for (uint32_t i = 0; i < padded; i += 16) store(x + i, load(x + i) + load(more + i));
}

/// Runs the newest vector as token `t` of the window in `slot`; leaves its last row in the
/// scratch's first rows.
static void take_token(struct apus_network const *network, struct apus_network_windows *windows,
                       uint8_t *slot, uint32_t t, void *scratch) {
    uint32_t const width = network->units;
    uint32_t const padded = wide(width);
    uint32_t const stride = wide(network->steps);
    float *x = (float *)scratch;
    float *work = x + padded;
    float *sums = work + network->scratch_rows;
    float *scores = sums + network->scratch_rows;
    uint8_t *token = (uint8_t *)(void *)(scores + stride);

    float const *first = (float const *)(void const *)((uint8_t *)windows + network->first_offset);
    for (uint32_t i = 0; i < padded; i += 16) {
        floats_t const embedded = fused(load(first + i), load(network->embedding.scale + i),
                                        load(network->embedding.bias + i));
        store(x + i, embedded + load(network->positions + (size_t)t * padded + i));
    }
    for (uint32_t k = 0; k < network->layer_count; k += 1) {
        struct apus_network_layer const *layer = &network->layers[k];
        float *keys = (float *)(void *)(slot + layer->state_offset);
        float *values = keys + (size_t)width * stride;
        normalise_layer(x, layer->norms, width, work);
        float step = quantise_token(work, padded, token);
        multiply_scaled(&layer->input, token, step, sums);
        append_column(keys, sums + width, width, stride, t);
        append_column(values, sums + 2 * width, width, stride, t);
        for (uint32_t i = 0; i < padded; i += 16) store(work + i, all(0));
        attend(sums, keys, values, width, layer->heads, stride, t, scores, work);
        step = quantise_token(work, padded, token);
        multiply_scaled(&layer->state, token, step, sums);
        add_to(x, sums, padded);

        normalise_layer(x, layer->norms + 2 * padded, width, work);
        step = quantise_token(work, padded, token);
        multiply_scaled(&layer->up, token, step, sums);
        for (uint32_t i = 0; i < layer->up.rows; i += 16) {
            store(sums + i, greater(load(sums + i), all(0)));
        }
        step = quantise_token(sums, layer->up.rows, token);
        multiply_scaled(&layer->down, token, step, work);
        add_to(x, work, padded);
    }
}

/// The head's output for the token that was taken last.
static float read_token(struct apus_network const *network, void *scratch) {
    float *x = (float *)scratch;
    float *work = x + wide(network->units);
    normalise_layer(x, network->final_norm, network->units, work);
    return head_of(network, work) + network->head_bias;
}
