//===-- apus_telemetry.h - The telemetry page -------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// One segment, mapped writable by the engine and read-only by every observer:
// `struct apus_telemetry`, holding the header and fixed tables of stages, counters, histograms,
// instruments, features, models, execution quality, outliers. Every word has one writer; an observer reads
// relaxed and copes with values that are a moment apart. Places are handed out before the hot
// threads start, those of execution quality with the first order; a name never changes after.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_TELEMETRY_H
#define APUS_TELEMETRY_H

#include "apus_base.h"
#include "apus_histogram.h"
#include "apus_outliers.h"

/// "APUSTEL" and the layout's version.
#define APUS_TELEMETRY_MAGIC 0x4150555354454c06ull
#define APUS_TELEMETRY_STAGE_MAX 16
#define APUS_TELEMETRY_COUNTER_MAX 512
/// Ends, hops, stages, threads, lines.
#define APUS_TELEMETRY_HISTOGRAM_MAX 48
#define APUS_TELEMETRY_INSTRUMENT_MAX 256
/// Every feature of a vector for four horizons, and some.
#define APUS_TELEMETRY_MODEL_MAX 8
#define APUS_TELEMETRY_FEATURE_MAX 512
/// The total, and pairs of instrument and strategy that traded.
#define APUS_TELEMETRY_QUALITY_MAX 128
#define APUS_MARKOUT_HORIZON_COUNT 5

/// A named number. Names are lower snake case with the stage first: "parser_frames_total".
typedef struct APUS_SWIFT_NAME(CounterData) apus_counter {
    char name[56]; ///< Zero-terminated; empty: the place is free.
    uint64_t value;
} apus_counter_t;
static_assert(sizeof(apus_counter_t) == 64, "one line");

/// One stage's pulse.
typedef struct APUS_SWIFT_NAME(StageData) apus_stage_pulse {
    char name[24];
    uint64_t heartbeat_ns APUS_SWIFT_NAME(heartbeatNs); ///< Last time the thread went round.
    uint64_t polls;      ///< Calls of `poll`.
    uint64_t busy_polls APUS_SWIFT_NAME(busyPolls); ///< Calls that found work.
    uint64_t work;       ///< Sum of work counts.
    int32_t core;        ///< Pinned core, or -1.
    uint32_t thread_index APUS_SWIFT_NAME(threadIndex);
} apus_stage_pulse_t;
static_assert(sizeof(apus_stage_pulse_t) == 64, "one line");

/// What an observer may know of one instrument. Kernel writes the first two lines, gateway the
/// others. Money is in 1e-8 of the quote currency.
typedef struct APUS_SWIFT_NAME(InstrumentData) apus_instrument_status {
    char symbol[24];      ///< "BTC-USDT"; empty: the place is free.
    char venue[16];       ///< "binance-usdm".
    int64_t tick_lot_value_e12 APUS_SWIFT_NAME(tickLotValueE12);
    uint8_t price_decimals APUS_SWIFT_NAME(priceDecimals);
    uint8_t quantity_decimals APUS_SWIFT_NAME(quantityDecimals);
    uint8_t reserved_0[6];
    int64_t tick_mantissa APUS_SWIFT_NAME(tickMantissa);
    // Kernel's line.
    int64_t bid;          ///< Ticks.
    int64_t ask;          ///< Ticks.
    uint64_t messages;    ///< Market data messages of this instrument.
    uint64_t gaps;        ///< Breaks of the update chain.
    uint64_t resyncs;     ///< Snapshots taken in.
    uint64_t is_book_valid APUS_SWIFT_NAME(isBookValid);
    uint64_t last_update_ns APUS_SWIFT_NAME(lastUpdateNs); ///< Ingress time.
    uint64_t level_count APUS_SWIFT_NAME(levelCount);
    // Gateway's lines.
    int64_t position;     ///< Lots, signed.
    int64_t lot_mantissa APUS_SWIFT_NAME(lotMantissa);
    int64_t cost_ticks_lots APUS_SWIFT_NAME(costTicksLots); ///< Signed cost of the position.
    int64_t realised_e8 APUS_SWIFT_NAME(realisedE8);
    int64_t unrealised_e8 APUS_SWIFT_NAME(unrealisedE8); ///< Against mid, at the last report.
    int64_t fees_e8 APUS_SWIFT_NAME(feesE8);
    uint64_t open_orders APUS_SWIFT_NAME(openOrders);
    uint64_t fills;
    uint64_t orders_sent APUS_SWIFT_NAME(ordersSent);
    uint64_t cancels_sent APUS_SWIFT_NAME(cancelsSent);
    uint64_t rejects;
    uint64_t lots_traded APUS_SWIFT_NAME(lotsTraded);
    int64_t fifo_realised_e8 APUS_SWIFT_NAME(fifoRealisedE8); ///< First in, first out.
    int64_t funding_e8 APUS_SWIFT_NAME(fundingE8); ///< Paid; < 0: received.
    uint64_t reserved_1[2];
} apus_instrument_status_t;
static_assert(sizeof(apus_instrument_status_t) == 256, "four lines");
static_assert(offsetof(apus_instrument_status_t, bid) == 64, "the kernel's line");
static_assert(offsetof(apus_instrument_status_t, position) == 128, "the gateway's lines");

