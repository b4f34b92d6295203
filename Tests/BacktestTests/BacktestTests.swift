//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Foundation
import Messages
import Testing
import TradingCore
import VenueModel

@testable import Backtest

private let capture = "../shared/data/captures/binance-usdm_btcusdt_20240808.gz"
private let hasCapture = FileManager.default.fileExists(atPath: capture)

/// The beginning of another source.
final class FirstFrames: MarketSource {
    private let source: any MarketSource
    private var left: Int

    init(_ source: any MarketSource, count: Int) {
        self.source = source
        left = count
    }

    var instruments: [Instrument] { source.instruments }
    var frameCount: Int? { nil }
    var malformedCount: Int { source.malformedCount }

    func next() throws -> RecordedFrame? {
        if left == 0 { return nil }
        left -= 1
        return try source.next()
    }
}

/// The settings of a maker that joins its own best, renewed after half a second.
func makerSettings(_ values: [String: String] = [:]) throws -> Settings {
    let maker = [
        "strategy.order": "post-only", "strategy.interval": "100ms",
        "strategy.resting_max": "500ms", "backtest.entry_latency": "2ms",
        "backtest.response_latency": "3ms",
    ]
    var settings = Settings(schema: EngineSchema.keys)
    try settings.read(yaml: DemoProfile.replay, source: DemoProfile.source)
    for (key, value) in maker.merging(values, uniquingKeysWith: { $1 }).sorted(by: { $0 < $1 }) {
        try settings.set(key, value, origin: "test")
    }
    return settings
}

func report(
    _ source: any MarketSource, _ values: [String: String] = [:]
) throws -> BacktestReport {
    let settings = try makerSettings(values)
    let run = try BacktestRun(
        settings, configuration: BacktestConfiguration(settings), source: source)
    try run.run()
    return BacktestReport(run: run, fingerprint: settings.fingerprint, files: [])
}

@Suite(.enabled(if: hasCapture, "the recorded data is not there"))
struct BacktestTests {
    private func run(
        _ values: [String: String] = [:], frames: Int = 12_000
    ) throws -> BacktestReport {
        let source = try CaptureSource(
            paths: [capture], venue: .binanceUSDM, instrumentsFile: nil, counts: false)
        return try report(FirstFrames(source, count: frames), values)
    }

    @Test func `give the same bytes in every run`() throws {
        var values = [
            "backtest.entry_latency": "log-normal:2ms:0.5",
            "backtest.response_latency": "log-normal:3ms:0.5",
        ]
        let first = try run(values).json()
        #expect(try run(values).json() == first)
        values["backtest.seed"] = "2"
        #expect(try run(values).json() != first)
    }

    @Test func `fill a maker's orders and keep its books`() throws {
        let venue = try run().run.venue
        #expect(venue.orders.count > 20)
        #expect(venue.fills.count > 5)
        // What the fills say is what the account has.
        var cash: Int128 = 0
        var position: Int64 = 0
        for fill in venue.fills {
            let order = venue.orders[fill.order]
            let sign: Int64 = order.side == .buy ? 1 : -1
            position += sign * fill.quantity
            cash -= Int128(sign)
                * venue.accounts[0].valueE12(price: fill.price, lots: fill.quantity)
            #expect(fill.isMaker)
            #expect(fill.timeNs >= order.arrivedNs)
        }
        #expect(position == venue.accounts[0].position)
        #expect(cash == venue.accounts[0].cashE12)
        for order in venue.orders {
            #expect(order.filled <= order.quantity)
            #expect(order.arrivedNs - order.placedNs >= 2_000_000)
        }
    }

    @Test func `show the same market whatever the venue's delays are`() throws {
        let fast = try run().run
        let late = try run(["backtest.entry_latency": "250ms"]).run
        #expect(fast.venue.counters.trades == late.venue.counters.trades)
        #expect(fast.venue.counters.levels == late.venue.counters.levels)
        #expect(fast.venue.books[0].depth.bestBid == late.venue.books[0].depth.bestBid)
        #expect(fast.venue.books[0].depth.bestAsk == late.venue.books[0].depth.bestAsk)
        #expect(fast.startNs == late.startNs)
        #expect(fast.venue.fills.map(\.timeNs) != late.venue.fills.map(\.timeNs))
    }

    @Test func `trade in their range alone, with books brought up before it`() throws {
        let whole = try run().run
        let third = (whole.endNs - whole.startNs) / 3
        let range = BacktestRange(
            sinceNs: whole.startNs + third, untilNs: whole.startNs + 2 * third)
        let settings = try makerSettings()
        let source = try CaptureSource(
            paths: [capture], venue: .binanceUSDM, instrumentsFile: nil, counts: false)
        let part = try BacktestRun(
            settings, configuration: BacktestConfiguration(settings), source: source, range: range)
        try part.run()
        #expect(part.startNs == range.sinceNs)
        #expect(part.venue.orders.count > 5)
        #expect(part.venue.orders.allSatisfy { $0.placedNs >= range.sinceNs })
        #expect(part.venue.orders.allSatisfy { $0.placedNs < range.untilNs })
        #expect(part.samples.allSatisfy { $0.timeNs >= range.sinceNs })
        let orders = whole.venue.orders.filter { $0.placedNs < range.untilNs }
        #expect(part.venue.orders.count < orders.count)
    }

    @Test func `write a result that is JSON and adds up`() throws {
        let made = try run()
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(made.json().utf8)) as? [String: Any])
        #expect(document["format"] as? String == "apus-run")
        let fills = try #require(document["fills"] as? [[String: Any]])
        let orders = try #require(document["orders_list"] as? [[String: Any]])
        let counts = try #require(document["orders"] as? [String: Int])
        #expect(fills.count == made.run.venue.fills.count)
        #expect(orders.count == counts["placed"])
        for end in ["filled", "cancelled", "rejected", "expired"] {
            #expect(orders.count { $0["end"] as? String == end } == counts[end])
        }
        let rows = try #require(document["equity"] as? [[Any]])
        let equity = rows.map { $0.map(Self.number) }
        #expect(zip(equity, equity.dropFirst()).allSatisfy { $0[0] < $1[0] })
        // The last equity is the first, less what trades cost and brought.
        var cash = Self.number(document["initial_equity"] as Any)
        for fill in fills {
            func value(_ key: String) -> Double { Self.number(fill[key] as Any) }
            let sign: Double = fill["side"] as? String == "buy" ? -1 : 1
            cash += sign * value("price") * value("quantity") - value("fee")
        }
        let last = try #require(equity.last)
        #expect(abs(cash + last[2] - last[1]) < 1e-6)
    }

    private static func number(_ value: Any) -> Double { (value as? NSNumber)?.doubleValue ?? .nan }
}
