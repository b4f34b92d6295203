//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTLS
import Glibc
import SeededRandom
import Testing

/// Two sessions beyond their handshake with secrets of a test's choice: `peer` seals whatever it is
/// told, and `own` is the one that is tested.
///
/// SAFETY: used by one thread.
@safe
private final class CraftedPair {
    struct Suite: CustomTestStringConvertible {
        let number: UInt32
        let secretLength: Int
        var testDescription: String { String(number, radix: 16) }
        static let all = [
            Suite(number: 0x1301, secretLength: 32), Suite(number: 0x1302, secretLength: 48),
            Suite(number: 0x1303, secretLength: 32),
        ]
    }

    static let dataType: UInt8 = 23
    let own: OpaquePointer
    let peer: OpaquePointer
    private var window: [UInt8] = []

    init(_ suite: Suite = Suite.all[0], isOwnPortable: Int32 = 0, isPeerPortable: Int32 = 1) {
        _ = TestAuthority.good
        let toOwn = (0..<suite.secretLength).map { UInt8($0 + 1) }
        let toPeer = (0..<suite.secretLength).map { UInt8(200 - $0) }
        unsafe own = unsafe apus_tls_session_create_with_secrets(
            suite.number, toOwn, toPeer, suite.secretLength, isOwnPortable)!
        unsafe peer = unsafe apus_tls_session_create_with_secrets(
            suite.number, toPeer, toOwn, suite.secretLength, isPeerPortable)!
    }

    deinit {
        unsafe apus_tls_session_destroy(own)
        unsafe apus_tls_session_destroy(peer)
    }

    /// What `session` has put out.
    static func takeOutput(_ session: OpaquePointer) -> [UInt8] {
        var bytes: [UInt8] = []
        var length = 0
        while let output = unsafe apus_tls_session_output(session, &length), length > 0 {
            unsafe bytes += UnsafeBufferPointer(start: output, count: length)
            unsafe apus_tls_session_consume(session, length)
        }
        return bytes
    }

    /// One record of the peer's.
    func record(_ bytes: [UInt8], type: UInt8 = dataType) -> [UInt8] {
        unsafe precondition(apus_tls_session_seal(peer, type, bytes, bytes.count) == 0)
        return unsafe Self.takeOutput(peer)
    }

    /// Everything `session` reads from `bytes`, and what its last call returned.
    static func read(
        _ session: OpaquePointer, _ bytes: [UInt8], pieceSize: Int = 1 << 20, capacity: Int = 16_384
    ) -> (plain: [UInt8], last: Int32) {
        var plain: [UInt8] = []
        var last: Int32 = 0
        var out = [UInt8](repeating: 0xEE, count: capacity)
        for start in stride(from: 0, to: bytes.count, by: pieceSize) {
            let piece = Array(bytes[start..<min(start + pieceSize, bytes.count)])
            unsafe piece.withUnsafeBufferPointer { piece in
                unsafe apus_tls_session_feed(session, piece.baseAddress!, piece.count)
                repeat {
                    last = unsafe apus_tls_session_read(session, &out, Int32(capacity))
                    if last > 0 { plain += out[..<Int(last)] }
                } while last > 0
            }
            if last < 0 { break }
        }
        return (plain, last)
    }

    func read(_ bytes: [UInt8], pieceSize: Int = 1 << 20) -> (plain: [UInt8], last: Int32) {
        unsafe Self.read(own, bytes, pieceSize: pieceSize)
    }

    var error: String { unsafe String(cString: apus_tls_session_error(own)) }
    var peerError: String { unsafe String(cString: apus_tls_session_error(peer)) }
}

