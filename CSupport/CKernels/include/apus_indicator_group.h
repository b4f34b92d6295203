//===-- apus_indicator_group.h - Indicators of eight series at once --*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Eight series of bars (the time frames of an instrument, or as many instruments) side by side: a
// number of each in one vector, whose place is the series' *lane*. What is computed is what the
// Swift module `Technical` computes of one series, operation for operation, so the bits are the
// same on every path and the same as there.
//
// State is flat. Registers and windows are vectors of eight doubles, some of which hold integers;
// everything begins as 0. A forming bar writes nothing but outputs.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_INDICATOR_GROUP_H
#define APUS_INDICATOR_GROUP_H

#include "apus_base.h"
#include "apus_scan.h"

#define APUS_GROUP_LANES 8

typedef uint32_t apus_group_kind_t APUS_NEWTYPE(GroupKind);
static const apus_group_kind_t APUS_GROUP_SIMPLE APUS_SWIFT_NAME(GroupKind.simple) = 0;
static const apus_group_kind_t APUS_GROUP_EXPONENTIAL APUS_SWIFT_NAME(GroupKind.exponential) = 1;
static const apus_group_kind_t APUS_GROUP_WILDER APUS_SWIFT_NAME(GroupKind.wilder) = 2;
static const apus_group_kind_t APUS_GROUP_STRENGTH APUS_SWIFT_NAME(GroupKind.strength) = 3;
static const apus_group_kind_t APUS_GROUP_CONVERGENCE APUS_SWIFT_NAME(GroupKind.convergence) = 4;
static const apus_group_kind_t APUS_GROUP_BOLLINGER APUS_SWIFT_NAME(GroupKind.bollinger) = 5;
static const apus_group_kind_t APUS_GROUP_TRUE_RANGE APUS_SWIFT_NAME(GroupKind.trueRange) = 6;
static const apus_group_kind_t APUS_GROUP_RATE APUS_SWIFT_NAME(GroupKind.rate) = 7;
static const apus_group_kind_t APUS_GROUP_DIFFERENCE APUS_SWIFT_NAME(GroupKind.difference) = 8;
static const apus_group_kind_t APUS_GROUP_BALANCE APUS_SWIFT_NAME(GroupKind.balance) = 9;

/// Which number of the bars an indicator is made from.
typedef uint32_t apus_group_source_t APUS_NEWTYPE(GroupSource);
static const apus_group_source_t APUS_GROUP_CLOSE APUS_SWIFT_NAME(GroupSource.close) = 0;
static const apus_group_source_t APUS_GROUP_OPEN APUS_SWIFT_NAME(GroupSource.open) = 1;
static const apus_group_source_t APUS_GROUP_HIGH APUS_SWIFT_NAME(GroupSource.high) = 2;
static const apus_group_source_t APUS_GROUP_LOW APUS_SWIFT_NAME(GroupSource.low) = 3;
static const apus_group_source_t APUS_GROUP_VOLUME APUS_SWIFT_NAME(GroupSource.volume) = 4;

/// One indicator of all lanes.
struct APUS_SWIFT_NAME(GroupIndicator) apus_group_indicator {
    apus_group_kind_t kind;
    apus_group_source_t source;
    uint32_t register_first APUS_SWIFT_NAME(registerFirst); ///< Vectors, from the first register.
    uint32_t window_first APUS_SWIFT_NAME(windowFirst);     ///< Vectors, from the first window.
    uint32_t output_first APUS_SWIFT_NAME(outputFirst);     ///< Vectors.
    uint32_t period;   ///< Bars, at least 1. Convergence: the fast one, below `period_2`.
    uint32_t period_2; ///< Convergence: the slow one.
    uint32_t period_3; ///< Convergence: of the signal.
    double factor;     ///< Bollinger: deviations either side.
};

/// What one indicator takes, in vectors.
struct APUS_SWIFT_NAME(GroupSize) apus_group_size {
    uint32_t registers;
    uint32_t windows;
    uint32_t outputs;
};

/// Bars of all lanes; those of lanes that are not taken in may hold anything.
struct APUS_SWIFT_NAME(GroupBars) apus_group_bars {
    double open[APUS_GROUP_LANES];
    double high[APUS_GROUP_LANES];
    double low[APUS_GROUP_LANES];
    double close[APUS_GROUP_LANES];
    double volume[APUS_GROUP_LANES];
};

struct apus_group_size apus_group_size_of(struct apus_group_indicator const *indicator);

/// Takes in the bars of `lanes` (bit i: lane i).
///
/// @param registers, windows, outputs  As many vectors as the indicators' sizes sum to, aligned
///                                     to 64. Outputs of other lanes stay.
/// @param is_final  0: forming bars, nothing but outputs is written.
/// @return The lanes taken in: those whose bars are finite and in order.
/// Cost: bench `technical/standard-group`.
APUS_HOT uint32_t apus_group_update(struct apus_group_indicator const *indicators, uint64_t count,
                                    double *registers, double *windows, double *outputs,
                                    struct apus_group_bars const *bars, uint32_t lanes,
                                    int is_final, apus_scan_path_t path);

#endif
