//===-- network_body.h - One path's text of the network kernels --*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Included once by each path's file, which has defined APUS_PATH(name), APUS_TILE_MAX, and how
// four columns are multiplied (columns_t, spread_columns, first_sums, add_columns). Everything is
// written on vectors of sixteen floats; the compiler makes them one register, two or four.
//
//===----------------------------------------------------------------------===//

#include "network_vectors.h"

#include "network_matrices.h"

#include "network_gates.h"

// MARK: - Windows

APUS_INLINE uint8_t *slot_at(struct apus_network const *network,
                             struct apus_network_windows *windows, uint64_t start) {
    uint64_t const slot = network->carries ? 0 : start % network->slot_count;
    return (uint8_t *)windows + network->slots_offset + slot * network->slot_size;
}

APUS_INLINE float *first_sums_of(struct apus_network const *network,
                                 struct apus_network_windows *windows) {
    return (float *)(void *)((uint8_t *)windows + network->first_offset);
}

APUS_INLINE float *ready_rows(struct apus_network const *network,
                              struct apus_network_windows *windows,
                              struct apus_network_layer const *layer) {
    return (float *)(void *)((uint8_t *)windows + network->ready_offset) + layer->ready_offset;
}

APUS_INLINE float *memory_of(struct apus_network_layer const *layer, uint8_t *slot) {
    return (float *)(void *)(slot + layer->state_offset);
}

APUS_INLINE uint8_t *output_of(struct apus_network_layer const *layer, uint8_t *slot) {
    return slot + layer->state_offset + (size_t)wide(layer->width) * 4;
}

/// The state before a window's first step.
static void clear_slot(struct apus_network const *network, uint8_t *slot) {
    if (network->kind == APUS_NETWORK_TRANSFORMER) return; // Its columns are written before use.
    for (uint32_t k = 0; k < network->layer_count; k += 1) {
        struct apus_network_layer const *layer = &network->layers[k];
        float *memory = memory_of(layer, slot);
        uint8_t *output = output_of(layer, slot);
        for (uint32_t i = 0; i < layer->width; i += 16) {
            store(memory + i, all(0));
            store_bytes(output + i, (bytes_t)(128));
        }
    }
    if (!network->attends) return;
    float *pool = (float *)(void *)(slot + network->pool_offset);
    store(pool, all(0));
    pool[0] = LOWEST;
    for (uint32_t i = 0; i < network->units; i += 16) store(pool + 16 + i, all(0));
}

/// Takes a window's newest state into its attention.
///
/// The pool is {greatest score, sum of exp(score - greatest)}, then the states' sum weighted alike.
static void pool_state(struct apus_network const *network, uint8_t *slot, float const *hidden,
                       float *sums) {
    struct apus_network_layer const *top = &network->layers[network->layer_count - 1];
    struct apus_network_matrix const *attention = &network->attention;
    multiply_ready(attention, output_of(top, slot), sums);
    floats_t total = all(0);
    for (uint32_t i = 0; i < attention->rows; i += 16) {
        ratio_t const value = tanh_ratio(load(sums + i));
        total = fused(load(network->attention_vector + i), value.above / value.below, total);
    }
    float const score = sum_of(total);
    float *pool = (float *)(void *)(slot + network->pool_offset);
    float const before = pool[0];
    float const greatest = score > before ? score : before;
    floats_t powers = all(0);
    powers[0] = before - greatest;
    powers[1] = score - greatest;
    powers = exponential(powers);
    float const kept = powers[0];
    float const share = powers[1];
    pool[0] = greatest;
    pool[1] = pool[1] * kept + share;
    for (uint32_t i = 0; i < network->units; i += 16) {
        floats_t const old = load(pool + 16 + i) * all(kept);
        store(pool + 16 + i, fused(load(hidden + i), all(share), old));
    }
}

APUS_INLINE float head_of(struct apus_network const *network, float const *state) {
    floats_t total = all(0);
    for (uint32_t i = 0; i < network->units; i += 16) {
        total = fused(load(state + i), load(network->head + i), total);
    }
    return sum_of(total);
}

APUS_INLINE void step_layer(struct apus_network const *network,
                            struct apus_network_layer const *layer, uint8_t *slot,
                            float const *sums, float const *halves, float *hidden) {
    if (network->kind == APUS_NETWORK_LSTM) {
        step_lstm(layer, sums, halves, memory_of(layer, slot), hidden, output_of(layer, slot));
    } else {
        step_gru(layer, sums, halves, memory_of(layer, slot), hidden, output_of(layer, slot));
    }
}

/// Rows of the scratch: sums, recurrent halves, the last hidden state.
APUS_INLINE float *scratch_rows(struct apus_network const *network, void *scratch, uint32_t place) {
    return (float *)scratch + (size_t)place * network->scratch_rows;
}

/// The last step of the window in `slot`, whose recurrent halves are ready.
static float finish_window(struct apus_network const *network,
                           struct apus_network_windows *windows, uint8_t *slot, void *scratch) {
    float *hidden = scratch_rows(network, scratch, 2);
    float *work = scratch_rows(network, scratch, 0);
    float const *sums = first_sums_of(network, windows);
    for (uint32_t k = 0; k < network->layer_count; k += 1) {
        struct apus_network_layer const *layer = &network->layers[k];
        if (k > 0) {
            multiply_plain(&layer->input, output_of(layer - 1, slot), work);
            sums = work;
        }
        step_layer(network, layer, slot, sums, ready_rows(network, windows, layer), hidden);
    }
    if (!network->attends) return head_of(network, hidden) + network->head_bias;
    pool_state(network, slot, hidden, work);
    float const *pool = (float const *)(void const *)(slot + network->pool_offset);
    return head_of(network, pool + 16) / pool[1] + network->head_bias;
}

