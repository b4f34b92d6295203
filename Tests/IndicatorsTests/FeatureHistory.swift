//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation

/// Features computed again from the whole history of a market, by their definitions and not by the
/// kernel's way: no running sum, no ring, no window.
struct FeatureHistory {
    struct Top {
        var step: Int
        var timeNs: UInt64
        var top: FeatureMarket.Top
        /// Nothing is compared with what was before.
        var isFirst: Bool
    }
    struct Trade {
        var timeNs: UInt64
        var sign: Double
        var price: Int64
        var quantity: Int64
        /// When it arrived; 0: none.
        var mid2: Int64
    }

    let steps: ArraySlice<FeatureMarket.Step>
    private(set) var tops: [Top] = []
    private(set) var trades: [Trade] = []
    /// Behind each step; 0: the book is not in sync.
    private(set) var mids: [Int64] = []
    private(set) var breaks: [UInt64] = []
    /// The first step behind the last loss of the connection.
    private(set) var origin = 0

    /// - Parameter count: Steps that have happened.
    init(_ market: FeatureMarket, count: Int) {
        steps = market.steps[..<count]
        var current: FeatureMarket.Top?
        for (index, step) in steps.enumerated() {
            switch step.change {
            case .top(let top):
                if top != current {
                    tops.append(
                        Top(step: index, timeNs: step.timeNs, top: top, isFirst: current == nil))
                }
                current = top
            case .broken:
                current = nil
                breaks.append(step.timeNs)
            case .lost:
                current = nil
                breaks.append(step.timeNs)
                tops = []
                trades = []
                origin = index + 1
            case .trade(let isBuy, let price, let quantity):
                trades.append(
                    Trade(
                        timeNs: step.timeNs, sign: isBuy ? 1 : -1, price: price,
                        quantity: quantity, mid2: current?.mid2 ?? 0))
            }
            mids.append(current?.mid2 ?? 0)
        }
    }

    var nowNs: UInt64 { steps[steps.endIndex - 1].timeNs }
    var top: FeatureMarket.Top { tops[tops.count - 1].top }

    func weight(_ timeNs: UInt64, _ tauNs: Double) -> Double {
        exp(-Double(nowNs - timeNs) / tauNs)
    }

    /// The first step at or after a time, with the mid that was in force until then.
    private func entry(_ timeNs: UInt64) -> (timeNs: UInt64, mid2: Int64)? {
        guard let index = steps[origin...].firstIndex(where: { $0.timeNs >= timeNs }) else {
            return nil
        }
        return (steps[index].timeNs, index == 0 ? 0 : mids[index - 1])
    }

    private func mean(_ terms: [(weight: Double, value: Double)]) -> Double {
        let weights = terms.reduce(0) { $0 + $1.weight }
        return weights > 0 ? terms.reduce(0) { $0 + $1.weight * $1.value } / weights : 0
    }

    func effectiveSpread(_ tauNs: Double) -> Double {
        mean(
            trades.filter { $0.mid2 != 0 }.map { trade in
                let mid = Double(trade.mid2) / 2
                return (weight(trade.timeNs, tauNs), 2 * abs(Double(trade.price) - mid) / mid * 1e4)
            })
    }

    func realisedSpread(horizonNs: UInt64, _ tauNs: Double) -> Double {
        mean(
            trades.filter { $0.mid2 != 0 }.compactMap { trade in
                guard let later = entry(trade.timeNs + horizonNs), later.mid2 != 0 else {
                    return nil
                }
                let kept = trade.sign * (Double(trade.price) - Double(later.mid2) / 2)
                return (weight(later.timeNs, tauNs), 2 * kept / (Double(trade.mid2) / 2) * 1e4)
            })
    }

    /// Of one lot.
    func kyleLambda(intervalNs: UInt64, _ tauNs: Double) -> Double {
        var products = 0.0
        var squares = 0.0
        for begin in Set(trades.map { $0.timeNs / intervalNs * intervalNs }) {
            let end = begin + intervalNs
            guard let later = entry(end), let before = entry(begin), later.mid2 != 0,
                before.mid2 != 0, !breaks.contains(where: { $0 >= begin && $0 < end }),
                begin >= steps[steps.startIndex + origin].timeNs
            else { continue }
            let volume = trades.filter { $0.timeNs >= begin && $0.timeNs < end }
                .reduce(0) { $0 + $1.sign * Double($1.quantity) }
            let change = (Double(later.mid2) / Double(before.mid2) - 1) * 1e4
            products += weight(later.timeNs, tauNs) * volume * change
            squares += weight(later.timeNs, tauNs) * volume * volume
        }
        return squares > 0 ? products / squares : 0
    }

