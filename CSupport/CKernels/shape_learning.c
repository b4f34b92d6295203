//===-- shape_learning.c - Shapes out of messages ---------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_shape.h"

/// The highest `count` bytes of a word, 0...8, as a mask of digit values.
static uint64_t highest_digits(uint64_t count) {
    return count == 0 ? 0 : 0x0f0f0f0f0f0f0f0full << (64u - 8u * count);
}

/// What byte `at` shall be; 64 bytes further on: how much more it may be.
static uint8_t *expected_of(apus_shape_t *shape, uint64_t at) {
    return shape->expected + 2 * (at / 64) * 64 + at % 64;
}

static void take_digits(apus_shape_t *shape, uint64_t at, uint64_t count) {
    for (uint64_t i = at; i < at + count; i++) {
        uint8_t *const expected = expected_of(shape, i);
        expected[0] = '0';
        expected[64] = 9;
    }
}

apus_shape_t *apus_shape_place(apus_shape_t *shapes, uint64_t mask, uint64_t key) {
    apus_shape_t *const first = shapes + (key >> APUS_SHAPE_FIRST_SHIFT & mask);
    apus_shape_t *const second = shapes + (key >> APUS_SHAPE_SECOND_SHIFT & mask);
    if (first->length == 0 || first->key == key) return first;
    return second->length == 0 || second->key == key ? second : first;
}

void apus_shape_begin(apus_shape_t *shape, uint8_t const *p, uint64_t length) {
    assert(length >= APUS_SHAPE_BYTES_MIN && length <= APUS_SHAPE_BYTES_MAX);
    __builtin_memset(shape, 0, offsetof(apus_shape_t, expected));
    for (uint64_t at = 0; at < APUS_SHAPE_BYTES_MAX; at++) {
        uint8_t *const expected = expected_of(shape, at);
        expected[0] = at < length ? p[at] : 0;
        expected[64] = at < length ? 0 : 255;
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

void apus_shape_pass_decimal(apus_shape_t *shape, uint64_t at, apus_scanned_decimal_t found) {
    assert(found.whole + found.decimals > 0 && at + found.length < shape->length);
    take_digits(shape, at, found.whole);
    take_digits(shape, at + found.length - found.decimals, found.decimals);
}

void apus_shape_take_decimal(apus_shape_t *shape, uint64_t index, uint64_t at,
                             apus_scanned_decimal_t found) {
    uint64_t const count = found.whole + found.decimals;
    assert(index < APUS_SHAPE_NUMBERS_MAX && at >= 9 && count <= 8);
    apus_shape_pass_decimal(shape, at, found);
    // Without a point all digits are the last ones.
    uint64_t const behind = found.decimals == 0 ? count : found.decimals;
    shape->numbers[index] = (apus_shape_number_t){
        .behind = highest_digits(behind),
        .ahead = highest_digits(count) & ~highest_digits(behind),
        .end = at + found.length};
}

/// Where digit `digit` of a number's eight stands; 0: the number has fewer.
static uint64_t place_of_digit(apus_shape_number_t const *number, unsigned digit) {
    if (number->behind >> (8 * digit) & 1u) return number->end - 8 + digit;
    return number->ahead >> (8 * digit) & 1u ? number->end - 9 + digit : 0;
}

int apus_shape_end(apus_shape_t *shape, uint64_t key) {
    uint64_t first = UINT64_MAX;
    uint64_t last = 0;
    for (unsigned i = 0; i < 8 * APUS_SHAPE_NUMBERS_MAX; i++) {
        uint64_t const at = place_of_digit(&shape->numbers[i / 8], i % 8);
        if (at == 0) continue;
        if (at < first) first = at;
        if (at > last) last = at;
    }
    // The window may end with the slack behind the message.
    uint64_t window = shape->length - 64;
    if (first < window) window = first;
    if (first >= APUS_SHAPE_WINDOW && last < APUS_SHAPE_WINDOW + APUS_SHAPE_WINDOW_BYTES) {
        window = APUS_SHAPE_WINDOW;
    }
    if (last >= window + APUS_SHAPE_WINDOW_BYTES) {
        shape->length = 0;
        return 0;
    }
    shape->window = window;
    for (unsigned i = 0; i < 8 * APUS_SHAPE_NUMBERS_MAX; i++) {
        uint64_t const at = place_of_digit(&shape->numbers[i / 8], i % 8);
        if (at == 0) continue;
        shape->digits[i] = (uint8_t)(at - window);
        shape->window_used |= 1ull << i;
    }
    shape->key = key;
    return 1;
}
