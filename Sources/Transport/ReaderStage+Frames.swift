//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTLS
import CUring
import Glibc
import Rings
import Telemetry
import WebSocket

/// What became of the bytes at hand.
enum ParseOutcome: UInt8 {
    /// One frame is taken in.
    case advanced
    case needsMore
    /// The frame ring is full.
    case stalled
    case lost

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inline(__always)
    static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
    @_noAllocation @_noLocks
    @inline(__always)
    static func != (a: Self, b: Self) -> Bool { a.rawValue != b.rawValue }
}

extension ReaderStage {
    /// Decrypts and parses until the session needs more input.
    ///
    /// - Returns: `false` when a ring is full; the same call goes on from there.
    @_noAllocation @_noLocks
    mutating func pump(_ id: Int) -> Bool {
        let connection = unsafe connections + id
        while unsafe connection.pointee.phase == ConnectionPhase.open {
            switch unsafe parse(id, connection) {
            case .lost: return true
            case .stalled:
                counters.frameRingStalls.increment()
                return false
            case .advanced, .needsMore: break
            }
            guard let session = unsafe connection.pointee.session else { return true }
            let filled = unsafe connection.pointee.filled
            let wanted = filled &+ Self.readMax
            let room = unsafe min(byteRings[id].free(wanted: wanted) &- filled, Self.readMax)
            if room <= 0 {
                counters.byteRingStalls.increment()
                return false
            }
            let target = unsafe byteRings[id].bytes(at: byteRings[id].position) + filled
            let count = unsafe apus_tls_session_read(
                session, target, Int32(truncatingIfNeeded: room))
            if count > 0 {
                unsafe connection.pointee.filled = filled &+ Int(count)
                counters.bytes.add(Int(count))
                continue
            }
            if count < 0 {
                if count == -ENOTCONN {
                    lose(id, .ended, detail: 0, closeCode: 0)
                } else {
                    counters.tlsErrors.increment()
                    lose(id, .tls, detail: 0, closeCode: 0)
                }
                return true
            }
            // Pongs, and what TLS itself has to answer.
            if unsafe apus_tls_session_output_length(session) > 0 { send(id) }
            return true
        }
        return true
    }

    /// Bytes of plaintext asked for at once: a record's largest payload.
    private static var readMax: Int { @_noAllocation @_noLocks get { 16_384 } }

    /// Describes every complete message of the connection's unparsed bytes.
    @_noAllocation @_noLocks
    mutating func parse(
        _ id: Int, _ connection: UnsafeMutablePointer<ConnectionState>
    ) -> ParseOutcome {
        var header = WebSocketFrameHeader()
        while unsafe connection.pointee.cursor < connection.pointee.filled {
            let available = unsafe connection.pointee.filled &- connection.pointee.cursor
            let at =
                unsafe byteRings[id].bytes(at: byteRings[id].position) + connection.pointee.cursor
            let result = unsafe WebSocketFrameHeader.decode(at, available: available, into: &header)
            switch result {
            case .invalid: return fail(id, .protocolViolation, 1002)
            case .incomplete:
                unsafe settle(id, connection)
                return .needsMore
            case .complete: break
            }
            if unsafe !isInOrder(header, connection) { return fail(id, .protocolViolation, 1002) }
            // Both bounded: lengths by 2^31, assembled by the ring's capacity.
            let total = unsafe header.payloadLength &+ connection.pointee.assembled
            if !header.isControl, unsafe total > connection.pointee.messageSizeMax {
                return fail(id, .oversize, 1009)
            }
            let outcome: ParseOutcome
            let payload = unsafe at + header.headerLength
            let isWhole = available >= header.headerLength &+ header.payloadLength
            if header.isControl {
                if !isWhole { break }
                outcome = unsafe control(id, header, payload)
                if outcome == .advanced {
                    unsafe connection.pointee.cursor &+=
                        header.headerLength &+ header.payloadLength
                }
            } else if isWhole {
                outcome = unsafe data(id, connection, header, payload)
            } else {
                let arrived = available &- header.headerLength
                guard unsafe checkText(connection, header, payload, arrived) else {
                    return fail(id, .invalidText, 1007)
                }
                break
            }
            if outcome != .advanced { return outcome }
        }
        unsafe settle(id, connection)
        return .needsMore
    }

