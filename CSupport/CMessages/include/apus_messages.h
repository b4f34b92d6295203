//===-- apus_messages.h - Every record that crosses a ring ------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A record is 56 or 120 bytes (568 for a feature vector), so that with the ring's sequence word in
// front it fills whole cache lines. Layouts are fixed; a change of any of them changes
// APUS_MESSAGES_VERSION and with it the magic of every segment that carries them.
//
// Order of events. The parser is the sequencer: everything that can influence a decision (frames
// from any connection, REST replies, timers, connection states) passes through it and gets the
// next `sequence`. Records made from one frame share its sequence. A stage that reads several
// rings takes records in order of sequence, so the outcome does not depend on how the stages were
// placed on threads; see `Pipeline/SequenceMerge`.
//
// Time. `ingress_time_ns` is when the frame that caused the record came out of the socket
// (nanoseconds since 1970 UTC, from `apus_clock`; in replay, the recorded receive time). It is the
// only clock of a decision and the base of every latency. `venue_time_ns` is what the venue wrote.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_MESSAGES_H
#define APUS_MESSAGES_H

#include "apus_base.h"

#define APUS_MESSAGES_VERSION 5

/// Price in ticks of the instrument, never in currency.
typedef int64_t apus_price_ticks_t APUS_NEWTYPE(PriceTicks);
/// Quantity in lots of the instrument, never in coins or contracts.
typedef int64_t apus_quantity_lots_t APUS_NEWTYPE(QuantityLots);

/// Where an instrument is traded.
typedef uint8_t apus_venue_t APUS_NEWTYPE(Venue);
static const apus_venue_t APUS_VENUE_BINANCE_USDM APUS_SWIFT_NAME(Venue.binanceUSDM) = 1;
static const apus_venue_t APUS_VENUE_BINANCE_SPOT APUS_SWIFT_NAME(Venue.binanceSpot) = 2;
static const apus_venue_t APUS_VENUE_BINANCE_COINM APUS_SWIFT_NAME(Venue.binanceCOINM) = 3;
static const apus_venue_t APUS_VENUE_OKX APUS_SWIFT_NAME(Venue.okx) = 4;

/// Who buys or sells; of a trade, the aggressor. Any other byte is invalid.
typedef uint8_t apus_side_t APUS_NEWTYPE(Side);
static const apus_side_t APUS_SIDE_NONE APUS_SWIFT_NAME(Side.none) = 0;
static const apus_side_t APUS_SIDE_BUY APUS_SWIFT_NAME(Side.buy) = 1;
static const apus_side_t APUS_SIDE_SELL APUS_SWIFT_NAME(Side.sell) = 2;

// MARK: - Raw frames: reader -> parser

typedef uint8_t apus_frame_kind_t APUS_NEWTYPE(FrameKind);
/// A complete WebSocket text message.
static const apus_frame_kind_t APUS_FRAME_TEXT APUS_SWIFT_NAME(FrameKind.text) = 1;
/// A complete WebSocket binary message.
static const apus_frame_kind_t APUS_FRAME_BINARY APUS_SWIFT_NAME(FrameKind.binary) = 2;
/// A REST reply's body; `context` says which request.
static const apus_frame_kind_t APUS_FRAME_REST APUS_SWIFT_NAME(FrameKind.rest) = 3;
/// The connection became usable. No bytes.
static const apus_frame_kind_t APUS_FRAME_CONNECTED APUS_SWIFT_NAME(FrameKind.connected) = 4;
/// The connection was lost. No bytes.
static const apus_frame_kind_t APUS_FRAME_DISCONNECTED APUS_SWIFT_NAME(FrameKind.disconnected) = 5;
/// Time passed and nothing else arrived. No bytes.
static const apus_frame_kind_t APUS_FRAME_TIMER APUS_SWIFT_NAME(FrameKind.timer) = 6;

/// Names the bytes of one frame, which lie in the byte ring of `connection_id`.
///
/// Ownership: the parser releases `release_length` bytes of that ring once it has handled the
/// frame. At least 64 readable bytes of slack follow the payload.
struct APUS_SWIFT_NAME(FrameDescriptor) apus_frame_descriptor {
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t position;       ///< Of the payload's first byte: ever-growing offset in the byte ring.
    uint64_t release_length APUS_SWIFT_NAME(releaseLength); ///< Bytes to free, headers included.
    uint64_t context;        ///< REST: the request's tag, as its maker chose it.
    uint32_t length;         ///< Of the payload, bytes.
    uint16_t connection_id APUS_SWIFT_NAME(connectionID);
    apus_frame_kind_t kind;
    uint8_t reserved_0;      ///< Zero.
    uint64_t reserved_1[2];  ///< Zero.
};
static_assert(sizeof(struct apus_frame_descriptor) == 56, "with the sequence word, one line");

/// A frame for the journal: reader -> journal.
struct APUS_SWIFT_NAME(TappedFrame) apus_tapped_frame {
    uint64_t number;         ///< Among all frames of the reader, from 1; what is missing was lost.
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t position;       ///< Of the payload, in the byte ring that `is_copied` tells.
    uint64_t context;        ///< As the frame's.
    uint32_t length;         ///< Of the payload, bytes.
    uint16_t connection_id APUS_SWIFT_NAME(connectionID);
    apus_frame_kind_t kind;
    uint8_t is_copied APUS_SWIFT_NAME(isCopied); ///< 1: in the tap's ring; 0: in its connection's.
    uint64_t reserved_1[2];  ///< Zero.
};
static_assert(sizeof(struct apus_tapped_frame) == 56, "with the sequence word, one line");

