//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Quality

/// What following execution quality costs its cold thread, which has to keep up with ten thousand
/// quotes a second.
let qualitySuite = BenchSuite(
    name: "quality", measurements: ["quality/quote", "quality/order"], run: qualityBench)

@Sendable private func qualityBench(_ bench: Bench) throws {
    let samples = bench.parameter(smoke: 2, full: 200)
    var instrument = Instrument()
    instrument.tickLotValueE12 = 100_000_000
    let table = InstrumentTable.standalone([instrument])
    var clockNs: UInt64 = 0
    var bid: Int64 = 100_000

    func quote(_ tracker: inout QualityTracker) {
        clockNs += 100_000
        bid += Int64(clockNs / 100_000 % 3) - 1
        var quote = ReferencePrice()
        quote.ingressTimeNs = clockNs
        quote.kind = .quote
        quote.isBookValid = 1
        quote.bid = PriceTicks(rawValue: bid)
        quote.ask = PriceTicks(rawValue: bid + 1)
        tracker.take(quote)
    }
    func order(_ tracker: inout QualityTracker, _ orderID: UInt64) {
        var report = ExecutionReport()
        report.orderID = orderID
        report.ingressTimeNs = clockNs
        report.venueTimeNs = clockNs
        report.side = orderID & 1 == 0 ? .buy : .sell
        report.lastPrice = PriceTicks(rawValue: bid)
        report.lastQuantity = QuantityLots(rawValue: 1)
        report.execution = .sent
        report.status = .pending
        tracker.take(report)
        report.execution = .fill
        report.status = .filled
        report.tradeID = orderID
        report.position = QuantityLots(rawValue: orderID & 1 == 0 ? 0 : -1)
        tracker.take(report)
    }

    // With a thousand fills waiting for their markouts.
    var ended: UInt64 = 0
    var tracker = QualityTracker(instruments: table) { event in
        if case .order = event { ended += 1 }
    }
    quote(&tracker)
    for id in 1...1_000 { order(&tracker, UInt64(id)) }
    // Multiples of three, behind which the mid is where it was.
    let quotes = bench.parameter(smoke: 15, full: 1_023)
    bench.measure("quality/quote", samples: samples, operations: quotes) {
        let before = bid
        for _ in 0..<quotes { quote(&tracker) }
        return UInt64(bitPattern: bid - before) &+ UInt64(quotes)
    }
    // Sending, fill and end, with a quote between two orders.
    let orders = bench.parameter(smoke: 3, full: 255)
    var lastID: UInt64 = 1_000
    bench.measure("quality/order", samples: samples, operations: orders) {
        let before = ended
        for _ in 0..<orders {
            lastID += 1
            order(&tracker, lastID)
            quote(&tracker)
        }
        return ended - before
    }
}
