//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// What indicators are made of. Each takes one number a bar and answers with one, which is not a
// number while too few have come. A number that is not one is passed over: it is what an indicator
// answers that has not begun, and the ones behind it begin later.

/// The number of `period` bars ago; not a number before.
struct Lag: BitwiseCopyable {
    let period: Int
    private let next: Int
    private let seen: Int
    private let window: Int

    /// - Parameter period: At least 1.
    init(_ layout: inout StateLayout, period: Int) {
        precondition(period >= 1, "a number that came before")
        self.period = period
        next = layout.registers(2)
        seen = next + 1
        window = layout.window(period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Double {
        if x.isNaN { return .nan }
        let place = cells.count(next)
        let count = cells.count(seen)
        let old = count < period ? Double.nan : cells.past(window &+ place)
        cells.keep(window &+ place, x)
        cells.setCount(next, place &+ 1 == period ? 0 : place &+ 1)
        if count < period { cells.setCount(seen, count &+ 1) }
        return old
    }
}

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
        add((-product).addingProduct(x, y), cells)
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
        let leftRest = (-left).addingProduct(n, squares.value(cells)) + n * squares.rest(cells)
        let right = high * high
        let rightRest = (-right).addingProduct(high, high) + 2.0 * high * low
        let spread = (left - right) + (leftRest - rightRest)
        return spread > 0 ? spread / (n * n) : 0
    }
}

/// The greatest of the last `period` numbers and how long ago it came; of equal ones the newest.
/// For the least, take the numbers with their signs changed.
///
/// Keeps the candidates alone: each is greater than all that came later. A number enters once and
/// leaves once, so the cost is O(1) on average, and at most `period` for one bar.
struct RollingMaximum: BitwiseCopyable {
    struct Value: BitwiseCopyable {
        var value: Double
        /// Bars since it came: 0 for the newest.
        var age: Int
    }

    let period: Int
    private let head: Int
    private let length: Int
    private let time: Int
    private let values: Int
    private let times: Int

    init(_ layout: inout StateLayout, period: Int) {
        precondition(period >= 1, "a window")
        self.period = period
        head = layout.registers(3)
        length = head + 1
        time = head + 2
        values = layout.window(2 * period)
        times = values + period
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func place(_ index: Int) -> Int { index >= period ? index &- period : index }

    /// Not a number while there are fewer than `period`.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ x: Double, _ cells: StateCells) -> Value {
        if x.isNaN { return Value(value: .nan, age: 0) }
        let now = cells.count(time)
        var first = cells.count(head)
        var count = cells.count(length)
        // The oldest candidate leaves when the window has passed it.
        if count > 0, now &- Int(cells.past(times &+ first)) >= period {
            first = place(first &+ 1)
            count = count &- 1
        }
        while count > 0, cells.past(values &+ place(first &+ count &- 1)) <= x {
            count = count &- 1
        }
        let result =
            count == 0
            ? Value(value: x, age: 0)
            : Value(
                value: cells.past(values &+ first), age: now &- Int(cells.past(times &+ first)))
        let end = place(first &+ count)
        cells.keep(values &+ end, x)
        cells.keep(times &+ end, Double(now))
        cells.setCount(head, first)
        cells.setCount(length, count &+ 1)
        cells.setCount(time, now &+ 1)
        return now &+ 1 < period ? Value(value: .nan, age: 0) : result
    }
}
