//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

extension VenueBook {
    mutating func take(
        _ order: inout VenueOrder, _ best: Int64, into reports: inout [VenueReport]
    ) {
        let other: Side = order.side == .buy ? .sell : .buy
        var matches: [(price: Int64, lots: Int64)] = []
        if rules.exchange == .noPartialFill {
            matches = [(best, order.leaves)]
        } else {
            let limit = order.type == .market ? reach(best, of: order.side) : order.price
            if order.timeInForce == .fok {
                guard shown(other, limit: limit, upTo: order.leaves) >= order.leaves else { return }
            }
            takeShown(from: other, limit: limit, at: order.leaves) { matches.append(($0, $1)) }
            let left = order.leaves - matches.reduce(0) { $0 + $1.lots }
            let isWhole = order.type == .limit && !rules.consumesShown
                && (order.timeInForce == .gtc || order.timeInForce == .gtd)
            if left > 0, isWhole { matches.append((order.price, left)) }
        }
        for match in matches {
            order.executed += match.lots
            reports.append(
                VenueReport(
                    kind: .filled(isMaker: false), order: order, price: match.price,
                    quantity: match.lots))
        }
    }

    /// The last price that a market order goes to, as hftbacktest bounds it.
    private func reach(_ best: Int64, of side: Side) -> Int64 {
        side == .buy ? best + Self.marketTicksMax - 1 : best - Self.marketTicksMax
    }

    private static let marketTicksMax: Int64 = 100

    /// What a taker down to `limit` finds on `side`, counted no further than `lots`.
    private func shown(_ side: Side, limit: Int64, upTo lots: Int64) -> Int64 {
        var sum: Int64 = 0
        depth.walk(side, to: limit) { price, quantity in
            sum += max(quantity - taken.lots(side, price), 0)
            return sum < lots
        }
        return sum
    }

    /// Hands out levels of `side` down to `limit`, best first, until `lots` are found.
    mutating func takeShown(
        from side: Side, limit: Int64, at lots: Int64, _ body: (Int64, Int64) -> Void
    ) {
        var left = lots
        var found: [(Int64, Int64)] = []
        depth.walk(side, to: limit) { price, quantity in
            let got = min(max(quantity - taken.lots(side, price), 0), left)
            if got > 0 { found.append((price, got)) }
            left -= got
            return left > 0
        }
        for (price, got) in found {
            if rules.consumesShown { taken.add(side, price, got) }
            body(price, got)
        }
    }
}
