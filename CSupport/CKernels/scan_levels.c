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

#include "apus_instructions.h"
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

/// What a call knows of one side of a level, price or quantity, before it looks at any.
typedef struct apus_number_form {
    uint32_t decimals;
    uint32_t whole_max; ///< Digits before the point that leave at most 8 in all.
    uint64_t ahead;     ///< Of the 8 bytes up to the point: the digits before it, moved by a byte.
    uint64_t behind;    ///< Of the last 8 bytes: the digits behind the point.
    uint64_t const *count_masks; ///< By digits before the point: the bytes of all digits.
} apus_number_form_t;

APUS_INLINE apus_number_form_t apus_number_form(uint32_t decimals) {
    // The highest n bytes.
    static uint64_t const highest[9] = {0,
                                        0xff00000000000000ull,
                                        0xffff000000000000ull,
                                        0xffffff0000000000ull,
                                        0xffffffff00000000ull,
                                        0xffffffffff000000ull,
                                        0xffffffffffff0000ull,
                                        0xffffffffffffff00ull,
                                        0xffffffffffffffffull};
    apus_number_form_t const form = {
        .decimals = decimals,
        .whole_max = 8u - decimals,
        .ahead = decimals == 0 ? 0 : ~highest[decimals],
        .behind = decimals == 0 ? ~0ull : highest[decimals],
        .count_masks = highest + decimals,
    };
    return form;
}

/// The digits of the number that ends before `end`, the last one highest, the point left out: the
/// word behind the point and the word one byte lower ahead of it.
APUS_INLINE uint64_t apus_level_digits(uint8_t const *end, uint32_t whole,
                                       apus_number_form_t const *form) {
    uint64_t const digits =
        (apus_load64(end - 8) & form->behind) | (apus_load64(end - 9) & form->ahead);
    return digits & form->count_masks[whole];
}

/// Ticks or lots; more than `apus_level_scale`'s maximum when it is no whole number of them.
APUS_INLINE uint64_t apus_whole(uint64_t mantissa, uint64_t inverse, uint32_t shift) {
    uint64_t const product = mantissa * inverse;
    return product >> shift | product << (-shift & 63u);
}

/// The level at `p`; returns its bytes through the bracket, 0 when it is not of the usual form.
APUS_INLINE uint32_t apus_scan_level(uint8_t const *p, uint32_t brackets, uint32_t mask,
                                     apus_level_scale_t const *scale,
                                     apus_number_form_t const *price,
                                     apus_number_form_t const *quantity, apus_scaled_level_t *out) {
    if (__builtin_expect(brackets == 0, 0)) return 0;
    // The bracket is in the mask too, so nothing below is looked for in an empty one.
    uint32_t const bracket = (uint32_t)__builtin_ctz(brackets);
    uint32_t const whole = (uint32_t)__builtin_ctz(mask);
    uint32_t end = whole;
    if (whole - 1u >= price->whole_max) return 0;
    if (price->decimals != 0) {
        if (p[whole] != '.') return 0;
        end = (uint32_t)__builtin_ctz(mask & (mask - 1u));
        if (end != whole + price->decimals + 1u) return 0;
    }
    uint32_t separator;
    __builtin_memcpy(&separator, p + end, 4);
    if (separator << 8 != 0x222c2200u) return 0; // ","
    // Digits, a point and the separator came before: the bracket stands here or further on.
    uint32_t const start = end + 3u;
    uint32_t const rest = mask >> start;
    uint32_t const whole2 = (uint32_t)__builtin_ctz(rest);
    uint32_t end2 = start + whole2;
    if (whole2 - 1u >= quantity->whole_max) return 0;
    if (quantity->decimals != 0) {
        if (p[end2] != '.') return 0;
        end2 = start + (uint32_t)__builtin_ctz(rest & (rest - 1u));
        if (end2 != start + whole2 + quantity->decimals + 1u) return 0;
    }
    if (end2 + 1u != bracket || p[end2] != '"') return 0;
    uint64_t const both = apus_digits_of_words(
        apus_level_digits(p + end, whole, price), apus_level_digits(p + end2, whole2, quantity));
    uint64_t const ticks = apus_whole((uint32_t)both, scale->tick_inverse, scale->tick_shift);
    uint64_t const lots = apus_whole(both >> 32, scale->lot_inverse, scale->lot_shift);
    if (ticks > scale->tick_count_max || lots > scale->lot_count_max) return 0;
    // At most 8 digits, so the sign is free.
    out->price = (int64_t)ticks;
    out->quantity = (int64_t)lots;
    return bracket + 1u;
}

