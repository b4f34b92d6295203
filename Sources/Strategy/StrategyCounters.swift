//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry

/// The strategy's counters, each incremented by the stage alone.
struct StrategyCounters {
    let signals: Counter
    let invalidSignals: Counter
    /// Signals not traded on, by the first reason; see `SignalVerdict`.
    let outOfRange: Counter
    let stuck: Counter
    let unsure: Counter
    let disputed: Counter
    /// Of instruments that are never ordered.
    let dataOnlySignals: Counter
    let updates: Counter
    /// Reports of orders the strategy does not know or knows to have ended.
    let foreignUpdates: Counter
    /// Of parents, from the execution stage.
    let parentReports: Counter
    let places: Counter
    let cancels: Counter
    let refused: Counter
    let strayVerdicts: Counter
    let unknownInstruments: Counter
    let impossible: Counter
    /// Of the impossible ones: those where orders are sized by equity, volatility or score.
    let belowOneLot: Counter
    let ringFull: Counter

    init(_ telemetry: TelemetryWriter) {
        signals = telemetry.counter("strategy_signals_total")
        invalidSignals = telemetry.counter("strategy_invalid_signals_total")
        outOfRange = telemetry.counter("strategy_signal_range_total")
        stuck = telemetry.counter("strategy_signal_stuck_total")
        unsure = telemetry.counter("strategy_signal_confidence_total")
        disputed = telemetry.counter("strategy_signal_agreement_total")
        dataOnlySignals = telemetry.counter("strategy_data_only_signals_total")
        updates = telemetry.counter("strategy_updates_total")
        foreignUpdates = telemetry.counter("strategy_foreign_updates_total")
        parentReports = telemetry.counter("strategy_parent_reports_total")
        places = telemetry.counter("strategy_places_total")
        cancels = telemetry.counter("strategy_cancels_total")
        refused = telemetry.counter("strategy_refused_total")
        strayVerdicts = telemetry.counter("strategy_stray_verdicts_total")
        unknownInstruments = telemetry.counter("strategy_unknown_instrument_total")
        impossible = telemetry.counter("strategy_impossible_total")
        belowOneLot = telemetry.counter("strategy_sized_to_nothing_total")
        ringFull = telemetry.counter("strategy_ring_full_total")
    }

    @_noAllocation @_noLocks
    func count(_ verdict: SignalVerdict) {
        switch verdict {
        case .accepted, .invalid: break
        case .outOfRange: outOfRange.increment()
        case .stuck: stuck.increment()
        case .unsure: unsure.increment()
        case .disputed: disputed.increment()
        }
    }
}