/// What a feature was worth lately over one horizon; the tracker's cold thread writes it.
typedef struct APUS_SWIFT_NAME(FeatureData) apus_feature_score {
    char name[72]; ///< Zero-terminated, perhaps cut; empty: the place is free.
    uint64_t horizon_ns APUS_SWIFT_NAME(horizonNs);
    uint64_t correlation_bits APUS_SWIFT_NAME(correlationBits); ///< Of a double, -1...1.
    uint64_t hit_rate_bits APUS_SWIFT_NAME(hitRateBits); ///< Of a double, 0...1, or not a number.
    uint64_t count; ///< Vectors judged.
    uint64_t reserved_0[3];
} apus_feature_score_t;
static_assert(sizeof(apus_feature_score_t) == 128, "two lines");

/// What a model of the ensemble does and was worth lately; inference writes all but the names.
typedef struct APUS_SWIFT_NAME(ModelData) apus_model_status {
    char name[40]; ///< Zero-terminated; empty: the place is free.
    char kind[48]; ///< "lstm 1x32, ..."; zero-terminated, perhaps cut.
    uint64_t state; ///< An `apus_model_state_t`.
    uint64_t checksum;    ///< Of the model's file; 0 for a rule.
    uint64_t score_bits APUS_SWIFT_NAME(scoreBits); ///< Of a double: the last score, basis points.
    uint64_t share_bits APUS_SWIFT_NAME(shareBits); ///< Of a double: of the ensemble, 0...1.
    uint64_t judged;      ///< Predictions whose horizon has passed.
    uint64_t accuracy_bits APUS_SWIFT_NAME(accuracyBits); ///< Of a double: signs right of moves.
    uint64_t correlation_bits APUS_SWIFT_NAME(correlationBits); ///< Of a double: score and return.
    /// Of a double: return for each score; 1 is calibrated.
    uint64_t slope_bits APUS_SWIFT_NAME(slopeBits);
    uint64_t drift_bits APUS_SWIFT_NAME(driftBits); ///< Of a double: PSI of the scores' tenths.
    uint64_t reserved_0[12];
} apus_model_status_t;
static_assert(sizeof(apus_model_status_t) == 256, "four lines");

typedef uint64_t apus_model_state_t APUS_NEWTYPE(ModelState);
/// Takes part in the score.
static const apus_model_state_t APUS_MODEL_ON APUS_SWIFT_NAME(ModelState.on) = 1;
/// Switched off by a person.
static const apus_model_state_t APUS_MODEL_OFF APUS_SWIFT_NAME(ModelState.off) = 2;
/// Put aside by its own record: the reference model speaks. A person switches it on again.
static const apus_model_state_t APUS_MODEL_SET_ASIDE APUS_SWIFT_NAME(ModelState.setAside) = 3;

