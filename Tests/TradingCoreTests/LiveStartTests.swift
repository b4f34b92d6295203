//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Foundation
import Platform
import TestSupport
import Testing
import TradingCore

extension ProgramTests {
    /// One thing wrong with a start that would be good without it.
    struct Unready: CustomTestStringConvertible {
        let name: String
        var settings: [String] = []
        var environment: [String: String?] = [:]
        /// In the place of members of the paper run; `nil`: no paper run.
        var paper: [String: String]? = [:]
        /// What the row of the table begins with, and what its reason says.
        let check: String
        let words: String

        var testDescription: String { name }

        static func set(_ assignment: String, _ check: String, _ words: String) -> Unready {
            Unready(name: assignment, settings: [assignment], check: check, words: words)
        }

        static let all: [Unready] = [
            Unready(
                name: "no keys",
                environment: ["BINANCE_API_KEY": nil, "BINANCE_API_SECRET": nil],
                check: "keys binance-usdm", words: "not set"),
            Unready(
                name: "half a key", environment: ["BINANCE_API_SECRET": nil],
                check: "keys binance-usdm", words: "must both be set"),
            Unready(
                name: "a private key that others may read",
                environment: [
                    "BINANCE_API_SECRET": nil, "BINANCE_API_PRIVATE_KEY_FILE": "SHARED",
                ], check: "keys binance-usdm", words: "must have mode 0600"),
            Unready(
                name: "a wrong secret", environment: ["BINANCE_API_SECRET": "wr0ng-words"],
                check: "account binance-usdm", words: "-1022"),
            .set("trading.clock_offset_max=0s", "clock binance-usdm", "from ours"),
            .set("trading.dead_man=0s", "dead man okx", "trading.dead_man is off"),
            .set("trading.dead_man=6s", "dead man okx", "takes 0s, or 10s to 120s"),
            .set("risk.order_quantity_max=0", "limits binance-usdm:BTC-USDT", "order_quantity_max"),
            .set("risk.position_max=0", "limits okx:BTC-USDT-SWAP", "position_max"),
            .set("risk.order_notional_max=0", "limits okx:BTC-USDT-SWAP", "order_notional_max"),
            .set("risk.daily_loss_bps=0", "daily loss", "no limit"),
            .set("risk.drawdown_bps=0", "drawdown", "no limit"),
            .set("journal.path=", "journal", "not set"),
            Unready(name: "no paper run", paper: nil, check: "paper run", words: "--paper FILE"),
            Unready(
                name: "a paper run of another strategy",
                settings: ["strategy.order_notional=300"], check: "paper run",
                words: "it traded 0x"),
            Unready(
                name: "a paper run of long ago",
                paper: ["start_ns": "1", "end_ns": "7200000000001"], check: "paper run",
                words: "ago, over 7d"),
            Unready(
                name: "a paper run of a minute", paper: ["start_ns": "MINUTE"],
                check: "paper run", words: "under 1h"),
            Unready(
                name: "a paper run that failed", paper: ["error": "\"the feed was lost\""],
                check: "paper run", words: "the feed was lost"),
        ]
    }

    /// Goal: an account with money is traded only when everything that was looked at is good.
    @Suite("A live start")
    struct LiveStarts {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private static let base = [
            "trading.venues=binance-usdm,okx",
            "trading.symbols=binance-usdm:BTC-USDT,okx:BTC-USDT-SWAP", "trading.dead_man=30s",
            "placement.idle=yield", "strategy.interval=50ms", "risk.order_quantity_max=1000",
            "risk.position_max=1000", "risk.order_notional_max=5000",
        ]

        /// Writes the result of a paper run with these settings.
        private func writePaper(_ changes: [String: String]) throws -> String {
            var settings = Settings(schema: EngineSchema.keys)
            for assignment in Self.base { try settings.read(assignment: assignment) }
            let now = wallNs()
            var members = [
                "format": "\"apus-run\"", "kind": "\"paper\"",
                "trading_fingerprint":
                    "\"\(Settings.text(fingerprint: try settings.tradingFingerprint()))\"",
                "start_ns": "\(now - 7_200_000_000_000)", "end_ns": "\(now - 1_000_000_000)",
            ]
            for (key, value) in changes {
                members[key] = value == "MINUTE" ? "\(now - 61_000_000_000)" : value
            }
            let text = members.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
            return try workplace.write("{\(text)}", to: "paper.json")
        }

        private func start(
            _ arguments: [String], at venue: VenueProgram, _ settings: [String] = [],
            environment: [String: String?] = [:], paper: [String: String]? = [:]
        ) throws -> (status: Int32, output: String, errors: String) {
            let file = try workplace.write(venue.endpoints, to: "live.yaml")
            let instance = EngineProgram.name("live")
            var known = Program.keys
            for (name, value) in environment {
                known[name] = value == "SHARED" ? try workplace.write("x", to: "key.pem") : value
            }
            var all = ["run", "--config", file] + arguments
            if let paper { all += ["--paper", try writePaper(paper)] }
            let given = Self.base
                + ["system.instance=\(instance)", "journal.path=\(workplace.file("journal"))"]
                + settings
            return try Program.run(
                "apus", all + given.flatMap { ["--set", $0] }, in: workplace, environment: known)
        }

