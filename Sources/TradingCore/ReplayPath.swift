//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Execution
import Indicators
import Inference
import Strategy
import Risk
public import Messages
import Gateway
public import Pipeline
import Platform
import Rings
public import Telemetry
import Venues

/// One frame as the reader would have handed it over.
public struct RecordedFrame: Sendable {
    public let connectionID: UInt16
    public let kind: FrameKind
    public let context: UInt64
    public let timeNs: UInt64
    public let bytes: [UInt8]

    public init(
        connectionID: UInt16, kind: FrameKind, context: UInt64 = 0, timeNs: UInt64,
        bytes: [UInt8] = []
    ) {
        self.connectionID = connectionID
        self.kind = kind
        self.context = context
        self.timeNs = timeNs
        self.bytes = bytes
    }
}

/// Keeps a byte ring's memory alive.
private final class ByteRingHolder {
    var memory: ByteRingMemory
    init(_ memory: consuming ByteRingMemory) { self.memory = memory }
}

/// The production stages without a network: frames go in from a recording, orders come out in
/// memory. One thread may poll all stages, or several threads their own, with the same result.
///
/// SAFETY: `feed` is called by one thread, `poll` of each stage by one.
@safe
public final class ReplayPath: @unchecked Sendable {
    public let telemetry: TelemetryWriter
    public let instruments: InstrumentTable
    public let control: ControlHandle
    let stages: PathStages
    private let rings: PathRings
    private let relays: ReplayRelays
    private let channel = MemoryOrderChannel(capacity: 1 << 20)
    @exclusivity(unchecked) private var frames: RingProducer<FrameDescriptor>
    private let bytes: UnsafeMutablePointer<ByteRingProducer>
    @exclusivity(unchecked) private var bars: RingConsumer<Bar>
    @exclusivity(unchecked) private var indicators: RingConsumer<IndicatorValues>
    @exclusivity(unchecked) private var fills: RingConsumer<ExecutionReport>
    @exclusivity(unchecked) private var snapshots: RingConsumer<SnapshotRequest>
    @exclusivity(unchecked) private var queries: RingConsumer<OrderIntent>
    private let sinks: ReplaySinks
    private var byteMemory: [ByteRingHolder] = []

    private static let byteRingCapacity = 8 << 20
    /// Further lines counted.
    let connectionCount: Int

    /// - Parameters:
    ///   - control: The control page; by default one that nobody else sees.
    ///   - telemetry: Likewise.
    public convenience init(
        _ configuration: PathConfiguration, instruments: InstrumentTable, sinks: ReplaySinks,
        control: ControlHandle = .standalone(), telemetry: TelemetryWriter = .standalone()
    ) throws {
        try self.init(
            configuration, instruments: instruments, sinks: sinks,
            roles: ConnectionID.roles(instruments, lineCount: configuration.lineCount),
            control: control, telemetry: telemetry,
            symbolsVenue: instruments.count > 0 ? instruments[0].venue : nil)
    }

    /// - Parameters:
    ///   - roles: What each connection carries.
    ///   - symbolsVenue: See `PathStages`.
    init(
        _ configuration: PathConfiguration, instruments: InstrumentTable, sinks: ReplaySinks,
        roles: [ConnectionRole], control: ControlHandle,
        telemetry: TelemetryWriter = .standalone(), symbolsVenue: Venue?
    ) throws {
        self.telemetry = telemetry
        self.control = control
        self.instruments = instruments
        self.sinks = sinks
        rings = try PathRings(directory: nil)
        var ends = PathEnds(rings)
        relays = try ReplayRelays(sinks, &ends)
        unsafe frames = try rings.frames.makeProducer()
        unsafe bars = try rings.bars.makeConsumer()
        unsafe indicators = try rings.indicators.makeConsumer()
        unsafe fills = try rings.fills.makeConsumer()
        unsafe snapshots = try rings.snapshots.makeConsumer()
        unsafe queries = try rings.queries.makeConsumer()
        connectionCount = roles.count
        unsafe bytes = .allocate(capacity: connectionCount)
        let consumers = UnsafeMutablePointer<ByteRingConsumer>.allocate(
            capacity: connectionCount)
        for id in 0..<connectionCount {
            let holder = ByteRingHolder(try ByteRingMemory(capacity: Self.byteRingCapacity))
            byteMemory.append(holder)
            unsafe (bytes + id).initialize(to: try holder.memory.makeProducer())
            unsafe (consumers + id).initialize(to: try holder.memory.makeConsumer())
        }
        stages = unsafe try PathStages(
            ends, configuration, instruments: instruments, byteRings: consumers,
            roles: roles, routes: Self.routes(instruments, channel),
            control: control, clock: nil, telemetry: telemetry, symbolsVenue: symbolsVenue)
    }

    /// One channel for the orders to every venue.
    private static func routes(
        _ instruments: InstrumentTable, _ channel: borrowing MemoryOrderChannel
    ) -> [OrderRoute] {
        Set((0..<UInt32(instruments.count)).map { instruments[$0].venue }).map {
            unsafe OrderRoute(venue: $0, channel: channel.channel)
        }
    }

    // MARK: Feeding

