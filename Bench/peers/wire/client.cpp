//===-- client.cpp - A careful client of a market-data stream ---*- C++ -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The peer of the wire-to-wire row: what a careful engineer writes with OpenSSL and simdjson from
// Debian, without a framework. One thread, pinned, polls a TLS WebSocket without pause, parses each
// message with simdjson On-Demand, reads every number of it (prices and quantities as integers),
// and on a quote with a wide spread sends a signed limit order by Binance's WebSocket API: JSON
// written in place, HMAC-SHA256 by copying a keyed context, SSL_write.
//
// It keeps no book, no indicators and no risk limits, reads no answers, and runs no thread besides:
// less than the engine does for the same order.
//
//===----------------------------------------------------------------------===//

#include "apus_wire.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <simdjson.h>

namespace {

using simdjson::ondemand::array;
using simdjson::ondemand::document;
using simdjson::ondemand::object;
using simdjson::ondemand::parser;

constexpr size_t headerLength = 8;

/// A decimal text in 1e-8; false for anything else.
bool decimal(std::string_view text, int64_t &out) {
    int64_t value = 0;
    int decimals = -1;
    for (char const letter : text) {
        if (letter == '.') {
            if (decimals >= 0) return false;
            decimals = 0;
            continue;
        }
        if (letter < '0' || letter > '9' || decimals == 8) return false;
        // Ten digits before the point, so that 1e-8 of it have room.
        if (decimals < 0 && value > 999'999'999) return false;
        value = value * 10 + (letter - '0');
        if (decimals >= 0) decimals += 1;
    }
    for (int index = decimals < 0 ? 0 : decimals; index < 8; index += 1) value *= 10;
    out = value;
    return !text.empty();
}

/// Signs and sends orders.
class OrderWriter {
public:
    OrderWriter(apus_wire_t *wire, char const *key, char const *secret)
        : wire_(wire), key_(key), keyed_(HMAC_CTX_new()), context_(HMAC_CTX_new()) {
        HMAC_Init_ex(keyed_, secret, static_cast<int>(strlen(secret)), EVP_sha256(), nullptr);
    }

    bool buy(std::string_view price) {
        timespec now{};
        clock_gettime(CLOCK_REALTIME, &now);
        long long const milliseconds = now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
        count_ += 1;
        char payload[512];
        int const signedLength = snprintf(
            payload, sizeof payload,
            "apiKey=%s&newClientOrderId=w%llu&price=%.*s&quantity=0.003&recvWindow=5000&side=BUY"
            "&symbol=BTCUSDT&timeInForce=IOC&timestamp=%lld&type=LIMIT",
            key_, count_, static_cast<int>(price.size()), price.data(), milliseconds);
        if (signedLength < 0 || signedLength >= static_cast<int>(sizeof payload)) return false;
        char signature[65];
        sign(payload, signedLength, signature);

        char frame[headerLength + 1024];
        char *const text = frame + headerLength;
        int const length = snprintf(
            text, 1024,
            "{\"id\":\"w%llu\",\"method\":\"order.place\",\"params\":{\"apiKey\":\"%s\","
            "\"newClientOrderId\":\"w%llu\",\"price\":\"%.*s\",\"quantity\":\"0.003\","
            "\"recvWindow\":5000,\"side\":\"BUY\",\"signature\":\"%s\",\"symbol\":\"BTCUSDT\","
            "\"timeInForce\":\"IOC\",\"timestamp\":%lld,\"type\":\"LIMIT\"}}",
            count_, key_, count_, static_cast<int>(price.size()), price.data(), signature,
            milliseconds);
        if (length < 0 || length >= 1024) return false;
        mask_ = mask_ * 1664525u + 1013904223u;
        auto *const bytes = reinterpret_cast<uint8_t *>(frame);
        apus_wire_header(bytes, static_cast<size_t>(length), mask_);
        uint8_t key[4];
        memcpy(key, &mask_, sizeof key);
        for (int index = 0; index < length; index += 1) {
            bytes[headerLength + static_cast<size_t>(index)] ^= key[index & 3];
        }
        return apus_wire_write(wire_, bytes, headerLength + static_cast<size_t>(length)) == 0;
    }

private:
    void sign(char const *payload, int length, char out[65]) {
        static char const digits[] = "0123456789abcdef";
        unsigned char digest[32];
        unsigned digestLength = 0;
        HMAC_CTX_copy(context_, keyed_);
        HMAC_Update(context_, reinterpret_cast<unsigned char const *>(payload),
                    static_cast<size_t>(length));
        HMAC_Final(context_, digest, &digestLength);
        for (int index = 0; index < 32; index += 1) {
            out[2 * index] = digits[digest[index] >> 4];
            out[2 * index + 1] = digits[digest[index] & 15];
        }
        out[64] = 0;
    }

