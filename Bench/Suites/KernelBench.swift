//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import MarketData
import Messages
import Rings
import Telemetry

/// Book, indicators and features (targets P5, P6).
let kernelSuite = BenchSuite(
    name: "kernel",
    measurements: [
        "kernel/book-level", "kernel/book-level-deep", "kernel/capture-level",
        "kernel/book-recentre", "kernel/book-tidy",
        "kernel/trade", "kernel/feature-vector",
    ]
) { bench in
    bookLevels(bench)
    try captureLevels(bench)
    bookRecentre(bench)
    bookTidy(bench)
    try kernelTrade(bench)
    try kernelQuote(bench)
}

/// One level set in a book in use: near the best prices, as most updates are, or anywhere in the
/// window. The quantities are those of a market: every third one removes the level.
private func bookLevels(_ bench: Bench) {
    let operations = bench.parameter(smoke: 64, full: 8_192)
    let samples = bench.parameter(smoke: 2, full: 100)
    for (name, depth) in [("kernel/book-level", 20), ("kernel/book-level-deep", 4_000)] {
        var random = BenchRandom(state: UInt64(depth))
        let updates = (0..<8_192).map { _ in
            let isBid = random.next() % 2 == 0
            let distance = Int64(random.next() % UInt64(depth))
            let lots = random.next() % 3 == 0 ? 0 : Int64(1 + random.next() % 5_000)
            let ticks = BenchMarket.midTicks + (isBid ? -distance : 1 + distance)
            return (
                isBid ? Side.buy : Side.sell, PriceTicks(rawValue: ticks),
                QuantityLots(rawValue: lots)
            )
        }
        var book = OrderBook()
        for distance in 0..<Int64(depth) {
            let lots = QuantityLots(rawValue: 100 + distance)
            let bid = PriceTicks(rawValue: BenchMarket.midTicks - distance)
            let ask = PriceTicks(rawValue: BenchMarket.midTicks + 1 + distance)
            _ = book.apply(side: .buy, price: bid, quantity: lots)
            _ = book.apply(side: .sell, price: ask, quantity: lots)
        }
        // The first pass brings the book to the state that every later pass starts from.
        for (side, price, quantity) in updates + updates.prefix(operations) {
            _ = book.apply(side: side, price: price, quantity: quantity)
        }
        unsafe updates.withUnsafeBufferPointer { updates in
            bench.measure(name, samples: samples, operations: operations) {
                var sum: UInt64 = 0
                for index in 0..<operations {
                    let (side, price, quantity) = unsafe updates[index & 8_191]
                    _ = book.apply(side: side, price: price, quantity: quantity)
                    sum &+= UInt64(bitPattern: book.bestBid.price.rawValue)
                    sum &+= UInt64(bitPattern: book.bestAsk.quantity.rawValue)
                }
                return sum
            }
        }
    }
}

/// The same with the levels of recorded updates, in their order, where there is a recording.
private func captureLevels(_ bench: Bench) throws {
    let name = "kernel/capture-level"
    guard bench.isWanted(name),
        let texts = CaptureKind.lines().first(where: { $0.kind == .depthLevel })?.texts
    else { return }
    let levels = try ParserFixture().levels(of: texts)
    let rounds = bench.parameter(smoke: 1, full: 4)
    var book = OrderBook()
    // The first pass brings the book to the state that every later pass ends in.
    for level in levels { _ = book.apply(side: level.0, price: level.1, quantity: level.2) }
    unsafe levels.withUnsafeBufferPointer { levels in
        bench.measure(
            name, samples: bench.parameter(smoke: 2, full: 100),
            operations: rounds * levels.count
        ) {
            var sum: UInt64 = 0
            for _ in 0..<rounds {
                for index in levels.indices {
                    let (side, price, quantity) = unsafe levels[index]
                    _ = book.apply(side: side, price: price, quantity: quantity)
                    sum &+= UInt64(bitPattern: book.bestBid.price.rawValue)
                    sum &+= UInt64(bitPattern: book.bestAsk.quantity.rawValue)
                }
            }
            return sum
        }
    }
}

/// A bid far ahead of the window comes and goes: what was two window moves and is none.
private func bookRecentre(_ bench: Bench) {
    let operations = bench.parameter(smoke: 4, full: 200)
    var book = OrderBook()
    for distance in 0..<1_000 as Range<Int64> {
        let price = PriceTicks(rawValue: BenchMarket.midTicks - distance)
        _ = book.apply(side: .buy, price: price, quantity: QuantityLots(rawValue: 1 + distance))
    }
    let far = PriceTicks(rawValue: BenchMarket.midTicks + 100_000)
    bench.measure(
        "kernel/book-recentre", samples: bench.parameter(smoke: 2, full: 20),
        operations: operations
    ) {
        var sum: UInt64 = 0
        for _ in 0..<operations {
            _ = book.apply(side: .buy, price: far, quantity: QuantityLots(rawValue: 5))
            sum &+= UInt64(bitPattern: book.bestBid.price.rawValue)
            _ = book.apply(side: .buy, price: far, quantity: QuantityLots(rawValue: 0))
            sum &+= UInt64(bitPattern: book.bestBid.price.rawValue)
        }
        return sum
    }
}

