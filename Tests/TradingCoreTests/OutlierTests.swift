//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import Foundation
import Platform
import Telemetry
import TestSupport
import Testing
import TradingCore

@Suite("Hops of the path")
struct HopsOfThePathTests {
    /// Goal: every order is told hop from hop, and the hops add up to its way.
    /// Method: the production stages without a network, an order for each quote. Frames are handed
    /// in outside of the loop, so the reader has no hop and the parser's begins with the frame's
    /// time, which is long ago; sums are compared as they wrap.
    @Test func `the hops of all orders add up to their ways`() throws {
        var path = try DryPath.make(
            try DryPath.settings(), clock: WallClock.calibrated(),
            startTimeNs: 1_600_000_000_000_000_000)
        for _ in 0..<300 { path.step() }
        let histograms = Dictionary(
            uniqueKeysWithValues: path.telemetry.reader.histograms.map { ($0.name, $0) })
        let whole = try #require(histograms["receive_to_encrypted"])
        #expect(whole.total == path.orderCount)
        let hops = try Hop.allCases.map { try #require(histograms[$0.name]) }
        for (hop, histogram) in zip(Hop.allCases, hops) where hop != .frame && hop != .child {
            #expect(histogram.total == whole.total, "\(hop.name)")
        }
        #expect(hops.reduce(0) { $0 &+ $1.sum } == whole.sum)
        // Behind the parser the path takes no years.
        for histogram in hops.dropFirst(2) { #expect(histogram.maximum < 1 << 40) }
        #expect(path.telemetry.reader.outliers.count == 0)
    }
}

extension ProgramTests {
    @Suite("Outliers of a run")
    struct Outliers {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        /// Goal: each order beyond the threshold is kept, whole, with its frame, and judged.
        /// Method: a threshold that every order is beyond.
        @Test(arguments: ["fused", "pipelined"])
        func `every order beyond the threshold is told hop by hop and judged`(
            placement: String
        ) throws {
            let engine = try Program(
                "apus",
                [
                    "run", "--duration", "6s", "--summary", workplace.file("summary.json"),
                    "--set", "system.instance=\(EngineProgram.name("outliers-\(placement)"))",
                    "--set", "strategy.interval=300ms", "--set", "placement.mode=\(placement)",
                    "--set", "placement.idle=yield",
                    "--set", "monitor.outlier_threshold=1ns",
                ], in: workplace)
            #expect(try engine.exitStatus() == 0, "\(engine.errors)")
            let summary = try RunSummary(workplace)
            let whole = try #require(summary.histograms["receive_to_encrypted"]?["count"] as? Int)
            #expect(whole > 0)
            let outliers = RunSummary.Row(
                values: try #require(summary.root.values["outliers"] as? [String: Any]))
            let dropped = try summary.counters["outlier_samples_dropped_total"] ?? 0
            #expect(try outliers.count("count") + dropped == whole)
            let labels = ["ours", "host", "unknown"]
            #expect(try labels.reduce(0) { try $0 + outliers.count($1) }
                == outliers.count("count"))
            let latest = try outliers.rows("latest")
            #expect(latest.count == min(try outliers.count("count"), 64))
            for row in latest {
                let hops = try row.rows("hops")
                #expect(try hops.reduce(0) { try $0 + $1.count("ns") } == row.count("total_ns"))
                #expect(hops.count >= 2)
                #expect(labels.contains(try row.text("label")))
                #expect(try row.count("connection_id") > 0)
                #expect(try row.count("frame_length") > 0)
                #expect(try row.count("excess_ns") <= row.count("total_ns"))
            }
            #expect(engine.output.contains("beyond 1ns"))
        }

        @Test func `a threshold of zero keeps none`() throws {
            let engine = try Program(
                "apus",
                [
                    "run", "--duration", "3s", "--summary", workplace.file("summary.json"),
                    "--set", "system.instance=\(EngineProgram.name("outliers-off"))",
                    "--set", "strategy.interval=300ms",
                    "--set", "monitor.outlier_threshold=0s",
                ], in: workplace)
            #expect(try engine.exitStatus() == 0, "\(engine.errors)")
            let summary = try RunSummary(workplace)
            let outliers = try #require(summary.root.values["outliers"] as? [String: Any])
            #expect(outliers["count"] as? Int == 0)
            #expect(outliers["threshold_ns"] as? Int == 0)
            let whole = try #require(summary.histograms["receive_to_encrypted"]?["count"] as? Int)
            let last = try #require(
                summary.histograms["hop_command_to_encrypted"]?["count"] as? Int)
            #expect(whole == last)
        }
    }
}
