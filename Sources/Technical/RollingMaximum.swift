//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

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
        if count > 0, now &- cells.pastCount(times &+ first) >= period {
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
                value: cells.past(values &+ first), age: now &- cells.pastCount(times &+ first))
        let end = place(first &+ count)
        cells.keep(values &+ end, x)
        cells.keepCount(times &+ end, now)
        cells.setCount(head, first)
        cells.setCount(length, count &+ 1)
        cells.setCount(time, now &+ 1)
        return now &+ 1 < period ? Value(value: .nan, age: 0) : result
    }
}

/// The greatest high and the least low of the last `period` bars; not numbers before so many came.
struct RollingBounds: BitwiseCopyable {
    private let highest: RollingMaximum
    private let lowest: RollingMaximum

    init(_ layout: inout StateLayout, period: Int) {
        highest = RollingMaximum(&layout, period: period)
        lowest = RollingMaximum(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(high: Double, low: Double, _ cells: StateCells) -> (top: Double, bottom: Double) {
        (highest.update(high, cells).value, 0 - lowest.update(0 - low, cells).value)
    }
}
