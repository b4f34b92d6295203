//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing
import SeededRandom

@testable import Simulator

@Suite("Matching engine")
struct MatchingEngineTests {
    private func rest(
        _ engine: MatchingEngine, _ side: BookSide, _ price: Int64, _ lots: Int64, _ owner: Int64
    ) -> Int {
        let outcome = engine.submit(
            side: side, price: price, lots: lots, timeInForce: .goodTillCancel, owner: owner)
        guard case .resting(let slot) = outcome else { return -1 }
        return slot
    }

    @Test func `a better price trades first and an earlier order before a later one`() {
        let engine = MatchingEngine()
        let late = rest(engine, .ask, 101, 5, 0)
        let first = rest(engine, .ask, 100, 3, 0)
        let second = rest(engine, .ask, 100, 4, 0)
        let outcome = engine.submit(
            side: .bid, price: 101, lots: 9, timeInForce: .goodTillCancel, owner: 0)
        #expect(outcome == .done(leaves: 0))
        #expect(engine.fills.map(\.makerSlot) == [first, second, late])
        #expect(engine.fills.map(\.lots) == [3, 4, 2])
        #expect(engine.fills.map(\.price) == [100, 100, 101])
        #expect(engine.lots(.ask, at: 101) == 3)
    }

    @Test func `an immediate order leaves nothing behind`() {
        let engine = MatchingEngine()
        _ = rest(engine, .ask, 100, 3, 0)
        let outcome = engine.submit(
            side: .bid, price: 100, lots: 5, timeInForce: .immediateOrCancel, owner: 7)
        #expect(outcome == .done(leaves: 2))
        #expect(engine.best(.bid) == nil)
        #expect(engine.best(.ask) == nil)
    }

    @Test func `a fill-or-kill order that cannot be filled whole changes nothing`() {
        let engine = MatchingEngine()
        _ = rest(engine, .ask, 100, 3, 0)
        _ = rest(engine, .ask, 102, 9, 0)
        let refused = engine.submit(
            side: .bid, price: 101, lots: 4, timeInForce: .fillOrKill, owner: 7)
        #expect(refused == .cannotFill)
        #expect(engine.changes.isEmpty)
        #expect(engine.lots(.ask, at: 100) == 3)
        let taken = engine.submit(
            side: .bid, price: 102, lots: 12, timeInForce: .fillOrKill, owner: 7)
        #expect(taken == .done(leaves: 0))
    }

    @Test func `a post-only order that would take changes nothing`() {
        let engine = MatchingEngine()
        _ = rest(engine, .ask, 100, 3, 0)
        let outcome = engine.submit(
            side: .bid, price: 100, lots: 1, timeInForce: .postOnly, owner: 7)
        #expect(outcome == .wouldTake)
        #expect(engine.fills.isEmpty)
        #expect(engine.best(.bid) == nil)
    }

    @Test func `the account never trades with itself: the resting order goes`() {
        let engine = MatchingEngine()
        _ = rest(engine, .ask, 100, 3, 7)
        _ = rest(engine, .ask, 100, 2, 0)
        let outcome = engine.submit(
            side: .bid, price: 100, lots: 2, timeInForce: .immediateOrCancel, owner: 8)
        #expect(outcome == .done(leaves: 0))
        #expect(engine.expired == [7])
        #expect(engine.fills.map(\.makerOwner) == [0])
    }

    @Test func `a cancelled order cannot be cancelled again`() {
        let engine = MatchingEngine()
        let slot = rest(engine, .bid, 100, 3, 0)
        #expect(engine.cancel(slot: slot) == 3)
        #expect(engine.cancel(slot: slot) == 0)
        #expect(engine.cancel(slot: 1_000_000) == 0)
        #expect(engine.liveOrderCount == 0)
    }