extension TransportSuites {
    @Suite("TLS records nobody honest sends, and those of the standard")
    struct TLSCraftedRecordTests {
        /// Source: RFC 8448, section 3.
        @Test func `the standard's example gives its keys and its record`() {
            let serverSecret = bytes(
                "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643")
            let clientSecret = bytes(
                "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
            #expect(expand(serverSecret, "key", 16) == bytes("9f02283b6c9c07efc26bb9f2ac92e356"))
            #expect(expand(serverSecret, "iv", 12) == bytes("cf782b88dd83549aadf1e984"))
            #expect(expand(clientSecret, "key", 16) == bytes("17422dda596ed5d9acd890e3c63f5051"))
            #expect(expand(clientSecret, "iv", 12) == bytes("5b78923dee08579033e523d9"))
            let record = bytes(
                "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b39"
                    + "5bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4")
            for isPortable in [0, 1] as [Int32] {
                let client = unsafe apus_tls_session_create_with_secrets(
                    0x1301, serverSecret, clientSecret, 32, isPortable)!
                let server = unsafe apus_tls_session_create_with_secrets(
                    0x1301, clientSecret, serverSecret, 32, isPortable)!
                let sent = (0..<50).map(UInt8.init)
                unsafe #expect(apus_tls_session_write(client, sent, 50) == 0)
                unsafe #expect(CraftedPair.takeOutput(client) == record)
                unsafe #expect(CraftedPair.read(server, record).plain == sent)
                unsafe apus_tls_session_destroy(client)
                unsafe apus_tls_session_destroy(server)
            }
        }

        private func bytes(_ hex: String) -> [UInt8] {
            stride(from: 0, to: hex.count, by: 2).map { at in
                UInt8(hex.dropFirst(at).prefix(2), radix: 16)!
            }
        }

        private func expand(_ secret: [UInt8], _ label: String, _ length: Int) -> [UInt8] {
            var out = [UInt8](repeating: 0, count: length)
            let result = unsafe apus_tls_expand_label(secret, secret.count, label, &out, length)
            return result == 0 ? out : []
        }

        /// Goal: our own AES-GCM is OpenSSL's. Method: each seals what the other opens, for every
        /// length up to some vectors and random ones beyond.
        @Test(arguments: CraftedPair.Suite.all[..<2], [1, 2] as [UInt64])
        fileprivate func `vector and portable records are the same`(
            suite: CraftedPair.Suite, seed: UInt64
        ) {
            var random = SplitMix64(seed: seed)
            let portable = CraftedPair(suite, isOwnPortable: 1, isPeerPortable: 0)
            let vector = CraftedPair(suite, isOwnPortable: 0, isPeerPortable: 1)
            let sizes = Array(1...1_100) + (0..<40).map { _ in 1 + random.below(16_384) } + [16_384]
            for size in sizes {
                let sent = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let sealed = (portable.record(sent), vector.record(sent))
                let isSame = sealed.0 == sealed.1
                let opened = (portable.read(sealed.0).plain, vector.read(sealed.1).plain)
                let isTrue = opened.0 == sent && opened.1 == sent
                #expect(isSame, "\(size) bytes")
                #expect(isTrue, "\(size) bytes")
            }
        }

        @Test(arguments: CraftedPair.Suite.all, [0, 1] as [Int32])
        fileprivate func `no byte of a record with a flipped bit is handed on`(
            suite: CraftedPair.Suite, isPortable: Int32
        ) {
            let sent = (0..<40).map { UInt8(0x41 + $0) }
            let size = CraftedPair(suite).record(sent).count
            for index in 0..<size {
                let pair = CraftedPair(suite, isOwnPortable: isPortable)
                var record = pair.record(sent)
                record[index] ^= UInt8(1 << (index & 7))
                var out = [UInt8](repeating: 0xEE, count: 256)
                let result = unsafe record.withUnsafeBufferPointer { record in
                    unsafe apus_tls_session_feed(pair.own, record.baseAddress!, record.count)
                    return unsafe apus_tls_session_read(pair.own, &out, 256)
                }
                #expect(result <= 0, "bit of byte \(index)")
                // A length that now says more waits for the rest.
                #expect(result == -71 || index == 3 || index == 4, "bit of byte \(index)")
                #expect(!out.contains { $0 != 0xEE && $0 != 0 }, "bit of byte \(index)")
                if result == 0 { continue }
                #expect(pair.error.hasPrefix("TLS: record "))
                _ = unsafe CraftedPair.read(pair.peer, CraftedPair.takeOutput(pair.own))
                #expect(pair.peerError.hasPrefix("TLS: alert from the peer: "))
            }
        }

        struct Header: CustomTestStringConvertible {
            let bytes: [UInt8]
            let reason: String
            var testDescription: String { reason }
        }

        @Test(arguments: [
            Header(bytes: [23, 3, 3, 0x40, 0x12], reason: "record too long"),
            Header(bytes: [23, 3, 3, 0xFF, 0xFF], reason: "record too long"),
            Header(bytes: [23, 3, 3, 0, 16], reason: "record too short"),
            Header(bytes: [23, 3, 3, 0, 0], reason: "record too short"),
            Header(bytes: [23, 3, 1, 0, 40], reason: "record that is not encrypted"),
            Header(bytes: [20, 3, 3, 0, 1, 1], reason: "change_cipher_spec after the handshake"),
            Header(bytes: [21, 3, 3, 0, 2, 1, 0], reason: "record that is not encrypted"),
            Header(bytes: [22, 3, 3, 0, 40], reason: "record that is not encrypted"),
            Header(bytes: [24, 3, 3, 0, 40], reason: "record that is not encrypted"),
            Header(bytes: [0, 0, 0, 0, 0], reason: "record that is not encrypted"),
        ], [1, 100])
        func `a record with a wrong header is refused before its body`(
            header: Header, pieceSize: Int
        ) {
            let pair = CraftedPair()
            #expect(pair.read(header.bytes, pieceSize: pieceSize).last == -71)
            #expect(pair.error == "TLS: \(header.reason)")
            unsafe #expect(apus_tls_session_write(pair.own, [1], 1) == -71)
        }

        struct Content: CustomTestStringConvertible {
            let type: UInt8
            let records: [[UInt8]]
            let reason: String
            var testDescription: String { reason }
            init(_ type: UInt8, _ records: [[UInt8]], _ reason: String) {
                self.type = type
                self.records = records
                self.reason = reason
            }
        }

        static let ticket: [UInt8] = [4, 0, 0, 14] + Array(repeating: 7, count: 14)

        @Test(arguments: [
            Content(0, [[]], "record without a type"),
            Content(0, [[0, 0, 0]], "record without a type"),
            Content(24, [[1]], "record of an unknown type"),
            Content(20, [[1]], "record of an unknown type"),
            Content(21, [[]], "alert of a wrong length"),
            Content(21, [[1]], "alert of a wrong length"),
            Content(21, [[1, 0, 1, 0]], "alert of a wrong length"),
            Content(22, [[]], "empty handshake record"),
            Content(22, [[13, 0, 0, 3, 0, 0, 0]], "handshake message out of place"),
            Content(22, [[0, 0, 0, 0]], "handshake message out of place"),
            Content(22, [[4, 0, 0, 13] + ticket], "session ticket of a wrong length"),
            Content(22, [[4, 2, 1, 10]], "session ticket of a wrong length"),
            Content(22, [[24, 0, 0, 0]], "KeyUpdate of a wrong length"),
            Content(22, [[24, 0, 0, 2, 0, 0]], "KeyUpdate of a wrong length"),
            Content(22, [[24, 0, 0, 1, 2]], "KeyUpdate with an unknown request"),
            Content(22, [[24, 0, 0, 1, 0, 4]], "KeyUpdate inside a record"),
            Content(
                22, [[24, 0, 0, 1, 0] + ticket], "KeyUpdate inside a record"),
            Content(23, Array(repeating: [], count: 33), "too many records without data"),
            Content(22, Array(repeating: ticket, count: 33), "too many records without data"),
            Content(21, Array(repeating: [1, 90], count: 33), "too many records without data"),
        ])
        func `a record with a content out of place ends the session`(content: Content) {
            let pair = CraftedPair()
            let records = content.records.flatMap { pair.record($0, type: content.type) }
            let (plain, last) = pair.read(records)
            #expect(plain == [])
            #expect(last == -71)
            #expect(pair.error == "TLS: \(content.reason)")
        }

        @Test func `up to 32 records in a row may bring no data`() {
            let pair = CraftedPair()
            for _ in 0..<3 {
                let records =
                    (0..<8).flatMap { _ in
                        pair.record([]) + pair.record(Self.ticket, type: 22)
                            + pair.record(Self.ticket + Self.ticket, type: 22)
                            + pair.record([1, 90], type: 21)
                    } + pair.record([5])
                let (plain, last) = pair.read(records)
                #expect(plain == [5])
                #expect(last == 0)
            }
        }

        @Test(arguments: 1...17)
        func `a ticket may come in pieces, but nothing comes between them`(cut: Int) {
            let pair = CraftedPair()
            let pieces = [Array(Self.ticket[..<cut]), Array(Self.ticket[cut...])]
            let whole = pieces.flatMap { pair.record($0, type: 22) } + pair.record([5])
            #expect(pair.read(whole).plain == [5])
            let torn =
                pair.record(pieces[0], type: 22) + pair.record([6])
                + pair.record(pieces[1], type: 22)
            let (plain, last) = pair.read(torn)
            #expect(plain == [])
            #expect(last == -71)
            #expect(pair.error == "TLS: record inside a handshake message")
        }

        @Test(arguments: [(50, "decode error"), (40, "handshake failure"), (22, "record overflow")])
        func `alerts are told by their names, whatever their level`(code: UInt8, name: String) {
            for level in [1, 2] as [UInt8] {
                let pair = CraftedPair()
                #expect(pair.read(pair.record([level, code], type: 21)).last == -71)
                #expect(pair.error == "TLS: alert from the peer: \(name)")
            }
            let pair = CraftedPair()
            #expect(pair.read(pair.record([1, 0], type: 21)).last == -ENOTCONN)
            #expect(pair.error == "closed by the peer")
        }

        @Test(arguments: [0, 1, 15, 200, 10_000])
        func `padding is taken off`(count: Int) {
            let pair = CraftedPair()
            // Content, its type, and zeros of which the last stands for the type.
            let inner = [1, 0, 3, CraftedPair.dataType] + [UInt8](repeating: 0, count: count)
            #expect(pair.read(pair.record(inner, type: 0)).plain == [1, 0, 3])
        }

        @Test(arguments: [1, 7, 16_383, 16_384])
        func `the largest record opens into any capacity`(capacity: Int) {
            let pair = CraftedPair()
            var random = SplitMix64(seed: 5)
            let sent = (0..<16_384).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let record = pair.record(sent)
            unsafe #expect(
                CraftedPair.read(pair.own, record, pieceSize: 5_000, capacity: capacity).plain
                    == sent)
        }

