//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CBase
public import CMessages
import CRing
public import CTLS
import CUring
import Glibc
public import Pipeline
public import Rings
public import Telemetry
import WebSocket

/// Takes frames from all connections and hands them on in the order they arrived.
///
/// A received run of bytes is stamped, decrypted straight into its connection's byte ring, and its
/// WebSocket frames are described in the frame ring where they lie. While either ring is full the
/// stage takes nothing from the sockets, so TCP holds the bytes and nothing is lost.
///
/// Runs on one thread, which calls `start`, `poll` and `stop`.
///
/// SAFETY: all state is this thread's own; the rings' and handovers' memory outlives the stage.
@safe
public struct ReaderStage: ~Copyable, Stage, @unchecked Sendable {
    static var eventMax: Int { @_noAllocation @_noLocks get { 64 } }
    static var inboxBatchMax: Int { @_noAllocation @_noLocks get { 8 } }
    /// Frames after which a poll leaves the rest of what was received for the next one, so that
    /// the stages behind it, and a journal, see a burst while it comes.
    static var frameBatchMax: UInt64 { @_noAllocation @_noLocks get { 64 } }
    /// Polls that found nothing between two looks at the clock.
    static var idlePollsPerLook: UInt64 { @_noAllocation @_noLocks get { 16 } }
    static var watchIntervalNs: UInt64 { @_noAllocation @_noLocks get { 5_000_000 } }
    /// Time a close frame has to leave.
    static var closeTimeoutNs: UInt64 { @_noAllocation @_noLocks get { 200_000_000 } }

    let configuration: ReaderConfiguration
    /// Kept so that its handovers' makers live as long as the stage.
    let connector: Connector
    let bell: UnsafeMutablePointer<HandoverBell>
    let connectionCount: Int
    let connections: UnsafeMutablePointer<ConnectionState>
    let channels: UnsafeMutablePointer<OrderChannel>
    let byteRings: UnsafeMutablePointer<ByteRingProducer>
    let events: UnsafeMutablePointer<NetEvent>
    /// The connection of each slot of the net object; 0: none.
    let slotOwners: UnsafeMutablePointer<Int>
    /// Room of `events`: every receive buffer, every slot's last words, and a batch.
    let eventCapacity: Int
    /// One short frame.
    let scratch: UnsafeMutablePointer<UInt8>
    let counters: ReaderCounters

    var frames: RingProducer<FrameDescriptor>
    var inbox: RingConsumer<FrameDescriptor>
    var outbox: RingConsumer<OutboundText>
    /// Where frames go for a journal; `nil`: there is none.
    public var journal: FrameTap?
    var clock: WallClock
    var generator: Xoshiro256
    var net: OpaquePointer?
    var eventIndex = 0
    var eventCount = 0
    /// The connection whose bytes could not all be handed on; 0: none. Everything else waits.
    var stalledID = 0
    /// The current event's bytes are with the TLS session.
    var isFeeding = false
    var ringsSeen: UInt64 = 0
    /// Connections that are lost and not yet given back.
    var lostCount = 0
    var idlePolls: UInt64 = 0
    var nowNs: UInt64 = 0
    var lastPublishNs: UInt64 = 0
    var lastWatchNs: UInt64 = 0

