//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHTTPD
import CTLS
import WebSocket

/// One client socket: TLS, the HTTP upgrade, then WebSocket frames in both directions.
///
/// Bytes that the socket does not take wait in `output`; a client that lets more than
/// `backlogLimit` pile up is cut off.
///
/// SAFETY: `peer` belongs to this object and is freed in `deinit`.
@safe
final class StreamConnection: StreamSubscriber {
    enum State { case handshake, request, open, closing, dead }

    static let backlogLimit = 64 << 20
    static let requestLengthMax = 8_192
    static let messageLengthMax = 65_536

    let id: UInt64
    let socket: Int32
    private let peer: OpaquePointer
    private(set) var state = State.handshake
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var sent = 0
    /// Parts of a message that the client sends in several frames.
    private var fragments: [UInt8]?
    private(set) var target: StreamTarget?
    /// Whether events are wrapped with their stream's name.
    var isCombined = false
    /// Names in the order of subscription, unknown ones included.
    var streams: [String] = []
    private var pingPayload: [UInt8] = []
    private var pingSentNs: UInt64 = 0
    private(set) var lastPongNs: UInt64
    private var lastPingNs: UInt64
    private var windowNs: UInt64 = 0
    private var windowCount = 0
    /// Messages a second that a client may send; 0 for no limit.
    private let messageRateMax: Int
    var onUpgrade: (StreamConnection) -> Void = { _ in }
    var onText: (StreamConnection, [UInt8]) -> Void = { _, _ in }

    init?(
        id: UInt64, socket: Int32, server: OpaquePointer, nowNs: UInt64, messageRateMax: Int
    ) {
        guard let peer = unsafe apus_tls_peer_create(server, socket) else { return nil }
        self.id = id
        self.socket = socket
        unsafe self.peer = unsafe peer
        self.messageRateMax = messageRateMax
        lastPingNs = nowNs
        lastPongNs = nowNs
    }

    deinit { unsafe apus_tls_peer_destroy(peer, 0) }

    var backlog: Int { output.count - sent }
    var wantsWrite: Bool { backlog > 0 }

    func die() { state = .dead }

    // MARK: - Sending

    func deliver(_ payload: [UInt8], stream name: [UInt8]) {
        guard state == .open else { return }
        guard isCombined else { return sendText(payload) }
        header(opcode: WebSocketOpcode.text, length: payload.count + name.count + 21)
        output.append(contentsOf: Self.wrapStart)
        output.append(contentsOf: name)
        output.append(contentsOf: Self.wrapMiddle)
        output.append(contentsOf: payload)
        output.append(UInt8(ascii: "}"))
        if backlog > Self.backlogLimit { state = .dead }
    }

    private static let wrapStart = Array("{\"stream\":\"".utf8)
    private static let wrapMiddle = Array("\",\"data\":".utf8)

    func sendText(_ bytes: [UInt8]) {
        guard state == .open else { return }
        send(opcode: WebSocketOpcode.text, bytes)
        if backlog > Self.backlogLimit { state = .dead }
    }

    private func send(opcode: UInt8, _ bytes: [UInt8]) {
        header(opcode: opcode, length: bytes.count)
        output.append(contentsOf: bytes)
    }

