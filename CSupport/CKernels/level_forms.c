//===-- level_forms.c - What price levels may look like ---------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_scan.h"

/// A form in the making: what stands at `at` and behind it is still to come.
typedef struct apus_form_writer {
    apus_level_form_t *form;
    unsigned at;
} apus_form_writer_t;

static void expect(apus_form_writer_t *writer, char const *text) {
    for (; *text != 0; text++, writer->at++) {
        if (writer->at >= 32) continue;
        writer->form->expected[writer->at] = (uint8_t)*text;
        writer->form->slack[writer->at] = 0;
    }
}

/// `count` digits, the first of them number `first` of the form's sixteen.
static void expect_digits(apus_form_writer_t *writer, unsigned first, unsigned count) {
    for (unsigned i = 0; i < count; i++, writer->at++) {
        if (writer->at >= 32) continue;
        writer->form->expected[writer->at] = '0';
        writer->form->slack[writer->at] = 9;
        writer->form->digits[first + i] = (uint8_t)writer->at;
        writer->form->used |= 1ull << (first + i);
    }
}

/// A number whose last digit is the one before `last`.
static void expect_number(apus_form_writer_t *writer, unsigned last, unsigned whole,
                          unsigned decimals) {
    expect_digits(writer, last - whole - decimals, whole);
    if (decimals == 0) return;
    expect(writer, ".");
    expect_digits(writer, last - decimals, decimals);
}

static void form_init(apus_level_form_t *form, unsigned whole, unsigned decimals, unsigned whole2,
                      unsigned decimals2) {
    // A message's bytes are in the form nowhere: what no level can have.
    __builtin_memset(form, 0, sizeof(*form));
    if (whole + decimals > 8 || whole2 + decimals2 > 8) return;
    __builtin_memset(form->slack, 255, sizeof(form->slack));
    apus_form_writer_t writer = {form, 0};
    expect_number(&writer, 8, whole, decimals);
    expect(&writer, "\",\"");
    expect_number(&writer, 16, whole2, decimals2);
    expect(&writer, "\"]");
    if (writer.at > 32) __builtin_memset(form, 0, sizeof(*form));
}

void apus_level_forms_init(apus_level_form_t *forms, uint32_t price_decimals,
                           uint32_t quantity_decimals) {
    for (unsigned i = 0; i < APUS_LEVEL_FORM_COUNT; i++) {
        form_init(&forms[i], i / 8 + 1, price_decimals, i % 8 + 1, quantity_decimals);
    }
}
