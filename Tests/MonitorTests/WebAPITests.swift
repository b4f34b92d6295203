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
import Testing

@testable import Monitor

@Suite("Web API")
struct WebAPITests {
    private static let percentiles = [
        "p50_ns": 0.5, "p90_ns": 0.9, "p99_ns": 0.99, "p99_9_ns": 0.999, "p99_99_ns": 0.9999,
        "p99_999_ns": 0.99999, "p99_9999_ns": 0.999999,
    ]

    /// An engine whose stages beat, and a server that watches it.
    private func start(_ name: String) throws -> (engine: EngineFixture, web: WebFixture) {
        let engine = try EngineFixture(name)
        try engine.fill()
        return (engine, try WebFixture(engine.directory.name))
    }

    private func beat(_ engine: EngineFixture, ageNs: UInt64 = 0) {
        engine.writer.stage("parser").beat(now: wallNs() - ageNs, polls: 2_000)
    }

    @Test func `status is the observation, health beside it`() throws {
        let (engine, web) = try start("web-status")
        let root = try web.object("/api/status")
        let now = try #require(root["engine"] as? [String: Any])
        #expect(now["instance"] as? String == engine.directory.name)
        #expect(now["process_id"] as? UInt64 == currentProcessID())
        let counters = try #require(now["counters"] as? [String: Any])
        #expect(counters["parser_frames_total"] as? UInt64 == 1_234_567)
        #expect(counters["memory_bytes"] as? UInt64 == UInt64.max)
        #expect((now["models"] as? [Any])?.count == 3)
        #expect(root["reason"] is String)
        #expect(root["is_healthy"] is Bool)
    }

    @Test func `a histogram is told to p99.9999, as the page has it`() throws {
        let (engine, web) = try start("web-histograms")
        let root = try web.object("/api/histograms")
        let row = try #require((root["histograms"] as? [[String: Any]])?.first)
        let snapshot = try #require(try engine.observe().histograms.first)
        let figures = try #require(row["since_start"] as? [String: Any])
        #expect(row["name"] as? String == "receive_to_encrypted")
        #expect(figures["count"] as? UInt64 == 1_000)
        #expect(figures["max_ns"] as? UInt64 == 1_000)
        for (key, fraction) in Self.percentiles {
            #expect(figures[key] as? UInt64 == snapshot.value(atFraction: fraction), "\(key)")
        }
    }

    @Test func `an interval holds what it recorded, and since brings only newer ones`() throws {
        let (engine, web) = try start("web-history")
        try web.eventually("an interval", "/api/history") {
            ($0["intervals"] as? [Any])?.isEmpty == false
        }
        let histogram = engine.writer.histogram("receive_to_encrypted")
        for _ in 0..<100 { histogram.record(5_000) }
        engine.writer.counter("gateway_fills_total").add(3)
        func rows(_ root: [String: Any]) -> [[String: Any]] {
            root["intervals"] as? [[String: Any]] ?? []
        }
        func recorded(_ row: [String: Any]) -> [Int] {
            (row["histograms"] as? [String: [Int]])?["receive_to_encrypted"] ?? []
        }
        var intervals: [[String: Any]] = []
        try web.eventually("the samples", "/api/history") { root in
            intervals = rows(root)
            return intervals.reduce(0) { $0 + (recorded($1).first ?? 0) } == 100
                && intervals.reduce(0) { $0 + ($1["fills"] as? Int ?? 0) } == 3
        }
        let busy = try #require(intervals.first { !recorded($0).isEmpty })
        #expect(recorded(busy)[1...].allSatisfy { $0 >= 5_000 && $0 <= 5_156 })
        #expect((busy["duty"] as? [String: Any])?["parser"] != nil)
        #expect(busy["profit_e8"] as? Int64 == 5 - 1_234_567_890 - 1_000_000_000_000)
        let ends = intervals.compactMap { $0["end_ns"] as? UInt64 }
        #expect(ends == ends.sorted() && Set(ends).count == ends.count)
        let since = try #require(ends.dropLast().last)
        let newer = rows(try web.object("/api/history?since=\(since)"))
        #expect(newer.allSatisfy { ($0["end_ns"] as? UInt64 ?? 0) > since })
        #expect(newer.contains { $0["end_ns"] as? UInt64 == ends.last })
        #expect(rows(try web.object("/api/history?since=\(UInt64.max)")).isEmpty)
    }

