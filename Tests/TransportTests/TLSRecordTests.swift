//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import SeededRandom
import Testing

/// A server of the test authority that speaks what a test wants.
///
/// SAFETY: used by one thread.
@safe
private final class RestrictedServer {
    let server: OpaquePointer

    /// - Parameter suites: `nil` for TLS 1.2.
    init(suites: String?, ticketCount: Int = 2, padding: Int = 0) {
        let authority = unsafe TestAuthority.good.authority
        unsafe server = unsafe apus_tls_server_create(
            apus_test_authority_certificate_pem(authority),
            apus_test_authority_key_pem(authority))!
        let result = unsafe apus_tls_server_restrict(server, suites, ticketCount, padding)
        precondition(result == 0, "a server that OpenSSL can be")
    }

    deinit { unsafe apus_tls_server_destroy(server) }
}

extension TLSPair {
    /// What the client prints about itself.
    fileprivate var description: String {
        var text = [CChar](repeating: 0, count: 96)
        unsafe apus_tls_session_describe(client, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }

    fileprivate func serverSends(_ bytes: [UInt8]) {
        // One record a call.
        for start in stride(from: 0, to: bytes.count, by: 16_384) {
            let record = Array(bytes[start..<min(start + 16_384, bytes.count)])
            _ = unsafe apus_tls_peer_write(server, record, record.count)
        }
    }

    /// Seals `bytes` at the client's end and returns what the server makes of it.
    fileprivate func serverReceives(_ bytes: [UInt8]) -> [UInt8] {
        unsafe #expect(apus_tls_session_write(client, bytes, bytes.count) == 0)
        moveToServer()
        var whole: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 32_768)
        while whole.count < bytes.count {
            let count = unsafe apus_tls_peer_read(server, &piece, piece.count)
            guard count > 0 else { break }
            whole += piece[..<Int(count)]
        }
        return whole
    }

    /// One read of what the window holds.
    fileprivate func readOnce() -> Int32 {
        var out = [UInt8](repeating: 0, count: 16_384)
        unsafe apus_tls_session_feed(client, bytes, windowLength)
        return unsafe apus_tls_session_read(client, &out, 16_384)
    }

    fileprivate var error: String { unsafe String(cString: apus_tls_session_error(client)) }
}

extension TransportSuites {
    /// The independent half of every exchange here is OpenSSL's server.
    @Suite("TLS records against OpenSSL's server")
    struct TLSRecordTests {
        static let suites = [
            "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
        ]

        @Test(arguments: suites, [0, 512])
        func `every suite of TLS 1.3 carries bytes both ways`(suite: String, padding: Int) {
            let server = RestrictedServer(suites: suite, padding: padding)
            let pair = unsafe TLSPair(server: server.server)
            #expect(pair.description.hasPrefix("TLSv1.3 \(suite) (own records, "))
            var random = SplitMix64(seed: 1)
            for size in [1, 15, 16, 17, 63, 64, 65, 500, 511, 512, 513, 16_383, 16_384, 40_000] {
                let sent = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                pair.serverSends(sent)
                pair.takeFromServer()
                let isReceived = pair.open(pieceSize: 1 << 20) == sent
                let isDelivered = pair.serverReceives(sent) == sent
                #expect(isReceived, "\(size) bytes")
                #expect(isDelivered, "\(size) bytes")
            }
        }

        @Test func `a TLS 1.2 session stays with OpenSSL and carries bytes both ways`() {
            let server = RestrictedServer(suites: nil)
            let pair = unsafe TLSPair(server: server.server)
            #expect(pair.description.hasPrefix("TLSv1.2 "))
            #expect(pair.description.hasSuffix(" (OpenSSL's records)"))
            let sent = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            pair.serverSends(sent)
            pair.takeFromServer()
            let isReceived = pair.open(pieceSize: 1_000, capacity: 700) == sent
            let isDelivered = pair.serverReceives(sent) == sent
            #expect(isReceived)
            #expect(isDelivered)
        }

