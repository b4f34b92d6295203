//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// `reflex`: the latency probe, an order whenever a quote condition holds. It looks at the quote
/// alone, so it runs without a model.
public enum Reflex {
    /// A pure function of the quote and the instrument's state. Cancels what rested too long;
    /// otherwise places one order when the condition holds, the interval has passed, and the
    /// position stays within its bound with everything open filled. Where its turn would exceed
    /// the bound it trades the other way.
    @_noAllocation @_noLocks
    public static func decide(
        _ parameters: ReflexParameters, _ signal: Signal, _ view: StrategyView,
        quantity: SizeRule, positionMax: SizeRule
    ) -> StrategyDecision {
        if view.cancellableID != 0, view.cancellableAgeNs > parameters.restingMaxNs {
            return .cancel(view, .restedTooLong)
        }
        guard StrategyDecision.isTradable(signal), view.workingCount < parameters.workingOrdersMax,
            view.sinceLastOrderNs >= parameters.intervalNs, holds(parameters, signal)
        else { return .hold() }
        let mid = StrategyDecision.mid(signal)
        let lots = quantity.lots(atMid: mid)
        let bound = positionMax.lots(atMid: mid)
        if lots <= 0 { return .impossible(.probe) }

        var side = view.nextSide
        if case .imbalance = parameters.sideRule {
            side = signal.bidQuantity >= signal.askQuantity ? .buy : .sell
        }
        if hasRoom(side, lots, bound, view) {
            return .place(
                side, lots, parameters.style, offset: parameters.offsetTicks, signal, .probe)
        }
        side = side == .buy ? .sell : .buy
        guard hasRoom(side, lots, bound, view) else { return .hold() }
        return .place(
            side, lots, parameters.style, offset: parameters.offsetTicks, signal, .probeFlatten)
    }

    /// True when the quote fulfils the condition.
    @_noAllocation @_noLocks
    static func holds(_ parameters: ReflexParameters, _ signal: Signal) -> Bool {
        // 0 < bid < ask: the difference stays in range.
        if signal.ask.rawValue &- signal.bid.rawValue < parameters.spreadTicksMin { return false }
        if parameters.imbalanceMin <= 0 { return true }
        let bid = Float(signal.bidQuantity)
        let ask = Float(signal.askQuantity)
        if bid + ask <= 0 { return false }
        return (bid - ask).magnitude >= parameters.imbalanceMin * (bid + ask)
    }

    /// True when `lots` more on `side` keep the position within `bound`, and nothing of ours
    /// stands on the other side.
    @_noAllocation @_noLocks
    static func hasRoom(_ side: Side, _ lots: Int64, _ bound: Int64, _ view: StrategyView) -> Bool {
        let isBuy = side == .buy
        if (isBuy ? view.openSellLots : view.openBuyLots) > 0 { return false }
        let (position, overflow) =
            isBuy
            ? (view.positionLots, false)
            : Int64(0).subtractingReportingOverflow(view.positionLots)
        let (withOpen, overflows) = position.addingReportingOverflow(
            isBuy ? view.openBuyLots : view.openSellLots)
        let (worst, exceeds) = withOpen.addingReportingOverflow(lots)
        return !overflow && !overflows && !exceeds && worst <= bound
    }
}