/// A number with at most the instrument's places.
typedef struct apus_minimal {
    uint64_t word;    ///< Its digits, for the conversion of two.
    uint32_t missing; ///< Places that it was not printed with.
    uint32_t end;     ///< Behind its last digit; 0: not taken.
} apus_minimal_t;

/// The number at `p + start`, printed without zeros at its end. `mask` has a bit at `start` or
/// above that no point is at.
APUS_INLINE apus_minimal_t apus_minimal_number(uint8_t const *p, uint32_t start, uint32_t mask,
                                               uint32_t decimals) {
    apus_minimal_t number = {0, decimals, 0};
    uint32_t const rest = mask >> start;
    uint32_t const whole = (uint32_t)__builtin_ctz(rest);
    if (whole - 1u > 7u) return number;
    uint32_t end = start + whole;
    if (p[end] == '.') {
        end = start + (uint32_t)__builtin_ctz(rest & (rest - 1u));
        uint32_t const places = end - start - whole - 1u;
        if (places - 1u >= decimals || whole + places > 8u) return number;
        number.word = apus_pointed_word(p + start, whole, whole + places);
        number.missing = decimals - places;
    } else {
        number.word = apus_load64(p + start) << (64u - 8u * whole);
    }
    number.end = end;
    return number;
}

/// As `apus_scan_level`, of a level with two more strings, a zero and a count of orders:
///
///     63921.5","790.41","0","42"],["
///
APUS_INLINE uint32_t apus_scan_wide_level(uint8_t const *p, uint32_t brackets, uint32_t mask,
                                          apus_level_scale_t const *scale,
                                          apus_scaled_level_t *out) {
    if (__builtin_expect(brackets == 0, 0)) return 0;
    uint32_t const bracket = (uint32_t)__builtin_ctz(brackets);
    apus_minimal_t const price = apus_minimal_number(p, 0, mask, scale->price_decimals);
    if (price.end == 0) return 0;
    uint32_t separator;
    __builtin_memcpy(&separator, p + price.end, 4);
    if (separator << 8 != 0x222c2200u) return 0; // ","
    apus_minimal_t const quantity =
        apus_minimal_number(p, price.end + 3u, mask, scale->quantity_decimals);
    if (quantity.end == 0) return 0;
    if (apus_load64(p + quantity.end) << 8 != 0x222c2230222c2200ull) return 0; // ","0","
    // No bracket came before, so it stands here or further on.
    uint32_t const start = quantity.end + 7u;
    uint32_t const digits = (uint32_t)__builtin_ctz(mask >> start);
    if (digits == 0 || start + digits + 1u != bracket || p[start + digits] != '"') return 0;
    uint64_t const both = apus_digits_of_words(price.word, quantity.word);
    uint64_t const ticks = apus_whole((uint32_t)both * apus_power_of_ten(price.missing),
                                      scale->tick_inverse, scale->tick_shift);
    uint64_t const lots = apus_whole((both >> 32) * apus_power_of_ten(quantity.missing),
                                     scale->lot_inverse, scale->lot_shift);
    if (ticks > scale->tick_count_max || lots > scale->lot_count_max) return 0;
    // At most 18 digits, so the sign is free.
    out->price = (int64_t)ticks;
    out->quantity = (int64_t)lots;
    return bracket + 1u;
}