    /// - Parameters:
    ///   - byteRings: Producing ends, indexed by connection id; that of id 0 belongs to the cold
    ///     inbox and is not touched.
    ///   - connectionCount: Ids below it have a byte ring.
    public init(
        configuration: ReaderConfiguration, connector: Connector,
        frames: consuming RingProducer<FrameDescriptor>,
        byteRings: UnsafeMutablePointer<ByteRingProducer>, connectionCount: Int,
        inbox: consuming RingConsumer<FrameDescriptor>,
        outbox: consuming RingConsumer<OutboundText>, clock: WallClock, telemetry: TelemetryWriter
    ) {
        precondition(connector.connectionCount <= connectionCount, "a byte ring per connection")
        self.configuration = configuration
        self.connector = connector
        self.connectionCount = connector.connectionCount
        self.frames = frames
        self.inbox = inbox
        self.outbox = outbox
        unsafe self.byteRings = unsafe byteRings
        self.clock = clock
        unsafe bell = unsafe connector.bell
        generator = .fromKernel()
        counters = ReaderCounters(telemetry)
        let count = connector.connectionCount
        unsafe connections = .allocate(capacity: count)
        unsafe channels = .allocate(capacity: count)
        eventCapacity = configuration.receiveCount + 4 * Int(APUS_NET_SLOT_MAX) + Self.eventMax
        unsafe events = .allocate(capacity: eventCapacity)
        unsafe apus_zero(events, eventCapacity * MemoryLayout<NetEvent>.stride)
        unsafe slotOwners = .allocate(capacity: Int(APUS_NET_SLOT_MAX))
        unsafe slotOwners.initialize(repeating: 0, count: Int(APUS_NET_SLOT_MAX))
        unsafe scratch = .allocate(capacity: 256)
        unsafe scratch.initialize(repeating: 0, count: 256)
        for id in 0..<count {
            unsafe connections.advanced(by: id).initialize(
                to: ConnectionState(channel: channels + id, handover: connector.handovers + id))
            unsafe channels.advanced(by: id).initialize(to: Self.makeChannel(connections + id))
        }
        for id in 1..<max(1, count) {
            let capacity = unsafe byteRings[id].free(wanted: 0) + Int(APUS_BYTE_RING_SLACK)
            precondition(capacity >= 65_536, "byte rings of at least 64 KiB")
            unsafe connections[id].messageSizeMax = min(configuration.messageSizeMax, capacity / 2)
            unsafe connections[id].holeMax = capacity / 16
        }
        for specification in connector.specifications {
            unsafe connections[Int(specification.id)].silenceTimeoutNs =
                specification.silenceTimeout.map(nanoseconds) ?? 0
            guard let keepAlive = specification.keepAlive else { continue }
            let text = Array(keepAlive.text.utf8)
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, text.count))
            for (index, byte) in text.enumerated() { unsafe (copy + index).initialize(to: byte) }
            let connection = unsafe connections + Int(specification.id)
            unsafe connection.pointee.keepAliveText = unsafe UnsafePointer(copy)
            unsafe connection.pointee.keepAliveLength = text.count
            unsafe connection.pointee.keepAliveIntervalNs = nanoseconds(keepAlive.interval)
        }
    }

    deinit {
        unsafe apus_net_destroy(net)
        unsafe connections.deallocate()
        unsafe channels.deallocate()
        unsafe events.deallocate()
        unsafe slotOwners.deallocate()
        unsafe scratch.deallocate()
    }

    private static func makeChannel(
        _ connection: UnsafeMutablePointer<ConnectionState>
    ) -> OrderChannel {
        var channel = unsafe OrderChannel()
        unsafe channel.context = UnsafeMutableRawPointer(connection)
        unsafe channel.write = { context, bytes, length in
            unsafe context!.assumingMemoryBound(to: ConnectionState.self).writeOrder(bytes, length)
        }
        unsafe channel.flush = { context in
            unsafe context!.assumingMemoryBound(to: ConnectionState.self).flushOrders()
        }
        unsafe channel.isOpen = 0
        return unsafe channel
    }

    /// Where the gateway writes orders of connection `id`; for the reader's own thread. Valid as
    /// long as the stage.
    public func orderChannel(connectionID id: Int) -> UnsafeMutablePointer<OrderChannel> {
        precondition(id > 0 && id < connectionCount, "a connection of the connector")
        return unsafe channels + id
    }

    /// Makes the net object; on the thread that will poll, before its loop.
    public mutating func start() throws(TransportError) {
        var made: OpaquePointer?
        let result = unsafe apus_net_create(
            configuration.strategy, UInt32(clamping: configuration.receiveCount), &made)
        guard result == 0, let made = unsafe made else {
            throw TransportError(.setup, "receive buffers: \(errorText(result))")
        }
        unsafe net = unsafe made
        for id in 0..<connectionCount { unsafe connections[id].net = unsafe made }
        nowNs = clock.now()
        lastPublishNs = nowNs
        lastWatchNs = nowNs
    }

    /// The way of receiving in use, and why not the one wanted; after `start`.
    public var strategyText: String {
        guard let net = unsafe net else { return "not started" }
        var characters = [CChar](repeating: 0, count: 256)
        unsafe apus_net_describe(net, &characters, characters.count)
        return text(characters)
    }

    @_noAllocation @_noLocks
    public mutating func poll() -> Int {
        let work = receive()
        journal?.poll(published: frames.published)
        return work
    }

    /// Copies for the journal what is left, as far as there is room; after the loop's end.
    public mutating func settleJournal() {
        journal?.copy(upTo: frames.published, countMax: .max)
    }

    /// Frames published so far.
    public var framesPublished: UInt64 { frames.published }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func receive() -> Int {
        guard let net = unsafe net else {
            frames.prefetchNext()
            return 0
        }
        if stalledID != 0 {
            unsafe takeSends(net)
            if !pump(stalledID) { return 0 }
            unsafe endStall(net)
        }
        let first = frames.published
        var work = 0
        // What was received together is handed on before anything else, with the time it came at
        // unless it stalled.
        if eventIndex == eventCount {
            work = unsafe look(net)
            if stalledID != 0 { return work }
        }
        while eventIndex < eventCount {
            work &+= 1
            if unsafe !handle(events + eventIndex, net) { return work }
            if frames.published &- first >= Self.frameBatchMax && eventIndex < eventCount {
                return work
            }
        }
        if lostCount > 0 { giveBack() }
        if work == 0 {
            frames.prefetchNext()
            idlePolls &+= 1
            if idlePolls % Self.idlePollsPerLook == 0 {
                nowNs = clock.now()
                publishTimer()
            }
        }
        if nowNs &- lastWatchNs >= Self.watchIntervalNs { unsafe watch(net) }
        return work
    }

    /// Looks for replies, texts to send, new connections and what the sockets have received.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func look(_ net: OpaquePointer) -> Int {
        var work = forwardInbox()
        if unsafe outbox.peek() != nil {
            nowNs = clock.now()
            work &+= forwardOutbox()
        }
        if unsafe apus_handover_rings(bell) != ringsSeen { unsafe work &+= answerBell(net) }
        if stalledID != 0 { return work }
        eventCount = unsafe Int(
            apus_net_poll(net, events, Int32(truncatingIfNeeded: Self.eventMax)))
        eventIndex = 0
        // Before anything is decrypted: this is the events' ingress time.
        if eventCount > 0 { nowNs = clock.now() }
        return work
    }

    /// While stalled: lets orders go on by taking only what the kernel says about sends. What it
    /// received waits behind the current event.
    @_noAllocation @_noLocks
    private mutating func takeSends(_ net: OpaquePointer) {
        if eventCapacity &- eventCount < Self.eventMax { return }
        let batch = Int32(truncatingIfNeeded: Self.eventMax)
        let end = unsafe eventCount &+ Int(apus_net_poll(net, events + eventCount, batch))
        var index = eventCount
        while index < end {
            let event = unsafe events[index]
            index &+= 1
            if unsafe event.kind == .sent {
                let id = unsafe slotOwners[Int(event.slot)]
                if id != 0 { unsafe sent(id, Int(event.result)) }
            } else {
                unsafe events[eventCount] = unsafe event
                eventCount &+= 1
            }
        }
    }

    /// Goes on behind the event that stalled. The stall's time counts for no idle time-out.
    @_noAllocation @_noLocks
    private mutating func endStall(_ net: OpaquePointer) {
        stalledID = 0
        if isFeeding { unsafe finishEvent(net) }
        nowNs = clock.now()
        var id = 1
        while id < connectionCount {
            unsafe connections[id].lastDataNs = nowNs
            unsafe connections[id].lastMessageNs = nowNs
            id &+= 1
        }
    }

    /// Handles the current event and steps to the next; `false`: stalled, the event stays.
    @_noAllocation @_noLocks
    private mutating func handle(
        _ event: UnsafeMutablePointer<NetEvent>, _ net: OpaquePointer
    ) -> Bool {
        let id = unsafe slotOwners[Int(event.pointee.slot)]
        let connection = unsafe connections + id
        if unsafe event.pointee.kind == .received {
            guard id != 0, unsafe connection.pointee.phase == ConnectionPhase.open,
                let session = unsafe connection.pointee.session
            else {
                unsafe finishEvent(net)
                return true
            }
            isFeeding = true
            guard unsafe ingest(id, session, event.pointee.bytes, Int(event.pointee.result)) else {
                return false
            }
            unsafe finishEvent(net)
            return true
        }
        eventIndex &+= 1
        if id == 0 { return true }
        if unsafe event.pointee.kind == .sent {
            unsafe sent(id, Int(event.pointee.result))
        } else if unsafe event.pointee.kind == .detached {
            unsafe slotOwners[Int(event.pointee.slot)] = 0
            unsafe connection.pointee.slot = -1
        } else if unsafe event.pointee.kind == .ended {
            lose(id, .ended, detail: 0, closeCode: 0)
        } else {
            counters.networkErrors.increment()
            unsafe lose(id, .network, detail: 0 &- event.pointee.result, closeCode: 0)
        }
        return true
    }

    /// Takes in ciphertext received at `nowNs`; `false`: a ring is full, and `pump` goes on.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func ingest(
        _ id: Int, _ session: OpaquePointer, _ bytes: UnsafePointer<UInt8>, _ count: Int
    ) -> Bool {
        unsafe connections[id].lastDataNs = nowNs
        unsafe apus_handover_count_receipt(connections[id].handover)
        unsafe apus_tls_session_feed(session, bytes, count)
        if pump(id) { return true }
        stalledID = id
        return false
    }

    /// Gives the current event's bytes back and steps to the next event.
    @_noAllocation @_noLocks
    private mutating func finishEvent(_ net: OpaquePointer) {
        isFeeding = false
        unsafe apus_net_release(net, events[eventIndex].buffer)
        eventIndex &+= 1
    }

    /// Puts the cold threads' replies into the order of events.
    @_noAllocation @_noLocks
    private mutating func forwardInbox() -> Int {
        if unsafe inbox.peek() == nil { return 0 }
        nowNs = clock.now()
        return forwardReplies()
    }

    @_noAllocation @_noLocks
    mutating func forwardReplies() -> Int {
        var count = 0
        while count < Self.inboxBatchMax, let reply = unsafe inbox.peek() {
            guard let frame = unsafe frames.claim() else {
                counters.frameRingStalls.increment()
                return count
            }
            unsafe frame.pointee = unsafe reply.pointee
            unsafe frame.pointee.ingressTimeNs = nowNs
            frames.publish()
            inbox.release()
            counters.replies.increment()
            lastPublishNs = nowNs
            count &+= 1
        }
        return count
    }

    @_noAllocation @_noLocks
    private mutating func publishTimer() {
        if nowNs &- lastPublishNs < configuration.timerIntervalNs { return }
        if publish(kind: .timer, id: 0, position: 0, length: 0, release: 0) {
            counters.timers.increment()
        }
    }

    /// Describes one frame in the frame ring; `false` when that is full.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func publish(
        kind: FrameKind, id: Int, position: UInt64, length: Int, release: Int
    ) -> Bool {
        guard let frame = unsafe frames.claim() else { return false }
        unsafe frame.pointee.ingressTimeNs = nowNs
        unsafe frame.pointee.position = position
        unsafe frame.pointee.releaseLength = UInt64(truncatingIfNeeded: release)
        unsafe frame.pointee.context = 0
        unsafe frame.pointee.length = UInt32(truncatingIfNeeded: length)
        unsafe frame.pointee.connectionID = UInt16(truncatingIfNeeded: id)
        unsafe frame.pointee.kind = kind
        unsafe frame.pointee.reserved_0 = 0
        unsafe frame.pointee.reserved_1 = (0, 0)
        frames.publish()
        lastPublishNs = nowNs
        return true
    }
}
