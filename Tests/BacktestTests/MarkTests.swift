//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Reports
import Testing
import TradingCore

@testable import Backtest

/// Mid prices that a report judges a backtest's fills by.
struct MarkTests {
    private static let ms: UInt64 = 1_000_000

    private static func made() throws -> BacktestReport {
        try report(RowSource(SourceTests.rows(1_500), malformed: 0, symbol: "BTC-USDT"))
    }

    @Test func `are never older than a tenth of the time since a fill`() throws {
        let made = try Self.made()
        let run = try Run(Array(made.json().utf8), name: "a")
        #expect(run.fills.count > 10)
        let marks = try #require(run.marks.first)
        #expect(marks.timesNs.count < 1_500)
        for fill in run.fills {
            for horizonNs in [100 * Self.ms, 1_000 * Self.ms, 10_000 * Self.ms] {
                let at = fill.timeNs + horizonNs
                guard let end = marks.timesNs.last, at <= end else { continue }
                let last = try #require(marks.timesNs.last { $0 <= at })
                // Events are 20 ms apart at most.
                #expect(at - last <= max(horizonNs / 10, 50 * Self.ms) + 20 * Self.ms)
            }
        }
    }

    @Test func `give the report of a backtest its markouts`() throws {
        let made = try Self.made()
        let run = try Run(Array(made.json().utf8), name: "a")
        let analysis = try #require(try RunAnalysis.all([run], ReportOptions()).first)
        let rows = try #require(analysis.markouts.rows[.maker])
        #expect(rows.filter { $0.horizonNs <= 10_000 * Self.ms }.allSatisfy { $0.count > 5 })
        // A maker of this market earns half its tick at once.
        #expect(try #require(rows[0].meanBps) > 0)
        let page = Report.html([analysis])
        #expect(page.contains("Fills on price"))
        #expect(page.contains("Markout"))
    }

    @Test func `are left out of a brief result, with orders one by one`() throws {
        let made = try Self.made()
        let brief = made.json(isBrief: true)
        #expect(!brief.contains("\"marks\"") && !brief.contains("\"orders_list\""))
        let (short, long) = try (
            Run(Array(brief.utf8), name: "a"), Run(Array(made.json().utf8), name: "a")
        )
        #expect(short.fills == long.fills)
        #expect(short.equity == long.equity)
        #expect(short.orders == long.orders)
    }
}