/// One layer of a window that is not finished with this vector.
static void advance_layer(struct apus_network const *network,
                          struct apus_network_windows *windows, uint8_t *slot, uint32_t k,
                          void *scratch) {
    struct apus_network_layer const *layer = &network->layers[k];
    float *hidden = scratch_rows(network, scratch, 2);
    float *halves = scratch_rows(network, scratch, 1);
    float *work = scratch_rows(network, scratch, 0);
    float const *sums = first_sums_of(network, windows);
    multiply_ready(&layer->state, output_of(layer, slot), halves);
    if (k > 0) {
        multiply_plain(&layer->input, output_of(layer - 1, slot), work);
        sums = work;
    }
    step_layer(network, layer, slot, sums, halves, hidden);
    if (network->attends && k + 1 == network->layer_count) pool_state(network, slot, hidden, work);
}

/// The recurrent halves of the window that the next vector finishes.
static void make_ready(struct apus_network const *network, struct apus_network_windows *windows,
                       uint8_t *slot) {
    windows->is_ready = 1;
    if (network->kind == APUS_NETWORK_TRANSFORMER) return;
    for (uint32_t k = 0; k < network->layer_count; k += 1) {
        struct apus_network_layer const *layer = &network->layers[k];
        multiply_ready(&layer->state, output_of(layer, slot), ready_rows(network, windows, layer));
    }
}

#include "network_transformer.h"

// MARK: - Entries

/// Normalises, clips and quantises a vector. 0 when one of its values is not finite.
APUS_INLINE int quantise_input(struct apus_network const *network, float const *values,
                               uint8_t *input) {
    uint32_t const count = (network->features + 3) & ~3u;
    floats_t poison = all(0);
    for (uint32_t i = 0; i < count; i += 16) {
        float part[16] = {0};
        uint32_t const rest = count - i < 16 ? count - i : 16;
        __builtin_memcpy(part, values + i, rest * sizeof(float));
        floats_t const value = load(part);
        poison += value * all(0);
        floats_t const sigmas =
            (value - load(network->normaliser + i)) * load(network->normaliser + 128 + i);
        store_bytes(input + i, quantised(bounded(sigmas, network->clip), all(network->input_gain)));
    }
    return sum_of(poison) == 0;
}

static void settle_transformer(struct apus_network const *network,
                               struct apus_network_windows *windows, void *scratch,
                               uint32_t windows_behind, uint32_t budget) {
    uint32_t const last = windows_behind - windows->place;
    uint32_t const tokens = budget / network->layer_count;
    uint32_t const most = tokens < last ? (tokens > 0 ? tokens : 1) : last;
    for (uint32_t n = 0; n < most; n += 1) {
        uint32_t const place = windows->place;
        take_token(network, windows, slot_at(network, windows, windows->count - 1 - place), place,
                   scratch);
        windows->place = place + 1;
    }
}

int APUS_PATH(apus_network_settle)(struct apus_network const *network,
                                   struct apus_network_windows *windows, void *scratch,
                                   uint32_t budget) {
    if (!windows->is_behind) return 0;
    uint64_t const count = windows->count;
    uint32_t const rest = network->steps - 1;
    uint32_t const behind = network->carries ? 0 : (uint32_t)(count < rest ? count : rest);
    if (network->kind == APUS_NETWORK_TRANSFORMER) {
        settle_transformer(network, windows, scratch, behind, budget);
        if (windows->place < behind) return 1;
    } else {
        while (windows->layer < network->layer_count && windows->place < behind) {
            if (budget == 0) return 1;
            budget -= 1;
            uint8_t *slot = slot_at(network, windows, count - 1 - windows->place);
            advance_layer(network, windows, slot, windows->layer, scratch);
            windows->place += 1;
            if (windows->place == behind) {
                windows->place = 0;
                windows->layer += 1;
            }
        }
    }
    windows->is_behind = 0;
    windows->layer = 0;
    windows->place = 0;
    if (network->carries || (network->steps > 1 && count >= rest)) {
        make_ready(network, windows, slot_at(network, windows, count + 1 - network->steps));
    }
    return 0;
}

int APUS_PATH(apus_network_take)(struct apus_network const *network,
                                 struct apus_network_windows *windows, float const *values,
                                 void *scratch, float *raw) {
    if (windows->is_behind) APUS_PATH(apus_network_settle)(network, windows, scratch, UINT32_MAX);
    if (!quantise_input(network, values, windows->input)) return -1;
    uint64_t const start = windows->count;
    windows->count = start + 1;
    int const is_transformer = network->kind == APUS_NETWORK_TRANSFORMER;
    multiply_plain(is_transformer ? &network->embedding : &network->layers[0].input,
                   windows->input, first_sums_of(network, windows));
    if (!network->carries || start == 0) {
        clear_slot(network, slot_at(network, windows, start));
    }
    windows->is_behind = 1;
    int const is_whole = windows->count >= network->steps;
    if (!is_whole && !network->carries) return 0;
    uint8_t *slot = slot_at(network, windows, windows->count - network->steps);
    if (!windows->is_ready) make_ready(network, windows, slot);
    windows->is_ready = 0;
    if (is_transformer) {
        take_token(network, windows, slot, network->steps - 1, scratch);
        *raw = read_token(network, scratch);
    } else {
        *raw = finish_window(network, windows, slot, scratch);
    }
    return is_whole;
}

void APUS_PATH(apus_network_tanh)(float const *values, float *out, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 1) {
        ratio_t const ratio = tanh_ratio(all(values[i]));
        out[i] = (ratio.above / ratio.below)[0];
    }
}

void APUS_PATH(apus_network_exponential)(float const *values, float *out, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 1) out[i] = exponential(all(values[i]))[0];
}
