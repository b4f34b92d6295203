//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CUring
import TestSupport
import Testing
import Transport
import WebSocket

@Suite("RFC 6455: closing and opening")
struct RFC6455CloseTests {
    private static func close(_ code: Int, _ reason: [UInt8] = []) -> [UInt8] {
        TestPeer.frame(0x8, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }
    private static func closed(_ code: Int) -> ReaderEvent {
        .lost(reason: ConnectionLoss.closedByPeer.rawValue, detail: Int32(code))
    }

    /// Codes that an endpoint may send: section 7.4.1, the registry of 11.7, and 7.4.2's ranges.
    private static func isLegal(_ code: Int) -> Bool {
        switch code {
        case 1000...1003, 1007...1011: true
        case 1012...1014: true  // Registered later: restart, try again later, bad gateway.
        case 3000...4999: true
        default: false
        }
    }

    @Test func `7_4 a legal close code is sent back, any other is a violation`() throws {
        let reader = try LoopbackReader()
        let codes =
            [0, 1, 999, 1999, 2000, 2999, 5000, 32_768, 65_535] + Array(1000...1020)
            + [3000, 3001, 3999, 4000, 4001, 4999]
        for code in codes {
            let outcome = RFC6455FrameTests.outcome(Self.close(code), reader)
            if Self.isLegal(code) {
                #expect(outcome == ([Self.closed(code)], code), "code \(code)")
            } else {
                #expect(outcome == ([RFC6455FrameTests.violation], 1002), "code \(code)")
            }
        }
    }

    @Test func `5_5_1 a close frame has no body, or one that begins with a code`() throws {
        let reader = try LoopbackReader()
        #expect(RFC6455FrameTests.outcome([0x88, 0x00], reader) == ([Self.closed(1005)], 1000))
        for byte in [UInt8(0), 3, 0xFF] {
            let outcome = RFC6455FrameTests.outcome([0x88, 0x01, byte], reader)
            #expect(outcome == ([RFC6455FrameTests.violation], 1002))
        }
        let reason = [UInt8](repeating: 0x61, count: 123)
        let outcome = RFC6455FrameTests.outcome(Self.close(1001, reason), reader)
        #expect(outcome == ([Self.closed(1001)], 1001))
    }

    @Test(arguments: RFC6455TextTests.illFormed)
    func `7_1_6 a close reason that is no UTF-8 fails with 1007`(
        sample: RFC6455TextTests.Sample
    ) throws {
        let wire = Self.close(1000, sample.bytes)
        let outcome = try RFC6455FrameTests.outcome(wire, LoopbackReader())
        #expect(outcome == ([RFC6455TextTests.refused], 1007))
    }

    @Test func `5_5_1 nothing that follows a close frame is read or answered`() throws {
        let reader = try LoopbackReader()
        let wire = Self.close(1000) + TestPeer.text("late") + TestPeer.frame(0x9, [1])
        #expect(reader.feed(wire) == [Self.closed(1000)])
        #expect(reader.takeWritten().map(\.opcode) == [WebSocketOpcode.close])
        #expect(reader.feed(TestPeer.text("later")).isEmpty)
    }

    @Test func `5_5_1 a message that a close frame breaks off is not delivered`() throws {
        let reader = try LoopbackReader()
        let wire = TestPeer.text("half", isFinal: false) + Self.close(1001)
        #expect(RFC6455FrameTests.outcome(wire, reader) == ([Self.closed(1001)], 1001))
        // Nor does it reach into the next connection.
        reader.connect()
        #expect(reader.feed(TestPeer.text("whole")) == [.text(Array("whole".utf8))])
    }

    @Test func `5_3 every frame of the client is masked with a key of its own`() throws {
        let reader = try LoopbackReader()
        let ping = TestPeer.frame(WebSocketOpcode.ping, [1, 2, 3, 4])
        for _ in 0..<100 { _ = reader.feed(ping) }
        _ = reader.feed(Self.close(1000))
        let written = reader.takeWritten()
        #expect(written.count == 101)
        #expect(written.filter(\.isMasked).count == written.count)
        // Two of a hundred equal keys of 32 random bits: one run in a million.
        #expect(Set(written.map(\.maskingKey)).count == written.count)
    }

    // MARK: The opening handshake

    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let good = [
        "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ]

    private static func check(_ lines: [String]) throws(TransportError) {
        let head = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        #expect(UpgradeHandshake.endOfHead(head) == head.count)
        try UpgradeHandshake.check(head: head, key: key)
    }

    @Test(arguments: [
        good, good.map { $0.hasPrefix("Upgrade") ? "UPGRADE:WebSocket  " : $0 },
        good.map { $0.hasPrefix("Connection") ? "connection: keep-alive, upgrade" : $0 },
        good + ["X-Other: 1", "Sec-WebSocket-Extensions:"],
        ["HTTP/1.1 101"] + good.dropFirst(),
    ])
    func `4_1 an answer that agrees is taken`(lines: [String]) throws { try Self.check(lines) }

    struct Answer: Sendable, CustomTestStringConvertible {
        let reason: String
        let lines: [String]
        var testDescription: String { "\(reason): \(lines)" }

        init(_ reason: String, replacing prefix: String, with line: String?) {
            self.reason = reason
            lines = good.compactMap { $0.hasPrefix(prefix) ? line : $0 }
        }
    }

    @Test(arguments: [
        Answer("HTTP 200", replacing: "HTTP", with: "HTTP/1.1 200 OK"),
        Answer("HTTP 400", replacing: "HTTP", with: "HTTP/1.1 400 Bad Request"),
        Answer("HTTP 301", replacing: "HTTP", with: "HTTP/1.1 301 Moved"),
        Answer("not HTTP/1.1", replacing: "HTTP", with: "HTTP/1.0 101 Switching Protocols"),
        Answer("not HTTP/1.1", replacing: "HTTP", with: "garbage"),
        Answer("Upgrade header", replacing: "Upgrade", with: nil),
        Answer("Upgrade header", replacing: "Upgrade", with: "Upgrade: h2c"),
        Answer("Connection header", replacing: "Connection", with: nil),
        Answer("Connection header", replacing: "Connection", with: "Connection: close"),
        Answer("Accept header", replacing: "Sec", with: nil),
        Answer("Accept header", replacing: "Sec", with: "Sec-WebSocket-Accept: AAAA"),
        Answer(
            "Accept header", replacing: "Sec",
            with: "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO="),
        Answer(
            "not asked for", replacing: "Upgrade",
            with: "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate"),
        Answer(
            "not asked for", replacing: "Upgrade",
            with: "Upgrade: websocket\r\nSec-WebSocket-Protocol: chat"),
    ])
    func `4_1 an answer that differs is refused with its reason`(answer: Answer) {
        let error = #expect(throws: TransportError.self) { try Self.check(answer.lines) }
        #expect(error?.description.contains(answer.reason) == true, "\(error?.description ?? "")")
    }

    @Test func `4_1 a key is 16 random bytes in base64, new each time`() {
        let keys = (0..<100).map { _ in UpgradeHandshake.makeKey() }
        #expect(Set(keys).count == keys.count)
        let wellMade = keys.filter { $0.count == 24 && $0.hasSuffix("==") }
        #expect(wellMade.count == keys.count)
    }
}