// MARK: - Messages of cold threads: cold thread -> reader

#define APUS_OUTBOUND_TEXT_MAX 240

/// A text message to send over a connection. Four lines.
struct APUS_SWIFT_NAME(OutboundText) apus_outbound_text {
    uint16_t connection_id APUS_SWIFT_NAME(connectionID);
    uint16_t length;     ///< Bytes of `text`.
    uint32_t reserved_0; ///< Zero.
    uint8_t text[APUS_OUTBOUND_TEXT_MAX];
};
static_assert(sizeof(struct apus_outbound_text) == 248, "with the sequence word, four lines");
static_assert(offsetof(struct apus_outbound_text, text) == 8, "where the reader finds it");

// MARK: - Market events: parser -> kernel

typedef uint8_t apus_event_kind_t APUS_NEWTYPE(EventKind);
/// A public trade: `struct apus_trade`.
static const apus_event_kind_t APUS_EVENT_TRADE APUS_SWIFT_NAME(EventKind.trade) = 1;
/// One side of a best bid/offer message: `struct apus_quote_side`; bid first, then ask.
static const apus_event_kind_t APUS_EVENT_QUOTE_SIDE APUS_SWIFT_NAME(EventKind.quoteSide) = 2;
/// Opens an incremental book update: `struct apus_book_header`.
static const apus_event_kind_t APUS_EVENT_BOOK_DELTA APUS_SWIFT_NAME(EventKind.bookDelta) = 3;
/// Opens a full book: `struct apus_book_header`.
static const apus_event_kind_t APUS_EVENT_BOOK_SNAPSHOT APUS_SWIFT_NAME(EventKind.bookSnapshot) = 4;
/// Up to three levels of the update that is open: `struct apus_book_levels`.
static const apus_event_kind_t APUS_EVENT_BOOK_LEVELS APUS_SWIFT_NAME(EventKind.bookLevels) = 5;
/// A mark price: `struct apus_mark_price`.
static const apus_event_kind_t APUS_EVENT_MARK_PRICE APUS_SWIFT_NAME(EventKind.markPrice) = 6;
/// The market data connection came or went: `struct apus_feed_status`.
static const apus_event_kind_t APUS_EVENT_FEED_STATUS APUS_SWIFT_NAME(EventKind.feedStatus) = 7;
/// Time passed: `struct apus_feed_status` without an instrument.
static const apus_event_kind_t APUS_EVENT_TIMER APUS_SWIFT_NAME(EventKind.timer) = 8;
/// First half of a candle that the venue closed: `struct apus_candle_range`.
static const apus_event_kind_t APUS_EVENT_CANDLE_RANGE APUS_SWIFT_NAME(EventKind.candleRange) = 9;
/// Its second half, right behind: `struct apus_candle_close`.
static const apus_event_kind_t APUS_EVENT_CANDLE_CLOSE APUS_SWIFT_NAME(EventKind.candleClose) = 10;

/// `flags` of an event.
typedef uint8_t apus_event_flags_t APUS_NEWTYPE(EventFlags);
/// The record ends the frame it was made from.
static const apus_event_flags_t APUS_EVENT_LAST APUS_SWIFT_NAME(EventFlags.last) = 1;
/// Of a book snapshot's header: it stands in the stream's own order, so it replaces the book
/// whatever that was, and the next update follows it.
static const apus_event_flags_t APUS_EVENT_IN_STREAM APUS_SWIFT_NAME(EventFlags.inStream) = 2;

/// Any event, for reading the fields that all kinds hold at the same place.
struct APUS_SWIFT_NAME(MarketEvent) apus_market_event {
    uint64_t words[6];
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_event_kind_t kind;
    apus_side_t side;
    uint8_t count;
    apus_event_flags_t flags;
};
static_assert(sizeof(struct apus_market_event) == 56, "with the sequence word, one line");
static_assert(offsetof(struct apus_market_event, kind) == 52, "the same in every event");

struct APUS_SWIFT_NAME(Trade) apus_trade {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs);
    apus_price_ticks_t price;
    apus_quantity_lots_t quantity;
    uint64_t trade_id APUS_SWIFT_NAME(tradeID);
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_event_kind_t kind;
    apus_side_t side; ///< Of the aggressor.
    uint8_t count;    ///< Zero.
    apus_event_flags_t flags;
};
static_assert(sizeof(struct apus_trade) == 56, "with the sequence word, one line");
static_assert(offsetof(struct apus_trade, kind) == 52, "the same in every event");

struct APUS_SWIFT_NAME(QuoteSide) apus_quote_side {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs);
    apus_price_ticks_t price;
    apus_quantity_lots_t quantity; ///< 0 with price 0: this side of the book is empty.
    uint64_t update_id APUS_SWIFT_NAME(updateID);
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_event_kind_t kind;
    apus_side_t side; ///< Buy = bid, first; sell = ask, second and flagged `last`.
    uint8_t count;    ///< Zero.
    apus_event_flags_t flags;
};
static_assert(sizeof(struct apus_quote_side) == 56, "with the sequence word, one line");
static_assert(offsetof(struct apus_quote_side, kind) == 52, "the same in every event");

