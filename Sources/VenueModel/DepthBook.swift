//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// The quantities at every price of one instrument, as the venue tells them: absolute, in lots.
///
/// A side whose best price reaches the other side's best takes that best away: the other side's
/// next price beyond becomes its best. So a book with a missed deletion heals by itself, as
/// hftbacktest's does; the levels passed over stay in store and may be told of again.
public struct DepthBook: Sendable {
    /// The best price of an empty bid side; below every price.
    public static let noBid = Int64.min
    /// The best price of an empty ask side; above every price.
    public static let noAsk = Int64.max

    private var bids = LevelTable()
    private var asks = LevelTable()
    /// Ticks; `noBid`, `noAsk` for an empty side.
    public private(set) var bestBid = noBid
    public private(set) var bestAsk = noAsk
    /// No bid is lower, no ask is higher.
    private var lowestBid = noAsk
    private var highestAsk = noBid

    public init() {}

    /// What an update did to its level and to the best price of its side.
    public struct Change: Sendable, Equatable {
        public let before: Int64
        public let bestBefore: Int64
        public let bestAfter: Int64
    }

    /// Lots at a price; 0 for none.
    public func quantity(_ side: Side, at price: Int64) -> Int64 {
        side == .buy ? bids[price] : asks[price]
    }

    /// Bid plus ask, in ticks: twice the mid price; `nil` with an empty side.
    public var twiceMid: Int64? {
        bestBid == Self.noBid || bestAsk == Self.noAsk ? nil : bestBid + bestAsk
    }

    /// Sets the lots of a level; 0 or less takes it away.
    @discardableResult
    public mutating func update(_ side: Side, price: Int64, quantity: Int64) -> Change {
        side == .buy ? updateBid(price, quantity) : updateAsk(price, quantity)
    }

    private mutating func updateBid(_ price: Int64, _ quantity: Int64) -> Change {
        let bestBefore = bestBid
        let before = bids.set(price, quantity)
        if quantity > 0 {
            lowestBid = min(lowestBid, price)
            if price > bestBid {
                bestBid = price
                if bestBid >= bestAsk { bestAsk = nextAsk(above: bestBid) }
            }
        } else if price == bestBid {
            bestBid = nextBid(below: price)
        }
        return Change(before: before, bestBefore: bestBefore, bestAfter: bestBid)
    }

    private mutating func updateAsk(_ price: Int64, _ quantity: Int64) -> Change {
        let bestBefore = bestAsk
        let before = asks.set(price, quantity)
        if quantity > 0 {
            highestAsk = max(highestAsk, price)
            if price < bestAsk {
                bestAsk = price
                if bestBid >= bestAsk { bestBid = nextBid(below: bestAsk) }
            }
        } else if price == bestAsk {
            bestAsk = nextAsk(above: price)
        }
        return Change(before: before, bestBefore: bestBefore, bestAfter: bestAsk)
    }

    /// Takes away every level of a side from its best to `price`; `nil`: the whole side.
    public mutating func clear(_ side: Side, upTo price: Int64? = nil) {
        if side == .buy {
            bids.removeAll { $0 >= price ?? .min }
            bestBid = bids.prices.max() ?? Self.noBid
            if bids.isEmpty { lowestBid = Self.noAsk }
        } else {
            asks.removeAll { $0 <= price ?? .max }
            bestAsk = asks.prices.min() ?? Self.noAsk
            if asks.isEmpty { highestAsk = Self.noBid }
        }
    }

    /// Hands out the levels of a side from its best to `limit`, best first, until `body` says no.
    public func walk(_ side: Side, to limit: Int64, _ body: (Int64, Int64) -> Bool) {
        if side == .buy {
            guard bestBid != Self.noBid, limit <= bestBid else { return }
            let last = max(limit, lowestBid)
            if isNear(bestBid, last, bids.count) {
                var at = bestBid
                while at >= last {
                    let lots = bids[at]
                    if lots > 0, !body(at, lots) { return }
                    at -= 1
                }
            } else {
                for at in bids.prices.filter({ last <= $0 && $0 <= bestBid }).sorted(by: >) {
                    if !body(at, bids[at]) { return }
                }
            }
        } else {
            guard bestAsk != Self.noAsk, limit >= bestAsk else { return }
            let last = min(limit, highestAsk)
            if isNear(last, bestAsk, asks.count) {
                var at = bestAsk
                while at <= last {
                    let lots = asks[at]
                    if lots > 0, !body(at, lots) { return }
                    at += 1
                }
            } else {
                for at in asks.prices.filter({ bestAsk <= $0 && $0 <= last }).sorted() {
                    if !body(at, asks[at]) { return }
                }
            }
        }
    }

    // MARK: The next best

    /// It is mostly a few ticks away: so many are looked at before every level in store is.
    private static let ticksNear: Int64 = 256

    private mutating func nextBid(below price: Int64) -> Int64 {
        let (end, overflows) = price.subtractingReportingOverflow(Self.ticksNear)
        let last = max(overflows ? .min : end, lowestBid)
        var at = price
        while at > last {
            at -= 1
            if bids[at] > 0 { return at }
        }
        var best = Self.noBid
        if last > lowestBid { for at in bids.prices where at < price { best = max(best, at) } }
        if best == Self.noBid { lowestBid = Self.noAsk }
        return best
    }

    private mutating func nextAsk(above price: Int64) -> Int64 {
        let (end, overflows) = price.addingReportingOverflow(Self.ticksNear)
        let last = min(overflows ? .max : end, highestAsk)
        var at = price
        while at < last {
            at += 1
            if asks[at] > 0 { return at }
        }
        var best = Self.noAsk
        if last < highestAsk { for at in asks.prices where at > price { best = min(best, at) } }
        if best == Self.noAsk { highestAsk = Self.noBid }
        return best
    }

    /// A walk over the prices between costs no more than one over the levels in store.
    private func isNear(_ high: Int64, _ low: Int64, _ count: Int) -> Bool {
        let (span, overflows) = high.subtractingReportingOverflow(low)
        return !overflows && span <= Int64(count) * Self.walkFactor
    }

    private static let walkFactor: Int64 = 64
}