/// The loop of all paths, behind the levels that `result` has; `masks` and `level` are theirs.
#define APUS_SCAN_LEVELS(p, end, scale, out, masks, level)                                        \
    uint8_t const *at = p + result.length;                                                        \
    while (at < end && result.count < APUS_LEVELS_MAX) {                                          \
        uint32_t brackets, mask;                                                                  \
        masks;                                                                                    \
        uint32_t const length = level;                                                            \
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

/// Digits that a mantissa leaves room for, beside the 8 of a number.
#define APUS_WIDE_PLACES_MAX 10u

static apus_scanned_levels_t const apus_no_levels = {0, 0, 0};

APUS_INLINE int apus_has_places(apus_level_scale_t const *scale, uint32_t places_max) {
    return scale->price_decimals <= places_max && scale->quantity_decimals <= places_max;
}

#define APUS_MASKS_PORTABLE                                                                       \
    brackets = apus_brackets16(at) | apus_brackets16(at + 16) << 16;                              \
    mask = apus_nondigits16(at) | apus_nondigits16(at + 16) << 16

#define APUS_LEVEL                                                                                \
    apus_scan_level(at, brackets, mask, scale, &price, &quantity, out + result.count)
#define APUS_WIDE_LEVEL apus_scan_wide_level(at, brackets, mask, scale, out + result.count)

static apus_scanned_levels_t apus_scan_levels_portable(uint8_t const *p, uint8_t const *end,
                                                       apus_level_scale_t const *scale,
                                                       apus_scaled_level_t *out) {
    apus_scanned_levels_t result = apus_no_levels;
    if (!apus_has_places(scale, 7u)) return result;
    apus_number_form_t const price = apus_number_form(scale->price_decimals);
    apus_number_form_t const quantity = apus_number_form(scale->quantity_decimals);
    APUS_SCAN_LEVELS(p, end, scale, out, APUS_MASKS_PORTABLE, APUS_LEVEL)
}

static apus_scanned_levels_t apus_scan_wide_levels_portable(uint8_t const *p, uint8_t const *end,
                                                            apus_level_scale_t const *scale,
                                                            apus_scaled_level_t *out) {
    apus_scanned_levels_t result = apus_no_levels;
    if (!apus_has_places(scale, APUS_WIDE_PLACES_MAX)) return result;
    APUS_SCAN_LEVELS(
        p, end, scale, out, APUS_MASKS_PORTABLE, APUS_WIDE_LEVEL)
}

#if defined(__x86_64__)
#define APUS_AVX2_TARGET __attribute__((target("avx2,bmi,bmi2")))

#define APUS_MASKS_AVX2                                                                           \
    __m256i const bytes = _mm256_loadu_si256((__m256i const *)(void const *)at);                  \
    __m256i const moved = _mm256_add_epi8(bytes, _mm256_set1_epi8((char)(128 - '0')));            \
    __m256i const ends = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(']'));                         \
    brackets = (uint32_t)_mm256_movemask_epi8(ends);                                              \
    mask = (uint32_t)_mm256_movemask_epi8(                                                        \
        _mm256_cmpgt_epi8(moved, _mm256_set1_epi8((char)(9 - 128))))

APUS_AVX2_TARGET static apus_scanned_levels_t
apus_scan_levels_avx2(uint8_t const *p, uint8_t const *end, apus_level_scale_t const *scale,
                      apus_scaled_level_t *out, apus_scanned_levels_t result) {
    if (!apus_has_places(scale, 7u)) return result;
    apus_number_form_t const price = apus_number_form(scale->price_decimals);
    apus_number_form_t const quantity = apus_number_form(scale->quantity_decimals);
    APUS_SCAN_LEVELS(p, end, scale, out, APUS_MASKS_AVX2, APUS_LEVEL)
}

APUS_AVX2_TARGET static apus_scanned_levels_t
apus_scan_wide_levels_avx2(uint8_t const *p, uint8_t const *end, apus_level_scale_t const *scale,
                           apus_scaled_level_t *out) {
    apus_scanned_levels_t result = apus_no_levels;
    if (!apus_has_places(scale, APUS_WIDE_PLACES_MAX)) return result;
    APUS_SCAN_LEVELS(
        p, end, scale, out, APUS_MASKS_AVX2, APUS_WIDE_LEVEL)
}

#define APUS_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx2,bmi,bmi2")))

/// Bit i is set when p[i] is a closing bracket, i in 0...63.
APUS_AVX512 APUS_INLINE uint64_t apus_brackets64(uint8_t const *p) {
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(']'));
}

/// The level of the form `form` at `p`; 0 when it is of another or no whole ticks and lots.
APUS_AVX512 APUS_INLINE int apus_formed_level(uint8_t const *p, apus_level_form_t const *form,
                                              apus_level_scale_t const *scale,
                                              apus_scaled_level_t *out) {
    __m256i const bytes = _mm256_loadu_si256((__m256i const *)(void const *)p);
    __m256i const expected = _mm256_load_si256((__m256i const *)(void const *)form->expected);
    __m256i const slack = _mm256_load_si256((__m256i const *)(void const *)form->slack);
    __m256i const wrong = _mm256_subs_epu8(_mm256_xor_si256(bytes, expected), slack);
    if (!_mm256_testz_si256(wrong, wrong)) return 0;
    __m128i const places = _mm_load_si128((__m128i const *)(void const *)form->digits);
    __m128i const digits = _mm256_castsi256_si128(_mm256_maskz_permutexvar_epi8(
        (__mmask32)form->used, _mm256_castsi128_si256(places), bytes));
    __m128i const values = _mm_and_si128(digits, _mm_set1_epi8(0x0f));
    __m128i const tens = _mm_maddubs_epi16(values, _mm_set1_epi16(0x010a));
    __m128i const hundreds = _mm_madd_epi16(tens, _mm_set1_epi32(0x00010064));
    __m128i const packed = _mm_packus_epi32(hundreds, hundreds);
    uint64_t const both = (uint64_t)_mm_cvtsi128_si64(
        _mm_madd_epi16(packed, _mm_set1_epi32(0x00012710)));
    uint64_t const ticks = apus_whole((uint32_t)both, scale->tick_inverse, scale->tick_shift);
    uint64_t const lots = apus_whole(both >> 32, scale->lot_inverse, scale->lot_shift);
    if (ticks > scale->tick_count_max || lots > scale->lot_count_max) return 0;
    out->price = (int64_t)ticks;
    out->quantity = (int64_t)lots;
    return 1;
}

