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
    let unknownOrder: Counter
    let cancelOverdrafts: Counter
    let malformedInputs: Counter
    let stalls: Counter

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
        unknownOrder = telemetry.counter("risk_unknown_order_total")
        cancelOverdrafts = telemetry.counter("risk_cancel_overdrafts_total")
        malformedInputs = telemetry.counter("risk_malformed_inputs_total")
        stalls = telemetry.counter("risk_stalls_total")
    }

    /// Counts one verdict.
    @_noAllocation @_noLocks
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
        case .unknownOrder: unknownOrder.increment()
        case .dataOnly: dataOnly.increment()
        default: invalid.increment()
        }
    }
}