    @Test func `the heat map counts what the intervals recorded`() throws {
        let (engine, web) = try start("web-heat")
        try web.eventually("an interval", "/api/history") {
            ($0["intervals"] as? [Any])?.isEmpty == false
        }
        let histogram = engine.writer.histogram("receive_to_encrypted")
        for value in [0, 3, 700, 700, 5_000, UInt64.max] { histogram.record(value) }
        var cells: [Int: Int] = [:]
        var bounds: [UInt64] = []
        let path = "/api/heat?histogram=receive_to_encrypted"
        try web.eventually("six samples", path) { root in
            bounds = root["bounds_ns"] as? [UInt64] ?? []
            cells = [:]
            for interval in root["intervals"] as? [[String: Any]] ?? [] {
                for cell in interval["cells"] as? [[Int]] ?? [] {
                    cells[cell[0], default: 0] += cell[1]
                }
            }
            return cells.values.reduce(0, +) == 6
        }
        #expect(cells[0] == 1 && cells[3] == 1 && cells[bounds.count - 1] == 1)
        for (value, times) in [(700 as UInt64, 2), (5_000, 1)] {
            let row = try #require(bounds.lastIndex { $0 <= value })
            #expect(cells[row] == times, "\(value)")
        }
    }

    @Test func `a query that means nothing is refused with what it could be`() throws {
        let (engine, web) = try start("web-queries")
        for path in ["/api/history?since=x", "/api/history?since=-1", "/api/history?since=1.5"] {
            #expect(try web.get(path).status == 400, "\(path)")
        }
        let unnamed = try web.get("/api/heat")
        #expect(unnamed.status == 400)
        #expect(try unnamed.object()["histograms"] as? [String] == ["receive_to_encrypted"])
        #expect(try web.get("/api/heat?histogram=nothing").status == 404)
        #expect(try web.get("/api/heat?histogram=receive%5Fto%5Fencrypted").status == 200)
        withExtendedLifetime(engine) {}
    }

    @Test func `metrics are those of the Prometheus format`() throws {
        let (engine, web) = try start("web-metrics")
        let answer = try web.get("/metrics")
        #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.text.contains("apus_parser_frames_total{instance=\"test-"))
        #expect(answer.text.contains("apus_up{instance="))
        withExtendedLifetime(engine) {}
    }

    @Test func `an engine is healthy while it beats and may trade or reduce`() throws {
        let (engine, web) = try start("web-health")
        func health() throws -> (Int, String) {
            let answer = try web.get("/health")
            return (answer.status, try answer.object()["reason"] as? String ?? "")
        }
        /// Of a look that was taken after the change.
        func eventually(_ status: Int, _ reason: String, _ change: () -> Void) throws {
            let deadline = ContinuousClock.now + .seconds(30)
            var last = (0, "")
            while ContinuousClock.now < deadline {
                change()
                last = try health()
                if last.0 == status, last.1.hasPrefix(reason) { return }
                usleep(5_000)
            }
            Issue.record("\(last) instead of \(status) \(reason)")
        }
        try eventually(200, "alive, trading state READY") { beat(engine) }
        try eventually(503, "stage parser has not beaten for") {
            beat(engine, ageNs: 2_000_000_000)
        }
        engine.control.setEngineState(.reducing)
        try eventually(200, "alive, trading state REDUCING") { beat(engine) }
        engine.control.lower(to: .halted, reason: "enough")
        try eventually(503, "trading state HALTED: enough") { beat(engine) }
    }

    @Test func `an engine may come, go and come again`() throws {
        let name = "test-\(currentProcessID())-web-absent"
        let web = try WebFixture(name)
        func isThere(_ root: [String: Any]) -> Bool { root["engine"] is [String: Any] }
        for _ in 0..<3 {
            try web.eventually("no engine", "/api/status") { !isThere($0) }
            #expect(try web.get("/health").status == 503)
            #expect(try web.object("/api/status")["engine"] is NSNull)
            #expect(try web.object("/api/histograms")["engine"] is NSNull)
            #expect(try web.object("/api/histograms")["reason"] is String)
            #expect(try web.get("/metrics").text.hasSuffix("\napus_up 0\n"))
            let engine = try EngineFixture("web-absent")
            try engine.fill()
            try web.eventually("an engine", "/api/status", isThere)
            #expect(try web.get("/metrics").text.contains("apus_up{instance=\"\(name)\"} 1\n"))
            withExtendedLifetime(engine) {}
        }
    }

    @Test func `every bucket of a histogram has its one row`() {
        let bounds = HeatRows.boundsNs
        #expect(bounds == bounds.sorted() && Set(bounds).count == bounds.count)
        var counts = [UInt64](repeating: 1, count: Int(APUS_HISTOGRAM_BUCKET_COUNT))
        counts[7] = UInt64.max
        let dense = HistogramSnapshot(counts: counts, total: 1, maximum: 1)
        let cells = HeatRows.cells(SparseHistogram(dense, name: "all"))
        #expect(cells.map(\.row) == Array(bounds.indices))
        for place in 0..<UInt32(APUS_HISTOGRAM_BUCKET_COUNT) - 1 {
            let row = bounds.lastIndex { $0 <= apus_histogram_lowest(place) }
            #expect(row == bounds.lastIndex { $0 <= apus_histogram_highest(place) }, "\(place)")
        }
    }
}
