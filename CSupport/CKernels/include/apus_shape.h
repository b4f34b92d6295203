//===-- apus_shape.h - Messages that differ in digits alone -----*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A stream sends messages of a few shapes: the same keys, the same lengths, and nothing but some
// digits that change. A shape is learned from a message that the schema scanner took. A later
// message is of that shape when every one of its bytes is what the shape expects there: the same
// byte, or any digit where a number's digits stand. So every key is verified, all of them at once
// and without a search, and the places of the numbers are known before the first byte is read.
//
// The first digit of an integer is expected as it was, so no other leading zero comes in; so are
// the digits ahead of its last eight. When one of them changes, a new shape is learned.
//
// Source of the comparison: exclusive or leaves a digit's value where '0' is expected and 0 where
// the byte is the expected one; a saturating subtraction of 9 or 0 leaves 0 for all that is right.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_SHAPE_H
#define APUS_SHAPE_H

#include "apus_scan.h"

/// Messages of other lengths have no shape. Shorter ones would be read ahead of their beginning.
#define APUS_SHAPE_BYTES_MIN 96
#define APUS_SHAPE_BYTES_MAX 256
#define APUS_SHAPE_NUMBERS_MAX 6

/// Where the digits of a number are: of the 8 bytes that end before `end`, those of `behind`; of
/// the 8 bytes one place lower, where a point left a gap, those of `ahead`.
typedef struct APUS_SWIFT_NAME(ShapeNumber) apus_shape_number {
    uint64_t behind;
    uint64_t ahead;
    uint64_t end;
} apus_shape_number_t;

typedef struct APUS_SWIFT_NAME(MessageShape) apus_shape {
    uint64_t key;    ///< Of the messages it was learned from.
    uint64_t length; ///< Bytes of a message; 0: no shape.
    /// What the reader makes of it.
    uint64_t kind;
    uint64_t side;
    uint64_t scale_address APUS_SWIFT_NAME(scaleAddress);
    uint64_t time_base_ns APUS_SWIFT_NAME(timeBaseNs); ///< Of the digits ahead of the last eight.
    uint64_t id_base APUS_SWIFT_NAME(idBase);
    uint64_t reserved_0;
    apus_shape_number_t numbers[APUS_SHAPE_NUMBERS_MAX];
    uint64_t reserved_1[6];
    /// By 16 bytes: what they shall be, then how much more each may be. Behind the end: anything.
    uint8_t expected[2 * APUS_SHAPE_BYTES_MAX];
} apus_shape_t;
static_assert(sizeof(apus_shape_t) == 768, "twelve lines");
static_assert(offsetof(apus_shape_t, expected) == 256, "the head takes four lines");

/// Bit i is set when p[i] is a quote, i in 0...63; byte by byte.
APUS_SCAN_INLINE uint64_t apus_quotes64_portable(uint8_t const *p) {
    uint64_t mask = 0;
    for (unsigned i = 0; i < 64; i++) mask |= (uint64_t)(p[i] == '"') << i;
    return mask;
}

/// Bit i is set when p[i] is a quote, i in 0...63.
APUS_SCAN_INLINE uint64_t apus_quotes64(uint8_t const *p) {
#if defined(__SSE2__)
    apus_signed_bytes16_t const quote = APUS_SPLAT16('"');
    apus_signed_bytes16_t bytes[4];
    uint64_t masks[4];
    __builtin_memcpy(bytes, p, 64);
    for (unsigned i = 0; i < 4; i++) {
        masks[i] = (uint32_t)__builtin_ia32_pmovmskb128((apus_chars16_t)(bytes[i] == quote));
    }
    return masks[0] | masks[1] << 16 | masks[2] << 32 | masks[3] << 48;
#else
    return apus_quotes64_portable(p);
#endif
}

