//===-- scan_levels.c - Price levels out of JSON text -----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A level is looked at through two masks of the 32 bytes at its first digit: the closing brackets,
// which alone tell where the next level begins, so that levels overlap in the core; and all that
// is no digit, whose lowest bits are the separators in order:
//
//     61800.20","0.006"],["
//          .  "   .   "]
//
//===----------------------------------------------------------------------===//

#include "apus_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define APUS_INLINE static inline __attribute__((always_inline))

/// Bit i is set when p[i] is a closing bracket, i in 0...15.
APUS_INLINE uint32_t apus_brackets16(uint8_t const *p) {
#if defined(__SSE2__)
    apus_bytes16_t const bracket = APUS_SPLAT16(']');
    apus_bytes16_t bytes;
    __builtin_memcpy(&bytes, p, 16);
    return (uint32_t)__builtin_ia32_pmovmskb128((apus_chars16_t)(bytes == bracket));
#else
    uint32_t mask = 0;
    for (unsigned i = 0; i < 16; i++) mask |= (uint32_t)(p[i] == ']') << i;
    return mask;
#endif
}

/// Ticks or lots of `mantissa`; negative when it is no whole number of them. A mantissa has at most
/// 16 digits, so the quotient never reaches the sign.
APUS_INLINE int64_t apus_whole(uint64_t mantissa, uint64_t inverse, uint32_t shift, uint64_t max) {
    uint64_t const product = mantissa * inverse;
    uint64_t const quotient = product >> shift | product << (-shift & 63u);
    return quotient <= max ? (int64_t)quotient : -1;
}

/// The level at `p`; returns its bytes through the bracket, 0 when it is not of the usual form.
APUS_INLINE uint32_t apus_scan_level(uint8_t const *p, uint32_t brackets, uint32_t mask,
                                     apus_level_scale_t const *scale, apus_scaled_level_t *out) {
    if (__builtin_expect(brackets == 0, 0)) return 0;
    // The bracket is in the mask too, so nothing below is looked for in an empty one.
    uint32_t const bracket = (uint32_t)__builtin_ctz(brackets);
    apus_scanned_decimal_t price = {(uint32_t)__builtin_ctz(mask), scale->price_decimals, 0};
    uint32_t end = price.whole;
    if (price.decimals != 0) {
        if (p[end] != '.') return 0;
        end = (uint32_t)__builtin_ctz(mask & (mask - 1u));
        if (end - price.whole - 1u != price.decimals) return 0;
    }
    uint32_t separator;
    __builtin_memcpy(&separator, p + end, 4);
    if (price.whole - 1u > 7u || separator << 8 != 0x222c2200u) return 0; // ","
    // Digits, a point and the separator came before: the bracket stands here or further on.
    uint32_t const start = end + 3u;
    if (start > 31u) return 0;
    uint32_t const rest = mask >> start;
    apus_scanned_decimal_t quantity = {(uint32_t)__builtin_ctz(rest), scale->quantity_decimals, 0};
    end = start + quantity.whole;
    if (quantity.decimals != 0) {
        if (p[end] != '.') return 0;
        end += quantity.decimals + 1u;
        uint32_t const behind = rest & (rest - 1u);
        if (start + (uint32_t)__builtin_ctz(behind) != end) return 0;
    }
    if (quantity.whole - 1u > 7u || end + 1u != bracket || p[end] != '"') return 0;
    apus_mantissas_t const mantissas = apus_mantissas(p, price, p + start, quantity);
    out->price = apus_whole(
        mantissas.first, scale->tick_inverse, scale->tick_shift, scale->tick_count_max);
    out->quantity = apus_whole(
        mantissas.second, scale->lot_inverse, scale->lot_shift, scale->lot_count_max);
    return (out->price | out->quantity) >= 0 ? bracket + 1u : 0;
}

/// The loop of both paths; `masks` is theirs.
#define APUS_SCAN_LEVELS(p, end, scale, out, masks)                                               \
    apus_scanned_levels_t result = {0, 0, 0};                                                     \
    uint8_t const *at = p;                                                                        \
    if (scale->price_decimals > 8u || scale->quantity_decimals > 8u) return result;               \
    while (at < end && result.count < APUS_LEVELS_MAX) {                                          \
        uint32_t brackets, mask;                                                                  \
        masks;                                                                                    \
        uint32_t const length = apus_scan_level(at, brackets, mask, scale, out + result.count);   \
        if (length == 0) break;                                                                   \
        at += length;                                                                             \
        result.count += 1;                                                                        \
        uint32_t separator;                                                                       \
        __builtin_memcpy(&separator, at, 4);                                                      \
        if (separator << 8 != 0x225b2c00u) { /* ,[" */                                            \
            result.is_end = 1;                                                                    \
            break;                                                                                \
        }                                                                                         \
        at += 3;                                                                                  \
    }                                                                                             \
    result.length = (uint64_t)(at - p);                                                           \
    return result;

static apus_scanned_levels_t apus_scan_levels_portable(uint8_t const *p, uint8_t const *end,
                                                       apus_level_scale_t const *scale,
                                                       apus_scaled_level_t *out) {
    APUS_SCAN_LEVELS(p, end, scale, out, {
        brackets = apus_brackets16(at) | apus_brackets16(at + 16) << 16;
        mask = apus_nondigits16(at) | apus_nondigits16(at + 16) << 16;
    })
}

#if defined(__x86_64__)
__attribute__((target("avx2,bmi,bmi2"))) static apus_scanned_levels_t
apus_scan_levels_avx2(uint8_t const *p, uint8_t const *end, apus_level_scale_t const *scale,
                      apus_scaled_level_t *out) {
    __m256i const bracket = _mm256_set1_epi8(']');
    __m256i const shift = _mm256_set1_epi8((char)(128 - '0'));
    __m256i const nine = _mm256_set1_epi8((char)(9 - 128));
    APUS_SCAN_LEVELS(p, end, scale, out, {
        __m256i const bytes = _mm256_loadu_si256((__m256i const *)(void const *)at);
        __m256i const moved = _mm256_add_epi8(bytes, shift);
        brackets = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, bracket));
        mask = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(moved, nine));
    })
}
#endif

apus_scan_path_t apus_scan_path_best(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2")) {
        return APUS_SCAN_AVX2;
    }
#endif
    return APUS_SCAN_PORTABLE;
}

apus_scanned_levels_t apus_scan_levels(uint8_t const *p, uint8_t const *end,
                                       apus_level_scale_t const *scale, apus_scaled_level_t *out,
                                       apus_scan_path_t path) {
#if defined(__x86_64__)
    if (path == APUS_SCAN_AVX2) return apus_scan_levels_avx2(p, end, scale, out);
#else
    (void)path;
#endif
    return apus_scan_levels_portable(p, end, scale, out);
}
