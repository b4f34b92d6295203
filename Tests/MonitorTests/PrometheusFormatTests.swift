//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry
import Testing

@testable import Monitor

/// Reads the text format by its grammar, so that a mistake is found by line.
struct Exposition {
    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private(set) var types: [String: String] = [:]
    private(set) var samples: [Sample] = []
    private(set) var problems: [String] = []
    private var current = ""
    private var series: Set<String> = []

    init(_ text: String) {
        if !text.hasSuffix("\n") { problems.append("no newline at the end") }
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# ") { readComment(line) } else { readSample(String(line)) }
        }
    }

    private mutating func readComment(_ line: Substring) {
        let words = line.split(separator: " ", maxSplits: 3).map(String.init)
        guard words.count == 4 else { return problems.append("short comment: \(line)") }
        if words[1] == "HELP" {
            current = words[2]
        } else if words[1] == "TYPE" {
            if words[2] != current { problems.append("TYPE without HELP: \(line)") }
            if types[words[2]] != nil { problems.append("a metric twice: \(line)") }
            types[words[2]] = words[3]
        } else {
            problems.append("unknown comment: \(line)")
        }
    }

    private mutating func readSample(_ line: String) {
        let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9.+\-eInfNa]+)/
        guard let match = try? pattern.wholeMatch(in: line), let value = Double(match.3) else {
            return problems.append("no sample: \(line)")
        }
        let name = String(match.1)
        let suffixes = types[current] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        if !suffixes.map({ current + $0 }).contains(name) {
            problems.append("outside of its metric: \(line)")
        }
        if types[current] == "counter", !name.hasSuffix("_total") {
            problems.append("a counter without _total: \(line)")
        }
        let list = match.2.map(String.init) ?? ""
        if !series.insert("\(name){\(list)}").inserted { problems.append("twice: \(line)") }
        let labels = readLabels(list, line)
        samples.append(Sample(name: name, labels: labels, value: value))
    }

    private mutating func readLabels(_ text: String, _ line: String) -> [String: String] {
        var labels: [String: String] = [:]
        var rest = text[...]
        let pattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\\\|\\"|\\n)*)"(,|$)/
        while !rest.isEmpty {
            guard let match = try? pattern.prefixMatch(in: rest) else {
                problems.append("no label at '\(rest)': \(line)")
                break
            }
            labels[String(match.1)] = String(match.2)
            rest = rest[match.range.upperBound...]
        }
        return labels
    }

    func values(_ name: String) -> [Sample] { samples.filter { $0.name == name } }
}

@Suite("Prometheus view")
struct PrometheusFormatTests {
    @Test func `the text keeps the grammar`() throws {
        let engine = try EngineFixture("prometheus")
        try engine.fill()
        engine.writer.counter("odd-name of \"x\"_total").increment()
        let page = Exposition(PrometheusFormat.text(try engine.observe()))
        #expect(page.problems == [])
        #expect(page.values("apus_parser_frames_total").map(\.value) == [1_234_567])
        #expect(page.values("apus_odd_name_of__x__total").map(\.value) == [1])
        #expect(page.types["apus_memory_bytes"] == "gauge")
        #expect(page.values("apus_instrument_bid").map(\.value) == [61_800.2])
        #expect(page.values("apus_instrument_position").map(\.value) == [-0.025])
        #expect(page.values("apus_ring_depth").map(\.value) == [3])
        #expect(page.values("apus_up").map(\.value) == [1])
        let correlations = page.values("apus_feature_information_coefficient")
        #expect(correlations.map(\.value) == [0.25, -0.0625])
        #expect(correlations[0].labels["feature"] == "imbalance_l1")
        #expect(correlations[0].labels["horizon_seconds"] == "0.500000000")
        #expect(page.values("apus_feature_hit_rate").map(\.value) == [0.625])
    }

    @Test func `models have their figures, and none that is not known`() throws {
        let engine = try EngineFixture("prometheus-models")
        try engine.fill()
        let page = Exposition(PrometheusFormat.text(try engine.observe()))
        #expect(page.problems == [])
        #expect(page.values("apus_model_info").map { $0.labels["kind"] }
            == ["linear 0", "linear 1", "linear 2"])
        #expect(page.values("apus_model_info")[0].labels["checksum"] == "deadbeef")
        let held = page.values("apus_model_state").filter { $0.value == 1 }
        #expect(held.map { $0.labels["state"] } == ["on", "off", "set aside"])
        #expect(page.values("apus_model_judged").map(\.value) == [12_800, 0, 64])
        #expect(page.values("apus_model_share").map(\.value) == [0.625, 0, 0])
        #expect(page.values("apus_model_score_bps").map(\.value) == [-1.5, -1.5])
        for (name, value) in [
            ("accuracy", 0.5625), ("information_coefficient", 0.25), ("calibration_slope", 0.75),
        ] {
            let rows = page.values("apus_model_\(name)")
            #expect(rows.map(\.value) == [value, value], "\(name)")
            #expect(rows.map { $0.labels["model"] } == ["fast", "poor"], "\(name)")
        }
        #expect(page.values("apus_model_drift_psi").map(\.value) == [0.125])
    }

    @Test func `names with quotes, backslashes and newlines are escaped`() throws {
        let engine = try EngineFixture("prometheus-escape")
        try engine.fill()
        let row = unsafe engine.writer.instrument(0)
        unsafe EngineFixture.store("A\"B\\C\nD", &row.pointee.symbol)
        let page = Exposition(PrometheusFormat.text(try engine.observe()))
        #expect(page.problems == [])
        #expect(page.values("apus_instrument_ask").map { $0.labels["symbol"] } == [#"A\"B\\C\nD"#])
    }

    @Test func `latency buckets are cumulative, exact, and end with all values`() throws {
        let engine = try EngineFixture("prometheus-latency")
        try engine.fill()
        let page = Exposition(PrometheusFormat.text(try engine.observe()))
        let buckets = page.values("apus_latency_seconds_bucket")
        let bounds = try buckets.map { try #require(Double($0.labels["le"] ?? "")) }
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0.value <= $1.value })
        for (bucket, bound) in zip(buckets, bounds) {
            let expected = min(1_000, (bound * 1e9).rounded())
            #expect(bucket.value == expected, "values 1...1000 ns, each once")
        }
        #expect(bounds.last == .infinity)
        #expect(page.values("apus_latency_seconds_count").map(\.value) == [1_000])
        #expect(page.values("apus_latency_seconds_sum").map(\.value) == [0.000_500_5])
        let percentiles = page.values("apus_latency_percentile_seconds")
        #expect(
            percentiles.map { $0.labels["percentile"] ?? "" } == [
                "50", "90", "99", "99.9", "99.99", "99.999", "99.9999",
            ])
        #expect(percentiles.first?.value == 503e-9, "the bucket that ends above 500 ns")
        #expect(percentiles.last?.value == 1_000e-9)
    }

    @Test func `a page without anything keeps the grammar`() throws {
        let engine = try EngineFixture("prometheus-empty")
        #expect(Exposition(PrometheusFormat.text(try engine.observe())).problems == [])
    }
}
