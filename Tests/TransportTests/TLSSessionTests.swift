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
import Testing
import WebSocket

/// Client session and server session in one thread, joined by a socket pair.
///
/// SAFETY: used by one thread.
@safe
final class TLSPair {
    let client: OpaquePointer
    let server: OpaquePointer
    private let context: OpaquePointer
    private let sockets: (client: Int32, server: Int32)
    let window = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 20)
    private(set) var windowLength = 0
    private var isServerGone = false

    /// A pair whose server is the authority's.
    convenience init() {
        unsafe self.init(server: TestAuthority.good.server)
    }

    init(server settings: OpaquePointer) {
        let authority = TestAuthority.good
        var pair: [Int32] = [0, 0]
        unsafe precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        for socket in pair { _ = fcntl(socket, F_SETFL, O_NONBLOCK) }
        sockets = (pair[0], pair[1])
        var error = [CChar](repeating: 0, count: Int(APUS_TLS_ERROR_MAX))
        unsafe context = unsafe apus_tls_context_create(authority.caFile, &error)!
        unsafe client = unsafe apus_tls_session_create(context, "127.0.0.1", &error)!
        unsafe server = unsafe apus_tls_peer_create(settings, sockets.server)!
        var isDone = (false, false)
        while !isDone.0 || !isDone.1 {
            if !isDone.0 { isDone.0 = unsafe apus_tls_session_handshake(client) == 1 }
            moveToServer()
            if !isDone.1 { isDone.1 = unsafe apus_tls_peer_handshake(server) == 1 }
            if takeFromServer() > 0 { unsafe apus_tls_session_feed(client, window, windowLength) }
        }
        // The tickets that the server sends after its handshake.
        if takeFromServer() > 0 { unsafe apus_tls_session_feed(client, window, windowLength) }
        var byte: UInt8 = 0
        unsafe precondition(apus_tls_session_read(client, &byte, 1) == 0)
    }

    deinit {
        unsafe apus_tls_session_destroy(client)
        if !isServerGone { unsafe apus_tls_peer_destroy(server, 0) }
        unsafe apus_tls_context_destroy(context)
        close(sockets.client)
        close(sockets.server)
        unsafe window.deallocate()
    }

    func moveToServer() {
        var length = 0
        while let bytes = unsafe apus_tls_session_output(client, &length), length > 0 {
            let count = unsafe write(sockets.client, bytes, length)
            precondition(count > 0, "room in the socket pair")
            unsafe apus_tls_session_consume(client, count)
        }
    }

    /// Takes what the server sent into the window.
    @discardableResult
    func takeFromServer() -> Int {
        windowLength = unsafe max(0, read(sockets.client, window, 1 << 20))
        return windowLength
    }

    /// Feeds the window in pieces of `pieceSize` and reads after each.
    func open(pieceSize: Int, capacity: Int = 16_384) -> [UInt8] {
        var plain: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: capacity)
        var offset = 0
        while offset < windowLength {
            let length = min(pieceSize, windowLength - offset)
            unsafe apus_tls_session_feed(client, window + offset, length)
            while true {
                let count = unsafe apus_tls_session_read(client, &piece, Int32(capacity))
                if count <= 0 { break }
                plain += piece[..<Int(count)]
            }
            unsafe #expect(apus_tls_session_unread(client) == 0)
            offset += length
        }
        return plain
    }

    /// Feeds the whole window and reads it into `out`, without allocating.
    func openInto(_ out: UnsafeMutablePointer<UInt8>) -> Int {
        unsafe apus_tls_session_feed(client, window, windowLength)
        var total = 0
        while true {
            let count = unsafe apus_tls_session_read(client, out, 16_384)
            if count <= 0 { return total }
            total += Int(count)
        }
    }
}

extension TransportSuites {
    @Suite("TLS session")
    struct TLSSessionTests {
        @Test(arguments: [1, 2, 5, 21, 1_000, 1 << 20], [1, 7, 16_384])
        func `ciphertext cut anywhere opens to the same bytes`(pieceSize: Int, capacity: Int) {
            let pair = TLSPair()
            let sent = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            for part in [sent[..<1], sent[1..<600], sent[600...]] {
                _ = unsafe apus_tls_peer_write(pair.server, Array(part), part.count)
            }
            pair.takeFromServer()
            #expect(pair.open(pieceSize: pieceSize, capacity: capacity) == sent)
        }

