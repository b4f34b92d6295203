//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CTelemetry
import Gateway
import Messages
import Pipeline
import Rings
import Risk
import Telemetry
import Venues

/// The production stages from frames to orders, on one thread: parser, risk and gateway on their
/// own rings. Who makes it stands in for kernel and strategy: prices and intents are given to it,
/// and its verdicts and updates are taken from it.
///
/// SAFETY: the byte rings' ends live as long as the stages, which go with this object.
@safe
final class Engine {
    /// Connections by id, as in the roles below.
    enum Connection {
        static let inbox: UInt16 = 0
        static let userStream: UInt16 = 1
        static let orderEntry: UInt16 = 2
        static let okx: UInt16 = 3
    }

    private static let roles: [ConnectionRole] = [
        .inbox, .userStream, .orderEntry, .privateStream(venue: .okx),
    ]
    private static let byteRingCapacity = 1 << 17

    private var parser: ParserStage
    private var risk: RiskStage
    private(set) var gateway: GatewayStage
    private var frames: RingProducer<FrameDescriptor>
    private var events: RingConsumer<MarketEvent>
    private var references: RingProducer<ReferencePrice>
    private var intents: RingProducer<OrderIntent>
    private var verdicts: RingConsumer<RiskVerdict>
    private var updates: RingConsumer<ExecutionReport>
    private var fills: RingConsumer<ExecutionReport>
    private var queries: RingConsumer<OrderIntent>
    private let bytes: UnsafeMutablePointer<ByteRingProducer>
    private let consumers: UnsafeMutablePointer<ByteRingConsumer>
    private let rings: EngineRings
    /// By port.
    let taps: [OutboundTap]

    init(
        instruments: InstrumentTable, limits: RiskLimits, gateway: GatewayConfiguration,
        venues: [Venue], control: ControlHandle, telemetry: TelemetryWriter
    ) throws {
        rings = try EngineRings(Self.roles.count, byteCapacity: Self.byteRingCapacity)
        let taps = venues.map { _ in OutboundTap() }
        self.taps = taps
        frames = try rings.frames.makeProducer()
        events = try rings.events.makeConsumer()
        references = try rings.references.makeProducer()
        intents = try rings.intents.makeProducer()
        verdicts = try rings.verdicts.makeConsumer()
        updates = try rings.strategyUpdates.makeConsumer()
        fills = try rings.fills.makeConsumer()
        queries = try rings.queries.makeConsumer()
        unsafe bytes = .allocate(capacity: Self.roles.count)
        unsafe consumers = .allocate(capacity: Self.roles.count)
        for id in Self.roles.indices {
            unsafe (bytes + id).initialize(to: try rings.bytes[id].memory.makeProducer())
            unsafe (consumers + id).initialize(to: try rings.bytes[id].memory.makeConsumer())
        }
        parser = unsafe ParserStage(
            frames: try rings.frames.makeConsumer(), byteRings: consumers, roles: Self.roles,
            events: try rings.events.makeProducer(), reports: try rings.reports.makeProducer(),
            instruments: instruments, telemetry: telemetry)
        risk = RiskStage(
            limits: limits, instruments: instruments, intents: try rings.intents.makeConsumer(),
            references: try rings.references.makeConsumer(),
            updates: try rings.riskUpdates.makeConsumer(),
            commands: try rings.commands.makeProducer(),
            verdicts: try rings.verdicts.makeProducer(), control: control, telemetry: telemetry)
        self.gateway = try GatewayStage(
            configuration: gateway, instruments: instruments,
            commands: try rings.commands.makeConsumer(),
            reports: try rings.reports.makeConsumer(),
            riskUpdates: try rings.riskUpdates.makeProducer(),
            strategyUpdates: try rings.strategyUpdates.makeProducer(),
            fills: try rings.fills.makeProducer(),
            queries: try rings.queries.makeProducer(),
            routes: zip(venues, taps).map { unsafe OrderRoute(venue: $0, channel: $1.channel) },
            control: control, clock: nil, telemetry: telemetry)
    }

    deinit {
        unsafe bytes.deinitialize(count: Self.roles.count)
        unsafe bytes.deallocate()
        unsafe consumers.deinitialize(count: Self.roles.count)
        unsafe consumers.deallocate()
    }

