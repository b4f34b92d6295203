//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Messages
import Platform
import TestSupport
import Testing

/// Goal: what a session did stands in its gap report as the session's own summary has it, and the
/// report's parts sum to the gap, digit by digit.
extension ProgramTests {
    @Suite("A session and its gap to paper")
    struct Gaps {
        let workplace: Workplace
        var journal: String { workplace.file("journal") }

        init() throws { workplace = try Workplace() }

        private func report(
            _ arguments: [String]
        ) throws -> (json: [String: Any], text: String, output: String) {
            let out = workplace.file("gap.json")
            let (status, output, errors) = try Program.run(
                "apus", ["gap", "--live", journal, "--out", out] + arguments, in: workplace)
            #expect(status == 0, "\(errors)")
            let text = workplace.text("gap.json")
            return (try jsonObject(text), text, output)
        }

        /// A number of the report, as its digits say it.
        private func amount(_ name: String, _ text: String) throws -> Decimal {
            let match = try #require(
                text.firstMatch(of: try Regex("\"\(name)\":(-?[0-9.]+)")), "\(name) in \(text)")
            return try #require(Decimal(string: String(match[1].substring ?? "")))
        }

        @Test func `connections of the account that were lost are told as pauses`() throws {
            let faults = try workplace.write(
                "faults:\n  - {name: disconnect, from: 6s, count_max: 4}\n", to: "faults.yaml")
            let venue = try VenueProgram(["--faults", faults], in: workplace)
            let engine = try EngineProgram(
                "gap-lost", venue, ["strategy.interval=50ms", "journal.path=\(journal)"],
                in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("each connection is made anew") {
                engine.counter("reader_connects_total") >= 8
            }
            try engine.awaitThat("every book") { engine.areBooksValid }
            try engine.awaitOrders(after: engine.ordersSent + 10)
            let (status, summary) = try engine.stop(SIGINT)
            #expect(status == 0, "\(engine.program.errors)")
            #expect(venue.program.child.isRunning)
            let (json, text, output) = try report([])
            let pauses = try #require(json["pauses"] as? [[Any]])
            #expect(pauses.contains { $0.last as? String == "connection" }, "\(output)")
            let sides = try #require(json["sides"] as? [String: [String: Any]])
            let fills = try summary.instruments.reduce(0) { try $0 + $1.rows("fills").count }
            #expect(sides["live"]?["fills"] as? Int == fills, "\(output)")
            #expect(try sum(text) == amount("gap", text), "\(text)")
        }

        private func sum(_ text: String) throws -> Decimal {
            try ["fees", "latency", "missing_data", "queue_and_matching"].reduce(Decimal(0)) {
                try $0 + amount("parts\":\\{[^}]*\"\($1)", text)
            }
        }

        @Test func `a session against a simulator is decomposed to the last digit`() throws {
            let venue = try VenueProgram(
                ["--venue", "binance-usdm,okx", "--seed", "3"], in: workplace)
            let engine = try EngineProgram(
                "gap", venue,
                [
                    "trading.venues=binance-usdm,okx",
                    "trading.symbols=binance-usdm:BTC-USDT,okx:BTC-USDT-SWAP",
                    "strategy.interval=50ms", "journal.path=\(journal)",
                ], in: workplace)
            try engine.awaitReady()
            try engine.awaitOrders(after: 30)
            let instance = ["--instance", engine.instance]
            #expect(try Program.run("apus", ["halt"] + instance, in: workplace).status == 0)
            try engine.awaitThat("nothing is open") { engine.openOrders == 0 }
            #expect(try Program.run("apus", ["resume"] + instance, in: workplace).status == 0)
            try engine.awaitOrders(after: engine.ordersSent + 30)
            let (status, summary) = try engine.stop(SIGINT)
            #expect(status == 0, "\(engine.program.errors)")
            #expect(venue.program.child.isRunning)

            let (json, text, output) = try report(["--summary", workplace.file("summary.json")])
            let row = try #require(
                try summary.instruments.first { try $0.text("venue") == "binance-usdm" })
            let sides = try #require(json["sides"] as? [String: [String: Any]])
            let live = try #require(sides["live"])
            #expect(live["orders"] as? Int == (try row.count("orders_sent")), "\(output)")
            #expect(live["fills"] as? Int == (try row.rows("fills").count), "\(output)")
            #expect((sides["paper"]?["orders"] as? Int ?? 0) > 10, "\(output)")
            let fees = try row.rows("fills").reduce(0) { try $0 + $1.decimal("fee") }
            #expect(try amount("live\":\\{[^}]*\"fees", text) == Decimal(fees) / 100_000_000)

            let gap = try amount("gap", text)
            #expect(try sum(text) == gap, "\(text)")
            #expect(try amount("live", text) - amount("paper", text) == gap)
            #expect(output.contains("gap "), "\(output)")
            // Before READY, the halt, and the end.
            let pauses = try #require(json["pauses"] as? [[Any]])
            #expect(pauses.count { $0.last as? String == "state" } >= 3, "\(text)")
            let latency = try #require(json["latency"] as? [String: Any])
            #expect((latency["round_trips"] as? Int ?? 0) > 20)
            #expect((latency["measured"] as? String)?.contains("quantiles") == true)

            let okx = try report(["--venue", "okx"])
            let other = try #require(okx.json["sides"] as? [String: [String: Any]])
            let second = try #require(
                try summary.instruments.first { try $0.text("venue") == "okx" })
            #expect(other["live"]?["orders"] as? Int == (try second.count("orders_sent")))
            #expect(other["live"]?["fills"] as? Int == (try second.rows("fills").count))

            let strange = try Program.run(
                "apus", ["gap", "--live", journal, "--set", "strategy.order_notional=1"],
                in: workplace)
            #expect(strange.status == 1)
            #expect(strange.errors.contains("this configuration is 0x"), "\(strange.errors)")
            let none = try Program.run(
                "apus", ["gap", "--live", journal, "--session", "2"], in: workplace)
            #expect(none.status == 1)
            #expect(none.errors.contains("none is number 2"), "\(none.errors)")
        }
    }
}
