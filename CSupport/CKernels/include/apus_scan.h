//===-- apus_scan.h - Numbers and names out of JSON text --------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// What a schema scanner needs of a message's bytes, 8 or 16 at a time and without a loop. Every
// function reads at most 40 bytes from its pointer on, whatever they hold: a payload has 64
// readable bytes of slack behind it. A result of length 0 means "not taken", never "wrong": the
// generic parser then decides.
//
// Eight digits become a number by three multiplications (D. Lemire, "Quickly parsing eight
// digits", 2018); where the digits end is told by a mask of the bytes that are none.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_SCAN_H
#define APUS_SCAN_H

#include "apus_base.h"

/// The importer compiles what a header holds for size, as calls, and with slower bit scans; what
/// is inlined by force is compiled as its caller is.
#define APUS_SCAN_INLINE APUS_HOT_INLINE __attribute__((always_inline))

APUS_SCAN_INLINE uint64_t apus_load64(uint8_t const *p) {
    uint64_t word;
    __builtin_memcpy(&word, p, 8);
    return word;
}

/// Bit i is set when p[i] is no ASCII digit, i in 0...15; by 64-bit words alone.
APUS_SCAN_INLINE uint32_t apus_nondigits16_portable(uint8_t const *p) {
    uint32_t mask = 0;
    for (unsigned half = 0; half < 2; half++) {
        uint64_t const x = apus_load64(p + 8 * half) ^ 0x3030303030303030ull;
        uint64_t const high =
            (((x & 0x7f7f7f7f7f7f7f7full) + 0x7676767676767676ull) | x) & 0x8080808080808080ull;
        mask |= (uint32_t)(((high >> 7) * 0x0102040810204080ull) >> 56) << (8 * half);
    }
    return mask;
}

#if defined(__SSE2__)
typedef unsigned char apus_bytes16_t __attribute__((vector_size(16)));
typedef signed char apus_signed_bytes16_t __attribute__((vector_size(16)));
typedef char apus_chars16_t __attribute__((vector_size(16)));
typedef short apus_shorts8_t __attribute__((vector_size(16)));
typedef unsigned short apus_ushorts8_t __attribute__((vector_size(16)));
typedef int apus_ints4_t __attribute__((vector_size(16)));
typedef uint64_t apus_words2_t __attribute__((vector_size(16)));
#define APUS_SPLAT16(c) {c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c}
#endif

/// Bit i is set when p[i] is no ASCII digit, i in 0...15.
APUS_SCAN_INLINE uint32_t apus_nondigits16(uint8_t const *p) {
#if defined(__SSE2__)
    // Only signed bytes can be compared: the ten digits are moved to the lowest ten, -128 and up.
    apus_bytes16_t const shift = APUS_SPLAT16(128 - '0');
    apus_signed_bytes16_t const nine = APUS_SPLAT16(9 - 128);
    apus_bytes16_t bytes;
    __builtin_memcpy(&bytes, p, 16);
    apus_signed_bytes16_t const moved = (apus_signed_bytes16_t)(bytes + shift);
    return (uint32_t)__builtin_ia32_pmovmskb128((apus_chars16_t)(moved > nine));
#else
    return apus_nondigits16_portable(p);
#endif
}

/// Bit i is set when p[i] ends or breaks plain text, i in 0...15: a quote, a backslash, a control
/// character, or a byte beyond ASCII.
APUS_SCAN_INLINE uint32_t apus_nonplain16(uint8_t const *p) {
#if defined(__SSE2__)
    apus_signed_bytes16_t const quote = APUS_SPLAT16('"');
    apus_signed_bytes16_t const backslash = APUS_SPLAT16('\\');
    apus_signed_bytes16_t const blank = APUS_SPLAT16(' ');
    apus_signed_bytes16_t bytes;
    __builtin_memcpy(&bytes, p, 16);
    return (uint32_t)__builtin_ia32_pmovmskb128(
        (apus_chars16_t)((bytes == quote) | (bytes == backslash) | (bytes < blank)));
#else
    uint32_t mask = 0;
    for (unsigned i = 0; i < 16; i++) {
        uint8_t const c = p[i];
        mask |= (uint32_t)(c == '"' || c == '\\' || c < ' ' || c >= 0x80) << i;
    }
    return mask;
#endif
}

