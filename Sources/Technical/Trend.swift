//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Indicators of trend.

/// Directional movement: +DI, -DI and ADX. Sums of Wilder's kind, which begin with the sum of
/// `period` - 1 bars and take the next one in at once, as TA-Lib's do. Where both are 0 the ADX
/// stays.
///
/// Source: J. W. Wilder, 1978.
struct DirectionalMovement: BitwiseCopyable {
    private let period: Int
    /// High, low and close before; bars seen; +DM, -DM and true range summed.
    private let base: Int
    /// Sum of DX, then ADX; values in it.
    private let index: Int

    init(_ layout: inout StateLayout, period: Int) {
        self.period = period
        base = layout.registers(7)
        index = layout.registers(2)
    }

    /// plus_di, minus_di, adx.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let (high, low, close) = (cells.get(base), cells.get(base &+ 1), cells.get(base &+ 2))
        let seen = cells.count(base &+ 3)
        cells.set(base, bar.high)
        cells.set(base &+ 1, bar.low)
        cells.set(base &+ 2, bar.close)
        cells.setCount(base &+ 3, seen &+ 1)
        out.set(0, .nan)
        out.set(1, .nan)
        out.set(2, .nan)
        if seen == 0 { return }
        let rise = bar.high - high
        let fall = low - bar.low
        let plus = rise > 0 && rise > fall ? rise : 0
        let minus = fall > 0 && rise < fall ? fall : 0
        // The first sums lose nothing; from then on a part of each.
        let kept = seen < period ? 1.0 : 1.0 - 1.0 / Double(period)
        let plusSum = sum(4, kept, plus, cells)
        let minusSum = sum(5, kept, minus, cells)
        let rangeSum = sum(6, kept, trueRange(bar, previousClose: close), cells)
        if seen < period { return }
        let isStill = isNothing(rangeSum)
        let up = isStill ? 0 : 100.0 * (plusSum / rangeSum)
        let down = isStill ? 0 : 100.0 * (minusSum / rangeSum)
        out.set(0, up)
        out.set(1, down)
        let all = up + down
        let gap = up > down ? up - down : down - up
        out.set(2, smooth(isStill || isNothing(all) ? .nan : 100.0 * (gap / all), cells))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func sum(_ place: Int, _ kept: Double, _ x: Double, _ cells: StateCells) -> Double {
        let value = cells.get(base &+ place) * kept + x
        cells.set(base &+ place, value)
        return value
    }

    /// The mean of the first `period` DX, then Wilder's. A bar without movement counts, and adds
    /// nothing to the first mean.
    @_noAllocation @_noLocks
    @inline(__always)
    private func smooth(_ x: Double, _ cells: StateCells) -> Double {
        let count = cells.count(index &+ 1)
        let before = cells.get(index)
        if count < period {
            let total = x.isNaN ? before : before + x
            cells.setCount(index &+ 1, count &+ 1)
            let isSeeded = count &+ 1 == period
            let value = isSeeded ? total / Double(period) : total
            cells.set(index, value)
            return isSeeded ? value : .nan
        }
        if x.isNaN { return before }
        let value = (before * Double(period &- 1) + x) / Double(period)
        cells.set(index, value)
        return value
    }
}

/// Parabolic SAR. The first direction is down when the second bar moved down more than up.
///
/// Source: J. W. Wilder, 1978, with TA-Lib's start.
struct ParabolicStop: BitwiseCopyable {
    private let step: Double
    private let stepMax: Double
    /// Bars seen (2 stands for more), 1 while long, extreme, step now, stop, high and low before.
    private let base: Int

    init(_ layout: inout StateLayout, step: Double, stepMax: Double) {
        // TA-Lib limits the first step too.
        self.step = min(step, stepMax)
        self.stepMax = stepMax
        base = layout.registers(7)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        let seen = cells.count(base)
        var lowBefore = cells.get(base &+ 6)
        var highBefore = cells.get(base &+ 5)
        cells.set(base &+ 5, bar.high)
        cells.set(base &+ 6, bar.low)
        cells.setCount(base, seen < 2 ? seen &+ 1 : 2)
        if seen == 0 { return .nan }
        var isLong = cells.get(base &+ 1) == 1
        var extreme = cells.get(base &+ 2)
        var pace = cells.get(base &+ 3)
        var stop = cells.get(base &+ 4)
        if seen == 1 {
            let rise = bar.high - highBefore
            let fall = lowBefore - bar.low
            isLong = !(fall > 0 && rise < fall)
            extreme = isLong ? bar.high : bar.low
            stop = isLong ? lowBefore : highBefore
            pace = step
            // TA-Lib takes the second bar for the one before it, too.
            lowBefore = bar.low
            highBefore = bar.high
        }
        let result: Double
        if isLong ? bar.low <= stop : bar.high >= stop {
            isLong = !isLong
            // Never inside the range of this bar or the one before.
            result = outside(extreme, isLong, bar, highBefore, lowBefore)
            pace = step
            extreme = isLong ? bar.high : bar.low
            stop = outside(
                result + pace * (extreme - result), isLong, bar, highBefore, lowBefore)
        } else {
            result = stop
            if isLong ? bar.high > extreme : bar.low < extreme {
                extreme = isLong ? bar.high : bar.low
                pace = pace + step > stepMax ? stepMax : pace + step
            }
            stop = outside(stop + pace * (extreme - stop), isLong, bar, highBefore, lowBefore)
        }
        cells.set(base &+ 1, isLong ? 1 : 0)
        cells.set(base &+ 2, extreme)
        cells.set(base &+ 3, pace)
        cells.set(base &+ 4, stop)
        return result
    }