/// Opens a book update; `level_count` levels follow in records of kind `bookLevels`, one side
/// behind the other.
/// An update without levels is complete by itself and flagged `last`.
struct APUS_SWIFT_NAME(BookHeader) apus_book_header {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs);
    uint64_t first_update_id APUS_SWIFT_NAME(firstUpdateID); ///< Snapshot: same as last.
    uint64_t last_update_id APUS_SWIFT_NAME(lastUpdateID);
    uint64_t previous_update_id APUS_SWIFT_NAME(previousUpdateID); ///< Snapshot: 0.
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_event_kind_t kind;
    apus_side_t side; ///< None.
    uint8_t count;    ///< Zero.
    apus_event_flags_t flags;
};
static_assert(sizeof(struct apus_book_header) == 56, "with the sequence word, one line");
static_assert(offsetof(struct apus_book_header, kind) == 52, "the same in every event");

struct APUS_SWIFT_NAME(BookLevel) apus_book_level {
    apus_price_ticks_t price;
    apus_quantity_lots_t quantity; ///< Absolute; 0 removes the level.
};

/// One to three levels of one side; the last record of the update is flagged `last`.
struct APUS_SWIFT_NAME(BookLevels) apus_book_levels {
    struct apus_book_level level_0 APUS_SWIFT_NAME(level0);
    struct apus_book_level level_1 APUS_SWIFT_NAME(level1);
    struct apus_book_level level_2 APUS_SWIFT_NAME(level2);
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_event_kind_t kind;
    apus_side_t side; ///< Buy = bids, sell = asks.
    uint8_t count;    ///< 1...3.
    apus_event_flags_t flags;
};
static_assert(sizeof(struct apus_book_levels) == 56, "with the sequence word, one line");
static_assert(offsetof(struct apus_book_levels, kind) == 52, "the same in every event");

struct APUS_SWIFT_NAME(MarkPrice) apus_mark_price {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs);
    apus_price_ticks_t mark; ///< Rounded to the nearest tick: marks have more decimals than prices.
    apus_price_ticks_t index;
    int64_t funding_rate_e8 APUS_SWIFT_NAME(fundingRateE8);
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_event_kind_t kind;
    apus_side_t side; ///< None.
    uint8_t count;    ///< Zero.
    apus_event_flags_t flags;
};
static_assert(sizeof(struct apus_mark_price) == 56, "with the sequence word, one line");
static_assert(offsetof(struct apus_mark_price, kind) == 52, "the same in every event");

struct APUS_SWIFT_NAME(CandleRange) apus_candle_range {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs);
    apus_price_ticks_t open;
    apus_price_ticks_t high;
    apus_price_ticks_t low;
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_event_kind_t kind;
    apus_side_t side; ///< None.
    uint8_t count;    ///< Zero.
    apus_event_flags_t flags;
};
static_assert(sizeof(struct apus_candle_range) == 56, "with the sequence word, one line");
static_assert(offsetof(struct apus_candle_range, kind) == 52, "the same in every event");

struct APUS_SWIFT_NAME(CandleClose) apus_candle_close {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs);
    apus_price_ticks_t close;
    apus_quantity_lots_t volume;
    uint32_t open_time_s APUS_SWIFT_NAME(openTimeS); ///< Since 1970 UTC.
    uint32_t length_s APUS_SWIFT_NAME(lengthS);
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_event_kind_t kind;
    apus_side_t side; ///< None.
    uint8_t count;    ///< Zero.
    apus_event_flags_t flags;
};
static_assert(sizeof(struct apus_candle_close) == 56, "with the sequence word, one line");
static_assert(offsetof(struct apus_candle_close, kind) == 52, "the same in every event");

/// Feed status: the instrument's market data connection is up or down. Timer: time passed.
struct APUS_SWIFT_NAME(FeedStatus) apus_feed_status {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs); ///< Zero.
    uint64_t is_up APUS_SWIFT_NAME(isUp);                ///< 0 or 1.
    uint64_t reserved_0[2];                              ///< Zero.
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_event_kind_t kind;
    apus_side_t side; ///< None.
    uint8_t count;    ///< Zero.
    apus_event_flags_t flags;
};
static_assert(sizeof(struct apus_feed_status) == 56, "with the sequence word, one line");
static_assert(offsetof(struct apus_feed_status, kind) == 52, "the same in every event");

// MARK: - Book requests: kernel -> cold thread

/// Asks the cold thread for a snapshot of the instrument's book.
struct APUS_SWIFT_NAME(SnapshotRequest) apus_snapshot_request {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t not_before_ns APUS_SWIFT_NAME(notBeforeNs); ///< Backoff: earliest time to ask.
    uint64_t reserved_0[3];                              ///< Zero.
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    uint32_t attempt; ///< 0 for the first request since the book was last in sync.
};
static_assert(sizeof(struct apus_snapshot_request) == 56, "with the sequence word, one line");

// MARK: - Reference prices: kernel -> risk, execution

