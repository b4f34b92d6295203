//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import MarketData
import Testing

@Suite("Order book")
struct OrderBookTests {
    /// A book in the plainest form: prices to quantities, the best found by looking at all.
    struct Oracle {
        var bids: [Int64: Int64] = [:]
        var asks: [Int64: Int64] = [:]

        mutating func set(_ side: Side, _ price: Int64, _ quantity: Int64) {
            if side == .buy {
                bids[price] = quantity == 0 ? nil : quantity
            } else {
                asks[price] = quantity == 0 ? nil : quantity
            }
        }

        func levels(_ side: Side) -> [PriceLevel] {
            let all = side == .buy ? bids : asks
            return all.sorted { side == .buy ? $0.key > $1.key : $0.key < $1.key }.map {
                PriceLevel(
                    price: PriceTicks(rawValue: $0.key), quantity: QuantityLots(rawValue: $0.value)
                )
            }
        }
    }

    static func set(_ book: inout OrderBook, _ side: Side, _ price: Int64, _ quantity: Int64)
        -> Bool
    {
        book.apply(
            side: side, price: PriceTicks(rawValue: price),
            quantity: QuantityLots(rawValue: quantity))
    }

    static func top(_ book: borrowing OrderBook, _ side: Side, _ count: Int) -> [PriceLevel] {
        let memory = UnsafeMutablePointer<PriceLevel>.allocate(capacity: count)
        defer { unsafe memory.deallocate() }
        let found = unsafe book.top(side: side, count: count, into: memory)
        return (0..<found).map { unsafe memory[$0] }
    }