        @Test func `what is sealed arrives, also across the end of the send buffer`() {
            let pair = TLSPair()
            var generator = SystemRandomNumberGenerator()
            var received = [UInt8](repeating: 0, count: 32_768)
            for round in 0..<200 {
                let sent = (0..<(1 + round * 50)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                unsafe #expect(apus_tls_session_write(pair.client, sent, sent.count) == 0)
                pair.moveToServer()
                var whole: [UInt8] = []
                while whole.count < sent.count {
                    let count = unsafe apus_tls_peer_read(pair.server, &received, received.count)
                    guard count > 0 else { break }
                    whole += received[..<Int(count)]
                }
                #expect(whole == sent)
            }
        }

        @Test func `a write that does not fit changes nothing`() {
            let pair = TLSPair()
            let piece = [UInt8](repeating: 0x55, count: 16_384)
            var written = 0
            while unsafe apus_tls_session_write(pair.client, piece, piece.count) == 0 {
                written += 1
            }
            #expect(written == 7)
            let waiting = unsafe apus_tls_session_output_length(pair.client)
            unsafe #expect(apus_tls_session_write(pair.client, piece, piece.count) == -105)
            unsafe #expect(apus_tls_session_output_length(pair.client) == waiting)
            pair.moveToServer()
            unsafe #expect(apus_tls_session_write(pair.client, piece, piece.count) == 0)
        }

        @Test func `a changed byte ends the session with one line`() {
            let pair = TLSPair()
            _ = unsafe apus_tls_peer_write(pair.server, "hello", 5)
            let length = pair.takeFromServer()
            var bytes = [UInt8](repeating: 0, count: length)
            bytes = pair.corrupted(at: length - 1)
            var out = [UInt8](repeating: 0, count: 64)
            unsafe bytes.withUnsafeBufferPointer {
                unsafe apus_tls_session_feed(pair.client, $0.baseAddress!, $0.count)
                unsafe #expect(apus_tls_session_read(pair.client, &out, 64) < 0)
            }
            let text = unsafe String(cString: apus_tls_session_error(pair.client))
            #expect(text.hasPrefix("TLS: "))
            unsafe #expect(apus_tls_session_write(pair.client, out, 5) < 0)
        }

        @Test func `close_notify is told from failure`() {
            let pair = TLSPair()
            _ = unsafe apus_tls_peer_write(pair.server, "last", 4)
            pair.takeFromServer()
            #expect(pair.open(pieceSize: 1_000) == Array("last".utf8))
            pair.closeServer()
            pair.takeFromServer()
            var out = [UInt8](repeating: 0, count: 64)
            unsafe apus_tls_session_feed(pair.client, pair.bytes, pair.windowLength)
            unsafe #expect(apus_tls_session_read(pair.client, &out, 64) == -107)
        }

        @Test(
            .enabled(if: apus_allocation_counter_is_active() != 0, "a sanitizer owns the allocator")
        )
        func `steady reads and writes call the allocator 0 times`() {
            let pair = TLSPair()
            let out = UnsafeMutablePointer<UInt8>.allocate(capacity: 16_384)
            let count = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
            unsafe count.initialize(to: 0)
            defer {
                unsafe out.deallocate()
                unsafe count.deallocate()
            }
            let message = [UInt8](repeating: 0x61, count: 500)
            for round in 0..<200 {
                _ = unsafe apus_tls_peer_write(pair.server, message, message.count)
                pair.takeFromServer()
                if round == 20 { unsafe apus_allocation_counter_arm(count) }
                let opened = unsafe pair.openInto(out)
                let written = unsafe apus_tls_session_write(pair.client, out, 300)
                if opened != 500 || written != 0 { unsafe count.pointee += 1_000 }
                pair.moveToServer()
                _ = unsafe apus_tls_peer_read(pair.server, out, 16_384)
            }
            apus_allocation_counter_arm(nil)
            // Else an optimised build frees the message before the counter is disarmed.
            withExtendedLifetime(message) {}
            unsafe #expect(count.pointee == 0)
        }
    }
}

extension TLSPair {
    var bytes: UnsafePointer<UInt8> { unsafe UnsafePointer(window) }

    func corrupted(at index: Int) -> [UInt8] {
        var copy = unsafe Array(UnsafeBufferPointer(start: bytes, count: windowLength))
        copy[index] ^= 1
        return copy
    }

    /// Ends the server's session with close_notify.
    func closeServer() {
        unsafe apus_tls_peer_destroy(server, 1)
        isServerGone = true
    }
}