typedef uint8_t apus_reference_kind_t APUS_NEWTYPE(ReferenceKind);
static const apus_reference_kind_t APUS_REFERENCE_QUOTE APUS_SWIFT_NAME(ReferenceKind.quote) = 1;
static const apus_reference_kind_t APUS_REFERENCE_LAST APUS_SWIFT_NAME(ReferenceKind.last) = 2;
static const apus_reference_kind_t APUS_REFERENCE_MARK APUS_SWIFT_NAME(ReferenceKind.mark) = 3;
/// Something arrived that changed no price: only freshness and `is_book_valid`.
static const apus_reference_kind_t APUS_REFERENCE_STATUS APUS_SWIFT_NAME(ReferenceKind.status) = 4;

/// What risk judges prices by: its own line from the kernel, not what the strategy claims.
struct APUS_SWIFT_NAME(ReferencePrice) apus_reference_price {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs);
    apus_price_ticks_t bid;   ///< Quote: best bid, 0 when none. Otherwise 0.
    /// Quote: best ask, 0 when none. Last: lots of the trade, see `tradedLots`. Otherwise 0.
    apus_price_ticks_t ask;
    apus_price_ticks_t price; ///< Last or mark. Otherwise 0.
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_reference_kind_t kind;
    uint8_t is_book_valid APUS_SWIFT_NAME(isBookValid); ///< 1: contiguous, uncrossed, feed up.
    uint8_t reserved_0[2];                              ///< Zero.
};
static_assert(sizeof(struct apus_reference_price) == 56, "with the sequence word, one line");

// MARK: - Features: kernel -> inference

typedef uint8_t apus_trigger_t APUS_NEWTYPE(Trigger);
static const apus_trigger_t APUS_TRIGGER_QUOTE APUS_SWIFT_NAME(Trigger.quote) = 1;
static const apus_trigger_t APUS_TRIGGER_TRADE APUS_SWIFT_NAME(Trigger.trade) = 2;
static const apus_trigger_t APUS_TRIGGER_INTERVAL APUS_SWIFT_NAME(Trigger.interval) = 3;
static const apus_trigger_t APUS_TRIGGER_BAR APUS_SWIFT_NAME(Trigger.bar) = 4;

#define APUS_FEATURE_COUNT_MAX 124

/// The feature vector of one instrument at one decision point, in schema order.
struct APUS_SWIFT_NAME(FeatureVector) apus_feature_vector {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs);
    apus_price_ticks_t bid;
    apus_price_ticks_t ask;
    apus_quantity_lots_t bid_quantity APUS_SWIFT_NAME(bidQuantity);
    apus_quantity_lots_t ask_quantity APUS_SWIFT_NAME(askQuantity);
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    uint16_t feature_count APUS_SWIFT_NAME(featureCount);
    apus_trigger_t trigger;
    uint8_t is_warm APUS_SWIFT_NAME(isWarm); ///< 1: every feature has its full history.
    /// Ingress of the last message about the book; the features are as fresh as it.
    uint64_t book_time_ns APUS_SWIFT_NAME(bookTimeNs);
    /// Zero from `feature_count` up to the next multiple of 4; those behind are not written.
    float values[APUS_FEATURE_COUNT_MAX];
};
static_assert(sizeof(struct apus_feature_vector) == 568, "with the sequence word, nine lines");

// MARK: - Signals: inference -> strategy

/// A model's opinion of one instrument at one decision point.
struct APUS_SWIFT_NAME(Signal) apus_signal {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    apus_price_ticks_t bid;
    apus_price_ticks_t ask;
    uint32_t bid_quantity APUS_SWIFT_NAME(bidQuantity); ///< Lots, saturating at 2^32 - 1.
    uint32_t ask_quantity APUS_SWIFT_NAME(askQuantity); ///< Lots, saturating at 2^32 - 1.
    float score;      ///< Expected mid return over the model's horizon, basis points.
    float confidence; ///< 0...1.
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    uint8_t model_id APUS_SWIFT_NAME(modelID); ///< 0: no model, the score is 0.
    uint8_t agreement; ///< Per cent of the models, by weight, whose score has this score's sign.
    apus_trigger_t trigger;
    uint8_t is_valid APUS_SWIFT_NAME(isValid); ///< 0: not warm, or the model's output not finite.
};
static_assert(sizeof(struct apus_signal) == 56, "with the sequence word, one line");

// MARK: - Orders: strategy -> risk -> gateway

typedef uint8_t apus_intent_kind_t APUS_NEWTYPE(IntentKind);
static const apus_intent_kind_t APUS_INTENT_PLACE APUS_SWIFT_NAME(IntentKind.place) = 1;
static const apus_intent_kind_t APUS_INTENT_CANCEL APUS_SWIFT_NAME(IntentKind.cancel) = 2;
/// A new price and total quantity, executed part included, for a resting limit order.
static const apus_intent_kind_t APUS_INTENT_MODIFY APUS_SWIFT_NAME(IntentKind.modify) = 3;

typedef uint8_t apus_order_type_t APUS_NEWTYPE(OrderType);
static const apus_order_type_t APUS_ORDER_LIMIT APUS_SWIFT_NAME(OrderType.limit) = 1;
static const apus_order_type_t APUS_ORDER_MARKET APUS_SWIFT_NAME(OrderType.market) = 2;

