//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Messages
import Options
import Platform
import Telemetry
import Testing

/// Goal: an engine that lives through everything at once never shows a valid book that is not the
/// venue's, never loses a fill, and grows nowhere.
///
/// Method: both venues and six instruments trade while faults come at random. Now and then the
/// market is halted, and books and positions are compared with the simulator's own.
extension ProgramTests {
    @Suite("Soak")
    struct SoakTests {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private static let asked = ProcessInfo.processInfo.environment["APUS_SOAK"]
            .flatMap { Durations.nanoseconds($0) }
        private static let seed = ProcessInfo.processInfo.environment["APUS_SOAK_SEED"]
            .flatMap { UInt64($0) }
        private static let symbols = [
            "binance-usdm:BTC-USDT", "binance-usdm:ETH-USDT", "binance-usdm:SOL-USDT",
            "okx:BTC-USDT-SWAP", "okx:ETH-USDT-SWAP", "okx:SOL-USDT-SWAP",
        ]

        @Test func `books and positions are the venues' own whatever goes wrong`() throws {
            let faults = SoakFaults(
                isLong: Self.asked != nil, seed: Self.seed ?? 20,
                seconds: (Double(Self.asked ?? 20_000_000_000) / 1e9).rounded())
            print("soak: \(Int(faults.seconds)) s of faults, seed \(faults.seed)")
            let began = monotonicNs()
            let (venue, engine) = try start(faults)
            try engine.awaitReady()
            try engine.awaitThat("six books") {
                engine.areBooksValid && engine.telemetry?.instruments.count == 6
            }
            let connects = engine.counter("reader_connects_total")
            let soak = try Soak(engine, VenueTruth(venue))
            let first = try ProcessUse(of: engine.program.child.processID)

            let pauseNs: UInt64 = faults.isLong ? 15_000_000_000 : 4_000_000_000
            let end = began + UInt64(faults.end * 1e9)
            while monotonicNs() < end {
                try soak.watch(until: min(end, monotonicNs() + pauseNs))
                try soak.check()
                try soak.goOn()
            }
            try engine.awaitOrders(after: engine.ordersSent, "an order after the faults")
            try soak.check()
            let last = try ProcessUse(of: engine.program.child.processID)
            let books = try soak.books()
            let (status, summary) = try engine.stop(SIGINT)
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
            for (row, book) in zip(try summary.instruments, books) {
                try expect(row, holds: book)
            }
            venue.program.child.signal(SIGTERM)
            #expect(try venue.program.exitStatus() == 0)
            let said = venue.program.errors
            #expect(said.ranges(of: " open 0 ").count == 2, "\(said)")
            let counts = SoakFaults.counts(said)
            for name in ["disconnect", "gap", "ack-lost"] {
                #expect(counts.contains { $0.name == name && $0.count > 0 }, "\(name)")
            }

            let seconds = Double(monotonicNs() - began) / 1e9
            let made = try connections(
                summary, counts, first: Int(connects),
                lives: seconds / Double(faults.engineLifetimeS))
            // Of each of the three groups of lines a spare one may be about to take over.
            #expect(last.descriptors <= first.descriptors + 3)
            #expect(last.threads == first.threads)
            // The list of fills, and malloc's arenas of the cold threads.
            #expect(last.residentKiB <= first.residentKiB + 16 * 1_024)
            print("soak: \(soak.checks) checks, \(soak.stale) books behind a lost last event")
            print("soak: faults \(counts.map { "\($0.name)=\($0.count)" }.joined(separator: " "))")
            print("soak: \(made); \(soak.outages)")
            try report(summary)
            print("soak: first \(first); last \(last)")
        }

        private func start(_ faults: SoakFaults) throws -> (VenueProgram, EngineProgram) {
            let venue = try VenueProgram(
                [
                    "--venue", "okx,binance-usdm", "--seed", "\(faults.seed)",
                    "--faults", try workplace.write(faults.yaml, to: "faults.yaml"),
                ], in: workplace, environment: Program.keys)
            // Without tickers the best prices are the book's own.
            let engine = try EngineProgram(
                "soak", venue,
                [
                    "trading.venues=okx,binance-usdm", "trading.lines=2",
                    "trading.symbols=\(Self.symbols.joined(separator: ","))",
                    "trading.channels=trades,books", "trading.silence_max=5s",
                    "trading.connection_lifetime=\(faults.engineLifetimeS)s",
                    "strategy.interval=300ms",
                ], in: workplace, environment: Program.keys)
            return (venue, engine)
        }

        private func report(_ summary: RunSummary) throws {
            let counters = try summary.counters
            let shown = [
                "kernel_gaps_total", "kernel_resyncs_total", "cold_streams_recovered_total",
                "gateway_orders_sent_total",
            ].map { "\($0) \(counters[$0] ?? 0)" }
            print("soak: \(shown.joined(separator: ", "))")
        }

        /// No storm: connections are made for what was lost and for what was replaced.
        ///
        /// - Parameters:
        ///   - first: Connections of the start.
        ///   - lives: How often a line reached its age.
        private func connections(
            _ summary: RunSummary, _ counts: [(name: String, count: Int)], first: Int,
            lives: Double
        ) throws -> String {
            let counters = try summary.counters
            let made = counters["reader_connects_total"] ?? 0
            let replaced =
                (counters["cold_connections_replaced_total"] ?? 0)
                + (counters["cold_replacements_failed_total"] ?? 0)
            // Each of six lines goes at its age, give or take a twentieth, and at a notice.
            let notices = counts.first { $0.name == "notice-64008" }?.count ?? 0
            #expect(replaced <= 6 * Int(lives / 0.95 + 1) + 2 * notices)
            // With what is lost a replacement may go that was about to take its place.
            let bound = first + replaced + 2 * Self.losses(counts)
            #expect(made <= bound, "a storm of reconnects: \(counts)")
            #expect((counters["cold_streams_recovered_total"] ?? 0) > 0)
            return "\(made) connections made, at most \(bound), \(replaced) replaced"
        }

        /// Connections that were lost by the faults that came.
        private static func losses(_ counts: [(name: String, count: Int)]) -> Int {
            let names = [
                "disconnect", "half-open", "lifetime", "listen-key-expiry", "notice-64008",
            ]
            return counts.reduce(0) { $0 + (names.contains($1.name) ? $1.count : 0) }
        }

        /// The book that the engine had at its end is the venue's: every level where a client has
        /// all of them; elsewhere the best 500 a side, half of a snapshot, and of the others each
        /// that is there.
        private func expect(_ row: RunSummary.Row, holds book: VenueTruth.Book) throws {
            let own = try #require(row.values["book"] as? [String: Any])
            let place = "\(try row.text("venue")) \(try row.text("symbol"))"
            for (name, levels) in [("bids", book.bids), ("asks", book.asks)] {
                let held = try #require(own[name] as? [[String]]).map(Self.numbers)
                let real = try levels.map(Self.numbers)
                let count = book.isWhole ? max(held.count, real.count) : 500
                #expect(held.prefix(count) == real.prefix(count), "\(place) \(name)")
                #expect(Set(held).isSubset(of: real), "\(place) \(name)")
            }
        }

        private static func numbers(_ level: [String]) throws -> [Int64] {
            try level.map(RunSummary.mantissa)
        }
    }
}
