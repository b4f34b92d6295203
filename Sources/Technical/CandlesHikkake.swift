//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Hikkake: an inside bar is broken to one side, which is taken for false. The answer is 100 or
/// -100 against the break, and 200 or -200 when one of the next 3 closes passes the other end of
/// the bar before the break.
///
/// Source: D. Chesler, Trading false moves with the hikkake pattern, 2004.
struct Hikkake: BitwiseCopyable {
    private static var confirmationBarsMax: Int { 3 }
    /// Direction (0 none), bars since, level to pass.
    private let base: Int

    init(_ layout: inout StateLayout) { base = layout.registers(3) }

    /// - Parameters:
    ///   - found: 1 or -1 where the bar makes the pattern, 0 otherwise.
    ///   - inside: The bar before.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(
        _ found: Double, of inside: Candle, close: Double, _ cells: StateCells
    ) -> Double {
        if found != 0 {
            cells.set(base, found)
            cells.setCount(base &+ 1, 0)
            cells.set(base &+ 2, found > 0 ? inside.high : inside.low)
            return 100 * found
        }
        let direction = cells.get(base)
        if direction == 0 { return 0 }
        let age = cells.count(base &+ 1) &+ 1
        let level = cells.get(base &+ 2)
        cells.setCount(base &+ 1, age)
        let isConfirmed = direction > 0 ? close > level : close < level
        if isConfirmed || age == Self.confirmationBarsMax { cells.set(base, 0) }
        return isConfirmed ? 200 * direction : 0
    }
}

extension ThreeCandles {
    /// `b` lies inside `a`, and `c` leaves it: 1 where downwards, -1 where upwards.
    var falseBreak: Double {
        @_noAllocation @_noLocks
        get {
            if !b.isInside(a) { return 0 }
            return c.isLower(than: b) ? 1 : c.isHigher(than: b) ? -1 : 0
        }
    }
}

extension FourCandles {
    /// `c` lies inside `b`, which lies inside `a` and closes near the end that `d` leaves by: 1
    /// where downwards, -1 where upwards.
    var falseBreak: Double {
        @_noAllocation @_noLocks
        get {
            if !b.isInside(a) || !c.isInside(b) { return 0 }
            if d.isLower(than: c) && b.close <= b.low + b.near { return 1 }
            return d.isHigher(than: c) && b.close >= b.high - b.near ? -1 : 0
        }
    }
}
