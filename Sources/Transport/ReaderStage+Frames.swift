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
private enum ParseOutcome {
    case needsMore
    /// The frame ring is full.
    case stalled
    case lost
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
            case .needsMore: break
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
    private mutating func parse(
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
            if header.isMasked { return fail(id, .protocolViolation, 1002) }
            // Both bounded: lengths by 2^31, assembled by the ring's capacity.
            let total = unsafe header.payloadLength &+ connection.pointee.assembled
            if !header.isControl, unsafe total > connection.pointee.messageSizeMax {
                return fail(id, .oversize, 1009)
            }
            if available < header.headerLength &+ header.payloadLength { break }
            if header.isControl {
                if unsafe !control(id, header, at + header.headerLength) { return .lost }
                unsafe connection.pointee.cursor &+=
                    header.headerLength &+ header.payloadLength
                continue
            }
            if header.isFinal, !frames.hasRoom(1) { return .stalled }
            if unsafe !data(id, connection, header, at + header.headerLength) { return .lost }
        }
        unsafe settle(id, connection)
        return .needsMore
    }

    /// Takes one data frame in; `false` when the connection is lost by it. There is room for a
    /// final frame's descriptor.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func data(
        _ id: Int, _ connection: UnsafeMutablePointer<ConnectionState>,
        _ header: WebSocketFrameHeader, _ payload: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        let isContinuation = header.opcode == WebSocketOpcode.continuation
        let isAssembling = unsafe connection.pointee.fragmentOpcode != 0
        if isContinuation != isAssembling {
            _ = fail(id, .protocolViolation, 1002)
            return false
        }
        let payloadStart = unsafe connection.pointee.cursor &+ header.headerLength
        unsafe connection.pointee.cursor = payloadStart &+ header.payloadLength
        if header.isFinal, !isContinuation {
            return unsafe finish(id, connection, header.opcode, payloadStart, header.payloadLength)
        }
        if !isContinuation {
            unsafe connection.pointee.fragmentOpcode = header.opcode
            unsafe connection.pointee.payloadStart = payloadStart
            unsafe connection.pointee.assembled = header.payloadLength
            return true
        }
        let base = unsafe byteRings[id].bytes(at: byteRings[id].position)
        let end = unsafe connection.pointee.payloadStart &+ connection.pointee.assembled
        unsafe apus_move(base + end, payload, header.payloadLength)
        unsafe connection.pointee.assembled &+= header.payloadLength
        if !header.isFinal { return true }
        return unsafe finish(
            id, connection, connection.pointee.fragmentOpcode, connection.pointee.payloadStart,
            connection.pointee.assembled)
    }

    /// Publishes the message that ends at the cursor and commits its bytes.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func finish(
        _ id: Int, _ connection: UnsafeMutablePointer<ConnectionState>, _ opcode: UInt8,
        _ payloadStart: Int, _ length: Int
    ) -> Bool {
        let base = unsafe byteRings[id].position
        let isText = opcode == WebSocketOpcode.text
        if isText {
            let payload = unsafe byteRings[id].bytes(at: base) + payloadStart
            if unsafe !WebSocketFrame.isValidUTF8(payload, count: length) {
                _ = fail(id, .invalidText, 1007)
                return false
            }
        }
        let release = unsafe connection.pointee.cursor
        // The bytes belong to the ring before the parser can see, and free, them.
        unsafe byteRings[id].commit(release)
        _ = publish(
            kind: isText ? .text : .binary, id: id,
            position: base &+ UInt64(truncatingIfNeeded: payloadStart), length: length,
            release: release)
        counters.frames.increment()
        let isSignOfLife = unsafe length <= 4 && connection.pointee.keepAliveIntervalNs > 0
        if !isSignOfLife { unsafe connection.pointee.lastMessageNs = nowNs }
        unsafe connection.pointee.filled &-= release
        unsafe connection.pointee.cursor = 0
        unsafe connection.pointee.fragmentOpcode = 0
        unsafe connection.pointee.payloadStart = 0
        unsafe connection.pointee.assembled = 0
        return true
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

    /// Answers a control frame; `false` when the connection ends by it.
    @_noAllocation @_noLocks
    private mutating func control(
        _ id: Int, _ header: WebSocketFrameHeader, _ payload: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        if header.opcode == WebSocketOpcode.pong { return true }
        if header.opcode == WebSocketOpcode.ping {
            counters.pings.increment()
            if unsafe !writeFrame(id, WebSocketOpcode.pong, payload, header.payloadLength) {
                counters.pongsDropped.increment()
            }
            return true
        }
        counters.closesReceived.increment()
        let code = unsafe Self.closeCode(payload, header.payloadLength)
        if code == 0 {
            _ = fail(id, .protocolViolation, 1002)
            return false
        }
        if header.payloadLength > 2,
            unsafe !WebSocketFrame.isValidUTF8(payload + 2, count: header.payloadLength &- 2)
        {
            _ = fail(id, .invalidText, 1007)
            return false
        }
        // 1005 says that there was no code; it never goes on the wire.
        lose(id, .closedByPeer, detail: Int32(code), closeCode: code == 1005 ? 1000 : code)
        return false
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

    /// Ends the connection for what the peer sent.
    @_noAllocation @_noLocks
    private mutating func fail(
        _ id: Int, _ loss: ConnectionLoss, _ closeCode: UInt16
    ) -> ParseOutcome {
        switch loss {
        case .invalidText: counters.textErrors.increment()
        case .oversize: counters.oversizeErrors.increment()
        default: counters.protocolErrors.increment()
        }
        lose(id, loss, detail: 0, closeCode: closeCode)
        return .lost
    }
}
