//===-- simdjson_peer.cpp - What the parser is measured against -----------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extern "C" {
#include "apus_simdjson.h"
}

#include <cstring>
#include <new>
#include <simdjson.h>
#include <string>
#include <string_view>

using namespace simdjson;

struct apus_simdjson {
    ondemand::parser parser;
    std::string symbol;
    uint32_t price_decimals = 0;
    uint32_t quantity_decimals = 0;
    uint64_t tick = 0;
    uint64_t lot = 0;
};

namespace {

/// Record kinds and flags, as the messages number them.
enum : uint64_t { TRADE = 1, QUOTE = 2, DELTA = 3, LEVELS = 5, BUY = 1, SELL = 2, LAST = 1 };

uint64_t tail(uint64_t kind, uint64_t side, uint64_t count, uint64_t flags) {
    return kind << 32 | side << 40 | count << 48 | flags << 56;
}

/// The text's value in units of `unit * 10^-decimals`; -1 when it is no whole number of them.
int64_t whole(std::string_view text, uint32_t decimals, uint64_t unit) {
    uint64_t value = 0;
    uint32_t fraction = 0;
    bool is_fraction = false;
    if (text.empty() || text.size() > 19) return -1;
    for (char const c : text) {
        if (c == '.' && !is_fraction) {
            is_fraction = true;
            continue;
        }
        unsigned const digit = static_cast<unsigned char>(c) - '0';
        if (digit > 9) return -1;
        value = value * 10 + digit;
        fraction += is_fraction ? 1 : 0;
    }
    while (fraction < decimals) {
        value *= 10;
        fraction += 1;
    }
    while (fraction > decimals) {
        if (value % 10 != 0) return -1;
        value /= 10;
        fraction -= 1;
    }
    if (value % unit != 0) return -1;
    return static_cast<int64_t>(value / unit);
}

class Message {
  public:
    Message(apus_simdjson &instrument, uint64_t sequence, uint64_t ingress, uint64_t *out,
            size_t max)
        : instrument(instrument), sequence(sequence), ingress(ingress), out(out), max(max) {}

    int64_t parse(ondemand::document &document) {
        std::string_view stream;
        ondemand::object data;
        if (document["stream"].get_string().get(stream)) return -1;
        if (document["data"].get_object().get(data)) return -1;
        std::string_view event;
        if (data["e"].get_string().get(event)) return -1;
        bool is_good = false;
        if (event == "trade") is_good = trade(data);
        if (event == "bookTicker") is_good = quote(data);
        if (event == "depthUpdate") is_good = depth(data);
        return is_good ? static_cast<int64_t>(count) : -1;
    }

  private:
    apus_simdjson &instrument;
    uint64_t const sequence;
    uint64_t const ingress;
    uint64_t *const out;
    size_t const max;
    size_t count = 0;

    uint64_t *next() {
        return count == max ? nullptr : out + APUS_SIMDJSON_RECORD_WORDS * count++;
    }

    bool number(ondemand::object &data, char const *key, uint64_t &value) {
        return data[key].get_uint64().get(value) == SUCCESS;
    }

    bool isOurs(ondemand::object &data) {
        std::string_view symbol;
        return data["s"].get_string().get(symbol) == SUCCESS && symbol == instrument.symbol;
    }

    bool price(ondemand::object &data, char const *key, int64_t &value) {
        std::string_view text;
        if (data[key].get_string().get(text)) return false;
        value = whole(text, instrument.price_decimals, instrument.tick);
        return value >= 0;
    }

    bool quantity(ondemand::object &data, char const *key, int64_t &value) {
        std::string_view text;
        if (data[key].get_string().get(text)) return false;
        value = whole(text, instrument.quantity_decimals, instrument.lot);
        return value >= 0;
    }

    bool write(uint64_t time_ms, int64_t price, int64_t quantity, uint64_t id, uint64_t last) {
        uint64_t *const record = next();
        if (record == nullptr) return false;
        record[0] = sequence;
        record[1] = ingress;
        record[2] = time_ms * 1000000;
        record[3] = static_cast<uint64_t>(price);
        record[4] = static_cast<uint64_t>(quantity);
        record[5] = id;
        record[6] = last;
        return true;
    }

