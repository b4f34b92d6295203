//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

/// The oracle is the protocol sheet of Binance, sections 3, 4.3 and 7.
@Suite("Weights of requests")
struct RequestWeightTests {
    private static func request(_ name: String) -> RESTRequest {
        let parts = name.split(separator: " ")
        let target = parts[1].split(separator: "?")
        return RESTRequest(
            method: String(parts[0]), path: String(target[0]),
            query: target.count > 1 ? String(target[1]) : "", body: "", apiKey: "")
    }

    @Test(arguments: [
        ("GET /fapi/v1/time", 1), ("GET /fapi/v1/depth?symbol=BTCUSDT&limit=20", 2),
        ("GET /fapi/v1/depth?symbol=BTCUSDT&limit=100", 5),
        ("GET /fapi/v1/depth?symbol=BTCUSDT", 10),
        ("GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000", 20),
        ("GET /fapi/v1/premiumIndex", 10), ("GET /fapi/v1/premiumIndex?symbol=BTCUSDT", 1),
        ("GET /fapi/v1/openOrders", 40), ("GET /fapi/v1/openOrders?symbol=BTCUSDT", 1),
        ("GET /fapi/v3/positionRisk", 5), ("GET /fapi/v1/userTrades?symbol=BTCUSDT", 5),
        ("POST /fapi/v1/countdownCancelAll", 10), ("PUT /fapi/v1/order", 0),
        ("DELETE /fapi/v1/allOpenOrders", 1), ("POST /fapi/v1/listenKey", 1),
        ("GET /apus/book?symbol=BTCUSDT", 0),
    ])
    func `a request of the futures costs what the venue says`(name: String, weight: Int) {
        #expect(RequestWeight.futures(Self.request(name)) == weight)
    }

    @Test func `requests by REST and by WebSocket add up to the address's count`() throws {
        let venue = OrderDeskFixture()
        let limits = RateLimits()
        let rest = RESTInterface(
            desk: venue.desk, credentials: venue.credentials, clock: venue.clock,
            listenKeys: ListenKeys(), limits: limits)
        let entry = OrderEntry(
            desk: venue.desk, credentials: venue.credentials, clock: venue.clock,
            listenKeys: ListenKeys(), limits: limits)
        func used(_ name: String) -> Int {
            var used = 0
            rest.handle(Self.request(name)) { used = $0.usedWeight }
            return used
        }
        #expect(used("GET /fapi/v1/exchangeInfo") == 1)
        #expect(used("GET /fapi/v1/premiumIndex") == 11)
        entry.countHandshake()
        for _ in 0..<3 {
            _ = entry.handle(Array(#"{"id":1,"method":"session.status"}"#.utf8), venue.session)
        }
        #expect(used("GET /fapi/v1/time") == 11 + 5 + 6 + 1)
    }
}
