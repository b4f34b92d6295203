//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The way of the price through a bar, which the bar does not tell: a rule.
///
/// From the open to the extreme nearer to it, to the other extreme, to the close; from the lower
/// one first where both are as near and the bar did not fall. The four prices are reached at the
/// bar's first millisecond, after a third, after two thirds, and at its last. A quarter of the
/// volume trades at each, the lots that four do not divide at the first of them. Buyers trade where
/// the price rose to, sellers where it fell to; where it stayed, those of before, at first buyers.
struct KlinePath {
    struct Point: Equatable {
        let timeMs: Int64
        /// Ticks.
        let price: Int64
        /// The taker of its trade bought.
        let isRise: Bool
        /// Traded there; may be 0.
        let lots: Int64
    }

    /// In ticks and lots.
    struct Bar {
        let openMs: Int64
        let closeMs: Int64
        let open: Int64
        let high: Int64
        let low: Int64
        let close: Int64
        let lots: Int64
    }

    private var lastPrice: Int64?
    private var isRise = true

    /// - Returns: Four.
    mutating func points(_ bar: Bar) -> [Point] {
        let (up, down) = (bar.high - bar.open, bar.open - bar.low)
        let isLowFirst = down < up || (down == up && bar.close >= bar.open)
        let prices = [
            bar.open, isLowFirst ? bar.low : bar.high, isLowFirst ? bar.high : bar.low, bar.close,
        ]
        let lengthMs = bar.closeMs - bar.openMs
        return prices.enumerated().map { place, price in
            if let lastPrice, lastPrice != price { isRise = price > lastPrice }
            lastPrice = price
            return Point(
                timeMs: bar.openMs + lengthMs * Int64(place) / 3, price: price, isRise: isRise,
                lots: bar.lots / 4 + (Int64(place) < bar.lots % 4 ? 1 : 0))
        }
    }
}

/// The book that a path is shown with: one tick between bid and ask, the price being the one that
/// its trade takes from.
///
/// Both show a quarter of the volume of the bar before, at least one lot. Prices that the market
/// left behind stay in the book as they were, until it comes back, up to twenty of each side.
struct KlineBook {
    struct Level: Equatable {
        let isBid: Bool
        /// Ticks.
        let price: Int64
        /// 0: gone.
        let lots: Int64
    }

    /// The best is the last.
    private var bids: [Int64] = []
    private var asks: [Int64] = []

    static let levelsMax = 20

    /// What changes when the price comes to a point.
    mutating func move(to point: KlinePath.Point, shown lots: Int64) -> [Level] {
        // A bid of 0 is no price.
        let bid = point.isRise && point.price > 1 ? point.price - 1 : point.price
        let ask = bid + 1
        var changes: [Level] = []
        while let best = bids.last, best >= bid {
            bids.removeLast()
            if best > bid { changes.append(Level(isBid: true, price: best, lots: 0)) }
        }
        while let best = asks.last, best <= ask {
            asks.removeLast()
            if best < ask { changes.append(Level(isBid: false, price: best, lots: 0)) }
        }
        bids.append(bid)
        asks.append(ask)
        changes.append(Level(isBid: true, price: bid, lots: lots))
        changes.append(Level(isBid: false, price: ask, lots: lots))
        if bids.count > Self.levelsMax {
            changes.append(Level(isBid: true, price: bids.removeFirst(), lots: 0))
        }
        if asks.count > Self.levelsMax {
            changes.append(Level(isBid: false, price: asks.removeFirst(), lots: 0))
        }
        return changes
    }
}
