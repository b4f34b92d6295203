//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import HTTP
import Messages
import Options
import Synchronization
import Testing

@testable import Watchdog

/// A venue that fails so many times, and then lists these orders.
private final class FailingVenue: HTTPTransport {
    private let failuresLeft: Atomic<Int>
    private let orders: String

    init(failures: Int, orders: String) {
        failuresLeft = Atomic(failures)
        self.orders = orders
    }

    func request(
        method: String, url: String, headers: [(String, String)], body: [UInt8]?,
        caFile: String?, timeout: Duration
    ) throws(HTTPError) -> HTTPResponse {
        if failuresLeft.wrappingSubtract(1, ordering: .relaxed).oldValue > 0 {
            throw HTTPError(reason: .timedOut, description: "timed out")
        }
        return HTTPResponse(status: 200, headers: [], body: Array(orders.utf8))
    }
}

/// Goal: after a clean end, only an order that the venue lists, or a venue that stays silent, has
/// the watchdog act.
@Suite("Clean end of an engine")
struct CleanEndTests {
    private static let order = #"""
        [{"orderId":7,"symbol":"BTCUSDT","status":"NEW","clientOrderId":"web_1","price":"1",
        "origQty":"0.003","executedQty":"0","side":"SELL","type":"LIMIT","updateTime":1}]
        """#

    @Test(arguments: [(0, "[]", true), (2, "[]", true), (3, "[]", false), (0, Self.order, false)])
    func `a venue is empty when it says so within three questions`(
        failures: Int, orders: String, isEmpty: Bool
    ) throws {
        let venue = WatchdogVenue(
            venue: .binanceUSDM,
            session: BinanceSession(
                endpoints: Endpoints(
                    rest: "https://venue.test", stream: "", userStream: "", api: ""),
                credentials: Credentials(apiKey: "key", secret: "secret"), clock: VenueClock(),
                usage: BinanceUsage(),
                transport: FailingVenue(failures: failures, orders: orders)),
            instruments: [EngineFixture.instrument()])
        let options = WatchdogOptions(try WatchdogOptions.parser.parse([]))
        let journal = try KillJournal(path: "/dev/null")
        #expect(Withdrawal(venue, options, journal).isEmpty == isEmpty)
    }
}
