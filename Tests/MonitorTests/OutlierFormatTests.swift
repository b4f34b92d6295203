//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Rendering
import Telemetry
import Testing

@testable import Monitor

@Suite("Outliers as they are shown")
struct OutlierFormatTests {
    /// One of each label; the first instrument has a name, the second none.
    private static func fill(_ engine: EngineFixture) throws {
        try engine.fill()
        let board = engine.writer.outliers
        board.setThreshold(ns: 20_000)
        func sample(_ number: UInt64, kernelNs: UInt64) -> OutlierSample {
            var sample = OutlierSample()
            sample.sequence = number
            sample.ingressTimeNs = wallNs() - 5_000_000_000 + number
            sample.hopNs = (1_200, 300, kernelNs, 500, 0, 0, 400, 2_000)
            sample.hopWork = (1, 1, 32, 1, 1, 0, 1, 1)
            sample.knownHops = 0b1101_1111
            sample.connectionID = UInt16(APUS_OUTLIER_NO_CONNECTION)
            return sample
        }
        var first = sample(1, kernelNs: 40_000)
        first.connectionID = 3
        first.framePosition = 48_213
        first.frameLength = 155
        first.preemptedHops = 0b100
        first.isWatched = 1
        var evidence = OutlierEvidence()
        evidence.windowNs = 12_000_000
        evidence.cpuNs = 11_000_000
        evidence.idleGapNs = 45_000
        evidence.idleGapMinuteNs = 90_000
        func add(
            _ sample: OutlierSample, _ label: OutlierLabel, _ reason: OutlierReason
        ) {
            board.add(
                sample,
                OutlierRule.Verdict(
                    label: label, reason: reason, hop: .feature, excessNs: 39_000), evidence)
        }
        add(first, .host, .preempted)
        var second = sample(2, kernelNs: 50_000)
        second.instrumentID = 77
        add(second, .ours, .ownWork)
        add(sample(3, kernelNs: 60_000), .host, .idleHole)
        add(sample(4, kernelNs: 70_000), .unknown, .ambiguous)
    }

    @Test func `the table names hops, label, reason and the frame`() throws {
        let engine = try EngineFixture("outliers-table")
        try Self.fill(engine)
        let now = try engine.observe()
        let lines = OutlierFormat.table(now).lines
        #expect(lines.count == 5)
        // The last first.
        #expect(lines[1].contains("unknown"))
        #expect(lines[1].contains("ambiguous, idle at most 90.0us"))
        #expect(lines[2].contains("host     idle hole, 45.0us"))
        #expect(lines[3].contains("ours     own work, 32 records"))
        #expect(lines[3].contains("#77"))
        #expect(lines[4].contains("44.4us"))
        #expect(lines[4].contains("host     preempted, kernel"))
        #expect(lines[4].contains("kernel! 40.0us/32"))
        #expect(lines[4].contains("BTC-USDT"))
        #expect(lines[4].hasSuffix("3 +48213"))
        #expect(lines[4].contains("\(now.outliers.latest[3].sample.ingressTimeNs)"))
        // Hops below a twentieth are left out.
        #expect(!lines[4].contains("parser"))
        #expect(OutlierFormat.table(now, rowsMax: 2).lines.count == 3)
        #expect(OutlierFormat.total(now) == "4 beyond 20.0us: 1 ours, 2 the host's, 1 unknown")
        let view = TableFormat.lines(now, since: nil, width: 100).map(\.text)
        #expect(view.contains("outliers 4 beyond 20.0us: 1 ours, 2 the host's, 1 unknown"))
        #expect(view.contains(lines[4]))
        var state = ScreenState(now, glyphs: Glyphs(isUnicode: true), intervalNs: 1_000_000_000)
        _ = state.press(.character("8"))
        let page = state.frame(rows: 24, columns: 110)
        let own = try #require(page.first { $0.text.contains("own work, 32 records") })
        #expect(own.text.contains("54.4us  39.0us  ours"))
        #expect(own.spans.contains { $0.style == .alarm && $0.text.contains("ours") })
        #expect(page.contains { $0.text.hasPrefix("longest") })
    }

