//===-- network_matrices.h - Products of int8 matrices -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Included by `network_body.h`, for each path anew.
//
//===----------------------------------------------------------------------===//

/// Rows of `count` blocks; `count` is a constant where this is called.
APUS_INLINE void multiply_tile(struct apus_network_matrix const *matrix, uint8_t const *input,
                               uint32_t block, uint32_t const count, ints_t sums[APUS_TILE_MAX]) {
    size_t const groups = matrix->groups;
    int8_t const *weights = matrix->weights + (size_t)block * groups * 64;
    for (uint32_t k = 0; k < count; k += 1) {
        sums[k] = first_sums(matrix->zero + (size_t)(block + k) * 16);
    }
    for (size_t group = 0; group < groups; group += 1) {
        columns_t const columns = spread_columns(input + group * 4);
        for (uint32_t k = 0; k < count; k += 1) {
            sums[k] = add_columns(sums[k], columns, weights + (k * groups + group) * 64);
        }
    }
}

/// How sums become what is written.
typedef enum outcome { plain, ready, scaled } outcome_t;

APUS_INLINE void finish_tile(struct apus_network_matrix const *matrix, uint32_t block,
                             uint32_t const count, ints_t const sums[APUS_TILE_MAX],
                             outcome_t const outcome, float factor, float *out) {
    for (uint32_t k = 0; k < count; k += 1) {
        size_t const row = (size_t)(block + k) * 16;
        floats_t value = __builtin_convertvector(sums[k], floats_t);
        if (outcome == ready) {
            value = fused(value, load(matrix->scale + row), load(matrix->bias + row));
        }
        if (outcome == scaled) {
            value = fused(value, load(matrix->scale + row) * all(factor), load(matrix->bias + row));
        }
        store(out + row, value);
    }
}

#define APUS_TILE(n)                                                                               \
    case n: {                                                                                      \
        ints_t sums[APUS_TILE_MAX];                                                                \
        multiply_tile(matrix, input, block, n, sums);                                              \
        finish_tile(matrix, block, n, sums, outcome, factor, out);                                 \
        break;                                                                                     \
    }

/// out = the matrix' sums as floats; ready: scaled and with the bias; scaled: the scale times
/// `factor`, and the bias.
APUS_INLINE void multiply(struct apus_network_matrix const *matrix, uint8_t const *input,
                          outcome_t const outcome, float factor, float *out) {
    uint32_t const blocks = matrix->rows / 16;
    uint32_t const tiles = (blocks + APUS_TILE_MAX - 1) / APUS_TILE_MAX;
    uint32_t block = 0;
    for (uint32_t tile = 0; tile < tiles; tile += 1) {
        // Tiles of one size, or one more: a lone block would wait for itself.
        uint32_t const count = (blocks - block + (tiles - tile) - 1) / (tiles - tile);
        switch (count) {
            APUS_TILE(1)
            APUS_TILE(2)
            APUS_TILE(3)
            APUS_TILE(4)
#if APUS_TILE_MAX >= 8
            APUS_TILE(5)
            APUS_TILE(6)
            APUS_TILE(7)
            APUS_TILE(8)
#endif
        default: break;
        }
        block += count;
    }
}

static void multiply_plain(struct apus_network_matrix const *matrix, uint8_t const *input,
                           float *out) {
    multiply(matrix, input, plain, 0, out);
}

static void multiply_ready(struct apus_network_matrix const *matrix, uint8_t const *input,
                           float *out) {
    multiply(matrix, input, ready, 0, out);
}

static void multiply_scaled(struct apus_network_matrix const *matrix, uint8_t const *input,
                            float factor, float *out) {
    multiply(matrix, input, scaled, factor, out);
}
