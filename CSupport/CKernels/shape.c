//===-- shape.c - Shapes learned from messages ------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_shape.h"

/// The highest `count` bytes of a word, as a mask of digit values; 0...8.
static uint64_t highest_digits(uint64_t count) {
    return count == 0 ? 0 : 0x0f0f0f0f0f0f0f0full << (64u - 8u * count);
}

static void take_digits(apus_shape_t *shape, uint64_t at, uint64_t count) {
    for (uint64_t i = at; i < at + count; i++) {
        uint8_t *const expected = shape->expected + 32 * (i / 16) + i % 16;
        expected[0] = '0';
        expected[16] = 9;
    }
}

void apus_shape_begin(apus_shape_t *shape, uint8_t const *p, uint64_t length) {
    assert(length >= APUS_SHAPE_BYTES_MIN && length <= APUS_SHAPE_BYTES_MAX);
    __builtin_memset(shape, 0, offsetof(apus_shape_t, expected));
    for (uint64_t at = 0; at < APUS_SHAPE_BYTES_MAX; at += 16) {
        for (uint64_t i = 0; i < 16; i++) {
            int const is_inside = at + i < length;
            shape->expected[2 * at + i] = is_inside ? p[at + i] : 0;
            shape->expected[2 * at + 16 + i] = is_inside ? 0 : 255;
        }
    }
    shape->length = length;
}

uint64_t apus_shape_pass_integer(apus_shape_t *shape, uint64_t at, uint64_t count) {
    assert(count > 0 && at + count < shape->length);
    uint64_t const taken = count - 1 < 8 ? count - 1 : 8;
    take_digits(shape, at + count - taken, taken);
    return taken;
}

uint64_t apus_shape_take_integer(apus_shape_t *shape, uint64_t index, uint64_t at,
                                 uint64_t count) {
    assert(index < APUS_SHAPE_NUMBERS_MAX && at >= 9);
    uint64_t const taken = apus_shape_pass_integer(shape, at, count);
    shape->numbers[index] = (apus_shape_number_t){
        .behind = highest_digits(taken), .ahead = 0, .end = at + count};
    return apus_power_of_ten((uint32_t)taken);
}

void apus_shape_take_decimal(apus_shape_t *shape, uint64_t index, uint64_t at,
                             apus_scanned_decimal_t found) {
    uint64_t const count = found.whole + found.decimals;
    assert(index < APUS_SHAPE_NUMBERS_MAX && at >= 9 && count > 0 && count <= 8);
    assert(at + found.length < shape->length);
    take_digits(shape, at, found.whole);
    take_digits(shape, at + found.length - found.decimals, found.decimals);
    // Without a point all digits are the last ones.
    uint64_t const behind = found.decimals == 0 ? count : found.decimals;
    shape->numbers[index] = (apus_shape_number_t){
        .behind = highest_digits(behind),
        .ahead = highest_digits(count) & ~highest_digits(behind),
        .end = at + found.length};
}
