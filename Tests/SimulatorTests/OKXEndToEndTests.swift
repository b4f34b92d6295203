//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Testing

@testable import Simulator

@Suite("OKX over real TLS", .serialized)
struct OKXEndToEndTests {
    private static func options(_ faults: [Fault] = []) -> SimulatorOptions {
        var options = SimulatorOptions()
        options.venues = [.okx, .binanceUSDM]
        options.faults = faults
        return options
    }

    @Test(.enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `a client has its books on one venue while another serves its own`() throws {
        let venue = try RunningVenue(Self.options())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.okxStreamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/ws/v5/public")
        #expect(try client.until("\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
        client.sendText("ping")
        _ = try client.until("pong")
        client.sendText(
            #"{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"}]}"#)
        _ = try client.until(#""action":"snapshot""#)
        _ = try client.until(#""action":"update""#)
        let other = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { other.end() }
        other.upgrade("/public/ws/btcusdt@depth@100ms")
        _ = try other.until("depthUpdate")
        let rest = try TLSClient(port: venue.okxRESTPort, ca: venue.caPath)
        defer { rest.end() }
        rest.send("GET /apus/pause HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try rest.until(#"{"paused":true}"#)
    }

    @Test(.enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `a path that is not and a fourth connection in a second are refused`() throws {
        let venue = try RunningVenue(Self.options())
        defer { venue.stop() }
        let wrong = try TLSClient(port: venue.okxStreamPort, ca: venue.caPath)
        defer { wrong.end() }
        wrong.upgrade("/ws/v5/nowhere")
        #expect(try wrong.until("\r\n\r\n").hasPrefix("HTTP/1.1 404 "))
        var refused = 0
        var clients: [TLSClient] = []
        defer { for client in clients { client.end() } }
        while refused == 0, clients.count < 60 {
            // Processes start slowly, so one second has to be met by many at once.
            let some = try (0..<8).map { _ in
                try TLSClient(port: venue.okxStreamPort, ca: venue.caPath)
            }
            clients += some
            for client in some { client.upgrade("/ws/v5/public") }
            for client in some where try client.until("\r\n\r\n").hasPrefix("HTTP/1.1 429 ") {
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    /// A client of a venue with one fault, subscribed to a book.
    private static func client(_ venue: RunningVenue) throws -> TLSClient {
        let client = try TLSClient(port: venue.okxStreamPort, ca: venue.caPath)
        client.upgrade("/ws/v5/public")
        _ = try client.until("\r\n\r\n")
        client.sendText(#"{"op":"subscribe","args":[{"channel":"bbo-tbt","instId":"BTC-USDT"}]}"#)
        return client
    }

    struct Case: Sendable {
        var name: FaultName
        var isRare = false
        /// What a client sees.
        var bytes: [UInt8]
    }

    @Test(
        .enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)),
        arguments: [
            Case(name: .splitFrames, bytes: Array(#""channel":"bbo-tbt""#.utf8)),
            // A first fragment of text, without the final bit, then an empty ping.
            Case(name: .fragmentedFrames, bytes: [0x89, 0x00, 0x00]),
            Case(name: .maskedFrame, bytes: [0x81, 0xFE]),
            Case(name: .reservedBits, bytes: [0xC1, 0x7E]),
            Case(name: .oversizeFrame, bytes: [0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0]),
            Case(name: .garbageAfterJSON, bytes: Array("}garbage".utf8)),
            Case(name: .unknownKeys, bytes: Array(#""xNew"#.utf8)),
            Case(name: .pingFlood, isRare: true, bytes: [0x89, 2] + Array("99".utf8)),
            Case(name: .closeCode, isRare: true, bytes: [0x88, 2, 0x03, 0xF3]),
            Case(name: .upgradeNotice, isRare: true, bytes: Array(#""code":"64008""#.utf8)),
            Case(name: .slowConsumer, isRare: true, bytes: [0x88, 27, 0x0F, 0xA5]),
            Case(name: .lifetime, isRare: true, bytes: [0x88, 19, 0x03, 0xE9]),
        ])
    func `a fault of frames or connections shows its bytes`(one: Case) throws {
        var fault = Fault(one.name, venue: .okx)
        fault.durationNs = 1
        let venue = try RunningVenue(Self.options([fault]))
        let client = try Self.client(venue)
        #expect(try !client.until(bytes: one.bytes).isEmpty)
        client.end()
        venue.stop()
        let line = try #require(venue.closingLines.last)
        #expect(line.contains(" faults \(one.name.rawValue)="))
        #expect(!line.hasSuffix("=0"))
    }

    @Test(.enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `disconnect: the socket is reset without a closing handshake`() throws {
        let venue = try RunningVenue(Self.options([Fault(.disconnect, venue: .okx)]))
        defer { venue.stop() }
        let client = try Self.client(venue)
        defer { client.end() }
        let all = client.untilClosed()
        #expect(!all.isEmpty)
        #expect(!all.suffix(4).starts(with: [0x88, 0x02]))
    }

    @Test(.enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `half-open: the socket stays, nothing is answered`() throws {
        let venue = try RunningVenue(Self.options([Fault(.halfOpen, venue: .okx)]))
        let client = try TLSClient(port: venue.okxStreamPort, ca: venue.caPath)
        client.upgrade("/ws/v5/public")
        _ = try client.until("\r\n\r\n")
        // The other venue's clock shows that the fault had its second.
        let other = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        other.upgrade("/market/ws/btcusdt@markPrice@1s")
        for second in 1...3 { _ = try other.until(count: second, of: "markPriceUpdate") }
        client.sendText("ping")
        _ = try other.until(count: 4, of: "markPriceUpdate")
        other.end()
        client.end()
        venue.stop()
        #expect(!String(decoding: client.untilClosed(), as: UTF8.self).contains("pong"))
        #expect(venue.closingLines.last?.hasSuffix(" faults half-open=1") == true)
    }

    @Test(.enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `duplicate-message: a push comes twice, an answer once`() throws {
        let venue = try RunningVenue(Self.options([Fault(.duplicateMessage, venue: .okx)]))
        defer { venue.stop() }
        let client = try Self.client(venue)
        defer { client.end() }
        let text = try client.until(count: 4, of: #""data":[{"asks""#)
        let numbers = text.split(separator: #""seqId":"#).dropFirst()
            .map { $0.prefix { $0 != "}" } }
        #expect(numbers[numbers.startIndex] == numbers[numbers.startIndex + 1])
        #expect(text.split(separator: #""event":"subscribe""#).count == 2)
    }

    @Test(
        .enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)),
        arguments: [
            (FaultName.rest429, "HTTP/1.1 429 "), (.rest418, "HTTP/1.1 418 "),
            (.rest503, "HTTP/1.1 503 "), (.rest504, "HTTP/1.1 504 "),
        ])
    func `REST answers with the status that a fault wants`(
        name: FaultName, status: String
    ) throws {
        var fault = Fault(name)
        fault.countMax = 1
        let venue = try RunningVenue(Self.options([fault]))
        defer { venue.stop() }
        let client = try TLSClient(port: venue.okxRESTPort, ca: venue.caPath)
        defer { client.end() }
        let request = "GET /api/v5/public/time HTTP/1.1\r\nHost: localhost\r\n\r\n"
        client.send(request)
        let reply = try client.until("\r\n\r\n")
        #expect(reply.hasPrefix(status))
        #expect(reply.contains("Retry-After: 1\r\n") == [.rest429, .rest418].contains(name))
        client.send(request)
        _ = try client.until(#"{"code":"0","msg":"","data":[{"ts":""#)
    }

    @Test(.enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `listen-key-expiry: the private stream is told`() throws {
        let venue = try RunningVenue(
            Self.options([Fault(.listenKeyExpiry, venue: .binanceUSDM)]))
        defer { venue.stop() }
        let rest = try TLSClient(port: venue.restPort, ca: venue.caPath)
        defer { rest.end() }
        rest.send(
            "POST /fapi/v1/listenKey HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                + "X-MBX-APIKEY: \(Credentials.demonstration.key)\r\n\r\n")
        let reply = try rest.until("\"}")
        let key = reply.split(separator: "\"listenKey\":\"").last?.prefix(64) ?? ""
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/private/ws?listenKey=\(key)")
        _ = try client.until("listenKeyExpired")
    }
}