/// The number whose 8 digits are the bytes of `x`, the first one lowest; the upper half of each
/// byte is ignored.
APUS_SCAN_INLINE uint64_t apus_digits_of_word(uint64_t x) {
    x = ((x & 0x0f0f0f0f0f0f0f0full) * 2561u) >> 8;
    x = ((x & 0x00ff00ff00ff00ffull) * 6553601u) >> 16;
    return ((x & 0x0000ffff0000ffffull) * 42949672960001ull) >> 32;
}

/// Two numbers of 8 digits, each a word as `apus_digits_of_word` takes it, at the cost of one: the
/// first in the lower half of the result, the second in the upper.
APUS_SCAN_INLINE uint64_t apus_digits_of_words(uint64_t first, uint64_t second) {
#if defined(__SSE2__)
    apus_words2_t const words = {first & 0x0f0f0f0f0f0f0f0full, second & 0x0f0f0f0f0f0f0f0full};
    apus_shorts8_t const digits = (apus_shorts8_t)words;
    // Eight numbers of two digits, four of four, two of eight.
    apus_shorts8_t const lower = (apus_shorts8_t)((apus_ushorts8_t)digits >> 8);
    apus_shorts8_t const tens = (digits & 0xff) * 10 + lower;
    apus_shorts8_t const hundreds = {100, 1, 100, 1, 100, 1, 100, 1};
    apus_shorts8_t const myriads = {10000, 1, 10000, 1, 10000, 1, 10000, 1};
    apus_ints4_t const fours = __builtin_ia32_pmaddwd128(tens, hundreds);
    apus_shorts8_t const packed = __builtin_ia32_packssdw128(fours, fours);
    apus_words2_t const eights = (apus_words2_t)__builtin_ia32_pmaddwd128(packed, myriads);
    return eights[0];
#else
    return apus_digits_of_word(first) | apus_digits_of_word(second) << 32;
#endif
}

/// The number of 1...8 digits at `p`, which were found to be digits.
APUS_SCAN_INLINE uint64_t apus_digits8(uint8_t const *p, uint32_t count) {
    return apus_digits_of_word(apus_load64(p) << (64u - 8u * count));
}

/// The 1...8 digits at `p`, with a point behind the first `whole` (1...8) of them unless they are
/// all, as a word for the conversions above.
APUS_SCAN_INLINE uint64_t apus_pointed_word(uint8_t const *p, uint32_t whole, uint32_t count) {
    // Ones in the lowest `whole` bytes, all 8 too. Above them, the word one byte further on: there
    // the point is gone.
    uint64_t const before = (2ull << (8u * whole - 1u)) - 1u;
    uint64_t const digits = (apus_load64(p) & before) | (apus_load64(p + 1) & ~before);
    return digits << (64u - 8u * count);
}

APUS_SCAN_INLINE uint64_t apus_power_of_ten(uint32_t n) {
    static const uint64_t powers[20] = {1ull,
                                        10ull,
                                        100ull,
                                        1000ull,
                                        10000ull,
                                        100000ull,
                                        1000000ull,
                                        10000000ull,
                                        100000000ull,
                                        1000000000ull,
                                        10000000000ull,
                                        100000000000ull,
                                        1000000000000ull,
                                        10000000000000ull,
                                        100000000000000ull,
                                        1000000000000000ull,
                                        10000000000000000ull,
                                        100000000000000000ull,
                                        1000000000000000000ull,
                                        10000000000000000000ull};
    return powers[n < 20 ? n : 19];
}

