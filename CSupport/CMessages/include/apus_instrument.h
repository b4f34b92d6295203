//===-- apus_instrument.h - The instrument table ----------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The table segment: one `apus_instrument_table` header, then `count` instruments, indexed by
// instrument id. Written once at start-up, read-only afterwards.
//
// A decimal of the venue becomes an integer in two steps: its mantissa at `price_decimals` (or
// `quantity_decimals`) digits, then exact division by `tick_mantissa` (or `lot_mantissa`).
// BTCUSDT prints 61800.20: price_decimals 2, tick 0.10 = mantissa 10, so 618002 ticks.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_INSTRUMENT_H
#define APUS_INSTRUMENT_H

#include "apus_base.h"
#include "apus_messages.h"

/// "APUSINS" and the layout's version.
#define APUS_INSTRUMENT_MAGIC (0x4150555349533000ull + APUS_MESSAGES_VERSION)
#define APUS_INSTRUMENT_COUNT_MAX 4096

typedef uint8_t apus_instrument_kind_t APUS_NEWTYPE(InstrumentKind);
/// A perpetual contract.
static const apus_instrument_kind_t APUS_KIND_SWAP APUS_SWIFT_NAME(InstrumentKind.swap) = 0;
static const apus_instrument_kind_t APUS_KIND_SPOT APUS_SWIFT_NAME(InstrumentKind.spot) = 1;
/// A contract that is delivered.
static const apus_instrument_kind_t APUS_KIND_FUTURES APUS_SWIFT_NAME(InstrumentKind.futures) = 2;
static const apus_instrument_kind_t APUS_KIND_OPTION APUS_SWIFT_NAME(InstrumentKind.option) = 3;

/// 256 bytes: four lines.
struct APUS_SWIFT_NAME(Instrument) apus_instrument {
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_venue_t venue;
    uint8_t price_decimals APUS_SWIFT_NAME(priceDecimals);       ///< As the venue prints prices.
    uint8_t quantity_decimals APUS_SWIFT_NAME(quantityDecimals); ///< As it prints quantities.
    uint8_t is_inverse APUS_SWIFT_NAME(isInverse);
    int64_t tick_mantissa APUS_SWIFT_NAME(tickMantissa); ///< Tick size in 10^-price_decimals.
    int64_t lot_mantissa APUS_SWIFT_NAME(lotMantissa);   ///< Lot size in 10^-quantity_decimals.
    /// Linear: value of one lot when the price is one tick, in 1e-12 of the quote currency.
    int64_t tick_lot_value_e12 APUS_SWIFT_NAME(tickLotValueE12);
    apus_price_ticks_t price_min APUS_SWIFT_NAME(priceMin);
    apus_price_ticks_t price_max APUS_SWIFT_NAME(priceMax);
    apus_quantity_lots_t quantity_min APUS_SWIFT_NAME(quantityMin);
    apus_quantity_lots_t quantity_max APUS_SWIFT_NAME(quantityMax);
    apus_quantity_lots_t market_quantity_max APUS_SWIFT_NAME(marketQuantityMax);
    int64_t notional_min_e8 APUS_SWIFT_NAME(notionalMinE8); ///< 1e-8 of the quote currency.
    int32_t percent_up_e4 APUS_SWIFT_NAME(percentUpE4); ///< Buy price <= mark * this / 1e4; 0: off.
    int32_t percent_down_e4 APUS_SWIFT_NAME(percentDownE4); ///< Sell price >= mark * this / 1e4.
    uint32_t open_orders_max APUS_SWIFT_NAME(openOrdersMax); ///< The venue's; 0: not told.
    apus_instrument_kind_t kind;
    uint8_t is_data_only APUS_SWIFT_NAME(isDataOnly); ///< 1: never ordered, whatever the limits.
    uint8_t reserved_0[2];                            ///< Zero.
    char symbol[32];       ///< Ours: "BTC-USDT", zero-terminated.
    char venue_symbol[32] APUS_SWIFT_NAME(venueSymbol); ///< The venue's: "BTCUSDT".
    char quote_asset[16] APUS_SWIFT_NAME(quoteAsset);
    /// What one unit of quantity as the venue prints it stands for, in 1e-9: linear and spot, of
    /// the base currency; inverse, of the quote currency. 0: not told, taken for 1.
    int64_t contract_value_e9 APUS_SWIFT_NAME(contractValueE9);
    int64_t venue_code APUS_SWIFT_NAME(venueCode); ///< The venue's number of it; 0: has none.
    uint64_t reserved_1[8];                        ///< Zero.
};
static_assert(sizeof(struct apus_instrument) == 256, "four lines");

struct APUS_SWIFT_NAME(InstrumentTableHeader) apus_instrument_table {
    uint64_t magic;
    uint32_t count;
    uint32_t instrument_size APUS_SWIFT_NAME(instrumentSize);
    uint64_t reserved_0[6];
};
static_assert(sizeof(struct apus_instrument_table) == 64, "one line");

#endif
