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

/// Goal: what an engine did comes out of its journal again, to the byte.
extension ProgramTests {
    @Suite("A run and its journal")
    struct JournalRuns {
        let workplace: Workplace
        var journal: String { workplace.file("journal") }

        init() throws { workplace = try Workplace() }

        static let faults = """
            seed: 5
            faults:
              - {name: disconnect, probability: 0.05, from: 2s}
              - {name: gap, probability: 0.02, from: 2s}
              - {name: ack-lost, probability: 0.1, from: 2s}
              - {name: ack-late, probability: 0.1, duration: 300ms, from: 2s}
              - {name: duplicate-message, probability: 0.01, from: 2s}
              - {name: reordered-keys, probability: 0.05, from: 2s}
            """

        private func engine(
            _ name: String, _ settings: [String] = [], faults: Bool = false,
            at known: VenueProgram? = nil
        ) throws -> (engine: EngineProgram, venue: VenueProgram) {
            var arguments = ["--venue", "binance-usdm,okx", "--seed", "3"]
            if faults {
                arguments += ["--faults", try workplace.write(Self.faults, to: "faults.yaml")]
            }
            let venue = try known ?? VenueProgram(arguments, in: workplace)
            let engine = try EngineProgram(
                name, venue,
                [
                    "trading.venues=binance-usdm,okx",
                    "trading.symbols=binance-usdm:BTC-USDT,okx:BTC-USDT-SWAP",
                    "strategy.interval=50ms", "journal.path=\(journal)",
                ] + settings, in: workplace)
            return (engine, venue)
        }

        private func apus(
            _ arguments: String...
        ) throws -> (status: Int32, output: String, errors: String) {
            try Program.run("apus", arguments, in: workplace)
        }

        /// Asks for a replay in both placements.
        private func expectVerified(orders: Int) throws {
            for placement in ["fused", "pipelined"] {
                let replay = try apus(
                    "replay", journal, "--verify", "--placement", placement)
                #expect(replay.status == 0, "\(placement): \(replay.output)\(replay.errors)")
                let count = replay.output.firstMatch(of: /equal: (\d+) frames to venues/)
                    .flatMap { Int($0.1) }
                #expect(try #require(count) >= orders, "\(replay.output)")
            }
        }

        @Test func `a run with faults, halts and reconnections replays to the byte`() throws {
            let (engine, venue) = try engine("journal", faults: true)
            try engine.awaitReady()
            try engine.awaitOrders(after: 40)
            try engine.awaitThat("connections are lost") {
                engine.counter("reader_connects_total") >= 12
            }
            #expect(try apus("halt", "--instance", engine.instance).status == 0)
            try engine.awaitThat("nothing is open") { engine.openOrders == 0 }
            #expect(try apus("resume", "--instance", engine.instance).status == 0)
            try engine.awaitThat("both books") { engine.areBooksValid }
            try engine.awaitOrders(after: engine.ordersSent)
            let (status, summary) = try engine.stop(SIGINT)
            #expect(status == 0, "\(engine.program.errors)")
            #expect(venue.program.child.isRunning)
            let verified = try apus("journal", "verify", journal)
            #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
            let orders = try summary.instruments.reduce(0) { try $0 + $1.count("orders_sent") }
            try expectVerified(orders: Int(orders))
            // What one venue's connections brought is market data for a backtest.
            let backtest = try apus("backtest", "--venue", "binance-usdm", "--data", journal)
            #expect(backtest.status == 0, "\(backtest.errors)")
            let frames = backtest.output.firstMatch(of: /data +(\d+) frames/)
                .flatMap { Int($0.1) }
            #expect(try #require(frames) > 1_000, "\(backtest.output)")
            #expect(backtest.output.contains("BTC-USDT"))
        }

        @Test func `no order leaves before it is on disk`() throws {
            let (engine, venue) = try engine("held", ["journal.policy=before-send"])
            try engine.awaitReady()
            try engine.awaitOrders(after: 20)
            try engine.awaitThat("fills or answers") {
                engine.counter("parser_execution_reports_total") > 0
                    || engine.counter("gateway_reports_total") > 0
            }
            let (status, _) = try engine.stop(SIGINT)
            #expect(status == 0, "\(engine.program.errors)")
            #expect(venue.program.child.isRunning)
            try expectVerified(orders: 20)
        }

        @Test func `the journal of a killed engine is whole up to its end, and replays`() throws {
            let (engine, venue) = try engine("killed")
            try engine.awaitReady()
            try engine.awaitOrders(after: 20)
            engine.program.child.signal(SIGKILL)
            _ = try engine.program.exitStatus()
            #expect(venue.program.child.isRunning)
            let verified = try apus("journal", "verify", journal)
            #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
            try expectVerified(orders: 10)
        }

        @Test func `two sessions in one folder each replay`() throws {
            var known: VenueProgram?
            for _ in 0..<2 {
                let (engine, venue) = try engine("twice", at: known)
                known = venue
                try engine.awaitReady()
                try engine.awaitOrders(after: 5)
                #expect(try engine.stop(SIGINT).status == 0, "\(engine.program.errors)")
                #expect(venue.program.child.isRunning)
            }
            let replay = try apus("replay", journal, "--verify")
            #expect(replay.status == 0, "\(replay.output)\(replay.errors)")
            #expect(replay.output.matches(of: /session of/).count == 2)
        }

        @Test func `what a replay of a journal does not take is refused with the reason`() throws {
            let empty = workplace.file("empty")
            try FileManager.default.createDirectory(
                atPath: empty, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            for (arguments, status, reason) in [
                (["replay", empty, "--verify"], Int32(1), "no session"),
                (["replay", empty, "--emit", "quotes"], 2, "goes with captures"),
                (["replay", empty, "--speed", "0"], 2, "--speed"),
                (["replay", empty, "--set", "risk.order_quantity_max=1"], 2, "own configuration"),
                (["replay", workplace.file("none.gz"), "--verify"], 2, "folder of a journal"),
            ] {
                let one = try Program.run("apus", arguments, in: workplace)
                #expect(one.status == status, "\(arguments): \(one.errors)")
                #expect(one.errors.contains(reason), "\(arguments): \(one.errors)")
            }
        }
    }
}
