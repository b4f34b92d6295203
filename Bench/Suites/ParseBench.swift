//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Rings
import Telemetry
import Venues

/// One frame into the parser, its records out (target P4): sequence, scan of every key, exact
/// integers, records in the ring. The drain of the ring by its reader is in the figure.
let parseSuite = BenchSuite(
    name: "parse",
    measurements: ParseKind.allCases.flatMap { ["parse/\($0.rawValue)", $0.genericName] },
    run: parseBench)

private enum ParseKind: String, CaseIterable {
    case trade
    case aggTrade = "agg-trade"
    case bookTicker = "book-ticker"
    case depth20 = "depth-20x2"

    var genericName: String { "parse/\(rawValue)-generic" }

    func text(_ random: inout BenchRandom) -> String {
        let ticks = BenchMarket.midTicks + Int64(random.next() % 200) - 100
        let price = BenchMarket.price(ticks)
        let above = BenchMarket.price(ticks + 1)
        let quantity = BenchMarket.quantity(Int64(1 + random.next() % 20_000))
        let other = BenchMarket.quantity(Int64(1 + random.next() % 20_000))
        let id = 5_123_107_839_020 + random.next() % 1_000_000
        let time = 1_723_161_256_313 + random.next() % 1_000
        switch self {
        case .trade:
            return #"{"stream":"btcusdt@trade","data":{"e":"trade","E":\#(time),"T":\#(time),"#
                + #""s":"BTCUSDT","t":\#(id),"p":"\#(price)","q":"\#(quantity)","#
                + #""X":"MARKET","m":\#(id % 2 == 0)}}"#
        case .aggTrade:
            return #"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":\#(time),"#
                + #""a":\#(id),"s":"BTCUSDT","p":"\#(price)","q":"\#(quantity)","#
                + #""f":\#(id),"l":\#(id + 1),"T":\#(time),"m":\#(id % 2 == 0)}}"#
        case .bookTicker:
            return #"{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":\#(id),"#
                + #""s":"BTCUSDT","b":"\#(price)","B":"\#(quantity)","a":"\#(above)","#
                + #""A":"\#(other)","T":\#(time),"E":\#(time)}}"#
        case .depth20:
            let bids = levels(below: ticks, step: -1, &random)
            let asks = levels(below: ticks + 1, step: 1, &random)
            return #"{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":\#(time),"#
                + #""T":\#(time),"s":"BTCUSDT","U":\#(id),"u":\#(id + 40),"pu":\#(id - 1),"#
                + #""b":[\#(bids)],"a":[\#(asks)]}}"#
        }
    }

    private func levels(below ticks: Int64, step: Int64, _ random: inout BenchRandom) -> String {
        (0..<20).map { index in
            let price = BenchMarket.price(ticks + step * Int64(index))
            let lots = Int64(random.next() % 20_000)
            return #"["\#(price)","\#(BenchMarket.quantity(lots))"]"#
        }.joined(separator: ",")
    }
}

/// A parser on memory of its own.
private final class ParserFixture {
    private var frameMemory: RingMemory<FrameDescriptor>
    private var eventMemory: RingMemory<MarketEvent>
    private var reportMemory: RingMemory<ExecutionReport>
    private var byteMemory: ByteRingMemory
    @exclusivity(unchecked) var stage: ParserStage
    @exclusivity(unchecked) var events: RingConsumer<MarketEvent>
    let telemetry = TelemetryWriter.standalone()

    init() throws {
        frameMemory = try RingMemory(capacity: 64)
        eventMemory = try RingMemory(capacity: 2_048)
        reportMemory = try RingMemory(capacity: 64)
        byteMemory = try ByteRingMemory(capacity: 65_536)
        let bytes = UnsafeMutablePointer<ByteRingConsumer>.allocate(capacity: 1)
        unsafe bytes.initialize(to: try byteMemory.makeConsumer())
        unsafe events = try eventMemory.makeConsumer()
        unsafe stage = unsafe ParserStage(
            frames: try frameMemory.makeConsumer(), byteRings: bytes,
            roles: [.market(instruments: [0])], events: try eventMemory.makeProducer(),
            reports: try reportMemory.makeProducer(),
            instruments: .standalone([BenchMarket.instrument()]), telemetry: telemetry)
    }

    /// What the records say, but for sequence and time.
    @inline(__always)
    func drain() -> UInt64 {
        var sum: UInt64 = 0
        while let event = unsafe events.peek() {
            let isLevels = unsafe event.pointee.kind == .bookLevels
            let (first, second) = unsafe isLevels
                ? (event.pointee.words.0, event.pointee.words.1)
                : (event.pointee.words.3, event.pointee.words.4)
            sum = sum &* 31 &+ first &+ second
            unsafe events.release()
        }
        return sum
    }
}

@Sendable private func parseBench(_ bench: Bench) throws {
    for kind in ParseKind.allCases {
        var random = BenchRandom(state: 7)
        let texts = FrameTexts((0..<64).map { _ in kind.text(&random) })
        let operations = bench.parameter(smoke: 64, full: 2_048)
        let samples = bench.parameter(smoke: 2, full: 60)
        var frame = FrameDescriptor()
        frame.kind = .text
        frame.ingressTimeNs = BenchMarket.startTimeNs

        let fast = try ParserFixture()
        bench.measure("parse/\(kind.rawValue)", samples: samples, operations: operations) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                frame.length = UInt32(truncatingIfNeeded: texts.length(index))
                guard unsafe fast.stage.parse(frame, bytes: texts.bytes(index)) else { return 0 }
                sum = sum &* 31 &+ fast.drain()
            }
            return sum
        }
        let generic = try ParserFixture()
        bench.measure(kind.genericName, samples: samples, operations: operations) {
            var sum: UInt64 = 0
            for index in 0..<operations {
                frame.length = UInt32(truncatingIfNeeded: texts.length(index))
                guard unsafe generic.stage.parseGenerically(frame, bytes: texts.bytes(index)) else {
                    return 0
                }
                sum = sum &* 31 &+ generic.drain()
            }
            return sum
        }
    }
}