/// One step of the window in a book with a level at every tick: 64 levels leave, or come back.
private func bookTidy(_ bench: Bench) {
    let depth = bench.parameter(smoke: 1_024, full: 40_960)
    var book = OrderBook()
    for distance in 0..<Int64(depth) {
        let price = PriceTicks(rawValue: BenchMarket.midTicks - distance)
        _ = book.apply(side: .buy, price: price, quantity: QuantityLots(rawValue: 1 + distance))
    }
    let far = PriceTicks(rawValue: BenchMarket.midTicks + 100_000)
    // As many steps as take the window to its last level, and back.
    let steps = 640
    bench.measure(
        "kernel/book-tidy", samples: bench.parameter(smoke: 2, full: 20), operations: 2 * steps
    ) {
        var sum: UInt64 = 0
        for lots in [5, 0] as [Int64] {
            _ = book.apply(side: .buy, price: far, quantity: QuantityLots(rawValue: lots))
            for _ in 0..<steps { _ = book.tidy() }
            sum &+= UInt64(bitPattern: book.bestBid.price.rawValue)
        }
        return sum
    }
}

/// A kernel whose book is in sync, on memory of its own.
private final class KernelFixture {
    private var eventMemory: RingMemory<MarketEvent>
    private var featureMemory: RingMemory<FeatureVector>
    private var referenceMemory: RingMemory<ReferencePrice>
    private var requestMemory: RingMemory<SnapshotRequest>
    private var barMemory: RingMemory<Bar>
    private var indicatorMemory: RingMemory<IndicatorValues>
    @exclusivity(unchecked) private var events: RingProducer<MarketEvent>
    @exclusivity(unchecked) private var features: RingConsumer<FeatureVector>
    @exclusivity(unchecked) private var references: RingConsumer<ReferencePrice>
    @exclusivity(unchecked) private var stage: KernelStage
    private var sequence: UInt64 = 0
    private var updateID: UInt64 = 1_000

    init(trigger: Trigger) throws {
        eventMemory = try RingMemory(capacity: 1_024)
        featureMemory = try RingMemory(capacity: 1_024)
        referenceMemory = try RingMemory(capacity: 1_024)
        requestMemory = try RingMemory(capacity: 64)
        barMemory = try RingMemory(capacity: 64)
        indicatorMemory = try RingMemory(capacity: 64)
        unsafe events = try eventMemory.makeProducer()
        unsafe features = try featureMemory.makeConsumer()
        unsafe references = try referenceMemory.makeConsumer()
        unsafe stage = KernelStage(
            configuration: KernelConfiguration(trigger: trigger),
            instruments: .standalone([BenchMarket.instrument()]),
            events: try eventMemory.makeConsumer(), features: try featureMemory.makeProducer(),
            references: try referenceMemory.makeProducer(),
            snapshotRequests: try requestMemory.makeProducer(),
            bars: try barMemory.makeProducer(), indicators: try indicatorMemory.makeProducer(),
            telemetry: .standalone())
        synchronise()
    }

    /// The connection comes up, a snapshot of 30 levels a side arrives, and one update joins it.
    private func synchronise() {
        push(FeedStatus.self) { status in
            status.kind = .feedStatus
            status.flags = .last
            status.isUp = 1
            status.sequence = sequence
            status.ingressTimeNs = time
        }
        book(.bookDelta, firstID: 990, lastID: 1_001, previousID: 989)
        book(.bookSnapshot, firstID: 1_000, lastID: 1_000, previousID: 0)
        book(.bookDelta, firstID: 1_002, lastID: 1_003, previousID: 1_001)
        updateID = 1_004
        _ = poll()
    }

    private var time: UInt64 { BenchMarket.startTimeNs + sequence * 1_000_000 }

