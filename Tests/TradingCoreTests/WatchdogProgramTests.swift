//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import TestSupport
import Testing

/// Goal: the watchdog keeps its promises to who starts it, and tells whatever goes wrong.
extension ProgramTests {
    @Suite("The watchdog")
    struct Watchdogs {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private static let venues = [
            "trading.venues=binance-usdm,okx",
            "trading.symbols=binance-usdm:BTC-USDT,okx:BTC-USDT-SWAP",
        ]

        private func watchdog(
            _ engine: EngineProgram, _ arguments: [String] = [], log: String = "watchdog"
        ) throws -> Program {
            try Program(
                "apus-monitor", ["--watchdog", "--instance", engine.instance] + arguments,
                in: workplace, log: log, environment: Program.keys)
        }

        private func awaitWatching(_ watchdog: Program) throws {
            try waitUntil("the watchdog watches") {
                guard watchdog.child.isRunning else {
                    throw Overdue(description: watchdog.output + watchdog.errors)
                }
                return watchdog.output.contains("msg=watching")
            }
        }

        @Test func `positions of a killed engine are closed at every venue`() throws {
            let venue = try VenueProgram(["--venue", "binance-usdm,okx"], in: workplace)
            let engine = try EngineProgram(
                "flatten", venue, Self.venues + ["strategy.interval=100ms"], in: workplace)
            try engine.awaitReady()
            let watchdog = try watchdog(engine, ["--flatten"])
            try awaitWatching(watchdog)
            let truth = VenueTruth(venue)
            try engine.awaitThat("a position at each venue") {
                (try? !truth.positions(at: "binance-usdm").isEmpty
                    && !truth.positions(at: "okx").isEmpty) == true
            }
            engine.program.child.kill()
            #expect(try watchdog.exitStatus() == 3, "\(watchdog.output)")
            for name in ["binance-usdm", "okx"] {
                #expect(try truth.positions(at: name).isEmpty, "\(watchdog.output)")
                #expect(try truth.openOrders(at: name) == 0)
            }
            let journal = try String(
                contentsOfFile: "/dev/shm/apus.\(engine.instance)/watchdog.log", encoding: .utf8)
            #expect(journal == watchdog.output)
            for step in ["kill", "revoke", "cancel", "verify", "flatten", "done"] {
                #expect(journal.contains("msg=\(step) "), "\(step)")
            }
            let mode = try FileManager.default.attributesOfItem(
                atPath: "/dev/shm/apus.\(engine.instance)/watchdog.log")[.posixPermissions]
            #expect(mode as? Int == 0o600)
            try? FileManager.default.removeItem(atPath: "/dev/shm/apus.\(engine.instance)")
        }

        @Test func `an engine that ends cleanly is let go`() throws {
            let venue = try VenueProgram(["--venue", "binance-usdm,okx"], in: workplace)
            let engine = try EngineProgram("clean", venue, Self.venues, in: workplace)
            let watchdog = try watchdog(engine, ["--wait", "30s"])
            try engine.awaitReady()
            try awaitWatching(watchdog)
            let (status, _) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            #expect(try watchdog.exitStatus() == 0, "\(watchdog.output)")
            #expect(watchdog.output.contains("msg=ended"))
            #expect(!watchdog.output.contains("msg=kill"))
        }

        @Test func `a venue that is gone is told again and again and is no success`() throws {
            let venue = try VenueProgram(["--venue", "binance-usdm,okx"], in: workplace)
            let engine = try EngineProgram("unverified", venue, Self.venues, in: workplace)
            try engine.awaitReady()
            let watchdog = try watchdog(engine, ["--deadline", "1s"])
            try awaitWatching(watchdog)
            venue.program.child.kill()
            _ = try venue.program.exitStatus()
            engine.program.child.kill()
            #expect(try watchdog.exitStatus() == 4, "\(watchdog.output)")
            let errors = watchdog.output.split(separator: "\n").filter {
                $0.contains("level=error")
            }
            #expect(errors.count { $0.contains("venue=okx") && $0.contains("reason=") } >= 2)
            #expect(errors.last?.contains("verified=false") == true)
            try? FileManager.default.removeItem(atPath: "/dev/shm/apus.\(engine.instance)")
        }

