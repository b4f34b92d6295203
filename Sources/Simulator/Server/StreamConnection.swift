//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CHTTPD
import CTLS
import SeededRandom
import WebSocket

/// One client socket: TLS, the HTTP upgrade, then WebSocket frames in both directions.
///
/// Bytes that the socket does not take wait in `output`; a client that lets more than
/// `backlogLimit` pile up is cut off.
///
/// SAFETY: `peer` belongs to this object and is freed in `deinit`.
@safe
final class StreamConnection {
    enum State { case handshake, request, open, closing, dead }

    static let backlogLimit = 64 << 20
    static let requestLengthMax = 8_192
    static let messageLengthMax = 65_536

    let id: UInt64
    let socket: Int32
    private let peer: OpaquePointer
    private(set) var state = State.handshake
    /// What the client showed at the upgrade.
    private(set) var apiKey = ""
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var sent = 0
    /// Parts of a message that the client sends in several frames.
    private var fragments: [UInt8]?
    /// Bytes of `output` that go out as TLS records of their own, up to this place.
    private var singlesEnd = 0
    /// Nothing is sent or answered any more, the socket stays.
    private(set) var isHalfOpen = false
    private var limit = SendLimit()
    private(set) var lastReceivedNs: UInt64
    /// When a text was last sent.
    private(set) var lastSentNs: UInt64
    private let venue: VenueName
    private let clock: VenueClock
    private let faults: FaultInjector
    private var random: SplitMix64
    private var pingPayload: [UInt8] = []
    private var pingSentNs: UInt64 = 0
    private(set) var lastPongNs: UInt64
    private var lastPingNs: UInt64
    private var windowNs: UInt64 = 0
    private var windowCount = 0
    /// Messages a second that a client may send; 0 for no limit.
    private let messageRateMax: Int
    /// Called with the request's target; answers with a status that refuses it, or `nil`.
    var onUpgrade: (StreamConnection, String) -> String? = { _, _ in nil }
    var onText: (StreamConnection, [UInt8]) -> Void = { _, _ in }

    init?(
        id: UInt64, socket: Int32, server: OpaquePointer, venue: VenueName, clock: VenueClock,
        messageRateMax: Int, faults: FaultInjector
    ) {
        guard let peer = unsafe apus_tls_peer_create(server, socket) else { return nil }
        self.id = id
        self.socket = socket
        unsafe self.peer = unsafe peer
        self.messageRateMax = messageRateMax
        self.venue = venue
        self.clock = clock
        self.faults = faults
        random = SplitMix64(seed: id)
        lastPingNs = clock.nowNs
        lastPongNs = clock.nowNs
        lastReceivedNs = clock.nowNs
        lastSentNs = clock.nowNs
    }

    deinit { unsafe apus_tls_peer_destroy(peer, 0) }

    var backlog: Int { output.count - sent }
    var wantsWrite: Bool { backlog > 0 && !limit.isActive(clock.nowNs) }

    func die() { state = .dead }

    // MARK: - Sending

    /// Sends one binary message; faults of texts do not apply.
    func sendBinary(_ bytes: [UInt8]) {
        guard state == .open, !isHalfOpen else { return }
        lastSentNs = clock.nowNs
        send(opcode: WebSocketOpcode.binary, bytes)
        if backlog > Self.backlogLimit { state = .dead }
    }

    /// Sends one text message.
    ///
    /// - Parameter isPush: Not the answer to a request; then it may come twice.
    func sendText(_ bytes: [UInt8], isPush: Bool = false) {
        guard state == .open, !isHalfOpen else { return }
        lastSentNs = clock.nowNs
        if faults.isEmpty {
            send(opcode: WebSocketOpcode.text, bytes)
        } else {
            sendFaulty(bytes)
            if isPush, faults.fires(.duplicateMessage, venue) != nil { sendFaulty(bytes) }
        }
        if backlog > Self.backlogLimit { state = .dead }
    }

