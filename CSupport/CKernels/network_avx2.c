//===-- network_avx2.c - The network kernels with AVX2 -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_network.h"
#include "network_paths.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("fma,avx2"))), apply_to = function)

#define APUS_PATH(name) name##_avx2
#define APUS_TILE_MAX 4

/// Four inputs without their zero point, and their magnitudes: of bytes below 128 in magnitude two
/// products fit into 16 bits, of unsigned ones they need not.
typedef struct columns {
    __m256i value;
    __m256i magnitude;
} columns_t;

APUS_INLINE columns_t spread_columns(uint8_t const *input) {
    int32_t four;
    __builtin_memcpy(&four, input, sizeof four);
    __m256i const value = _mm256_set1_epi32((int32_t)((uint32_t)four ^ 0x80808080u));
    return (columns_t){value, _mm256_abs_epi8(value)};
}

APUS_INLINE ints_t first_sums(int32_t const *zero) {
    (void)zero;
    return (ints_t)(0);
}

APUS_INLINE __m256i add_eight(__m256i sums, columns_t columns, __m256i weights) {
    __m256i const turned = _mm256_sign_epi8(weights, columns.value);
    __m256i const pairs = _mm256_maddubs_epi16(columns.magnitude, turned);
    return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

APUS_INLINE ints_t add_columns(ints_t sums, columns_t columns, int8_t const *weights) {
    typedef int32_t eight_t __attribute__((ext_vector_type(8)));
    __m256i const *at = (__m256i const *)(void const *)weights;
    sums.lo = (eight_t)add_eight((__m256i)sums.lo, columns, _mm256_load_si256(at));
    sums.hi = (eight_t)add_eight((__m256i)sums.hi, columns, _mm256_load_si256(at + 1));
    return sums;
}

#include "network_body.h"

#pragma clang attribute pop
#endif
