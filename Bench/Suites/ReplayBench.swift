//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import Journal
import Messages
import Platform
import Rings

/// Replay on one core (target P10). `raw`: a recording from its file through the production reader
/// of recordings, parser, book, bars and indicators; `read` and `parse` end behind the reader and
/// behind the parser; `raw-features` keeps the standard features besides. `normalised`: the records
/// that the parser made of it, through book, bars, indicators and features alone;
/// `normalised-depth` without the quotes, which makes them the events that hftbacktest reads.
/// `synthetic`: as `raw-features`, of a market made up, for where there is no recording.
let replaySuite = BenchSuite(
    name: "replay",
    measurements: [
        ReplayNames.read, ReplayNames.parse, ReplayNames.raw, ReplayNames.features,
        ReplayNames.normalised, ReplayNames.depth, ReplayNames.synthetic,
    ], run: replayBench)

private enum ReplayNames {
    static let read = "replay/read"
    static let parse = "replay/parse"
    static let raw = "replay/raw"
    static let features = "replay/raw-features"
    static let normalised = "replay/normalised"
    static let depth = "replay/normalised-depth"
    static let synthetic = "replay/synthetic"
    static let recorded = [read, parse, raw, features, normalised, depth]
}

@Sendable private func replayBench(_ bench: Bench) throws {
    if bench.isWanted(ReplayNames.synthetic) {
        var market = SyntheticMarket(messages: bench.parameter(smoke: 200, full: 20_000))
        let text = try ReplayText { market.next() }
        try replayRaw(bench, ReplayNames.synthetic, text, try ReplayRecords(text), features: [])
    }
    guard ReplayNames.recorded.contains(where: { bench.isWanted($0) }) else { return }
    let path = CaptureKind.path("binance-usdm_btcusdt_20240808.gz")
    let lineMax = bench.parameter(smoke: 400, full: Int.max)
    guard let text = try? ReplayText(recording: path, lineMax: lineMax) else {
        for name in ReplayNames.recorded { bench.skip(name, because: "no recording at \(path)") }
        return
    }
    let records = try ReplayRecords(text)
    try replayPart(bench, ReplayNames.read, text, records, isParsed: false)
    try replayPart(bench, ReplayNames.parse, text, records, isParsed: true)
    // A kernel has one feature at least.
    try replayRaw(bench, ReplayNames.raw, text, records, features: [.spread])
    try replayRaw(bench, ReplayNames.features, text, records, features: [])
    try replayRecords(bench, ReplayNames.normalised, text, records.all)
    try replayRecords(bench, ReplayNames.depth, text, records.all.filter { !$0.isQuote })
}

/// Passes begin with whole minutes between them, so that bars of all of them begin alike.
private struct ReplayClock {
    private let stepNs: UInt64
    private(set) var offsetNs: UInt64 = 0

    init(_ text: ReplayText) {
        let minuteNs: UInt64 = 60_000_000_000
        stepNs = (text.spanNs / minuteNs + 2) * minuteNs
    }

    mutating func advance() { offsetNs &+= stepNs }
}

private func replayRaw(
    _ bench: Bench, _ name: String, _ text: ReplayText, _ records: ReplayRecords,
    features: [FeatureKind]
) throws {
    guard bench.isWanted(name) else { return }
    let parser = try ReplayParser(BenchMarket.instrument())
    let kernel = try ReplayKernel(
        BenchMarket.instrument(), features: features, events: try parser.makeEvents())
    var clock = ReplayClock(text)
    var failure: CaptureError?
    func pass() -> ReplayPass {
        clock.advance()
        let offsetNs = clock.offsetNs
        var startNs = threadTimeNs()
        parser.reconnect(timeNs: records.firstTimeNs &+ offsetNs) { kernel.settle() }
        do throws(CaptureError) {
            startNs = threadTimeNs()
            var reader = try CaptureReader(path: text.path)
            while let line = try reader.next() {
                unsafe parser.take(line.json, timeNs: line.receiveTimeNs &+ offsetNs) {
                    kernel.settle()
                }
            }
        } catch { failure = error }
        return ReplayPass(ns: threadTimeNs() &- startNs, hash: kernel.takeHash())
    }
    // The first pass faults the memory in and brings the bars to where every pass begins.
    _ = pass()
    var resident = [residentBytes()]
    measurePasses(
        bench, name, operations: text.lineCount, records.load(of: text)
    ) {
        defer { resident.append(residentBytes()) }
        return pass()
    }
    if let failure { throw failure }
    noteGrowth(bench, name, text, resident)
}

