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
import Venues

/// A kernel behind an event ring, and the emptying of all that it writes.
final class ReplayKernel {
    private var featureMemory: RingMemory<FeatureVector>
    private var referenceMemory: RingMemory<ReferencePrice>
    private var requestMemory: RingMemory<SnapshotRequest>
    private var barMemory: RingMemory<Bar>
    private var indicatorMemory: RingMemory<IndicatorValues>
    @exclusivity(unchecked) private var features: RingConsumer<FeatureVector>
    @exclusivity(unchecked) private var references: RingConsumer<ReferencePrice>
    @exclusivity(unchecked) private var requests: RingConsumer<SnapshotRequest>
    @exclusivity(unchecked) private var bars: RingConsumer<Bar>
    @exclusivity(unchecked) private var indicators: RingConsumer<IndicatorValues>
    @exclusivity(unchecked) private var stage: KernelStage
    private var barSum: UInt64 = 0

    /// - Parameter features: None: the standard ones.
    init(
        _ instrument: Instrument, features kinds: [FeatureKind] = [],
        events: consuming RingConsumer<MarketEvent>
    ) throws {
        var configuration = KernelConfiguration(trigger: .bar)
        configuration.features = kinds
        featureMemory = try RingMemory(capacity: 1_024)
        referenceMemory = try RingMemory(capacity: 4_096)
        requestMemory = try RingMemory(capacity: 64)
        barMemory = try RingMemory(capacity: 4_096)
        indicatorMemory = try RingMemory(capacity: 4_096)
        unsafe features = try featureMemory.makeConsumer()
        unsafe references = try referenceMemory.makeConsumer()
        unsafe requests = try requestMemory.makeConsumer()
        unsafe bars = try barMemory.makeConsumer()
        unsafe indicators = try indicatorMemory.makeConsumer()
        // Book and indicators follow every event; vectors are asked for when a bar ends.
        unsafe stage = KernelStage(
            configuration: configuration,
            instruments: .standalone([instrument]), events: events,
            features: try featureMemory.makeProducer(),
            references: try referenceMemory.makeProducer(),
            snapshotRequests: try requestMemory.makeProducer(),
            bars: try barMemory.makeProducer(), indicators: try indicatorMemory.makeProducer(),
            telemetry: .standalone())
    }

    /// Handles all that waits in the event ring.
    @inline(__always)
    func settle() {
        while unsafe stage.poll() > 0 {}
        while unsafe features.peek() != nil { unsafe features.release() }
        while unsafe references.peek() != nil { unsafe references.release() }
        while unsafe requests.peek() != nil { unsafe requests.release() }
        while unsafe indicators.peek() != nil { unsafe indicators.release() }
        while let bar = unsafe bars.peek() {
            unsafe barSum = barSum &* 31 &+ UInt64(bitPattern: bar.pointee.close.rawValue)
            unsafe barSum &+= UInt64(bitPattern: bar.pointee.volume.rawValue)
            unsafe bars.release()
        }
    }

    var quote: BookQuote { unsafe stage.quote(of: 0) }

    /// What the messages since the last call came to: best prices, and every bar's close and
    /// volume.
    func takeHash() -> UInt64 {
        let quote = quote
        let words = [
            UInt64(bitPattern: quote.bid.rawValue), UInt64(bitPattern: quote.bidQuantity.rawValue),
            UInt64(bitPattern: quote.ask.rawValue), UInt64(bitPattern: quote.askQuantity.rawValue),
            quote.updateID,
        ]
        defer { barSum = 0 }
        return words.reduce(barSum) { ($0 ^ $1) &* 1_099_511_628_211 }
    }
}

/// A parser for one instrument's market data and snapshots.
final class ReplayParser {
    private var frameMemory: RingMemory<FrameDescriptor>
    private var eventMemory: RingMemory<MarketEvent>
    private var reportMemory: RingMemory<ExecutionReport>
    private var inboxMemory: ByteRingMemory
    private var marketMemory: ByteRingMemory
    @exclusivity(unchecked) private var stage: ParserStage

    private static let market: UInt16 = 1

    init(_ instrument: Instrument) throws {
        frameMemory = try RingMemory(capacity: 64)
        eventMemory = try RingMemory(capacity: 2_048)
        reportMemory = try RingMemory(capacity: 64)
        inboxMemory = try ByteRingMemory(capacity: 65_536)
        marketMemory = try ByteRingMemory(capacity: 65_536)
        let bytes = UnsafeMutablePointer<ByteRingConsumer>.allocate(capacity: 2)
        unsafe bytes.initialize(to: try inboxMemory.makeConsumer())
        unsafe (bytes + 1).initialize(to: try marketMemory.makeConsumer())
        unsafe stage = unsafe ParserStage(
            frames: try frameMemory.makeConsumer(), byteRings: bytes,
            roles: [.inbox, .market(instruments: [0], venue: instrument.venue)],
            events: try eventMemory.makeProducer(), reports: try reportMemory.makeProducer(),
            instruments: .standalone([instrument]), telemetry: .standalone())
    }

    /// The reading end of what it writes, once.
    func makeEvents() throws -> RingConsumer<MarketEvent> { try eventMemory.makeConsumer() }

    /// The connection breaks and comes up again: what was known of the book is void.
    func reconnect(timeNs: UInt64, settle: () -> Void) {
        var frame = FrameDescriptor()
        frame.connectionID = Self.market
        frame.ingressTimeNs = timeNs
        let nothing = [UInt8](repeating: 0, count: 64)
        for kind in [FrameKind.disconnected, .connected] {
            frame.kind = kind
            unsafe nothing.withUnsafeBufferPointer { bytes in
                _ = unsafe stage.parse(frame, bytes: bytes.baseAddress!)
            }
            settle()
        }
    }

    /// One message, `timeNs` when it was received; 64 readable bytes stand behind it.
    @inline(__always)
    func take(_ json: UnsafeRawBufferPointer, timeNs: UInt64, settle: () -> Void) {
        guard let first = json.baseAddress else { return }
        var frame = FrameDescriptor()
        frame.ingressTimeNs = timeNs
        frame.length = UInt32(truncatingIfNeeded: json.count)
        // `{"lastUpdateId"...` is a snapshot, `{"stream"...` all others.
        if unsafe json.count > 2 && json[2] == UInt8(ascii: "l") {
            frame.kind = .rest
            frame.context = RESTContext(kind: RESTContext.depthSnapshot).packed
        } else {
            frame.kind = .text
            frame.connectionID = Self.market
        }
        let bytes = unsafe first.assumingMemoryBound(to: UInt8.self)
        while unsafe !stage.parse(frame, bytes: bytes) { settle() }
        settle()
    }
}
