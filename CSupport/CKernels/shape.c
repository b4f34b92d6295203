//===-- shape.c - Messages compared with their shapes -----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_shape.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define APUS_INLINE static inline __attribute__((always_inline))

/// Bytes of `expected` that belong together.
#define APUS_SHAPE_STEP 64u

typedef unsigned char apus_plain_bytes16_t __attribute__((vector_size(16)));
typedef uint64_t apus_plain_words2_t __attribute__((vector_size(16)));

/// The upper bits depend on all bits of what is multiplied.
APUS_INLINE uint64_t key_of(uint8_t const *p, uint64_t length, uint64_t quotes) {
    uint64_t const name_end = (apus_load64(p + 19) + length) * 0xff51afd7ed558ccdull;
    return (quotes ^ apus_load64(p + 11) ^ name_end) * 0x9e3779b97f4a7c15ull;
}

/// The one of a key's two places that holds its shape, or else the second.
APUS_INLINE apus_shape_t const *place_of(apus_shape_t const *shapes, uint64_t mask,
                                         uint64_t key) {
    apus_shape_t const *const first = shapes + (key >> APUS_SHAPE_FIRST_SHIFT & mask);
    if (__builtin_expect(first->key == key, 1)) return first;
    return shapes + (key >> APUS_SHAPE_SECOND_SHIFT & mask);
}

// MARK: - Portable

/// Bit i is set when p[i] is a quote, i in 0...63.
APUS_INLINE uint64_t quotes64(uint8_t const *p) {
    uint64_t mask = 0;
#if defined(__SSE2__)
    apus_signed_bytes16_t const quote = APUS_SPLAT16('"');
    for (unsigned i = 0; i < 4; i++) {
        apus_signed_bytes16_t bytes;
        __builtin_memcpy(&bytes, p + 16 * i, 16);
        apus_chars16_t const equal = (apus_chars16_t)(bytes == quote);
        mask |= (uint64_t)(uint32_t)__builtin_ia32_pmovmskb128(equal) << (16 * i);
    }
#else
    for (unsigned i = 0; i < 64; i++) mask |= (uint64_t)(p[i] == '"') << i;
#endif
    return mask;
}

APUS_INLINE int matches(apus_shape_t const *shape, uint8_t const *p) {
    apus_plain_bytes16_t wrong = {0};
    for (uint64_t at = 0; at < shape->length; at += 16) {
        uint8_t const *const expected = shape->expected + at + (at & ~(APUS_SHAPE_STEP - 1ull));
        apus_plain_bytes16_t bytes, same, slack;
        __builtin_memcpy(&bytes, p + at, 16);
        __builtin_memcpy(&same, expected, 16);
        __builtin_memcpy(&slack, expected + APUS_SHAPE_STEP, 16);
        wrong |= __builtin_elementwise_sub_sat(bytes ^ same, slack);
    }
    apus_plain_words2_t const words = (apus_plain_words2_t)wrong;
    return (words[0] | words[1]) == 0;
}

/// The digits of a number of a message that matches.
APUS_INLINE uint64_t digits_of(apus_shape_number_t const *number, uint8_t const *p) {
    uint8_t const *const end = p + number->end;
    return (apus_load64(end - 8) & number->behind) | (apus_load64(end - 9) & number->ahead);
}

static apus_found_shape_t find_portable(apus_shape_t const *shapes, uint64_t mask,
                                        uint8_t const *p, uint64_t length,
                                        apus_shape_numbers_t *numbers) {
    uint64_t const key = key_of(p, length, quotes64(p + (length - 64)));
    apus_shape_t const *const shape = place_of(shapes, mask, key);
    apus_found_shape_t found = {NULL, 0};
    if (shape->length != length || !matches(shape, p)) return found;
    for (unsigned i = 0; i < APUS_SHAPE_NUMBERS_MAX; i += 2) {
        uint64_t const pair = apus_digits_of_words(
            digits_of(&shape->numbers[i], p), digits_of(&shape->numbers[i + 1], p));
        if (i == 0) found.first_pair = pair;
        __builtin_memcpy((uint8_t *)numbers + 8 * i, &pair, 8);
    }
    found.shape = shape;
    return found;
}