    @Test func `nothing is shown where none are kept`() throws {
        let engine = try EngineFixture("none-kept")
        try engine.fill()
        let now = try engine.observe()
        #expect(OutlierFormat.table(now).isEmpty)
        #expect(OutlierFormat.total(now) == nil)
        #expect(!PrometheusFormat.text(now).contains("outlier"))
    }

    @Test func `the JSON has every number, and hops that add up`() throws {
        let engine = try EngineFixture("outliers-json")
        try Self.fill(engine)
        let data = Data(JSONFormat.text(try engine.observe()).utf8)
        let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let outliers = try #require(root["outliers"] as? [String: Any])
        #expect(outliers["threshold_ns"] as? Int == 20_000)
        #expect(outliers["count"] as? Int == 4)
        #expect(outliers["ours"] as? Int == 1)
        #expect(outliers["host"] as? Int == 2)
        #expect(outliers["unknown"] as? Int == 1)
        let latest = try #require(outliers["latest"] as? [[String: Any]])
        #expect(latest.map { $0["sequence"] as? Int } == [4, 3, 2, 1])
        let worst = try #require(outliers["worst"] as? [[String: Any]])
        #expect(worst.map { $0["sequence"] as? Int } == [4, 3, 2, 1])
        for row in latest {
            let hops = try #require(row["hops"] as? [[String: Any]])
            #expect(hops.reduce(0) { $0 + ($1["ns"] as? Int ?? 0) } == row["total_ns"] as? Int)
            #expect(!hops.contains { $0["stage"] as? String == "execution" })
        }
        let first = latest[3]
        #expect(first["label"] as? String == "host")
        #expect(first["reason"] as? String == "preempted")
        #expect(first["hop"] as? String == "hop_event_to_feature")
        #expect(first["excess_ns"] as? Int == 39_000)
        #expect(first["symbol"] as? String == "BTC-USDT")
        #expect(first["connection_id"] as? Int == 3)
        #expect(first["frame_position"] as? Int == 48_213)
        #expect(first["frame_length"] as? Int == 155)
        #expect(first["is_watched"] as? Bool == true)
        #expect(latest[0]["connection_id"] is NSNull)
        let evidence = try #require(first["evidence"] as? [String: Any])
        #expect(evidence["window_ns"] as? Int == 12_000_000)
        #expect(evidence["idle_gap_minute_ns"] as? Int == 90_000)
    }

    @Test func `Prometheus has a counter by label`() throws {
        let engine = try EngineFixture("outliers-prometheus")
        try Self.fill(engine)
        let exposition = Exposition(PrometheusFormat.text(try engine.observe()))
        #expect(exposition.problems == [])
        let samples = exposition.samples.filter { $0.name == "apus_outliers_total" }
        #expect(samples.map { $0.labels["label"] } == ["ours", "host", "unknown"])
        #expect(samples.map(\.value) == [1, 2, 1])
    }

    /// Goal: no page, however damaged, stops the observer.
    @Test func `a row of extreme numbers is shown`() throws {
        let engine = try EngineFixture("outliers-hostile")
        try engine.fill()
        let table = unsafe UnsafeMutableRawPointer(apus_telemetry_outliers(engine.writer.page)!)
        for offset in 0..<MemoryLayout<OutlierTable>.size {
            unsafe table.storeBytes(of: 0xff, toByteOffset: offset, as: UInt8.self)
        }
        // Even, so that the rows are taken for whole.
        unsafe apus_outliers_latest(apus_telemetry_outliers(engine.writer.page))![0].version = 2
        unsafe apus_outliers_worst(apus_telemetry_outliers(engine.writer.page))![0].version = 2
        let now = try engine.observe()
        #expect(now.outliers.latest.count == 1)
        #expect(OutlierFormat.table(now).lines.count == 2)
        let data = Data(JSONFormat.text(now).utf8)
        #expect(try JSONSerialization.jsonObject(with: data) is [String: Any])
        #expect(Exposition(PrometheusFormat.text(now)).problems == [])
    }
}
