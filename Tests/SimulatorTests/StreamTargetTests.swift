//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("Stream URLs")
struct StreamTargetTests {
    @Test func `a route, a form and the streams are read from the URL`() {
        let raw = StreamTarget("/public/ws/btcusdt@depth@100ms/btcusdt@bookTicker")
        #expect(raw?.route == .publicData)
        #expect(raw?.isCombined == false)
        #expect(raw?.streams == ["btcusdt@depth@100ms", "btcusdt@bookTicker"])
        let combined = StreamTarget("/market/stream?streams=btcusdt@aggTrade/btcusdt@markPrice")
        #expect(combined?.route == .marketData)
        #expect(combined?.isCombined == true)
        #expect(combined?.streams == ["btcusdt@aggTrade", "btcusdt@markPrice"])
        let user = StreamTarget("/private/ws?listenKey=abc&events=ORDER_TRADE_UPDATE/TRADE_LITE")
        #expect(user?.route == .privateData)
        #expect(user?.listenKeys == ["abc"])
        #expect(user?.events == ["ORDER_TRADE_UPDATE", "TRADE_LITE"])
        #expect(StreamTarget("/private/ws/abc")?.listenKeys == ["abc"])
        #expect(StreamTarget("/ws-fapi/v1?returnRateLimits=false")?.route == .orderEntry)
    }

    @Test(arguments: ["/", "", "/foo", "/public", "/public/x", "/ws-fapi", "/ws-fapi/v2"])
    func `a path that the venue does not have is refused`(path: String) {
        #expect(StreamTarget(path) == nil)
    }

    @Test func `the opening handshake is answered as RFC 6455 shows`() {
        let request = UpgradeRequest(
            "GET /public/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Version: 13\r\n\r\n")
        let answer = String(decoding: request?.acceptance ?? [], as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 101 "))
        #expect(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
    }

    @Test func `a request that does not ask for an upgrade is refused`() {
        #expect(UpgradeRequest("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
        #expect(UpgradeRequest("POST / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n") == nil)
        #expect(UpgradeRequest("\r\n\r\n") == nil)
    }
}