/// How well orders were executed: of all in the first row, of one instrument and strategy in each
/// other. The cold thread that follows orders writes it. Money is in 1e-8 of the quote currency;
/// slippage and shortfall are costs, markouts and profit are gains. `Quality` defines each figure.
typedef struct APUS_SWIFT_NAME(QualityData) apus_quality {
    char symbol[24];      ///< "BTC-USDT", "all" in the first row; empty: the place is free.
    char venue[16];       ///< "binance-usdm"; empty in the first row.
    uint64_t strategy_id APUS_SWIFT_NAME(strategyID); ///< 8: no strategy's. First row: 0.
    uint64_t orders_placed APUS_SWIFT_NAME(ordersPlaced);
    uint64_t orders_filled APUS_SWIFT_NAME(ordersFilled);     ///< Completely.
    uint64_t orders_canceled APUS_SWIFT_NAME(ordersCanceled); ///< In part filled ones too.
    uint64_t orders_expired APUS_SWIFT_NAME(ordersExpired);   ///< As above.
    uint64_t orders_rejected APUS_SWIFT_NAME(ordersRejected);
    uint64_t fills;
    uint64_t lots_placed APUS_SWIFT_NAME(lotsPlaced); ///< First row: 0, lots differ.
    uint64_t lots_filled APUS_SWIFT_NAME(lotsFilled); ///< As above.
    uint64_t lots_maker APUS_SWIFT_NAME(lotsMaker);   ///< As above.
    uint64_t fill_ratio_bits APUS_SWIFT_NAME(fillRatioBits);   ///< Of a double, 0...1.
    uint64_t maker_share_bits APUS_SWIFT_NAME(makerShareBits); ///< Of a double, 0...1.
    int64_t traded_e8 APUS_SWIFT_NAME(tradedE8);               ///< Value of all fills.
    int64_t slippage_decision_e8 APUS_SWIFT_NAME(slippageDecisionE8);
    int64_t slippage_arrival_e8 APUS_SWIFT_NAME(slippageArrivalE8);
    int64_t slippage_touch_e8 APUS_SWIFT_NAME(slippageTouchE8);
    uint64_t slippage_decision_bits APUS_SWIFT_NAME(slippageDecisionBits); ///< Of a double, bps.
    uint64_t slippage_arrival_bits APUS_SWIFT_NAME(slippageArrivalBits);   ///< As above.
    uint64_t slippage_touch_bits APUS_SWIFT_NAME(slippageTouchBits);       ///< As above.
    /// 100 ms, 1, 5, 30 s and 5 min after each fill.
    int64_t markout_e8[APUS_MARKOUT_HORIZON_COUNT] APUS_SWIFT_NAME(markoutE8);
    uint64_t markout_bits[APUS_MARKOUT_HORIZON_COUNT] APUS_SWIFT_NAME(markoutBits); ///< bps.
    uint64_t markouts[APUS_MARKOUT_HORIZON_COUNT];  ///< Fills that were judged.
    uint64_t unresolved[APUS_MARKOUT_HORIZON_COUNT]; ///< Fills that wait for it or never got it.
    uint64_t resting_fills APUS_SWIFT_NAME(restingFills); ///< Orders that rested and were filled.
    uint64_t resting_p50_ns APUS_SWIFT_NAME(restingP50Ns); ///< From their placing to a first fill.
    uint64_t resting_p90_ns APUS_SWIFT_NAME(restingP90Ns);
    uint64_t resting_p99_ns APUS_SWIFT_NAME(restingP99Ns);
    uint64_t resting_max_ns APUS_SWIFT_NAME(restingMaxNs);
    int64_t shortfall_delay_e8 APUS_SWIFT_NAME(shortfallDelayE8);
    int64_t shortfall_trading_e8 APUS_SWIFT_NAME(shortfallTradingE8);
    int64_t shortfall_opportunity_e8 APUS_SWIFT_NAME(shortfallOpportunityE8);
    int64_t shortfall_fees_e8 APUS_SWIFT_NAME(shortfallFeesE8);
    int64_t shortfall_e8 APUS_SWIFT_NAME(shortfallE8);       ///< The sum of the four.
    uint64_t shortfall_bits APUS_SWIFT_NAME(shortfallBits);  ///< Of a double, bps of the decision.
    int64_t profit_spread_e8 APUS_SWIFT_NAME(profitSpreadE8);
    int64_t profit_inventory_e8 APUS_SWIFT_NAME(profitInventoryE8);
    int64_t profit_latency_e8 APUS_SWIFT_NAME(profitLatencyE8);
    int64_t profit_fees_e8 APUS_SWIFT_NAME(profitFeesE8);
    int64_t profit_funding_e8 APUS_SWIFT_NAME(profitFundingE8);
    int64_t profit_e8 APUS_SWIFT_NAME(profitE8); ///< The sum of the five: realised + unrealised.
    uint64_t without_reference APUS_SWIFT_NAME(withoutReference); ///< Orders without a mid.
    uint64_t reserved_0[2];
} apus_quality_t;
static_assert(sizeof(apus_quality_t) == 512, "eight lines");

