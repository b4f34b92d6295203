//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
public import Messages
import Rings
import Telemetry
import Venues

/// The production parser by itself: what a frame of market data says, as records.
///
/// SAFETY: the rings' memory is kept as long as the ends; one thread uses this object.
@safe
public final class FrameDecoder {
    private final class Holder {
        var memory: ByteRingMemory
        init(_ memory: consuming ByteRingMemory) { self.memory = memory }
    }

    private static let byteCapacity = 8 << 20
    private static let eventCapacity = 4_096
    private static let connections = 2

    private var holders: [Holder] = []
    private var frameMemory: RingMemory<FrameDescriptor>
    private var eventMemory: RingMemory<MarketEvent>
    private var reportMemory: RingMemory<ExecutionReport>
    private let bytes: UnsafeMutablePointer<ByteRingProducer>
    private var frames: RingProducer<FrameDescriptor>
    private var events: RingConsumer<MarketEvent>
    private var parser: ParserStage

    public init(instruments: InstrumentTable) throws {
        frameMemory = try RingMemory(capacity: 64)
        eventMemory = try RingMemory(capacity: Self.eventCapacity)
        reportMemory = try RingMemory(capacity: 64)
        unsafe bytes = .allocate(capacity: Self.connections)
        let consumers = UnsafeMutablePointer<ByteRingConsumer>.allocate(capacity: Self.connections)
        for id in 0..<Self.connections {
            let holder = Holder(try ByteRingMemory(capacity: Self.byteCapacity))
            holders.append(holder)
            unsafe (bytes + id).initialize(to: try holder.memory.makeProducer())
            unsafe (consumers + id).initialize(to: try holder.memory.makeConsumer())
        }
        frames = try frameMemory.makeProducer()
        events = try eventMemory.makeConsumer()
        let ids = (0..<UInt32(instruments.count)).map { $0 }
        let venue = instruments.count > 0 ? instruments[0].venue : .binanceUSDM
        // The inbox and the quotes, at their places in the path.
        parser = unsafe ParserStage(
            frames: try frameMemory.makeConsumer(), byteRings: consumers,
            roles: [.inbox, .market(instruments: ids, venue: venue)],
            events: try eventMemory.makeProducer(), reports: try reportMemory.makeProducer(),
            instruments: instruments, telemetry: TelemetryWriter.standalone(), venue: venue)
    }

    /// The records of one frame; none for one that is refused.
    public func decode(_ frame: RecordedFrame) -> [MarketEvent] {
        let id = Int(frame.connectionID)
        guard id < Self.connections, frame.bytes.count <= Self.byteCapacity / 2,
            unsafe bytes[id].free(wanted: frame.bytes.count) >= frame.bytes.count,
            let slot = unsafe frames.claim()
        else { return [] }
        let position = unsafe bytes[id].position
        unsafe frame.bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            unsafe UnsafeMutableRawPointer(bytes[id].bytes(at: position)).copyMemory(
                from: base, byteCount: source.count)
        }
        unsafe bytes[id].commit(frame.bytes.count)
        unsafe slot.pointee = FrameDescriptor()
        unsafe slot.pointee.ingressTimeNs = frame.timeNs
        unsafe slot.pointee.position = position
        unsafe slot.pointee.releaseLength = UInt64(frame.bytes.count)
        unsafe slot.pointee.context = frame.context
        unsafe slot.pointee.length = UInt32(frame.bytes.count)
        unsafe slot.pointee.connectionID = frame.connectionID
        unsafe slot.pointee.kind = frame.kind
        frames.publish()
        var found: [MarketEvent] = []
        while parser.poll() > 0 {}
        while let event = unsafe events.peek() {
            unsafe found.append(event.pointee)
            events.release()
        }
        return found
    }
}