        private func venue() throws -> VenueProgram {
            try VenueProgram(["--venue", "binance-usdm,okx", "--seed", "3"], in: workplace)
        }

        @Test func `everything good is told, and nothing is traded by a check`() throws {
            let venue = try venue()
            let live = ["--mode", "live", "--live", "--check"]
            let (status, output, errors) = try start(live, at: venue)
            #expect(status == 0, "\(output)\(errors)")
            #expect(!output.contains("FAIL"), "\(output)")
            for check in [
                "memory lock", "host", "journal", "paper run", "keys binance-usdm",
                "address binance-usdm", "clock binance-usdm", "account binance-usdm",
                "instruments binance-usdm", "dead man binance-usdm", "keys okx", "clock okx",
                "account okx", "dead man okx", "daily loss", "drawdown",
                "limits binance-usdm:BTC-USDT", "limits okx:BTC-USDT-SWAP",
            ] {
                let row = output.split(separator: "\n").first { $0.hasPrefix("\(check)  ") }
                let isGood = row.map { $0.contains("  PASS  ") || $0.contains("  WARN  ") }
                #expect(isGood == true, "\(check) in \(output)")
            }
            #expect(!FileManager.default.fileExists(atPath: workplace.file("journal")))
            let loose = try start(live, at: venue, ["journal.policy=none"])
            #expect(loose.status == 0, "\(loose.errors)")
            #expect(
                loose.output.firstMatch(of: /(?m)^journal +WARN +policy none/) != nil,
                "\(loose.output)")
        }

        @Test func `a good start trades`() throws {
            let venue = try venue()
            let summary = workplace.file("summary.json")
            let (status, output, errors) = try start(
                ["--mode", "live", "--live", "--duration", "4s", "--summary", summary], at: venue)
            #expect(status == 0, "\(output)\(errors)")
            #expect(output.contains("PASS"))
            let sent = try RunSummary(workplace).instruments
                .reduce(0) { try $0 + $1.count("orders_sent") }
            #expect(sent > 0, "\(errors)")
        }

        /// Goal: each bad case alone refuses the start, its row says FAIL and why, one line on
        /// standard error says so too.
        @Test func `each thing that is wrong refuses the start by its row`() throws {
            let venue = try venue()
            for unready in Unready.all {
                let (status, output, errors) = try start(
                    ["--mode", "live", "--live"], at: venue, unready.settings,
                    environment: unready.environment, paper: unready.paper)
                #expect(status == 1, "\(unready.name): \(output)\(errors)")
                let row = output.split(separator: "\n").first {
                    $0.hasPrefix("\(unready.check)  ")
                }
                #expect(row?.contains("  FAIL  ") == true, "\(unready.name): \(output)")
                #expect(row?.contains(unready.words) == true, "\(unready.name): \(output)")
                let lines = errors.split(separator: "\n").filter { !$0.hasPrefix("ts=") }
                #expect(lines.count == 1, "\(unready.name): \(errors)")
                #expect(lines.first?.contains("not ready to trade live") == true, "\(errors)")
                #expect(!(output + errors).contains("wr0ng-words"))
            }
        }

        @Test func `a dead man's switch that the venue does not take refuses the start`() throws {
            let faults = try workplace.write(
                "faults:\n  - {name: switch-refused}\n", to: "faults.yaml")
            let venue = try VenueProgram(
                ["--venue", "binance-usdm,okx", "--faults", faults], in: workplace)
            let (status, output, errors) = try start(["--mode", "live", "--live"], at: venue)
            #expect(status == 1, "\(output)\(errors)")
            for name in ["binance-usdm", "okx"] {
                #expect(
                    try output.contains(Regex("dead man \(name) +FAIL .*503")), "\(output)")
            }
        }

        @Test func `money needs the flag, and the flag needs money`() throws {
            let venue = try venue()
            for (arguments, settings, words) in [
                (["--mode", "live"], [], "add --live"),
                (["--check"], ["trading.account=live"], "add --live"),
                (["--live"], [], "--live is for a live account"),
                (["--mode", "simulated", "--live"], [], "--live is for a live account"),
                (["--mode", "paper", "--live"], [], "--live is for a live account"),
            ] as [([String], [String], String)] {
                let (status, output, errors) = try start(arguments, at: venue, settings)
                #expect(status == 1, "\(errors)")
                #expect(output == "", "\(output)")
                #expect(errors.contains(words), "\(errors)")
            }
            let (status, _, errors) = try start(["--check"], at: venue)
            #expect(status == 2, "\(errors)")
            #expect(errors.contains("--check is for a live account"), "\(errors)")
        }
    }
}
