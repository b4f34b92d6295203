//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Oscillators of one series.

/// Change from one number to the next, averaged up and down as Wilder does.
struct RelativeStrength: BitwiseCopyable {
    private let before: Lag
    private let gain: WilderMean
    private let loss: WilderMean

    init(_ layout: inout StateLayout, period: Int) {
        before = Lag(&layout, period: 1)
        gain = WilderMean(&layout, period: period)
        loss = WilderMean(&layout, period: period)
    }

    /// 0...100; 0 where nothing moved, as in TA-Lib.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        let old = before.update(x, cells)
        if old.isNaN { return .nan }
        let change = x - old
        let up = gain.update(change > 0 ? change : 0, cells)
        let down = loss.update(change < 0 ? 0 - change : 0, cells)
        let moved = up + down
        if moved.isNaN { return .nan }
        return isNothing(moved) ? 0 : 100.0 * (up / moved)
    }
}

/// Change from the number `period` bars ago.
struct Change: BitwiseCopyable {
    private let before: Lag

    init(_ layout: inout StateLayout, period: Int) { before = Lag(&layout, period: period) }

    /// MOM.
    @_noAllocation @_noLocks
    @inline(__always)
    func difference(_ x: Double, _ cells: StateCells) -> Double { x - before.update(x, cells) }

    /// ROC, per cent; 0 where the older number is 0.
    @_noAllocation @_noLocks
    @inline(__always)
    func rate(_ x: Double, _ cells: StateCells) -> Double {
        let old = before.update(x, cells)
        return old == 0 ? 0 : (x / old - 1.0) * 100.0
    }
}

/// MACD: the difference of two EMAs and the EMA of it. The fast one begins so late that both end
/// their seeds with the same bar, and all three numbers begin together, as in TA-Lib.
///
/// Source: G. Appel, 1979.
struct ConvergenceDivergence: BitwiseCopyable {
    private let fast: ExponentialMean
    private let slow: ExponentialMean
    private let signal: ExponentialMean
    private let skipped: Int
    private let skip: Int

    init(_ layout: inout StateLayout, fast: Int, slow: Int, signal: Int) {
        // TA-Lib exchanges periods given the wrong way round.
        let (short, long) = (min(fast, slow), max(fast, slow))
        self.fast = ExponentialMean(&layout, period: short)
        self.slow = ExponentialMean(&layout, period: long)
        self.signal = ExponentialMean(&layout, period: signal)
        skipped = layout.registers(1)
        skip = long - short
    }

    /// Line, signal, histogram.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells, _ out: IndicatorOutput) {
        let long = slow.update(x, cells)
        var short = Double.nan
        let count = cells.count(skipped)
        if count < skip {
            cells.setCount(skipped, count &+ 1)
        } else {
            short = fast.update(x, cells)
        }
        let line = short - long
        let smooth = signal.update(line, cells)
        let hasBegun = !smooth.isNaN
        out.set(0, hasBegun ? line : .nan)
        out.set(1, smooth)
        out.set(2, line - smooth)
    }
}

/// TRIX: rate of change of the threefold EMA, per cent.
struct TripleRate: BitwiseCopyable {
    private let mean: TripleExponentialMean
    private let change: Change

    init(_ layout: inout StateLayout, period: Int) {
        mean = TripleExponentialMean(&layout, period: period)
        change = Change(&layout, period: 1)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        change.rate(mean.innermost(x, cells), cells)
    }
}

/// Where a number stands between the least and the greatest of the last `period`, 0...100, and the
/// means of that.
struct RangePlace: BitwiseCopyable {
    private let bounds: RollingBounds

    init(_ layout: inout StateLayout, period: Int) {
        bounds = RollingBounds(&layout, period: period)
    }

    /// 0 where the range is empty, as in TA-Lib.
    ///
    /// - Parameter emptyMax: Widest range that is taken for empty: what rounding alone makes.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(
        high: Double, low: Double, _ x: Double, emptyMax: Double = 0, _ cells: StateCells
    ) -> Double {
        let (top, bottom) = bounds.update(high: high, low: low, cells)
        if top.isNaN || bottom.isNaN { return .nan }
        let range = top - bottom
        return range > emptyMax ? (x - bottom) / (range / 100.0) : 0
    }

    /// Williams %R, -100...0.
    @_noAllocation @_noLocks
    @inline(__always)
    func fromTop(high: Double, low: Double, _ x: Double, _ cells: StateCells) -> Double {
        let (top, bottom) = bounds.update(high: high, low: low, cells)
        if top.isNaN || bottom.isNaN { return .nan }
        let part = (top - bottom) / -100.0
        return part != 0 ? (top - x) / part : 0
    }
}

/// Slow stochastic: %K is the mean of the place in the range, %D the mean of %K; both begin
/// together, as in TA-Lib.
///
/// Source: G. Lane.
struct Stochastic: BitwiseCopyable {
    private let place: RangePlace
    private let slow: RollingMean
    private let signal: RollingMean

    init(_ layout: inout StateLayout, period: Int, slow: Int, signal: Int) {
        place = RangePlace(&layout, period: period)
        self.slow = RollingMean(&layout, period: slow)
        self.signal = RollingMean(&layout, period: signal)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let fast = place.update(high: bar.high, low: bar.low, bar.close, cells)
        let k = slow.update(fast, cells)
        let d = signal.update(k, cells)
        out.set(0, d.isNaN ? .nan : k)
        out.set(1, d)
    }
}

/// StochRSI as TA-Lib has it: the place of the RSI in the range of its last `range` values,
/// 0...100, and the mean of it. Others divide by 100, or smooth the first number too; that is
/// `smooth` > 1. While prices stand still the RSI moves in its last bits alone, and a range below
/// 1e-9 counts as none; TA-Lib shows chance there.
///
/// Source: T. Chande, S. Kroll, 1994.
struct StochasticStrength: BitwiseCopyable {
    private let strength: RelativeStrength
    private let place: RangePlace
    private let slow: RollingMean
    private let signal: RollingMean

    init(_ layout: inout StateLayout, period: Int, range: Int, signal: Int, smooth: Int) {
        strength = RelativeStrength(&layout, period: period)
        place = RangePlace(&layout, period: range)
        slow = RollingMean(&layout, period: smooth)
        self.signal = RollingMean(&layout, period: signal)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells, _ out: IndicatorOutput) {
        let value = strength.update(x, cells)
        let fast = place.update(
            high: value, low: value, value, emptyMax: 1e-9, cells)
        let k = slow.update(fast, cells)
        let d = signal.update(k, cells)
        out.set(0, d.isNaN ? .nan : k)
        out.set(1, d)
    }
}
