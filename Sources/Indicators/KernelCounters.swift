//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry

/// What the kernel counts besides its books, by the names the monitor shows.
struct KernelCounters: Sendable {
    let events: Counter
    let features: Counter
    let references: Counter
    let stalls: Counter
    let unknownInstruments: Counter
    let malformedEvents: Counter
    let staleQuotes: Counter
    /// Quotes whose bid is not below their ask; nothing is valid on them.
    let crossedQuotes: Counter
    let refusedTrades: Counter
    /// Trades whose venue time is before that of one that came earlier.
    let lateTrades: Counter
    /// Candles of the venue that the trades agree with, that they do not, and that have trades
    /// none of which came.
    let reconciledBars: Counter
    let mismatchedBars: Counter
    let missingBars: Counter
    let droppedBars: Counter
    let droppedIndicators: Counter
    let droppedVectors: Counter
    let droppedQuotes: Counter
    let barJumps: Counter
    let infiniteFeatures: Counter
    let recentres: Counter
    /// Moves of a book's window that could not wait.
    let jumps: Counter

    init(telemetry: TelemetryWriter) {
        events = telemetry.counter("kernel_events_total")
        features = telemetry.counter("kernel_features_total")
        references = telemetry.counter("kernel_references_total")
        stalls = telemetry.counter("kernel_ring_full_total")
        unknownInstruments = telemetry.counter("kernel_instrument_unknown_total")
        malformedEvents = telemetry.counter("kernel_events_malformed_total")
        staleQuotes = telemetry.counter("kernel_quotes_stale_total")
        crossedQuotes = telemetry.counter("kernel_quotes_crossed_total")
        refusedTrades = telemetry.counter("kernel_trades_refused_total")
        lateTrades = telemetry.counter("kernel_trades_venue_time_back_total")
        reconciledBars = telemetry.counter("kernel_bars_reconciled_total")
        mismatchedBars = telemetry.counter("kernel_bars_mismatched_total")
        missingBars = telemetry.counter("kernel_bars_missing_total")
        droppedBars = telemetry.counter("kernel_bars_dropped_total")
        droppedIndicators = telemetry.counter("kernel_indicators_dropped_total")
        droppedVectors = telemetry.counter("kernel_tap_vectors_dropped_total")
        droppedQuotes = telemetry.counter("kernel_quote_tap_drops_total")
        barJumps = telemetry.counter("kernel_bar_jumps_total")
        infiniteFeatures = telemetry.counter("kernel_features_not_finite_total")
        recentres = telemetry.counter("kernel_recentres_total")
        jumps = telemetry.counter("kernel_book_jumps_total")
    }
}
