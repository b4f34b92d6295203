//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP
import Messages
import Synchronization
import Testing

@testable import Accounts

/// A venue that refuses signed requests until it has been asked for its time.
private final class StrictVenue: HTTPTransport {
    private let hasToldTime = Atomic(false)
    private let order: String

    init(order: String) { self.order = order }

    func request(
        method: String, url: String, headers: [(String, String)], body: [UInt8]?,
        caFile: String?, timeout: Duration
    ) throws(HTTPError) -> HTTPResponse {
        if url.hasSuffix("/fapi/v1/time") {
            hasToldTime.store(true, ordering: .relaxed)
            return Self.response(200, #"{"serverTime":1764000000000}"#)
        }
        guard hasToldTime.load(ordering: .relaxed) else {
            return Self.response(
                400, #"{"code":-1021,"msg":"Timestamp for this request is outside."}"#)
        }
        return Self.response(200, order)
    }

    private static func response(_ status: Int, _ body: String) -> HTTPResponse {
        HTTPResponse(status: status, headers: [], body: Array(body.utf8))
    }
}

/// Goal: no signed request fails for a clock that went off, whoever judges its reply.
@Suite("Clock refusals")
struct ClockRefusalTests {
    private let session = BinanceSession(
        endpoints: Endpoints(rest: "https://venue.test", stream: "", userStream: "", api: ""),
        credentials: Credentials(apiKey: "key", secret: "secret"), clock: VenueClock(),
        usage: BinanceUsage(),
        transport: StrictVenue(
            order: #"""
                {"orderId":7,"symbol":"BTCUSDT","status":"CANCELED","clientOrderId":"web_1",
                "price":"1","origQty":"0.003","executedQty":"0.002","side":"SELL",
                "type":"LIMIT","updateTime":1764000000000}
                """#))

    @Test func `what became of an order is told in spite of one`() throws {
        let fate = try session.fate(instrument(), orderID: 1)
        #expect(fate.execution == .canceled)
        #expect(fate.order?.cumulative == QuantityLots(2))
        #expect(fate.order?.quantity == QuantityLots(3))
        #expect(fate.order?.price == PriceTicks(10))
        #expect(fate.updateTimeNs == 1_764_000_000_000_000_000)
    }

    @Test func `one order is cancelled in spite of one`() throws {
        try session.cancel(AccountOrder(symbol: "BTCUSDT", venueOrderID: 7, orderID: 0))
    }
}