/// What messages of one shape have in common and others seldom: the beginning of the stream's
/// name, the length, and the places of the quotes near the end, between which the numbers are. A
/// hint where to look, and nothing that is relied on.
///
/// @param p  A message of APUS_SHAPE_BYTES_MIN bytes or more.
APUS_SCAN_INLINE uint64_t apus_shape_key(uint8_t const *p, uint64_t length) {
    uint64_t const ends = apus_quotes64(p + (length - 64)) * 0x9e3779b97f4a7c15ull;
    uint64_t const name = apus_load64(p + 11) * 0xd6e8feb86659fd93ull;
    uint64_t const name_end = (apus_load64(p + 19) + length) * 0xff51afd7ed558ccdull;
    uint64_t const mixed = ends ^ name ^ name_end;
    return (mixed ^ mixed >> 32) * 0xbf58476d1ce4e5b9ull;
}

/// Whether all bytes of a message are what the shape expects.
///
/// @param p  A message of the shape's length, with 64 readable bytes behind it.
/// Cost: four operations for 16 bytes; bench `parse/trade`.
APUS_SCAN_INLINE int apus_shape_matches(apus_shape_t const *shape, uint8_t const *p) {
    typedef unsigned char bytes16_t __attribute__((vector_size(16)));
    typedef uint64_t words2_t __attribute__((vector_size(16)));
    bytes16_t wrong = {0}, wrong2 = {0};
    uint64_t const length = shape->length;
    for (uint64_t at = 0; at < length; at += 32) {
        bytes16_t bytes[2], expected[4];
        __builtin_memcpy(bytes, p + at, sizeof(bytes));
        __builtin_memcpy(expected, shape->expected + 2 * at, sizeof(expected));
        wrong |= __builtin_elementwise_sub_sat(bytes[0] ^ expected[0], expected[1]);
        wrong2 |= __builtin_elementwise_sub_sat(bytes[1] ^ expected[2], expected[3]);
    }
    words2_t const words = (words2_t)(wrong | wrong2);
    return (words[0] | words[1]) == 0;
}

/// The same, byte by byte.
APUS_SCAN_INLINE int apus_shape_matches_portable(apus_shape_t const *shape, uint8_t const *p) {
    for (uint64_t i = 0; i < shape->length; i++) {
        uint8_t const *const expected = shape->expected + 32 * (i / 16) + i % 16;
        if ((p[i] ^ expected[0]) > expected[16]) return 0;
    }
    return 1;
}

/// The digits of a number of a message that matches.
APUS_SCAN_INLINE uint64_t apus_shape_digits(apus_shape_number_t const *number, uint8_t const *p) {
    uint8_t const *const end = p + number->end;
    return (apus_load64(end - 8) & number->behind) | (apus_load64(end - 9) & number->ahead);
}

/// Numbers `index` and `index` + 1 of a message that matches, of at most 8 digits each.
APUS_SCAN_INLINE apus_mantissas_t apus_shape_pair(apus_shape_t const *shape, uint8_t const *p,
                                                  uint64_t index) {
    uint64_t const both = apus_digits_of_words(apus_shape_digits(&shape->numbers[index], p),
                                               apus_shape_digits(&shape->numbers[index + 1], p));
    apus_mantissas_t const result = {.first = (uint32_t)both, .second = both >> 32};
    return result;
}

// MARK: - Learning

/// Makes `shape` expect exactly this message.
APUS_HOT void apus_shape_begin(apus_shape_t *shape, uint8_t const *p, uint64_t length);

/// Takes any digits for those of an integer of `count` digits at `at`, but for the first one and
/// those ahead of the last eight; returns how many are taken.
APUS_HOT uint64_t apus_shape_pass_integer(apus_shape_t *shape, uint64_t at, uint64_t count);

/// The same; number `index` is then what the digits taken say. Returns the power of ten that they
/// stay below: the rest of the integer is a multiple of it.
APUS_HOT uint64_t apus_shape_take_integer(apus_shape_t *shape, uint64_t index, uint64_t at,
                                          uint64_t count);

/// Takes any digits for those of the decimal `found` at `at`, 8 at most; number `index` is then
/// its mantissa.
APUS_HOT void apus_shape_take_decimal(apus_shape_t *shape, uint64_t index, uint64_t at,
                                      apus_scanned_decimal_t found);

#endif