        @Test func `requests that fail are told and sent again until the venue is empty`() throws {
            let faults = try workplace.write(
                "faults:\n  - {name: rest-503, from: 6s, probability: 0.5}\n", to: "faults.yaml")
            let venue = try VenueProgram(
                ["--venue", "binance-usdm,okx", "--faults", faults], in: workplace)
            let engine = try EngineProgram(
                "failing", venue,
                Self.venues + [
                    "strategy.order=post-only", "strategy.offset_ticks=500",
                    "strategy.resting_max=10m",
                ], in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("resting orders") { engine.openOrders == 2 }
            let began = monotonicNs()
            try waitUntil("the faults have begun") { monotonicNs() - began > 7_000_000_000 }
            engine.program.child.kill()
            _ = try engine.program.exitStatus()
            // It comes after the fact: the pages are there still.
            let watchdog = try watchdog(engine)
            #expect(try watchdog.exitStatus() == 3, "\(watchdog.output)")
            #expect(watchdog.output.contains("level=error"), "\(watchdog.output)")
            let truth = VenueTruth(venue)
            for name in ["binance-usdm", "okx"] { #expect(try truth.openOrders(at: name) == 0) }
            try? FileManager.default.removeItem(atPath: "/dev/shm/apus.\(engine.instance)")
        }

        @Test func `what it cannot watch or understand ends it with a reason`() throws {
            func run(_ arguments: String...) throws -> (Int32, String) {
                let one = try Program.run(
                    "apus-monitor", ["--watchdog"] + arguments, in: workplace)
                return (one.status, one.errors)
            }
            let (absent, reason) = try run("--instance", "nobody-is-named-so")
            #expect(absent == 1)
            #expect(reason.contains("no engine named 'nobody-is-named-so'"), "\(reason)")
            #expect(try run("--stuck-after", "soon").0 == 2)
            #expect(try run("--collar-bps", "0").0 == 2)
            #expect(try run("--no-such-option").0 == 2)
            let help = try Program.run(
                "apus-monitor", ["--watchdog", "--help"], in: workplace)
            #expect(help.status == 0)
            #expect(help.output.contains("--stuck-after TIME"))
        }

        @Test func `an engine whose dead man's switch cannot be armed does not trade`() throws {
            let faults = try workplace.write(
                "faults:\n  - {name: switch-refused}\n", to: "faults.yaml")
            let venue = try VenueProgram(
                ["--venue", "binance-usdm,okx", "--faults", faults], in: workplace)
            let engine = try EngineProgram(
                "unarmed", venue, Self.venues + ["trading.dead_man=10s"], in: workplace)
            #expect(try engine.program.exitStatus() == 1)
            #expect(
                engine.program.errors.contains("trading.dead_man"), "\(engine.program.errors)")
            let truth = VenueTruth(venue)
            for name in ["binance-usdm", "okx"] { #expect(try truth.orders(at: name).isEmpty) }
        }

        @Test func `flatten is refused while nothing may be sent and waits no longer than told`()
            throws
        {
            let venue = try VenueProgram(in: workplace)
            let engine = try EngineProgram(
                "command", venue, ["trading.symbols=BTC-USDT"], in: workplace)
            try engine.awaitReady()
            func run(_ arguments: String...) throws -> (status: Int32, text: String) {
                let one = try Program.run(
                    "apus", arguments + ["--instance", engine.instance], in: workplace)
                return (one.status, one.output + one.errors)
            }
            let status = try run("status")
            #expect(status.status == 0)
            #expect(status.text.contains("guards    "), "\(status.text)")
            #expect(status.text.contains("BTC-USDT"), "\(status.text)")
            #expect(try run("halt").status == 0)
            let refused = try run("flatten")
            #expect(refused.status == 1)
            #expect(refused.text.contains("HALTED"), "\(refused.text)")
            #expect(try run("flatten", "--timeout", "soon").status == 2)
        }
    }
}
