//===-- network_avx_vnni.c - The network kernels with AVX2 and AVX-VNNI -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_network.h"
#include "network_paths.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("fma,avx2,avxvnni"))), apply_to = function)

#define APUS_PATH(name) name##_avx_vnni
#define APUS_TILE_MAX 4

typedef __m256i columns_t;

APUS_INLINE columns_t spread_columns(uint8_t const *input) {
    int32_t four;
    __builtin_memcpy(&four, input, sizeof four);
    return _mm256_set1_epi32(four);
}

APUS_INLINE ints_t first_sums(int32_t const *zero) {
    ints_t sums;
    __builtin_memcpy(&sums, zero, sizeof sums);
    return sums;
}

APUS_INLINE ints_t add_columns(ints_t sums, columns_t columns, int8_t const *weights) {
    typedef int32_t eight_t __attribute__((ext_vector_type(8)));
    __m256i const *at = (__m256i const *)(void const *)weights;
    sums.lo = (eight_t)_mm256_dpbusd_avx_epi32((__m256i)sums.lo, columns, _mm256_load_si256(at));
    sums.hi =
        (eight_t)_mm256_dpbusd_avx_epi32((__m256i)sums.hi, columns, _mm256_load_si256(at + 1));
    return sums;
}

#include "network_body.h"

#pragma clang attribute pop
#endif