    /// `E T s t p q X m`, in the order of the wire.
    bool trade(ondemand::object &data) {
        uint64_t sent, time, id;
        int64_t ticks, lots;
        std::string_view kind;
        bool is_maker;
        if (!number(data, "E", sent) || !number(data, "T", time) || !isOurs(data) ||
            !number(data, "t", id) || !price(data, "p", ticks) || !quantity(data, "q", lots) ||
            data["X"].get_string().get(kind) || data["m"].get_bool().get(is_maker))
            return false;
        if (kind != "MARKET" || ticks == 0 || lots == 0) return true;
        return write(time, ticks, lots, id, tail(TRADE, is_maker ? SELL : BUY, 0, LAST));
    }

    /// `u s b B a A T E`.
    bool quote(ondemand::object &data) {
        uint64_t sent, time, id;
        int64_t bid, bid_lots, ask, ask_lots;
        if (!number(data, "u", id) || !isOurs(data) || !price(data, "b", bid) ||
            !quantity(data, "B", bid_lots) || !price(data, "a", ask) ||
            !quantity(data, "A", ask_lots) || !number(data, "T", time) ||
            !number(data, "E", sent))
            return false;
        return write(time, bid, bid_lots, id, tail(QUOTE, BUY, 0, 0)) &&
               write(time, ask, ask_lots, id, tail(QUOTE, SELL, 0, LAST));
    }

    /// `E T s U u pu b a`.
    bool depth(ondemand::object &data) {
        uint64_t sent, time, first, last, previous;
        if (!number(data, "E", sent) || !number(data, "T", time) || !isOurs(data) ||
            !number(data, "U", first) || !number(data, "u", last) ||
            !number(data, "pu", previous))
            return false;
        if (!write(time, static_cast<int64_t>(first), static_cast<int64_t>(last), previous,
                   tail(DELTA, 0, 0, 0)))
            return false;
        if (!levels(data, "b", BUY) || !levels(data, "a", SELL)) return false;
        out[APUS_SIMDJSON_RECORD_WORDS * (count - 1) + 6] |= LAST << 56;
        return true;
    }

    bool levels(ondemand::object &data, char const *key, uint64_t side) {
        ondemand::array rows;
        if (data[key].get_array().get(rows)) return false;
        size_t filled = 3;
        uint64_t *record = nullptr;
        for (auto row : rows) {
            ondemand::array pair;
            if (row.get_array().get(pair)) return false;
            int64_t values[2];
            size_t place = 0;
            for (auto value : pair) {
                std::string_view text;
                if (place == 2 || value.get_string().get(text)) return false;
                values[place] =
                    place == 0 ? whole(text, instrument.price_decimals, instrument.tick)
                               : whole(text, instrument.quantity_decimals, instrument.lot);
                if (values[place] < 0) return false;
                place += 1;
            }
            if (place != 2) return false;
            if (filled == 3) {
                record = next();
                if (record == nullptr) return false;
                std::memset(record, 0, 8 * APUS_SIMDJSON_RECORD_WORDS);
                filled = 0;
            }
            record[2 * filled] = static_cast<uint64_t>(values[0]);
            record[2 * filled + 1] = static_cast<uint64_t>(values[1]);
            filled += 1;
            record[6] = tail(LEVELS, side, filled, 0);
        }
        return true;
    }
};

} // namespace

extern "C" {

apus_simdjson_t *apus_simdjson_create(char const *symbol, uint32_t price_decimals, int64_t tick,
                                      uint32_t quantity_decimals, int64_t lot) {
    auto *const made = new (std::nothrow) apus_simdjson();
    if (made == nullptr) return nullptr;
    made->symbol = symbol;
    made->price_decimals = price_decimals;
    made->quantity_decimals = quantity_decimals;
    made->tick = static_cast<uint64_t>(tick);
    made->lot = static_cast<uint64_t>(lot);
    return made;
}

void apus_simdjson_destroy(apus_simdjson_t *parser) { delete parser; }

char const *apus_simdjson_implementation(void) {
    static std::string const name = SIMDJSON_STRINGIFY(SIMDJSON_BUILTIN_IMPLEMENTATION);
    return name.c_str();
}

int64_t apus_simdjson_parse(apus_simdjson_t *parser, uint8_t const *bytes, size_t length,
                            uint64_t sequence, uint64_t ingress_time_ns, uint64_t *out,
                            size_t records_max) {
    ondemand::document document;
    padded_string_view const text(bytes, length, length + 64);
    if (parser->parser.iterate(text).get(document)) return -1;
    Message message(*parser, sequence, ingress_time_ns, out, records_max);
    return message.parse(document);
}

}
