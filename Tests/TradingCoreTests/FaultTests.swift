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

extension ProgramTests {
    @Suite("Faults while it runs")
    struct Faults {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        @Test func `an engine survives lost connections and gaps and obeys its operator`() throws {
            let venue = try VenueProgram(in: workplace)
            let engine = try EngineProgram(
                "faults", venue, ["strategy.interval=500ms"], in: workplace)
            try engine.awaitReady()
            try engine.awaitOrders(after: 0)
            try secondInstanceIsRefused(engine)
            try monitorShows(engine)

            venue.program.child.signal(SIGUSR1)
            try engine.awaitThat("every connection is made again") {
                engine.counter("reader_connects_total") >= 8
            }
            try engine.awaitThat("books again") {
                engine.areBooksValid && engine.counter("kernel_resyncs_total") >= 6
            }
            try engine.awaitOrders(after: engine.ordersSent, "an order after the reconnect")

            venue.program.child.signal(SIGUSR2)
            try engine.awaitThat("a gap in each book") { engine.counter("kernel_gaps_total") >= 3 }
            try engine.awaitThat("books after the gap") {
                engine.areBooksValid && engine.counter("kernel_resyncs_total") >= 9
            }
            try engine.awaitOrders(after: engine.ordersSent, "an order after the gap")

            try haltAndResume(engine)
            let (status, summary) = try engine.stop(SIGINT)
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
            for row in try summary.instruments {
                #expect(try row.count("gaps") == 1)
                #expect(try row.count("resyncs") >= 3)
            }
            #expect(engine.sharedMemoryIsGone)
        }

        private func tool(
            _ program: String, _ arguments: String...
        ) throws -> (status: Int32, output: String, errors: String) {
            try Program.run(program, arguments, in: workplace)
        }

        private func secondInstanceIsRefused(_ engine: EngineProgram) throws {
            let second = try tool(
                "apus", "run", "--set", "system.instance=\(engine.instance)")
            #expect(second.status == 1)
            #expect(second.errors.contains("is running already"), "\(second.errors)")
            #expect(engine.program.child.isRunning)
            #expect(!engine.sharedMemoryIsGone)
        }

        private func monitorShows(_ engine: EngineProgram) throws {
            let json = try tool(
                "apus-monitor", "--once", "--format", "json", "--instance", engine.instance)
            #expect(json.status == 0)
            #expect(try jsonObject(json.output)["instance"] as? String == engine.instance)
            let table = try tool("apus-monitor", "--once", "--instance", engine.instance)
            #expect(table.output.contains("BTC-USDT"))
            let prometheus = try tool(
                "apus-monitor", "--format", "prometheus", "--instance", engine.instance)
            #expect(prometheus.output.contains("kernel_gaps_total"))
            let hgrm = try tool(
                "apus-monitor", "--format", "hgrm", "--histogram", "receive_to_encrypted",
                "--instance", engine.instance)
            #expect(hgrm.output.contains("Percentile"), "\(hgrm.errors)")
        }

        private func haltAndResume(_ engine: EngineProgram) throws {
            let halt = try tool(
                "apus", "halt", "--instance", engine.instance, "--reason", "a test")
            #expect(halt.status == 0)
            #expect(halt.output == "HALTED\n")
            let status = try tool("apus", "status", "--instance", engine.instance)
            #expect(status.output.contains("state     HALTED"), "\(status.output)")
            #expect(status.output.contains("a test"), "\(status.output)")
            try engine.awaitThat("no open order") { engine.openOrders == 0 }
            let sent = engine.ordersSent
            let refused = engine.counter("risk_rejected_trading_state_total")
            try engine.awaitThat("risk refuses what strategy wants") {
                engine.counter("risk_rejected_trading_state_total") >= refused + 3
            }
            #expect(engine.ordersSent == sent)
            #expect(try tool("apus", "resume", "--instance", engine.instance).output == "READY\n")
            try engine.awaitOrders(after: sent, "an order after the resume")
        }