    /// Whether a server may send such a frame now: no mask, and a continuation exactly where a
    /// message has begun.
    @_noAllocation @_noLocks
    @inline(__always)
    private func isInOrder(
        _ header: WebSocketFrameHeader, _ connection: UnsafeMutablePointer<ConnectionState>
    ) -> Bool {
        if header.isMasked { return false }
        if header.isControl { return true }
        let isAssembling = unsafe connection.pointee.fragmentOpcode != 0
        return isAssembling == (header.opcode == WebSocketOpcode.continuation)
    }

    /// Checks the first `arrived` bytes of a data frame's payload that were not checked yet;
    /// `false` when they are no text, though the message is one.
    @_noAllocation @_noLocks
    private func checkText(
        _ connection: UnsafeMutablePointer<ConnectionState>, _ header: WebSocketFrameHeader,
        _ payload: UnsafePointer<UInt8>, _ arrived: Int
    ) -> Bool {
        let begun = unsafe connection.pointee.fragmentOpcode
        guard (begun == 0 ? header.opcode : begun) == WebSocketOpcode.text else { return true }
        let checked = unsafe connection.pointee.checked
        // A refused frame is read again once there is room to tell of it, so it must not count.
        var text = unsafe connection.pointee.text
        guard unsafe text.feed(payload + checked, count: arrived &- checked) else { return false }
        unsafe connection.pointee.text = text
        unsafe connection.pointee.checked = arrived
        return true
    }

