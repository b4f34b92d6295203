//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// A sum in two parts, high and low, that loses nothing worth mention: its error after 10^9 terms
/// in and out is below the last bit of the sum.
///
/// Source: D. Knuth's two-sum; double-double addition.
struct ExactSum: BitwiseCopyable {
    private let high: Int
    private let low: Int

    init(_ layout: inout StateLayout) {
        high = layout.registers(2)
        low = high + 1
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func add(_ x: Double, _ cells: StateCells) {
        let sum = cells.get(high)
        let total = sum + x
        let part = total - sum
        let lost = (sum - (total - part)) + (x - part)
        let rest = cells.get(low) + lost
        let renewed = total + rest
        cells.set(high, renewed)
        cells.set(low, rest - (renewed - total))
    }

    /// Adds x * y without rounding the product.
    @_noAllocation @_noLocks
    @inline(__always)
    func add(product x: Double, _ y: Double, _ cells: StateCells) {
        let product = x * y
        add(product, cells)
        add(apus_product_rest(x, y, product), cells)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func clear(_ cells: StateCells) {
        cells.set(high, 0)
        cells.set(low, 0)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func value(_ cells: StateCells) -> Double { cells.get(high) }

    /// What `value` rounds away.
    @_noAllocation @_noLocks
    @inline(__always)
    func rest(_ cells: StateCells) -> Double { cells.get(low) }
}

/// The sum of the last `period` numbers.
struct RollingSum: BitwiseCopyable {
    let period: Int
    private let lag: Lag
    private let sum: ExactSum
    private let seen: Int

    init(_ layout: inout StateLayout, period: Int) {
        self.period = period
        lag = Lag(&layout, period: period)
        sum = ExactSum(&layout)
        seen = layout.registers(1)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        if x.isNaN { return .nan }
        let old = lag.update(x, cells)
        sum.add(x, cells)
        if old.isNaN {
            let count = cells.count(seen) &+ 1
            cells.setCount(seen, count)
            if count < period { return .nan }
        } else {
            sum.add(0 - old, cells)
        }
        return sum.value(cells)
    }
}

/// Mean and population variance of the last `period` numbers.
struct RollingMoments: BitwiseCopyable {
    struct Value: BitwiseCopyable {
        var mean: Double
        var variance: Double
    }

    let period: Int
    private let lag: Lag
    private let sum: ExactSum
    private let squares: ExactSum
    private let seen: Int

    init(_ layout: inout StateLayout, period: Int) {
        self.period = period
        lag = Lag(&layout, period: period)
        sum = ExactSum(&layout)
        squares = ExactSum(&layout)
        seen = layout.registers(1)
    }

    /// Both not a number while there are fewer than `period`.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Value {
        let none = Value(mean: .nan, variance: .nan)
        if x.isNaN { return none }
        let old = lag.update(x, cells)
        sum.add(x, cells)
        squares.add(product: x, x, cells)
        if old.isNaN {
            let count = cells.count(seen) &+ 1
            cells.setCount(seen, count)
            if count < period { return none }
        } else {
            sum.add(0 - old, cells)
            squares.add(product: 0 - old, old, cells)
        }
        return Value(mean: sum.value(cells) / Double(period), variance: variance(cells))
    }

    /// (n S2 - S1^2) / n^2, with both sums in their two parts: what cancels is not lost.
    @_noAllocation @_noLocks
    @inline(__always)
    private func variance(_ cells: StateCells) -> Double {
        let n = Double(period)
        let (high, low) = (sum.value(cells), sum.rest(cells))
        let left = n * squares.value(cells)
        let leftRest = apus_product_rest(n, squares.value(cells), left) + n * squares.rest(cells)
        let right = high * high
        let rightRest = apus_product_rest(high, high, right) + 2.0 * high * low
        let spread = (left - right) + (leftRest - rightRest)
        return spread > 0 ? spread / (n * n) : 0
    }
}
