//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages
import Quality
import SeededRandom
import Testing

/// Goal: the parts of shortfall and profit sum to the whole, exactly, and each is what its
/// definition says.
///
/// Method: a random market and random orders; the whole history is kept, and every figure is
/// computed from it anew in 128 bits without any of the tracker's running sums.
@Suite("Identities of execution quality")
struct IdentityTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `parts sum to the whole and agree with the whole history`(seed: UInt64) {
        var history = History(seed: seed)
        history.run(steps: 600)
        let rows = history.desk.tracker.rows
        for row in rows.dropFirst() {
            #expect(row.partsOfShortfall.reduce(0, +) == row.shortfallE8, "seed \(seed)")
            #expect(row.partsOfProfit.reduce(0, +) == row.profitE8, "seed \(seed)")
        }
        for (index, instrument) in history.desk.tracker.rowInstruments.enumerated() {
            let row = rows[index + 1]
            let key = History.Key(instrument: instrument, strategy: UInt8(row.strategyID))
            let value = Int128(History.values[Int(instrument)])
            func near(_ e8: Int64, _ halfTickLots: Int128) -> Bool {
                abs(Int128(e8) * 20_000 - halfTickLots * value) < 40_000
            }
            let shortfall = history.shortfall(key)
            #expect(near(row.shortfallDelayE8, shortfall.delay), "seed \(seed) \(key)")
            #expect(near(row.shortfallTradingE8, shortfall.trading), "seed \(seed) \(key)")
            #expect(near(row.shortfallOpportunityE8, shortfall.missed), "seed \(seed) \(key)")
            #expect(Int128(row.shortfallFeesE8) == shortfall.fees, "seed \(seed) \(key)")
            #expect(
                row.shortfallE8 == e8(shortfall.whole * value) + row.shortfallFeesE8,
                "seed \(seed) \(key)")

            let profit = history.profit(key)
            #expect(near(row.profitSpreadE8, profit.spread), "seed \(seed) \(key)")
            #expect(near(row.profitInventoryE8, profit.inventory), "seed \(seed) \(key)")
            #expect(near(row.profitLatencyE8, profit.latency), "seed \(seed) \(key)")
            #expect(Int128(row.profitFeesE8) == -profit.fees, "seed \(seed) \(key)")
            #expect(
                row.profitE8 == e8(history.realisedAndUnrealised(key) * value)
                    + row.profitFeesE8 + row.profitFundingE8, "seed \(seed) \(key)")
            #expect(row.gains == history.markouts(key).map { e8($0 * value) }, "seed \(seed)")
            #expect(row.fills == history.fills.filter { $0.key == key }.count)
        }
        let total = rows[0]
        #expect(total.partsOfShortfall.reduce(0, +) == total.shortfallE8)
        #expect(total.partsOfProfit.reduce(0, +) == total.profitE8)
        #expect(Int128(total.profitFundingE8) == -history.funding)
        #expect(total.fills == UInt64(history.fills.count))
        #expect(history.desk.tracker.losses == QualityLosses(), "seed \(seed)")
    }

    private func e8(_ halfE12: Int128) -> Int64 { Int64(halfE12 / 20_000) }
}

/// Everything that happened, in the order it happened.
struct History {
    struct Key: Hashable {
        let instrument: UInt32
        let strategy: UInt8
    }
    struct Quote {
        let ns: UInt64
        let instrument: UInt32
        let midTwice: Int128
    }
    struct Order {
        let id: UInt64
        let key: Key
        let sign: Int128
        let quantity: Int64
        let sentNs: UInt64
        /// How many quotes there were at its decision.
        let quotesBefore: Int
        var filled: Int64 = 0
        /// How many quotes there were at its end.
        var quotesAtEnd: Int?
    }
    struct Fill {
        let key: Key
        let orderID: UInt64
        let sign: Int128
        let lots: Int128
        let priceTwice: Int128
        let fee: Int128
        let ns: UInt64
        let quotesBefore: Int
    }

