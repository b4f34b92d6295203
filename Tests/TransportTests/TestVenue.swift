//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import CTLS
import Glibc
import Platform
import Synchronization
import WebSocket

/// Certificates of one test authority, made once.
///
/// SAFETY: the pointers are made before use and never changed.
@safe
struct TestAuthority: @unchecked Sendable {
    enum Certificate { case good, expired, wrongHost, unknownIssuer }

    let authority: OpaquePointer
    let server: OpaquePointer
    let caFile: String

    init(_ certificate: Certificate) {
        // Before anything else uses OpenSSL, so that the library's allocator is in use.
        precondition(apus_tls_initialise() == 0, "OpenSSL takes its allocator")
        signal(SIGPIPE, SIG_IGN)
        var wanted = unsafe TestCertificate.standard()
        let host = unsafe strdup("other.example")
        switch certificate {
        case .good: break
        case .expired: unsafe wanted.notAfterOffsetS = -60
        case .wrongHost:
            unsafe wanted.dnsName = unsafe UnsafePointer(host)
            unsafe wanted.namesLoopback = 0
        case .unknownIssuer: unsafe wanted.signedByUnknownRoot = 1
        }
        unsafe authority = unsafe apus_test_authority_create(&wanted)!
        unsafe server = unsafe apus_tls_server_create(
            apus_test_authority_certificate_pem(authority),
            apus_test_authority_key_pem(authority))!
        // Its name goes at once: nothing is left behind however the tests end.
        let path = "\(P_tmpdir)/apus-test-\(currentProcessID())-\(certificate).pem"
        _ = unsafe apus_test_authority_write_ca(authority, path)
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        precondition(unsafe file >= 0 && unlink(path) == 0, "a file in \(P_tmpdir)")
        caFile = "/proc/self/fd/\(file)"
        unsafe free(host)
    }

    static let good = TestAuthority(.good)
    static let expired = TestAuthority(.expired)
    static let wrongHost = TestAuthority(.wrongHost)
    static let unknownIssuer = TestAuthority(.unknownIssuer)

    static func named(_ certificate: Certificate) -> TestAuthority {
        switch certificate {
        case .good: good
        case .expired: expired
        case .wrongHost: wrongHost
        case .unknownIssuer: unknownIssuer
        }
    }
}

/// A TLS server on loopback that runs a script for each connection, one after the other, on its
/// own thread.
///
/// SAFETY: fields are set before the thread starts, or atomic.
@safe
final class TestVenue: @unchecked Sendable {
    let port: UInt16
    private let listener: Int32
    private let authority: TestAuthority
    private let script: @Sendable (TestPeer) -> Void
    private let isStopping = Atomic<Bool>(false)
    private var thread: UInt64 = 0

    /// - Parameter script: Runs once the TLS handshake is done; the connection is cut when it ends.
    init(
        _ authority: TestAuthority = .good, script: @escaping @Sendable (TestPeer) -> Void
    ) {
        self.authority = authority
        self.script = script
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        precondition(bound, "a loopback port")
        port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
        let argument = unsafe Unmanaged.passRetained(self).toOpaque()
        let result = unsafe apus_thread_start(
            { unsafe Unmanaged<TestVenue>.fromOpaque($0!).takeRetainedValue().run() },
            unsafe argument, &thread)
        precondition(result == 0, "a thread")
    }

    var url: String { "wss://127.0.0.1:\(port)/ws?key=secret" }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        apus_thread_join(thread)
        close(listener)
    }

    private func run() {
        while !isStopping.load(ordering: .acquiring) {
            var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&entry, 1, 5) > 0 else { continue }
            let socket = accept(listener, nil, nil)
            if socket < 0 { continue }
            _ = fcntl(socket, F_SETFL, O_NONBLOCK)
            var one: Int32 = 1
            unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
            let peer = unsafe TestPeer(
                apus_tls_peer_create(authority.server, socket)!, socket,
                isStopping: { self.isStopping.load(ordering: .acquiring) })
            if peer.shakeHands() { script(peer) }
            peer.cut()
        }
    }
}

/// The server's end of one connection; calls block.
///
/// SAFETY: used by the venue's thread only.
@safe
final class TestPeer: @unchecked Sendable {
    private let peer: OpaquePointer
    private let socket: Int32
    private let isStopping: () -> Bool
    private var received: [UInt8] = []
    private(set) var requestHead = ""
    private var isCut = false