/// An unsigned integer; `length` 0: not taken.
typedef struct APUS_SWIFT_NAME(ScannedInteger) apus_scanned_integer {
    uint64_t value;
    uint64_t length; ///< Digits.
} apus_scanned_integer_t;

/// The JSON integer at `p`: 1...15 digits, no leading zero.
APUS_SCAN_INLINE apus_scanned_integer_t apus_scan_integer(uint8_t const *p) {
    apus_scanned_integer_t result = {0, 0};
    uint32_t const mask = apus_nondigits16(p);
    uint32_t const count = mask != 0 ? (uint32_t)__builtin_ctz(mask) : 0;
    if (count == 0 || (p[0] == '0' && count > 1)) return result;
    result.length = count;
    if (count <= 8) {
        result.value = apus_digits8(p, count);
    } else {
        uint64_t const halves = apus_digits_of_words(
            apus_load64(p) << (128u - 8u * count), apus_load64(p + (count - 8u)));
        result.value = (uint32_t)halves * 100000000ull + (halves >> 32);
    }
    return result;
}

/// Bytes of a time in milliseconds, from September 2001 to November 2286.
#define APUS_TIME_DIGITS 13

/// True when a time stands at `p`: 13 digits, the first no zero, and not one more.
APUS_SCAN_INLINE int apus_is_time(uint8_t const *p) {
    return (apus_nondigits16(p) & 0x3fffu) == 0x2000u && (uint8_t)apus_load64(p) != '0';
}

/// The 13 digits at `p` as a number, in milliseconds.
APUS_SCAN_INLINE uint64_t apus_time_value(uint8_t const *p) {
    uint64_t const halves = apus_digits_of_words(apus_load64(p) << 24, apus_load64(p + 5));
    return (uint32_t)halves * 100000000ull + (halves >> 32);
}

/// Bytes of the `true` or `false` at `p`: 4 or 5; 0 when neither stands there. Which of them it is
/// cannot be predicted, so nothing branches on it.
APUS_SCAN_INLINE uint64_t apus_boolean_length(uint8_t const *p) {
    uint64_t const word = apus_load64(p);
    uint64_t const is_true = (uint32_t)word == 0x65757274u;                    // true
    uint64_t const is_false = (word & 0xffffffffffull) == 0x65736c6166ull;     // false
    return is_true * 4u + is_false * 5u;
}

/// Where a decimal's digits are; `length` 0: not taken.
typedef struct APUS_SWIFT_NAME(ScannedDecimal) apus_scanned_decimal {
    uint32_t whole;    ///< Digits before the point, 1...8.
    uint32_t decimals; ///< Digits behind it, 0...8; 0 also stands for no point.
    uint64_t length;   ///< Bytes.
} apus_scanned_decimal_t;

/// The decimal at `p`: 1...8 digits, and 1...8 behind a point when there is one. What ends it is
/// for the caller to check.
APUS_SCAN_INLINE apus_scanned_decimal_t apus_scan_decimal(uint8_t const *p) {
    apus_scanned_decimal_t result = {0, 0, 0};
    // Two bits behind the last end every search.
    uint32_t const mask = apus_nondigits16(p) | 0x30000u;
    uint32_t const whole = (uint32_t)__builtin_ctz(mask);
    if (whole - 1u > 7u) return result;
    if (p[whole] == '.') {
        uint32_t const end = (uint32_t)__builtin_ctz(mask & (mask - 1u));
        uint32_t const fraction = end - whole - 1u;
        if (fraction - 1u > 7u) return result;
        result.decimals = fraction;
        result.length = end;
    } else {
        result.length = whole;
    }
    result.whole = whole;
    return result;
}

/// Two mantissas: the values without their points.
typedef struct APUS_SWIFT_NAME(Mantissas) apus_mantissas {
    uint64_t first;
    uint64_t second;
} apus_mantissas_t;