    /// None of them makes whole 1e-8.
    static let values: [Int64] = [33_333_333, 7_777]
    let desk = Desk(values: values, ordersMax: 1_000, endedMax: 1_000, fillsWaitingMax: 10_000)
    private(set) var quotes: [Quote] = []
    private(set) var orders: [UInt64: Order] = [:]
    private(set) var fills: [Fill] = []
    private(set) var funding: Int128 = 0
    private var random: SplitMix64
    private var ms = 0.0
    private var mid: [Int64] = [100_000, 5_000]
    private var lastID: UInt64 = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func run(steps: Int) {
        for id in 0..<2 { quote(UInt32(id)) }
        for _ in 0..<steps {
            ms += Double(random.below(4_000)) / 1_000 * Double(random.below(4) == 0 ? 100 : 1)
            switch random.below(10) {
            case 0...4: quote(UInt32(random.below(2)))
            case 5, 6: send()
            case 7, 8: fillOrEnd()
            default: fund()
            }
        }
        for id in orders.keys.sorted() where orders[id]?.quotesAtEnd == nil { end(id) }
    }

    private mutating func quote(_ id: UInt32) {
        mid[Int(id)] += Int64(random.below(21)) - 10
        let (bid, ask) = (mid[Int(id)], mid[Int(id)] + 1 + Int64(random.below(4)))
        desk.quote(ms, bid, ask, on: id)
        quotes.append(Quote(ns: Desk.time(ms), instrument: id, midTwice: Int128(bid + ask)))
    }

    private mutating func send() {
        lastID += 1
        let key = Key(instrument: UInt32(random.below(2)), strategy: UInt8(random.below(3)))
        let side: Side = random.below(2) == 0 ? .buy : .sell
        let quantity = Int64(1 + random.below(50))
        let before = quotes.count
        // On its way out while quotes still come.
        let sentMs = ms + Double(random.below(3_000)) / 1_000
        desk.send(
            sentMs, lastID, side, quantity, at: mid[Int(key.instrument)], on: key.instrument,
            strategy: key.strategy)
        orders[lastID] = Order(
            id: lastID, key: key, sign: side == .buy ? 1 : -1, quantity: quantity,
            sentNs: Desk.time(sentMs), quotesBefore: before)
        while ms + 0.7 < sentMs {
            ms += 0.7
            quote(key.instrument)
        }
        ms = max(ms, sentMs)
    }

    private mutating func fillOrEnd() {
        let open = orders.values.filter { $0.quotesAtEnd == nil }.map(\.id).sorted()
        if open.isEmpty { return }
        let id = open[random.below(open.count)]
        guard let order = orders[id] else { return }
        if random.below(4) == 0 { return end(id) }
        let lots = 1 + Int64(random.below(Int(order.quantity - order.filled)))
        let price = mid[Int(order.key.instrument)] + Int64(random.below(9)) - 4
        let fee = Int64(random.below(1_000)) - 300
        desk.fill(ms, id, lots, at: price, fee: fee, on: order.key.instrument)
        fills.append(
            Fill(
                key: order.key, orderID: id, sign: order.sign, lots: Int128(lots),
                priceTwice: Int128(2 * price), fee: Int128(fee), ns: Desk.time(ms),
                quotesBefore: quotes.count))
        orders[id]?.filled += lots
        if order.filled + lots == order.quantity { orders[id]?.quotesAtEnd = quotes.count }
    }

    private mutating func end(_ id: UInt64) {
        guard let order = orders[id] else { return }
        var report = desk.report(ms, id, .canceled, on: order.key.instrument)
        report.status = .canceled
        desk.take(report)
        orders[id]?.quotesAtEnd = quotes.count
    }

    private mutating func fund() {
        let paid = Int64(random.below(2_001)) - 1_000
        desk.fund(ms, paid, on: UInt32(random.below(2)))
        funding += Int128(paid)
    }

