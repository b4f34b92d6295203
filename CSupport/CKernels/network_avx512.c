//===-- network_avx512.c - The network kernels with AVX-512 VNNI -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_network.h"
#include "network_paths.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(                                                                      \
    __attribute__((target("fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))),                  \
    apply_to = function)

#define APUS_PATH(name) name##_avx512
#define APUS_TILE_MAX 8

typedef __m512i columns_t;

APUS_INLINE columns_t spread_columns(uint8_t const *input) {
    int32_t four;
    __builtin_memcpy(&four, input, sizeof four);
    return _mm512_set1_epi32(four);
}

APUS_INLINE ints_t first_sums(int32_t const *zero) { return (ints_t)_mm512_loadu_si512(zero); }

APUS_INLINE ints_t add_columns(ints_t sums, columns_t columns, int8_t const *weights) {
    return (ints_t)_mm512_dpbusd_epi32((__m512i)sums, columns, _mm512_load_si512(weights));
}

#include "network_body.h"

#pragma clang attribute pop
#endif