/// The mantissa of the decimal `d`, found at `p`.
APUS_SCAN_INLINE uint64_t apus_mantissa(uint8_t const *p, apus_scanned_decimal_t d) {
    if (d.decimals == 0) return apus_digits8(p, d.whole);
    return apus_digits8(p, d.whole) * apus_power_of_ten(d.decimals) +
           apus_digits8(p + d.whole + 1, d.decimals);
}

/// The mantissas of the decimals `a` at `p` and `b` at `q`: one conversion for both where neither
/// has more than 8 digits.
APUS_SCAN_INLINE apus_mantissas_t apus_mantissas(
    uint8_t const *p, apus_scanned_decimal_t a, uint8_t const *q, apus_scanned_decimal_t b) {
    uint32_t const count = a.whole + a.decimals;
    uint32_t const count2 = b.whole + b.decimals;
    apus_mantissas_t result;
    if (__builtin_expect(count <= 8u && count2 <= 8u, 1)) {
        uint64_t const both = apus_digits_of_words(
            apus_pointed_word(p, a.whole, count), apus_pointed_word(q, b.whole, count2));
        result.first = (uint32_t)both;
        result.second = both >> 32;
    } else {
        result.first = apus_mantissa(p, a);
        result.second = apus_mantissa(q, b);
    }
    return result;
}

/// How the prices and quantities of one instrument become whole ticks and lots: d, the tick or lot
/// in units of the last decimal, is 2^shift * m with m odd, and `inverse` is m^-1 modulo 2^64.
typedef struct APUS_SWIFT_NAME(LevelScale) apus_level_scale {
    uint64_t tick_inverse APUS_SWIFT_NAME(tickInverse);
    uint64_t tick_count_max APUS_SWIFT_NAME(tickCountMax); ///< (2^64 - 1) / d.
    uint64_t lot_inverse APUS_SWIFT_NAME(lotInverse);
    uint64_t lot_count_max APUS_SWIFT_NAME(lotCountMax);
    uint32_t tick_shift APUS_SWIFT_NAME(tickShift);
    uint32_t lot_shift APUS_SWIFT_NAME(lotShift);
    uint32_t price_decimals APUS_SWIFT_NAME(priceDecimals);
    uint32_t quantity_decimals APUS_SWIFT_NAME(quantityDecimals);
    struct apus_level_form const *forms; ///< Of these decimals, by `apus_level_forms_init`.
} apus_level_scale_t;

/// What the 32 bytes at a level's first digit are when price and quantity have certain digits
/// before their points.
typedef struct APUS_SWIFT_NAME(LevelForm) apus_level_form {
    uint8_t expected[32]; ///< '0' stands for any digit; behind the bracket: anything.
    uint8_t slack[32];    ///< How much more a byte may be.
    uint8_t digits[16];   ///< Where the digits are: eight of the price, eight of the quantity.
    uint64_t used;        ///< Bit i is set when digits[i] is in use.
    uint64_t reserved_0[5];
} apus_level_form_t;

/// Forms of a pair of decimals, 8 by 8: by digits before the price's point, 1...8, then by those
/// before the quantity's.
#define APUS_LEVEL_FORM_COUNT 64

/// Fills in all forms; one that is not usual is none that a level can have.
void apus_level_forms_init(apus_level_form_t *forms, uint32_t price_decimals,
                           uint32_t quantity_decimals);

/// A price in ticks and a quantity in lots.
typedef struct APUS_SWIFT_NAME(ScaledLevel) apus_scaled_level {
    int64_t price;
    int64_t quantity;
} apus_scaled_level_t;

/// What a run of levels came to.
typedef struct APUS_SWIFT_NAME(ScannedLevels) apus_scanned_levels {
    uint64_t length; ///< Bytes taken.
    uint32_t count;  ///< Levels taken.
    /// 1: behind the bracket of a level that no further one follows. 0: at the first digit of one
    /// that was not taken, because of its form or because there were enough.
    uint32_t is_end APUS_SWIFT_NAME(isEnd);
} apus_scanned_levels_t;

/// Levels of one call.
#define APUS_LEVELS_MAX 48

