//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CKernels

// Statistics of one series over the last `period` numbers.

extension RollingMoments {
    /// Population standard deviation.
    @_noAllocation @_noLocks
    @inline(__always)
    func deviation(_ x: Double, _ cells: StateCells) -> Double {
        apus_square_root(update(x, cells).variance)
    }

    /// Distance from the mean in population standard deviations; 0 without any variance.
    @_noAllocation @_noLocks
    @inline(__always)
    func score(_ x: Double, _ cells: StateCells) -> Double {
        let value = update(x, cells)
        if value.variance.isNaN { return .nan }
        return value.variance > 0 ? (x - value.mean) / apus_square_root(value.variance) : 0
    }
}

/// The line of least squares through the last `period` numbers, bars as abscissa.
///
/// From the mean with weights 1...n: sum of i x_i = n (n + 1) / 2 * WMA, so the cost is O(1).
struct RegressionSlope: BitwiseCopyable {
    private let period: Int
    private let weighted: WeightedMean
    private let mean: RollingMean

    init(_ layout: inout StateLayout, period: Int) {
        self.period = period
        weighted = WeightedMean(&layout, period: period)
        mean = RollingMean(&layout, period: period)
    }

    /// A bar's rise: 6 (WMA - SMA) / (n - 1).
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        let heavy = weighted.update(x, cells)
        let light = mean.update(x, cells)
        return 6.0 * (heavy - light) / Double(period &- 1)
    }
}

/// Hurst exponent: the slope of ln(deviation of the change over k bars) against ln k, for k = 1, 2,
/// 4, 8, 16 over the last `period` changes of ln(close). 0.5: a random walk; above: trending;
/// below: reverting. 0.5 where some deviation is 0.
///
/// Source: generalised Hurst exponent of order 2 (T. Di Matteo, 2007), by running sums: O(1).
struct HurstExponent: BitwiseCopyable {
    private typealias Part = (lag: Lag, moments: RollingMoments)
    private let parts: (Part, Part, Part, Part, Part)

    init(_ layout: inout StateLayout, period: Int) {
        func part(_ bars: Int) -> Part {
            (Lag(&layout, period: bars), RollingMoments(&layout, period: period))
        }
        parts = (part(1), part(2), part(4), part(8), part(16))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        let x = logarithm(bar.close, over: 1.0)
        // Abscissae 0...4 times ln 2, centred: -2 ... 2.
        let first = spread(parts.0, x, cells)
        let second = spread(parts.1, x, cells)
        let third = spread(parts.2, x, cells)
        let fourth = spread(parts.3, x, cells)
        let fifth = spread(parts.4, x, cells)
        if fifth.isNaN || third.isNaN { return .nan }
        if first <= 0 || second <= 0 || third <= 0 || fourth <= 0 || fifth <= 0 { return 0.5 }
        let outer = 2.0 * (apus_logarithm(fifth) - apus_logarithm(first))
        let inner = apus_logarithm(fourth) - apus_logarithm(second)
        // Of variances, which are squares: half the slope.
        return 0.5 * (outer + inner) / (10.0 * 0.693147180559945309417)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func spread(_ part: Part, _ x: Double, _ cells: StateCells) -> Double {
        let old = part.lag.update(x, cells)
        return part.moments.update(x - old, cells).variance
    }
}
