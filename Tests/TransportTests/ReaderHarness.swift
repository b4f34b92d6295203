//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CPlatform
import CTLS
import CUring
import Messages
import Platform
import Rings
import Synchronization
import Telemetry
import Testing
import Transport

/// One suite after the other: they spin, and the cores are few.
@Suite("Transport", .serialized)
enum TransportSuites {}

/// A frame as the parser would see it.
struct SeenFrame: Equatable, CustomStringConvertible {
    let kind: FrameKind
    let id: UInt16
    let payload: [UInt8]
    var text: String { String(decoding: payload, as: UTF8.self) }
    var description: String { "\(kind.rawValue)/\(id) \(text.prefix(60))" }
}

/// A reader with its rings, polled by the test's own thread; the test is the parser.
///
/// SAFETY: used by one thread; memory is kept until the process ends.
@safe
final class ReaderHarness {
    /// Between two polls that found nothing: leaves the core to the other end of the connection.
    private static let pauseNs: UInt64 = 20_000

    let connector: Connector
    let telemetry = TelemetryWriter.standalone()
    let inbox: ColdInbox
    let outbox: ColdOutbox
    var stage: ReaderStage
    var frames: RingConsumer<FrameDescriptor>
    let byteConsumers: UnsafeMutablePointer<ByteRingConsumer>
    private let frameMemory: UnsafeMutablePointer<RingMemory<FrameDescriptor>>
    private let byteInspectors: [ByteRingInspector]
    let log = TestLog()
    var timers = 0
    /// Whether frames are taken out of the ring.
    var isConsuming = true
    var lastIngressNs: UInt64 = 0

    init(
        _ specifications: [ConnectionSpecification], strategy: NetStrategy = .multishot,
        frameCapacity: Int = 256, byteCapacity: Int = 1 << 20, timerIntervalNs: UInt64 = 1_000_000,
        backoffBase: Duration = .milliseconds(5), messageSizeMax: Int = 1 << 20,
        connectTimeout: Duration = .seconds(5),
        configure: (inout ConnectorConfiguration) -> Void = { _ in }
    ) throws {
        _ = TestAuthority.good
        var configuration = ConnectorConfiguration()
        configuration.backoffBase = backoffBase
        configuration.backoffCap = .milliseconds(50)
        configuration.connectTimeout = connectTimeout
        configuration.attemptsPerFiveMinutesMax = 1_000
        configuration.seed = 1
        configure(&configuration)
        let log = log
        connector = Connector(
            specifications: specifications, configuration: configuration, log: { log.add($0) })
        let count = specifications.count + 1
        let producers = UnsafeMutablePointer<ByteRingProducer>.allocate(capacity: count)
        unsafe byteConsumers = .allocate(capacity: count)
        var inboxBytes: ByteRingProducer?
        var inspectors: [ByteRingInspector] = []
        for id in 0..<count {
            let memory = UnsafeMutablePointer<ByteRingMemory>.allocate(capacity: 1)
            unsafe memory.initialize(to: try ByteRingMemory(capacity: byteCapacity))
            unsafe (byteConsumers + id).initialize(to: try memory.pointee.makeConsumer())
            unsafe inspectors.append(memory.pointee.inspector)
            if id == 0 {
                inboxBytes = unsafe try memory.pointee.makeProducer()
            } else {
                unsafe (producers + id).initialize(to: try memory.pointee.makeProducer())
            }
        }
        let ring = UnsafeMutablePointer<RingMemory<FrameDescriptor>>.allocate(capacity: 2)
        unsafe ring.initialize(to: try RingMemory(capacity: frameCapacity))
        unsafe (ring + 1).initialize(to: try RingMemory(capacity: 16))
        unsafe frameMemory = unsafe ring
        byteInspectors = inspectors
        frames = unsafe try ring[0].makeConsumer()
        let outboxMemory = UnsafeMutablePointer<RingMemory<OutboundText>>.allocate(capacity: 1)
        unsafe outboxMemory.initialize(to: try RingMemory(capacity: 16))
        outbox = unsafe ColdOutbox(try outboxMemory.pointee.makeProducer())
        inbox = unsafe ColdInbox(bytes: inboxBytes.take()!, inbox: try ring[1].makeProducer())
        var reader = ReaderConfiguration()
        reader.strategy = strategy
        reader.receiveCount = 16
        reader.timerIntervalNs = timerIntervalNs
        reader.messageSizeMax = messageSizeMax
        stage = unsafe ReaderStage(
            configuration: reader, connector: connector, frames: try ring[0].makeProducer(),
            byteRings: producers, connectionCount: count, inbox: try ring[1].makeConsumer(),
            outbox: try outboxMemory.pointee.makeConsumer(), clock: .calibrated(),
            telemetry: telemetry)
        try stage.start()
        try connector.start()
    }

