//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Telemetry

/// Risk's counters: one for each verdict, and one for everything it ignores.
struct RiskCounters {
    let approved: Counter
    let cancels: Counter
    let quantity: Counter
    let notional: Counter
    let collar: Counter
    let filters: Counter
    let position: Counter
    let openOrders: Counter
    let throttle: Counter
    let stale: Counter
    let state: Counter
    let invalid: Counter
    /// Orders for instruments that bring market data alone.
    let dataOnly: Counter
    let exposure: Counter
    let repeated: Counter
    let duplicate: Counter
    let selfMatch: Counter
    let staleStream: Counter
    let loss: Counter
    let margin: Counter
    let deadMan: Counter
    let adoption: Counter
    let reconciliation: Counter
    let clock: Counter
    let instrument: Counter
    let storm: Counter
    let journal: Counter
    let permission: Counter
    let valueAtRisk: Counter
    let unknownOrder: Counter
    /// Times losses lowered the trading state (17).
    let lossLimits: Counter
    /// Times losses asked for flat positions.
    let flattenRequests: Counter
    /// Times the margin ratio lowered the state (18).
    let marginFloors: Counter
    /// Cancels beyond the budget (9); sent all the same.
    let cancelBudgetWarnings: Counter
    /// Times the budget ran out: who quotes is to quote wider.
    let widenSignals: Counter
    /// Fills that switched a strategy off (10).
    let strategiesOff: Counter
    /// Rejects that switched an instrument off (30).
    let rejectStorms: Counter
    /// Open orders of other clients.
    let foreignOrders: Counter
    /// Numbers out of range; each halts trading.
    let rangeHalts: Counter
    let cancelOverdrafts: Counter
    let malformedInputs: Counter
    let stalls: Counter
    /// A gauge: bits of the guards that refuse orders of a venue or an instrument.
    let guardsRefusing: Counter

    init(_ telemetry: TelemetryWriter) {
        approved = telemetry.counter("risk_approved_total")
        cancels = telemetry.counter("risk_cancels_total")
        quantity = telemetry.counter("risk_rejected_order_quantity_total")
        notional = telemetry.counter("risk_rejected_order_notional_total")
        collar = telemetry.counter("risk_rejected_price_collar_total")
        filters = telemetry.counter("risk_rejected_venue_filters_total")
        position = telemetry.counter("risk_rejected_position_limit_total")
        openOrders = telemetry.counter("risk_rejected_open_order_count_total")
        throttle = telemetry.counter("risk_rejected_message_throttle_total")
        stale = telemetry.counter("risk_rejected_stale_market_data_total")
        state = telemetry.counter("risk_rejected_trading_state_total")
        invalid = telemetry.counter("risk_rejected_invalid_intent_total")
        dataOnly = telemetry.counter("risk_rejected_data_only_total")
        exposure = telemetry.counter("risk_rejected_account_exposure_total")
        repeated = telemetry.counter("risk_rejected_repeated_execution_total")
        duplicate = telemetry.counter("risk_rejected_duplicate_order_total")
        selfMatch = telemetry.counter("risk_rejected_self_match_total")
        staleStream = telemetry.counter("risk_rejected_stale_private_stream_total")
        loss = telemetry.counter("risk_rejected_loss_limit_total")
        margin = telemetry.counter("risk_rejected_margin_total")
        deadMan = telemetry.counter("risk_rejected_dead_mans_switch_total")
        adoption = telemetry.counter("risk_rejected_adoption_total")
        reconciliation = telemetry.counter("risk_rejected_reconciliation_total")
        clock = telemetry.counter("risk_rejected_clock_guard_total")
        instrument = telemetry.counter("risk_rejected_instrument_guard_total")
        storm = telemetry.counter("risk_rejected_reject_storm_total")
        journal = telemetry.counter("risk_rejected_journal_guard_total")
        permission = telemetry.counter("risk_rejected_permission_guard_total")
        valueAtRisk = telemetry.counter("risk_rejected_value_at_risk_total")
        lossLimits = telemetry.counter("risk_loss_limits_total")
        flattenRequests = telemetry.counter("risk_flatten_requests_total")
        marginFloors = telemetry.counter("risk_margin_floors_total")
        cancelBudgetWarnings = telemetry.counter("risk_cancel_budget_warnings_total")
        widenSignals = telemetry.counter("risk_widen_signals_total")
        strategiesOff = telemetry.counter("risk_repeated_executions_total")
        rejectStorms = telemetry.counter("risk_reject_storms_total")
        foreignOrders = telemetry.counter("risk_foreign_orders_total")
        rangeHalts = telemetry.counter("risk_range_halts_total")
        unknownOrder = telemetry.counter("risk_unknown_order_total")
        cancelOverdrafts = telemetry.counter("risk_cancel_overdrafts_total")
        malformedInputs = telemetry.counter("risk_malformed_inputs_total")
        stalls = telemetry.counter("risk_stalls_total")
        guardsRefusing = telemetry.counter("risk_guards_refusing")
    }

    /// Counts one verdict. Inlined, or each call would copy all counters.
    @_noAllocation @_noLocks
    @inline(__always)
    func count(_ verdict: Verdict) {
        switch verdict {
        case .approved: approved.increment()
        case .orderQuantity: quantity.increment()
        case .orderNotional: notional.increment()
        case .priceCollar: collar.increment()
        case .venueFilters: filters.increment()
        case .positionLimit: position.increment()
        case .openOrderCount: openOrders.increment()
        case .messageThrottle: throttle.increment()
        case .staleMarketData: stale.increment()
        case .tradingState: state.increment()
        case .accountExposure: exposure.increment()
        case .repeatedExecution: repeated.increment()
        case .duplicateOrder: duplicate.increment()
        case .selfMatch: selfMatch.increment()
        case .stalePrivateStream: staleStream.increment()
        case .lossLimit: loss.increment()
        case .margin: margin.increment()
        case .deadMansSwitch: deadMan.increment()
        case .adoption: adoption.increment()
        case .reconciliation: reconciliation.increment()
        case .clockGuard: clock.increment()
        case .instrumentGuard: instrument.increment()
        case .rejectStorm: storm.increment()
        case .journalGuard: journal.increment()
        case .permissionGuard: permission.increment()
        case .valueAtRisk: valueAtRisk.increment()
        case .unknownOrder: unknownOrder.increment()
        case .dataOnly: dataOnly.increment()
        default: invalid.increment()
        }
    }
}