typedef uint8_t apus_time_in_force_t APUS_NEWTYPE(TimeInForce);
static const apus_time_in_force_t APUS_TIF_GTC APUS_SWIFT_NAME(TimeInForce.gtc) = 1;
static const apus_time_in_force_t APUS_TIF_IOC APUS_SWIFT_NAME(TimeInForce.ioc) = 2;
static const apus_time_in_force_t APUS_TIF_FOK APUS_SWIFT_NAME(TimeInForce.fok) = 3;
static const apus_time_in_force_t APUS_TIF_POST_ONLY APUS_SWIFT_NAME(TimeInForce.postOnly) = 4;
/// Rests until `expiry_s`.
static const apus_time_in_force_t APUS_TIF_GTD APUS_SWIFT_NAME(TimeInForce.gtd) = 5;

/// How a parent order is worked; 0: it is sent as it is.
typedef uint8_t apus_algorithm_t APUS_NEWTYPE(ExecutionAlgorithm);
static const apus_algorithm_t APUS_ALGORITHM_NONE APUS_SWIFT_NAME(ExecutionAlgorithm.none) = 0;
static const apus_algorithm_t APUS_ALGORITHM_TWAP APUS_SWIFT_NAME(ExecutionAlgorithm.twap) = 1;
static const apus_algorithm_t APUS_ALGORITHM_VWAP APUS_SWIFT_NAME(ExecutionAlgorithm.vwap) = 2;
static const apus_algorithm_t APUS_ALGORITHM_POV APUS_SWIFT_NAME(ExecutionAlgorithm.pov) = 3;
static const apus_algorithm_t
    APUS_ALGORITHM_ICEBERG APUS_SWIFT_NAME(ExecutionAlgorithm.iceberg) = 4;
static const apus_algorithm_t
    APUS_ALGORITHM_ALMGREN_CHRISS APUS_SWIFT_NAME(ExecutionAlgorithm.almgrenChriss) = 5;
static const apus_algorithm_t APUS_ALGORITHM_PEGGED APUS_SWIFT_NAME(ExecutionAlgorithm.pegged) = 6;
static const apus_algorithm_t APUS_ALGORITHM_CHASE APUS_SWIFT_NAME(ExecutionAlgorithm.chase) = 7;

/// What the strategy wants done, and unchanged behind risk what the gateway must do.
struct APUS_SWIFT_NAME(OrderIntent) apus_order_intent {
    uint64_t sequence; ///< Of the record that caused it.
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t order_id APUS_SWIFT_NAME(orderID); ///< Unique for ever, never 0. Cancel: the target.
    apus_price_ticks_t limit_price APUS_SWIFT_NAME(limitPrice); ///< Market: 0.
    apus_quantity_lots_t quantity;                              ///< Place: greater than 0.
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    uint32_t expiry_s APUS_SWIFT_NAME(expiryS); ///< GTD: since 1970 UTC. Otherwise 0.
    apus_intent_kind_t kind;
    apus_side_t side;
    apus_order_type_t type;
    apus_time_in_force_t time_in_force APUS_SWIFT_NAME(timeInForce);
    uint8_t is_reduce_only APUS_SWIFT_NAME(isReduceOnly); ///< 0 or 1.
    uint8_t reason;      ///< The strategy's own code, shown in `--emit orders`. Of a question what
                         ///< became of an order: 1 when its answer is final.
    uint8_t strategy_id APUS_SWIFT_NAME(strategyID); ///< Below 8: whose order it is.
    apus_algorithm_t algorithm; ///< Of a parent; of what reaches risk always none.
};
static_assert(sizeof(struct apus_order_intent) == 56, "with the sequence word, one line");

/// Risk's judgement. 0 approves; any other value is the number of the control that refused, as in
/// the list of risk controls, or 100 and up for malformed intents.
typedef uint8_t apus_verdict_t APUS_NEWTYPE(Verdict);
static const apus_verdict_t APUS_VERDICT_APPROVED APUS_SWIFT_NAME(Verdict.approved) = 0;
static const apus_verdict_t APUS_VERDICT_QUANTITY APUS_SWIFT_NAME(Verdict.orderQuantity) = 1;
static const apus_verdict_t APUS_VERDICT_NOTIONAL APUS_SWIFT_NAME(Verdict.orderNotional) = 2;
static const apus_verdict_t APUS_VERDICT_COLLAR APUS_SWIFT_NAME(Verdict.priceCollar) = 3;
static const apus_verdict_t APUS_VERDICT_FILTERS APUS_SWIFT_NAME(Verdict.venueFilters) = 4;
static const apus_verdict_t APUS_VERDICT_POSITION APUS_SWIFT_NAME(Verdict.positionLimit) = 5;
static const apus_verdict_t APUS_VERDICT_EXPOSURE APUS_SWIFT_NAME(Verdict.accountExposure) = 6;
static const apus_verdict_t APUS_VERDICT_OPEN_ORDERS APUS_SWIFT_NAME(Verdict.openOrderCount) = 7;
static const apus_verdict_t APUS_VERDICT_THROTTLE APUS_SWIFT_NAME(Verdict.messageThrottle) = 8;
static const apus_verdict_t APUS_VERDICT_REPEATED APUS_SWIFT_NAME(Verdict.repeatedExecution) = 10;
static const apus_verdict_t APUS_VERDICT_DUPLICATE APUS_SWIFT_NAME(Verdict.duplicateOrder) = 11;
static const apus_verdict_t APUS_VERDICT_SELF_MATCH APUS_SWIFT_NAME(Verdict.selfMatch) = 12;
static const apus_verdict_t APUS_VERDICT_STALE APUS_SWIFT_NAME(Verdict.staleMarketData) = 13;
static const apus_verdict_t
    APUS_VERDICT_STALE_STREAM APUS_SWIFT_NAME(Verdict.stalePrivateStream) = 14;
