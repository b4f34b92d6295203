//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CBase
import Configuration
import Journal
import Messages
import Pipeline
import Platform
import Rings
import Telemetry
import Transport
import Venues

/// The rings, connections and threads of a recorder: the reader of the engine, and behind it a
/// thread that writes files where the engine has its parser.
///
/// SAFETY: this value keeps what the rings lie in; it outlives the threads.
@safe
struct RecorderWiring {
    let sink: RecorderSink
    let connector: Connector
    let reader: UnsafeMutablePointer<ReaderStage>
    let cold: [ColdLoop]
    private let rings: RecorderRings

    /// Bytes that may wait for the writer, per connection.
    private static let byteRingCapacity = 16 << 20
    /// Messages that may wait.
    private static let frameRingCapacity = 32_768
    private static let coldRingCapacity = 64
    private static let requestRingCapacity = 256
    private static let timerIntervalNs: UInt64 = 100_000_000

    init(
        _ settings: Settings, directory: InstanceDirectory, setups: [VenueSetup],
        sessions: [any MarketSession], instruments: InstrumentTable, folder: String,
        limits: CaptureLimits, telemetry: TelemetryWriter, log: Log
    ) throws {
        let plan = ConnectionPlan(settings, setups, instruments, for: .recording)
        let rings = try RecorderRings(directory)
        let producers = UnsafeMutablePointer<ByteRingProducer>.allocate(capacity: plan.count)
        let consumers = UnsafeMutablePointer<ByteRingConsumer>.allocate(capacity: plan.count)
        for id in 0..<plan.count {
            var memory = try ByteRingMemory(
                capacity: Self.byteRingCapacity, path: directory.segment("bytes.\(id)"))
            unsafe (producers + id).initialize(to: try memory.makeProducer())
            unsafe (consumers + id).initialize(to: try memory.makeConsumer())
            memory.leak()
        }
        let inbox = ColdInbox(
            bytes: unsafe producers.move(), inbox: try rings.inbox.makeProducer())
        let connector = Connector(specifications: plan.specifications) {
            log.info("connection", ["event": $0])
        }
        var configuration = ReaderConfiguration()
        configuration.timerIntervalNs = Self.timerIntervalNs
        unsafe reader = PathStages.place(
            ReaderStage(
                configuration: configuration, connector: connector,
                frames: try rings.frames.makeProducer(), byteRings: producers,
                connectionCount: plan.count, inbox: try rings.inbox.makeConsumer(),
                outbox: try rings.outbox.makeConsumer(), clock: .calibrated(),
                telemetry: telemetry))
        sink = unsafe RecorderSink(
            frames: try rings.frames.makeConsumer(), byteRings: consumers,
            requests: try rings.requests.makeProducer(), roles: plan.roles,
            instruments: instruments, folder: folder, limits: limits, telemetry: telemetry)
        let requests = SnapshotRequests(try rings.requests.makeConsumer(), instruments)
        cold = sessions.map { session in
            ColdLoop(
                session: session, inbox: inbox, instruments: instruments, requests: requests,
                books: .request,
                attempts: RequestAttempts(session.venue, telemetry: telemetry, log: log),
                telemetry: telemetry, log: log)
        }
        self.connector = connector
        self.rings = rings
    }

    /// The slot rings of a recorder.
    private final class RecorderRings {
        var frames: RingMemory<FrameDescriptor>
        var inbox: RingMemory<FrameDescriptor>
        var outbox: RingMemory<OutboundText>
        var requests: RingMemory<SnapshotRequest>

        init(_ directory: InstanceDirectory) throws(RingError) {
            frames = try RingMemory(
                capacity: RecorderWiring.frameRingCapacity, path: directory.segment("ring.frames"))
            inbox = try RingMemory(
                capacity: RecorderWiring.coldRingCapacity, path: directory.segment("ring.inbox"))
            outbox = try RingMemory(
                capacity: RecorderWiring.coldRingCapacity, path: directory.segment("ring.outbox"))
            requests = try RingMemory(
                capacity: RecorderWiring.requestRingCapacity,
                path: directory.segment("ring.snapshots"))
        }
    }
}
