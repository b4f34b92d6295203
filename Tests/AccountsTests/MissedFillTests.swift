//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP
import Messages
import Testing
import VenueREST

@testable import Accounts

/// Answers by path, as recorded or as a table says.
///
/// SAFETY: never changed once made.
private final class Answers: HTTPTransport, @unchecked Sendable {
    private let bodies: [String: String]

    init(_ bodies: [String: String]) { self.bodies = bodies }

    func request(
        method: String, url: String, headers: [(String, String)], body: [UInt8]?,
        caFile: String?, timeout: Duration
    ) throws(HTTPError) -> HTTPResponse {
        let path = url.dropFirst("https://venue.test".count).prefix { $0 != "?" }
        return HTTPResponse(
            status: 200, headers: [], body: Array((bodies[String(path)] ?? "[]").utf8))
    }
}

@Suite("Missed fills")
struct MissedFillTests {
    private static let endpoints = Endpoints(
        rest: "https://venue.test", stream: "", userStream: "", api: "")

    /// Goal: a fill of another client, missed while the stream was away, moves the position.
    @Test func `missed fills of other clients and of unlisted orders are told on Binance`() throws {
        let trade = #"""
            {"symbol":"BTCUSDT","id":ID,"orderId":ORDER,"side":"SELL","price":"60000.0",
            "qty":"0.003","commission":"0.09","commissionAsset":"USDT","maker":false,
            "time":1764000000000,"positionSide":"BOTH"}
            """#
        func row(_ id: Int, _ order: Int) -> String {
            trade.replacing("ID", with: "\(id)").replacing("ORDER", with: "\(order)")
        }
        let order = #"""
            {"orderId":7,"symbol":"BTCUSDT","status":"FILLED","clientOrderId":"web_1",
            "price":"0","avgPrice":"60000.0","origQty":"0.003","executedQty":"0.003",
            "side":"SELL","type":"MARKET","updateTime":1764000000000}
            """#
        let session = BinanceSession(
            endpoints: Self.endpoints, credentials: Credentials(apiKey: "key", secret: "secret"),
            clock: VenueClock(), usage: BinanceUsage(),
            transport: Answers([
                "/fapi/v1/userTrades": "[\(row(1, 7)),\(row(2, 8))]",
                "/fapi/v1/allOrders": "[\(order)]",
            ]))
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.venueSymbolText = "BTCUSDT"
        let pushes = try session.missedPushes(sinceNs: 0, of: [instrument])
        #expect(pushes.count == 2)
        #expect(pushes[0].contains(#""c":"web_1""#))
        #expect(pushes[0].contains(#""t":1,"#))
        // The venue lists no order of it.
        #expect(pushes[1].contains(#""c":"""#))
        #expect(pushes[1].contains(#""t":2,"#))
    }

    @Test func `missed fills of other clients are told on OKX`() throws {
        let fills = #"""
            {"code":"0","msg":"","data":[{"instId":"BTC-USDT-SWAP","ordId":"5","clOrdId":"",
            "tradeId":"9","billId":"3","side":"buy","fillPx":"60000","fillSz":"0.05",
            "fee":"-0.01","feeCcy":"USDT","execType":"T","ts":"1764000000000"}]}
            """#
        let session = OKXSession(
            endpoints: Self.endpoints,
            credentials: Credentials(apiKey: "key", secret: "secret", passphrase: "words"),
            clock: VenueClock(), transport: Answers(["/api/v5/trade/fills": fills]))
        var instrument = Instrument()
        instrument.venue = .okx
        instrument.venueSymbolText = "BTC-USDT-SWAP"
        let pushes = try session.missedPushes(sinceNs: 0, of: [instrument])
        #expect(pushes.count == 1)
        #expect(pushes.first?.contains(#""clOrdId":"""#) == true)
        #expect(pushes.first?.contains(#""tradeId":"9""#) == true)
    }
}
