//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import CTLS
import Platform
import Synchronization
import Testing
import Transport

extension TransportSuites {
    @Suite("Connector")
    struct ConnectorTests {
        static func connector(
            _ url: String, caFile: String? = TestAuthority.good.caFile, log: TestLog = TestLog(),
            timeout: Duration = .seconds(5), pathProvider: (@Sendable () throws -> String)? = nil
        ) -> Connector {
            var configuration = ConnectorConfiguration()
            configuration.backoffBase = .milliseconds(2)
            configuration.backoffCap = .milliseconds(10)
            configuration.connectTimeout = timeout
            configuration.seed = 3
            let one = ConnectionSpecification(
                id: 1, name: "test.one", url: url, caFile: caFile, pathProvider: pathProvider)
            return Connector(
                specifications: [one], configuration: configuration, log: { log.add($0) })
        }

        /// The one line start-up would print.
        static func failure(of connector: Connector, timeout: Duration = .seconds(5)) -> String {
            do throws(TransportError) { try connector.start() } catch { return error.description }
            // On a busy machine the first attempt may end after the time-out, even between that and
            // a look at its reason: only a wait that began with a reason tells it.
            var line = ""
            for _ in 0..<50 {
                let hasReason = connector.status(1).lastError != nil
                do throws(TransportError) {
                    try connector.waitUntilConnected(timeout: timeout)
                    return "connected"
                } catch { line = error.description }
                if hasReason { break }
            }
            return line
        }

        @Test(arguments: [
            (TestAuthority.Certificate.good, "connected"),
            (.expired, "certificate expired"),
            (.wrongHost, "wrong host name"),
            (.unknownIssuer, "unknown issuer"),
        ])
        func `a certificate is accepted or refused with its reason`(
            certificate: TestAuthority.Certificate, expected: String
        ) {
            let authority = TestAuthority.named(certificate)
            let venue = TestVenue(authority) { peer in
                peer.upgrade()
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let connector = Self.connector(venue.url, caFile: authority.caFile)
            defer { connector.stop() }
            let line = Self.failure(of: connector)
            #expect(line.contains(expected))
            #expect(!line.contains("secret"))
            #expect(!line.contains("\n"))
            if certificate != .good {
                #expect(line.hasPrefix("test.one: wss://127.0.0.1:\(venue.port): "))
            }
        }

        @Test func `the test authority is trusted only where it is named`() {
            let venue = TestVenue { peer in peer.upgrade() }
            defer { venue.stop() }
            let connector = Self.connector(venue.url, caFile: nil)
            defer { connector.stop() }
            #expect(Self.failure(of: connector).contains("unknown issuer"))
        }

        @Test func `a name is checked as well as an address`() {
            let venue = TestVenue { peer in
                peer.upgrade()
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let connector = Self.connector("wss://localhost:\(venue.port)/")
            defer { connector.stop() }
            #expect(Self.failure(of: connector) == "connected")
        }

        @Test func `a port that nobody listens on is reported as refused`() {
            let venue = TestVenue { _ in }
            venue.stop()
            let connector = Self.connector(venue.url)
            defer { connector.stop() }
            let line = Self.failure(of: connector, timeout: .milliseconds(200))
            #expect(line.contains("connection refused"))
        }

        @Test func `a server that says nothing is reported as timed out`() {
            let venue = TestVenue { peer in peer.waitForEnd() }
            defer { venue.stop() }
            // Long enough for the TLS handshake on a busy machine.
            let connector = Self.connector(venue.url, timeout: .seconds(2))
            defer { connector.stop() }
            let line = Self.failure(of: connector, timeout: .seconds(6))
            #expect(line.contains("timed out waiting for the upgrade"))
        }

        @Test(arguments: [
            ("HTTP/1.1 404 Not Found\r\n\r\n", "HTTP 404"),
            ("HTTP/1.0 101 Switching\r\n\r\n", "not HTTP/1.1"),
            ("HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "Accept"),
            (
                "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", "Accept"
            ),
            (
                "HTTP/1.1 101 S\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: *\r\n\r\n",
                "Upgrade h"
            ),
            (
                "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: *\r\n\r\n",
                "Connection"
            ),
            (
                "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: *\r\nSec-WebSocket-Extensions: x-deflate\r\n\r\n",
                "extension"
            ),
            ("garbage\r\n\r\n", "not HTTP/1.1"),
            (String(repeating: "x", count: 40_000), "without an end"),
        ])
        func `an upgrade answered wrongly is refused with its reason`(
            answer: String, expected: String
        ) {
            let venue = TestVenue { peer in
                peer.upgrade(answer: { answer.replacing("*", with: $0) })
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let connector = Self.connector(venue.url)
            defer { connector.stop() }
            #expect(Self.failure(of: connector, timeout: .milliseconds(200)).contains(expected))
        }

        @Test(arguments: [
            ("ws://127.0.0.1/", "only wss"), ("https://127.0.0.1/", "only wss"),
            ("wss:///path", "without a host"), ("wss://user@host/", "credentials"),
            ("wss://host:0/", "port"), ("wss://host:65536/", "port"), ("wss://[::1/", "bracket"),
            ("wss://ho st/", "blanks"),
        ])
        func `an impossible URL is refused`(url: String, expected: String) {
            let connector = Self.connector(url)
            defer { connector.stop() }
            #expect(Self.failure(of: connector).contains(expected))
        }

        @Test func `a CA file that cannot be read stops the start`() {
            let connector = Self.connector("wss://127.0.0.1/", caFile: "/nonexistent.pem")
            defer { connector.stop() }
            #expect(Self.failure(of: connector).contains("CA file /nonexistent.pem"))
        }

        @Test func `the path is asked for before each attempt`() {
            let paths = TestLog()
            let venue = TestVenue { peer in
                let refuses = paths.lines.count < 2
                peer.upgrade(answer: refuses ? { _ in "HTTP/1.1 503 Wait\r\n\r\n" } : nil)
                paths.add(String(peer.requestHead.split(separator: "\r\n")[0]))
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let counter = Atomic<Int>(0)
            let box = Box(counter)
            let connector = Self.connector(
                venue.url,
                pathProvider: { "/key\(box.counter.wrappingAdd(1, ordering: .relaxed).newValue)" })
            defer { connector.stop() }
            #expect(Self.failure(of: connector) == "connected")
            #expect(paths.lines.prefix(2) == ["GET /key1 HTTP/1.1", "GET /key2 HTTP/1.1"])
            #expect(connector.status(1).attemptCount == 3)
        }

        final class Box: Sendable {
            let counter: Atomic<Int>
            init(_ counter: consuming Atomic<Int>) { self.counter = counter }
        }
    }
}
