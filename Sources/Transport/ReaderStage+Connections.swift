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
import Glibc
import Rings
import Telemetry
import WebSocket

extension ReaderStage {
    // MARK: Connections that come

    /// Looks at all handovers: takes offers in, closes what is to be closed.
    @_noAllocation @_noLocks
    mutating func answerBell(_ net: OpaquePointer) -> Int {
        let rings = unsafe apus_handover_rings(bell)
        var isDone = true
        var work = 0
        var id = 1
        nowNs = clock.now()
        while id < connectionCount {
            let connection = unsafe connections + id
            let handover = unsafe connection.pointee.handover
            if unsafe connection.pointee.phase == ConnectionPhase.open,
                unsafe apus_handover_take_drop(handover) != 0
            {
                lose(id, .dropRequested, detail: 0, closeCode: 1000)
                work &+= 1
            }
            if unsafe apus_handover_state(handover) == UInt32(APUS_HANDOVER_OFFERED) {
                if stalledID == 0, unsafe adopt(id, net) { work &+= 1 } else { isDone = false }
            }
            id &+= 1
        }
        if isDone { ringsSeen = rings }
        return work
    }

    /// Takes an offered connection in; `false` while a ring lacks room.
    @_noAllocation @_noLocks
    private mutating func adopt(_ id: Int, _ net: OpaquePointer) -> Bool {
        let connection = unsafe connections + id
        let handover = unsafe connection.pointee.handover
        let leftover = unsafe Int(truncatingIfNeeded: handover.pointee.leftoverLength)
        guard frames.hasRoom(1), unsafe byteRings[id].free(wanted: leftover) >= leftover else {
            counters.frameRingStalls.increment()
            return false
        }
        guard unsafe apus_handover_take_offer(handover, UInt32(APUS_HANDOVER_HELD)) != 0 else {
            return true
        }
        unsafe connection.reset()
        unsafe connection.pointee.session = unsafe OpaquePointer(handover.pointee.session)
        unsafe connection.pointee.idleTimeoutNs = unsafe handover.pointee.idleTimeoutNs
        unsafe connection.pointee.lastDataNs = nowNs
        unsafe connection.pointee.lastMessageNs = nowNs
        let slot = unsafe apus_net_attach(net, handover.pointee.socket)
        if slot < 0 {
            unsafe handover.pointee.reason = .network
            unsafe handover.pointee.detail = 0 &- slot
            counters.networkErrors.increment()
            unsafe apus_handover_set(handover, UInt32(APUS_HANDOVER_RETURNED))
            return true
        }
        unsafe slotOwners[Int(slot)] = id
        unsafe connection.pointee.slot = slot
        open(id)
        if leftover > 0 {
            let target = unsafe byteRings[id].bytes(at: byteRings[id].position)
            unsafe apus_copy(target, handover.pointee.leftover, leftover)
            unsafe connection.pointee.filled = leftover
            counters.bytes.add(leftover)
        }
        if !pump(id) { stalledID = id }
        return true
    }

    /// Tells the parser that a connection is there. The frame ring has room.
    @_noAllocation @_noLocks
    mutating func open(_ id: Int) {
        let connection = unsafe connections + id
        unsafe connection.pointee.phase = ConnectionPhase.open
        unsafe connection.pointee.channel.pointee.isOpen = 1
        unsafe connection.pointee.isLossPublished = false
        _ = unsafe publish(
            kind: .connected, id: id, position: byteRings[id].position, length: 0, release: 0)
        counters.connects.increment()
    }

    // MARK: Connections that go

    /// Ends a connection: tells the parser, sends a close frame unless `closeCode` is 0, and lets
    /// go of the socket. Does nothing for one that is lost already.
    @_noAllocation @_noLocks
    mutating func lose(_ id: Int, _ loss: ConnectionLoss, detail: Int32, closeCode: UInt16) {
        let connection = unsafe connections + id
        guard unsafe connection.pointee.phase == ConnectionPhase.open,
            let session = unsafe connection.pointee.session
        else {
            if unsafe connection.pointee.phase == ConnectionPhase.closing, closeCode == 0 {
                detach(id)
            }
            return
        }
        unsafe connection.pointee.phase = ConnectionPhase.closing
        unsafe connection.pointee.channel.pointee.isOpen = 0
        unsafe connection.pointee.closingSinceNs = nowNs
        unsafe connection.pointee.handover.pointee.reason = loss
        unsafe connection.pointee.handover.pointee.detail = detail
        lostCount &+= 1
        counters.disconnects.increment()
        publishLoss(id)
        guard closeCode != 0 else {
            detach(id)
            return
        }
        writeClose(id, closeCode)
        _ = unsafe apus_tls_session_close(session)
        if unsafe connection.flush() != 0 || apus_tls_session_output_length(session) == 0 {
            detach(id)
        }
    }

    /// Writes a close frame with `code`.
    @_noAllocation @_noLocks
    private mutating func writeClose(_ id: Int, _ code: UInt16) {
        // Behind the place where the frame is put together.
        let payload = unsafe scratch + 200
        unsafe payload[0] = UInt8(truncatingIfNeeded: code >> 8)
        unsafe payload[1] = UInt8(truncatingIfNeeded: code)
        _ = unsafe writeFrame(id, WebSocketOpcode.close, payload, 2)
    }

