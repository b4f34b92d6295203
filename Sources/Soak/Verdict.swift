//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// One line of the verdict.
struct VerdictLine: Sendable, Equatable {
    enum Outcome: String, Sendable {
        case pass = "PASS"
        case fail = "FAIL"
        /// Too little was seen to judge, or the line only informs.
        case open = "not judged"
    }

    let name: String
    let outcome: Outcome
    /// The rule and the figures that decided.
    let reason: String
}

/// What is concluded from the samples and from what was found. Pure, and so tested with series
/// that are made up.
enum Verdict {
    /// The first tenth of each segment is warm-up and not judged.
    static let warmUpShare = 0.1
    /// What a column may grow by over the time judged before growth counts; a slope whose 99.9 %
    /// interval includes 0 counts never.
    static let memoryAllowanceKiB = 64.0
    static let descriptorAllowance = 1.0
    static let latencyAllowanceShare = 0.05

    /// The points behind the warm-up of each segment.
    static func judged(_ points: [SeriesPoint]) -> [SeriesPoint] {
        let segments = Dictionary(grouping: points, by: \.segment)
        return segments.sorted { $0.key < $1.key }.flatMap { _, points -> [SeriesPoint] in
            guard let first = points.first?.timeS, let last = points.last?.timeS else { return [] }
            let begin = first + (last - first) * warmUpShare
            return points.filter { $0.timeS >= begin && $0.timeS > first }
        }
    }

    /// Which samples lie behind the warm-up of their engine process, which began where the one
    /// before it ended.
    static func isJudged(times: [Double], segments: [Double]) -> [Bool] {
        var result: [Bool] = []
        var (first, start) = (0, 0.0)
        while first < times.count {
            let end = segments[(first + 1)...].firstIndex { $0 != segments[first] } ?? times.count
            let last = times[end - 1]
            let begin = start + (last - start) * warmUpShare
            result += times[first..<end].map { $0 >= begin }
            (first, start) = (end, last)
        }
        return result
    }

    /// Whether a series grows: by a slope whose 99.9 % interval lies above 0 and by more than is
    /// allowed. What falls does not fail.
    ///
    /// - Parameters:
    ///   - allowance: In units of the value, over the time judged.
    ///   - share: Besides, of the median.
    static func growth(
        _ name: String, _ points: [SeriesPoint], unit: String, allowance: Double,
        share: Double = 0
    ) -> VerdictLine {
        guard let slope = SlopeEstimate(judged(points)) else {
            return VerdictLine(
                name: name, outcome: .open,
                reason: "fewer than \(SlopeEstimate.countMin) samples behind the warm-up")
        }
        let allowed = allowance + share * abs(slope.median)
        let grows = slope.lowerPerS > 0 && slope.change > allowed
        let hour = 3_600.0
        let short = NumberText.short
        let text = "slope \(short(slope.perS * hour)) \(unit)/h, 99.9 % interval "
            + "\(short(slope.lowerPerS * hour))...\(short(slope.upperPerS * hour)), "
            + "\(signed(slope.change)) \(unit) over \(short(slope.spanS / 60)) min, "
            + "allowed \(short(allowed)); median \(short(slope.median)) \(unit), "
            + "\(slope.count) samples"
        return VerdictLine(name: name, outcome: grows ? .fail : .pass, reason: text)
    }

    /// A count that must be 0.
    static func zero(_ name: String, _ count: Double, of what: String) -> VerdictLine {
        VerdictLine(
            name: name, outcome: count == 0 ? .pass : .fail,
            reason: "\(NumberText.short(count)) \(what)")
    }

    static func isPassed(_ lines: [VerdictLine]) -> Bool {
        lines.allSatisfy { $0.outcome != .fail }
    }

    private static func signed(_ value: Double) -> String {
        (value > 0 ? "+" : "") + NumberText.short(value)
    }
}
