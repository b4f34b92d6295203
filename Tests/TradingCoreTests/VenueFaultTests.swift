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

/// Goal: what venues, networks and others on the account do wrongly costs no fill and no position.
///
/// Method: an engine trades on both venues while faults come at a rate; when they are over, its
/// positions are compared with the venues' own.
extension ProgramTests {
    @Suite("Faults of venues while it runs")
    struct VenueFaults {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private static let symbols = [
            "trading.venues=okx,binance-usdm",
            "trading.symbols=okx:BTC-USDT-SWAP,okx:ETH-USDT-SWAP,okx:SOL-USDT-SWAP,"
                + "binance-usdm:BTC-USDT,binance-usdm:ETH-USDT,binance-usdm:SOL-USDT",
        ]

        private func start(
            _ name: String, _ faults: [String], _ settings: [String]
        ) throws -> (VenueProgram, EngineProgram) {
            let lines = faults.map { "  - {\($0)}\n" }
            let file = try workplace.write(
                "seed: 5\n" + (faults.isEmpty ? "" : "faults:\n") + lines.joined(),
                to: "faults.yaml")
            let venue = try VenueProgram(
                ["--venue", "okx,binance-usdm", "--faults", file], in: workplace)
            let engine = try EngineProgram(
                name, venue, Self.symbols + settings, in: workplace)
            try engine.awaitReady()
            return (venue, engine)
        }

        /// Waits until the engine's positions are those of the venues, then ends both.
        ///
        /// - Returns: What the simulator did, by the fault's name.
        private func finish(
            _ venue: VenueProgram, _ engine: EngineProgram
        ) throws -> [String: Int] {
            let truth = VenueTruth(venue)
            let halt = try Program.run(
                "apus", ["halt", "--instance", engine.instance, "--reason", "a test"],
                in: workplace)
            #expect(halt.status == 0)
            try engine.awaitThat("no open order") { engine.openOrders == 0 }
            try engine.awaitThat("positions that are the venues'") {
                (try? truth.differences(of: engine).isEmpty) == true
            }
            let (status, summary) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            let counters = try summary.counters
            for name in [
                "parser_malformed_total", "gateway_outbound_mismatch_total",
                "gateway_impossible_fills_total",
            ] { #expect(counters[name] == 0, "\(name)") }
            venue.program.child.signal(SIGTERM)
            #expect(try venue.program.exitStatus() == 0)
            return Dictionary(
                FaultCounts.of(venue.program.errors).map { ($0.name, $0.count) },
                uniquingKeysWith: +)
        }

        @Test func `others and the venue itself act on the account`() throws {
            let names = [
                "external-order", "liquidation", "deleveraging", "self-trade-cancel",
                "fill-after-cancel",
            ]
            let (venue, engine) = try start(
                "account", names.map { "name: \($0), probability: 0.5, from: 4s, count_max: 4" },
                ["strategy.order=post-only", "strategy.interval=200ms", "strategy.resting_max=1s"])
            try engine.awaitThat("fills of others") {
                engine.counter("gateway_external_fills_total") >= 8
            }
            try engine.awaitThat("fills behind the end of their order") {
                engine.counter("gateway_late_fills_total") >= 2
            }
            try engine.awaitOrders(after: engine.ordersSent, "an order after that")
            let done = try finish(venue, engine)
            for name in names { #expect((done[name] ?? 0) > 0, "\(name)") }
        }

        @Test func `connections are delayed, throttled, not read and cut within a frame`() throws {
            let names = ["cut-mid-frame", "delay", "bandwidth-cap", "zero-window"]
            let (venue, engine) = try start(
                "network",
                names.map {
                    "name: \($0), rate: 1, from: 4s, count_max: 2, duration: 1s, bytes_per_s: 3000"
                }, ["strategy.interval=300ms"])
            try engine.awaitThat("connections that were cut") {
                engine.counter("reader_disconnects_total") >= 2
            }
            try engine.awaitThat("books again") { engine.areBooksValid }
            try engine.awaitOrders(after: engine.ordersSent + 5, "orders after that")
            let done = try finish(venue, engine)
            for name in names { #expect((done[name] ?? 0) > 0, "\(name)") }
        }

        @Test func `market data that is old by the venue's clock stops orders`() throws {
            let (venue, engine) = try start(
                "stale", ["name: stale-time, from: 4s, until: 10s, duration: 20s"],
                ["strategy.interval=300ms"])
            let refusals = "risk_rejected_stale_market_data_total"
            try engine.awaitThat("orders refused for it") { engine.counter(refusals) >= 12 }
            try engine.awaitOrders(after: engine.ordersSent + 6, "orders when it is over")
            let refused = engine.counter(refusals)
            try engine.awaitOrders(after: engine.ordersSent + 6, "more orders")
            #expect(engine.counter(refusals) == refused)
            #expect((try finish(venue, engine)["stale-time"] ?? 0) > 0)
        }

        /// Control 25: what the test below allows is refused by default.
        @Test func `a clock that is too far from ours stops orders`() throws {
            let (venue, engine) = try start(
                "guard", ["name: clock-step, from: 5s, count_max: 2, duration: 8s"],
                ["strategy.interval=300ms"])
            let refusals = "risk_rejected_clock_guard_total"
            try engine.awaitThat("orders refused for it") { engine.counter(refusals) >= 3 }
            #expect(engine.counter("cold_guards_broken_total") >= 1)
            _ = try finish(venue, engine)
        }

        /// An order whose time the venue does not take is refused; the clock is then measured. One
        /// that falls behind makes orders of the future, which Binance alone refuses.
        @Test(arguments: [false, true])
        func `a venue's clock that steps is measured anew`(isBackward: Bool) throws {
            let (venue, engine) = try start(
                "clock",
                [
                    "name: clock-step, from: 5s, count_max: 2, "
                        + "duration: \(isBackward ? "2500ms" : "8s"), backward: \(isBackward)"
                ],
                [
                    "strategy.interval=300ms", "trading.clock_offset_max=1m",
                    "trading.clock_step_max=1m",
                ])
            try engine.awaitThat("refusals for the time") {
                engine.counter("parser_clock_refusals_total") >= 1
            }
            let fills = engine.counter("gateway_fills_total")
            try engine.awaitThat("fills after that") {
                engine.counter("gateway_fills_total") >= fills + 6
            }
            let refusals = engine.counter("parser_clock_refusals_total")
            try engine.awaitOrders(after: engine.ordersSent + 5, "orders after that")
            #expect(engine.counter("parser_clock_refusals_total") == refusals)
            #expect(try finish(venue, engine)["clock-step"] == 2)
        }

        @Test func `both channels of OKX's trades are read, and each trade counts once`() throws {
            let (venue, engine) = try start(
                "trades", [], [
                    "trading.venues=okx", "trading.symbols=okx:BTC-USDT-SWAP",
                    "trading.channels=trades,trades-all,books,tickers",
                ])
            try engine.awaitThat("matches that trades told of, or the other way round") {
                engine.counter("parser_all_trades_total") >= 50
                    && engine.counter("parser_repeated_trades_total") >= 50
            }
            #expect(engine.program.errors.contains("okx.business: connected"))
            _ = try finish(venue, engine)
        }
    }
}
