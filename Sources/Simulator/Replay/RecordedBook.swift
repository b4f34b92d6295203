//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A book as a recording shows it: levels with absolute quantities, no orders behind them.
struct RecordedBook {
    struct Level: Equatable {
        var price: Int64
        var lots: Int64
    }

    /// Worst to best, as in `MatchingEngine`.
    private var sides: [[Level]] = [[], []]
    /// Best prices by bookTicker, which runs ahead of the depth events.
    var touch = Touch()

    func levels(_ side: BookSide) -> [Level] { sides[side.rawValue] }

    func lots(_ side: BookSide, at price: Int64) -> Int64 {
        if side == .bid, price == touch.bid { return touch.bidLots }
        if side == .ask, price == touch.ask { return touch.askLots }
        let index = place(side, price)
        let levels = sides[side.rawValue]
        return index < levels.count && levels[index].price == price ? levels[index].lots : 0
    }

    mutating func clear() { sides = [[], []] }

    /// Sets a level; 0 lots remove it, and removing what is not there is harmless.
    mutating func set(_ side: BookSide, price: Int64, lots: Int64) {
        let index = place(side, price)
        let isFound =
            index < sides[side.rawValue].count && sides[side.rawValue][index].price == price
        if lots == 0 {
            if isFound { sides[side.rawValue].remove(at: index) }
        } else if isFound {
            sides[side.rawValue][index].lots = lots
        } else {
            sides[side.rawValue].insert(Level(price: price, lots: lots), at: index)
        }
    }

    private func place(_ side: BookSide, _ price: Int64) -> Int {
        let rank = side.rank(price)
        var low = 0
        var high = sides[side.rawValue].count
        while low < high {
            let middle = (low + high) / 2
            if side.rank(sides[side.rawValue][middle].price) < rank {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// What an order of the opposite side would take up to its limit, best price first. The touch
    /// counts before the levels, which may be some milliseconds older.
    func displayed(_ side: BookSide, limit: Int64, wanted: Int64) -> [Level] {
        let best = side == .bid ? touch.bid : touch.ask
        let bestLots = side == .bid ? touch.bidLots : touch.askLots
        let limitRank = side.rank(limit)
        var taken: [Level] = []
        var leaves = wanted
        func take(_ price: Int64, _ lots: Int64) {
            guard leaves > 0, lots > 0 else { return }
            taken.append(Level(price: price, lots: min(lots, leaves)))
            leaves -= min(lots, leaves)
        }
        if best > 0, side.rank(best) >= limitRank { take(best, bestLots) }
        for level in sides[side.rawValue].reversed() {
            if leaves == 0 || side.rank(level.price) < limitRank { break }
            if best > 0, side.rank(level.price) >= side.rank(best) { continue }
            take(level.price, level.lots)
        }
        return taken
    }
}