// MARK: - AVX-512

#if defined(__x86_64__)
#define APUS_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx2,bmi,bmi2")))

APUS_AVX512 APUS_INLINE __m512i load64_bytes(void const *p) { return _mm512_loadu_si512(p); }

/// What is wrong with 64 bytes: zero where nothing is.
APUS_AVX512 APUS_INLINE __m512i wrong64(__m512i bytes, uint8_t const *expected) {
    __m512i const difference = _mm512_xor_si512(bytes, load64_bytes(expected));
    return _mm512_subs_epu8(difference, load64_bytes(expected + APUS_SHAPE_STEP));
}

APUS_AVX512 static apus_found_shape_t find_avx512(apus_shape_t const *shapes, uint64_t mask,
                                                  uint8_t const *p, uint64_t length,
                                                  apus_shape_numbers_t *numbers) {
    uint64_t const quotes =
        _mm512_cmpeq_epi8_mask(load64_bytes(p + (length - 64)), _mm512_set1_epi8('"'));
    apus_shape_t const *const shape = place_of(shapes, mask, key_of(p, length, quotes));
    apus_found_shape_t found = {NULL, 0};
    if (shape->length != length) return found;
    // The slack behind a message of the least length takes three steps, any other whole ones.
    __m512i low = load64_bytes(p + 64);
    __m512i high = load64_bytes(p + 128);
    __m512i wrong = _mm512_or_si512(
        wrong64(load64_bytes(p), shape->expected), wrong64(low, shape->expected + 128));
    wrong = _mm512_or_si512(wrong, wrong64(high, shape->expected + 256));
    if (length > 192) {
        wrong = _mm512_or_si512(
            wrong, wrong64(load64_bytes(p + 192), shape->expected + 384));
    }
    if (_mm512_test_epi8_mask(wrong, wrong) != 0) return found;
    if (shape->window != APUS_SHAPE_WINDOW) {
        low = load64_bytes(p + shape->window);
        high = load64_bytes(p + shape->window + 64);
    }
    __m512i const digits =
        _mm512_permutex2var_epi8(low, load64_bytes(shape->digits), high);
    __m512i const values =
        _mm512_maskz_sub_epi8(shape->window_used, digits, _mm512_set1_epi8('0'));
    // Numbers of two digits, of four, and in each 16 bytes two of eight, twice.
    __m512i const tens = _mm512_maddubs_epi16(values, _mm512_set1_epi16(0x010a));
    __m512i const hundreds = _mm512_madd_epi16(tens, _mm512_set1_epi32(0x00010064));
    __m512i const packed = _mm512_packus_epi32(hundreds, hundreds);
    __m512i const results = _mm512_madd_epi16(packed, _mm512_set1_epi32(0x00012710));
    _mm512_storeu_si512(numbers, results);
    found.shape = shape;
    found.first_pair = (uint64_t)_mm_cvtsi128_si64(_mm512_castsi512_si128(results));
    return found;
}
#endif

uint64_t apus_shape_key(uint8_t const *p, uint64_t length) {
    return key_of(p, length, quotes64(p + (length - 64)));
}

apus_found_shape_t apus_shape_find(apus_shape_t const *shapes, uint64_t mask, uint8_t const *p,
                                   uint64_t length, apus_shape_numbers_t *numbers,
                                   apus_scan_path_t path) {
#if defined(__x86_64__)
    if (path == APUS_SCAN_AVX512) return find_avx512(shapes, mask, p, length, numbers);
#else
    (void)path;
#endif
    return find_portable(shapes, mask, p, length, numbers);
}
