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

    static func tidy(_ book: inout OrderBook, times: Int = 1) -> Bool {
        (0..<times).allSatisfy { _ in book.tidy() }
    }

    static func top(_ book: inout OrderBook, _ side: Side, _ count: Int) -> [PriceLevel] {
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
            // The window is behind for a while, then catches up, and is behind again.
            if step % 4_000 > 1_000, !book.tidy() { refused += 1 }
            if step % 997 == 0 { compare(&book, oracle) }
        }
        compare(&book, oracle)
        #expect(refused == 0)
        #expect(book.recentreCount > 10)
        #expect(book.jumpCount > 3)
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

    private func compare(_ book: inout OrderBook, _ oracle: Oracle) {
        for side in [Side.buy, Side.sell] {
            let expected = oracle.levels(side)
            let isEqual = book.levels(side: side) == expected
            #expect(isEqual)
            #expect(book.levelCount(side: side) == expected.count)
            let top = Self.top(&book, side, 20)
            #expect(top == Array(expected.prefix(20)))
            let best = side == .buy ? book.bestBid : book.bestAsk
            #expect(best.price == expected.first?.price ?? PriceTicks(rawValue: 0))
            #expect(best.quantity == expected.first?.quantity ?? QuantityLots(rawValue: 0))
        }
    }

    @Test func `levels ahead of the window count at once, and the window follows by and by`() {
        var book = OrderBook(windowTicks: 4_096, farLevelsMax: 4_096)
        for price in Int64(100_000)..<100_100 { #expect(Self.set(&book, .buy, price, price)) }
        let jumps = book.jumpCount
        for place in Int64(0)..<8 {
            #expect(Self.set(&book, .buy, 150_000 + 10 * place, 7))
            #expect(book.bestBid.price.rawValue == 150_000 + 10 * place)
        }
        #expect(Self.set(&book, .buy, 150_035, 0))
        #expect(Self.set(&book, .buy, 150_070, 9))
        #expect(book.bestBid.quantity.rawValue == 9)
        #expect(book.jumpCount == jumps)
        let expected = book.levels(side: .buy)
        let found = Self.top(&book, .buy, 200)
        #expect(expected.count == 108 && found == expected)
        // It goes as far as it can without leaving the others behind.
        #expect(Self.tidy(&book, times: 100))
        #expect(book.levels(side: .buy) == expected)
        let foundLater = Self.top(&book, .buy, 200)
        #expect(foundLater == expected)
        for place in Int64(0)..<8 { #expect(Self.set(&book, .buy, 150_000 + 10 * place, 0)) }
        #expect(book.bestBid.price.rawValue == 100_099)
        #expect(book.jumpCount == jumps)
    }

    @Test func `a ninth level ahead of the window moves it at once`() {
        var book = OrderBook(windowTicks: 4_096, farLevelsMax: 4_096)
        #expect(Self.set(&book, .sell, 100_000, 1))
        let jumps = book.jumpCount
        for place in Int64(0)..<8 { #expect(Self.set(&book, .sell, 50_000 - place, 2)) }
        #expect(book.jumpCount == jumps)
        #expect(Self.set(&book, .sell, 50_001, 3))
        #expect(book.jumpCount == jumps + 1)
        #expect(book.bestAsk.price.rawValue == 49_993)
        #expect(book.levelCount(side: .sell) == 10)
        let top = Self.top(&book, .sell, 20)
        let levels = book.levels(side: .sell)
        #expect(top == levels)
    }

    /// Goal: whenever the best price drifts slowly, nothing but `tidy` moves the window.
    @Test(arguments: [1, -1] as [Int64])
    func `a drifting price never makes the window jump`(direction: Int64) {
        var book = OrderBook(windowTicks: 4_096, farLevelsMax: 32_768)
        for level in Int64(0)..<500 {
            #expect(Self.set(&book, .buy, 1_000_000 - level, 1))
        }
        let jumps = book.jumpCount
        var best: Int64 = 1_000_000
        for _ in 0..<20_000 {
            if direction > 0 {
                best += 1
                #expect(Self.set(&book, .buy, best, 1))
                #expect(Self.set(&book, .buy, best - 500, 0))
            } else {
                #expect(Self.set(&book, .buy, best, 0))
                #expect(Self.set(&book, .buy, best - 500, 1))
                best -= 1
            }
            #expect(Self.tidy(&book, times: 1))
        }
        #expect(book.jumpCount == jumps)
        #expect(book.recentreCount > 5)
        #expect(book.bestBid.price.rawValue == best && book.levelCount == 500)
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
        let prices = Self.top(&book, .sell, 10).map(\.price.rawValue)
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
