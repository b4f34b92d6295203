//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry

/// The counters of the execution stage, and the gauges of its parents by state.
struct ExecutionCounters {
    let parents: Counter
    /// Parents refused at once: malformed, of an instrument that is never ordered, without a place
    /// left, or during a flatten.
    let refusedParents: Counter
    let working: Counter
    let paused: Counter
    let cancelling: Counter
    let done: Counter
    let failed: Counter
    let children: Counter
    let moves: Counter
    let withdrawals: Counter
    /// Children that risk did not let through.
    let refusedChildren: Counter
    let rejectedChildren: Counter
    let unknownChildren: Counter
    let lateFills: Counter
    /// Updates of children that are not known any more.
    let forgottenChildren: Counter
    /// Lots beyond a parent's quantity, from fills that came behind an order's end.
    let excessLots: Counter
    let malformed: Counter
    let stalls: Counter

    init(_ telemetry: TelemetryWriter) {
        parents = telemetry.counter("execution_parents_total")
        refusedParents = telemetry.counter("execution_parents_refused_total")
        working = telemetry.counter("execution_parents_working")
        paused = telemetry.counter("execution_parents_paused")
        cancelling = telemetry.counter("execution_parents_cancelling")
        done = telemetry.counter("execution_parents_done_total")
        failed = telemetry.counter("execution_parents_failed_total")
        children = telemetry.counter("execution_children_total")
        moves = telemetry.counter("execution_moves_total")
        withdrawals = telemetry.counter("execution_withdrawals_total")
        refusedChildren = telemetry.counter("execution_children_refused_total")
        rejectedChildren = telemetry.counter("execution_children_rejected_total")
        unknownChildren = telemetry.counter("execution_children_unknown_total")
        lateFills = telemetry.counter("execution_late_fills_total")
        forgottenChildren = telemetry.counter("execution_children_forgotten_total")
        excessLots = telemetry.counter("execution_excess_lots_total")
        malformed = telemetry.counter("execution_malformed_total")
        stalls = telemetry.counter("execution_stalls_total")
    }
}

/// The counters of exits: how many began, by reason, and the orders they took.
struct ExitCounters {
    let stopLoss: Counter
    let rangeStop: Counter
    let trailing: Counter
    let takeProfit: Counter
    let holdingTime: Counter
    /// Positions closed by a flatten.
    let flattened: Counter
    let orders: Counter
    /// By risk or the venue.
    let refusals: Counter
    /// Asked for by an operator.
    let flattens: Counter

    init(_ telemetry: TelemetryWriter) {
        stopLoss = telemetry.counter("execution_exits_stop_loss_total")
        rangeStop = telemetry.counter("execution_exits_range_stop_total")
        trailing = telemetry.counter("execution_exits_trailing_total")
        takeProfit = telemetry.counter("execution_exits_take_profit_total")
        holdingTime = telemetry.counter("execution_exits_holding_time_total")
        flattened = telemetry.counter("execution_exits_flatten_total")
        orders = telemetry.counter("execution_exit_orders_total")
        refusals = telemetry.counter("execution_exit_refusals_total")
        flattens = telemetry.counter("execution_flattens_total")
    }

    @_noAllocation @_noLocks
    func count(_ reason: ExitReason) {
        switch reason {
        case .none: break
        case .stopLoss: stopLoss.increment()
        case .rangeStop: rangeStop.increment()
        case .trailing: trailing.increment()
        case .takeProfit: takeProfit.increment()
        case .holdingTime: holdingTime.increment()
        case .flatten: flattened.increment()
        }
    }
}
