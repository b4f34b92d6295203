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

/// Messages of other lengths have no shape. 192 bytes are compared without a look at the length.
#define APUS_SHAPE_BYTES_MIN 128
#define APUS_SHAPE_BYTES_MAX 256
#define APUS_SHAPE_NUMBERS_MAX 6
#define APUS_SHAPE_WINDOW_BYTES 128
/// Where the window begins if it can: those bytes are at hand from the comparison.
#define APUS_SHAPE_WINDOW 64
/// Bits of a key that tell its first and its second place.
#define APUS_SHAPE_FIRST_SHIFT 50
#define APUS_SHAPE_SECOND_SHIFT 32

/// Where the digits of a number are: of the 8 bytes that end before `end`, those of `behind`; of
/// the 8 bytes one place lower, where a point left a gap, those of `ahead`.
typedef struct APUS_SWIFT_NAME(ShapeNumber) apus_shape_number {
    uint64_t behind;
    uint64_t ahead;
    uint64_t end;
} apus_shape_number_t;

typedef struct APUS_SWIFT_NAME(MessageShape) apus_shape {
    uint64_t key;    ///< Of the message it was learned from.
    uint64_t length; ///< Bytes of a message; 0: no shape.
    /// What the reader makes of it.
    uint64_t kind;
    uint64_t side;
    uint64_t scale_address APUS_SWIFT_NAME(scaleAddress);
    uint64_t time_base_ns APUS_SWIFT_NAME(timeBaseNs); ///< Of the digits ahead of the last eight.
    uint64_t id_base APUS_SWIFT_NAME(idBase);
    uint64_t window;       ///< Where the 128 bytes begin that hold all numbers' digits.
    uint64_t window_used;  ///< Bit i is set when digits[i] is in use.
    uint64_t reserved_0;
    apus_shape_number_t numbers[APUS_SHAPE_NUMBERS_MAX];
    uint64_t reserved_1[4];
    /// By 8 bytes the digits of one number, the last one last, as places in the window.
    uint8_t digits[64];
    /// By 64 bytes: what they shall be, then how much more each may be. Behind the end: anything.
    uint8_t expected[2 * APUS_SHAPE_BYTES_MAX];
} apus_shape_t;
static_assert(sizeof(apus_shape_t) == 832, "thirteen lines");
static_assert(offsetof(apus_shape_t, expected) == 320, "the head takes five lines");

/// The key of a message: what messages of one shape have in common and others seldom, which is the
/// beginning of the stream's name, the length, and the places of the quotes near the end, between
/// which the numbers are. A hint where to look, and nothing that is relied on.
///
/// @param p  A message of APUS_SHAPE_BYTES_MIN bytes or more.
APUS_HOT uint64_t apus_shape_key(uint8_t const *p, uint64_t length);

/// The numbers of a message, as its shape lists them.
typedef struct APUS_SWIFT_NAME(ShapeNumbers) apus_shape_numbers {
    uint32_t first, second, copies_0[2];
    uint32_t third, fourth, copies_1[2];
    uint32_t fifth, sixth, copies_2[2];
    uint32_t unused[4];
} apus_shape_numbers_t;

/// What a search came to.
typedef struct APUS_SWIFT_NAME(FoundShape) apus_found_shape {
    apus_shape_t const *shape; ///< NULL: none.
    /// The first number, and in the upper half the second: sooner at hand than from memory.
    uint64_t first_pair APUS_SWIFT_NAME(firstPair);
} apus_found_shape_t;

/// The shape of a message, from a table of `mask` + 1 of them, a power of two, if it has
/// one there. Shape and message then agree in every byte, but for digits.
///
/// @param p        Has 64 readable bytes behind its end.
/// @param numbers  All of them are written when there is a shape.
/// Cost: bench `parse/trade`.
APUS_HOT apus_found_shape_t apus_shape_find(apus_shape_t const *shapes, uint64_t mask,
                                            uint8_t const *p, uint64_t length,
                                            apus_shape_numbers_t *numbers,
                                            apus_scan_path_t path);

// MARK: - Learning

/// Where the shape of a key is to be learned: its place, a free one, or that of another shape.
APUS_HOT apus_shape_t *apus_shape_place(apus_shape_t *shapes, uint64_t mask, uint64_t key);

/// Makes `shape` expect exactly this message.
APUS_HOT void apus_shape_begin(apus_shape_t *shape, uint8_t const *p, uint64_t length);

/// Takes any digits for those of an integer of `count` digits at `at`, but for the first one and
/// those ahead of the last eight; returns how many are taken.
APUS_HOT uint64_t apus_shape_pass_integer(apus_shape_t *shape, uint64_t at, uint64_t count);

/// The same; number `index` is then what the digits taken say. Returns the power of ten that they
/// stay below: the rest of the integer is a multiple of it.
APUS_HOT uint64_t apus_shape_take_integer(apus_shape_t *shape, uint64_t index, uint64_t at,
                                          uint64_t count);

/// Takes any digits for those of the decimal `found` at `at`.
APUS_HOT void apus_shape_pass_decimal(apus_shape_t *shape, uint64_t at,
                                      apus_scanned_decimal_t found);

/// Takes any digits for those of the decimal `found` at `at`, 8 at most; number `index` is then
/// its mantissa.
APUS_HOT void apus_shape_take_decimal(apus_shape_t *shape, uint64_t index, uint64_t at,
                                      apus_scanned_decimal_t found);

/// Ends the learning; returns 0, and leaves no shape, when the numbers lie too far apart.
APUS_HOT int apus_shape_end(apus_shape_t *shape, uint64_t key);

#endif
