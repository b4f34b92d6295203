//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Foundation
import Messages
import TestSupport
import Testing
import TradingCore
import VenueModel

@testable import Backtest

private let capture = "../shared/data/captures/binance-usdm_btcusdt_20240808.gz"
private let hasCapture = FileManager.default.fileExists(atPath: capture)

@Suite(.enabled(if: hasCapture, "the recorded data is not there"))
struct BacktestTests {
    /// A maker that joins its own best, renewed after half a second.
    private static let maker = [
        "strategy.order": "post-only", "strategy.interval": "100ms", "strategy.resting_max": "500ms",
        "backtest.entry_latency": "2ms", "backtest.response_latency": "3ms",
    ]

    private func settings(_ values: [String: String]) throws -> Settings {
        var settings = Settings(schema: EngineSchema.keys)
        try settings.read(yaml: DemoProfile.replay, source: DemoProfile.source)
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            try settings.set(key, value, origin: "test")
        }
        return settings
    }

    private func report(_ values: [String: String]) throws -> BacktestReport {
        let request = BacktestRequest(
            paths: [capture], venue: .binanceUSDM, symbol: "BTC-USDT", instrumentsFile: nil,
            settings: try settings(values))
        return try request.run { _ in }
    }

    @Test func `give the same bytes in every run`() throws {
        var values = Self.maker
        values["backtest.entry_latency"] = "log-normal:2ms:0.5"
        values["backtest.response_latency"] = "log-normal:3ms:0.5"
        let first = try report(values).json
        #expect(try report(values).json == first)
        values["backtest.seed"] = "2"
        #expect(try report(values).json != first)
    }

    @Test func `fill a maker's orders and keep its books`() throws {
        let report = try report(Self.maker)
        print(report.lines.joined(separator: "\n"))
        let venue = report.run.venue
        #expect(venue.orders.count > 100)
        #expect(venue.fills.count > 10)
        // What the fills say is what the account has.
        var cash: Int128 = 0
        var position: Int64 = 0
        for fill in venue.fills {
            let order = venue.orders[fill.order]
            let sign: Int64 = order.side == .buy ? 1 : -1
            position += sign * fill.quantity
            cash -= Int128(sign) * venue.accounts[0].valueE12(
                price: fill.price, lots: fill.quantity)
        }
        #expect(position == venue.accounts[0].position)
        #expect(cash == venue.accounts[0].cashE12)
        // The engine's own ledger heard of every one of them.
        for order in venue.orders {
            #expect(order.filled <= order.quantity)
            #expect(order.arrivedNs - order.placedNs >= 2_000_000)
        }
        for fill in venue.fills { #expect(fill.isMaker) }
    }

    @Test func `show the same market whatever the venue's delays are`() throws {
        var slow = Self.maker
        slow["backtest.entry_latency"] = "250ms"
        let fast = try report(Self.maker).run
        let late = try report(slow).run
        #expect(fast.venue.counters.trades == late.venue.counters.trades)
        #expect(fast.venue.counters.levels == late.venue.counters.levels)
        #expect(fast.venue.books[0].depth.bestBid == late.venue.books[0].depth.bestBid)
        #expect(fast.venue.books[0].depth.bestAsk == late.venue.books[0].depth.bestAsk)
        #expect(fast.startNs == late.startNs)
        #expect(fast.venue.fills.map(\.timeNs) != late.venue.fills.map(\.timeNs))
    }
}