        @Test(arguments: CraftedPair.Suite.all)
        fileprivate func `a key of ours is changed after the records it may seal`(
            suite: CraftedPair.Suite
        ) {
            let pair = CraftedPair(suite)
            let last = UInt64(APUS_TLS_RECORDS_PER_KEY_MAX) - 1
            unsafe apus_tls_session_set_sequences(pair.own, 0, last)
            unsafe apus_tls_session_set_sequences(pair.peer, last, 0)
            for byte in 1...3 as ClosedRange<UInt8> {
                unsafe #expect(apus_tls_session_write(pair.own, [byte], 1) == 0)
                let output = unsafe CraftedPair.takeOutput(pair.own)
                #expect(output.count == (byte == 2 ? 27 + 23 : 23))
                unsafe #expect(CraftedPair.read(pair.peer, output).plain == [byte])
            }
        }

        @Test func `a key of the peer's serves a bounded number of records`() {
            let pair = CraftedPair()
            let last = UInt64(APUS_TLS_RECEIVED_PER_KEY_MAX) - 1
            unsafe apus_tls_session_set_sequences(pair.own, last, 0)
            unsafe apus_tls_session_set_sequences(pair.peer, 0, last)
            let records = pair.record([1]) + pair.record([2])
            let (plain, result) = pair.read(records)
            #expect(plain == [1])
            #expect(result == -71)
            #expect(pair.error == "TLS: too many records under one key")
        }