/// Levels as long as the brackets, 64 bytes at a time, tell where they end; then the loop above.
/// Forms are told apart by the price's digits before the point, which change once in an update or
/// twice, and by the length of the level.
APUS_AVX512 static apus_scanned_levels_t
apus_scan_levels_avx512(uint8_t const *p, uint8_t const *end, apus_level_scale_t const *scale,
                        apus_scaled_level_t *out) {
    apus_scanned_levels_t result = {0, 0, 0};
    uint32_t whole = (uint32_t)__builtin_ctz(apus_nondigits16(p) | 0x10000u);
    if (scale->price_decimals > 7u || scale->quantity_decimals > 7u || whole - 1u > 7u ||
        p >= end) {
        return apus_scan_levels_avx2(p, end, scale, out, result);
    }
    apus_level_form_t const *forms = scale->forms + 8u * (whole - 1u);
    // Bytes through the bracket, with one digit of the quantity ahead of its point and none of the
    // price.
    uint64_t const rest = (scale->price_decimals + (scale->price_decimals != 0)) + 3u +
                          (scale->quantity_decimals + (scale->quantity_decimals != 0)) + 2u + 1u;
    uint8_t const *at = p;
    uint8_t const *base = p;
    uint64_t brackets = apus_brackets64(base);
    while (at < end && result.count < APUS_LEVELS_MAX) {
        if (brackets == 0) {
            base += 64;
            if (base >= end) break;
            brackets = apus_brackets64(base);
            if (brackets == 0) break;
        }
        uint8_t const *const next = base + __builtin_ctzll(brackets) + 1;
        brackets &= brackets - 1;
        uint64_t const length = (uint64_t)(next - at) - rest;
        apus_scaled_level_t *const level = out + result.count;
        if (length - whole > 7u || !apus_formed_level(at, forms + (length - whole), scale, level)) {
            uint32_t const other = (uint32_t)__builtin_ctz(apus_nondigits16(at) | 0x10000u);
            if (other == whole || other - 1u > 7u) break;
            whole = other;
            forms = scale->forms + 8u * (whole - 1u);
            if (length - whole > 7u) break;
            if (!apus_formed_level(at, forms + (length - whole), scale, level)) break;
        }
        at = next;
        result.count += 1;
        uint32_t separator;
        __builtin_memcpy(&separator, at, 4);
        if (separator << 8 != 0x225b2c00u) { /* ,[" */
            result.is_end = 1;
            break;
        }
        at += 3;
    }
    result.length = (uint64_t)(at - p);
    if (result.is_end || result.count == APUS_LEVELS_MAX) return result;
    return apus_scan_levels_avx2(p, end, scale, out, result);
}
#endif

apus_scan_path_t apus_scan_path_best(void) {
#if defined(__x86_64__)
    if (apus_instructions_allowed(APUS_INSTRUCTIONS_AVX2) && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
        int const is_wide =
            apus_instructions_allowed(APUS_INSTRUCTIONS_AVX512) &&
            __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi");
        return is_wide ? APUS_SCAN_AVX512 : APUS_SCAN_AVX2;
    }
#endif
    return APUS_SCAN_PORTABLE;
}

apus_scanned_levels_t apus_scan_levels(uint8_t const *p, uint8_t const *end,
                                       apus_level_scale_t const *scale, apus_scaled_level_t *out,
                                       apus_scan_path_t path) {
#if defined(__x86_64__)
    if (path == APUS_SCAN_AVX512) return apus_scan_levels_avx512(p, end, scale, out);
    if (path == APUS_SCAN_AVX2) {
        return apus_scan_levels_avx2(p, end, scale, out, apus_no_levels);
    }
#else
    (void)path;
#endif
    return apus_scan_levels_portable(p, end, scale, out);
}

apus_scanned_levels_t apus_scan_wide_levels(uint8_t const *p, uint8_t const *end,
                                            apus_level_scale_t const *scale,
                                            apus_scaled_level_t *out, apus_scan_path_t path) {
#if defined(__x86_64__)
    if (path >= APUS_SCAN_AVX2) return apus_scan_wide_levels_avx2(p, end, scale, out);
#else
    (void)path;
#endif
    return apus_scan_wide_levels_portable(p, end, scale, out);
}