    /// Goal: the engine does what price-time priority says, and no lot appears or vanishes.
    /// Method: random orders go to the engine and to a list that is searched from end to end.
    @Test(arguments: [1, 2, 3, 20_261_120] as [UInt64])
    func `random orders trade as in a naive book`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let engine = MatchingEngine()
        var naive = NaiveBook()
        var slots: [Int: Int] = [:]
        var submitted: Int64 = 0
        var traded: Int64 = 0
        var removed: Int64 = 0
        for number in 0..<4_000 {
            if random.below(4) == 0, let entry = naive.orders.randomElement(using: &random) {
                let leaves = engine.cancel(slot: slots[entry.number] ?? -1)
                #expect(leaves == entry.lots, "seed \(seed), step \(number)")
                removed += leaves
                naive.cancel(entry.number)
                continue
            }
            let side: BookSide = random.below(2) == 0 ? .bid : .ask
            let price = Int64(95 + random.below(11))
            let lots = Int64(1 + random.below(20))
            let kinds: [TimeInForce] = [
                .goodTillCancel, .goodTillCancel, .immediateOrCancel, .fillOrKill, .postOnly,
            ]
            let kind = kinds[random.below(kinds.count)]
            let outcome = engine.submit(
                side: side, price: price, lots: lots, timeInForce: kind, owner: 0)
            let expected = naive.submit(number, side, price, lots, kind)
            #expect(
                engine.fills.map { [$0.price, $0.lots] } == expected.fills,
                "seed \(seed), step \(number)")
            let filled = engine.fills.reduce(0) { $0 + $1.lots }
            switch outcome {
            case .resting(let slot):
                slots[number] = slot
                #expect(expected.isResting)
                submitted += lots
            case .done(let leaves):
                #expect(filled + leaves == lots)
                #expect(!expected.isResting)
                submitted += filled
            case .wouldTake, .cannotFill:
                #expect(expected.isRefused)
            }
            traded += filled
        }
        let standing = naive.orders.reduce(0) { $0 + $1.lots }
        // A trade takes its lots from both of its orders.
        #expect(submitted == 2 * traded + removed + standing)
        for side in [BookSide.bid, .ask] {
            let levels = engine.levels(side)
            #expect(levels.reduce(0) { $0 + $1.lots } == naive.lots(side))
            let ranks = levels.map { side.rank($0.price) }
            #expect(zip(ranks, ranks.dropFirst()).allSatisfy { $0 < $1 })
        }
    }
}

/// Price-time priority by searching a list, with nothing clever in it.
private struct NaiveBook {
    struct Entry {
        var number: Int
        var side: BookSide
        var price: Int64
        var lots: Int64
    }

    struct Result {
        var fills: [[Int64]] = []
        var isResting = false
        var isRefused = false
    }

    var orders: [Entry] = []

    func lots(_ side: BookSide) -> Int64 {
        orders.filter { $0.side == side }.reduce(0) { $0 + $1.lots }
    }

    mutating func cancel(_ number: Int) { orders.removeAll { $0.number == number } }

    private func bestIndex(against side: BookSide, _ price: Int64) -> Int? {
        var best: Int?
        for (index, order) in orders.enumerated()
        where order.side != side && (side == .bid ? order.price <= price : order.price >= price) {
            let isBetter =
                best.map { order.side.rank(order.price) > order.side.rank(orders[$0].price) }
                ?? true
            if isBetter { best = index }
        }
        return best
    }

    mutating func submit(
        _ number: Int, _ side: BookSide, _ price: Int64, _ lots: Int64, _ kind: TimeInForce
    ) -> Result {
        var result = Result()
        let before = orders
        if kind == .postOnly, bestIndex(against: side, price) != nil {
            result.isRefused = true
            return result
        }
        var leaves = lots
        while leaves > 0, let index = bestIndex(against: side, price) {
            let taken = min(leaves, orders[index].lots)
            leaves -= taken
            orders[index].lots -= taken
            result.fills.append([orders[index].price, taken])
            if orders[index].lots == 0 { orders.remove(at: index) }
        }
        if kind == .fillOrKill, leaves > 0 {
            orders = before
            return Result(isRefused: true)
        }
        if leaves > 0, kind == .goodTillCancel || kind == .postOnly {
            orders.append(Entry(number: number, side: side, price: price, lots: leaves))
            result.isResting = true
        }
        return result
    }
}