    /// Lot by lot.
    func vpin(bucketLots: Int, count: Int) -> Double {
        let lots = trades.flatMap { Array(repeating: $0.sign, count: Int($0.quantity)) }
        let full = (0..<lots.count / bucketLots).suffix(count)
        if full.isEmpty { return 0 }
        let imbalance = full.reduce(0.0) { sum, bucket in
            sum + abs(lots[bucket * bucketLots..<(bucket + 1) * bucketLots].reduce(0, +))
        }
        return imbalance / Double(full.count * bucketLots)
    }

    func depletion(isBid: Bool, _ tauNs: Double) -> Double {
        var sum = 0.0
        for (old, new) in zip(tops, tops.dropFirst()) where !new.isFirst {
            let (price, quantity, next, rest) = isBid
                ? (old.top.bid, old.top.bidQuantity, new.top.bid, new.top.bidQuantity)
                : (-old.top.ask, old.top.askQuantity, -new.top.ask, new.top.askQuantity)
            let removed = next < price ? quantity : next == price ? max(0, quantity - rest) : 0
            sum += weight(new.timeNs, tauNs) * Double(removed)
        }
        return sum / (tauNs / 1e9) / Double(isBid ? top.bidQuantity : top.askQuantity)
    }

    /// Expected change of the mid at its next move, basis points of it.
    func stoikov(memory: Double) -> Double {
        struct Class: Hashable {
            var tenth: Int
            var spread: Int64
        }
        func find(_ top: FeatureMarket.Top) -> (Class, sign: Double)? {
            if top.bidQuantity == top.askQuantity { return nil }
            let more = max(top.bidQuantity, top.askQuantity)
            let tenth = min(9, Int(more * 10 / (top.bidQuantity + top.askQuantity)))
            let kind = Class(tenth: tenth, spread: min(4, top.ask - top.bid))
            return (kind, top.bidQuantity > top.askQuantity ? 1 : -1)
        }
        var samples: [Class: [Double]] = [:]
        var begin = 0
        for index in tops.indices.dropFirst() {
            let (old, new) = (tops[index - 1], tops[index])
            if new.isFirst {
                begin = index
                continue
            }
            if new.top.mid2 == old.top.mid2 { continue }
            let change = Double(new.top.mid2 - old.top.mid2) / 2
            // A class is one observation for each side it was seen on.
            for side in [1.0, -1.0] {
                let seen = tops[begin..<index].compactMap { find($0.top) }
                for kind in Set(seen.filter { $0.sign == side }.map(\.0)) {
                    samples[kind, default: []].append(side * change)
                }
            }
            begin = index
        }
        guard let (kind, sign) = find(top) else { return 0 }
        var mean = 0.0
        for (index, sample) in (samples[kind] ?? []).enumerated() {
            mean += (sample - mean) / min(Double(index + 1), memory)
        }
        return sign * mean / (Double(top.mid2) / 2) * 1e4
    }

    /// Order flow imbalance of tops with a weight of each step.
    func flow(_ weight: (Top, Int) -> Double) -> Double {
        var flow = 0.0
        var depth = 0.0
        let pairs = zip(tops, tops.dropFirst()).filter { !$0.1.isFirst }
        for (index, (old, new)) in pairs.enumerated() {
            let factor = weight(new, pairs.count - index)
            var step: Int64 = 0
            if new.top.bid >= old.top.bid { step += new.top.bidQuantity }
            if new.top.bid <= old.top.bid { step -= old.top.bidQuantity }
            if new.top.ask <= old.top.ask { step -= new.top.askQuantity }
            if new.top.ask >= old.top.ask { step += old.top.askQuantity }
            flow += factor * Double(step)
            depth += factor * Double(new.top.bidQuantity + new.top.askQuantity)
        }
        return depth > 0 ? flow / depth : 0
    }
}
