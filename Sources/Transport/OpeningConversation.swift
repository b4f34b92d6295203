//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import WebSocket

/// Text messages over a connection that was just upgraded, on its cold thread, before the reader
/// has it: for log-ins and subscriptions that must have succeeded before anybody relies on them.
///
/// Every wait ends with the attempt's own time limit.
public final class OpeningConversation {
    private let dialer: Dialer
    /// Plaintext that was received and not yet looked at.
    private var unread: [UInt8]
    /// Whole frames for the reader: messages that were no answers.
    private var passed: [UInt8] = []
    /// The frames of the message taken last.
    private var lastFrames: [UInt8] = []
    private static let messageSizeMax = 65_536

    init(_ dialer: Dialer, unread: [UInt8]) {
        self.dialer = dialer
        self.unread = unread
    }

    /// What the reader begins with.
    var leftover: [UInt8] { passed + unread }

    /// Sends one text message.
    public func send(_ text: String) throws(TransportError) {
        try dialer.send(opcode: WebSocketOpcode.text, Array(text.utf8))
    }

    /// Waits for the next text message; pings are answered meanwhile.
    ///
    /// Throws when the peer closes, breaks the protocol, or lets the time run out.
    public func receive() throws(TransportError) -> [UInt8] {
        lastFrames = []
        var message: [UInt8] = []
        var isAssembling = false
        while true {
            var header = WebSocketFrameHeader()
            guard try takeHeader(&header) else {
                try dialer.receive(more: &unread)
                continue
            }
            let length = header.headerLength + header.payloadLength
            let frame = Array(unread[..<length])
            unread.removeFirst(length)
            let payload = Array(frame[header.headerLength...])
            if header.isControl {
                try answer(header, payload)
                continue
            }
            let isContinuation = header.opcode == WebSocketOpcode.continuation
            guard isContinuation == isAssembling,
                message.count + payload.count <= Self.messageSizeMax
            else { throw TransportError(.network, "a malformed message before the log-in") }
            lastFrames += frame
            message += payload
            isAssembling = !header.isFinal
            if header.isFinal { return message }
        }
    }

    /// Hands the message received last to the reader, as if nobody had looked at it.
    public func passOn() {
        passed += lastFrames
        lastFrames = []
    }

    /// The next frame's header; `false` until all of the frame has arrived.
    private func takeHeader(_ header: inout WebSocketFrameHeader) throws(TransportError) -> Bool {
        guard !unread.isEmpty else { return false }
        let result = unsafe unread.withUnsafeBufferPointer {
            unsafe WebSocketFrameHeader.decode(
                $0.baseAddress!, available: $0.count, into: &header)
        }
        if result == .incomplete { return false }
        guard result == .complete, !header.isMasked, header.payloadLength <= Self.messageSizeMax
        else { throw TransportError(.network, "a malformed frame before the log-in") }
        return unread.count >= header.headerLength + header.payloadLength
    }

    private func answer(
        _ header: WebSocketFrameHeader, _ payload: [UInt8]
    ) throws(TransportError) {
        switch header.opcode {
        case WebSocketOpcode.ping:
            try dialer.send(opcode: WebSocketOpcode.pong, payload)
        case WebSocketOpcode.close:
            let code = payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005
            let reason = String(decoding: payload.dropFirst(2).prefix(123), as: UTF8.self)
            let shown = reason.filter { $0.isASCII && !$0.isNewline }
            throw TransportError(
                .network, "closed by the peer with \(code)\(shown.isEmpty ? "" : ": \(shown)")")
        default: break
        }
    }
}
