//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Options
import Platform
public import VenueModel

/// Laws of delay as a configuration writes them: `5us`, `log-normal:5us:0.5`, or the name of a file
/// with a recorded histogram.
///
/// A file is what `apus run --summary` writes (JSON: the percentiles of the histogram named), or
/// HdrHistogram's percentile text as `apus-monitor --format hgrm` writes it.
public enum LatencyText {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    public static func law(_ text: String, histogram: String) throws -> LatencyLaw {
        if let ns = Durations.nanoseconds(text) { return .constant(ns: Int64(clamping: ns)) }
        let parts = text.split(separator: ":").map(String.init)
        if parts.first == "log-normal" {
            guard parts.count == 3, let median = Durations.nanoseconds(parts[1]),
                let sigma = Double(parts[2])
            else { throw Problem(description: "log-normal:MEDIAN:SIGMA, as log-normal:5us:0.5") }
            return try checked(.logNormal(medianNs: Int64(clamping: median), sigma: sigma))
        }
        guard let content = TextFile.read(text) else {
            throw Problem(
                description: "'\(text)' is no duration, no log-normal:MEDIAN:SIGMA and no file")
        }
        let points =
            content.first { !$0.isWhitespace } == "{"
            ? try summary(content, histogram) : percentiles(content)
        guard !points.isEmpty else {
            throw Problem(description: "\(text): no percentiles of '\(histogram)'")
        }
        return try checked(.quantiles(points))
    }

    private static func checked(_ law: LatencyLaw) throws -> LatencyLaw {
        guard law.isValid else { throw Problem(description: "not a law of delays") }
        return law
    }

    /// Lines "value percentile count 1/(1-percentile)"; a value is in the unit that the histogram
    /// was recorded in, nanoseconds.
    static func percentiles(_ content: String) -> [LatencyQuantile] {
        var points: [LatencyQuantile] = []
        for line in content.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 3, let value = Double(words[0]), let share = Double(words[1]),
                value >= 0, value < 3.6e12, (0...1).contains(share)
            else { continue }
            add(share, Int64(value.rounded()), to: &points)
        }
        return points
    }

    private static let members: [(name: String, share: Double)] = [
        ("p50_ns", 0.5), ("p90_ns", 0.9), ("p99_ns", 0.99), ("p99_9_ns", 0.999), ("max_ns", 1),
    ]

    private static func summary(_ content: String, _ name: String) throws -> [LatencyQuantile] {
        guard let document = JSONDocument(Array(content.utf8)),
            let histogram = document["histograms"]?[name]
        else { return [] }
        var points: [LatencyQuantile] = []
        for (member, share) in members {
            guard let ns = histogram[member]?.integer, ns >= 0 else { continue }
            add(share, Int64(ns), to: &points)
        }
        return points
    }

    private static func add(_ share: Double, _ ns: Int64, to points: inout [LatencyQuantile]) {
        if let last = points.last, share <= last.share || ns < last.ns { return }
        points.append(LatencyQuantile(share: share, ns: ns))
    }
}
