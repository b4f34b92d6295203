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

/// What holds of the venue model whatever the market does and the trader asks.
struct VenueBookPropertyTests {
    static let rules: [VenueRules] = QueueModel.names.flatMap { name in
        guard let model = QueueModel(name: name, power: 2) else { return [VenueRules]() }
        return [
            VenueRules(exchange: .noPartialFill, queue: model),
            VenueRules(exchange: .partialFill, queue: model),
            VenueRules(exchange: .partialFill, queue: model, sharesQueue: true),
            VenueRules(
                exchange: .partialFill, queue: model, sharesQueue: true, consumesShown: true),
        ]
    }

    private static let steps = 4_000

    /// One event of a walk around 1,000 ticks: mostly levels, some trades, some requests.
    private enum Event {
        case level(Side, price: Int64, quantity: Int64)
        case trade(Side, price: Int64, quantity: Int64)
        case place(VenueOrder)
        case cancel(UInt64)
        case modify(UInt64, price: Int64, quantity: Int64)
    }

    private static func event(
        _ random: inout SplitMix64, _ book: VenueBook, _ id: UInt64
    ) -> Event {
        let mid = book.depth.twiceMid.map { $0 / 2 } ?? 1_000
        let side: Side = random.below(2) == 0 ? .buy : .sell
        switch random.below(10) {
        case 0..<5:
            let near = Int64(random.below(6)) - 1
            let price = side == .buy ? mid - near : mid + 1 + near
            return .level(side, price: price, quantity: Int64(max(0, random.below(40) - 8)))
        case 5..<7:
            let price = side == .buy ? mid + Int64(random.below(3)) : mid - Int64(random.below(3))
            return .trade(side, price: price, quantity: Int64(1 + random.below(30)))
        case 7..<9:
            let kinds: [TimeInForce] = [.gtc, .ioc, .fok, .postOnly, .postOnly, .gtc]
            let away = Int64(random.below(5)) - 1
            return .place(
                VenueOrder(
                    id: id, side: side, type: random.below(12) == 0 ? .market : .limit,
                    timeInForce: kinds[random.below(kinds.count)],
                    price: side == .buy ? mid - away : mid + away,
                    quantity: Int64(1 + random.below(20))))
        default:
            guard let order = book.orders.first else {
                return .trade(side, price: mid, quantity: 1)
            }
            if random.below(2) == 0 { return .cancel(order.id) }
            return .modify(
                order.id, price: order.price + Int64(random.below(3)) - 1,
                quantity: Int64(1 + random.below(25)))
        }
    }

    private static func apply(
        _ event: Event, to book: inout VenueBook, _ reports: inout [VenueReport]
    ) {
        switch event {
        case .level(let side, let price, let quantity):
            book.update(side, price: price, quantity: quantity, into: &reports)
        case .trade(let side, let price, let quantity):
            book.trade(aggressor: side, price: price, quantity: quantity, into: &reports)
        case .place(let order): book.place(order, into: &reports)
        case .cancel(let id): _ = book.cancel(id, into: &reports)
        case .modify(let id, let price, let quantity):
            _ = book.modify(id, price: price, quantity: quantity, into: &reports)
        }
    }

    /// Runs a market and hands out each event with its reports and the book behind it.
    private static func run(
        _ rules: VenueRules, seed: UInt64, _ body: (Event, [VenueReport], VenueBook) throws -> Void
    ) rethrows {
        print("venue book properties, \(rules.text), \(rules.queue.text): seed \(seed)")
        var random = SplitMix64(seed: seed)
        var book = VenueBook(rules: rules, lotMantissa: 1, decimals: 3)
        for step in 0..<steps {
            let event = event(&random, book, UInt64(step + 1))
            var reports: [VenueReport] = []
            apply(event, to: &book, &reports)
            try body(event, reports, book)
        }
    }

    @Test(arguments: rules)
    func `fill no order beyond its quantity and tell every lot`(_ rules: VenueRules) {
        var told: [UInt64: Int64] = [:]
        var fills = 0
        Self.run(rules, seed: 1) { _, reports, _ in
            for report in reports {
                guard case .filled = report.kind else { continue }
                fills += 1
                #expect(report.quantity > 0)
                told[report.order.id, default: 0] += report.quantity
                #expect(told[report.order.id] == report.order.executed)
                #expect(report.order.executed <= report.order.quantity)
            }
        }
        #expect(fills > 100)
    }

    @Test(arguments: rules)
    func `let no post-only order take`(_ rules: VenueRules) {
        var refused = 0
        Self.run(rules, seed: 2) { _, reports, _ in
            for report in reports where report.order.timeInForce == .postOnly {
                #expect(report.kind != .filled(isMaker: false))
                if report.kind == .refused(.postOnly) { refused += 1 }
            }
        }
        #expect(refused > 10)
    }

    @Test(arguments: rules.filter(\.sharesQueue))
    func `fill own orders of one price in the order they came`(_ rules: VenueRules) {
        var seen = 0
        Self.run(rules, seed: 3) { _, reports, book in
            for report in reports where report.kind == .filled(isMaker: true) {
                let place = book.orders.firstIndex { $0.id == report.order.id }
                let before = book.orders[..<(place ?? book.orders.endIndex)]
                // What came later stands behind in the array; of what has left nothing is known.
                guard place != nil else { continue }
                seen += 1
                for other in before
                where other.side == report.order.side && other.price == report.price {
                    Issue.record("\(other.id) waits before \(report.order.id)")
                }
            }
        }
        #expect(seen > 0)
    }

    @Test(arguments: rules.filter(\.consumesShown))
    func `give a trade's quantity away once`(_ rules: VenueRules) {
        Self.run(rules, seed: 4) { event, reports, _ in
            guard case .trade(_, _, let quantity) = event else { return }
            #expect(reports.reduce(0) { $0 + $1.quantity } <= quantity)
        }
    }

    @Test(arguments: rules)
    func `keep the recorded market apart from own orders`(_ rules: VenueRules) {
        var alone = VenueBook(rules: rules, lotMantissa: 1, decimals: 3)
        Self.run(rules, seed: 5) { event, _, book in
            var none: [VenueReport] = []
            switch event {
            case .level, .trade: Self.apply(event, to: &alone, &none)
            default: break
            }
            #expect(alone.depth.bestBid == book.depth.bestBid)
            #expect(alone.depth.bestAsk == book.depth.bestAsk)
        }
    }

    @Test(arguments: rules)
    func `conserve cash and position`(_ rules: VenueRules) {
        var account = VenueAccount(tickLotValueE12: 7)
        var (cash, position, fees): (Int128, Int64, Int128) = (0, 0, 0)
        Self.run(rules, seed: 6) { _, reports, _ in
            for report in reports {
                guard case .filled(let isMaker) = report.kind else { continue }
                let sign: Int64 = report.order.side == .buy ? 1 : -1
                fees += account.fill(
                    report.order.side, price: report.price, lots: report.quantity,
                    ppm: isMaker ? -50 : 500)
                cash -= Int128(sign * report.price * report.quantity * 7)
                position += sign * report.quantity
            }
        }
        #expect(account.cashE12 == cash)
        #expect(account.position == position)
        #expect(account.feesE12 == fees)
        #expect(account.profitE12(twiceMid: 2_000) == cash + Int128(position) * 7_000 - fees)
    }
}
