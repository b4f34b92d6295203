//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
import Testing

@testable import VenueModel

struct LevelTableTests {
    @Test(arguments: [UInt64(5), 6])
    func `hold what a dictionary holds`(seed: UInt64) {
        print("level table: seed \(seed)")
        var random = SplitMix64(seed: seed)
        var table = LevelTable()
        var levels: [Int64: Int64] = [:]
        for step in 0..<30_000 {
            // Few prices, so that they come and go, and some at the ends of what there is.
            let far = random.below(50) == 0
            let price = far ? (random.below(2) == 0 ? Int64.min : .max) : Int64(random.below(900))
            let lots = Int64(random.below(3))
            #expect(table.set(price, lots) == levels[price] ?? 0)
            levels[price] = lots > 0 ? lots : nil
            if step % 3_000 == 2_999 {
                table.removeAll { $0 < 300 }
                levels = levels.filter { $0.key >= 300 }
            }
            if step % 500 == 0 {
                #expect(Set(table.prices) == Set(levels.keys))
                #expect(levels.allSatisfy { table[$0.key] == $0.value })
                #expect(table.count == levels.count && table.isEmpty == levels.isEmpty)
            }
        }
    }
}

struct DepthBookTests {
    @Test func `know the best of a random market`() {
        let seed: UInt64 = 11
        print("depth book: seed \(seed)")
        var random = SplitMix64(seed: seed)
        var book = DepthBook()
        var levels: [Side: [Int64: Int64]] = [.buy: [:], .sell: [:]]
        for _ in 0..<20_000 {
            let side: Side = random.below(2) == 0 ? .buy : .sell
            // Some far away, so that walks and searches both come up.
            let away = random.below(10) == 0 ? random.below(100_000) : random.below(8)
            let price = side == .buy ? 1_000_000 - Int64(away) : 1_000_001 + Int64(away)
            let quantity = Int64(random.below(3))
            let change = book.update(side, price: price, quantity: quantity)
            #expect(change.before == levels[side]?[price] ?? 0)
            levels[side]?[price] = quantity > 0 ? quantity : nil
            #expect(book.bestBid == levels[.buy]?.keys.max() ?? DepthBook.noBid)
            #expect(book.bestAsk == levels[.sell]?.keys.min() ?? DepthBook.noAsk)
        }
    }

    @Test func `let the newer side win a crossed market`() {
        var book = DepthBook()
        book.update(.buy, price: 99, quantity: 1)
        book.update(.sell, price: 100, quantity: 1)
        book.update(.sell, price: 102, quantity: 1)
        book.update(.buy, price: 101, quantity: 1)
        #expect(book.bestBid == 101)
        #expect(book.bestAsk == 102)
    }

    @Test func `clear a side up to a price`() {
        var book = DepthBook()
        for price in Int64(90)...99 { book.update(.buy, price: price, quantity: 1) }
        book.clear(.buy, upTo: 95)
        #expect(book.bestBid == 94)
        book.clear(.buy)
        #expect(book.bestBid == DepthBook.noBid)
    }
}

struct QueueModelTests {
    /// 10 ahead and 10 behind of 20; 4 leave.
    @Test func `place what left by each model's formula`() throws {
        let expected: [String: Double] = [
            "risk-averse": 10, "power-prob": 8, "power-prob-2": 7, "power-prob-3": 9,
            "log-prob": 8,
        ]
        for (name, front) in expected {
            let model = try #require(QueueModel(name: name, power: 2))
            var position = QueuePosition(front: 10)
            position.change(from: 20, to: 16, model)
            #expect(abs(position.front - front) < 1e-9, "\(name)")
        }
    }

    @Test func `count a trade once that the book tells of again`() {
        var position = QueuePosition(front: 10)
        position.trade(4, .logProbability)
        position.change(from: 20, to: 16, .logProbability)
        #expect(position.front == 6)
    }

    @Test func `never stand behind more than there is`() throws {
        for name in QueueModel.names {
            let model = try #require(QueueModel(name: name, power: 3))
            var position = QueuePosition(front: 10)
            position.change(from: 12, to: 3, model)
            #expect(position.front <= 3, "\(name)")
            position.change(from: 3, to: 50, model)
            #expect(position.front <= 3, "\(name)")
        }
    }

    @Test func `know no model by another name`() {
        #expect(QueueModel(name: "pro-rata", power: 2) == nil)
    }
}

struct VenueBookTests {
    private func book(_ rules: VenueRules) -> VenueBook {
        var book = VenueBook(rules: rules, lotMantissa: 1, decimals: 0)
        var none: [VenueReport] = []
        for (price, quantity) in [(100, 5), (101, 3), (103, 10)] {
            book.update(.sell, price: Int64(price), quantity: Int64(quantity), into: &none)
        }
        book.update(.buy, price: 99, quantity: 5, into: &none)
        return book
    }

    private func fills(
        _ rules: VenueRules, _ orders: [VenueOrder]
    ) -> [(price: Int64, lots: Int64)] {
        var book = book(rules)
        var reports: [VenueReport] = []
        for order in orders { book.place(order, into: &reports) }
        return reports.filter { $0.kind == .filled(isMaker: false) }
            .map { ($0.price, $0.quantity) }
    }

    @Test func `take level by level, and the rest of a GTC order at its limit`() {
        let order = VenueOrder(id: 1, side: .buy, price: 102, quantity: 12)
        let found = fills(VenueRules(exchange: .partialFill), [order])
        #expect(found.map(\.price) == [100, 101, 102])
        #expect(found.map(\.lots) == [5, 3, 4])
        let whole = fills(VenueRules(exchange: .noPartialFill), [order])
        #expect(whole.map(\.price) == [100])
        #expect(whole.map(\.lots) == [12])
    }

