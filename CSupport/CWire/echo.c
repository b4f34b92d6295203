//===-- echo.c - The bare answer to a marked frame ----------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_wire.h"

#include <string.h>

/// As long as an order of the engine's, within a few bytes.
enum { HEADER = 8, PAYLOAD = 432, PRICE_MAX = 16 };

static char const prefix[] = "{\"price\":\"";

int apus_wire_echo(uint16_t port, char const *ca_file, int core) {
    if (apus_wire_pin(core) != 0) return 1;
    apus_wire_t *const data = apus_wire_connect(port, ca_file, "/apus/echo/data/echo");
    apus_wire_t *const orders = apus_wire_connect(port, ca_file, "/apus/echo/orders/echo");
    int result = data == NULL || orders == NULL;

    // The mask is zero, so that the price can be put in as it is.
    uint8_t frame[HEADER + PAYLOAD];
    apus_wire_header(frame, PAYLOAD, 0);
    memset(frame + HEADER, ' ', PAYLOAD);
    memcpy(frame + HEADER, prefix, sizeof prefix - 1);
    frame[HEADER + PAYLOAD - 1] = '}';
    uint8_t *const price = frame + HEADER + sizeof prefix - 1;

    while (result == 0) {
        uint8_t const *payload = NULL;
        size_t length = 0;
        int const state = apus_wire_poll(data, &payload, &length);
        if (state < 0) break;
        if (state == 0) continue;
        if (memmem(payload, length, APUS_WIRE_MARK, sizeof APUS_WIRE_MARK - 1) == NULL) continue;
        uint8_t const *const ask = memmem(payload, length, "\"a\":\"", 5);
        if (ask == NULL) continue;
        // Behind the price stands its quotation mark; the rest are blanks.
        size_t const room = (size_t)(payload + length - (ask + 5));
        size_t digits = 0;
        while (digits < room && digits < PRICE_MAX && ask[5 + digits] != '"') digits += 1;
        memset(price, ' ', PRICE_MAX + 1);
        memcpy(price, ask + 5, digits);
        price[digits] = '"';
        if (apus_wire_write(orders, frame, sizeof frame) != 0) result = 1;
    }
    apus_wire_close(data);
    apus_wire_close(orders);
    return result;
}