    apus_wire_t *wire_;
    char const *key_;
    HMAC_CTX *keyed_;
    HMAC_CTX *context_;
    unsigned long long count_ = 0;
    uint32_t mask_ = 0x9e3779b9;
};

/// What the numbers of all messages add up to, so that none is left unread.
int64_t sum = 0;

bool levels(array list) {
    for (auto level : list) {
        for (auto value : level.get_array()) {
            std::string_view text;
            int64_t number = 0;
            if (value.get_string().get(text) || !decimal(text, number)) return false;
            sum += number;
        }
    }
    return true;
}

/// Reads one message; an order goes out where its spread is wide. False for what is not understood.
bool take(parser &json, uint8_t const *payload, size_t length, OrderWriter &orders) {
    document message;
    if (json.iterate(payload, length, length + APUS_WIRE_SLACK).get(message)) return false;
    object data;
    if (message["data"].get_object().get(data)) return false;
    std::string_view type;
    if (data["e"].get_string().get(type)) return false;
    if (type == "bookTicker") {
        std::string_view bid, bidQuantity, ask, askQuantity;
        uint64_t update = 0;
        if (data["u"].get_uint64().get(update) || data["b"].get_string().get(bid) ||
            data["B"].get_string().get(bidQuantity) || data["a"].get_string().get(ask) ||
            data["A"].get_string().get(askQuantity)) {
            return false;
        }
        int64_t numbers[4];
        if (!decimal(bid, numbers[0]) || !decimal(bidQuantity, numbers[1]) ||
            !decimal(ask, numbers[2]) || !decimal(askQuantity, numbers[3])) {
            return false;
        }
        // At least 50 ticks of 0.1.
        bool const isWide = numbers[2] - numbers[0] >= 500'000'000;
        if (isWide && numbers[1] >= numbers[3]) return orders.buy(ask);
        sum += numbers[0] + numbers[1];
        return true;
    }
    if (type == "trade") {
        std::string_view price, quantity;
        int64_t number = 0;
        if (data["p"].get_string().get(price) || data["q"].get_string().get(quantity)) return false;
        if (!decimal(price, number)) return false;
        sum += number;
        return decimal(quantity, number);
    }
    if (type == "depthUpdate") {
        uint64_t last = 0;
        array bids, asks;
        if (data["u"].get_uint64().get(last)) return false;
        if (data["b"].get_array().get(bids) || !levels(bids)) return false;
        return !data["a"].get_array().get(asks) && levels(asks);
    }
    return false;
}

} // namespace

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: client PORT CA_FILE CORE (started by apus-sim --echo --peer)\n");
        return 2;
    }
    char const *const key = getenv("BINANCE_API_KEY");
    char const *const secret = getenv("BINANCE_API_SECRET");
    if (key == nullptr || secret == nullptr) {
        fprintf(stderr, "client: BINANCE_API_KEY and BINANCE_API_SECRET are not set\n");
        return 1;
    }
    if (apus_wire_pin(atoi(arguments[3])) != 0) return 1;
    auto const port = static_cast<uint16_t>(atoi(arguments[1]));
    apus_wire_t *const market = apus_wire_connect(port, arguments[2], "/apus/echo/data/client");
    apus_wire_t *const entry = apus_wire_connect(port, arguments[2], "/apus/echo/orders/client");
    if (market == nullptr || entry == nullptr) return 1;

    parser json;
    OrderWriter orders(entry, key, secret);
    unsigned long long bad = 0;
    for (;;) {
        uint8_t const *payload = nullptr;
        size_t length = 0;
        int const state = apus_wire_poll(market, &payload, &length);
        if (state < 0) break;
        if (state > 0 && !take(json, payload, length, orders)) bad += 1;
    }
    fprintf(stderr, "client: %llu messages not understood, sum %lld\n", bad,
            static_cast<long long>(sum));
    apus_wire_close(market);
    apus_wire_close(entry);
    return bad == 0 ? 0 : 1;
}