        @Test func `an answer that finds no room waits for it`() {
            let pair = CraftedPair()
            let capacity = Int(APUS_TLS_OUTPUT_CAPACITY)
            let block = [UInt8](repeating: 1, count: 16_384)
            // 7 records of 16,406 bytes; the eighth leaves 20 bytes, too few for an answer.
            for _ in 0..<7 {
                unsafe #expect(
                    apus_tls_session_seal(pair.own, CraftedPair.dataType, block, 16_384) == 0)
            }
            let rest = capacity - 7 * 16_406 - 20 - 22
            unsafe #expect(
                apus_tls_session_seal(pair.own, CraftedPair.dataType, block, rest) == 0)
            let request = pair.record([24, 0, 0, 1, 1], type: 22)
            #expect(pair.read(request).last == 0)
            unsafe #expect(apus_tls_session_output_length(pair.own) == capacity - 20)
            let before = unsafe CraftedPair.takeOutput(pair.own)
            unsafe #expect(apus_tls_session_write(pair.own, [7], 1) == 0)
            let after = unsafe CraftedPair.takeOutput(pair.own)
            #expect(after.count == 27 + 23)
            unsafe #expect(
                CraftedPair.read(pair.peer, before + after).plain
                    == [UInt8](repeating: 1, count: 7 * 16_384 + rest) + [7])
        }

        @Test func `suites and secrets that are unknown make no session`() {
            _ = TestAuthority.good
            let secret = [UInt8](repeating: 1, count: 48)
            for (suite, length) in [(0x1304, 32), (0x1301, 48), (0x1302, 32), (0, 32)] {
                unsafe #expect(
                    apus_tls_session_create_with_secrets(
                        UInt32(suite), secret, secret, length, 0) == nil)
            }
        }
    }
}
