//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import CUring
import Platform
import WebSocket

/// A connection ready for the reader.
///
/// SAFETY: owned by one thread at a time.
@safe
struct DialedConnection {
    let socket: Int32
    let session: OpaquePointer
    /// Plaintext that came behind the upgrade's answer.
    let leftover: [UInt8]
    /// TLS version and cipher.
    let cipher: String
}

/// Makes one connection, blocking: TCP, TLS, upgrade, opening messages.
///
/// SAFETY: the session is owned by the value until `dial` returns it.
@safe
final class Dialer {
    private let socket: Int32
    private let session: OpaquePointer
    private let deadlineNs: UInt64
    /// The receive window; the session reads from it in place.
    private let received: UnsafeMutablePointer<UInt8>
    private var isKept = false
    private static let receiveCapacity = 16_384

    /// Connects to `specification` within `timeout`.
    static func dial(
        _ specification: ConnectionSpecification, context: OpaquePointer, timeout: Duration
    ) throws(TransportError) -> DialedConnection {
        let url = try ConnectionURL(specification.url)
        do throws(TransportError) {
            var path = url.path
            if let provider = specification.pathProvider {
                path = try Self.path(from: provider)
            }
            let deadline = monotonicNs() + nanoseconds(timeout)
            let dialer = try unsafe Dialer(url: url, context: context, deadlineNs: deadline)
            try dialer.shakeHands()
            var leftover = try dialer.upgrade(url: url, path: path, specification.headers)
            for message in specification.messagesOnOpen {
                try dialer.send(opcode: WebSocketOpcode.text, Array(message.utf8))
            }
            if let opening = specification.opening {
                let conversation = OpeningConversation(dialer, unread: leftover)
                try opening(conversation)
                leftover = conversation.leftover
            }
            dialer.isKept = true
            return unsafe DialedConnection(
                socket: dialer.socket, session: dialer.session, leftover: leftover,
                cipher: dialer.cipher())
        } catch {
            throw TransportError(
                error.reason, "wss://\(url.authority): \(error.description)",
                retryAfter: error.retryAfter)
        }
    }

    private static func path(
        from provider: @Sendable () throws -> String
    ) throws(TransportError) -> String {
        do {
            let path = try provider()
            return path.hasPrefix("/") ? path : "/" + path
        } catch { throw TransportError(.path, "no path: \(error)") }
    }

    private init(
        url: ConnectionURL, context: OpaquePointer, deadlineNs: UInt64
    ) throws(TransportError) {
        var error = [CChar](repeating: 0, count: Int(APUS_TLS_ERROR_MAX))
        let socket = unsafe apus_socket_connect(url.host, url.port, deadlineNs, &error)
        guard socket >= 0 else { throw Self.connectError(socket, text(error)) }
        guard let session = unsafe apus_tls_session_create(context, url.host, &error) else {
            apus_socket_close(socket)
            throw TransportError(.tls, text(error))
        }
        self.socket = socket
        unsafe self.session = unsafe session
        self.deadlineNs = deadlineNs
        unsafe received = .allocate(capacity: Self.receiveCapacity)
    }

    deinit {
        unsafe received.deallocate()
        guard !isKept else { return }
        unsafe apus_tls_session_destroy(session)
        apus_socket_close(socket)
    }

    private static func connectError(_ code: Int32, _ text: String) -> TransportError {
        switch -code {
        case 111: TransportError(.refused, text)
        case 110: TransportError(.timedOut, text)
        case 113 where text.hasPrefix("host not found"): TransportError(.hostNotFound, text)
        default: TransportError(.network, text)
        }
    }

    private func shakeHands() throws(TransportError) {
        while true {
            let result = unsafe apus_tls_session_handshake(session)
            if result < 0 {
                try? sendOutput()  // The alert tells the peer why.
                let isCertificate = unsafe apus_tls_session_refused_certificate(session) != 0
                throw TransportError(isCertificate ? .certificate : .tls, sessionError())
            }
            try sendOutput()
            if result == 1 { return }
            try receive("during the TLS handshake")
        }
    }

