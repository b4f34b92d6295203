//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Averages of one series.

/// WMA: weights 1 for the oldest of the last `period` numbers to `period` for the newest.
///
/// With each number the weighted sum loses the plain sum before it and gains `period` times the
/// number, so the cost is O(1).
struct WeightedMean: BitwiseCopyable {
    private let period: Int
    private let lag: Lag
    private let sum: ExactSum
    private let weighted: ExactSum
    private let seen: Int

    init(_ layout: inout StateLayout, period: Int) {
        self.period = period
        lag = Lag(&layout, period: period)
        sum = ExactSum(&layout)
        weighted = ExactSum(&layout)
        seen = layout.registers(1)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        if x.isNaN { return .nan }
        let old = lag.update(x, cells)
        let count = cells.count(seen)
        if count < period {
            cells.setCount(seen, count &+ 1)
            weighted.add(product: Double(count &+ 1), x, cells)
            sum.add(x, cells)
            if count &+ 1 < period { return .nan }
        } else {
            weighted.add(0 - sum.value(cells), cells)
            weighted.add(0 - sum.rest(cells), cells)
            weighted.add(product: Double(period), x, cells)
            sum.add(x, cells)
            sum.add(0 - old, cells)
        }
        return weighted.value(cells) / Double(period &* (period &+ 1) / 2)
    }
}

/// DEMA: 2 e1 - e2, where e1 is the EMA and e2 the EMA of e1.
///
/// Source: P. Mulloy, Smoothing data with faster moving averages, 1994.
struct DoubleExponentialMean: BitwiseCopyable {
    private let first: ExponentialMean
    private let second: ExponentialMean

    init(_ layout: inout StateLayout, period: Int) {
        first = ExponentialMean(&layout, period: period)
        second = ExponentialMean(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        let once = first.update(x, cells)
        let twice = second.update(once, cells)
        return 2.0 * once - twice
    }
}

/// The EMA of the EMA of the EMA, and the two below it.
struct TripleExponentialMean: BitwiseCopyable {
    private let first: ExponentialMean
    private let second: ExponentialMean
    private let third: ExponentialMean

    init(_ layout: inout StateLayout, period: Int) {
        first = ExponentialMean(&layout, period: period)
        second = ExponentialMean(&layout, period: period)
        third = ExponentialMean(&layout, period: period)
    }

    /// TEMA: 3 e1 - 3 e2 + e3.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        let once = first.update(x, cells)
        let twice = second.update(once, cells)
        let thrice = third.update(twice, cells)
        return 3.0 * once - 3.0 * twice + thrice
    }

    /// e3, of which TRIX is the rate of change.
    @_noAllocation @_noLocks
    @inline(__always)
    func innermost(_ x: Double, _ cells: StateCells) -> Double {
        third.update(second.update(first.update(x, cells), cells), cells)
    }
}

/// HMA: the WMA over sqrt(n) of 2 WMA(n / 2) - WMA(n), periods cut to whole numbers.
///
/// Source: A. Hull, 2005.
struct HullMean: BitwiseCopyable {
    private let half: WeightedMean
    private let whole: WeightedMean
    private let smooth: WeightedMean

    init(_ layout: inout StateLayout, period: Int) {
        half = WeightedMean(&layout, period: max(1, period / 2))
        whole = WeightedMean(&layout, period: period)
        smooth = WeightedMean(&layout, period: max(1, Int(Double(period).squareRoot())))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        let near = half.update(x, cells)
        let far = whole.update(x, cells)
        return smooth.update(2.0 * near - far, cells)
    }
}

/// KAMA: an EMA whose weight follows the efficiency of the last `period` steps, between those of
/// an EMA of 2 and of 30. Begins at the number before the first value. Where the sum of steps is
/// not above the net change (TA-Lib's comparison, without a sign), the efficiency is 1.
///
/// Source: P. Kaufman, Trading Systems and Methods, 1995.
struct AdaptiveMean: BitwiseCopyable {
    private let before: Lag
    private let start: Lag
    private let path: RollingSum
    private let mean: Int
    private let isStarted: Int

    init(_ layout: inout StateLayout, period: Int) {
        before = Lag(&layout, period: 1)
        start = Lag(&layout, period: period)
        path = RollingSum(&layout, period: period)
        mean = layout.registers(2)
        isStarted = mean + 1
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        let previous = before.update(x, cells)
        let oldest = start.update(x, cells)
        if previous.isNaN { return .nan }
        let step = x - previous
        let walked = path.update(step < 0 ? 0 - step : step, cells)
        if walked.isNaN || oldest.isNaN { return .nan }
        let net = x - oldest
        let distance = net < 0 ? 0 - net : net
        let efficiency = walked <= net || isNothing(walked) ? 1.0 : distance / walked
        let slow = 2.0 / 31.0
        let weight = efficiency * (2.0 / 3.0 - slow) + slow
        let base = cells.get(isStarted) == 0 ? previous : cells.get(mean)
        let value = (x - base) * (weight * weight) + base
        cells.set(mean, value)
        cells.set(isStarted, 1)
        return value
    }
}

/// Whether TA-Lib takes a number for zero.
@_noAllocation @_noLocks
@inline(__always)
func isNothing(_ x: Double) -> Bool { x > -1e-14 && x < 1e-14 }