    @Test func `take what is shown once where it is consumed`() {
        let rules = VenueRules(exchange: .partialFill, sharesQueue: true, consumesShown: true)
        let found = fills(
            rules,
            (1...2).map {
                VenueOrder(
                    id: UInt64($0), side: .buy, timeInForce: .ioc, price: 101, quantity: 6)
            })
        #expect(found.map(\.lots) == [5, 1, 2])
        let again = fills(
            VenueRules(exchange: .partialFill),
            (1...2).map {
                VenueOrder(
                    id: UInt64($0), side: .buy, timeInForce: .ioc, price: 101, quantity: 6)
            })
        #expect(again.map(\.lots) == [5, 1, 5, 1])
    }

    @Test func `fill all of a FOK order or nothing`() {
        func order(_ quantity: Int64) -> VenueOrder {
            VenueOrder(id: 1, side: .buy, timeInForce: .fok, price: 101, quantity: quantity)
        }
        let rules = VenueRules(exchange: .partialFill)
        #expect(fills(rules, [order(9)]).isEmpty)
        #expect(fills(rules, [order(8)]).map(\.lots) == [5, 3])
    }

    @Test func `refuse a market order without a market`() {
        var book = VenueBook(rules: VenueRules(), lotMantissa: 1, decimals: 0)
        var reports: [VenueReport] = []
        book.place(
            VenueOrder(id: 1, side: .buy, type: .market, price: 0, quantity: 1), into: &reports)
        #expect(reports.map(\.kind) == [.refused(.emptyBook)])
    }

    @Test func `keep the place of an order that only shrinks`() {
        var book = book(VenueRules(exchange: .partialFill))
        var reports: [VenueReport] = []
        book.place(VenueOrder(id: 1, side: .buy, price: 99, quantity: 4), into: &reports)
        book.update(.buy, price: 99, quantity: 9, into: &reports)
        #expect(book.modify(1, price: 99, quantity: 2, into: &reports))
        #expect(book.orders.first?.estimatedFront == 5)
        #expect(book.modify(1, price: 99, quantity: 3, into: &reports))
        #expect(book.orders.first?.estimatedFront == 9)
        #expect(!book.modify(2, price: 99, quantity: 3, into: &reports))
    }
}

struct LatencyModelTests {
    @Test func `draw the same delays for the same seed`() {
        let law = LatencyLaw.logNormal(medianNs: 1_000_000, sigma: 0.5)
        func draws(_ seed: UInt64) -> [Int64] {
            var model = LatencyModel(entry: law, response: law, seed: seed)
            return (0..<1_000).map { _ in model.drawNs(.entry) }
        }
        #expect(draws(1) == draws(1))
        #expect(draws(1) != draws(2))
        let sorted = draws(1).sorted()
        #expect((900_000...1_100_000).contains(sorted[500]))
    }

    @Test func `draw each leg apart from the others`() {
        let law = LatencyLaw.quantiles([
            LatencyQuantile(share: 0, ns: 0), LatencyQuantile(share: 1, ns: 1_000_000),
        ])
        var one = LatencyModel(entry: law, response: law, seed: 3)
        var other = LatencyModel(entry: law, response: law, seed: 3)
        let first = one.drawNs(.entry)
        _ = other.drawNs(.response)
        #expect(other.drawNs(.entry) == first)
    }

    @Test func `interpolate between quantiles`() {
        let law = LatencyLaw.quantiles([
            LatencyQuantile(share: 0.5, ns: 100), LatencyQuantile(share: 0.9, ns: 500),
        ])
        #expect(law.isValid)
        #expect(law.delayNs(share: 0.1, normal: 0) == 100)
        #expect(law.delayNs(share: 0.7, normal: 0) == 300)
        #expect(law.delayNs(share: 0.99, normal: 0) == 500)
        #expect(!LatencyLaw.quantiles([]).isValid)
        #expect(!LatencyLaw.constant(ns: -1).isValid)
    }

    @Test func `let nothing overtake on a link`() {
        var link = OrderedLink()
        #expect(link.arrivalNs(sentNs: 10, delayNs: 100) == 110)
        #expect(link.arrivalNs(sentNs: 20, delayNs: 5) == 110)
        #expect(link.arrivalNs(sentNs: 200, delayNs: 5) == 205)
    }
}

struct FeeScheduleTests {
    private static let dayNs: Int64 = 86_400_000_000_000

    @Test func `give the next tier the day after its volume was reached`() {
        var fees = FeeSchedule(
            tiers: [
                .init(volumeMin: 1_000, makerPpm: 160, takerPpm: 400),
                .init(volumeMin: 0, makerPpm: 200, takerPpm: 500),
            ], volumeBefore: 400)
        #expect(fees.tier(timeNs: 0).makerPpm == 200)
        fees.add(timeNs: 1, valueE12: 600_000_000_000_000)
        #expect(fees.tier(timeNs: 2).makerPpm == 200)
        #expect(fees.tier(timeNs: Self.dayNs).makerPpm == 160)
        #expect(fees.tier(timeNs: 31 * Self.dayNs).makerPpm == 200)
    }

    @Test func `round a fee to the nearest and pay funding by the position`() {
        var account = VenueAccount(tickLotValueE12: 1)
        #expect(account.fill(.buy, price: 1_000, lots: 3, ppm: 500) == 2)
        #expect(account.fill(.sell, price: 1_000, lots: 1, ppm: -500) == -1)
        #expect(account.fund(markPrice: 50_000_000, rateE8: 10_000) == 10_000)
        #expect(account.fundingE12 == 10_000)
    }
}