    /// Takes one data frame in.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func data(
        _ id: Int, _ connection: UnsafeMutablePointer<ConnectionState>,
        _ header: WebSocketFrameHeader, _ payload: UnsafeMutablePointer<UInt8>
    ) -> ParseOutcome {
        if header.isFinal, !frames.hasRoom(1) { return .stalled }
        let isContinuation = header.opcode == WebSocketOpcode.continuation
        let payloadStart = unsafe connection.pointee.cursor &+ header.headerLength
        let isAtOnce = unsafe header.isFinal && !isContinuation && connection.pointee.checked == 0
        if isAtOnce {
            if header.opcode == WebSocketOpcode.text,
                unsafe !WebSocketFrame.isValidUTF8(payload, count: header.payloadLength)
            {
                return fail(id, .invalidText, 1007)
            }
        } else {
            guard unsafe checkText(connection, header, payload, header.payloadLength),
                unsafe !header.isFinal || connection.pointee.text.isComplete
            else { return fail(id, .invalidText, 1007) }
            unsafe connection.pointee.checked = 0
        }
        unsafe connection.pointee.cursor = payloadStart &+ header.payloadLength
        if isContinuation {
            let base = unsafe byteRings[id].bytes(at: byteRings[id].position)
            let end = unsafe connection.pointee.payloadStart &+ connection.pointee.assembled
            unsafe apus_move(base + end, payload, header.payloadLength)
        } else {
            unsafe connection.pointee.fragmentOpcode = header.opcode
            unsafe connection.pointee.payloadStart = payloadStart
        }
        unsafe connection.pointee.assembled &+= header.payloadLength
        if header.isFinal { unsafe finish(id, connection) }
        return .advanced
    }

    /// Publishes the message that ends at the cursor and commits its bytes. There is room for its
    /// descriptor.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func finish(
        _ id: Int, _ connection: UnsafeMutablePointer<ConnectionState>
    ) {
        let start = unsafe UInt64(truncatingIfNeeded: connection.pointee.payloadStart)
        let isText = unsafe connection.pointee.fragmentOpcode == WebSocketOpcode.text
        let position = unsafe byteRings[id].position &+ start
        let release = unsafe connection.pointee.cursor
        // The bytes belong to the ring before the parser can see, and free, them.
        unsafe byteRings[id].commit(release)
        _ = unsafe publish(
            kind: isText ? .text : .binary, id: id, position: position,
            length: connection.pointee.assembled, release: release)
        counters.frames.increment()
        let isSignOfLife =
            unsafe connection.pointee.assembled <= 4 && connection.pointee.keepAliveLength > 0
        if !isSignOfLife {
            unsafe connection.pointee.lastMessageNs = nowNs
            unsafe connection.pointee.messages &+= 1
            unsafe apus_handover_show_messages(
                connection.pointee.handover, connection.pointee.messages)
        }
        unsafe connection.pointee.filled &-= release
        unsafe connection.pointee.cursor = 0
        unsafe connection.pointee.fragmentOpcode = 0
        unsafe connection.pointee.payloadStart = 0
        unsafe connection.pointee.assembled = 0
        unsafe connection.pointee.text = WebSocketTextCheck()
    }

    /// Drops parsed bytes that belong to no message: control frames and fragments' headers.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func settle(_ id: Int, _ connection: UnsafeMutablePointer<ConnectionState>) {
        let keptEnd =
            unsafe connection.pointee.fragmentOpcode == 0
            ? 0 : connection.pointee.payloadStart &+ connection.pointee.assembled
        let cursor = unsafe connection.pointee.cursor
        let hole = cursor &- keptEnd
        if hole == 0 { return }
        let unparsed = unsafe connection.pointee.filled &- cursor
        if unparsed > 0 {
            if unsafe hole <= connection.pointee.holeMax { return }
            let base = unsafe byteRings[id].bytes(at: byteRings[id].position)
            unsafe apus_move(base + keptEnd, base + cursor, unparsed)
        }
        unsafe connection.pointee.cursor = keptEnd
        unsafe connection.pointee.filled = keptEnd &+ unparsed
    }

    /// Answers a control frame.
    @_noAllocation @_noLocks
    private mutating func control(
        _ id: Int, _ header: WebSocketFrameHeader, _ payload: UnsafeMutablePointer<UInt8>
    ) -> ParseOutcome {
        if header.opcode == WebSocketOpcode.pong { return .advanced }
        if header.opcode == WebSocketOpcode.ping {
            counters.pings.increment()
            if unsafe !writeFrame(id, WebSocketOpcode.pong, payload, header.payloadLength) {
                counters.pongsDropped.increment()
            }
            return .advanced
        }
        guard frames.hasRoom(1) else { return .stalled }
        counters.closesReceived.increment()
        let code = unsafe Self.closeCode(payload, header.payloadLength)
        if code == 0 { return fail(id, .protocolViolation, 1002) }
        if header.payloadLength > 2,
            unsafe !WebSocketFrame.isValidUTF8(payload + 2, count: header.payloadLength &- 2)
        {
            return fail(id, .invalidText, 1007)
        }
        // 1005 says that there was no code; it never goes on the wire.
        lose(id, .closedByPeer, detail: Int32(code), closeCode: code == 1005 ? 1000 : code)
        return .lost
    }

    /// The close code of a close frame's payload; 1005 when it has none, 0 when it is illegal.
    ///
    /// Source: RFC 6455, sections 5.5.1 and 7.4.
    @_noAllocation @_noLocks
    static func closeCode(_ payload: UnsafePointer<UInt8>, _ length: Int) -> UInt16 {
        if length == 0 { return 1005 }
        if length == 1 { return 0 }
        let code = unsafe UInt16(payload[0]) << 8 | UInt16(payload[1])
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: return code
        default: return 0
        }
    }

    /// Ends the connection for what the peer sent, once there is room to tell the parser: what came
    /// before is then with it, and can still be answered while the ring is full.
    @_noAllocation @_noLocks
    private mutating func fail(
        _ id: Int, _ loss: ConnectionLoss, _ closeCode: UInt16
    ) -> ParseOutcome {
        guard frames.hasRoom(1) else { return .stalled }
        switch loss {
        case .invalidText: counters.textErrors.increment()
        case .oversize: counters.oversizeErrors.increment()
        default: counters.protocolErrors.increment()
        }
        lose(id, loss, detail: 0, closeCode: closeCode)
        return .lost
    }
}
