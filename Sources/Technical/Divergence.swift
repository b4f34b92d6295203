//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Divergence of prices from their strength, told by the bar that confirms a swing, from this
/// swing and the one before on the same side, at most `barsMax` bars apart, and the RSI of closes
/// at both.
///
/// *Regular*: 1 (bullish) for a lower low of prices with a higher RSI, -1 (bearish) for a higher
/// high with a lower RSI. *Hidden*: 1 for a higher low with a lower RSI, -1 for a lower high with a
/// higher RSI. Both 0 on all other bars, and where the two sides contradict each other.
///
/// Source: J. W. Wilder, 1978; A. Cardwell for the hidden form.
struct Divergence: BitwiseCopyable {
    private let strength: RelativeStrength
    private let before: Lag
    private let highs: SwingPair
    private let lows: SwingPair

    init(_ layout: inout StateLayout, period: Int, left: Int, right: Int, barsMax: Int) {
        strength = RelativeStrength(&layout, period: period)
        before = Lag(&layout, period: right)
        highs = SwingPair(&layout, left: left, right: right, barsMax: barsMax)
        lows = SwingPair(&layout, left: left, right: right, barsMax: barsMax)
    }

    /// Regular, hidden.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let force = before.update(strength.update(bar.close, cells), cells)
        // Lows with their signs changed are highs, and their strength is weakness.
        let bearish = highs.update(bar.high, force: force, cells)
        let bullish = lows.update(0 - bar.low, force: 0 - force, cells)
        out.set(0, bullish.regular - bearish.regular)
        out.set(1, bullish.hidden - bearish.hidden)
    }
}

/// The newest two swing highs of a series.
private struct SwingPair: BitwiseCopyable {
    private let swing: SwingPoint
    private let barsMax: Int
    /// Bars from the newest swing's confirmation to this bar, from 1 (0: none yet); its level; its
    /// force.
    private let base: Int

    init(_ layout: inout StateLayout, left: Int, right: Int, barsMax: Int) {
        swing = SwingPoint(&layout, left: left, right: right)
        self.barsMax = barsMax
        base = layout.registers(3)
    }

    /// 1 where this bar confirms a higher swing of less force (regular), a lower one of more
    /// (hidden); 0 otherwise; not a number while there are too few bars for a swing with a force.
    ///
    /// - Parameter force: Of the bar that may be the swing; not a number before the first.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(
        _ x: Double, force: Double, _ cells: StateCells
    ) -> (regular: Double, hidden: Double) {
        let found = swing.update(x, cells)
        let bars = cells.count(base)
        if bars > 0 { cells.setCount(base, bars &+ 1) }
        if !found.isKnown || force.isNaN { return (.nan, .nan) }
        if found.level.isNaN { return (0, 0) }
        let isPair = bars > 0 && bars <= barsMax
        let level = cells.get(base &+ 1)
        let forceBefore = cells.get(base &+ 2)
        cells.setCount(base, 1)
        cells.set(base &+ 1, found.level)
        cells.set(base &+ 2, force)
        return (
            isPair && found.level > level && force < forceBefore ? 1 : 0,
            isPair && found.level < level && force > forceBefore ? 1 : 0
        )
    }
}
