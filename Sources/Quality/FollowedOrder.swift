//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// Best bid and ask of one moment, in ticks; both 0: not known.
public struct TopOfBook: Equatable, Sendable {
    public var bid: Int64 = 0
    public var ask: Int64 = 0

    public var isKnown: Bool { bid > 0 }
    /// Twice the mid, in ticks; 0: not known.
    public var midTwice: Int64 { bid + ask }

    /// The best price that an order of `side` can take.
    public func opposite(of side: Side) -> Int64 { side == .buy ? ask : bid }
}

/// One order from its placing to its end.
public struct FollowedOrder: Sendable {
    public let orderID: UInt64
    public let instrumentID: UInt32
    /// Below 8; 8: no strategy's.
    public let strategyID: UInt8
    public let side: Side
    public internal(set) var limitPrice: Int64
    /// Lots, executed part included.
    public internal(set) var quantity: Int64
    /// Ingress of the record that caused it; 0 of an order adopted from an earlier run.
    public let decisionTimeNs: UInt64
    /// When it was handed to the socket.
    public let sentTimeNs: UInt64
    /// As the record showed it that caused the order.
    public let decision: TopOfBook
    /// The last one received no later than the order was sent.
    public internal(set) var arrival = TopOfBook()
    var isArrivalKnown = false
    public internal(set) var status = OrderStatus.pending
    public internal(set) var filled: Int64 = 0
    public internal(set) var makerLots: Int64 = 0
    /// Sum of lots times twice the price.
    public internal(set) var paid: Int128 = 0
    public internal(set) var feesE8: Int64 = 0
    /// Ingress of the first fill; 0 before.
    public internal(set) var firstFillTimeNs: UInt64 = 0
    /// Ingress of the report that ended it; 0 before.
    public internal(set) var endTimeNs: UInt64 = 0
    public internal(set) var end = TopOfBook()
    /// How often it was told anew, because a fill came behind its end.
    public internal(set) var revision = 0
    /// What its tally holds of it.
    var counted: Shortfall?

    public var isEnded: Bool { endTimeNs != 0 }
    /// A mid was known at its decision, so that it can be judged.
    public var hasReference: Bool { decision.isKnown && arrival.isKnown }
    /// 1 of a purchase, -1 of a sale.
    var sign: Int64 { side == .buy ? 1 : -1 }

    /// Of an order that ended and can be judged; see `Shortfall`.
    public var shortfall: Shortfall? {
        guard isEnded, hasReference, end.isKnown else { return nil }
        let (sign, filled) = (Int128(sign), Int128(filled))
        let decision = Int128(decision.midTwice)
        let arrival = Int128(arrival.midTwice)
        var result = Shortfall()
        result.delay = sign * filled * (arrival - decision)
        result.trading = sign * (paid - filled * arrival)
        result.opportunity =
            sign * (Int128(quantity) - filled) * (Int128(end.midTwice) - decision)
        result.feesE8 = Int128(feesE8)
        result.base = Int128(quantity) * decision
        return result
    }

    /// The same in 1e-8 of the quote currency; the parts sum to the whole.
    public func shortfallE8(tickLotValueE12: Int64) -> Shortfall.Money? {
        shortfall?.money(MoneyScale(tickLotValueE12: tickLotValueE12))
    }

    /// Time from its placing to its first fill, of an order that rested before.
    public var restingTimeNs: UInt64? {
        guard makerLots > 0, firstFillTimeNs > 0, sentTimeNs > 0 else { return nil }
        return firstFillTimeNs > sentTimeNs ? firstFillTimeNs - sentTimeNs : 0
    }
}

/// One fill, and the mids that followed it.
public struct FollowedFill: Sendable {
    public let timeNs: UInt64
    public let instrumentID: UInt32
    /// Below 8; 8: no strategy's.
    public let strategyID: UInt8
    public let side: Side
    /// 0: of no order of ours.
    public let orderID: UInt64
    public let tradeID: UInt64
    public let price: Int64
    public let lots: Int64
    public let feeE8: Int64
    public let isMaker: Bool
    /// When its order was decided on and sent; not known of an order that is not followed.
    public let decision: TopOfBook
    public let arrival: TopOfBook
    /// Of the fill's own moment.
    public let top: TopOfBook
    /// Twice the mid after each horizon, in ticks; 0: not known.
    public internal(set) var laterMidsTwice: SIMD8<Int64> = .zero
    /// Place of its tally.
    let tally: Int
    /// `timeNs`, or the time of an earlier fill that was later: due times never fall.
    let dueBaseNs: UInt64

    var sign: Int64 { side == .buy ? 1 : -1 }

    /// Gain after a horizon, half ticks for each lot; `nil`: not known.
    public func markoutTwice(_ horizon: Int) -> Int64? {
        let mid = laterMidsTwice[horizon]
        return mid == 0 ? nil : sign * (mid - 2 * price)
    }

    /// Cost against a price, half ticks for each lot; `nil`: it is not known.
    public func slippageTwice(againstTwice price: Int64) -> Int64? {
        price == 0 ? nil : sign * (2 * self.price - price)
    }
}

/// How long after a fill the mid is looked at.
public enum MarkoutHorizon {
    public static let allNs: [UInt64] = [
        100_000_000, 1_000_000_000, 5_000_000_000, 30_000_000_000, 300_000_000_000,
    ]
    public static let names = ["100ms", "1s", "5s", "30s", "5m"]
    public static let count = 5
}
