//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Foundation
import Glibc
import Messages
import Rings
import Telemetry
import Venues

let samples = "../shared/venues/binance"
let captures = "../shared/data/captures"
let haveSamples = FileManager.default.fileExists(atPath: samples)
let haveCaptures = FileManager.default.fileExists(atPath: captures)

func instrument(
    _ venueSymbol: String, priceDecimals: UInt8 = 2, tick: Int64 = 10, quantityDecimals: UInt8 = 3,
    lot: Int64 = 1, venue: Venue = .binanceUSDM
) -> Instrument {
    var result = Instrument()
    result.venue = venue
    result.venueSymbolText = venueSymbol
    result.symbolText = BinanceSymbol.symbol(venueSymbol: venueSymbol)
    result.quoteAssetText = "USDT"
    result.priceDecimals = priceDecimals
    result.quantityDecimals = quantityDecimals
    result.tickMantissa = tick
    result.lotMantissa = lot
    return result
}

/// Bytes that end 64 bytes before a page that must not be touched.
///
/// SAFETY: the mapping lives as long as the value, and tests use it on one thread.
@safe
final class GuardedBytes {
    private let base: UnsafeMutableRawPointer
    private let size: Int
    private let page = 4096

    init(capacity: Int) {
        size = (capacity + 64 + page - 1) / page * page
        unsafe base = mmap(
            nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        unsafe precondition(mprotect(base + size, page, PROT_NONE) == 0, "a guard page")
    }

    deinit { unsafe munmap(base, size + page) }

    /// Places `bytes`; what lies in the slack is `slack`, repeated.
    func place(_ bytes: some Collection<UInt8>, slack: [UInt8]) -> UnsafePointer<UInt8> {
        let start = unsafe base + (size - 64 - bytes.count)
        let target = unsafe start.assumingMemoryBound(to: UInt8.self)
        for (index, byte) in bytes.enumerated() { unsafe target[index] = byte }
        for index in 0..<64 {
            unsafe target[bytes.count + index] = slack.isEmpty ? 0 : slack[index % slack.count]
        }
        return unsafe UnsafePointer(target)
    }
}

/// One record as its bytes, so that every field counts in a comparison.
struct Record: Equatable, CustomStringConvertible {
    let event: [UInt8]

    func view<T>(_ type: T.Type) -> T {
        unsafe event.withUnsafeBytes { unsafe $0.loadUnaligned(as: T.self) }
    }
    var market: MarketEvent { view(MarketEvent.self) }
    var trade: Trade { view(Trade.self) }
    var quote: QuoteSide { view(QuoteSide.self) }
    var header: BookHeader { view(BookHeader.self) }
    var levels: BookLevels { view(BookLevels.self) }
    var mark: MarkPrice { view(MarkPrice.self) }
    var candleRange: CandleRange { view(CandleRange.self) }
    var candleClose: CandleClose { view(CandleClose.self) }
    var status: FeedStatus { view(FeedStatus.self) }

    var description: String { "kind \(market.kind.rawValue) \(event)" }
}

/// A parser stage with its rings, fed by hand.
///
/// SAFETY: ring memory is never freed, and tests use a harness on one thread.
@safe
final class Harness {
    private var eventMemory: RingMemory<MarketEvent>
    private var reportMemory: RingMemory<ExecutionReport>
    private var frameMemory: RingMemory<FrameDescriptor>
    private var byteMemories: UnsafeMutablePointer<ByteRingMemory>
    private let byteRings: UnsafeMutablePointer<ByteRingConsumer>
    let writers: UnsafeMutablePointer<ByteRingProducer>
    var frames: RingProducer<FrameDescriptor>
    var stage: ParserStage
    var events: RingConsumer<MarketEvent>
    var reports: RingConsumer<ExecutionReport>
    let telemetry = TelemetryWriter.standalone()
    let bytes = GuardedBytes(capacity: 1 << 17)

    static let inbox: UInt16 = 0
    static let market: UInt16 = 1
    static let orderEntry: UInt16 = 2
    static let userStream: UInt16 = 3

    init(
        _ instruments: [Instrument], venue: Venue? = .binanceUSDM, eventCapacity: Int = 2_048,
        reportCapacity: Int = 16, roles: [ConnectionRole]? = nil
    ) throws {
        let all: [ConnectionRole] =
            roles ?? [
                .inbox, .market(instruments: instruments.indices.map { UInt32($0) }),
                .orderEntry, .userStream,
            ]
        eventMemory = try RingMemory(capacity: eventCapacity)
        reportMemory = try RingMemory(capacity: reportCapacity)
        frameMemory = try RingMemory(capacity: 64)
        frames = try frameMemory.makeProducer()
        events = try eventMemory.makeConsumer()
        reports = try reportMemory.makeConsumer()
        unsafe byteMemories = .allocate(capacity: all.count)
        unsafe byteRings = .allocate(capacity: all.count)
        unsafe writers = .allocate(capacity: all.count)
        for index in all.indices {
            unsafe (byteMemories + index).initialize(to: try ByteRingMemory(capacity: 1 << 16))
            unsafe (byteRings + index).initialize(to: try byteMemories[index].makeConsumer())
            unsafe (writers + index).initialize(to: try byteMemories[index].makeProducer())
        }
        unsafe stage = ParserStage(
            frames: try frameMemory.makeConsumer(), byteRings: byteRings, roles: all,
            events: try eventMemory.makeProducer(), reports: try reportMemory.makeProducer(),
            instruments: .standalone(instruments), telemetry: telemetry, venue: venue)
    }