    private func header(opcode: UInt8, length: Int) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { room in
            guard let start = room.baseAddress else { return }
            let count = unsafe WebSocketFrame.writeHeader(
                to: start, opcode: opcode, payloadLength: length, maskingKey: nil)
            for index in 0..<count { unsafe output.append(room[index]) }
        }
    }

    func close(code: UInt16, reason: String) {
        guard state == .open else { return }
        send(
            opcode: WebSocketOpcode.close,
            [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
        state = .closing
    }

    /// Hands what waits to the socket. False when the connection is lost.
    func flush() -> Bool {
        while sent < output.count {
            let taken = unsafe output.withUnsafeBufferPointer { bytes -> Int64 in
                guard let start = bytes.baseAddress else { return -1 }
                return unsafe apus_tls_peer_write(peer, start + sent, bytes.count - sent)
            }
            if taken < 0 { return false }
            if taken == 0 {
                // Moving the rest is worth it only once much has gone.
                if sent > 1 << 20, sent * 2 > output.count {
                    output.removeFirst(sent)
                    sent = 0
                }
                return true
            }
            sent += Int(taken)
        }
        output.removeAll(keepingCapacity: output.capacity < 4 << 20)
        sent = 0
        return state != .closing
    }

    /// Sends a PING when it is due. False when the client has not answered for too long.
    func keepAlive(nowNs: UInt64, pingEveryNs: UInt64, pongWithinNs: UInt64, nowMs: Int64) -> Bool {
        guard state == .open else { return nowNs - lastPingNs < 30_000_000_000 }
        if nowNs - lastPingNs >= pingEveryNs {
            lastPingNs = nowNs
            if pingPayload.isEmpty { pingSentNs = nowNs }
            pingPayload = Array(String(nowMs).utf8)
            send(opcode: WebSocketOpcode.ping, pingPayload)
        }
        return pingPayload.isEmpty || nowNs - pingSentNs < pongWithinNs
    }

    // MARK: - Receiving

    /// Reads what has come. False when the connection is over.
    func receive(nowNs: UInt64) -> Bool {
        if state == .handshake {
            let result = unsafe apus_tls_peer_handshake(peer)
            if result < 0 { return false }
            if result == 0 { return true }
            state = .request
        }
        while true {
            let got = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16_384) {
                room -> Int64 in
                guard let start = room.baseAddress else { return -1 }
                let got = unsafe apus_tls_peer_read(peer, start, room.count)
                if got > 0 { unsafe input.append(contentsOf: room.prefix(Int(got))) }
                return got
            }
            if got < 0 { return false }
            if got == 0 { break }
            if input.count > 4 * Self.messageLengthMax { break }
        }
        if state == .request, !takeRequest() { return false }
        while state == .open {
            guard let more = takeFrame(nowNs: nowNs) else { return false }
            if !more { break }
        }
        return state != .dead
    }

    private func takeRequest() -> Bool {
        let end = Array("\r\n\r\n".utf8)
        guard let length = RecordedScanner(bytes: input).find(end) else {
            return input.count <= Self.requestLengthMax
        }
        let text = String(decoding: input[..<length], as: UTF8.self)
        input.removeFirst(length)
        guard let request = UpgradeRequest(text), let target = StreamTarget(request.target) else {
            output.append(contentsOf: UpgradeRequest.refusal)
            state = .closing
            return true
        }
        self.target = target
        output.append(contentsOf: request.acceptance)
        state = .open
        isCombined = target.isCombined
        onUpgrade(self)
        return true
    }

    /// Handles one frame. `nil` when the client broke the protocol, false when none is complete.
    private func takeFrame(nowNs: UInt64) -> Bool? {
        var header = WebSocketFrameHeader()
        let result = unsafe input.withUnsafeBufferPointer { bytes -> WebSocketDecodeResult in
            guard let start = bytes.baseAddress else { return .incomplete }
            return unsafe WebSocketFrameHeader.decode(start, available: bytes.count, into: &header)
        }
        if result == .incomplete { return false }
        guard result == .complete, header.isMasked,
            header.payloadLength <= Self.messageLengthMax
        else {
            close(code: 1002, reason: "Protocol error")
            return true
        }
        let length = header.headerLength + header.payloadLength
        guard input.count >= length else { return false }
        var payload = Array(input[header.headerLength..<length])
        input.removeFirst(length)
        unsafe payload.withUnsafeMutableBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe WebSocketFrame.mask(start, count: bytes.count, key: header.maskingKey)
        }
        guard isWithinRate(nowNs: nowNs) else {
            close(code: 1008, reason: "Too many requests")
            return true
        }
        return handle(header, payload, nowNs: nowNs)
    }

    private func handle(
        _ header: WebSocketFrameHeader, _ payload: [UInt8], nowNs: UInt64
    ) -> Bool? {
        switch header.opcode {
        case WebSocketOpcode.ping: send(opcode: WebSocketOpcode.pong, payload)
        case WebSocketOpcode.pong:
            if payload == pingPayload {
                pingPayload = []
                lastPongNs = nowNs
            }
        case WebSocketOpcode.close:
            send(opcode: WebSocketOpcode.close, Array(payload.prefix(2)))
            state = .closing
        default:
            let isContinuation = header.opcode == WebSocketOpcode.continuation
            guard isContinuation == (fragments != nil) else {
                close(code: 1002, reason: "Protocol error")
                return true
            }
            let message = (fragments ?? []) + payload
            fragments = header.isFinal ? nil : message
            if message.count > Self.messageLengthMax {
                close(code: 1009, reason: "Message too big")
            } else if header.isFinal {
                onText(self, message)
            }
        }
        return true
    }

    private func isWithinRate(nowNs: UInt64) -> Bool {
        guard messageRateMax > 0 else { return true }
        let window = nowNs / 1_000_000_000
        if window != windowNs {
            windowNs = window
            windowCount = 0
        }
        windowCount += 1
        return windowCount <= messageRateMax
    }
}
