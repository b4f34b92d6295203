//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Averages of one series.

/// SMA: the mean of the last `period` numbers. TA-Lib: SMA, from bar `period`.
struct SimpleAverage: BitwiseCopyable {
    private let source: PriceSource
    private let mean: RollingMean

    init(_ layout: inout StateLayout, source: PriceSource, period: Int) {
        self.source = source
        mean = RollingMean(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        out.set(0, mean.update(source.of(bar), cells))
    }
}

/// EMA: seeded by the mean of the first `period` numbers. TA-Lib: EMA, from bar `period`.
struct ExponentialAverage: BitwiseCopyable {
    private let source: PriceSource
    private let mean: ForgettingMean

    init(_ layout: inout StateLayout, source: PriceSource, period: Int) {
        self.source = source
        mean = .exponential(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        out.set(0, mean.update(source.of(bar), cells))
    }
}
