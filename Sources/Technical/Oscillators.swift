//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Oscillators.

/// Change from one number to the next, averaged up and down as Wilder does.
struct RelativeStrength: BitwiseCopyable {
    private let before: Lag
    private let gain: ForgettingMean
    private let loss: ForgettingMean

    init(_ layout: inout StateLayout, period: Int) {
        before = Lag(&layout, period: 1)
        gain = .wilder(&layout, period: period)
        loss = .wilder(&layout, period: period)
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
        return moved == 0 ? 0 : 100.0 * (up / moved)
    }
}

/// RSI. TA-Lib: RSI, from bar `period + 1`.
struct RelativeStrengthIndex: BitwiseCopyable {
    private let source: PriceSource
    private let strength: RelativeStrength

    init(_ layout: inout StateLayout, source: PriceSource, period: Int) {
        self.source = source
        strength = RelativeStrength(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        out.set(0, strength.update(source.of(bar), cells))
    }
}
