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