    private func book(_ kind: EventKind, firstID: UInt64, lastID: UInt64, previousID: UInt64) {
        push(BookHeader.self) { header in
            header.kind = kind
            header.firstUpdateID = firstID
            header.lastUpdateID = lastID
            header.previousUpdateID = previousID
            header.sequence = sequence
            header.ingressTimeNs = time
            header.venueTimeNs = time
        }
        for side in [Side.buy, .sell] {
            for group in 0..<10 as Range<Int64> {
                let sign: Int64 = side == .buy ? -1 : 1
                let best = BenchMarket.midTicks + (side == .buy ? 0 : 1)
                push(BookLevels.self, opensFrame: false) { levels in
                    levels.kind = .bookLevels
                    levels.side = side
                    levels.count = 3
                    levels.flags = side == .sell && group == 9 ? .last : EventFlags(rawValue: 0)
                    levels.level0 = Self.level(best + sign * (3 * group))
                    levels.level1 = Self.level(best + sign * (3 * group + 1))
                    levels.level2 = Self.level(best + sign * (3 * group + 2))
                }
            }
        }
    }

    private static func level(_ ticks: Int64) -> BookLevel {
        BookLevel(
            price: PriceTicks(rawValue: ticks), quantity: QuantityLots(rawValue: 1 + ticks % 97))
    }

    @inline(__always)
    private func push<Record: BitwiseCopyable>(
        _ type: Record.Type, opensFrame: Bool = true, _ fill: (inout Record) -> Void
    ) {
        if opensFrame { sequence &+= 1 }
        guard let place = unsafe events.claim() else { return }
        unsafe place.pointee = MarketEvent()
        unsafe place.withMemoryRebound(to: Record.self, capacity: 1) { unsafe fill(&$0.pointee) }
        unsafe events.publish()
    }

    @inline(__always)
    func trade(_ ticks: Int64, _ lots: Int64, _ side: Side) {
        push(Trade.self) { trade in
            trade.kind = .trade
            trade.flags = .last
            trade.side = side
            trade.price = PriceTicks(rawValue: ticks)
            trade.quantity = QuantityLots(rawValue: lots)
            trade.tradeID = sequence
            trade.sequence = sequence
            trade.ingressTimeNs = time
            trade.venueTimeNs = time
        }
    }

    /// A best bid and offer: two records of one frame.
    @inline(__always)
    func quote(_ ticks: Int64, _ lots: Int64) {
        updateID &+= 1
        for side in [Side.buy, .sell] {
            push(QuoteSide.self, opensFrame: side == .buy) { quote in
                quote.kind = .quoteSide
                quote.flags = side == .sell ? .last : EventFlags(rawValue: 0)
                quote.side = side
                quote.price = PriceTicks(rawValue: side == .buy ? ticks : ticks + 1)
                quote.quantity = QuantityLots(rawValue: side == .buy ? lots : lots ^ 7)
                quote.updateID = updateID
                quote.sequence = sequence
                quote.ingressTimeNs = time
                quote.venueTimeNs = time
            }
        }
    }

    /// Runs the stage until it is idle and empties what it wrote: how many vectors, how many
    /// reference prices.
    @inline(__always)
    func poll() -> (vectors: UInt64, references: UInt64) {
        var vectors: UInt64 = 0
        var prices: UInt64 = 0
        while unsafe stage.poll() > 0 {}
        while unsafe features.peek() != nil {
            vectors &+= 1
            unsafe features.release()
        }
        while unsafe references.peek() != nil {
            prices &+= 1
            unsafe references.release()
        }
        return (vectors, prices)
    }
}

/// One trade through the kernel: bars, indicators of three time frames, trade flow, reference.
private func kernelTrade(_ bench: Bench) throws {
    let kernel = try KernelFixture(trigger: .bar)
    let operations = bench.parameter(smoke: 32, full: 4_096)
    bench.measure(
        "kernel/trade", samples: bench.parameter(smoke: 2, full: 50), operations: operations
    ) {
        var random = BenchRandom(state: 11)
        var count: UInt64 = 1
        for _ in 0..<operations {
            let ticks = BenchMarket.midTicks + Int64(random.next() % 3)
            let lots = Int64(1 + random.next() % 500)
            kernel.trade(ticks, lots, random.next() % 2 == 0 ? .buy : .sell)
            // The number of vectors depends on where in a bar the sample began.
            count &+= kernel.poll().references > 0 ? 1 : 0
        }
        return count
    }
}

/// One quote frame through the kernel: two records in, reference and feature vector out.
private func kernelQuote(_ bench: Bench) throws {
    let kernel = try KernelFixture(trigger: .quote)
    let operations = bench.parameter(smoke: 32, full: 4_096)
    bench.measure(
        "kernel/feature-vector", samples: bench.parameter(smoke: 2, full: 50),
        operations: operations
    ) {
        var random = BenchRandom(state: 12)
        var vectors: UInt64 = 0
        for index in 0..<operations {
            kernel.quote(
                BenchMarket.midTicks + Int64(index & 1), Int64(1 + random.next() % 5_000))
            vectors &+= kernel.poll().vectors
        }
        return vectors
    }
}
