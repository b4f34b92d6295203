//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// What a decision may look at besides the signal: one instrument's state at the signal's time.
public struct StrategyView: Equatable, Sendable {
    public var positionLots: Int64 = 0
    /// Leaves of working orders, saturating.
    public var openBuyLots: Int64 = 0
    public var openSellLots: Int64 = 0
    public var workingCount = 0
    /// The oldest resting order that may be cancelled now; 0: none.
    public var cancellableID: UInt64 = 0
    public var cancellableSide: Side = .none
    public var cancellableAgeNs: UInt64 = 0
    /// Since the instrument's last order; the largest number when there was none.
    public var sinceLastOrderNs: UInt64 = .max
    /// Of the probe's next order when it alternates.
    public var nextSide: Side = .buy

    @_noAllocation @_noLocks
    public init() {}
}

/// The outcome of a decision.
public struct StrategyDecision: Equatable, Sendable {
    public enum Action: UInt8, Sendable {
        case hold
        case place
        case cancel
        /// The signal asks for an order that cannot be written: no lots, or a price out of range.
        case impossible
    }

    public var action: Action
    public var side: Side
    public var price: PriceTicks
    public var quantity: QuantityLots
    /// Cancel: the order to end.
    public var targetID: UInt64
    public var reason: StrategyReason

    @_noAllocation @_noLocks
    public static func hold() -> StrategyDecision {
        StrategyDecision(
            action: .hold, side: .none, price: PriceTicks(0), quantity: QuantityLots(0),
            targetID: 0, reason: .none)
    }

    @_noAllocation @_noLocks
    public static func impossible(_ reason: StrategyReason) -> StrategyDecision {
        StrategyDecision(
            action: .impossible, side: .none, price: PriceTicks(0), quantity: QuantityLots(0),
            targetID: 0, reason: reason)
    }

    @_noAllocation @_noLocks
    public static func cancel(_ view: StrategyView, _ reason: StrategyReason) -> StrategyDecision {
        StrategyDecision(
            action: .cancel, side: view.cancellableSide, price: PriceTicks(0),
            quantity: QuantityLots(0), targetID: view.cancellableID, reason: reason)
    }

    /// An order of at most `lots` at the style's price; impossible when either makes no sense.
    @_noAllocation @_noLocks
    public static func place(
        _ side: Side, _ lots: Int64, _ style: OrderStyle, offset: Int64, _ signal: Signal,
        _ reason: StrategyReason
    ) -> StrategyDecision {
        let ticks = price(side, style, offset: offset, signal)
        guard lots > 0, ticks > 0 else { return impossible(reason) }
        return StrategyDecision(
            action: .place, side: side, price: PriceTicks(ticks), quantity: QuantityLots(lots),
            targetID: 0, reason: reason)
    }

    /// Ticks, or 0 when the price leaves the range of integers. A post-only price stays on its own
    /// side of the spread.
    ///
    /// - Precondition: the quote is tradable.
    @_noAllocation @_noLocks
    public static func price(
        _ side: Side, _ style: OrderStyle, offset: Int64, _ signal: Signal
    ) -> Int64 {
        let bid = signal.bid.rawValue
        let ask = signal.ask.rawValue
        let isBuy = side == .buy
        // Upwards for a buy that crosses and for a sell that rests.
        let goesUp = isBuy == style.isCrossing
        let base = goesUp ? ask : bid
        let (ticks, overflow) =
            goesUp
            ? base.addingReportingOverflow(offset) : base.subtractingReportingOverflow(offset)
        if overflow { return 0 }
        if style.isCrossing { return ticks }
        if isBuy { return ticks < ask ? ticks : ask &- 1 }
        return ticks > bid ? ticks : bid &+ 1
    }

    /// True when both sides are there and apart: 0 < bid < ask.
    @_noAllocation @_noLocks
    public static func isTradable(_ signal: Signal) -> Bool {
        signal.bid.rawValue > 0 && signal.ask.rawValue > signal.bid.rawValue
    }

    /// The mid in ticks, rounded down.
    ///
    /// - Precondition: the quote is tradable.
    @_noAllocation @_noLocks
    public static func mid(_ signal: Signal) -> Int64 {
        // 0 < bid < ask: neither the difference nor the sum can leave the range.
        signal.bid.rawValue &+ (signal.ask.rawValue &- signal.bid.rawValue) / 2
    }
}