    /// Goal: whatever the order of changes, near and far, the book equals the plain one.
    /// Method: 100,000 random changes in three regimes: near the price, far from it (so that the
    /// hash table works), and a walking price with jumps (so that the window moves).
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a book equals a dictionary under random changes`(seed: UInt64) {
        print("order book oracle: seed \(seed)")
        var random = SplitMix64(seed: seed)
        var book = OrderBook(windowTicks: 4_096, farLevelsMax: 32_768)
        var oracle = Oracle()
        var centre: Int64 = 1_000_000
        var refused = 0
        for step in 0..<34_000 {
            if step % 500 == 0 { centre += Int64.random(in: -3_000...3_000, using: &random) }
            if step % 9_000 == 8_999 { centre += 100_000 }
            let isFar = Int.random(in: 0..<8, using: &random) == 0
            let reach: Int64 = isFar ? 20_000 : 300
            let side: Side = Bool.random(using: &random) ? .buy : .sell
            let price = centre + Int64.random(in: -reach...reach, using: &random)
            let isRemoval = Int.random(in: 0..<5, using: &random) < 2
            let quantity = isRemoval ? 0 : Int64.random(in: 1...1_000, using: &random)
            if !Self.set(&book, side, price, quantity) { refused += 1 }
            oracle.set(side, price, quantity)
            if step % 50 == 0 { removeBest(&book, &oracle, &random) }
            if step % 997 == 0 { compare(book, oracle) }
        }
        compare(book, oracle)
        #expect(refused == 0)
        #expect(book.recentreCount > 10)
        book.clear()
        #expect(book.levelCount == 0)
        #expect(book.bestBid.price.rawValue == 0)
        #expect(book.bestAsk.quantity.rawValue == 0)
    }

    /// Takes some best levels away, so that the book must find the next ones.
    private func removeBest(
        _ book: inout OrderBook, _ oracle: inout Oracle, _ random: inout SplitMix64
    ) {
        for side in [Side.buy, Side.sell] {
            for _ in 0..<Int.random(in: 0..<3, using: &random) {
                let expected = side == .buy ? oracle.bids.keys.max() : oracle.asks.keys.min()
                let best = side == .buy ? book.bestBid : book.bestAsk
                #expect(best.price.rawValue == expected ?? 0)
                guard let expected else { continue }
                #expect(Self.set(&book, side, expected, 0))
                oracle.set(side, expected, 0)
            }
        }
    }

    private func compare(_ book: borrowing OrderBook, _ oracle: Oracle) {
        for side in [Side.buy, Side.sell] {
            let expected = oracle.levels(side)
            let isEqual = book.levels(side: side) == expected
            #expect(isEqual)
            #expect(book.levelCount(side: side) == expected.count)
            #expect(Self.top(book, side, 20) == Array(expected.prefix(20)))
            let best = side == .buy ? book.bestBid : book.bestAsk
            #expect(best.price == expected.first?.price ?? PriceTicks(rawValue: 0))
            #expect(best.quantity == expected.first?.quantity ?? QuantityLots(rawValue: 0))
        }
    }

    @Test func `emptying the window brings the far levels in`() {
        var book = OrderBook(windowTicks: 4_096, farLevelsMax: 64)
        #expect(Self.set(&book, .buy, 100_000, 1))
        #expect(Self.set(&book, .buy, 10_000, 2))
        #expect(Self.set(&book, .buy, 9_000, 3))
        #expect(Self.set(&book, .buy, 100_000, 0))
        #expect(book.bestBid.price.rawValue == 10_000)
        #expect(book.bestBid.quantity.rawValue == 2)
        #expect(Self.set(&book, .buy, 10_000, 0))
        #expect(book.bestBid.price.rawValue == 9_000)
        #expect(Self.set(&book, .buy, 9_000, 0))
        #expect(book.levelCount == 0)
    }

    @Test func `the best levels continue beyond the window`() {
        var book = OrderBook(windowTicks: 4_096, farLevelsMax: 64)
        for (price, quantity) in [(50_000, 1), (50_001, 2), (90_000, 3), (80_000, 4)] {
            #expect(Self.set(&book, .sell, Int64(price), Int64(quantity)))
        }
        let prices = Self.top(book, .sell, 10).map(\.price.rawValue)
        #expect(prices == [50_000, 50_001, 80_000, 90_000])
    }

    @Test func `a level that fits nowhere is refused`() {
        var book = OrderBook(windowTicks: 4_096, farLevelsMax: 64)
        #expect(Self.set(&book, .buy, 10_000_000, 1))
        for index in 0..<64 { #expect(Self.set(&book, .buy, Int64(1 + index * 50_000), 1)) }
        #expect(!Self.set(&book, .buy, 5_000_001, 1))
        #expect(Self.set(&book, .buy, 50_001, 0))
        #expect(Self.set(&book, .buy, 5_000_001, 1))
        #expect(book.levelCount(side: .buy) == 65)
    }

    @Test(
        arguments: [
            (Side.buy, 0, 1), (Side.buy, -1, 1), (Side.sell, Int64.min, 1),
            (Side.buy, Int64.max, 1),
            (Side.buy, 1, -1), (Side.sell, 1, Int64.min), (Side.sell, 1, Int64.max),
            (Side.none, 1, 1), (Side(rawValue: 255), 1, 1),
        ] as [(Side, Int64, Int64)])
    func `a level out of range is refused and changes nothing`(
        side: Side, price: Int64, quantity: Int64
    ) {
        var book = OrderBook(windowTicks: 4_096, farLevelsMax: 64)
        #expect(!Self.set(&book, side, price, quantity))
        #expect(book.levelCount == 0)
    }

    @Test func `extreme prices in range are kept`() {
        var book = OrderBook(windowTicks: 4_096, farLevelsMax: 64)
        #expect(Self.set(&book, .buy, 1, 1))
        #expect(Self.set(&book, .buy, OrderBook.magnitudeMax, OrderBook.magnitudeMax))
        #expect(book.levels(side: .buy).map(\.price.rawValue) == [OrderBook.magnitudeMax, 1])
        #expect(Self.set(&book, .sell, 1, 2))
        #expect(Self.set(&book, .sell, OrderBook.magnitudeMax, 3))
        #expect(book.bestAsk.price.rawValue == 1)
        #expect(book.isCrossedOrLocked == true)
    }

    @Test func `a window that is no power of two is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            let book = OrderBook(windowTicks: 5_000, farLevelsMax: 64)
            _ = book.levelCount
        }
    }
}
