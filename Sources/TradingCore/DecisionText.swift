//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Strategy

extension StrategyConfiguration {
    /// What the signal alone suggests: "buy", "sell" or "hold"; position, cooldowns and what came
    /// before it come later.
    func action(of signal: Signal) -> String {
        guard signal.isValid == 1 else { return "invalid" }
        guard case .signalThreshold(let parameters) = self,
            parameters.limits.judge(signal) == .accepted
        else { return "hold" }
        switch SignalThreshold.wantedSide(parameters, signal) {
        case .buy: return "buy"
        case .sell: return "sell"
        default: return "hold"
        }
    }
}

extension Verdict {
    /// As `--emit orders` prints it.
    var text: String {
        switch self {
        case .approved: "approved"
        case .orderQuantity: "order-quantity"
        case .orderNotional: "order-notional"
        case .priceCollar: "price-collar"
        case .venueFilters: "venue-filters"
        case .positionLimit: "position-limit"
        case .openOrderCount: "open-order-count"
        case .messageThrottle: "message-throttle"
        case .staleMarketData: "stale-market-data"
        case .tradingState: "trading-state"
        case .invalidIntent: "invalid-intent"
        case .unknownOrder: "unknown-order"
        case .dataOnly: "data-only"
        default: "control-\(rawValue)"
        }
    }
}
