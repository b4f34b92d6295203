//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One value of a series.
struct SeriesPoint: Sendable, Equatable {
    /// Since the soak began, seconds.
    let timeS: Double
    let value: Double
    /// Points of one segment are of one engine process; levels of two are never compared.
    var segment = 0
}

/// How a series moves: the Theil-Sen slope with a 99.9 % confidence interval.
///
/// The slope is the median of the slopes of all pairs of points of one segment, so up to 29 % of
/// the points may be outliers. The interval is Sen's, from the variance of Kendall's S with ties,
/// widened for residuals that follow each other: by (1 + r) / (1 - r), r being the lag-1
/// autocorrelation of their ranks where that is positive.
/// Source: P. K. Sen, 1968, Estimates of the regression coefficient based on Kendall's tau;
/// S. Yue and C. Wang, 2004, for the widening; N. C. Matalas and A. Sankarasubramanian, 2003, for
/// the bias of r.
struct SlopeEstimate: Sendable, Equatable {
    /// Units of the value a second.
    let perS: Double
    let lowerPerS: Double
    let upperPerS: Double
    /// Of the values judged.
    let median: Double
    /// From the first point judged to the last, the time between segments left out, seconds.
    let spanS: Double
    /// Points judged, before they were thinned.
    let count: Int
    /// Lag-1 autocorrelation of the residuals' ranks, 0 where it is negative.
    let autocorrelation: Double

    /// With fewer the interval is so wide that hardly any growth lies above it.
    static let countMin = 20
    /// Two-sided 99.9 % of the normal distribution.
    static let zScore = 3.291
    /// More are thinned by medians of neighbours, for the pairs grow with the square.
    static let pointsMax = 800

    /// By how much the value moves over the span at the slope found.
    var change: Double { perS * spanS }

    /// - Returns: `nil` for fewer than `countMin` points.
    init?(_ points: [SeriesPoint]) {
        let finite = points.filter { $0.value.isFinite && $0.timeS.isFinite }
        guard finite.count >= Self.countMin else { return nil }
        let segments = Self.thinned(finite)
        var slopes: [Double] = []
        for points in segments {
            for later in points.indices {
                for earlier in 0..<later where points[later].timeS > points[earlier].timeS {
                    slopes.append(
                        (points[later].value - points[earlier].value)
                            / (points[later].timeS - points[earlier].timeS))
                }
            }
        }
        guard !slopes.isEmpty else { return nil }
        slopes.sort()
        let slope = Self.median(sorted: slopes)
        let follow = Self.autocorrelation(segments, slope: slope)
        let widening = (1 + follow) / (1 - follow)
        let variance = segments.reduce(0) { $0 + Self.kendallVariance($1.map(\.value)) } * widening
        let reach = Self.zScore * variance.squareRoot()
        let pairs = Double(slopes.count)
        let low = Int(((pairs - reach) / 2).rounded(.down)) - 1
        let high = Int(((pairs + reach) / 2).rounded(.up))
        perS = slope
        lowerPerS = slopes[min(max(0, low), slopes.count - 1)]
        upperPerS = slopes[min(max(0, high), slopes.count - 1)]
        median = Self.median(sorted: finite.map(\.value).sorted())
        spanS = segments.reduce(0) { $0 + ($1.last?.timeS ?? 0) - ($1.first?.timeS ?? 0) }
        count = finite.count
        autocorrelation = follow
    }

    /// The points by segment, at most `pointsMax` in all: each the median of as many neighbours.
    private static func thinned(_ points: [SeriesPoint]) -> [[SeriesPoint]] {
        let group = (points.count + pointsMax - 1) / pointsMax
        let segments = Dictionary(grouping: points, by: \.segment).sorted { $0.key < $1.key }
        return segments.map { _, points in
            stride(from: 0, to: points.count, by: group).map { start in
                let few = points[start..<min(start + group, points.count)]
                return SeriesPoint(
                    timeS: median(sorted: few.map(\.timeS).sorted()),
                    value: median(sorted: few.map(\.value).sorted()))
            }
        }
    }

    static func median(sorted values: [Double]) -> Double {
        guard !values.isEmpty else { return .nan }
        let middle = values.count / 2
        return values.count % 2 == 1
            ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }

    /// Of Kendall's S without a trend, ties counted.
    private static func kendallVariance(_ values: [Double]) -> Double {
        func term(_ n: Double) -> Double { n * (n - 1) * (2 * n + 5) }
        let ties = Dictionary(grouping: values) { $0 }.values
        return max(
            0,
            (term(Double(values.count)) - ties.reduce(0) { $0 + term(Double($1.count)) }) / 18)
    }

    /// Of the residuals' ranks, 0...0.95; without the bias that few points and a fitted line have.
    private static func autocorrelation(_ segments: [[SeriesPoint]], slope: Double) -> Double {
        var (products, squares, count) = (0.0, 0.0, 0.0)
        for points in segments where points.count > 2 {
            let residuals = points.map { $0.value - slope * $0.timeS }
            let ranks = centredRanks(residuals)
            squares += ranks.reduce(0) { $0 + $1 * $1 }
            products += zip(ranks, ranks.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
            count += Double(points.count)
        }
        guard squares > 0, count > 4 else { return 0 }
        return min(max(0, (count * products / squares + 2) / (count - 4)), 0.95)
    }

    /// Ranks around zero, equal values sharing their mean rank.
    private static func centredRanks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = Array(repeating: 0.0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { ranks[order[place]] = Double(start + end - 1) / 2 }
            start = end
        }
        let mean = Double(values.count - 1) / 2
        return ranks.map { $0 - mean }
    }
}
