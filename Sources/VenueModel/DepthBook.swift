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

    private var bids: [Int64: Int64] = [:]
    private var asks: [Int64: Int64] = [:]
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
        (side == .buy ? bids[price] : asks[price]) ?? 0
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
        let before = (quantity > 0 ? bids.updateValue(quantity, forKey: price)
            : bids.removeValue(forKey: price)) ?? 0
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
        let before = (quantity > 0 ? asks.updateValue(quantity, forKey: price)
            : asks.removeValue(forKey: price)) ?? 0
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
            bids = price.map { limit in bids.filter { $0.key < limit } } ?? [:]
            bestBid = bids.keys.max() ?? Self.noBid
            if bids.isEmpty { lowestBid = Self.noAsk }
        } else {
            asks = price.map { limit in asks.filter { $0.key > limit } } ?? [:]
            bestAsk = asks.keys.min() ?? Self.noAsk
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
                    if let lots = bids[at], !body(at, lots) { return }
                    at -= 1
                }
            } else {
                for at in bids.keys.filter({ last <= $0 && $0 <= bestBid }).sorted(by: >) {
                    if !body(at, bids[at] ?? 0) { return }
                }
            }
        } else {
            guard bestAsk != Self.noAsk, limit >= bestAsk else { return }
            let last = min(limit, highestAsk)
            if isNear(last, bestAsk, asks.count) {
                var at = bestAsk
                while at <= last {
                    if let lots = asks[at], !body(at, lots) { return }
                    at += 1
                }
            } else {
                for at in asks.keys.filter({ bestAsk <= $0 && $0 <= last }).sorted() {
                    if !body(at, asks[at] ?? 0) { return }
                }
            }
        }
    }

    // MARK: The next best

    private mutating func nextBid(below price: Int64) -> Int64 {
        var best = Self.noBid
        if lowestBid < price, isNear(price, lowestBid, bids.count) {
            var at = price - 1
            while at >= lowestBid, best == Self.noBid {
                if bids[at] != nil { best = at }
                at -= 1
            }
        } else {
            for at in bids.keys where at < price { best = max(best, at) }
        }
        if best == Self.noBid { lowestBid = Self.noAsk }
        return best
    }

    private mutating func nextAsk(above price: Int64) -> Int64 {
        var best = Self.noAsk
        if highestAsk > price, isNear(highestAsk, price, asks.count) {
            var at = price + 1
            while at <= highestAsk, best == Self.noAsk {
                if asks[at] != nil { best = at }
                at += 1
            }
        } else {
            for at in asks.keys where at > price { best = min(best, at) }
        }
        if best == Self.noAsk { highestAsk = Self.noBid }
        return best
    }

    /// A walk over the prices between costs no more than one over the levels in store.
    private func isNear(_ high: Int64, _ low: Int64, _ count: Int) -> Bool {
        let (span, overflows) = high.subtractingReportingOverflow(low)
        return !overflows && span <= Int64(count) * Self.walkFactor
    }

    /// The next best is mostly a few ticks away: the walk ends long before its worst case.
    private static let walkFactor: Int64 = 64
}