    /// Hands one frame over; `false` when there is no room and the stages must be polled first.
    public func feed(
        connectionID: UInt16, kind: FrameKind, context: UInt64, timeNs: UInt64,
        bytes source: UnsafeRawBufferPointer
    ) -> Bool {
        let ring = unsafe bytes + Int(connectionID)
        guard source.count <= Self.byteRingCapacity / 2,
            unsafe ring.pointee.free(wanted: source.count) >= source.count,
            let slot = unsafe frames.claim()
        else { return false }
        let position = unsafe ring.pointee.position
        if let base = source.baseAddress {
            unsafe UnsafeMutableRawPointer(ring.pointee.bytes(at: position)).copyMemory(
                from: base, byteCount: source.count)
        }
        unsafe ring.pointee.commit(source.count)
        unsafe slot.pointee = FrameDescriptor()
        unsafe slot.pointee.ingressTimeNs = timeNs
        unsafe slot.pointee.position = position
        unsafe slot.pointee.releaseLength = UInt64(source.count)
        unsafe slot.pointee.context = context
        unsafe slot.pointee.length = UInt32(source.count)
        unsafe slot.pointee.connectionID = connectionID
        unsafe slot.pointee.kind = kind
        unsafe frames.publish()
        return true
    }

    /// Hands one recorded frame over; see `feed`.
    public func feed(_ frame: RecordedFrame) -> Bool {
        unsafe frame.bytes.withUnsafeBytes {
            unsafe feed(
                connectionID: frame.connectionID, kind: frame.kind, context: frame.context,
                timeNs: frame.timeNs, bytes: $0)
        }
    }

    /// A REST snapshot of the instrument's book, as the cold thread that asked hands it over.
    public static func snapshot(
        of instrumentID: UInt32, timeNs: UInt64, bytes: [UInt8]
    ) -> RecordedFrame {
        RecordedFrame(
            connectionID: ConnectionID.inbox, kind: .rest,
            context: RESTContext(
                kind: RESTContext.depthSnapshot, instrumentID: instrumentID).packed,
            timeNs: timeNs, bytes: bytes)
    }

    /// The frame that says a connection is usable.
    public static func connected(_ id: UInt16, timeNs: UInt64) -> RecordedFrame {
        RecordedFrame(connectionID: id, kind: .connected, timeNs: timeNs)
    }

    /// Every connection's first frame: all sessions are up.
    public static func allConnected(timeNs: UInt64) -> [RecordedFrame] {
        (1..<UInt16(ConnectionID.count)).map { connected($0, timeNs: timeNs) }
    }

    // MARK: Polling

    /// One round over `stages`; returns the number of records handled.
    public func poll(_ wanted: StageSet) -> Int {
        var work = 0
        if wanted.contains(.parser) { unsafe work += stages.parser.pointee.poll() }
        if wanted.contains(.gateway) { unsafe work += stages.gateway.pointee.poll() }
        if wanted.contains(.kernel) {
            work += relays.events?.poll() ?? 0
            unsafe work += stages.kernel.pointee.poll()
            drainTaps()
        }
        if wanted.contains(.inference) {
            work += relays.features?.poll() ?? 0
            unsafe work += stages.inference.pointee.poll()
        }
        if wanted.contains(.strategy) {
            work += relays.signals?.poll() ?? 0
            work += relays.verdicts?.poll() ?? 0
            unsafe work += stages.strategy.pointee.poll()
        }
        if wanted.contains(.execution) {
            work += relays.childVerdicts?.poll() ?? 0
            unsafe work += stages.execution.pointee.poll()
        }
        if wanted.contains(.risk) {
            work += relays.children?.poll() ?? 0
            work += relays.intents?.poll() ?? 0
            unsafe work += stages.risk.pointee.poll()
        }
        if wanted.contains(.gateway) {
            unsafe work += stages.gateway.pointee.poll()
            drainFills()
        }
        return work
    }

    /// Polls every stage until nothing is left to do.
    public func drain() {
        // A stage passes a watermark on without handling a record, which counts as no work. One
        // round takes it down the path, what answers it comes back in a second: four quiet rounds
        // in a row have left nothing.
        var quiet = 0
        while quiet < 4 { quiet = poll(.all) == 0 ? quiet + 1 : 0 }
    }

    private func drainTaps() {
        while let bar = unsafe bars.peek() {
            unsafe sinks.bar?(bar)
            unsafe bars.release()
        }
        while let values = unsafe indicators.peek() {
            unsafe sinks.indicators?(values)
            unsafe indicators.release()
        }
        while let request = unsafe snapshots.peek() {
            unsafe sinks.snapshot?(request)
            unsafe snapshots.release()
        }
    }

    private func drainFills() {
        while let fill = unsafe fills.peek() {
            unsafe sinks.fill?(fill)
            unsafe fills.release()
        }
        while unsafe queries.peek() != nil { unsafe queries.release() }
    }

    // MARK: Orders

    /// The order frames written since the last call, as the venue would decrypt them.
    public func takeOrderFrames() -> [UInt8] {
        let bytes = channel.bytes
        if !bytes.isEmpty { channel.clear() }
        return bytes
    }
}
