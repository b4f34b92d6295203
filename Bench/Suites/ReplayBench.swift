//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import Indicators
import Journal
import Messages
import Platform
import Rings

/// Replay on one core (target P10). `raw`: a recording from its file through the production reader
/// of recordings, parser, book, bars and indicators. `normalised`: the records that the parser made
/// of it, through book, bars and indicators alone; `normalised-depth` without the quotes, which
/// makes them the events that hftbacktest reads. `synthetic`: as `raw`, of a market made up, for
/// where there is no recording.
let replaySuite = BenchSuite(
    name: "replay",
    measurements: [
        ReplayNames.raw, ReplayNames.normalised, ReplayNames.depth, ReplayNames.synthetic,
    ], run: replayBench)

private enum ReplayNames {
    static let raw = "replay/raw"
    static let normalised = "replay/normalised"
    static let depth = "replay/normalised-depth"
    static let synthetic = "replay/synthetic"
    static let recorded = [raw, normalised, depth]
}

@Sendable private func replayBench(_ bench: Bench) throws {
    if bench.isWanted(ReplayNames.synthetic) {
        var market = SyntheticMarket(messages: bench.parameter(smoke: 200, full: 20_000))
        let text = try ReplayText { market.next() }
        try replayRaw(bench, ReplayNames.synthetic, text, try ReplayRecords(text))
    }
    guard ReplayNames.recorded.contains(where: { bench.isWanted($0) }) else { return }
    let path = CaptureKind.path("binance-usdm_btcusdt_20240808.gz")
    let lineMax = bench.parameter(smoke: 400, full: Int.max)
    guard let text = try? ReplayText(recording: path, lineMax: lineMax) else {
        for name in ReplayNames.recorded { bench.skip(name, because: "no recording at \(path)") }
        return
    }
    let records = try ReplayRecords(text)
    if bench.isWanted(ReplayNames.raw) { try replayRaw(bench, ReplayNames.raw, text, records) }
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

/// What one pass took, piece by piece, and what it came to.
private struct ReplayPass {
    let ticks: [UInt64]
    let hash: UInt64
}

/// Times a pass in pieces of a thousand: each is short against the turns of a busy machine's
/// threads, so that most of them are not interrupted.
private struct ReplayPieces {
    private static let size = 1_000
    private(set) var ticks: [UInt64] = []
    private var counted = 0
    private var startTicks: UInt64 = 0

    init(count: Int) { ticks.reserveCapacity(count / Self.size + 2) }

    mutating func start() { startTicks = apus_tsc() }

    @inline(__always)
    mutating func count() {
        counted &+= 1
        if counted == Self.size { end() }
    }

    mutating func end() {
        let now = apus_tsc()
        ticks.append(now &- startTicks)
        startTicks = now
        counted = 0
    }
}

/// A round is three passes, of which each piece's median counts: what else ran in one of them does
/// not.
private func measurePasses(
    _ bench: Bench, _ name: String, operations: Int, _ load: BenchLoad, _ pass: () -> ReplayPass
) {
    var rounds: [[Double]] = []
    var hashes: Set<UInt64> = []
    var last: UInt64 = 0
    for round in 0...bench.roundCount {
        let passes = (0..<bench.parameter(smoke: 1, full: 3)).map { _ in pass() }
        for one in passes { hashes.insert(one.hash) }
        last = passes[0].hash
        if round == 0 { continue }
        let ns = passes[0].ticks.indices.reduce(0) { sum, piece in
            sum + Quantiles.median(passes.map { bench.ns($0.ticks[piece]) })
        }
        rounds.append([ns / Double(operations)])
    }
    bench.record(
        name, rounds: rounds, hash: last, isHashStable: hashes.count == 1,
        operations: operations, load: load)
}

private func replayRaw(
    _ bench: Bench, _ name: String, _ text: ReplayText, _ records: ReplayRecords
) throws {
    let parser = try ReplayParser(BenchMarket.instrument())
    let kernel = try ReplayKernel(BenchMarket.instrument(), events: try parser.makeEvents())
    var clock = ReplayClock(text)
    var failure: CaptureError?
    func pass() -> ReplayPass {
        clock.advance()
        let offsetNs = clock.offsetNs
        var pieces = ReplayPieces(count: text.lineCount)
        parser.reconnect(timeNs: records.firstTimeNs &+ offsetNs) { kernel.settle() }
        do throws(CaptureError) {
            pieces.start()
            var reader = try CaptureReader(path: text.path)
            while let line = try reader.next() {
                unsafe parser.take(line.json, timeNs: line.receiveTimeNs &+ offsetNs) {
                    kernel.settle()
                }
                pieces.count()
            }
            pieces.end()
        } catch { failure = error }
        return ReplayPass(ticks: pieces.ticks, hash: kernel.takeHash())
    }
    // The first passes fault the memory in and bring the bars to where every pass begins.
    for _ in 0..<2 { _ = pass() }
    let before = residentBytes()
    var passCount = 0
    let messages = Double(text.lineCount)
    measurePasses(
        bench, name, operations: text.lineCount,
        BenchLoad(
            bytes: Double(text.byteCount) / messages,
            events: Double(records.eventCount) / messages)
    ) {
        passCount += 1
        return pass()
    }
    if let failure { throw failure }
    let grown = Int64(residentBytes()) - Int64(before)
    let megabytes = BenchText.fixed(Double(text.byteCount * passCount) / 1e6, 1)
    bench.note(
        name, "resident memory grew by \(grown / 1_024) KiB over \(megabytes) MB of JSON")
}

private func replayRecords(
    _ bench: Bench, _ name: String, _ text: ReplayText, _ records: [MarketEvent]
) throws {
    guard bench.isWanted(name), let first = records.first else { return }
    var memory = try RingMemory<MarketEvent>(capacity: 2_048)
    var events = try memory.makeProducer()
    let kernel = try ReplayKernel(BenchMarket.instrument(), events: try memory.makeConsumer())
    var clock = ReplayClock(text)
    // Records behind one another before the kernel's turn: what one of its turns takes.
    let batch = 64
    func status(isUp: Bool) {
        guard let place = unsafe events.claim() else { return }
        unsafe place.pointee = MarketEvent()
        unsafe place.withMemoryRebound(to: FeedStatus.self, capacity: 1) { status in
            unsafe status.pointee.kind = .feedStatus
            unsafe status.pointee.flags = .last
            unsafe status.pointee.isUp = isUp ? 1 : 0
            unsafe status.pointee.ingressTimeNs = first.words.1 &+ clock.offsetNs
        }
        events.publish()
        kernel.settle()
    }
    func pass() -> ReplayPass {
        clock.advance()
        let offsetNs = clock.offsetNs
        status(isUp: false)
        status(isUp: true)
        var pieces = ReplayPieces(count: records.count)
        pieces.start()
        unsafe records.withUnsafeBufferPointer { records in
            for index in records.indices {
                guard let place = unsafe events.claim() else { preconditionFailure("room") }
                unsafe place.pointee = unsafe records[index]
                // Of levels all six words are prices and quantities.
                if unsafe place.pointee.kind != .bookLevels {
                    unsafe place.pointee.words.1 &+= offsetNs
                }
                events.publish()
                if index % batch == batch - 1 { kernel.settle() }
                pieces.count()
            }
        }
        kernel.settle()
        pieces.end()
        return ReplayPass(ticks: pieces.ticks, hash: kernel.takeHash())
    }
    _ = pass()
    let eventCount = records.reduce(0) { $0 + $1.eventCount }
    measurePasses(
        bench, name, operations: eventCount, BenchLoad(bytes: 0, events: 1), pass)
    let (instrument, quote) = (BenchMarket.instrument(), kernel.quote)
    bench.note(
        name, "events \(eventCount) bid \(instrument.text(price: quote.bid)) ask "
            + "\(instrument.text(price: quote.ask))")
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

    var eventCount: Int { all.reduce(0) { $0 + $1.eventCount } }
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
