//===-- network.c - Sizes and paths of the network kernels -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_instructions.h"
#include "apus_network.h"
#include "network_paths.h"

apus_network_path_t apus_network_path_best(void) {
    for (apus_network_path_t path = APUS_NETWORK_AVX512; path > APUS_NETWORK_PORTABLE; path -= 1) {
        // Both count alike: portable, AVX2, AVX-VNNI, AVX-512.
        int const is_allowed = apus_instructions_allowed((apus_instructions_t)path);
        if (is_allowed && apus_network_path_runs(path)) return path;
    }
    return APUS_NETWORK_PORTABLE;
}

int apus_network_path_runs(apus_network_path_t path) {
    if (path == APUS_NETWORK_PORTABLE) return 1;
#if defined(__x86_64__)
    int const has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (path == APUS_NETWORK_AVX2) return has_avx2;
    if (path == APUS_NETWORK_AVX_VNNI) return has_avx2 && __builtin_cpu_supports("avxvnni");
    if (path == APUS_NETWORK_AVX512) {
        return has_avx2 && __builtin_cpu_supports("avx512f") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
    }
#endif
    return 0;
}

static uint32_t wide(uint32_t n) { return (n + 15) & ~15u; }
static uint32_t lines(uint32_t bytes) { return (bytes + 63) & ~63u; }
static uint32_t greater(uint32_t a, uint32_t b) { return a > b ? a : b; }

/// Where the states of a slot and the ready rows lie; returns the rows of the scratch.
static uint32_t arrange_layers(struct apus_network *network) {
    uint32_t offset = 0;
    uint32_t ready = 0;
    uint32_t rows = wide(network->units);
    for (uint32_t k = 0; k < network->layer_count; k += 1) {
        struct apus_network_layer *layer = &network->layers[k];
        layer->state_offset = offset;
        layer->ready_offset = ready;
        rows = greater(rows, greater(layer->input.rows, layer->state.rows));
        if (network->kind == APUS_NETWORK_TRANSFORMER) {
            offset += 2 * network->units * wide(network->steps) * 4;
            rows = greater(rows, greater(layer->up.rows, layer->down.rows));
        } else {
            offset += lines(wide(layer->width) * 5);
            ready += layer->state.rows + 16;
        }
    }
    network->pool_offset = offset;
    if (network->attends) {
        offset += (16 + wide(network->units)) * 4;
        rows = greater(rows, network->attention.rows);
    }
    network->slot_size = lines(offset);
    network->slots_offset = lines(network->ready_offset + ready * 4);
    return rows;
}

void apus_network_arrange(struct apus_network *network) {
    int const is_transformer = network->kind == APUS_NETWORK_TRANSFORMER;
    uint32_t const first =
        is_transformer ? network->embedding.rows : network->layers[0].input.rows;
    network->slot_count = network->carries ? 1 : network->steps;
    network->first_offset = lines((uint32_t)sizeof(struct apus_network_windows));
    network->ready_offset = network->first_offset + lines((first + 16) * 4);
    // A gate's last vector may reach beyond the rows.
    network->scratch_rows = wide(greater(arrange_layers(network), first)) + 16;
    network->windows_size =
        network->slots_offset + (uint64_t)network->slot_count * network->slot_size;
    // Rows three times, a token as floats and bytes, the scores.
    network->scratch_size = (uint64_t)network->scratch_rows * 3 * 4 +
        (uint64_t)(wide(network->units) + wide(network->steps)) * 4 + network->scratch_rows + 64;
    network->input_gain = 127.0f / network->clip;
}

void apus_network_reset(struct apus_network const *network, struct apus_network_windows *windows) {
    (void)network;
    __builtin_memset(windows, 0, sizeof *windows);
}

int apus_network_take(struct apus_network const *network, struct apus_network_windows *windows,
                      float const *values, void *scratch, float *raw) {
#if defined(__x86_64__)
    switch (network->path) {
    case 3: return apus_network_take_avx512(network, windows, values, scratch, raw);
    case 2: return apus_network_take_avx_vnni(network, windows, values, scratch, raw);
    case 1: return apus_network_take_avx2(network, windows, values, scratch, raw);
    default: break;
    }
#endif
    return apus_network_take_portable(network, windows, values, scratch, raw);
}

int apus_network_settle(struct apus_network const *network, struct apus_network_windows *windows,
                        void *scratch, uint32_t budget) {
#if defined(__x86_64__)
    switch (network->path) {
    case 3: return apus_network_settle_avx512(network, windows, scratch, budget);
    case 2: return apus_network_settle_avx_vnni(network, windows, scratch, budget);
    case 1: return apus_network_settle_avx2(network, windows, scratch, budget);
    default: break;
    }
#endif
    return apus_network_settle_portable(network, windows, scratch, budget);
}

float apus_network_half_tanh(float x) {
    float half = x / 2;
    if (half > TANH_BOUND) half = TANH_BOUND;
    if (half < -TANH_BOUND) half = -TANH_BOUND;
    float const t = half * half;
    float const above = half * (TANH_A0 + t * (TANH_A1 + t * TANH_A2));
    return above / (1.0f + t * (TANH_B1 + t * TANH_B2));
}

void apus_network_tanh(float const *values, float *out, uint32_t count, apus_network_path_t path) {
#if defined(__x86_64__)
    switch (path) {
    case 3: apus_network_tanh_avx512(values, out, count); return;
    case 2: apus_network_tanh_avx_vnni(values, out, count); return;
    case 1: apus_network_tanh_avx2(values, out, count); return;
    default: break;
    }
#else
    (void)path;
#endif
    apus_network_tanh_portable(values, out, count);
}

void apus_network_exponential(float const *values, float *out, uint32_t count,
                              apus_network_path_t path) {
#if defined(__x86_64__)
    switch (path) {
    case 3: apus_network_exponential_avx512(values, out, count); return;
    case 2: apus_network_exponential_avx_vnni(values, out, count); return;
    case 1: apus_network_exponential_avx2(values, out, count); return;
    default: break;
    }
#else
    (void)path;
#endif
    apus_network_exponential_portable(values, out, count);
}
