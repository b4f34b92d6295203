//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Messages
import Testing
import TradingCore
import VenueModel

@testable import Backtest

/// Data that is no recording of frames.
struct SourceTests {
    private static let startNs: Int64 = 1_700_000_000_000_000_000

    /// A market of one tick's spread whose trades alternate.
    static func rows(_ count: Int) -> [EventRow] {
        func row(
            _ kind: EventRow.Kind, _ ms: Int64, isBuy: Bool, _ price: Double, _ quantity: Double
        ) -> EventRow {
            EventRow(
                kind: kind, venueTimeNs: startNs + ms * 1_000_000,
                localTimeNs: startNs + (ms + 3) * 1_000_000, isBuy: isBuy, price: price,
                quantity: quantity)
        }
        var rows = (0..<5).flatMap { level in
            [
                row(.level, 0, isBuy: true, Double(600_001 - level) / 10, 1.5),
                row(.level, 0, isBuy: false, Double(600_002 + level) / 10, 1.25),
            ]
        }
        for step in 1...Int64(count) {
            let isBuy = step % 2 == 0
            rows.append(row(.trade, step * 20, isBuy: isBuy, isBuy ? 60_000.2 : 60_000.1, 2))
            rows.append(
                row(.level, step * 20 + 1, isBuy: !isBuy, isBuy ? 60_000.2 : 60_000.1,
                    1 + Double(step % 7) / 1_000))
        }
        return rows
    }

    @Test func `take rows through the production parser and fill a maker`() throws {
        let source = try RowSource(Self.rows(500), malformed: 0, symbol: "BTC-USDT")
        let instrument = try #require(source.instruments.first)
        #expect(instrument.venueSymbolText == "BTCUSDT")
        let run = try report(source).run
        #expect(run.venue.counters.trades == 500)
        #expect(run.venue.counters.gaps == 0)
        #expect(run.venue.counters.levels == 510)
        #expect(run.venue.books[0].depth.bestAsk - run.venue.books[0].depth.bestBid == 1)
        #expect(run.venue.fills.count > 10)
        #expect(run.clockOffsetNs == 0)
    }

    @Test func `delete the levels that a clearing meets`() throws {
        var rows = Self.rows(50)
        let last = try #require(rows.last)
        rows.append(
            EventRow(
                kind: .clear, venueTimeNs: last.venueTimeNs, localTimeNs: last.localTimeNs + 1,
                isBuy: true, price: 60_000, quantity: 0))
        let run = try report(RowSource(rows, malformed: 0, symbol: "BTC-USDT")).run
        #expect(run.venue.books[0].depth.bestBid == 599_999)
    }

    @Test func `merge Tardis' books and trades by local time`() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "apus-tardis-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let book = folder.appending(path: "book.csv")
        let trades = folder.appending(path: "trades.csv")
        try """
            exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
            binance-futures,BTCUSDT,1700000000000000,1700000000001000,true,bid,60000.1,1.5
            binance-futures,BTCUSDT,1700000000000000,1700000000001000,true,ask,60000.2,1.5
            binance-futures,BTCUSDT,1700000000030000,1700000000031000,false,ask,60000.2,0
            a line that is none
            """.write(to: book, atomically: true, encoding: .utf8)
        try """
            exchange,symbol,timestamp,local_timestamp,id,side,price,amount
            binance-futures,BTCUSDT,1700000000020000,1700000000021000,7,buy,60000.2,0.5
            """.write(to: trades, atomically: true, encoding: .utf8)
        let (rows, malformed) = try EventRow.rows(tardis: [book.path(), trades.path()])
        #expect(malformed == 1)
        #expect(rows.map(\.kind) == [.clear, .clear, .level, .level, .trade, .level])
        #expect(rows[4].isBuy && rows[4].quantity == 0.5)
        #expect(rows[4].venueTimeNs == 1_700_000_000_020_000_000)
        #expect(rows[5].quantity == 0)
    }
}

struct LatencyTextTests {
    @Test func `read durations, laws and recorded histograms`() throws {
        #expect(try LatencyText.law("5us", histogram: "") == .constant(ns: 5_000))
        #expect(
            try LatencyText.law("log-normal:5us:0.5", histogram: "")
                == .logNormal(medianNs: 5_000, sigma: 0.5))
        let file = FileManager.default.temporaryDirectory
            .appending(path: "apus-latency-\(UInt64.random(in: 0...UInt64.max))")
        defer { try? FileManager.default.removeItem(at: file) }
        try #"{"histograms":{"tick":{"count":9,"p50_ns":900,"p90_ns":1500,"max_ns":9000}}}"#
            .write(to: file, atomically: true, encoding: .utf8)
        let expected = LatencyLaw.quantiles([
            LatencyQuantile(share: 0.5, ns: 900), LatencyQuantile(share: 0.9, ns: 1_500),
            LatencyQuantile(share: 1, ns: 9_000),
        ])
        #expect(try LatencyText.law(file.path(), histogram: "tick") == expected)
        #expect(throws: (any Error).self) {
            try LatencyText.law(file.path(), histogram: "other")
        }
        try """
                   Value     Percentile TotalCount 1/(1-Percentile)

                     900 0.500000000000          5           2.00
                    1500 0.900000000000          8          10.00
                    9000 1.000000000000          9
            #[Mean    =       1000.000, StdDeviation   =        100.000]
            """.write(to: file, atomically: true, encoding: .utf8)
        #expect(try LatencyText.law(file.path(), histogram: "") == expected)
    }

    @Test(arguments: ["", "fast", "log-normal:5us", "log-normal:5us:-1", "/nowhere/at/all"])
    func `refuse what is no law`(_ text: String) {
        #expect(throws: (any Error).self) { try LatencyText.law(text, histogram: "tick") }
    }
}
