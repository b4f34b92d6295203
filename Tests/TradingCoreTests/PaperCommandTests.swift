//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Telemetry
import TestSupport
import Testing
import TradingCore

/// Goal: paper is a backtest whose data has not happened yet: the market's journal gives every
/// account's result again; what is asked for wrongly is refused in one line.
extension ProgramTests {
    @Suite("Paper trading")
    struct Paper {
        let workplace: Workplace
        private let arguments = [
            "--set", "strategy.interval=100ms", "--set", "backtest.entry_latency=300us",
        ]

        init() throws { workplace = try Workplace() }

        private func run(_ more: [String]) throws -> (status: Int32, output: String, errors: String)
        {
            let instance = ["--set", "system.instance=test-\(currentProcessID())-paper"]
            let (status, output, errors) = try Program.run(
                "apus", ["run", "--mode", "paper"] + arguments + instance + more, in: workplace)
            return (status, output, errors)
        }

        /// What of a result a backtest has, too.
        private func common(_ name: String) throws -> NSDictionary {
            var json = try jsonObject(workplace.text(name))
            for key in ["kind", "account", "trading_fingerprint", "journal_lost_frames"] {
                json[key] = nil
            }
            var metadata = try #require(json["metadata"] as? [String: Any])
            metadata["config_hash"] = nil
            metadata["data"] = nil
            json["metadata"] = metadata
            return json as NSDictionary
        }

        @Test(arguments: ["binance-usdm", "okx"])
        func `the journal of the market gives every account again`(venue: String) throws {
            let (status, output, errors) = try run([
                "--duration", "12s", "--out", workplace.file("results"),
                "--set", "trading.venues=\(venue)", "--set", "journal.path=\(workplace.file("j"))",
                "--account", "base", "--account", "slow:backtest.entry_latency=40ms",
                "--account", "slow:strategy.order_notional=200",
            ])
            #expect(status == 0, "\(errors)")
            #expect(output.contains("accounts base, slow"), "\(output)")
            let base = try jsonObject(workplace.text("results/base.json"))
            #expect(base["kind"] as? String == "paper")
            #expect(base["account"] as? String == "base")
            #expect(base["error"] == nil)
            #expect(base["journal_lost_frames"] as? Int == 0)
            #expect((base["fills"] as? [Any])?.count ?? 0 > 5, "\(output)")
            let slow: [String] = [
                "--set", "backtest.entry_latency=40ms", "--set", "strategy.order_notional=200",
            ]
            let profile = workplace.file("profile.yaml")
            try DemoProfile.run.write(toFile: profile, atomically: true, encoding: .utf8)
            for (account, settings) in [("base", []), ("slow", slow)] {
                let again = try Program.run(
                    "apus",
                    [
                        "backtest", "--config", profile, "--data", workplace.file("j"),
                        "--venue", venue, "--set", "trading.venues=\(venue)",
                        "--out", workplace.file("again.json"),
                    ] + arguments + settings, in: workplace)
                #expect(again.status == 0, "\(again.errors)")
                let (paper, backtest) = (
                    try common("results/\(account).json"), try common("again.json"))
                #expect(paper == backtest, "\(account)")
            }
            let replay = try Program.run(
                "apus", ["replay", workplace.file("j"), "--verify"], in: workplace)
            #expect(replay.status == 1)
            #expect(replay.errors.contains("market data alone"), "\(replay.errors)")
        }

        /// Goal: a book that a lost message broke is whole again while the connection stands.
        /// Method: the venue loses an update of each book; accounts ask for it anew. With several
        /// lines one is listened to, and all bring the book.
        @Test(arguments: [("binance-usdm", 1), ("okx", 1), ("okx", 2)])
        func `an account trades again behind a gap`(venue: String, lines: Int) throws {
            let simulator = try VenueProgram(["--venue", "binance-usdm,okx"], in: workplace)
            let profile = try workplace.write(
                simulator.endpoints + DemoProfile.run, to: "profile.yaml")
            let instance = EngineProgram.name("gap")
            let program = try Program(
                "apus",
                [
                    "run", "--mode", "paper", "--config", profile, "--account", "a",
                    "--set", "system.instance=\(instance)", "--set", "trading.venues=\(venue)",
                    "--set", "trading.lines=\(lines)", "--set", "strategy.interval=100ms",
                    "--set", "placement.idle=yield",
                ], in: workplace, log: "paper")
            var account: TelemetryReader?
            var market: TelemetryReader?
            func counter(_ name: String, of page: TelemetryReader?) -> UInt64 {
                page?.counters.first { $0.name == name }?.value ?? 0
            }
            func isTrading(above orders: UInt64) -> Bool {
                account?.instruments.allSatisfy {
                    $0.status.isBookValid == 1 && $0.status.ordersSent > orders
                } ?? false
            }
            func awaitThat(_ what: String, _ condition: () -> Bool) throws {
                try waitUntil(what) {
                    guard program.child.isRunning else {
                        throw Overdue(description: "\(what): \(program.errors)")
                    }
                    return condition()
                }
            }
            try awaitThat("an order") {
                account = account
                    ?? (try? TelemetryReader(path: "/dev/shm/apus.\(instance)-a/telemetry"))
                return isTrading(above: 0)
            }
            market = try TelemetryReader(path: "/dev/shm/apus.\(instance)/telemetry")
            let losses = counter("market_connection_losses_total", of: market)
            simulator.program.child.signal(SIGUSR2)
            try awaitThat("a gap") { counter("kernel_gaps_total", of: account) > 0 }
            let orders = account?.instruments.map(\.status.ordersSent).max() ?? 0
            try awaitThat("orders behind the gap") { isTrading(above: orders) }
            #expect(counter("market_connection_losses_total", of: market) == losses)
            #expect(
                (counter("cold_book_renewals_total", of: market) > 0) == (venue == "okx"))
            program.child.signal(SIGINT)
            #expect(try program.exitStatus() == 0, "\(program.errors)")
        }

        @Test(arguments: [("--account", "a"), ("--out", "x")])
        func `what belongs to paper is refused elsewhere`(option: String, value: String) throws {
            let (status, _, errors) = try Program.run("apus", ["run", option, value], in: workplace)
            #expect(status == 2)
            #expect(errors.contains("\(option) is for --mode paper"), "\(errors)")
        }

        @Test(arguments: [
            (["--account", "A"], "a name of"), (["--live"], "--live is for a live account"),
            (["--account", "a:trading.venues=okx"], "one for all accounts"),
            (["--out", "/proc/none/x"], "--out /proc/none/x"),
            (["--set", "trading.venues=okx,binance-usdm"], "one venue"),
            (["--set", "backtest.queue_model=none"], "backtest.queue_model"),
            (["--summary", "x.json"], "--summary is not for --mode paper"),
            (["--check"], "--check is for a live account"),
        ])
        func `what it cannot do is refused in one line`(more: [String], reason: String) throws {
            let (status, _, errors) = try run(["--duration", "1s"] + more)
            #expect(status != 0)
            let lines = errors.split(separator: "\n").filter { $0.hasPrefix("apus run:") }
            #expect(lines.count == 1 && lines[0].contains(reason), "\(errors)")
        }
    }
}
