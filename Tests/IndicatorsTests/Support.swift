//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import Messages
import Rings
import Telemetry

typealias Level = (price: Int64, quantity: Int64)

/// Makes the records a parser would make.
enum Records {
    static func event<T: BitwiseCopyable>(_ record: T) -> MarketEvent {
        unsafe unsafeBitCast(record, to: MarketEvent.self)
    }

    static func trade(
        _ sequence: UInt64, _ timeNs: UInt64, _ side: Side, _ price: Int64, _ quantity: Int64,
        instrument: UInt32 = 0
    ) -> [MarketEvent] {
        var trade = Trade()
        trade.sequence = sequence
        trade.ingressTimeNs = timeNs
        trade.price = PriceTicks(rawValue: price)
        trade.quantity = QuantityLots(rawValue: quantity)
        trade.instrumentID = instrument
        trade.kind = .trade
        trade.side = side
        trade.flags = .last
        return [event(trade)]
    }

    static func quote(
        _ sequence: UInt64, _ timeNs: UInt64, id: UInt64, bid: Level, ask: Level,
        instrument: UInt32 = 0, venueTimeNs: UInt64 = 0
    ) -> [MarketEvent] {
        var half = QuoteSide()
        half.venueTimeNs = venueTimeNs
        half.sequence = sequence
        half.ingressTimeNs = timeNs
        half.updateID = id
        half.instrumentID = instrument
        half.kind = .quoteSide
        half.side = .buy
        half.price = PriceTicks(rawValue: bid.price)
        half.quantity = QuantityLots(rawValue: bid.quantity)
        let first = event(half)
        half.side = .sell
        half.price = PriceTicks(rawValue: ask.price)
        half.quantity = QuantityLots(rawValue: ask.quantity)
        half.flags = .last
        return [first, event(half)]
    }

    static func book(
        _ sequence: UInt64, _ timeNs: UInt64, first: UInt64, last: UInt64, previous: UInt64,
        bids: [Level] = [], asks: [Level] = [], isSnapshot: Bool = false, isInStream: Bool = false,
        instrument: UInt32 = 0, venueTimeNs: UInt64 = 0
    ) -> [MarketEvent] {
        var header = BookHeader()
        header.venueTimeNs = venueTimeNs
        if isInStream { header.flags = .inStream }
        header.sequence = sequence
        header.ingressTimeNs = timeNs
        header.firstUpdateID = first
        header.lastUpdateID = last
        header.previousUpdateID = previous
        header.instrumentID = instrument
        header.kind = isSnapshot ? .bookSnapshot : .bookDelta
        var result = [event(header)]
        for (side, levels) in [(Side.buy, bids), (Side.sell, asks)] {
            for start in stride(from: 0, to: levels.count, by: 3) {
                var record = BookLevels()
                let chunk = Array(levels[start..<min(start + 3, levels.count)])
                record.level0 = level(chunk[0])
                if chunk.count > 1 { record.level1 = level(chunk[1]) }
                if chunk.count > 2 { record.level2 = level(chunk[2]) }
                record.instrumentID = instrument
                record.kind = .bookLevels
                record.side = side
                record.count = UInt8(chunk.count)
                result.append(event(record))
            }
        }
        let flags = result[result.count - 1].flags.rawValue | EventFlags.last.rawValue
        result[result.count - 1].flags = EventFlags(flags)
        return result
    }

    private static func level(_ level: Level) -> BookLevel {
        BookLevel(
            price: PriceTicks(rawValue: level.price),
            quantity: QuantityLots(rawValue: level.quantity))
    }

    static func status(
        _ sequence: UInt64, _ timeNs: UInt64, _ kind: EventKind, isUp: Bool = false,
        instrument: UInt32 = 0
    ) -> [MarketEvent] {
        var status = FeedStatus()
        status.sequence = sequence
        status.ingressTimeNs = timeNs
        status.isUp = isUp ? 1 : 0
        status.instrumentID = instrument
        status.kind = kind
        status.flags = .last
        return [event(status)]
    }

    static func mark(_ sequence: UInt64, _ timeNs: UInt64, _ price: Int64) -> [MarketEvent] {
        var mark = MarkPrice()
        mark.sequence = sequence
        mark.ingressTimeNs = timeNs
        mark.mark = PriceTicks(rawValue: price)
        mark.kind = .markPrice
        mark.flags = .last
        return [event(mark)]
    }

    /// Snapshot 100 and the update 95...110 that joins it: sequences 1 and 2.
    static func sync(
        _ timeNs: UInt64, bids: [Level] = [(100, 5)], asks: [Level] = [(101, 5)],
        instrument: UInt32 = 0, sequence: UInt64 = 1
    ) -> [MarketEvent] {
        book(
            sequence, timeNs, first: 100, last: 100, previous: 0, bids: bids, asks: asks,
            isSnapshot: true, instrument: instrument)
            + book(
                sequence + 1, timeNs, first: 95, last: 110, previous: 90, instrument: instrument)
    }
}

func makeInstrument(_ symbol: String = "BTC-USDT", venue: Venue = .binanceUSDM) -> Instrument {
    var instrument = Instrument()
    instrument.symbolText = symbol
    instrument.venueSymbolText = symbol.filter { $0 != "-" }
    instrument.venue = venue
    instrument.priceDecimals = 2
    instrument.quantityDecimals = 3
    instrument.tickMantissa = 10
    instrument.lotMantissa = 1
    return instrument
}

/// Everything a kernel wrote since it was last asked.
struct Written {
    var features: [FeatureVector] = []
    var references: [ReferencePrice] = []
    var requests: [SnapshotRequest] = []
    var bars: [Bar] = []
    var indicators: [IndicatorValues] = []