/// Instruction sets a scan may use, each with those before it; all give the same result.
typedef uint8_t apus_scan_path_t APUS_NEWTYPE(ScanPath);
static const apus_scan_path_t APUS_SCAN_PORTABLE APUS_SWIFT_NAME(ScanPath.portable) = 0;
static const apus_scan_path_t APUS_SCAN_AVX2 APUS_SWIFT_NAME(ScanPath.avx2) = 1;
/// With VBMI, so that bytes can be fetched from 128 places.
static const apus_scan_path_t APUS_SCAN_AVX512 APUS_SWIFT_NAME(ScanPath.avx512) = 2;

/// The fastest path this machine has and `apus_instructions_limit` allows.
apus_scan_path_t apus_scan_path_best(void);

/// Takes the levels at `p`, the first digit of `61800.20","0.006"],["61800.30","1"]`, while they
/// have the usual form: both decimals with the scale's places, 8 digits at most, 32 bytes at most
/// in all, whole ticks and lots, and nothing between the levels but `,["`.
///
/// @param p    Inside a message with 64 readable bytes behind `end` and 16 before `p`.
/// @param out  Room for APUS_LEVELS_MAX levels.
/// Cost: bench `parse/depth-20x2`.
APUS_HOT apus_scanned_levels_t apus_scan_levels(uint8_t const *p, uint8_t const *end,
                                                apus_level_scale_t const *scale,
                                                apus_scaled_level_t *out, apus_scan_path_t path);

/// As `apus_scan_levels`, of levels with two more strings, `63921.5","790.41","0","42"],["63922",`:
/// a zero and a count of orders. Numbers may have less places than the scale, as a venue prints
/// them that leaves out zeros at the end; 8 digits at most, and scales of 10 places at most.
///
/// Cost: bench `parse/okx-books`.
APUS_HOT apus_scanned_levels_t apus_scan_wide_levels(uint8_t const *p, uint8_t const *end,
                                                     apus_level_scale_t const *scale,
                                                     apus_scaled_level_t *out,
                                                     apus_scan_path_t path);

/// Up to 16 bytes of text, zero-padded; `length` 0: not taken.
typedef struct APUS_SWIFT_NAME(ScannedText) apus_scanned_text {
    uint64_t low;
    uint64_t high;
    uint64_t length;
} apus_scanned_text_t;

/// The low `count` bytes of `word`, the others zero; all of it for 8 and up.
APUS_SCAN_INLINE uint64_t apus_keep_bytes(uint64_t word, uint32_t count) {
    return count >= 8 ? word : word & ((1ull << (8u * count)) - 1u);
}

/// The plain text of 1...15 bytes at `p`, ended by a quote.
APUS_SCAN_INLINE apus_scanned_text_t apus_scan_text(uint8_t const *p) {
    apus_scanned_text_t result = {0, 0, 0};
    uint32_t const mask = apus_nonplain16(p);
    if (mask == 0) return result;
    uint32_t const count = (uint32_t)__builtin_ctz(mask);
    if (count == 0 || p[count] != '"') return result;
    result.low = apus_keep_bytes(apus_load64(p), count);
    result.high = count > 8 ? apus_keep_bytes(apus_load64(p + 8), count - 8) : 0;
    result.length = count;
    return result;
}

/// The value of 16 lower-case hexadecimal digits; `*is_hex` tells whether they are.
APUS_SCAN_INLINE uint64_t apus_hex16(uint8_t const *p, int *is_hex) {
    uint64_t value = 0;
    int valid = 1;
    for (unsigned i = 0; i < 16; i++) {
        uint8_t const c = p[i];
        int const digit = c >= '0' && c <= '9';
        int const letter = c >= 'a' && c <= 'f';
        valid &= digit | letter;
        value = value << 4 | (uint64_t)((digit ? c - '0' : c - 'a' + 10) & 15);
    }
    *is_hex = valid;
    return value;
}

#endif