typedef struct APUS_SWIFT_NAME(TelemetryPage) apus_telemetry {
    uint64_t magic;
    uint64_t size; ///< Of the whole segment.
    uint64_t process_id APUS_SWIFT_NAME(processID);
    uint64_t start_time_ns APUS_SWIFT_NAME(startTimeNs);
    char instance[64];
    char placement[32];
    char mode[32];
    uint64_t reserved_0[12];
    apus_stage_pulse_t stages[APUS_TELEMETRY_STAGE_MAX];
    apus_counter_t counters[APUS_TELEMETRY_COUNTER_MAX];
    apus_instrument_status_t instruments[APUS_TELEMETRY_INSTRUMENT_MAX];
    apus_histogram_t histograms[APUS_TELEMETRY_HISTOGRAM_MAX];
    apus_feature_score_t features[APUS_TELEMETRY_FEATURE_MAX];
    apus_model_status_t models[APUS_TELEMETRY_MODEL_MAX];
    apus_quality_t quality[APUS_TELEMETRY_QUALITY_MAX];
    apus_outlier_table_t outliers;
} apus_telemetry_t;
static_assert(offsetof(apus_telemetry_t, stages) % APUS_CACHE_LINE == 0, "tables begin on lines");
static_assert(offsetof(apus_telemetry_t, counters) % APUS_CACHE_LINE == 0, "as above");
static_assert(offsetof(apus_telemetry_t, instruments) % APUS_CACHE_LINE == 0, "as above");
static_assert(offsetof(apus_telemetry_t, histograms) % APUS_CACHE_LINE == 0, "as above");
static_assert(offsetof(apus_telemetry_t, features) % APUS_CACHE_LINE == 0, "as above");
static_assert(offsetof(apus_telemetry_t, models) % APUS_CACHE_LINE == 0, "as above");
static_assert(offsetof(apus_telemetry_t, quality) % APUS_CACHE_LINE == 0, "as above");
static_assert(offsetof(apus_telemetry_t, outliers) % APUS_CACHE_LINE == 0, "as above");

void apus_telemetry_init(apus_telemetry_t *page, char const *instance, uint64_t process_id,
                         uint64_t start_time_ns);
/// @return 0, or -EINVAL for a foreign or damaged page.
int apus_telemetry_validate(void const *memory, size_t segment_size);
/// The place named `name`, taken anew when there is none; NULL when the table is full. Idempotent.
apus_counter_t *apus_telemetry_counter(apus_telemetry_t *page, char const *name);
apus_histogram_t *apus_telemetry_histogram(apus_telemetry_t *page, char const *name);
apus_stage_pulse_t *apus_telemetry_stage(apus_telemetry_t *page, char const *name);
/// The table's first row, for indexing from Swift.
apus_counter_t *apus_telemetry_counters(apus_telemetry_t *page);
apus_histogram_t *apus_telemetry_histograms(apus_telemetry_t *page);
apus_stage_pulse_t *apus_telemetry_stages(apus_telemetry_t *page);
apus_instrument_status_t *apus_telemetry_instruments(apus_telemetry_t *page);
apus_feature_score_t *apus_telemetry_features(apus_telemetry_t *page);
apus_model_status_t *apus_telemetry_models(apus_telemetry_t *page);
apus_quality_t *apus_telemetry_quality(apus_telemetry_t *page);
apus_outlier_table_t *apus_telemetry_outliers(apus_telemetry_t *page);
/// The first row of each part of the table.
apus_outlier_t *apus_outliers_latest(apus_outlier_table_t *table);
apus_outlier_t *apus_outliers_worst(apus_outlier_table_t *table);
/// Judged so far, by label. Precondition: `label` is below APUS_OUTLIER_LABEL_COUNT.
uint64_t *apus_outliers_labelled(apus_outlier_table_t *table, uint8_t label);

/// Adds to a counter. Single writer: no lock prefix.
APUS_HOT_INLINE void apus_counter_add(apus_counter_t *counter, uint64_t amount) {
    __atomic_store_n(&counter->value, counter->value + amount, __ATOMIC_RELAXED);
}
APUS_HOT_INLINE void apus_word_store(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
APUS_HOT_INLINE void apus_signed_word_store(int64_t *word, int64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
APUS_HOT_INLINE uint64_t apus_word_load(uint64_t const *word) {
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/// Publishes what was written before to whoever loads the word with apus_word_load_acquire.
static inline void apus_word_store_release(uint64_t *word, uint64_t value) {
    // Pairs with the acquire in apus_word_load_acquire.
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
static inline uint64_t apus_word_load_acquire(uint64_t const *word) {
    // Pairs with the release in apus_word_store_release.
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

#endif