    init(_ peer: OpaquePointer, _ socket: Int32, isStopping: @escaping () -> Bool) {
        unsafe self.peer = unsafe peer
        self.socket = socket
        self.isStopping = isStopping
    }

    func shakeHands() -> Bool {
        while true {
            let result = unsafe apus_tls_peer_handshake(peer)
            if result == 1 { return true }
            if result < 0 || !wait(Int16(POLLIN)) { return false }
        }
    }

    private func wait(_ events: Int16) -> Bool {
        var entry = pollfd(fd: socket, events: events, revents: 0)
        while !isStopping() { if unsafe poll(&entry, 1, 5) != 0 { return true } }
        return false
    }

    /// Sends bytes, in records of at most `pieceSize`.
    func send(_ bytes: [UInt8], pieceSize: Int = 16_384) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(pieceSize))
            let count = unsafe apus_tls_peer_write(peer, piece, piece.count)
            if count < 0 { return }
            if count == 0, !wait(Int16(POLLOUT)) { return }
            rest = rest.dropFirst(Int(count))
        }
    }

    /// Waits for more bytes; `false` at the end.
    private func receive() -> Bool {
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe apus_tls_peer_read(peer, &piece, piece.count)
            if count < 0 { return false }
            if count > 0 {
                received += piece[..<Int(count)]
                return true
            }
            if !wait(Int16(POLLIN)) { return false }
        }
    }

    /// Reads the upgrade request and answers it; `answer` replaces the whole response head.
    @discardableResult
    func upgrade(answer: ((String) -> String)? = nil, followedBy: [UInt8] = []) -> Bool {
        guard let head = receiveHead() else { return false }
        requestHead = head
        let key =
            head.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") }?
            .dropFirst(19) ?? ""
        var accept = [CChar](repeating: 0, count: 29)
        unsafe apus_websocket_accept_key(String(key), &accept)
        let value = String(
            decoding: accept.prefix(28).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let response =
            answer?(value)
            ?? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(value)\r\n\r\n"
        send(Array(response.utf8) + followedBy)
        return true
    }

    /// The head of an HTTP request, up to and without the blank line.
    func receiveHead() -> String? {
        while true {
            let text = String(decoding: received, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                received.removeFirst(head.utf8.count + 4)
                return head
            }
            guard receive() else { return nil }
        }
    }

    /// The next frame, unmasked; `nil` at the end.
    func receiveFrame() -> (opcode: UInt8, payload: [UInt8], isMasked: Bool)? {
        while true {
            var header = WebSocketFrameHeader()
            let result = unsafe (received + [0]).withUnsafeBufferPointer {
                unsafe WebSocketFrameHeader.decode(
                    $0.baseAddress!, available: received.count, into: &header)
            }
            let length = header.headerLength + header.payloadLength
            if result == .complete, received.count >= length {
                var payload = Array(received[header.headerLength..<length])
                received.removeFirst(length)
                unsafe payload.withUnsafeMutableBufferPointer {
                    if let base = $0.baseAddress {
                        unsafe WebSocketFrame.mask(base, count: $0.count, key: header.maskingKey)
                    }
                }
                return (header.opcode, payload, header.isMasked)
            }
            guard receive() else { return nil }
        }
    }

    /// Sends back every text frame until the end; answers nothing else.
    func echo(pieceSize: Int = 16_384) {
        while let frame = receiveFrame() {
            if frame.opcode == WebSocketOpcode.text {
                send(TestPeer.frame(WebSocketOpcode.text, frame.payload), pieceSize: pieceSize)
            }
        }
    }

    /// Waits until the client is gone.
    func waitForEnd() { while receive() { received = [] } }

    /// Ends the connection without a close frame or close_notify.
    func cut() {
        if isCut { return }
        isCut = true
        unsafe apus_tls_peer_destroy(peer, 0)
        close(socket)
    }

    /// An unmasked frame.
    static func frame(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, key: UInt32? = nil
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: WebSocketFrame.headerLengthMax)
        let count = unsafe header.withUnsafeMutableBufferPointer {
            unsafe WebSocketFrame.writeHeader(
                to: $0.baseAddress!, opcode: opcode, payloadLength: payload.count, maskingKey: key)
        }
        if !isFinal { header[0] &= 0x7F }
        return Array(header[..<count]) + payload
    }

    static func text(_ text: String, isFinal: Bool = true) -> [UInt8] {
        frame(WebSocketOpcode.text, Array(text.utf8), isFinal: isFinal)
    }
}
