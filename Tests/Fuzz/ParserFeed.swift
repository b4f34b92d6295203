//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Rings
import Telemetry
import Venues

/// A parser stage fed by hand.
///
/// SAFETY: ring memory is never freed, and one thread uses a feed.
@safe
final class ParserFeed {
    /// Readable bytes of no meaning behind every message, as in the byte ring.
    static let slack = 64
    private static let roles: [ConnectionRole] = [
        .inbox, .market(instruments: [0, 1], venue: .binanceUSDM), .orderEntry, .userStream,
        .market(instruments: [2, 3], venue: .okx), .privateStream(venue: .okx),
    ]
    static let inbox: UInt16 = 0
    static let binanceMarket: UInt16 = 1
    static let orderEntry: UInt16 = 2
    static let userStream: UInt16 = 3
    static let okxMarket: UInt16 = 4
    static let okxPrivate: UInt16 = 5

    private var eventMemory: RingMemory<MarketEvent>
    private var reportMemory: RingMemory<ExecutionReport>
    private var frameMemory: RingMemory<FrameDescriptor>
    private var stage: ParserStage
    private var events: RingConsumer<MarketEvent>
    private var reports: RingConsumer<ExecutionReport>

    init() throws {
        eventMemory = try RingMemory(capacity: 4_096)
        reportMemory = try RingMemory(capacity: 1_024)
        frameMemory = try RingMemory(capacity: 2)
        events = try eventMemory.makeConsumer()
        reports = try reportMemory.makeConsumer()
        let count = Self.roles.count
        let memories = UnsafeMutablePointer<ByteRingMemory>.allocate(capacity: count)
        let byteRings = UnsafeMutablePointer<ByteRingConsumer>.allocate(capacity: count)
        for index in 0..<count {
            unsafe (memories + index).initialize(to: try ByteRingMemory(capacity: 1 << 16))
            unsafe (byteRings + index).initialize(to: try memories[index].makeConsumer())
        }
        unsafe stage = ParserStage(
            frames: try frameMemory.makeConsumer(), byteRings: byteRings, roles: Self.roles,
            events: try eventMemory.makeProducer(), reports: try reportMemory.makeProducer(),
            instruments: .standalone([
                Self.instrument("BTCUSDT", .binanceUSDM), Self.instrument("ETHUSDT", .binanceUSDM),
                Self.instrument("BTC-USDT", .okx), Self.instrument("BTC-USDT-SWAP", .okx),
            ]),
            telemetry: .standalone(), venue: .binanceUSDM)
    }

    private static func instrument(_ venueSymbol: String, _ venue: Venue) -> Instrument {
        var result = Instrument()
        result.venue = venue
        result.venueSymbolText = venueSymbol
        result.symbolText =
            venue == .okx ? venueSymbol : BinanceSymbol.symbol(venueSymbol: venueSymbol)
        result.quoteAssetText = "USDT"
        result.priceDecimals = 2
        result.quantityDecimals = 3
        result.tickMantissa = 1
        result.lotMantissa = 1
        return result
    }

    /// Parses one message and drops its reports.
    ///
    /// - Returns: The market records' bytes without their sequence, which every frame has anew.
    func parse(
        _ input: UnsafeBufferPointer<UInt8>, _ connection: UInt16, kind: FrameKind = .text,
        context: UInt64 = 0, generic: Bool = false
    ) -> [UInt8] {
        // A place of its own, so that the sanitizer sees every byte read beyond the slack.
        let text = UnsafeMutablePointer<UInt8>.allocate(capacity: input.count + Self.slack)
        defer { unsafe text.deallocate() }
        unsafe text.initialize(repeating: 0, count: input.count + Self.slack)
        if let base = input.baseAddress { unsafe text.update(from: base, count: input.count) }
        let frame = FrameDescriptor(
            ingressTimeNs: 1_000, position: 0, releaseLength: 0, context: context,
            length: UInt32(input.count), connectionID: connection, kind: kind, reserved_0: 0,
            reserved_1: (0, 0))
        let isTaken =
            generic
            ? unsafe stage.parseGenerically(frame, bytes: text)
            : unsafe stage.parse(frame, bytes: text)
        precondition(isTaken, "empty rings have room for every message")
        var records: [UInt8] = []
        while let event = unsafe events.peek() {
            // Levels carry no sequence; every other record begins with it.
            let start = unsafe event.pointee.kind == .bookLevels ? 0 : 8
            unsafe records += UnsafeRawBufferPointer(start: event, count: 56)[start...]
            events.release()
        }
        while unsafe reports.peek() != nil { reports.release() }
        return records
    }
}