    /// Hands a frame to the parser, which gives it the next sequence.
    ///
    /// - Returns: The sequence; records that this frame causes carry it.
    func feed(
        _ connection: UInt16, _ kind: FrameKind, timeNs: UInt64, context: UInt64 = 0,
        _ payload: [UInt8] = []
    ) -> UInt64 {
        let ring = unsafe bytes + Int(connection)
        precondition(payload.count <= Self.byteRingCapacity / 2, "a payload that fits")
        guard unsafe ring.pointee.free(wanted: payload.count) >= payload.count,
            let slot = unsafe frames.claim()
        else { preconditionFailure("room in rings that are drained after every frame") }
        let position = unsafe ring.pointee.position
        let target = unsafe ring.pointee.bytes(at: position)
        for (index, byte) in payload.enumerated() { unsafe target[index] = byte }
        unsafe ring.pointee.commit(payload.count)
        unsafe slot.pointee = FrameDescriptor()
        unsafe slot.pointee.ingressTimeNs = timeNs
        unsafe slot.pointee.position = position
        unsafe slot.pointee.releaseLength = UInt64(payload.count)
        unsafe slot.pointee.context = context
        unsafe slot.pointee.length = UInt32(payload.count)
        unsafe slot.pointee.connectionID = connection
        unsafe slot.pointee.kind = kind
        frames.publish()
        _ = parser.poll()
        return parser.sequence
    }

    func publish(_ reference: ReferencePrice) {
        guard let slot = unsafe references.claim() else {
            preconditionFailure("room in a ring that is drained after every frame")
        }
        unsafe slot.pointee = reference
        references.publish()
    }

    func publish(_ intent: OrderIntent) {
        guard let slot = unsafe intents.claim() else {
            preconditionFailure("room in a ring that is drained after every frame")
        }
        unsafe slot.pointee = intent
        intents.publish()
    }

    /// The oldest question for the cold thread.
    func takeQuestion() -> OrderIntent? {
        guard let question = unsafe queries.peek() else { return nil }
        defer { queries.release() }
        return unsafe question.pointee
    }

    var hasQuestion: Bool { unsafe queries.peek() != nil }

    /// Polls every stage until nothing is left to do.
    func drain(
        onVerdict: (RiskVerdict) -> Void, onUpdate: (ExecutionReport) -> Void
    ) {
        references.advanceWatermark(to: parser.sequence)
        intents.advanceWatermark(to: parser.sequence)
        var quiet = 0
        while quiet < 2 {
            var work = parser.poll() + gateway.poll() + risk.poll() + gateway.poll()
            while unsafe events.peek() != nil { events.release() }
            while unsafe fills.peek() != nil { fills.release() }
            while let verdict = unsafe verdicts.peek() {
                unsafe onVerdict(verdict.pointee)
                verdicts.release()
                work += 1
            }
            while let update = unsafe updates.peek() {
                unsafe onUpdate(update.pointee)
                updates.release()
                work += 1
            }
            quiet = work == 0 ? quiet + 1 : 0
        }
    }
}

/// The memory of the engine's rings.
final class EngineRings {
    final class Bytes {
        var memory: ByteRingMemory
        init(_ memory: consuming ByteRingMemory) { self.memory = memory }
    }

    var frames: RingMemory<FrameDescriptor>
    var events: RingMemory<MarketEvent>
    var reports: RingMemory<ExecutionReport>
    var references: RingMemory<ReferencePrice>
    var intents: RingMemory<OrderIntent>
    var commands: RingMemory<OrderIntent>
    var verdicts: RingMemory<RiskVerdict>
    var riskUpdates: RingMemory<ExecutionReport>
    var strategyUpdates: RingMemory<ExecutionReport>
    var fills: RingMemory<ExecutionReport>
    var queries: RingMemory<OrderIntent>
    var bytes: [Bytes] = []

    init(_ connectionCount: Int, byteCapacity: Int) throws {
        frames = try RingMemory(capacity: 64)
        events = try RingMemory(capacity: 2_048)
        reports = try RingMemory(capacity: 512)
        references = try RingMemory(capacity: 64)
        intents = try RingMemory(capacity: 64)
        commands = try RingMemory(capacity: 64)
        verdicts = try RingMemory(capacity: 64)
        riskUpdates = try RingMemory(capacity: 64)
        strategyUpdates = try RingMemory(capacity: 64)
        fills = try RingMemory(capacity: 64)
        queries = try RingMemory(capacity: 64)
        for _ in 0..<connectionCount {
            bytes.append(Bytes(try ByteRingMemory(capacity: byteCapacity)))
        }
    }
}