        @Test func `records cut at any one place open to the same bytes`() {
            let pair = TLSPair()
            let parts = [1, 300, 64].map { size in (0..<size).map { UInt8($0 & 255) } }
            let sent = parts.flatMap(\.self)
            var cut = 0
            repeat {
                for part in parts { pair.serverSends(part) }
                let length = pair.takeFromServer()
                var opened: [UInt8] = []
                var out = [UInt8](repeating: 0, count: 16_384)
                for piece in [0..<cut, cut..<length] {
                    unsafe apus_tls_session_feed(
                        pair.client, pair.window + piece.lowerBound, piece.count)
                    while true {
                        let count = unsafe apus_tls_session_read(pair.client, &out, 16_384)
                        if count <= 0 { break }
                        opened += out[..<Int(count)]
                    }
                }
                let isWhole = opened == sent
                #expect(isWhole, "cut at \(cut)")
                cut += 1
            } while cut <= pair.windowLength
        }

        @Test(arguments: [0, 1, 5], [1, 3, 1 << 20])
        func `session tickets are skipped`(count: Int, pieceSize: Int) {
            let server = RestrictedServer(suites: Self.suites[0], ticketCount: count)
            let pair = unsafe TLSPair(server: server.server)
            pair.serverSends([1, 2, 3])
            pair.takeFromServer()
            #expect(pair.open(pieceSize: pieceSize) == [1, 2, 3])
        }

        @Test(arguments: suites, [0, 1] as [Int32])
        func `a server's new keys are followed, and answered when it asks`(
            suite: String, isAnswerWanted: Int32
        ) {
            let server = RestrictedServer(suites: suite)
            let pair = unsafe TLSPair(server: server.server)
            for round in 0..<8 as Range<UInt8> {
                pair.serverSends([round])
                unsafe #expect(apus_tls_peer_update_keys(pair.server, isAnswerWanted) == 0)
                pair.serverSends([round, round])
                pair.takeFromServer()
                #expect(pair.open(pieceSize: 1 << 20) == [round, round, round])
                let answered = unsafe apus_tls_session_output_length(pair.client)
                #expect(answered == (isAnswerWanted == 1 ? 27 : 0))
                #expect(pair.serverReceives([9, round]) == [9, round])
            }
        }

        @Test func `new keys of ours are followed by the server`() {
            let pair = TLSPair()
            for round in 0..<3 as Range<UInt8> {
                unsafe #expect(apus_tls_peer_update_keys(pair.server, 1) == 0)
                unsafe #expect(apus_tls_peer_update_keys(pair.server, 1) == 0)
                pair.takeFromServer()
                #expect(pair.open(pieceSize: 1) == [])
                #expect(pair.serverReceives([round]) == [round])
            }
        }

        @Test func `a fatal alert is told by its name`() {
            let pair = TLSPair()
            unsafe #expect(apus_tls_session_write(pair.client, [1, 2, 3], 3) == 0)
            var length = 0
            let output = unsafe UnsafeMutablePointer(
                mutating: apus_tls_session_output(pair.client, &length)!)
            unsafe output[length - 1] ^= 1
            pair.moveToServer()
            var out = [UInt8](repeating: 0, count: 64)
            unsafe #expect(apus_tls_peer_read(pair.server, &out, 64) < 0)
            pair.takeFromServer()
            #expect(pair.readOnce() == -71)
            #expect(pair.error == "TLS: alert from the peer: bad record mac")
        }

        @Test func `the server understands why we refuse, and how we close`() {
            let refusing = TLSPair()
            refusing.serverSends([1, 2, 3])
            let length = refusing.takeFromServer()
            unsafe refusing.window[length - 1] ^= 0x80
            #expect(refusing.readOnce() == -71)
            #expect(refusing.error == "TLS: record with a wrong tag")
            refusing.moveToServer()
            var out = [UInt8](repeating: 0, count: 64)
            unsafe #expect(apus_tls_peer_read(refusing.server, &out, 64) == -71)

            let closing = TLSPair()
            unsafe #expect(apus_tls_session_close(closing.client) == 0)
            unsafe #expect(apus_tls_session_write(closing.client, out, 1) < 0)
            closing.moveToServer()
            unsafe #expect(apus_tls_peer_read(closing.server, &out, 64) == -32)
        }
    }
}
