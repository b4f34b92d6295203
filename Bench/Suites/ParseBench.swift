//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Journal
import Messages
import Rings
import Telemetry
import Venues

/// One frame into the parser, its records out (target P4): sequence, scan of every key, exact
/// integers, records in the ring. The drain of the ring by its reader is in the figure.
let parseSuite = BenchSuite(
    name: "parse",
    measurements: ParseKind.allCases.flatMap { ["parse/\($0.rawValue)", $0.genericName] }
        + CaptureKind.allCases.map { "parse/\($0.rawValue)" },
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

/// Lines of a recording, where there is one beside the package.
enum CaptureKind: String, CaseIterable {
    case trade = "capture-trade"
    case bookTicker = "capture-book-ticker"
    /// For one level; what stands around the levels is in it.
    case depthLevel = "capture-depth-level"
    case okxTrade = "okx-trade"
    /// A book update as it comes: 19 levels of 400 at the median.
    case okxBooks = "okx-books"

    /// How many lines are taken: together they stay in the cache that the reader leaves them in.
    var lineCount: Int {
        switch self {
        case .trade, .bookTicker: 256
        case .depthLevel, .okxTrade, .okxBooks: 64
        }
    }

    var isOKX: Bool { self == .okxTrade || self == .okxBooks }

    private var mark: String {
        switch self {
        case .trade: "@trade\""
        case .bookTicker: "@bookTicker\""
        case .depthLevel: "@depth@"
        case .okxTrade: #""channel":"trades","instId":"BTC-USDT"},"data""#
        case .okxBooks: #""channel":"books","instId":"BTC-USDT"},"action":"update""#
        }
    }

    /// Where the recording `name` is, if it is anywhere.
    static func path(_ name: String) -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/../shared/data/captures/\(name)"
    }

    /// The first lines of every kind; a kind that the recordings have too few of is left out.
    static func lines() -> [(kind: CaptureKind, texts: [String])] {
        lines(path("binance-usdm_btcusdt_20240808.gz"), isOKX: false)
            + lines(path("okx_2022-05-13_public_books_tickers_trades.txt"), isOKX: true)
    }

    private static func lines(
        _ path: String, isOKX: Bool
    ) -> [(kind: CaptureKind, texts: [String])] {
        var found = allCases.filter { $0.isOKX == isOKX }.map { (kind: $0, texts: [String]()) }
        guard var reader = try? CaptureReader(path: path) else { return [] }
        var number = 333_794_734_980
        while let line = try? reader.next() {
            let text = numbered(unsafe String(decoding: line.json, as: UTF8.self), number)
            number += 1
            for index in found.indices where text.prefix(80).contains(found[index].kind.mark) {
                if found[index].texts.count < found[index].kind.lineCount {
                    found[index].texts.append(text)
                }
            }
            if found.allSatisfy({ $0.texts.count == $0.kind.lineCount }) { return found }
        }
        return found.filter { $0.texts.count == $0.kind.lineCount }
    }

    /// Books of 2022 carry no numbers, and the parser's own would differ from round to round: as
    /// the venue writes them today.
    private static func numbered(_ text: String, _ number: Int) -> String {
        guard let mark = text.firstRange(of: #""checksum":"#) else { return text }
        return text[..<mark.lowerBound]
            + #""checksum":0,"prevSeqId":\#(number),"seqId":\#(number + 9)}]}"#
    }

    /// What the figure is for: frames, or the levels in them.
    func unitCount(_ texts: [String]) -> Int {
        guard self == .depthLevel else { return texts.count }
        // A level has one `","`, between its price and its quantity.
        return texts.reduce(0) { sum, text in
            let bytes = Array(text.utf8)
            let isComma = { bytes[$0] == UInt8(ascii: ",") && bytes[$0 - 1] == UInt8(ascii: "\"") }
            let isDigit = { (48...57).contains(bytes[$0]) }
            return sum
                + (2..<bytes.count - 2).count {
                    isComma($0) && isDigit($0 - 2) && isDigit($0 + 2)
                }
        }
    }
}

/// A parser on memory of its own.
final class ParserFixture {
    private var frameMemory: RingMemory<FrameDescriptor>
    private var eventMemory: RingMemory<MarketEvent>
    private var reportMemory: RingMemory<ExecutionReport>
    private var byteMemory: ByteRingMemory
    @exclusivity(unchecked) var stage: ParserStage
    @exclusivity(unchecked) var events: RingConsumer<MarketEvent>
    let telemetry = TelemetryWriter.standalone()

    init(isOKX: Bool = false) throws {
        let instrument =
            isOKX ? BenchMarket.okxInstrument() : BenchMarket.instrument()
        frameMemory = try RingMemory(capacity: 64)
        eventMemory = try RingMemory(capacity: 2_048)
        reportMemory = try RingMemory(capacity: 64)
        byteMemory = try ByteRingMemory(capacity: 65_536)
        let bytes = UnsafeMutablePointer<ByteRingConsumer>.allocate(capacity: 1)
        unsafe bytes.initialize(to: try byteMemory.makeConsumer())
        unsafe events = try eventMemory.makeConsumer()
        unsafe stage = unsafe ParserStage(
            frames: try frameMemory.makeConsumer(), byteRings: bytes,
            roles: [.market(instruments: [0], venue: instrument.venue)],
            events: try eventMemory.makeProducer(),
            reports: try reportMemory.makeProducer(),
            instruments: .standalone([instrument]), telemetry: telemetry)
    }

    /// The levels of book updates, in their order.
    func levels(of texts: [String]) throws -> [(Side, PriceTicks, QuantityLots)] {
        var levels: [(Side, PriceTicks, QuantityLots)] = []
        let frames = FrameTexts(texts)
        for index in texts.indices {
            var frame = FrameDescriptor()
            frame.kind = .text
            frame.ingressTimeNs = BenchMarket.startTimeNs
            frame.length = UInt32(frames.length(index))
            _ = unsafe stage.parse(frame, bytes: frames.bytes(index))
            while let event = unsafe events.peek() {
                if unsafe event.pointee.kind == .bookLevels {
                    let (side, count) = unsafe (event.pointee.side, Int(event.pointee.count))
                    let first = unsafe UnsafeRawPointer(event)
                        .assumingMemoryBound(to: BookLevel.self)
                    for place in 0..<count {
                        levels.append(unsafe (side, first[place].price, first[place].quantity))
                    }
                }
                unsafe events.release()
            }
        }
        return levels
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

/// Frames as the reader hands them over: descriptors and texts, written long before they are read.
///
/// SAFETY: the memory is written in `init` alone and lives as long as the value.
@safe
final class ParseFrames: @unchecked Sendable {
    private let texts: FrameTexts
    private let descriptors: UnsafeMutablePointer<FrameDescriptor>

    init(_ list: [String]) {
        texts = FrameTexts(list)
        unsafe descriptors = .allocate(capacity: list.count)
        for index in list.indices {
            var frame = FrameDescriptor()
            frame.kind = .text
            frame.ingressTimeNs = BenchMarket.startTimeNs
            frame.length = UInt32(texts.length(index))
            unsafe (descriptors + index).initialize(to: frame)
        }
    }

    deinit { unsafe descriptors.deallocate() }

    /// Parses `operations` frames, one after the other, and drains what they bring.
    @inline(__always)
    func run(_ fixture: ParserFixture, operations: Int, isGeneric: Bool) -> UInt64 {
        var sum: UInt64 = 0
        for index in 0..<operations {
            let frame = unsafe descriptors[index & (texts.count - 1)]
            let bytes = unsafe texts.bytes(index)
            let isTaken = isGeneric
                ? unsafe fixture.stage.parseGenerically(frame, bytes: bytes)
                : unsafe fixture.stage.parse(frame, bytes: bytes)
            guard isTaken else { return 0 }
            sum = sum &* 31 &+ fixture.drain()
        }
        return sum
    }
}

@Sendable private func parseBench(_ bench: Bench) throws {
    let operations = bench.parameter(smoke: 64, full: 2_048)
    let samples = bench.parameter(smoke: 2, full: 60)
    for kind in ParseKind.allCases {
        var random = BenchRandom(state: 7)
        let frames = ParseFrames((0..<64).map { _ in kind.text(&random) })
        let fast = try ParserFixture()
        bench.measure("parse/\(kind.rawValue)", samples: samples, operations: operations) {
            frames.run(fast, operations: operations, isGeneric: false)
        }
        let generic = try ParserFixture()
        bench.measure(kind.genericName, samples: samples, operations: operations) {
            frames.run(generic, operations: operations, isGeneric: true)
        }
    }
    for (kind, texts) in CaptureKind.lines() {
        let frames = ParseFrames(texts)
        let rounds = bench.parameter(smoke: 1, full: kind == .depthLevel ? 4 : 8)
        let fixture = try ParserFixture(isOKX: kind.isOKX)
        bench.measure(
            "parse/\(kind.rawValue)", samples: samples,
            operations: rounds * kind.unitCount(texts)
        ) {
            frames.run(fixture, operations: rounds * texts.count, isGeneric: false)
        }
    }
}