static const apus_verdict_t APUS_VERDICT_LOSS APUS_SWIFT_NAME(Verdict.lossLimit) = 17;
static const apus_verdict_t APUS_VERDICT_MARGIN APUS_SWIFT_NAME(Verdict.margin) = 18;
static const apus_verdict_t APUS_VERDICT_STATE APUS_SWIFT_NAME(Verdict.tradingState) = 19;
static const apus_verdict_t APUS_VERDICT_DEAD_MAN APUS_SWIFT_NAME(Verdict.deadMansSwitch) = 21;
static const apus_verdict_t APUS_VERDICT_ADOPTION APUS_SWIFT_NAME(Verdict.adoption) = 23;
static const apus_verdict_t
    APUS_VERDICT_RECONCILIATION APUS_SWIFT_NAME(Verdict.reconciliation) = 24;
static const apus_verdict_t APUS_VERDICT_CLOCK APUS_SWIFT_NAME(Verdict.clockGuard) = 25;
static const apus_verdict_t APUS_VERDICT_INSTRUMENT APUS_SWIFT_NAME(Verdict.instrumentGuard) = 26;
static const apus_verdict_t APUS_VERDICT_MODEL APUS_SWIFT_NAME(Verdict.modelSanity) = 28;
static const apus_verdict_t APUS_VERDICT_REJECT_STORM APUS_SWIFT_NAME(Verdict.rejectStorm) = 30;
static const apus_verdict_t APUS_VERDICT_JOURNAL APUS_SWIFT_NAME(Verdict.journalGuard) = 31;
static const apus_verdict_t APUS_VERDICT_PERMISSION APUS_SWIFT_NAME(Verdict.permissionGuard) = 32;
/// Value at risk of the portfolio; the control has no number of its own.
static const apus_verdict_t APUS_VERDICT_VALUE_AT_RISK APUS_SWIFT_NAME(Verdict.valueAtRisk) = 33;
static const apus_verdict_t APUS_VERDICT_INVALID APUS_SWIFT_NAME(Verdict.invalidIntent) = 100;
/// A cancel of an order that is not open; nothing was sent, nothing is lost.
static const apus_verdict_t APUS_VERDICT_UNKNOWN_ORDER APUS_SWIFT_NAME(Verdict.unknownOrder) = 101;
/// The instrument brings market data and nothing else.
static const apus_verdict_t APUS_VERDICT_DATA_ONLY APUS_SWIFT_NAME(Verdict.dataOnly) = 102;

/// Risk's answer to one intent: exactly one for each.
struct APUS_SWIFT_NAME(RiskVerdict) apus_risk_verdict {
    uint64_t sequence; ///< Of the intent.
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t order_id APUS_SWIFT_NAME(orderID);
    uint64_t reserved_0[3]; ///< Zero.
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    apus_intent_kind_t kind;
    apus_verdict_t verdict;
    uint8_t reserved_1[2]; ///< Zero.
};
static_assert(sizeof(struct apus_risk_verdict) == 56, "with the sequence word, one line");

// MARK: - Execution reports: parser -> gateway -> risk, strategy

/// What a report says happened. Order status follows from it; see `Gateway/OrderState`.
typedef uint8_t apus_execution_t APUS_NEWTYPE(Execution);
/// The venue accepted the order (a request's reply, or NEW on the user stream).
static const apus_execution_t APUS_EXECUTION_ACCEPTED APUS_SWIFT_NAME(Execution.accepted) = 1;
/// The venue refused the order: nothing of it rests or traded.
static const apus_execution_t APUS_EXECUTION_REJECTED APUS_SWIFT_NAME(Execution.rejected) = 2;
static const apus_execution_t APUS_EXECUTION_FILL APUS_SWIFT_NAME(Execution.fill) = 3;
static const apus_execution_t APUS_EXECUTION_CANCELED APUS_SWIFT_NAME(Execution.canceled) = 4;
/// Ended by the venue: IOC rest, post-only, self-trade prevention, good-till-date.
static const apus_execution_t APUS_EXECUTION_EXPIRED APUS_SWIFT_NAME(Execution.expired) = 5;
static const apus_execution_t
    APUS_EXECUTION_CANCEL_REJECTED APUS_SWIFT_NAME(Execution.cancelRejected) = 6;
