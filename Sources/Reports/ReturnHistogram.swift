//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Returns by size, with the normal distribution of their mean and deviation.
struct ReturnHistogram {
    /// "%" or "bps".
    let unit: String
    /// Middles of the bins, in `unit`.
    let places: [Double]
    let counts: [Double]
    /// How many a normal distribution would have.
    let normal: [Double]

    private static let binsMax = 60.0
    private static let binsMin = 9.0
    /// Bins end so many standard deviations from the mean; the outer ones hold the rest.
    private static let reach = 4.0

    /// `nil` unless there are returns that differ.
    ///
    /// Width: D. Freedman and P. Diaconis, 1981, 2 IQR / cbrt(n), within 9...60 bins.
    init?(_ returns: [Double], _ moments: Moments) {
        guard let mean = moments.mean, let deviation = moments.deviation, deviation > 0 else {
            return nil
        }
        let sorted = returns.sorted()
        let low = max(sorted[0], mean - Self.reach * deviation)
        let high = min(sorted[sorted.count - 1], mean + Self.reach * deviation)
        let middleHalf = sorted.sortedQuantile(0.75) - sorted.sortedQuantile(0.25)
        let wanted = 2 * middleHalf / cbrt(Double(returns.count))
        let bins = wanted > 0 ? ((high - low) / wanted).rounded(.up) : Self.binsMax
        let count = Int(min(max(bins, Self.binsMin), Self.binsMax))
        let width = (high - low) / Double(count)
        var counts = [Double](repeating: 0, count: count)
        for value in returns {
            let place = min(max((value - low) / width, 0), Double(count - 1))
            counts[Int(place)] += 1
        }
        let isSmall = deviation < 1e-3
        let scale = isSmall ? 1e4 : 100
        unit = isSmall ? "bps" : "%"
        let middles = (0..<count).map { low + (Double($0) + 0.5) * width }
        places = middles.map { $0 * scale }
        self.counts = counts
        normal = middles.map {
            Double(returns.count) * width / deviation
                * NormalDistribution.density(($0 - mean) / deviation)
        }
    }
}