    // MARK: Anew, from the whole history

    private func mid(_ instrument: UInt32, among count: Int) -> Int128 {
        quotes[..<count].last { $0.instrument == instrument }!.midTwice
    }

    private func decision(_ order: Order) -> Int128 {
        mid(order.key.instrument, among: order.quotesBefore)
    }

    private func arrival(_ order: Order) -> Int128 {
        quotes.last { $0.instrument == order.key.instrument && $0.ns <= order.sentNs }!.midTwice
    }

    func shortfall(
        _ key: Key
    ) -> (delay: Int128, trading: Int128, missed: Int128, fees: Int128, whole: Int128) {
        var (delay, trading, missed, fees, whole): (Int128, Int128, Int128, Int128, Int128) =
            (0, 0, 0, 0, 0)
        for order in orders.values where order.key == key {
            let end = mid(key.instrument, among: order.quotesAtEnd!)
            let rest = Int128(order.quantity - order.filled)
            missed += order.sign * rest * (end - decision(order))
            whole += order.sign * rest * (end - decision(order))
            for fill in fills where fill.orderID == order.id {
                delay += order.sign * fill.lots * (arrival(order) - decision(order))
                trading += order.sign * fill.lots * (fill.priceTwice - arrival(order))
                whole += order.sign * fill.lots * (fill.priceTwice - decision(order))
                fees += fill.fee
            }
        }
        return (delay, trading, missed, fees, whole)
    }

    func profit(
        _ key: Key
    ) -> (spread: Int128, inventory: Int128, latency: Int128, fees: Int128) {
        let own = fills.filter { $0.key == key }
        var (spread, inventory, latency, fees): (Int128, Int128, Int128, Int128) = (0, 0, 0, 0)
        for fill in own {
            let order = orders[fill.orderID]!
            let took = fill.sign * fill.lots * (decision(order) - arrival(order))
            spread += fill.sign * fill.lots
                * (mid(key.instrument, among: fill.quotesBefore) - fill.priceTwice)
            latency += took
            inventory -= took
            fees += fill.fee
        }
        // The position times each move of the mid.
        var last: Int128?
        for (index, quote) in quotes.enumerated() where quote.instrument == key.instrument {
            let held = own.filter { $0.quotesBefore <= index }.reduce(Int128(0)) {
                $0 + $1.sign * $1.lots
            }
            if let last { inventory += held * (quote.midTwice - last) }
            last = quote.midTwice
        }
        return (spread, inventory, latency, fees)
    }

    /// First in, first out; what is left is valued at the last mid.
    func realisedAndUnrealised(_ key: Key) -> Int128 {
        var open: [(lots: Int128, priceTwice: Int128)] = []
        var realised: Int128 = 0
        for fill in fills where fill.key == key {
            var left = fill.sign * fill.lots
            while left != 0, let first = open.first, (first.lots < 0) != (left < 0) {
                let closed = min(abs(first.lots), abs(left))
                let sign: Int128 = first.lots > 0 ? 1 : -1
                realised += sign * closed * (fill.priceTwice - first.priceTwice)
                left += sign * closed
                open[0].lots -= sign * closed
                if open[0].lots == 0 { open.removeFirst() }
            }
            if left != 0 { open.append((left, fill.priceTwice)) }
        }
        let last = mid(key.instrument, among: quotes.count)
        return open.reduce(realised) { $0 + $1.lots * (last - $1.priceTwice) }
    }

    func markouts(_ key: Key) -> [Int128] {
        MarkoutHorizon.allNs.map { spanNs in
            fills.filter { $0.key == key }.reduce(Int128(0)) { sum, fill in
                let later = quotes[fill.quotesBefore...].first {
                    $0.instrument == key.instrument && $0.ns >= fill.ns + spanNs
                }
                guard let later else { return sum }
                return sum + fill.sign * fill.lots * (later.midTwice - fill.priceTwice)
            }
        }
    }
}