/// The outcome is not known: time-out, "status unknown" codes, connection lost with the request
/// in flight.
static const apus_execution_t APUS_EXECUTION_UNKNOWN APUS_SWIFT_NAME(Execution.unknown) = 7;
/// Not about an order: the order connection or the user stream came or went.
static const apus_execution_t APUS_EXECUTION_SESSION APUS_SWIFT_NAME(Execution.session) = 8;
/// Not about an order: offset of the venue's clock against ours, ns, in `last_price`.
static const apus_execution_t APUS_EXECUTION_CLOCK APUS_SWIFT_NAME(Execution.clockOffset) = 9;
/// Not about an order: time passed.
static const apus_execution_t APUS_EXECUTION_TIMER APUS_SWIFT_NAME(Execution.timer) = 10;
/// The venue took the new price (`last_price`) and total quantity (`last_quantity`) of an order.
/// From the parser somebody's change, from the gateway the outcome of our own.
static const apus_execution_t APUS_EXECUTION_MODIFIED APUS_SWIFT_NAME(Execution.modified) = 11;
/// The venue refused them: the order stands as it was.
static const apus_execution_t
    APUS_EXECUTION_MODIFY_REJECTED APUS_SWIFT_NAME(Execution.modifyRejected) = 12;
/// The venue answered a query by our id: it does not know the order.
static const apus_execution_t APUS_EXECUTION_NOT_FOUND APUS_SWIFT_NAME(Execution.notFound) = 13;
/// Not about an order: the account holds `position` lots of the instrument, entered at `last_price`
/// on average, rounded; what it cost, signed like it, is `fee_e8` (1e-8 of the quote currency; 0:
/// not told). `trade_id` 1: it is taken for ours, at start; 0: compared. Fills that are in it: up
/// to trade `venue_order_id`, or where that is 0 up to `venue_time_ns`; of those that the venue
/// numbers out of order the ones up to `venue_time_ns`, and each that was told before with
/// `trade_id` 2: trade `venue_order_id`.
static const apus_execution_t APUS_EXECUTION_POSITION APUS_SWIFT_NAME(Execution.position) = 14;
/// An order that the venue lists open and that is not held here: ours of an earlier run by its id
/// (`order_id`), or another client's (0). Side, `last_price` (limit), `last_quantity` (total) and
/// `cumulative_quantity` are set.
static const apus_execution_t APUS_EXECUTION_ADOPTED APUS_SWIFT_NAME(Execution.adopted) = 15;
/// Not about an order: the account's equity (`fee_e8`, 1e-8 of its currency), and its margin ratio
/// (`last_quantity`, 1e-4: 10,000 is 100 %, 0 not told; the venue liquidates at 100 %).
static const apus_execution_t APUS_EXECUTION_ACCOUNT APUS_SWIFT_NAME(Execution.account) = 16;
/// Not about an order: funding of a position was paid (`fee_e8` > 0) or received.
static const apus_execution_t APUS_EXECUTION_FUNDING APUS_SWIFT_NAME(Execution.funding) = 17;
/// Not about an order: `guard` holds (`is_up` 1) or is broken (0), for a venue, or for one
/// instrument of it where `trade_id` is 1.
static const apus_execution_t APUS_EXECUTION_GUARD APUS_SWIFT_NAME(Execution.guard) = 18;
/// An order has a new price (`last_price`) and total quantity (`last_quantity`) that no request of
/// ours asked for: the venue made it smaller, or another client of the account changed it. A change
/// of ours that is under way stays so.
static const apus_execution_t APUS_EXECUTION_RESTATED APUS_SWIFT_NAME(Execution.restated) = 19;
/// Only in the tap of orders, where each order begins with it: it was sent. `last_price` (limit),
/// `last_quantity` (total), side and strategy are set; `sequence` and `ingress_time_ns` are those
/// of the decision, `venue_time_ns` is when it was handed to the socket, by our clock.
static const apus_execution_t APUS_EXECUTION_SENT APUS_SWIFT_NAME(Execution.sent) = 200;

/// What cold threads find out about trading as a whole; the values are the controls' numbers.
typedef uint8_t apus_guard_t APUS_NEWTYPE(Guard);
static const apus_guard_t APUS_GUARD_DEAD_MAN APUS_SWIFT_NAME(Guard.deadMansSwitch) = 21;
static const apus_guard_t APUS_GUARD_ADOPTION APUS_SWIFT_NAME(Guard.adoption) = 23;
static const apus_guard_t APUS_GUARD_RECONCILIATION APUS_SWIFT_NAME(Guard.reconciliation) = 24;
static const apus_guard_t APUS_GUARD_CLOCK APUS_SWIFT_NAME(Guard.clock) = 25;
static const apus_guard_t APUS_GUARD_INSTRUMENT APUS_SWIFT_NAME(Guard.instrument) = 26;
static const apus_guard_t APUS_GUARD_JOURNAL APUS_SWIFT_NAME(Guard.journal) = 31;
static const apus_guard_t APUS_GUARD_PERMISSION APUS_SWIFT_NAME(Guard.permission) = 32;

/// Where an order stands. Values only grow along a life: status never moves back.
typedef uint8_t apus_order_status_t APUS_NEWTYPE(OrderStatus);
static const apus_order_status_t APUS_ORDER_PENDING APUS_SWIFT_NAME(OrderStatus.pending) = 1;
static const apus_order_status_t APUS_ORDER_UNKNOWN APUS_SWIFT_NAME(OrderStatus.unknown) = 2;
static const apus_order_status_t APUS_ORDER_OPEN APUS_SWIFT_NAME(OrderStatus.open) = 3;
static const apus_order_status_t
    APUS_ORDER_PARTIALLY_FILLED APUS_SWIFT_NAME(OrderStatus.partiallyFilled) = 4;