    func counter(_ name: String) -> UInt64 { telemetry.counter("parser_\(name)_total").value }

    /// Everything that says a message was not taken.
    var refusals: UInt64 {
        ["malformed", "inexact_decimals", "overflows", "unknown_symbols", "oversized"]
            .reduce(0) { $0 + counter($1) }
    }

    func frame(
        _ length: Int, _ connection: UInt16, kind: FrameKind = .text, context: UInt64 = 0
    ) -> FrameDescriptor {
        FrameDescriptor(
            ingressTimeNs: 1_000, position: 0, releaseLength: 0, context: context,
            length: UInt32(length), connectionID: connection, kind: kind, reserved_0: 0,
            reserved_1: (0, 0))
    }

    func takeEvents() -> [Record] {
        var records: [Record] = []
        while let event = unsafe events.peek() {
            records.append(
                Record(
                    event: unsafe Array(UnsafeRawBufferPointer(start: event, count: 56))))
            events.release()
        }
        return records
    }

    func takeReports() -> [ExecutionReport] {
        var result: [ExecutionReport] = []
        while let report = unsafe reports.peek() {
            unsafe result.append(report.pointee)
            reports.release()
        }
        return result
    }

    /// Parses one message of the market connection.
    func parse(
        _ message: some Collection<UInt8>, slack: [UInt8] = [], generic: Bool = false
    ) -> [Record] {
        let start = unsafe bytes.place(message, slack: slack)
        let frame = frame(message.count, Self.market)
        let isTaken =
            generic
            ? unsafe stage.parseGenerically(frame, bytes: start)
            : unsafe stage.parse(frame, bytes: start)
        precondition(isTaken, "rings with room")
        return takeEvents()
    }

    func parse(_ text: String, generic: Bool = false) -> [Record] {
        parse(Array(text.utf8), generic: generic)
    }

    /// Parses a depth snapshot that came by REST.
    func parseSnapshot(_ text: [UInt8], instrumentID: UInt32 = 0, slack: [UInt8] = []) -> [Record] {
        let context = RESTContext(
            kind: RESTContext.depthSnapshot, instrumentID: instrumentID).packed
        return parseREST(text, context: context, slack: slack)
    }

    func parseREST(_ text: [UInt8], context: UInt64, slack: [UInt8] = []) -> [Record] {
        let start = unsafe bytes.place(text, slack: slack)
        let isTaken = unsafe stage.parse(
            frame(text.count, Self.inbox, kind: .rest, context: context), bytes: start)
        precondition(isTaken, "rings with room")
        return takeEvents()
    }

    /// Parses one message of the order or user connection.
    func report(_ text: String, _ connection: UInt16) -> [ExecutionReport] {
        let message = Array(text.utf8)
        let start = unsafe bytes.place(message, slack: [])
        precondition(
            unsafe stage.parse(frame(message.count, connection), bytes: start), "rings with room")
        return takeReports()
    }

    /// A frame without bytes.
    func signal(_ kind: FrameKind, _ connection: UInt16) -> ([Record], [ExecutionReport]) {
        let start = unsafe bytes.place([UInt8](), slack: [])
        precondition(unsafe stage.parse(frame(0, connection, kind: kind), bytes: start), "room")
        return (takeEvents(), takeReports())
    }

    /// Pushes a frame through the byte ring and the frame ring, as the reader does.
    func push(_ text: String, _ connection: UInt16) {
        let message = Array(text.utf8)
        let ring = unsafe writers + Int(connection)
        precondition(unsafe ring.pointee.free(wanted: message.count) >= message.count, "room")
        let position = unsafe ring.pointee.position
        let target = unsafe ring.pointee.bytes(at: position)
        for (index, byte) in message.enumerated() { unsafe target[index] = byte }
        unsafe ring.pointee.commit(message.count)
        guard let slot = unsafe frames.claim() else { preconditionFailure("room for a frame") }
        var descriptor = frame(message.count, connection)
        descriptor.position = position
        descriptor.releaseLength = UInt64(message.count)
        unsafe slot.pointee = descriptor
        frames.publish()
    }
}

func lines(_ path: String) throws -> [[UInt8]] {
    try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n")).map { Array($0) }
}

/// Sequences apart, the same records.
func sameRecords(_ a: [Record], _ b: [Record]) -> Bool {
    a.count == b.count
        && zip(a, b).allSatisfy { first, second in
            // Levels carry no sequence; every other record begins with it.
            let from = first.market.kind == .bookLevels ? 0 : 8
            return first.event[from...] == second.event[from...]
        }
}
