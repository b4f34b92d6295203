//===-- apus_simdjson.h - What the parser is measured against --------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The work of our parser on Binance USD-M trades, quotes and books, done with simdjson's On-Demand
// interface: every member that we read is read, every decimal becomes a whole number of ticks or
// lots or the message is refused, and the records are written. Built with APUS_PEERS=1 alone.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_SIMDJSON_H
#define APUS_SIMDJSON_H

#include <stddef.h>
#include <stdint.h>

typedef struct apus_simdjson apus_simdjson_t;

/// A record as words: six of its kind, then instrument, kind, side, count and flags from the low
/// bits up, as `struct apus_market_event` has them.
#define APUS_SIMDJSON_RECORD_WORDS 7

/// For one instrument: its symbol, decimals and sizes of tick and lot. NULL: out of memory.
apus_simdjson_t *apus_simdjson_create(char const *symbol, uint32_t price_decimals, int64_t tick,
                                      uint32_t quantity_decimals, int64_t lot);
void apus_simdjson_destroy(apus_simdjson_t *parser);
/// "icelake", "haswell", "westmere": what the library chose for this processor.
char const *apus_simdjson_implementation(void);

/// Parses one combined stream message.
///
/// @param bytes `length` bytes and 64 readable bytes behind them.
/// @param out   Room for `records_max` records.
/// @return Records written, or -1 for a message that is refused.
int64_t apus_simdjson_parse(apus_simdjson_t *parser, uint8_t const *bytes, size_t length,
                            uint64_t sequence, uint64_t ingress_time_ns, uint64_t *out,
                            size_t records_max);

#endif