static const apus_order_status_t APUS_ORDER_FILLED APUS_SWIFT_NAME(OrderStatus.filled) = 5;
static const apus_order_status_t APUS_ORDER_CANCELED APUS_SWIFT_NAME(OrderStatus.canceled) = 6;
static const apus_order_status_t APUS_ORDER_EXPIRED APUS_SWIFT_NAME(OrderStatus.expired) = 7;
static const apus_order_status_t APUS_ORDER_REJECTED APUS_SWIFT_NAME(OrderStatus.rejected) = 8;

/// Two lines. The parser writes what the venue said; the gateway, which owns order state, passes
/// on to risk and strategy only what changed something, with status and position filled in.
struct APUS_SWIFT_NAME(ExecutionReport) apus_execution_report {
    uint64_t sequence;
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t venue_time_ns APUS_SWIFT_NAME(venueTimeNs);
    uint64_t order_id APUS_SWIFT_NAME(orderID);           ///< Ours; 0: not an order of ours.
    uint64_t venue_order_id APUS_SWIFT_NAME(venueOrderID); ///< 0: not told.
    uint64_t trade_id APUS_SWIFT_NAME(tradeID);           ///< Fill: unique per instrument.
    apus_price_ticks_t last_price APUS_SWIFT_NAME(lastPrice);          ///< Of the fill.
    apus_quantity_lots_t last_quantity APUS_SWIFT_NAME(lastQuantity);  ///< Of the fill.
    apus_quantity_lots_t cumulative_quantity APUS_SWIFT_NAME(cumulativeQuantity);
    apus_quantity_lots_t leaves_quantity APUS_SWIFT_NAME(leavesQuantity); ///< Gateway fills it in.
    int64_t fee_e8 APUS_SWIFT_NAME(feeE8);     ///< Of the fill, 1e-8 of the fee asset; cost > 0.
    apus_quantity_lots_t position;             ///< After this report. Gateway fills it in.
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    int32_t venue_code APUS_SWIFT_NAME(venueCode); ///< The venue's error code, or 0.
    apus_execution_t execution;
    apus_order_status_t status; ///< Gateway fills it in.
    apus_side_t side;
    uint8_t is_maker APUS_SWIFT_NAME(isMaker);   ///< Fill: 1 when our order rested.
    uint8_t is_reply APUS_SWIFT_NAME(isReply);   ///< 1: answer to our request; 0: pushed.
    uint8_t is_up APUS_SWIFT_NAME(isUp);         ///< Session: 1 when it is usable.
    uint8_t session;                             ///< Session: 1 order entry, 2 user stream.
    apus_venue_t venue; ///< Of what is not about an order: whose. Otherwise the instrument tells.
    apus_guard_t guard;    ///< Guard: which. Otherwise 0.
    uint8_t strategy_id APUS_SWIFT_NAME(strategyID); ///< Of the order. Gateway fills it in.
    /// Modified: 1 when the venue took less than was asked for, as of a reduce-only order.
    uint8_t is_reduced APUS_SWIFT_NAME(isReduced);
    /// Answer to a question what became of an order: 1 when it was put behind the expiry of the
    /// order's last request, so that nothing of that can overtake it.
    uint8_t is_final APUS_SWIFT_NAME(isFinal);
    uint8_t reserved_1[4]; ///< Zero.
};
static_assert(sizeof(struct apus_execution_report) == 120, "with the sequence word, two lines");

// MARK: - Order bytes: gateway -> journal

typedef uint8_t apus_outbound_kind_t APUS_NEWTYPE(OutboundKind);
static const apus_outbound_kind_t APUS_OUTBOUND_PLACE APUS_SWIFT_NAME(OutboundKind.place) = 1;
static const apus_outbound_kind_t APUS_OUTBOUND_MODIFY APUS_SWIFT_NAME(OutboundKind.modify) = 2;
static const apus_outbound_kind_t APUS_OUTBOUND_CANCEL APUS_SWIFT_NAME(OutboundKind.cancel) = 3;
static const apus_outbound_kind_t APUS_OUTBOUND_QUERY APUS_SWIFT_NAME(OutboundKind.query) = 4;

/// Names the bytes of one frame to a venue, which lie in the journal's own byte ring.
struct APUS_SWIFT_NAME(OutboundFrame) apus_outbound_frame {
    uint64_t number;   ///< Of the frame among all to venues, from 1.
    uint64_t sequence; ///< Of the record it came from; 0: an operator asked for it.
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs);
    uint64_t position; ///< Of its first byte: ever-growing offset in the byte ring.
    uint32_t length;   ///< Bytes, to be released once they are copied.
    apus_venue_t venue;
    apus_outbound_kind_t kind;
    uint8_t reserved_0[2];  ///< Zero.
    uint64_t reserved_1[2]; ///< Zero.
};
static_assert(sizeof(struct apus_outbound_frame) == 56, "with the sequence word, one line");

#endif
