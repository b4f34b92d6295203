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

APUS_HOT_INLINE uint64_t apus_load64(uint8_t const *p) {
    uint64_t word;
    __builtin_memcpy(&word, p, 8);
    return word;
}

/// Bit i is set when p[i] is no ASCII digit, i in 0...15; by 64-bit words alone.
APUS_HOT_INLINE uint32_t apus_nondigits16_portable(uint8_t const *p) {
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
#define APUS_SPLAT16(c) {c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c}
#endif

/// Bit i is set when p[i] is no ASCII digit, i in 0...15.
APUS_HOT_INLINE uint32_t apus_nondigits16(uint8_t const *p) {
#if defined(__SSE2__)
    apus_bytes16_t const zero = APUS_SPLAT16('0');
    apus_bytes16_t const nine = APUS_SPLAT16(9);
    apus_bytes16_t bytes;
    __builtin_memcpy(&bytes, p, 16);
    bytes -= zero;
    return (uint32_t)__builtin_ia32_pmovmskb128((apus_chars16_t)(bytes > nine));
#else
    return apus_nondigits16_portable(p);
#endif
}

/// Bit i is set when p[i] ends or breaks plain text, i in 0...15: a quote, a backslash, a control
/// character, or a byte beyond ASCII.
APUS_HOT_INLINE uint32_t apus_nonplain16(uint8_t const *p) {
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

/// The number of 1...8 digits at `p`, which were found to be digits.
APUS_HOT_INLINE uint64_t apus_digits8(uint8_t const *p, uint32_t count) {
    uint64_t x = (apus_load64(p) ^ 0x3030303030303030ull) << (64u - 8u * count);
    x = ((x & 0x0f0f0f0f0f0f0f0full) * 2561u) >> 8;
    x = ((x & 0x00ff00ff00ff00ffull) * 6553601u) >> 16;
    return ((x & 0x0000ffff0000ffffull) * 42949672960001ull) >> 32;
}

APUS_HOT_INLINE uint64_t apus_power_of_ten(uint32_t n) {
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
APUS_HOT_INLINE apus_scanned_integer_t apus_scan_integer(uint8_t const *p) {
    apus_scanned_integer_t result = {0, 0};
    uint32_t const mask = apus_nondigits16(p);
    uint32_t const count = mask != 0 ? (uint32_t)__builtin_ctz(mask) : 0;
    if (count == 0 || (p[0] == '0' && count > 1)) return result;
    result.length = count;
    if (count <= 8) {
        result.value = apus_digits8(p, count);
    } else {
        result.value =
            apus_digits8(p, count - 8) * 100000000u + apus_digits8(p + (count - 8), 8);
    }
    return result;
}

/// A decimal: mantissa * 10^-decimals; `length` 0: not taken.
typedef struct APUS_SWIFT_NAME(ScannedDecimal) apus_scanned_decimal {
    uint64_t mantissa;
    uint32_t decimals;
    uint32_t length; ///< Bytes up to the closing quote.
} apus_scanned_decimal_t;

/// The decimal at `p`, ended by a quote: 1...8 digits, and 1...8 behind a point when there is one,
/// 15 bytes at most.
APUS_HOT_INLINE apus_scanned_decimal_t apus_scan_decimal(uint8_t const *p) {
    apus_scanned_decimal_t result = {0, 0, 0};
    uint32_t const mask = apus_nondigits16(p);
    if (mask == 0) return result;
    uint32_t const whole = (uint32_t)__builtin_ctz(mask);
    if (whole - 1u > 7u) return result;
    if (p[whole] == '"') {
        result.mantissa = apus_digits8(p, whole);
        result.length = whole;
        return result;
    }
    uint32_t const rest = mask & (mask - 1u);
    if (p[whole] != '.' || rest == 0) return result;
    uint32_t const end = (uint32_t)__builtin_ctz(rest);
    uint32_t const fraction = end - whole - 1u;
    if (fraction - 1u > 7u || p[end] != '"') return result;
    result.mantissa = apus_digits8(p, whole) * apus_power_of_ten(fraction) +
                      apus_digits8(p + whole + 1, fraction);
    result.decimals = fraction;
    result.length = end;
    return result;
}

/// A price level; `length` 0: not taken.
typedef struct APUS_SWIFT_NAME(ScannedLevel) apus_scanned_level {
    uint64_t price;
    uint64_t quantity;
    uint32_t price_decimals APUS_SWIFT_NAME(priceDecimals);
    uint32_t quantity_decimals APUS_SWIFT_NAME(quantityDecimals);
    uint64_t length; ///< Bytes through the closing bracket.
} apus_scanned_level_t;

/// The level at `p`, the first digit of `61800.20","0.006"]`: both decimals as apus_scan_decimal
/// takes them, 30 bytes at most.
///
/// The places of all six separators come out of one mask, so finding the next level does not wait
/// for the conversion of this one. Cost: bench `parse/depth-20x2`.
APUS_HOT_INLINE apus_scanned_level_t apus_scan_level(uint8_t const *p) {
    apus_scanned_level_t result = {0, 0, 0, 0, 0};
    uint32_t mask = apus_nondigits16(p) | apus_nondigits16(p + 16) << 16;
    // A price, a quantity and their separators leave at least four bits.
    if (__builtin_expect((mask & (mask - 1u)) == 0, 0)) return result;
    uint32_t const whole = (uint32_t)__builtin_ctz(mask);
    uint32_t end = whole;
    uint32_t fraction = 0;
    if (p[whole] == '.') {
        mask &= mask - 1u;
        end = (uint32_t)__builtin_ctz(mask);
        fraction = end - whole - 1u;
        if (fraction - 1u > 7u) return result;
    }
    uint32_t separator;
    __builtin_memcpy(&separator, p + end, 4);
    mask &= mask - 1u; // The quote.
    mask &= mask - 1u; // The comma.
    mask &= mask - 1u; // The quote.
    if (whole - 1u > 7u || (separator & 0xffffffu) != 0x222c22u || mask == 0) return result;
    uint32_t const start2 = end + 3u;
    uint32_t const point2 = (uint32_t)__builtin_ctz(mask);
    uint32_t const whole2 = point2 - start2;
    uint32_t end2 = point2;
    uint32_t fraction2 = 0;
    if (p[point2] == '.') {
        mask &= mask - 1u;
        if (mask == 0) return result;
        end2 = (uint32_t)__builtin_ctz(mask);
        fraction2 = end2 - point2 - 1u;
        if (fraction2 - 1u > 7u) return result;
    }
    if (whole2 - 1u > 7u || p[end2] != '"' || p[end2 + 1u] != ']') return result;
    result.price = apus_digits8(p, whole);
    if (fraction != 0) {
        result.price = result.price * apus_power_of_ten(fraction) +
                       apus_digits8(p + whole + 1, fraction);
    }
    result.quantity = apus_digits8(p + start2, whole2);
    if (fraction2 != 0) {
        result.quantity = result.quantity * apus_power_of_ten(fraction2) +
                          apus_digits8(p + point2 + 1, fraction2);
    }
    result.price_decimals = fraction;
    result.quantity_decimals = fraction2;
    result.length = end2 + 2u;
    return result;
}

/// Up to 16 bytes of text, zero-padded; `length` 0: not taken.
typedef struct APUS_SWIFT_NAME(ScannedText) apus_scanned_text {
    uint64_t low;
    uint64_t high;
    uint64_t length;
} apus_scanned_text_t;

/// The low `count` bytes of `word`, the others zero; all of it for 8 and up.
APUS_HOT_INLINE uint64_t apus_keep_bytes(uint64_t word, uint32_t count) {
    return count >= 8 ? word : word & ((1ull << (8u * count)) - 1u);
}

/// The plain text of 1...15 bytes at `p`, ended by a quote.
APUS_HOT_INLINE apus_scanned_text_t apus_scan_text(uint8_t const *p) {
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
APUS_HOT_INLINE uint64_t apus_hex16(uint8_t const *p, int *is_hex) {
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