        @Test func `a venue that is killed and comes back is traded again`() throws {
            let kept = ["--ca-keep", workplace.file("authority")]
            let first = try VenueProgram(kept, in: workplace)
            let engine = try EngineProgram("killed", first, in: workplace)
            try engine.awaitReady()
            try engine.awaitOrders(after: 0)
            first.program.child.kill()
            _ = try first.program.exitStatus()
            try engine.awaitThat("all connections are lost") {
                engine.counter("reader_disconnects_total") >= 4 && !engine.areBooksValid
            }
            let sent = engine.ordersSent
            let second = try VenueProgram(
                kept + [
                    "--rest-port", VenueProgram.port(first.rest), "--stream-port",
                    VenueProgram.port(first.stream), "--seed", "2",
                ], in: workplace, log: "sim2")
            // No order leaves before a book is in sync again; the count is read before the books.
            try engine.awaitThat("books again") {
                let now = engine.ordersSent
                if engine.isEveryBookInvalid { #expect(now == sent) }
                return engine.areBooksValid
            }
            try engine.awaitOrders(after: sent, "an order at the venue that came back")
            let (status, summary) = try engine.stop(SIGTERM)
            #expect(status == 0, "\(engine.program.errors)")
            #expect(try summary.instruments.allSatisfy { try $0.rows("open_orders").isEmpty })
            second.program.child.signal(SIGTERM)
            #expect(try second.program.exitStatus() == 0)
            #expect(second.program.errors.contains(" open 0 "), "\(second.program.errors)")
        }

        /// One resting order far from the market, under a switch of five seconds.
        private static let watched = [
            "trading.symbols=BTC-USDT", "strategy.order=post-only", "strategy.offset_ticks=2000",
            "strategy.interval=200ms", "strategy.resting_max=10m", "trading.dead_man=5s",
        ]

        @Test func `the venue cancels the order of an engine that was killed`() throws {
            let venue = try VenueProgram(in: workplace)
            let engine = try EngineProgram("dead", venue, Self.watched, in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("a resting order") { engine.openOrders == 1 }
            engine.program.child.kill()
            _ = try engine.program.exitStatus()
            try? FileManager.default.removeItem(atPath: "/dev/shm/apus.\(engine.instance)")
            let truth = VenueTruth(venue)
            #expect(try truth.openOrders(at: "binance-usdm") == 1)
            try waitUntil("no order is left") {
                try truth.openOrders(at: "binance-usdm") == 0
            }
        }

        @Test func `an engine that lives longer than its switch keeps its order`() throws {
            let faults = try workplace.write(
                "faults:\n  - {name: switch-refused, from: 10s, count_max: 1}\n", to: "faults.yaml")
            let venue = try VenueProgram(["--faults", faults], in: workplace)
            let engine = try EngineProgram("alive", venue, Self.watched, in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("a resting order") { engine.openOrders == 1 }
            let sent = engine.ordersSent
            // A third of the switch's time each; one of them fails, and is tried again.
            let renewals = "cold_dead_man_renewals_total"
            try engine.awaitThat("a renewal that fails") {
                engine.counter("cold_dead_man_failures_total") == 1
            }
            let before = engine.counter(renewals)
            #expect(before >= 3)
            try engine.awaitThat("renewals") { engine.counter(renewals) >= before + 4 }
            #expect(engine.openOrders == 1)
            #expect(engine.ordersSent == sent)
            let (status, summary) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            #expect(try summary.counters["cold_dead_man_failures_total"] == 1)
            let told = engine.program.errors.split(separator: "\n").filter {
                $0.contains("dead man's switch")
            }
            #expect(told.count == 1, "\(engine.program.errors)")
        }

        @Test func `the switches of both venues are armed, renewed and let go`() throws {
            let engine = try EngineProgram(
                "both", nil,
                [
                    "trading.venues=okx,binance-usdm", "trading.dead_man=10s",
                    "trading.symbols=okx:BTC-USDT-SWAP,binance-usdm:BTC-USDT",
                ], in: workplace)
            try engine.awaitReady()
            // Each venue's comes after a third of the time; a fourth means that both were renewed.
            try engine.awaitThat("renewals") {
                engine.counter("cold_dead_man_renewals_total") >= 4
            }
            let (status, summary) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            #expect(try summary.counters["cold_dead_man_failures_total"] == 0)
            #expect(!engine.program.errors.contains("dead man"), "\(engine.program.errors)")
        }

        @Test func `the account's stream is made anew when its key has expired`() throws {
            let faults = try workplace.write(
                "faults:\n  - {name: listen-key-expiry, from: 2s, count_max: 1}\n",
                to: "faults.yaml")
            let venue = try VenueProgram(["--faults", faults], in: workplace)
            let engine = try EngineProgram(
                "expired", venue, ["strategy.interval=300ms"], in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("the venue's word") {
                engine.counter("parser_listen_key_expired_total") == 1
            }
            try engine.awaitThat("a new stream") { engine.counter("reader_connects_total") >= 5 }
            let fills = engine.counter("gateway_fills_total")
            try engine.awaitThat("a fill on it") { engine.counter("gateway_fills_total") > fills }
            let (status, summary) = try engine.stop(SIGINT)
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
        }

        @Test(arguments: [SIGINT, SIGTERM])
        func `a signal ends the engine with no order left at the venue`(signal: Int32) throws {
            let venue = try VenueProgram(in: workplace)
            let engine = try EngineProgram(
                "signal", venue,
                [
                    "strategy.order=post-only", "strategy.offset_ticks=200",
                    "strategy.interval=200ms",
                ],
                in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("a resting order") { engine.openOrders > 0 }
            let (status, summary) = try engine.stop(signal)
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
            #expect(try summary.instruments.reduce(0) { try $0 + $1.count("cancels_sent") } > 0)
            #expect(engine.sharedMemoryIsGone)
            venue.program.child.signal(SIGTERM)
            #expect(try venue.program.exitStatus() == 0)
            #expect(venue.program.errors.contains(" open 0 "), "\(venue.program.errors)")
        }

        @Test func `orders that order entry cannot cancel are cancelled over REST`() throws {
            let venue = try VenueProgram(["--message-limit", "1"], in: workplace)
            let engine = try EngineProgram(
                "rest", venue,
                [
                    "strategy.order=post-only", "strategy.offset_ticks=200",
                    "strategy.interval=200ms",
                ],
                in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("two resting orders") { engine.openOrders >= 2 }
            let (status, summary) = try engine.stop(SIGINT)
            #expect(status == 0, "\(engine.program.errors)")
            #expect(try summary.instruments.allSatisfy { try $0.rows("open_orders").isEmpty })
            venue.program.child.signal(SIGTERM)
            #expect(try venue.program.exitStatus() == 0)
            #expect(venue.program.errors.contains(" open 0 "), "\(venue.program.errors)")
        }
    }
}