    mutating func append(_ other: Written) {
        features += other.features
        references += other.references
        requests += other.requests
        bars += other.bars
        indicators += other.indicators
    }

    /// Every byte of it, in order.
    var bytes: [UInt8] {
        var result: [UInt8] = []
        for record in features { unsafe withUnsafeBytes(of: record) { unsafe result += $0 } }
        for record in references { unsafe withUnsafeBytes(of: record) { unsafe result += $0 } }
        for record in requests { unsafe withUnsafeBytes(of: record) { unsafe result += $0 } }
        for record in bars { unsafe withUnsafeBytes(of: record) { unsafe result += $0 } }
        for record in indicators { unsafe withUnsafeBytes(of: record) { unsafe result += $0 } }
        return result
    }
}

extension FeatureVector {
    var list: [Float] {
        unsafe withUnsafeBytes(of: values) {
            unsafe Array($0.bindMemory(to: Float.self)).prefix(Int(featureCount)).map { $0 }
        }
    }
}

extension IndicatorValues {
    var list: [Double] {
        unsafe withUnsafeBytes(of: values) {
            unsafe Array($0.bindMemory(to: Double.self)).prefix(Int(count)).map { $0 }
        }
    }
}

/// A kernel between rings.
struct Rig: ~Copyable {
    let telemetry = TelemetryWriter.standalone()
    private var memories: Memories
    private var events: RingProducer<MarketEvent>?
    var kernel: KernelStage
    var features: RingConsumer<FeatureVector>
    var references: RingConsumer<ReferencePrice>
    var requests: RingConsumer<SnapshotRequest>
    var bars: RingConsumer<Bar>
    var indicators: RingConsumer<IndicatorValues>

    struct Memories: ~Copyable {
        var events: RingMemory<MarketEvent>
        var features: RingMemory<FeatureVector>
        var references: RingMemory<ReferencePrice>
        var requests = try! RingMemory<SnapshotRequest>(capacity: 16)
        var bars = try! RingMemory<Bar>(capacity: 1_024)
        var indicators = try! RingMemory<IndicatorValues>(capacity: 1_024)

        init(events: Int, outputs: Int) {
            self.events = try! RingMemory(capacity: events)
            features = try! RingMemory(capacity: outputs)
            references = try! RingMemory(capacity: outputs)
        }
    }

    init(
        _ configuration: KernelConfiguration = Rig.small,
        instruments: [Instrument] = [makeInstrument()], eventCapacity: Int = 16_384,
        outputCapacity: Int = 8_192
    ) {
        memories = Memories(events: eventCapacity, outputs: outputCapacity)
        events = try! memories.events.makeProducer()
        features = try! memories.features.makeConsumer()
        references = try! memories.references.makeConsumer()
        requests = try! memories.requests.makeConsumer()
        bars = try! memories.bars.makeConsumer()
        indicators = try! memories.indicators.makeConsumer()
        kernel = KernelStage(
            configuration: configuration, instruments: .standalone(instruments),
            events: try! memories.events.makeConsumer(),
            features: try! memories.features.makeProducer(),
            references: try! memories.references.makeProducer(),
            snapshotRequests: try! memories.requests.makeProducer(),
            bars: try! memories.bars.makeProducer(),
            indicators: try! memories.indicators.makeProducer(), telemetry: telemetry)
    }

    static let small = KernelConfiguration(
        timeframesNs: [1_000_000_000], bookWindowTicks: 4_096, farLevelsMax: 64,
        pendingRecordsMax: 256)

    /// Puts records into the event ring without running the kernel.
    mutating func push(_ records: [MarketEvent]) {
        for record in records {
            guard let slot = unsafe events!.claim() else { preconditionFailure("room") }
            unsafe slot.pointee = record
            events!.publish()
        }
    }

    /// Gives the event ring's producing end to a parser.
    mutating func takeEvents() -> RingProducer<MarketEvent> { events.take()! }

    mutating func advanceEvents(to sequence: UInt64) {
        events!.advanceWatermark(to: sequence)
    }

    mutating func featureWatermark() -> UInt64 { features.watermark() }

    /// Empties the outputs.
    mutating func discard() {
        while unsafe features.peek() != nil { features.release() }
        while unsafe references.peek() != nil { references.release() }
        while unsafe requests.peek() != nil { requests.release() }
        while unsafe bars.peek() != nil { bars.release() }
        while unsafe indicators.peek() != nil { indicators.release() }
    }

    /// Runs the kernel until it finds nothing to do.
    mutating func run() {
        while kernel.poll() > 0 {}
    }

    /// Hands records over and returns what came of them.
    @discardableResult
    mutating func take(_ records: [MarketEvent]) -> Written {
        push(records)
        run()
        return drain()
    }

    mutating func drain() -> Written {
        var written = Written()
        while let record = unsafe features.peek() {
            unsafe written.features.append(record.pointee)
            features.release()
        }
        while let record = unsafe references.peek() {
            unsafe written.references.append(record.pointee)
            references.release()
        }
        while let record = unsafe requests.peek() {
            unsafe written.requests.append(record.pointee)
            requests.release()
        }
        while let record = unsafe bars.peek() {
            unsafe written.bars.append(record.pointee)
            bars.release()
        }
        while let record = unsafe indicators.peek() {
            unsafe written.indicators.append(record.pointee)
            indicators.release()
        }
        return written
    }

    func count(_ name: String) -> UInt64 {
        telemetry.reader.counters.first { $0.name == name }?.value ?? 0
    }
}