    @_noAllocation @_noLocks
    private mutating func publishLoss(_ id: Int) {
        let connection = unsafe connections + id
        if unsafe connection.pointee.isLossPublished { return }
        unsafe connection.pointee.isLossPublished = unsafe publish(
            kind: .disconnected, id: id, position: byteRings[id].position, length: 0, release: 0)
    }

    @_noAllocation @_noLocks
    private func detach(_ id: Int) {
        let connection = unsafe connections + id
        guard unsafe connection.pointee.phase == ConnectionPhase.closing, let net = unsafe net
        else { return }
        unsafe connection.pointee.phase = ConnectionPhase.detaching
        unsafe apus_net_detach(net, connection.pointee.slot)
    }

    /// Gives lost connections that the kernel and the parser are done with back to their threads.
    @_noAllocation @_noLocks
    mutating func giveBack() {
        var id = 1
        while id < connectionCount {
            let connection = unsafe connections + id
            if unsafe connection.pointee.phase == ConnectionPhase.closing
                || connection.pointee.phase == ConnectionPhase.detaching
            {
                publishLoss(id)
            }
            if unsafe connection.pointee.phase == ConnectionPhase.detaching,
                unsafe connection.pointee.slot < 0,
                unsafe connection.pointee.isLossPublished
            {
                unsafe release(connection)
                lostCount &-= 1
            }
            id &+= 1
        }
    }

    @_noAllocation @_noLocks
    private func release(_ connection: UnsafeMutablePointer<ConnectionState>) {
        unsafe connection.pointee.phase = ConnectionPhase.absent
        unsafe connection.pointee.session = nil
        unsafe connection.reset()
        unsafe apus_handover_set(connection.pointee.handover, UInt32(APUS_HANDOVER_RETURNED))
    }

    /// Ends what is silent, what failed outside `poll`, and what does not finish closing.
    @_noAllocation @_noLocks
    mutating func watch(_ net: OpaquePointer) {
        lastWatchNs = nowNs
        unsafe counters.receiveExhausted.set(apus_net_exhausted_count(net))
        var id = 1
        while id < connectionCount {
            let connection = unsafe connections + id
            if unsafe connection.pointee.phase == ConnectionPhase.open {
                let timeout = unsafe connection.pointee.idleTimeoutNs
                if unsafe connection.pointee.hasWriteFailed {
                    counters.tlsErrors.increment()
                    lose(id, .tls, detail: 0, closeCode: 0)
                } else if timeout > 0, unsafe nowNs > connection.pointee.lastDataNs,
                    unsafe nowNs &- connection.pointee.lastDataNs > timeout
                {
                    counters.idleTimeouts.increment()
                    lose(id, .idle, detail: 0, closeCode: 1001)
                } else if unsafe isSilent(connection) {
                    counters.silenceTimeouts.increment()
                    lose(id, .silent, detail: 0, closeCode: 1000)
                } else {
                    keepAlive(id)
                }
            } else if unsafe connection.pointee.phase == ConnectionPhase.closing,
                unsafe nowNs &- connection.pointee.closingSinceNs > Self.closeTimeoutNs
            {
                detach(id)
            }
            id &+= 1
        }
    }

    @_noAllocation @_noLocks
    private func isSilent(_ connection: UnsafeMutablePointer<ConnectionState>) -> Bool {
        let timeout = unsafe connection.pointee.silenceTimeoutNs
        let last = unsafe connection.pointee.lastMessageNs
        return timeout > 0 && nowNs > last && nowNs &- last > timeout
    }

    // MARK: Sending

    /// Asks a silent connection for a sign of life when that is due.
    @_noAllocation @_noLocks
    private mutating func keepAlive(_ id: Int) {
        let connection = unsafe connections + id
        let interval = unsafe connection.pointee.keepAliveIntervalNs
        guard interval > 0, let text = unsafe connection.pointee.keepAliveText else { return }
        let last = unsafe max(connection.pointee.lastDataNs, connection.pointee.keepAliveSentNs)
        if nowNs < last || nowNs &- last < interval { return }
        unsafe connection.pointee.keepAliveSentNs = nowNs
        let length = unsafe connection.pointee.keepAliveLength
        let opcode = length == 0 ? WebSocketOpcode.ping : WebSocketOpcode.text
        if unsafe writeFrame(id, opcode, text, length) {
            counters.keepAlives.increment()
            send(id)
        }
    }

    /// Sends the text messages of cold threads; one for a connection that is not open is dropped,
    /// for whatever it was about ended with that.
    @_noAllocation @_noLocks
    mutating func forwardOutbox() -> Int {
        var count = 0
        while count < Self.inboxBatchMax, let message = unsafe outbox.peek() {
            let id = unsafe Int(message.pointee.connectionID)
            let length = unsafe Int(message.pointee.length)
            if id > 0, id < connectionCount, length <= Int(APUS_OUTBOUND_TEXT_MAX),
                unsafe connections[id].phase == ConnectionPhase.open
            {
                let text = unsafe UnsafeRawPointer(message).advanced(by: 8)
                    .assumingMemoryBound(to: UInt8.self)
                // Without room it stays; the send buffer empties by itself.
                if unsafe !writeFrame(id, WebSocketOpcode.text, text, length) { return count }
                counters.messagesSent.increment()
                send(id)
            } else {
                counters.messagesDropped.increment()
            }
            outbox.release()
            count &+= 1
        }
        return count
    }