    /// - Returns: What followed the response's head.
    private func upgrade(
        url: ConnectionURL, path: String, _ headers: [(String, String)]
    ) throws(TransportError) -> [UInt8] {
        let key = UpgradeHandshake.makeKey()
        try send(
            bytes: UpgradeHandshake.request(url: url, path: path, headers: headers, key: key))
        var answer: [UInt8] = []
        while true {
            try decrypt(into: &answer)
            if let end = UpgradeHandshake.endOfHead(answer) {
                try UpgradeHandshake.check(head: Array(answer[..<end]), key: key)
                return Array(answer[end...])
            }
            guard answer.count <= UpgradeHandshake.responseSizeMax else {
                throw TransportError(.upgrade(status: 0), "upgrade answered without an end")
            }
            try receive("waiting for the upgrade")
        }
    }

    /// Sends one masked frame.
    func send(opcode: UInt8, _ content: [UInt8]) throws(TransportError) {
        var generator = SystemRandomNumberGenerator()
        let key = UInt32.random(in: 0...UInt32.max, using: &generator)
        var payload = content
        var frame = [UInt8](repeating: 0, count: WebSocketFrame.headerLengthMax)
        let length = unsafe frame.withUnsafeMutableBufferPointer {
            unsafe WebSocketFrame.writeHeader(
                to: $0.baseAddress!, opcode: opcode, payloadLength: payload.count,
                maskingKey: key)
        }
        unsafe payload.withUnsafeMutableBufferPointer {
            if let base = $0.baseAddress {
                unsafe WebSocketFrame.mask(base, count: $0.count, key: key)
            }
        }
        try send(bytes: Array(frame[..<length]) + payload)
    }

    private func send(bytes: [UInt8]) throws(TransportError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(16_384))
            guard unsafe apus_tls_session_write(session, piece, piece.count) == 0 else {
                throw TransportError(.tls, sessionError())
            }
            try sendOutput()
            rest = rest.dropFirst(piece.count)
        }
    }

    private func sendOutput() throws(TransportError) {
        while true {
            var length = 0
            let bytes = unsafe apus_tls_session_output(session, &length)
            if length == 0 { return }
            let result = unsafe apus_socket_send(socket, bytes!, length, deadlineNs)
            guard result == 0 else {
                throw TransportError(
                    result == -110 ? .timedOut : .network,
                    result == -110 ? "timed out" : "connection lost: \(errorText(result))")
            }
            unsafe apus_tls_session_consume(session, length)
        }
    }

    /// Waits for more plaintext and appends it.
    func receive(more plaintext: inout [UInt8]) throws(TransportError) {
        try receive("before the log-in")
        try decrypt(into: &plaintext)
        try sendOutput()
    }

    /// Takes the next bytes from the socket and feeds them to the session.
    private func receive(_ phase: String) throws(TransportError) {
        let count = unsafe apus_socket_receive(socket, received, Self.receiveCapacity, deadlineNs)
        if count > 0 { unsafe apus_tls_session_feed(session, received, Int(count)) }
        switch count {
        case 1...: return
        case 0: throw TransportError(.network, "connection closed \(phase)")
        case -110: throw TransportError(.timedOut, "timed out \(phase)")
        default:
            throw TransportError(.network, "connection lost \(phase): \(errorText(count))")
        }
    }

    private func decrypt(into plaintext: inout [UInt8]) throws(TransportError) {
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe apus_tls_session_read(session, &piece, Int32(piece.count))
            if count == 0 { return }
            guard count > 0 else { throw TransportError(.tls, sessionError()) }
            plaintext.append(contentsOf: piece[..<Int(count)])
        }
    }

    private func sessionError() -> String {
        unsafe String(cString: apus_tls_session_error(session))
    }

    private func cipher() -> String {
        var characters = [CChar](repeating: 0, count: 96)
        unsafe apus_tls_session_describe(session, &characters, characters.count)
        return text(characters)
    }
}

/// What the system calls error `-code`.
func errorText(_ code: Int32) -> String {
    PlatformError(operation: "", code: -code).description.replacingPrefix(": ")
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