/// The reader of recordings by itself, or with the parser behind it.
private func replayPart(
    _ bench: Bench, _ name: String, _ text: ReplayText, _ records: ReplayRecords, isParsed: Bool
) throws {
    guard bench.isWanted(name) else { return }
    let parser = try ReplayParser(BenchMarket.instrument())
    var events = try parser.makeEvents()
    var failure: CaptureError?
    measurePasses(bench, name, operations: text.lineCount, records.load(of: text)) {
        let startNs = threadTimeNs()
        var sum: UInt64 = 0
        do throws(CaptureError) {
            var reader = try CaptureReader(path: text.path)
            while let line = try reader.next() {
                if isParsed {
                    unsafe parser.take(line.json, timeNs: line.receiveTimeNs) {
                        while let event = unsafe events.peek() {
                            unsafe sum = sum &* 31 &+ event.pointee.words.3
                            events.release()
                        }
                    }
                } else {
                    sum = sum &* 31 &+ line.receiveTimeNs
                }
            }
        } catch { failure = error }
        return ReplayPass(ns: threadTimeNs() &- startNs, hash: sum)
    }
    if let failure { throw failure }
}

private func replayRecords(
    _ bench: Bench, _ name: String, _ text: ReplayText, _ records: [MarketEvent]
) throws {
    guard bench.isWanted(name), let first = records.first else { return }
    let feed = try ReplayRecordFeed()
    var clock = ReplayClock(text)
    func pass() -> ReplayPass {
        clock.advance()
        let offsetNs = clock.offsetNs
        for isUp in [false, true] { feed.tell(isUp: isUp, timeNs: first.words.1 &+ offsetNs) }
        let startNs = threadTimeNs()
        unsafe records.withUnsafeBufferPointer { unsafe feed.take($0, offsetNs: offsetNs) }
        return ReplayPass(ns: threadTimeNs() &- startNs, hash: feed.kernel.takeHash())
    }
    _ = pass()
    let eventCount = records.reduce(0) { $0 + $1.eventCount }
    measurePasses(
        bench, name, operations: eventCount, BenchLoad(bytes: 0, events: 1), pass)
    let (instrument, quote) = (BenchMarket.instrument(), feed.kernel.quote)
    bench.note(
        name, "events \(eventCount) bid \(instrument.text(price: quote.bid)) ask "
            + "\(instrument.text(price: quote.ask))")
}

/// Records into a kernel, as its parser would give them.
private final class ReplayRecordFeed {
    let kernel: ReplayKernel
    private var memory: RingMemory<MarketEvent>
    @exclusivity(unchecked) private var events: RingProducer<MarketEvent>

    /// Records behind one another before the kernel's turn: what one of its turns takes.
    private static let batch = 64

    init() throws {
        memory = try RingMemory(capacity: 2_048)
        unsafe events = try memory.makeProducer()
        kernel = try ReplayKernel(BenchMarket.instrument(), events: try memory.makeConsumer())
    }

    func tell(isUp: Bool, timeNs: UInt64) {
        guard let place = unsafe events.claim() else { preconditionFailure("room") }
        unsafe place.pointee = MarketEvent()
        unsafe place.withMemoryRebound(to: FeedStatus.self, capacity: 1) { status in
            unsafe status.pointee.kind = .feedStatus
            unsafe status.pointee.flags = .last
            unsafe status.pointee.isUp = isUp ? 1 : 0
            unsafe status.pointee.ingressTimeNs = timeNs
        }
        unsafe events.publish()
        kernel.settle()
    }

    func take(_ records: UnsafeBufferPointer<MarketEvent>, offsetNs: UInt64) {
        for index in records.indices {
            guard let place = unsafe events.claim() else { preconditionFailure("room") }
            unsafe place.pointee = unsafe records[index]
            // Of levels all six words are prices and quantities.
            if unsafe place.pointee.kind != .bookLevels {
                unsafe place.pointee.words.1 &+= offsetNs
            }
            unsafe events.publish()
            if index % Self.batch == Self.batch - 1 { kernel.settle() }
        }
        kernel.settle()
    }
}

/// The records that the parser makes of a text.
private struct ReplayRecords {
    let all: [MarketEvent]
    let firstTimeNs: UInt64

    init(_ text: ReplayText) throws {
        let parser = try ReplayParser(BenchMarket.instrument())
        var events = try parser.makeEvents()
        var all: [MarketEvent] = []
        var reader = try CaptureReader(path: text.path)
        var firstTimeNs: UInt64?
        while let line = try reader.next() {
            firstTimeNs = firstTimeNs ?? line.receiveTimeNs
            unsafe parser.take(line.json, timeNs: line.receiveTimeNs) {
                while let event = unsafe events.peek() {
                    unsafe all.append(event.pointee)
                    events.release()
                }
            }
        }
        self.all = all
        self.firstTimeNs = firstTimeNs ?? 0
    }

    /// Of one message, the mean.
    func load(of text: ReplayText) -> BenchLoad {
        let eventCount = all.reduce(0) { $0 + $1.eventCount }
        return BenchLoad(
            bytes: Double(text.byteCount) / Double(text.lineCount),
            events: Double(eventCount) / Double(text.lineCount))
    }
}

extension MarketEvent {
    fileprivate var isQuote: Bool { kind == .quoteSide }

    /// Normalised events: a trade, one side of a quote, a level of a book.
    fileprivate var eventCount: Int {
        switch kind {
        case .trade, .quoteSide: 1
        case .bookLevels: Int(count)
        default: 0
        }
    }
}