    /// The same message, when a fault wants it so in another text or in odd frames.
    private func sendFaulty(_ bytes: [UInt8]) {
        var text = bytes
        let shuffles = faults.fires(.reorderedKeys, venue) != nil
        let addsKeys = faults.fires(.unknownKeys, venue) != nil
        if shuffles || addsKeys {
            text = JSONMutation.rewrite(
                text, shuffles: shuffles, addsKeys: addsKeys, random: &random)
        }
        if faults.fires(.garbageAfterJSON, venue) != nil { text += Array("}garbage".utf8) }
        let start = output.count
        if faults.fires(.fragmentedFrames, venue) != nil, text.count > 1 {
            fragment(text)
        } else {
            send(opcode: WebSocketOpcode.text, text)
        }
        if faults.fires(.maskedFrame, venue) != nil { output[start + 1] |= 0x80 }
        if faults.fires(.reservedBits, venue) != nil { output[start] |= 0x40 }
        if faults.fires(.oversizeFrame, venue) != nil {
            output.removeSubrange(start...)
            output += [0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0]
        }
        if faults.fires(.splitFrames, venue) != nil { singlesEnd = output.count }
    }

    /// Two to five fragments, a ping between the first ones, as RFC 6455, section 5.4 allows.
    private func fragment(_ text: [UInt8]) {
        var rest = text[...]
        var opcode = WebSocketOpcode.text
        for part in 0..<4 where rest.count > 1 {
            let length = 1 + random.below(rest.count - 1)
            let start = output.count
            send(opcode: opcode, Array(rest.prefix(length)))
            output[start] &= 0x7F
            rest = rest.dropFirst(length)
            opcode = WebSocketOpcode.continuation
            if part == 0 { send(opcode: WebSocketOpcode.ping, []) }
        }
        send(opcode: opcode, Array(rest))
    }

    /// Stops answering without closing.
    func goHalfOpen() {
        isHalfOpen = true
        output.removeAll()
        sent = 0
        singlesEnd = 0
    }

    /// Sends pings that nobody waits for.
    func flood(_ count: Int) {
        guard state == .open, !isHalfOpen else { return }
        for number in 0..<count { send(opcode: WebSocketOpcode.ping, Array("\(number)".utf8)) }
    }

    /// Sends no more than so much for a while.
    func limitSending(bytesPerS: Int, durationNs: UInt64) {
        limit.set(bytesPerS: bytesPerS, durationNs: durationNs, nowNs: clock.nowNs)
    }

    /// Ends within a frame, without a close frame.
    func cutMidFrame() {
        guard state == .open, !isHalfOpen else { return }
        header(opcode: WebSocketOpcode.text, length: 100)
        output += Array(repeating: UInt8(ascii: " "), count: 50)
        state = .closing
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
        guard state == .open, !isHalfOpen else { return }
        send(
            opcode: WebSocketOpcode.close,
            [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
        state = .closing
    }

    /// Hands what waits to the socket. False when the connection is lost.
    func flush() -> Bool {
        while sent < output.count {
            let room = limit.room(clock.nowNs)
            if room == 0 { return true }
            let taken = unsafe output.withUnsafeBufferPointer { bytes -> Int64 in
                guard let start = bytes.baseAddress else { return -1 }
                let length = sent < singlesEnd ? 1 : min(bytes.count - sent, room ?? .max)
                return unsafe apus_tls_peer_write(peer, start + sent, length)
            }
            if taken < 0 { return false }
            if taken == 0 {
                // Moving the rest is worth it only once much has gone.
                if sent > 1 << 20, sent * 2 > output.count {
                    output.removeFirst(sent)
                    singlesEnd = max(singlesEnd - sent, 0)
                    sent = 0
                }
                return true
            }
            sent += Int(taken)
            limit.took(Int(taken))
        }
        output.removeAll(keepingCapacity: output.capacity < 4 << 20)
        sent = 0
        singlesEnd = 0
        return state != .closing
    }

    /// Sends a PING when it is due. False when the client has not answered for too long.
    func keepAlive(nowNs: UInt64, pingEveryNs: UInt64, pongWithinNs: UInt64, nowMs: Int64) -> Bool {
        guard state == .open else { return nowNs - lastPingNs < 30_000_000_000 }
        if isHalfOpen || pingEveryNs == 0 { return true }
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
                if got > 0, !isHalfOpen { unsafe input.append(contentsOf: room.prefix(Int(got))) }
                return got
            }
            if got < 0 { return false }
            if got == 0 { break }
            lastReceivedNs = nowNs
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
        guard let request = UpgradeRequest(text) else {
            output.append(contentsOf: UpgradeRequest.refusal("400 Bad Request"))
            state = .closing
            return true
        }
        // The venue may send at once: its texts stand behind the acceptance.
        let before = output.count
        output.append(contentsOf: request.acceptance)
        state = .open
        apiKey = request.apiKey
        if let status = onUpgrade(self, request.target) {
            output.removeSubrange(before...)
            output.append(contentsOf: UpgradeRequest.refusal(status))
            state = .closing
        }
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
