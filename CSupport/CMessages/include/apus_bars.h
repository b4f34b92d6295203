//===-- apus_bars.h - Bars and indicator values, beside the path -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Taps of the kernel: they drop and count when nobody reads them.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_BARS_H
#define APUS_BARS_H

#include "apus_base.h"
#include "apus_messages.h"

/// A closed bar. Two lines.
struct APUS_SWIFT_NAME(Bar) apus_bar {
    uint64_t sequence; ///< Of the record that closed it.
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    /// Start of the bar's interval; of one that its trades end, the time of its first.
    uint64_t open_time_ns APUS_SWIFT_NAME(openTimeNs);
    uint64_t timeframe_ns APUS_SWIFT_NAME(timeframeNs); ///< 0: its trades end it.
    apus_price_ticks_t open;
    apus_price_ticks_t high;
    apus_price_ticks_t low;
    apus_price_ticks_t close;
    apus_quantity_lots_t volume;
    uint64_t trade_count APUS_SWIFT_NAME(tradeCount);
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    uint32_t timeframe;   ///< Place among the kernel's: time bars, then the others, as listed.
    uint64_t reserved[4]; ///< Zero.
};
static_assert(sizeof(struct apus_bar) == 120, "with the sequence word, two lines");

/// Room for the whole catalogue in one record: a bar costs one claim, and no reader puts parts
/// together. With 121 numbers and the sequence word a record is 1 KiB.
#define APUS_INDICATOR_COUNT_MAX 121

/// The indicators of one time frame at a bar's close, in the order of their list. Sixteen lines.
struct APUS_SWIFT_NAME(IndicatorValues) apus_indicator_values {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t open_time_ns APUS_SWIFT_NAME(openTimeNs); ///< Of the bar.
    uint64_t timeframe_ns APUS_SWIFT_NAME(timeframeNs);
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    uint32_t count;
    uint32_t timeframe; ///< Of the bar.
    uint32_t reserved;  ///< Zero.
    double values[APUS_INDICATOR_COUNT_MAX]; ///< NaN while an indicator warms up.
};
static_assert(sizeof(struct apus_indicator_values) == 1016, "with the sequence word, 16 lines");

#endif
