//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Indicators that take the whole bar: oscillators and volume.

/// CCI: distance of the typical price from its mean, in 0.015 mean absolute distances. 0 where
/// either is 0, as in TA-Lib.
///
/// Cost: O(period), because each mean has its own distances.
/// Source: D. Lambert, 1980.
struct ChannelIndex: BitwiseCopyable {
    private let period: Int
    private let sum: RollingSum
    private let next: Int
    private let window: Int

    init(_ layout: inout StateLayout, period: Int) {
        self.period = period
        sum = RollingSum(&layout, period: period)
        next = layout.registers(1)
        window = layout.window(period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        // Threefold prices and n-fold distances: nothing is rounded that ticks do not round.
        let n = Double(period)
        let x = bar.high + bar.low + bar.close
        let total = sum.update(x, cells)
        let place = cells.count(next)
        cells.setCount(next, place &+ 1 == period ? 0 : place &+ 1)
        defer { cells.keep(window &+ place, x) }
        if total.isNaN { return .nan }
        let distance = n * x - total
        var distances = distance < 0 ? 0 - distance : distance
        for index in 0..<period where index != place {
            let other = n * cells.past(window &+ index) - total
            distances += other < 0 ? 0 - other : other
        }
        return distances == 0 ? 0 : distance / (0.015 * (distances / n))
    }
}

/// MFI: share of the money (typical price times volume) of bars whose typical price rose, 0...100,
/// over `period` bars. 0 where the money is below 1, as in TA-Lib.
///
/// Source: G. Quong, A. Soudack, 1989.
struct MoneyFlowIndex: BitwiseCopyable {
    private let before: Lag
    private let risen: RollingSum
    private let fallen: RollingSum

    init(_ layout: inout StateLayout, period: Int) {
        before = Lag(&layout, period: 1)
        risen = RollingSum(&layout, period: period)
        fallen = RollingSum(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        let x = PriceSource.typical.of(bar)
        let old = before.update(x, cells)
        if old.isNaN { return .nan }
        let money = x * bar.volume
        let up = risen.update(x > old ? money : 0, cells)
        let down = fallen.update(x < old ? money : 0, cells)
        let all = up + down
        if all.isNaN { return .nan }
        return all < 1.0 ? 0 : 100.0 * (up / all)
    }
}

/// OBV: the first bar's volume, then the volume of bars whose close rose, less that of those whose
/// close fell.
///
/// Source: J. Granville, 1963.
struct BalanceVolume: BitwiseCopyable {
    private let before: Lag
    private let sum: ExactSum

    init(_ layout: inout StateLayout) {
        before = Lag(&layout, period: 1)
        sum = ExactSum(&layout)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        let old = before.update(bar.close, cells)
        if old.isNaN || bar.close > old {
            sum.add(bar.volume, cells)
        } else if bar.close < old {
            sum.add(0 - bar.volume, cells)
        }
        return sum.value(cells)
    }
}

/// AROON: how new the highest high and the lowest low of the last `period` + 1 bars are, 100 for
/// this bar, 0 for the oldest; of equal ones the newest counts.
///
/// Source: T. Chande, 1995.
struct Aroon: BitwiseCopyable {
    private let period: Int
    private let highest: RollingMaximum
    private let lowest: RollingMaximum

    init(_ layout: inout StateLayout, period: Int) {
        self.period = period
        highest = RollingMaximum(&layout, period: period + 1)
        lowest = RollingMaximum(&layout, period: period + 1)
    }

    /// Up, down, up - down.
    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        let top = highest.update(bar.high, cells)
        let bottom = lowest.update(0 - bar.low, cells)
        let part = 100.0 / Double(period)
        let up = top.value.isNaN ? Double.nan : part * Double(period &- top.age)
        let down = bottom.value.isNaN ? Double.nan : part * Double(period &- bottom.age)
        out.set(0, up)
        out.set(1, down)
        out.set(2, up - down)
    }
}

/// VWAP: the typical price weighted by volume. *Rolling*: over `period` bars. *Session*: since the
/// last multiple of `sessionNs` since 1970 UTC that a bar opened at or after; with a session
/// longer than time, since the first bar. Without any volume the typical price itself.
struct VolumeWeightedPrice: BitwiseCopyable {
    private let sessionNs: UInt64
    private let anchorNs: UInt64
    private let money: ExactSum
    private let volume: ExactSum
    private let session: Int

    /// - Parameters:
    ///   - sessionNs: 0: one session without end.
    ///   - anchorNs: Bars that open before it are passed over.
    init(_ layout: inout StateLayout, sessionNs: UInt64, anchorNs: UInt64) {
        self.sessionNs = sessionNs
        self.anchorNs = anchorNs
        money = ExactSum(&layout)
        volume = ExactSum(&layout)
        session = layout.registers(1)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        if bar.openTimeNs < anchorNs { return .nan }
        if sessionNs > 0 {
            // From 1, so that the first one differs from an empty register; below 2^53.
            let number = Double(bar.openTimeNs / sessionNs &+ 1)
            if number != cells.get(session) {
                money.clear(cells)
                volume.clear(cells)
                cells.set(session, number)
            }
        }
        let price = PriceSource.typical.of(bar)
        money.add(product: price, bar.volume, cells)
        volume.add(bar.volume, cells)
        let all = volume.value(cells)
        return all > 0 ? money.value(cells) / all : price
    }
}

/// VWAP over the last `period` bars; the typical price where they have no volume.
struct RollingWeightedPrice: BitwiseCopyable {
    private let money: RollingSum
    private let volume: RollingSum

    init(_ layout: inout StateLayout, period: Int) {
        money = RollingSum(&layout, period: period)
        volume = RollingSum(&layout, period: period)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells) -> Double {
        let price = PriceSource.typical.of(bar)
        let paid = money.update(price * bar.volume, cells)
        let all = volume.update(bar.volume, cells)
        if all.isNaN { return .nan }
        return all > 0 ? paid / all : price
    }
}
