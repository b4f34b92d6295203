//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Configuration
import Foundation
import Options
import Reports
import SeededRandom
import TestSupport
import Testing
import TradingCore

@testable import Backtest

/// A run for each way to the venue, as a report shows it.
struct DelayTests {
    /// Hours of bars.
    private static func klines(_ folder: Workplace) throws -> String {
        var random = SplitMix64(seed: 9)
        var lines = [KlineTableTests.header]
        var price = 60_000
        for minute in 0..<150 {
            let close = price + Int(random.below(41)) - 20
            let high = max(price, close) + Int(random.below(10))
            let low = min(price, close) - Int(random.below(10))
            let prices = [price, high, low, close].map { "\($0).1" }.joined(separator: ",")
            lines.append(KlineTableTests.line(minute, prices, "5.001"))
            price = close
        }
        return try folder.write(lines.joined(separator: "\n"), to: "BTCUSDT-1m.csv")
    }

    private static func request(_ path: String) throws -> BacktestRequest {
        BacktestRequest(
            paths: [path], venue: .binanceUSDM, symbol: "BTC-USDT", instrumentsFile: nil,
            settings: try makerSettings([
                "strategy.interval": "1s", "strategy.resting_max": "10m",
            ]))
    }

    @Test func `end in the result, and in the report of it`() throws {
        let folder = try Workplace()
        let request = try Self.request(Self.klines(folder))
        var told: [String] = []
        let report = try request.run(delays: Delays("30s,1us,250ms")) { told.append($0) }
        #expect(told.contains { $0.hasPrefix("delay 1us, 1 of 3: 100 %") }, "\(told)")
        let file = folder.file("run.json")
        try report.write(to: file)
        let run = try Run(path: file)
        #expect(run.delays.map(\.delayNs) == [1_000, 250_000_000, 30_000_000_000])
        // A way of the configured length gives the run itself.
        let same = try request.costs(of: Delays("2ms")) { _ in }[0]
        let analysis = try #require(try RunAnalysis.all([run], ReportOptions()).first)
        #expect(same.netReturn == analysis.metrics.totalReturn)
        #expect(same.sharpe == analysis.metrics.sharpe)
        #expect(same.edgeBps == analysis.trading.profitBps)
        #expect(same.fillCount == run.fills.count)
        #expect(same.fillCount > 5)
        // Orders that are half a minute late miss what the others got.
        #expect(run.delays[2].fills != run.delays[0].fills)
        let page = Report.html([analysis])
        #expect(page.contains("Cost of speed"))
        #expect(page.contains("Edge against delay"))
        for text in ["1.00us", "250ms", "30.0s"] { #expect(page.contains(text), "\(text)") }
        let figures = try #require(
            try JSONSerialization.jsonObject(with: Data(Report.json([analysis]).utf8))
                as? [String: Any])
        let rows = try #require((figures["runs"] as? [[String: Any]])?.first?["delays"] as? [Any])
        #expect(rows.count == 3)
        // Without delays there is nothing of the kind.
        let plain = try request.run { _ in }
        #expect(!plain.json().contains("\"delays\""))
    }

    @Test func `are told as a table`() throws {
        let folder = try Workplace()
        let costs = try Self.request(Self.klines(folder)).costs(of: Delays("5ms,1us")) { _ in }
        let lines = DelayCost.lines(costs)
        #expect(lines.first?.contains("edge, bps") == true)
        #expect(lines.contains { $0.contains("1us") && $0.contains(costs[0].profit) })
        #expect(lines.contains { $0.contains("5ms") })
    }

    @Test(arguments: ["", "1us,", "fast", "2h", "1ms,1000us"])
    func `are refused when they are none, too long or there twice`(_ text: String) {
        #expect(throws: UsageError.self) { try Delays(text) }
    }
}
