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

/// EMA: seeded by the mean of its first `period` numbers, as TA-Lib does, then 2 / (period + 1) of
/// each new one.
struct ExponentialMean: BitwiseCopyable {
    private let weight: Double
    private let seed: SeedMean

    init(_ layout: inout StateLayout, period: Int) {
        weight = 2.0 / Double(period + 1)
        seed = SeedMean(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        if x.isNaN { return .nan }
        guard seed.isComplete(cells) else { return seed.update(x, cells) }
        let before = seed.value(cells)
        let value = (x - before) * weight + before
        seed.set(value, cells)
        return value
    }
}

/// Wilder's mean: seeded as an EMA, then 1 / period of each new number; in TA-Lib's order of
/// operations, because what is made of it compares its last bits.
///
/// Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
struct WilderMean: BitwiseCopyable {
    private let period: Double
    private let seed: SeedMean

    init(_ layout: inout StateLayout, period: Int) {
        self.period = Double(period)
        seed = SeedMean(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        if x.isNaN { return .nan }
        guard seed.isComplete(cells) else { return seed.update(x, cells) }
        let value = (seed.value(cells) * (period - 1.0) + x) / period
        seed.set(value, cells)
        return value
    }
}

/// The mean of the first `period` numbers, in the register that the mean after it lives in.
private struct SeedMean: BitwiseCopyable {
    private let period: Int
    private let mean: Int
    private let seen: Int

    init(_ layout: inout StateLayout, period: Int) {
        precondition(period >= 1, "a period")
        self.period = period
        mean = layout.registers(2)
        seen = mean + 1
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func isComplete(_ cells: StateCells) -> Bool { cells.count(seen) >= period }

    @_noAllocation @_noLocks
    @inline(__always)
    func value(_ cells: StateCells) -> Double { cells.get(mean) }

    @_noAllocation @_noLocks
    @inline(__always)
    func set(_ value: Double, _ cells: StateCells) { cells.set(mean, value) }

    /// Until it is complete the register holds the sum.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        let sum = cells.get(mean) + x
        let count = cells.count(seen) &+ 1
        cells.setCount(seen, count)
        let value = count == period ? sum / Double(period) : sum
        cells.set(mean, value)
        return count == period ? value : .nan
    }
}
