//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Messages
import Platform
import Telemetry
import TestSupport
import Testing

extension ProgramTests {
    /// Goal: what the engine says of its execution is what its own list of fills says.
    @Suite("Execution quality, end to end")
    struct ExecutionQualityTests {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        /// Runs against the embedded simulator until enough is filled, and stops.
        private func run(_ test: String, _ settings: [String]) throws -> (
            summary: RunSummary, output: String
        ) {
            let engine = try EngineProgram(
                test, nil,
                settings + ["execution.quality_file=\(workplace.file("quality.csv"))"],
                in: workplace, environment: [:])
            try engine.awaitReady()
            try engine.awaitThat("fills whose first markout is known") {
                let rows = engine.telemetry?.quality ?? []
                return rows.first.map { $0.data.fills >= 3 && $0.data.markouts.0 >= 3 } ?? false
            }
            let table = try Program.run(
                "apus-monitor", ["--once", "--instance", engine.instance], in: workplace)
            #expect(table.output.contains("profit: spread"), "\(table.output)")
            let (status, summary) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            return (summary, engine.program.output)
        }

        @Test func `an aggressive strategy's figures agree with its fills`() throws {
            let (summary, output) = try run("quality-ioc", ["strategy.interval=200ms"])
            try summary.expectConsistent()
            try expectQuality(summary)
            #expect(output.contains("shortfall: delay"))
            let total = try summary.root.rows("quality")[0]
            #expect(total.values["maker_share"] as? Double == 0)
            // The mid is half a spread better than the touch. How each compares with the fill is
            // the market's doing, which moves while the order is under way.
            #expect(try total.decimal("slippage_arrival") > total.decimal("slippage_touch"))
        }

        @Test func `a passive strategy's figures agree with its fills`() throws {
            let (summary, _) = try run(
                "quality-post-only",
                [
                    "strategy.order=post-only", "strategy.interval=100ms",
                    "strategy.resting_max=1s", "simulator.rate=4",
                ])
            try summary.expectConsistent()
            try expectQuality(summary)
            let total = try summary.root.rows("quality")[0]
            #expect(total.values["maker_share"] as? Double == 1)
            #expect(try total.count("resting_fills") > 0)
            #expect(try total.count("resting_p50_ns") > 0)
            #expect(try total.decimal("slippage_touch") < 0)
        }

        private func expectQuality(_ summary: RunSummary) throws {
            let rows = try summary.root.rows("quality")
            let total = try #require(rows.first)
            #expect(try total.text("symbol") == "all")
            for row in rows {
                try expectParts(row, "shortfall", ["delay", "trading", "opportunity", "fees"])
                try expectParts(
                    row, "profit", ["spread", "inventory", "latency", "fees", "funding"])
            }
            var fills = 0
            var profit: Int64 = 0
            for instrument in try summary.instruments {
                let symbol = try instrument.text("symbol")
                let listed = try instrument.rows("fills")
                let own = try rows.dropFirst().filter { try $0.text("symbol") == symbol }
                func sum(_ key: String) throws -> Int64 {
                    try own.reduce(0) { try $0 + $1.decimal(key) }
                }
                func count(_ key: String) throws -> Int {
                    try own.reduce(0) { try $0 + $1.count(key) }
                }
                fills += listed.count
                #expect(try count("fills") == listed.count, "\(symbol)")
                #expect(try count("orders_placed") == instrument.count("orders_sent"))
                let fees = try listed.reduce(Int64(0)) { try $0 + $1.decimal("fee") }
                #expect(try sum("profit_fees") == -fees, "\(symbol)")
                #expect(try sum("shortfall_fees") == fees, "\(symbol)")
                #expect(try sum("traded") == listed.reduce(0) { try $0 + value($1) }, "\(symbol)")
                // The gateway values at the last report's mid, here at the last mid: both are
                // realised + unrealised of the same fills.
                let flat = try instrument.decimal("position") == 0
                let booked = try instrument.decimal("realised") + instrument.decimal("unrealised")
                if flat { #expect(abs(try sum("profit") + fees - booked) <= 2, "\(symbol)") }
                for row in own {
                    let markouts = try row.rows("markouts")
                    for markout in markouts {
                        #expect(
                            try markout.count("judged") + markout.count("unresolved")
                                == row.count("fills"))
                    }
                    profit += try row.decimal("profit")
                }
            }
            #expect(try total.count("fills") == fills)
            #expect(try total.decimal("profit") == profit)
            for (name, count) in try summary.counters
            where name.hasPrefix("quality_") || name.hasSuffix("_tap_drops_total") {
                #expect(count == 0, "\(name)")
            }
            try expectFile(total, fills: fills)
        }

        private func expectParts(
            _ row: RunSummary.Row, _ whole: String, _ parts: [String]
        ) throws {
            let sum = try parts.reduce(Int64(0)) { try $0 + row.decimal("\(whole)_\($1)") }
            #expect(try row.decimal(whole) == sum, "\(row.values)")
        }

        /// Price times quantity, exact to 1e-8.
        private func value(_ fill: RunSummary.Row) throws -> Int64 {
            let product = Int128(try fill.decimal("price")) * Int128(try fill.decimal("quantity"))
            return Int64(product / 100_000_000)
        }

        /// Each fill and each order that ended has its row, and every row every column.
        private func expectFile(_ total: RunSummary.Row, fills: Int) throws {
            let lines = workplace.text("quality.csv").split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            let header = try #require(lines.first)
            #expect(lines.allSatisfy { $0.count == header.count })
            func column(_ name: String) throws -> Int {
                try #require(header.firstIndex(of: name), "\(name)")
            }
            let fillRows = lines.filter { $0[0] == "fill" }
            let orderRows = try lines.filter {
                try $0[0] == "order" && $0[column("revision")] == "0"
            }
            #expect(fillRows.count == fills)
            let ended = try ["filled", "canceled", "expired", "rejected"].reduce(0) {
                try $0 + total.count("orders_\($1)")
            }
            #expect(orderRows.count == ended)
            let judged = try fillRows.filter { try !$0[column("markout_100ms_bps")].isEmpty }
            let markouts = try total.rows("markouts")
            #expect(try judged.count == markouts[0].count("judged"))
            var fees: Int64 = 0
            for row in fillRows { fees += try RunSummary.mantissa(row[column("fees_quote")]) }
            #expect(try total.decimal("profit_fees") == -fees)
            var shortfall: Int64 = 0
            for row in orderRows {
                shortfall += try RunSummary.mantissa(row[column("shortfall_quote")])
            }
            // Each row is rounded by itself, to less than one.
            let difference = try total.decimal("shortfall") - shortfall
            #expect(abs(difference) <= Int64(orderRows.count))
        }
    }
}