    /// Encrypts a masked frame of at most 240 bytes; `false` when the send buffer lacks room.
    @_noAllocation @_noLocks
    mutating func writeFrame(
        _ id: Int, _ opcode: UInt8, _ payload: UnsafePointer<UInt8>, _ length: Int
    ) -> Bool {
        guard let session = unsafe connections[id].session else { return false }
        let key = UInt32(truncatingIfNeeded: generator.next())
        let headerLength = unsafe WebSocketFrame.writeHeader(
            to: scratch, opcode: opcode, payloadLength: length, maskingKey: key)
        unsafe apus_copy(scratch + headerLength, payload, length)
        unsafe WebSocketFrame.mask(scratch + headerLength, count: length, key: key)
        return unsafe apus_tls_session_write(session, scratch, headerLength &+ length) == 0
    }

    /// Hands the connection's output to the kernel.
    @_noAllocation @_noLocks
    mutating func send(_ id: Int) {
        let result = unsafe (connections + id).flush()
        if result == 0 { return }
        counters.networkErrors.increment()
        lose(id, .network, detail: 0 &- result, closeCode: 0)
    }

    /// The kernel took `count` bytes of the connection's output.
    @_noAllocation @_noLocks
    mutating func sent(_ id: Int, _ count: Int) {
        let connection = unsafe connections + id
        unsafe connection.pointee.isSending = false
        guard let session = unsafe connection.pointee.session else { return }
        unsafe apus_tls_session_consume(session, count)
        if unsafe apus_tls_session_output_length(session) > 0 {
            if unsafe connection.flush() != 0 { lose(id, .network, detail: EIO, closeCode: 0) }
        } else if unsafe connection.pointee.phase == ConnectionPhase.closing {
            detach(id)
        }
    }

    // MARK: The end

    /// Closes every connection, waiting up to a quarter of a second for close frames to leave, and
    /// gives them all back; on the polling thread, after its loop.
    public func stop() {
        guard let net = unsafe net else { return }
        let deadline = apus_time_monotonic_ns() + 250_000_000
        for id in 1..<max(1, connectionCount) { unsafe beginStop(connections + id) }
        let events = UnsafeMutablePointer<NetEvent>.allocate(capacity: Self.eventMax)
        defer { unsafe events.deallocate() }
        var pending = 1
        while pending > 0 {
            let isLate = apus_time_monotonic_ns() > deadline
            pending = 0
            for id in 1..<max(1, connectionCount) {
                let connection = unsafe connections + id
                let isIdle =
                    unsafe connection.pointee.phase == ConnectionPhase.closing
                    && !connection.pointee.isSending
                if unsafe isIdle || (isLate && connection.pointee.phase == ConnectionPhase.closing)
                {
                    detach(id)
                }
                if unsafe connection.pointee.phase != ConnectionPhase.absent { pending += 1 }
            }
            let count = unsafe apus_net_poll(net, events, Int32(Self.eventMax))
            for index in 0..<Int(count) { unsafe takeFinal(events[index], net) }
            // The kernel always lets go of a socket that was shut down; this bounds a surprise.
            if apus_time_monotonic_ns() > deadline + 250_000_000 { return }
        }
    }

    private func beginStop(_ connection: UnsafeMutablePointer<ConnectionState>) {
        guard unsafe connection.pointee.phase == ConnectionPhase.open,
            let session = unsafe connection.pointee.session
        else {
            return
        }
        unsafe connection.pointee.phase = ConnectionPhase.closing
        unsafe connection.pointee.channel.pointee.isOpen = 0
        unsafe connection.pointee.handover.pointee.reason = .stopped
        var frame: [UInt8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8]
        _ = unsafe apus_tls_session_write(session, &frame, frame.count)
        _ = unsafe apus_tls_session_close(session)
        _ = unsafe connection.flush()
    }

    private func takeFinal(_ event: NetEvent, _ net: OpaquePointer) {
        let id = unsafe slotOwners[Int(event.slot)]
        let connection = unsafe connections + id
        if unsafe event.kind == .received { unsafe apus_net_release(net, event.buffer) }
        if id == 0 { return }
        if unsafe event.kind == .sent, let session = unsafe connection.pointee.session {
            unsafe connection.pointee.isSending = false
            unsafe apus_tls_session_consume(session, Int(event.result))
            _ = unsafe connection.flush()
        }
        if unsafe event.kind == .ended || event.kind == .failed { detach(id) }
        guard unsafe event.kind == .detached else { return }
        unsafe slotOwners[Int(event.slot)] = 0
        unsafe connection.pointee.slot = -1
        unsafe release(connection)
    }
}
