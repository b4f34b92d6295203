//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry

/// The gateway's counters: one for everything sent, seen, refused or ignored.
struct GatewayCounters {
    let approved: Counter
    let sent: Counter
    let cancelsSent: Counter
    let cancelsMoot: Counter
    let modifiesSent: Counter
    let modifyRejects: Counter
    let reports: Counter
    let fills: Counter
    let externalFills: Counter
    let adoptedOrders: Counter
    let adoptedPositions: Counter
    /// Orders of an earlier run that found no room: cancelled, and not followed.
    let adoptionOverflows: Counter
    /// Open orders of other clients.
    let externalOrders: Counter
    /// Fills that are in the position taken over at start.
    let fillsBeforeAdoption: Counter
    let tradesTakenOver: Counter
    /// Positions that differed from the venue's at one look, and those that went on to.
    let positionDifferences: Counter
    let positionMismatches: Counter
    let batchCancels: Counter
    let refusedRate: Counter
    let refusedExpiry: Counter
    let duplicateFills: Counter
    let lateFills: Counter
    let impossibleFills: Counter
    let fillTapDrops: Counter
    let orderTapDrops: Counter
    /// Frames that found no room in the journal's ring.
    let journalDrops: Counter
    /// Frames that waited for the journal and could not be sent then.
    let heldLost: Counter
    let rejects: Counter
    let unknown: Counter
    let cancelTimeouts: Counter
    let cancelRejects: Counter
    let missesResolved: Counter
    let queriesSent: Counter
    /// Questions that the cold thread had no room for; asked again later.
    let queryDrops: Counter
    let queryMisses: Counter
    let lateReports: Counter
    let foreignReports: Counter
    let malformedReports: Counter
    let contradictions: Counter
    let refusedState: Counter
    let refusedSession: Counter
    let refusedWrite: Counter
    let refusedEncoding: Counter
    let refusedIdentity: Counter
    /// Changes of what no venue changes: not resting, not there, or being changed or cancelled.
    let refusedModify: Counter
    let malformedCommands: Counter
    let mismatches: Counter
    let ledgerOverflows: Counter
    let flushErrors: Counter
    let stalls: Counter

    init(_ telemetry: TelemetryWriter) {
        approved = telemetry.counter("gateway_commands_total")
        sent = telemetry.counter("gateway_orders_sent_total")
        cancelsSent = telemetry.counter("gateway_cancels_sent_total")
        cancelsMoot = telemetry.counter("gateway_cancels_moot_total")
        modifiesSent = telemetry.counter("gateway_modifies_sent_total")
        modifyRejects = telemetry.counter("gateway_modify_rejects_total")
        reports = telemetry.counter("gateway_reports_total")
        fills = telemetry.counter("gateway_fills_total")
        externalFills = telemetry.counter("gateway_external_fills_total")
        adoptedOrders = telemetry.counter("gateway_adopted_orders_total")
        adoptedPositions = telemetry.counter("gateway_adopted_positions_total")
        adoptionOverflows = telemetry.counter("gateway_adoption_overflow_total")
        externalOrders = telemetry.counter("gateway_external_orders_total")
        fillsBeforeAdoption = telemetry.counter("gateway_fills_before_adoption_total")
        tradesTakenOver = telemetry.counter("gateway_trades_taken_over_total")
        positionDifferences = telemetry.counter("gateway_position_differences_total")
        positionMismatches = telemetry.counter("gateway_position_mismatch_total")
        batchCancels = telemetry.counter("gateway_batch_cancels_total")
        refusedRate = telemetry.counter("gateway_refused_rate_total")
        refusedExpiry = telemetry.counter("gateway_refused_expiry_total")
        duplicateFills = telemetry.counter("gateway_duplicate_fills_total")
        lateFills = telemetry.counter("gateway_late_fills_total")
        impossibleFills = telemetry.counter("gateway_impossible_fills_total")
        fillTapDrops = telemetry.counter("gateway_fill_tap_drops_total")
        orderTapDrops = telemetry.counter("gateway_order_tap_drops_total")
        journalDrops = telemetry.counter("gateway_journal_drops_total")
        heldLost = telemetry.counter("gateway_held_lost_total")
        rejects = telemetry.counter("gateway_rejects_total")
        unknown = telemetry.counter("gateway_unknown_total")
        cancelTimeouts = telemetry.counter("gateway_cancel_timeouts_total")
        cancelRejects = telemetry.counter("gateway_cancel_rejects_total")
        missesResolved = telemetry.counter("gateway_misses_resolved_total")
        queriesSent = telemetry.counter("gateway_queries_sent_total")
        queryDrops = telemetry.counter("gateway_query_drops_total")
        queryMisses = telemetry.counter("gateway_query_misses_total")
        lateReports = telemetry.counter("gateway_late_reports_total")
        foreignReports = telemetry.counter("gateway_foreign_reports_total")
        malformedReports = telemetry.counter("gateway_malformed_reports_total")
        contradictions = telemetry.counter("gateway_contradictions_total")
        refusedState = telemetry.counter("gateway_refused_state_total")
        refusedSession = telemetry.counter("gateway_refused_session_total")
        refusedWrite = telemetry.counter("gateway_refused_write_total")
        refusedEncoding = telemetry.counter("gateway_refused_encoding_total")
        refusedIdentity = telemetry.counter("gateway_refused_identity_total")
        refusedModify = telemetry.counter("gateway_refused_modify_total")
        malformedCommands = telemetry.counter("gateway_malformed_commands_total")
        mismatches = telemetry.counter("gateway_outbound_mismatch_total")
        ledgerOverflows = telemetry.counter("gateway_ledger_overflow_total")
        flushErrors = telemetry.counter("gateway_flush_errors_total")
        stalls = telemetry.counter("gateway_stalls_total")
    }
}