    /// Below both lows while long, above both highs while short.
    @_noAllocation @_noLocks
    @inline(__always)
    private func outside(
        _ x: Double, _ isLong: Bool, _ bar: BarValues, _ highBefore: Double, _ lowBefore: Double
    ) -> Double {
        var value = x
        if isLong {
            if value > lowBefore { value = lowBefore }
            if value > bar.low { value = bar.low }
        } else {
            if value < highBefore { value = highBefore }
            if value < bar.high { value = bar.high }
        }
        return value
    }
}

/// Supertrend: a band of `width` ATR either side of the median price which only follows the trend,
/// and changes sides when the close crosses it. Begins upwards.
///
/// Source: O. Seban.
struct Supertrend: BitwiseCopyable {
    private let width: Double
    private let range: TrueRangeMean
    /// Upper and lower band, direction (0 before the start), close before.
    private let base: Int

    init(_ layout: inout StateLayout, period: Int, width: Double) {
        self.width = width
        range = TrueRangeMean(&layout, period: period)
        base = layout.registers(4)
    }

    /// Line, and direction: 1 or -1.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let reach = width * range.update(bar, cells)
        let closeBefore = cells.get(base &+ 3)
        cells.set(base &+ 3, bar.close)
        if reach.isNaN {
            out.set(0, .nan)
            out.set(1, .nan)
            return
        }
        let middle = (bar.high + bar.low) / 2.0
        var upper = middle + reach
        var lower = middle - reach
        let before = cells.get(base &+ 2)
        if before != 0 {
            let upperBefore = cells.get(base)
            let lowerBefore = cells.get(base &+ 1)
            if upper > upperBefore, closeBefore <= upperBefore { upper = upperBefore }
            if lower < lowerBefore, closeBefore >= lowerBefore { lower = lowerBefore }
        }
        var direction = before == 0 ? 1.0 : before
        if direction > 0, bar.close < lower {
            direction = -1
        } else if direction < 0, bar.close > upper {
            direction = 1
        }
        cells.set(base, upper)
        cells.set(base &+ 1, lower)
        cells.set(base &+ 2, direction)
        out.set(0, direction > 0 ? lower : upper)
        out.set(1, direction)
    }
}

/// Ichimoku's five lines as they are known at this bar: the two spans are those drawn here, of
/// `shift` bars ago, and their newest values; the lagging span is the close less that of `shift`
/// bars ago, because its own place lies in the past.
///
/// Source: G. Hosoda, 1969.
struct IchimokuCloud: BitwiseCopyable {
    private let conversion: DonchianChannel
    private let base: DonchianChannel
    private let long: DonchianChannel
    private let earlierA: Lag
    private let earlierB: Lag
    private let earlierClose: Lag

    init(_ layout: inout StateLayout, conversion: Int, base: Int, long: Int, shift: Int) {
        self.conversion = DonchianChannel(&layout, period: conversion)
        self.base = DonchianChannel(&layout, period: base)
        self.long = DonchianChannel(&layout, period: long)
        earlierA = Lag(&layout, period: shift)
        earlierB = Lag(&layout, period: shift)
        earlierClose = Lag(&layout, period: shift)
    }

    /// conversion, base, span_a, span_b, lead_a, lead_b, lagging.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let quick = conversion.middle(bar, cells)
        let middle = base.middle(bar, cells)
        let leadA = (quick + middle) / 2.0
        let leadB = long.middle(bar, cells)
        out.set(0, quick)
        out.set(1, middle)
        out.set(2, earlierA.update(leadA, cells))
        out.set(3, earlierB.update(leadB, cells))
        out.set(4, leadA)
        out.set(5, leadB)
        out.set(6, bar.close - earlierClose.update(bar.close, cells))
    }
}
