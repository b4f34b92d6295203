//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Support and resistance.

/// A swing: a number that none of the `left` before it and of the `right` after it is greater than.
/// It is known `right` bars later and never taken back. On a plateau each such number is one. For
/// lows, take the numbers with their signs changed.
struct SwingPoint: BitwiseCopyable {
    struct Value: BitwiseCopyable {
        /// The number `right` bars ago if it is a swing; not a number otherwise.
        var level: Double
        /// There were numbers enough to tell.
        var isKnown: Bool
    }

    let right: Int
    private let highest: RollingMaximum
    private let candidate: Lag

    /// - Parameters: both at least 1.
    init(_ layout: inout StateLayout, left: Int, right: Int) {
        self.right = right
        highest = RollingMaximum(&layout, period: left + 1 + right)
        candidate = Lag(&layout, period: right)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Value {
        let top = highest.update(x, cells).value
        let middle = candidate.update(x, cells)
        return Value(level: middle == top ? middle : .nan, isKnown: !top.isNaN)
    }
}

/// The newest confirmed swing of one side, and bars since: not numbers before the first.
struct NewestSwing: BitwiseCopyable {
    private let swing: SwingPoint
    /// Level, and bars since: 0 before the first, because a swing is `right` bars old at least.
    private let base: Int

    init(_ layout: inout StateLayout, left: Int, right: Int) {
        swing = SwingPoint(&layout, left: left, right: right)
        base = layout.registers(2)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> (level: Double, age: Double) {
        let found = swing.update(x, cells).level
        let age = cells.count(base &+ 1)
        if !found.isNaN {
            cells.set(base, found)
            cells.setCount(base &+ 1, swing.right)
        } else if age > 0 {
            cells.setCount(base &+ 1, age &+ 1)
        } else {
            return (.nan, .nan)
        }
        return (cells.get(base), Double(cells.count(base &+ 1)))
    }
}

/// The newest confirmed swing high and swing low, and bars since each.
struct SwingPivots: BitwiseCopyable {
    private let high: NewestSwing
    private let low: NewestSwing

    init(_ layout: inout StateLayout, left: Int, right: Int) {
        high = NewestSwing(&layout, left: left, right: right)
        low = NewestSwing(&layout, left: left, right: right)
    }

    /// High, low, high_age, low_age.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let top = high.update(bar.high, cells)
        let bottom = low.update(0 - bar.low, cells)
        out.set(0, top.level)
        out.set(1, 0 - bottom.level)
        out.set(2, top.age)
        out.set(3, bottom.age)
    }
}

/// Floor traders' pivots of the session before this one: P = (H + L + C) / 3; R1 = 2 P - L and
/// S1 = 2 P - H; R2, S2 = P +- (H - L); R3 = H + 2 (P - L) and S3 = L - 2 (H - P).
///
/// A session begins at each multiple of `sessionNs` since 1970 UTC; the one before is the last that
/// had a bar, and the first one seen counts even where it was seen in part.
struct FloorPivots: BitwiseCopyable {
    private let sessionNs: UInt64
    /// Session (from 1; 0 none), its high, low, close, whether there was one before, that one's
    /// high, low, close.
    private let base: Int

    /// - Parameter sessionNs: Above 0.
    init(_ layout: inout StateLayout, sessionNs: UInt64) {
        precondition(sessionNs > 0, "a session with a length")
        self.sessionNs = sessionNs
        base = layout.registers(8)
    }

    /// P, R1, R2, R3, S1, S2, S3.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        take(bar, cells)
        guard cells.get(base &+ 4) == 1 else {
            for index in 0..<7 { out.set(index, .nan) }
            return
        }
        let high = cells.get(base &+ 5)
        let low = cells.get(base &+ 6)
        let middle = (high + low + cells.get(base &+ 7)) / 3.0
        out.set(0, middle)
        out.set(1, 2.0 * middle - low)
        out.set(2, middle + (high - low))
        out.set(3, high + 2.0 * (middle - low))
        out.set(4, 2.0 * middle - high)
        out.set(5, middle - (high - low))
        out.set(6, low - 2.0 * (high - middle))
    }

    /// Puts the bar into its session.
    @_noAllocation @_noLocks
    @inline(__always)
    private func take(_ bar: BarValues, _ cells: StateCells) {
        let session = Double(bar.openTimeNs / sessionNs &+ 1)
        let now = cells.get(base)
        if session == now {
            cells.set(base &+ 1, max(cells.get(base &+ 1), bar.high))
            cells.set(base &+ 2, min(cells.get(base &+ 2), bar.low))
        } else {
            if now > 0 {
                cells.set(base &+ 4, 1)
                for index in 1...3 { cells.set(base &+ 4 &+ index, cells.get(base &+ index)) }
            }
            cells.set(base, session)
            cells.set(base &+ 1, bar.high)
            cells.set(base &+ 2, bar.low)
        }
        cells.set(base &+ 3, bar.close)
    }
}

/// How far the close lies beyond Donchian's channel of the `period` bars before this one, in ATR of
/// the bars up to this one: above 0 over it, below 0 under it, 0 inside. Because the bar's own true
/// range is part of the ATR, it lies within -`rangePeriod`...`rangePeriod`.
struct Breakout: BitwiseCopyable {
    private let highest: RollingMaximum
    private let lowest: RollingMaximum
    private let upperBefore: Lag
    private let lowerBefore: Lag
    private let range: TrueRangeMean

    init(_ layout: inout StateLayout, period: Int, rangePeriod: Int) {
        highest = RollingMaximum(&layout, period: period)
        lowest = RollingMaximum(&layout, period: period)
        upperBefore = Lag(&layout, period: 1)
        lowerBefore = Lag(&layout, period: 1)
        range = TrueRangeMean(&layout, period: rangePeriod)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        let upper = upperBefore.update(highest.update(bar.high, cells).value, cells)
        let lower = 0 - lowerBefore.update(lowest.update(0 - bar.low, cells).value, cells)
        let unit = range.update(bar, cells)
        if upper.isNaN || unit.isNaN { return .nan }
        let distance =
            bar.close > upper ? bar.close - upper : bar.close < lower ? bar.close - lower : 0
        return unit > 0 ? distance / unit : 0
    }
}
