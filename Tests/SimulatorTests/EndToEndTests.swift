//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Testing

@testable import Simulator

@Suite("Over real TLS", .serialized)
struct EndToEndTests {
    static let tool = ["/usr/bin/openssl", "/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(.enabled(if: tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `a client subscribes and receives its streams`() throws {
        let venue = try RunningVenue(SimulatorOptions())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/public/stream")
        let head = try client.until("\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 101 "))
        client.sendText(
            #"{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@aggTrade"],"id":7}"#)
        let ack = try client.until(#"{"result":null,"id":7}"#)
        #expect(!ack.isEmpty)
        let depth = try client.until(#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate""#)
        #expect(!depth.contains("aggTrade"), "another route's stream is silent")
    }

    @Test(.enabled(if: tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `REST answers over the same authority`() throws {
        let venue = try RunningVenue(SimulatorOptions())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.restPort, ca: venue.caPath)
        defer { client.end() }
        client.send("GET /fapi/v1/depth?symbol=ETHUSDT&limit=5 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let reply = try client.until("]]}")
        #expect(reply.hasPrefix("HTTP/1.1 200 "))
        #expect(reply.contains("{\"lastUpdateId\":"))
    }

    @Test(.enabled(if: tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `a frame without a mask ends the connection`() throws {
        let venue = try RunningVenue(SimulatorOptions())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/public/ws")
        _ = try client.until("\r\n\r\n")
        client.send(bytes: [0x81, 0x02, 0x68, 0x69])
        _ = try client.until("Protocol error")
    }

    @Test(.enabled(if: tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `a client that sends too much is cut off`() throws {
        let venue = try RunningVenue(SimulatorOptions())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/public/ws")
        _ = try client.until("\r\n\r\n")
        for id in 0..<40 { client.sendText(#"{"method":"LIST_SUBSCRIPTIONS","id":\#(id)}"#) }
        _ = try client.until("Too many requests")
    }
}
