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

/// Goal: the programs keep their promises to a user who sees nothing but their command line,
/// their files and their shared memory.
///
/// Method: the built programs run as children, one engine at a time; conditions are awaited.
@Suite(
    "The programs, seen from outside", .serialized,
    .enabled(if: Program.areBuilt, "the programs are not built beside the test"))
struct ProgramTests {}

extension ProgramTests {
    @Suite("A run that goes well")
    struct GoodRun {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        @Test func `without configuration three symbols are traded and everything adds up`() throws
        {
            let instance = EngineProgram.name("good")
            let engine = try Program(
                "apus",
                [
                    "run", "--duration", "6s", "--summary", workplace.file("summary.json"),
                    "--set", "system.instance=\(instance)", "--set", "strategy.interval=600ms",
                ], in: workplace)
            #expect(try engine.exitStatus() == 0, "\(engine.errors)")
            let summary = try RunSummary(workplace)
            let rows = try summary.instruments
            #expect(try rows.map { try $0.text("symbol") } == ["BTC-USDT", "ETH-USDT", "SOL-USDT"])
            for row in rows {
                #expect(try row.count("messages") > 0)
                #expect(try row.count("orders_sent") > 0)
                #expect(try row.count("gaps") == 0)
                #expect(try row.flag("book_in_sync"))
            }
            #expect(try rows.reduce(0) { try $0 + $1.count("fill_count") } > 0)
            try summary.expectConsistent()
            for name in [
                "receive_to_encrypted", "reader_service", "parser_service", "kernel_service",
                "inference_service", "strategy_service", "risk_service", "gateway_service",
            ] {
                let count = try summary.histograms[name]?["count"] as? Int
                #expect((count ?? 0) > 0, "\(name)")
            }
            #expect(engine.output.contains("receive_to_encrypted"))
            #expect(!FileManager.default.fileExists(atPath: "/dev/shm/apus.\(instance)"))
            let process = engine.errors.firstRange(of: /pid=[0-9]+/).map { engine.errors[$0] }
            let simulator = try #require(process.flatMap { Int32($0.dropFirst(4)) })
            #expect(!isProcessAlive(simulator))
        }

        @Test(.enabled(if: Captures.areThere, "the recordings are absent"))
        func `on replayed recordings nothing is lost and the books are the golden ones`() throws {
            let venue = try VenueProgram(
                ["--replay", Captures.bitcoin, Captures.ether, "--speed", "40"], in: workplace)
            let engine = try EngineProgram(
                "replayed", venue,
                [
                    "trading.symbols=BTC-USDT,ETH-USDT", "trading.depth_interval=0ms",
                    "risk.venue_age_max=1000000h", "strategy.interval=1s",
                ], in: workplace)
            try engine.awaitThat("the replay ends", seconds: 90) {
                venue.program.errors.contains("replay ends")
            }
            let sent = try #require(
                venue.program.errors.firstMatch(of: /([0-9]+) messages sent/).flatMap {
                    UInt64($0.1)
                })
            // The two snapshots came by REST.
            try engine.awaitThat("all messages are there") { engine.messages >= sent + 2 }
            let (status, summary) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            try summary.expectConsistent()
            #expect(try summary.instruments.reduce(0) { try $0 + $1.count("orders_sent") } > 0)
            for (row, file) in zip(try summary.instruments, [Captures.bitcoin, Captures.ether]) {
                #expect(try row.count("gaps") == 0)
                let final = try #require(Captures.golden(file)["final"] as? [String: Any])
                let book = try #require(row.values["book"] as? [String: Any])
                #expect(book["update_id"] as? Int == final["u"] as? Int)
                #expect(try row.bookDigest(in: workplace) == final["sha256"] as? String)
            }
        }
    }
}
