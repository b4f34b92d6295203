//===-- forest.c - Decision trees, walked and summed ------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_forest.h"

#include <math.h>

/// LightGBM's kZeroThreshold.
static float const APUS_FOREST_ZERO = 1e-35f;

static inline void apus_forest_left_bank(float *bank, float const *values, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 1) {
        bank[i] = values[i] != values[i] ? -INFINITY : values[i];
    }
}

static inline void apus_forest_zero_bank(float *bank, float const *values, uint32_t count,
                                         float missing) {
    for (uint32_t i = 0; i < count; i += 1) {
        // Not-a-number fails the comparison, too.
        bank[i] = fabsf(values[i]) > APUS_FOREST_ZERO ? values[i] : missing;
    }
}

static inline void apus_forest_row(struct apus_forest const *forest, float const *values,
                                   float *row) {
    uint32_t const count = forest->feature_count;
    uint32_t const banks = forest->banks;
    for (uint32_t i = 0; i < count; i += 1) row[i] = values[i];
    if (banks & 1u << APUS_FOREST_BANK_LEFT) {
        apus_forest_left_bank(row + APUS_FOREST_BANK_LEFT * APUS_FOREST_BANK_SLOTS, values, count);
    }
    if (banks & 1u << APUS_FOREST_BANK_ZERO_RIGHT) {
        apus_forest_zero_bank(row + APUS_FOREST_BANK_ZERO_RIGHT * APUS_FOREST_BANK_SLOTS, values,
                              count, NAN);
    }
    if (banks & 1u << APUS_FOREST_BANK_ZERO_LEFT) {
        apus_forest_zero_bank(row + APUS_FOREST_BANK_ZERO_LEFT * APUS_FOREST_BANK_SLOTS, values,
                              count, -INFINITY);
    }
    row[APUS_FOREST_LEAF_SLOT] = -INFINITY;
}

static inline uint32_t apus_forest_bits(float value) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

/// 1 when the value is none of the set's categories: it is cut to an integer as C does it, and
/// neither negative nor missing values are categories.
static inline uint32_t apus_forest_is_outside(struct apus_forest const *forest, uint32_t set,
                                              float value) {
    if (!(value > -1.0f && value < 2147483648.0f)) return 1;
    uint32_t const category = (uint32_t)value;
    struct apus_forest_set const words = forest->sets[set];
    if (category / 32 >= words.count) return 1;
    return ~(forest->words[words.first + category / 32] >> (category % 32)) & 1u;
}

__attribute__((always_inline)) static inline void
apus_forest_walk(struct apus_forest const *forest, float const *row,
                 struct apus_forest_group const *group, uint32_t *found, int has_sets) {
    struct apus_forest_node const *const nodes = forest->nodes;
    uint32_t at[APUS_FOREST_LANES];
    for (uint32_t lane = 0; lane < APUS_FOREST_LANES; lane += 1) at[lane] = group->root[lane];
    for (uint32_t depth = group->depth; depth > 0; depth -= 1) {
#pragma clang loop unroll(full)
        for (uint32_t lane = 0; lane < APUS_FOREST_LANES; lane += 1) {
            struct apus_forest_node const *const node = nodes + at[lane];
            uint32_t const place = node->place;
            uint32_t const left = place >> APUS_FOREST_CHILD_SHIFT;
            float const value = row[place & (APUS_FOREST_SETS_BIT - 1)];
            if (has_sets && place & APUS_FOREST_SETS_BIT) {
                uint32_t const set = apus_forest_bits(node->threshold);
                at[lane] = left + apus_forest_is_outside(forest, set, value);
            } else {
                // Not-a-number goes right.
                at[lane] = left + !(value <= node->threshold);
            }
        }
    }
    for (uint32_t lane = 0; lane < APUS_FOREST_LANES; lane += 1) {
        found[group->tree[lane]] = apus_forest_bits(nodes[at[lane]].threshold);
    }
}

static inline double apus_forest_link(struct apus_forest const *forest, double sum) {
    if (forest->averages) sum /= (double)forest->tree_count;
    switch (forest->link) {
    case APUS_FOREST_SIGMOID: return 1.0 / (1.0 + exp(-forest->link_scale * sum));
    case APUS_FOREST_EXPONENTIAL: return exp(sum);
    case APUS_FOREST_SIGNED_SQUARE: return ((0.0 < sum) - (sum < 0.0)) * sum * sum;
    default: return sum;
    }
}

static inline float apus_forest_link_single(struct apus_forest const *forest, float sum) {
    switch (forest->link) {
    case APUS_FOREST_SIGMOID: {
        float const argument = -sum < 88.7f ? -sum : 88.7f;
        return 1.0f / (expf(argument) + 1.0f);
    }
    case APUS_FOREST_EXPONENTIAL: return expf(sum);
    default: return sum;
    }
}

double apus_forest_evaluate(struct apus_forest const *forest, float const *values) {
    float row[4 * APUS_FOREST_BANK_SLOTS];
    apus_forest_row(forest, values, row);
    double sum = forest->base;
    float sum_single = (float)forest->base;
    struct apus_forest_group const *group = forest->groups;
    for (uint32_t first = 0; first < forest->tree_count; first += APUS_FOREST_BLOCK_TREES) {
        uint32_t found[APUS_FOREST_BLOCK_TREES + 1];
        uint32_t const rest = forest->tree_count - first;
        uint32_t const count = rest < APUS_FOREST_BLOCK_TREES ? rest : APUS_FOREST_BLOCK_TREES;
        for (uint32_t walked = 0; walked < count; walked += APUS_FOREST_LANES) {
            if (forest->has_sets) {
                apus_forest_walk(forest, row, group, found, 1);
            } else {
                apus_forest_walk(forest, row, group, found, 0);
            }
            group += 1;
        }
        if (forest->is_single) {
            for (uint32_t i = 0; i < count; i += 1) {
                sum_single += (float)forest->leaves[found[i]];
            }
        } else {
            for (uint32_t i = 0; i < count; i += 1) sum += forest->leaves[found[i]];
        }
    }
    return forest->is_single ? (double)apus_forest_link_single(forest, sum_single)
                             : apus_forest_link(forest, sum);
}
