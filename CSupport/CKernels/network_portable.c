//===-- network_portable.c - The network kernels on any machine -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_network.h"
#include "network_paths.h"

#define APUS_PATH(name) name##_portable
#define APUS_TILE_MAX 4

typedef uint8_t const *columns_t;

APUS_INLINE columns_t spread_columns(uint8_t const *input) { return input; }
APUS_INLINE ints_t first_sums(int32_t const *zero) {
    (void)zero;
    return (ints_t)(0);
}

APUS_INLINE ints_t add_columns(ints_t sums, columns_t columns, int8_t const *weights) {
    int32_t total[16];
    __builtin_memcpy(total, &sums, sizeof total);
    for (unsigned lane = 0; lane < 16; lane += 1) {
        for (unsigned i = 0; i < 4; i += 1) {
            total[lane] += ((int32_t)columns[i] - 128) * (int32_t)weights[lane * 4 + i];
        }
    }
    __builtin_memcpy(&sums, total, sizeof total);
    return sums;
}

#include "network_body.h"
