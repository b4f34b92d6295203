//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Platform
import Testing
import Transport
import WebSocket

extension TransportSuites {
    @Suite("What is said before and beside the path")
    struct OpeningTests {
        private static func login(
            _ venue: TestVenue,
            _ opening: @escaping @Sendable (OpeningConversation) throws(TransportError) -> Void
        ) -> ConnectionSpecification {
            ConnectionSpecification(
                id: 1, name: "test.1", url: venue.url, caFile: TestAuthority.good.caFile,
                opening: opening)
        }

        @Test func `a log-in is answered before the reader has the connection, and pushes pass`()
            throws
        {
            let venue = TestVenue { peer in
                peer.upgrade()
                let request = peer.receiveFrame()
                #expect(request.map { String(decoding: $0.payload, as: UTF8.self) } == "login")
                // A push, a ping and the answer in pieces; then pushes go on.
                peer.send(
                    TestPeer.text("early") + TestPeer.frame(WebSocketOpcode.ping, [7])
                        + TestPeer.text("welc", isFinal: false)
                        + TestPeer.frame(WebSocketOpcode.continuation, Array("ome".utf8))
                        + TestPeer.text("later"))
                #expect(peer.receiveFrame()?.payload == [7])
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([
                Self.login(venue) { conversation throws(TransportError) in
                    try conversation.send("login")
                    while String(decoding: try conversation.receive(), as: UTF8.self) != "welcome" {
                        conversation.passOn()
                    }
                }
            ])
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            #expect(try harness.next().text == "early")
            #expect(try harness.next().text == "later")
        }

        @Test func `a refused log-in is a failed attempt with the venue's words`() throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                _ = peer.receiveFrame()
                peer.send(
                    TestPeer.frame(
                        WebSocketOpcode.close, [0x0F, 0xA1] + Array("Login failed.".utf8)))
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([
                Self.login(venue) { conversation throws(TransportError) in
                    try conversation.send("login")
                    _ = try conversation.receive()
                }
            ])
            defer { harness.stop() }
            try harness.run {
                harness.log.lines.contains { $0.contains("closed by the peer with 4001: Login") }
            }
            #expect(harness.counter("reader_connects_total") == 0)
        }

        @Test func `a silent connection is asked for a sign of life, and an answer counts as one`()
            throws
        {
            let venue = TestVenue { peer in
                peer.upgrade()
                while let frame = peer.receiveFrame() {
                    guard frame.opcode == WebSocketOpcode.text else { continue }
                    #expect(frame.payload == Array("ping".utf8))
                    peer.send(TestPeer.text("pong"))
                }
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([
                ConnectionSpecification(
                    id: 1, name: "test.1", url: venue.url, caFile: TestAuthority.good.caFile,
                    idleTimeout: .seconds(60),
                    keepAlive: .init(text: "ping", interval: .milliseconds(20)))
            ])
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            for _ in 0..<3 { #expect(try harness.next().text == "pong") }
            #expect(harness.counter("reader_keep_alives_total") >= 3)
        }

        @Test func `a cold thread's text goes out over the connection it names, or is counted`()
            throws
        {
            let venue = TestVenue { peer in
                peer.upgrade()
                peer.echo()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([specification(venue)])
            defer { harness.stop() }
            #expect(try harness.next().kind == .connected)
            let longest = String(repeating: "s", count: 240)
            #expect(harness.outbox.send(longest, connectionID: 1))
            #expect(!harness.outbox.send(longest + "s", connectionID: 1))
            #expect(try harness.next().text == longest)
            #expect(harness.outbox.send("nobody", connectionID: 7))
            try harness.run { harness.counter("reader_messages_dropped_total") == 1 }
            #expect(harness.counter("reader_messages_sent_total") == 1)
        }

        @Test func `a venue that only answers is left, for its answers are no messages`() throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                while peer.receiveFrame() != nil { peer.send(TestPeer.text("pong")) }
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([
                ConnectionSpecification(
                    id: 1, name: "test.1", url: venue.url, caFile: TestAuthority.good.caFile,
                    silenceTimeout: .milliseconds(100),
                    keepAlive: .init(text: "ping", interval: .milliseconds(10)))
            ])
            defer { harness.stop() }
            try harness.run { harness.counter("reader_silence_timeouts_total") == 1 }
            #expect(harness.counter("reader_keep_alives_total") > 0)
            #expect(harness.counter("reader_idle_timeouts_total") == 0)
            try harness.run { harness.log.lines.contains { $0.contains("no message received") } }
        }

        @Test func `a standby is made when it is wanted and closed when it no longer is`() throws {
            let venue = TestVenue { peer in
                peer.upgrade()
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let harness = try ReaderHarness([
                ConnectionSpecification(
                    id: 1, name: "test.1", url: venue.url, caFile: TestAuthority.good.caFile,
                    isStandby: true)
            ])
            defer { harness.stop() }
            try harness.connector.waitUntilConnected(timeout: .seconds(1))
            #expect(harness.connector.status(1).attemptCount == 0)
            harness.connector.setWanted(1, true)
            #expect(try harness.next().kind == .connected)
            harness.connector.setWanted(1, false)
            #expect(try harness.next().kind == .disconnected)
            try harness.run { !harness.connector.status(1).isConnected }
            #expect(harness.connector.status(1).connectedCount == 1)
            harness.connector.setWanted(1, true)
            #expect(try harness.next().kind == .connected)
        }
    }
}
