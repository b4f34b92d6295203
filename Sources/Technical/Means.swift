//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Mean of the last `period` numbers.
struct RollingMean: BitwiseCopyable {
    private let sum: RollingSum

    init(_ layout: inout StateLayout, period: Int) {
        sum = RollingSum(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        sum.update(x, cells) / Double(sum.period)
    }
}

/// A mean that forgets: seeded by the mean of its first `period` numbers, as TA-Lib does, then
/// `weight` of each new one.
struct ForgettingMean: BitwiseCopyable {
    let period: Int
    private let weight: Double
    private let mean: Int
    private let seen: Int

    private init(_ layout: inout StateLayout, period: Int, weight: Double) {
        precondition(period >= 1, "a period")
        self.period = period
        self.weight = weight
        mean = layout.registers(2)
        seen = mean + 1
    }

    /// Weight 2 / (period + 1).
    static func exponential(_ layout: inout StateLayout, period: Int) -> Self {
        Self(&layout, period: period, weight: 2.0 / Double(period + 1))
    }

    /// Weight 1 / period.
    ///
    /// Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    static func wilder(_ layout: inout StateLayout, period: Int) -> Self {
        Self(&layout, period: period, weight: 1.0 / Double(period))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        if x.isNaN { return .nan }
        let before = cells.get(mean)
        let count = cells.count(seen)
        if count >= period {
            let value = (x - before) * weight + before
            cells.set(mean, value)
            return value
        }
        // Until then the sum.
        let sum = before + x
        cells.setCount(seen, count &+ 1)
        let isSeeded = count &+ 1 == period
        let value = isSeeded ? sum / Double(period) : sum
        cells.set(mean, value)
        return isSeeded ? value : .nan
    }
}