    /// Has the reader's frames copied for a journal that takes them when the test is over.
    func tap(
        _ slots: inout RingMemory<TappedFrame>, _ bytes: inout ByteRingMemory
    ) throws {
        stage.journal = unsafe FrameTap(
            frames: frameMemory[0].inspector, frameCapacity: frameMemory[0].capacity,
            sources: byteInspectors, slots: try slots.makeProducer(),
            bytes: try bytes.makeProducer())
    }

    func counter(_ name: String) -> UInt64 { telemetry.counter(name).value }

    /// The next frame that is no timer, polling until it is there.
    func next(_ location: SourceLocation = #_sourceLocation) throws -> SeenFrame {
        let deadline = monotonicNs() + 10_000_000_000
        while monotonicNs() < deadline {
            let work = stage.poll()
            if let frame = take() { return frame }
            if work == 0 { apus_thread_sleep_ns(Self.pauseNs) }
        }
        Issue.record("no frame within 10 s; log: \(log.lines)", sourceLocation: location)
        throw CancellationError()
    }

    /// Polls until `condition` holds.
    func run(
        _ location: SourceLocation = #_sourceLocation, until condition: () -> Bool
    ) throws {
        let deadline = monotonicNs() + 10_000_000_000
        while monotonicNs() < deadline {
            let work = stage.poll()
            if condition() { return }
            if work == 0 { apus_thread_sleep_ns(Self.pauseNs) }
        }
        Issue.record("not within 10 s; log: \(log.lines)", sourceLocation: location)
        throw CancellationError()
    }

    /// Takes the oldest frame that is no timer, and frees its bytes.
    func take() -> SeenFrame? {
        while isConsuming, let descriptor = unsafe frames.peek() {
            let frame = unsafe descriptor.pointee
            let bytes = unsafe byteConsumers[Int(frame.connectionID)].bytes(at: frame.position)
            let payload = unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(frame.length)))
            #expect(frame.ingressTimeNs >= lastIngressNs)
            lastIngressNs = frame.ingressTimeNs
            unsafe byteConsumers[Int(frame.connectionID)].release(Int(frame.releaseLength))
            frames.release()
            if frame.kind == .timer {
                timers += 1
                continue
            }
            return SeenFrame(kind: frame.kind, id: frame.connectionID, payload: payload)
        }
        return nil
    }

    /// Sends a masked text frame by the order channel.
    func order(_ text: String, id: Int = 1) -> Int32 {
        let channel = unsafe stage.orderChannel(connectionID: id)
        let key: UInt32 = 0x1122_3344
        var payload = Array(text.utf8)
        let masked = unsafe payload.withUnsafeMutableBufferPointer { bytes in
            unsafe withUnsafeBytes(of: key) { key in
                for index in bytes.indices { unsafe bytes[index] ^= key[index % 4] }
            }
            return unsafe Array(bytes)
        }
        let frame = TestPeer.frame(0x1, masked, key: key)
        let written = unsafe apus_order_channel_write(channel, frame, frame.count)
        if written != 0 { return written }
        return unsafe apus_order_channel_flush(channel)
    }

    func stop() {
        stage.stop()
        connector.stop()
    }
}

/// The last lines of a log, from any thread.
final class TestLog: Sendable {
    private static let linesMax = 1_000
    private let stored = Mutex<[String]>([])
    func add(_ line: String) {
        stored.withLock {
            if $0.count == Self.linesMax { $0.removeFirst(Self.linesMax / 2) }
            $0.append(line)
        }
    }
    var lines: [String] { stored.withLock { $0 } }
}

func specification(
    _ venue: TestVenue, id: UInt16 = 1, idleTimeout: Duration? = .seconds(60),
    messagesOnOpen: [String] = []
) -> ConnectionSpecification {
    ConnectionSpecification(
        id: id, name: "test.\(id)", url: venue.url, headers: [("X-Test", "1")],
        caFile: TestAuthority.good.caFile, messagesOnOpen: messagesOnOpen,
        idleTimeout: idleTimeout)
}
