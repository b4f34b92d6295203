//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CKernels

// How far prices move.

/// The greater of the bar's range and its distance from the close before.
@_noAllocation @_noLocks
@inline(__always)
func trueRange(_ bar: BarValues, previousClose: Double) -> Double {
    let top = bar.high > previousClose ? bar.high : previousClose
    let bottom = bar.low < previousClose ? bar.low : previousClose
    return top - bottom
}

/// ATR: Wilder's mean of the true range, which begins with the second bar.
///
/// Source: J. W. Wilder, 1978.
struct TrueRangeMean: BitwiseCopyable {
    private let before: Lag
    private let mean: WilderMean

    init(_ layout: inout StateLayout, period: Int) {
        before = Lag(&layout, period: 1)
        mean = WilderMean(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        let close = before.update(bar.close, cells)
        return mean.update(close.isNaN ? .nan : trueRange(bar, previousClose: close), cells)
    }

    /// NATR: per cent of the close.
    @_noAllocation @_noLocks
    @inline(__always)
    func relative(_ bar: BarValues, _ cells: StateCells) -> Double {
        let range = update(bar, cells)
        return isNothing(bar.close) && !range.isNaN ? 0 : range / bar.close * 100.0
    }
}

/// Bollinger's bands: the mean and `width` population standard deviations either side of it; where
/// the number stands between them (0 lower, 1 upper, 0.5 where they meet) and their distance as a
/// part of the mean.
///
/// Source: J. Bollinger, 1980s.
struct BollingerBands: BitwiseCopyable {
    private let width: Double
    private let moments: RollingMoments

    init(_ layout: inout StateLayout, period: Int, width: Double) {
        self.width = width
        moments = RollingMoments(&layout, period: period)
    }

    /// Upper, middle, lower, percent_b, bandwidth.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells, _ out: IndicatorOutput) {
        let value = moments.update(x, cells)
        let reach = width * apus_square_root(value.variance)
        let upper = value.mean + reach
        let lower = value.mean - reach
        out.set(0, upper)
        out.set(1, value.mean)
        out.set(2, lower)
        if value.mean.isNaN {
            out.set(3, .nan)
            out.set(4, .nan)
            return
        }
        out.set(3, upper > lower ? (x - lower) / (upper - lower) : 0.5)
        out.set(4, value.mean == 0 ? 0 : (upper - lower) / value.mean)
    }
}

/// Keltner's channel: the EMA of the close, and `width` ATR either side of it.
///
/// Source: L. Raschke's form of C. Keltner, 1960.
struct KeltnerChannel: BitwiseCopyable {
    private let width: Double
    private let mean: ExponentialMean
    private let range: TrueRangeMean

    init(_ layout: inout StateLayout, period: Int, rangePeriod: Int, width: Double) {
        self.width = width
        mean = ExponentialMean(&layout, period: period)
        range = TrueRangeMean(&layout, period: rangePeriod)
    }

    /// Upper, middle, lower; they begin together.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let middle = mean.update(bar.close, cells)
        let reach = width * range.update(bar, cells)
        out.set(0, middle + reach)
        out.set(1, reach.isNaN ? .nan : middle)
        out.set(2, middle - reach)
    }
}

/// Donchian's channel: the highest high and the lowest low of the last `period` bars, this one
/// included, and the middle between them.
struct DonchianChannel: BitwiseCopyable {
    private let bounds: RollingBounds

    init(_ layout: inout StateLayout, period: Int) {
        bounds = RollingBounds(&layout, period: period)
    }

    /// Upper, middle, lower.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let (upper, lower) = bounds.update(high: bar.high, low: bar.low, cells)
        out.set(0, upper)
        out.set(1, (upper + lower) / 2.0)
        out.set(2, lower)
    }

    /// The middle alone.
    @_noAllocation @_noLocks
    @inline(__always)
    func middle(_ bar: BarValues, _ cells: StateCells) -> Double {
        let (upper, lower) = bounds.update(high: bar.high, low: bar.low, cells)
        return (upper + lower) / 2.0
    }
}

/// Realised volatility: the square root of the sum of squared logarithmic returns of closes over
/// `period` bars, as a part of the price. 0 for a price that is not above 0.
struct RealisedVolatility: BitwiseCopyable {
    private let before: Lag
    private let squares: RollingSum

    init(_ layout: inout StateLayout, period: Int) {
        before = Lag(&layout, period: 1)
        squares = RollingSum(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        let old = before.update(bar.close, cells)
        if old.isNaN { return .nan }
        let change = logarithm(bar.close, over: old)
        let sum = squares.update(change * change, cells)
        return apus_square_root(sum < 0 ? 0 : sum)
    }
}

/// Garman and Klass: the square root of the mean over `period` bars of
/// ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2, as a part of the price for one bar.
///
/// Source: M. Garman, M. Klass, On the estimation of security price volatilities, 1980.
struct GarmanKlassVolatility: BitwiseCopyable {
    private let period: Int
    private let terms: RollingSum

    init(_ layout: inout StateLayout, period: Int) {
        self.period = period
        terms = RollingSum(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        let range = logarithm(bar.high, over: bar.low)
        let body = logarithm(bar.close, over: bar.open)
        let weight = 2.0 * 0.693147180559945309417 - 1.0
        let sum = terms.update(0.5 * range * range - weight * body * body, cells)
        return apus_square_root(sum < 0 ? 0 : sum / Double(period))
    }
}

/// ln(a / b); 0 where either is not above 0.
@_noAllocation @_noLocks
@inline(__always)
func logarithm(_ a: Double, over b: Double) -> Double {
    a > 0 && b > 0 ? apus_logarithm(a / b) : 0
}
