//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CBase
import Configuration
import Messages
import Pipeline
import Platform
import Rings
import Telemetry
import Transport
import Venues

/// The rings, connections and threads of whoever takes market data as it comes: the reader of the
/// engine, and in the place of its parser another who takes the frames.
///
/// SAFETY: this value keeps what the rings lie in; it outlives the threads.
@safe
struct MarketWiring {
    let plan: ConnectionPlan
    /// Consuming ends by connection id.
    let byteRings: UnsafeMutablePointer<ByteRingConsumer>
    /// Of `frames` and `requests` the ends are for whoever takes the frames.
    let rings: MarketRings
    let connector: Connector
    let reader: UnsafeMutablePointer<ReaderStage>
    let cold: [ColdLoop]

    /// Bytes that may wait to be taken, per connection.
    private static let byteRingCapacity = 16 << 20
    private static let timerIntervalNs: UInt64 = 100_000_000

    init(
        _ settings: Settings, directory: InstanceDirectory, setups: [VenueSetup],
        sessions: [any MarketSession], instruments: InstrumentTable,
        telemetry: TelemetryWriter, log: Log
    ) throws {
        let plan = ConnectionPlan(settings, setups, instruments, for: .recording)
        let rings = try MarketRings(directory)
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
        let requests = SnapshotRequests(try rings.requests.makeConsumer(), instruments)
        let outbox = ColdOutbox(try rings.outbox.makeProducer())
        cold = sessions.map { session in
            ColdLoop(
                session: session, inbox: inbox, instruments: instruments, requests: requests,
                books: BookSource(
                    settings, session.venue, instruments, plan, connector, outbox, lines: .each),
                attempts: RequestAttempts(session.venue, telemetry: telemetry, log: log),
                telemetry: telemetry, log: log)
        }
        self.plan = plan
        unsafe byteRings = unsafe consumers
        self.connector = connector
        self.rings = rings
    }
}

/// The slot rings between a reader, the cold threads, and whoever takes the frames.
final class MarketRings {
    /// Messages that may wait to be taken.
    private static let frameCapacity = 32_768
    private static let coldCapacity = 64
    private static let requestCapacity = 256

    var frames: RingMemory<FrameDescriptor>
    var inbox: RingMemory<FrameDescriptor>
    var outbox: RingMemory<OutboundText>
    var requests: RingMemory<SnapshotRequest>

    init(_ directory: InstanceDirectory) throws(RingError) {
        frames = try RingMemory(
            capacity: Self.frameCapacity, path: directory.segment("ring.frames"))
        inbox = try RingMemory(
            capacity: Self.coldCapacity, path: directory.segment("ring.inbox"))
        outbox = try RingMemory(
            capacity: Self.coldCapacity, path: directory.segment("ring.outbox"))
        requests = try RingMemory(
            capacity: Self.requestCapacity, path: directory.segment("ring.snapshots"))
    }
}
