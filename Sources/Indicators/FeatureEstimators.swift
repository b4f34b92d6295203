//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages

/// What features need beyond decayed sums, of one instrument: what waits for a horizon or the end
/// of an interval, buckets of volume, the learnt micro-price.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct FeatureEstimators: ~Copyable {
    /// A trade whose horizon has not passed.
    private struct PastTrade: BitwiseCopyable {
        var timeNs: UInt64 = 0
        var price: Int64 = 0
        var mid2: Int64 = 0
        /// 1 for a buyer as aggressor, -1 for a seller.
        var sign = 0.0
    }

    /// The interval that runs, of one length.
    private struct Interval: BitwiseCopyable {
        var endNs: UInt64 = 0
        /// At its begin; 0: the book was not in sync, or broke since.
        var mid2: Int64 = 0
        var signedLots: Int64 = 0
    }

    private static var tradesMax: UInt64 {
        @_noAllocation @_noLocks
        get { 1_024 }
    }
    /// Changes of the mid before the learnt micro-price is ready.
    private static var changesMin: UInt64 {
        @_noAllocation @_noLocks
        get { 100 }
    }

    private let plan: FeaturePlan
    /// Lots of one coin or contract.
    let lotsPerUnit: Double
    private let trades: UnsafeMutablePointer<PastTrade>
    private var tradeCount: UInt64 = 0
    /// The next trade that each horizon waits for.
    private let cursors: UnsafeMutablePointer<UInt64>
    private let intervals: UnsafeMutablePointer<Interval>
    private let buckets: UnsafeMutablePointer<VolumeBuckets>
    private let prices: UnsafeMutablePointer<LearntPrice>
    /// Classes of the top seen since the last change of the mid.
    private var seen: UInt64 = 0
    private var changeCount: UInt64 = 0

    init(_ plan: FeaturePlan, instrument: Instrument) {
        self.plan = plan
        let scale = Decimals.powerOfTen(Int(instrument.quantityDecimals))
        lotsPerUnit = scale / Double(instrument.lotMantissa)
        let room = plan.horizonCount > 0 ? Int(Self.tradesMax) : 1
        unsafe trades = .allocate(capacity: room)
        unsafe trades.initialize(repeating: PastTrade(), count: room)
        unsafe cursors = .allocate(capacity: max(1, plan.horizonCount))
        unsafe cursors.initialize(repeating: 0, count: max(1, plan.horizonCount))
        unsafe intervals = .allocate(capacity: max(1, plan.intervalCount))
        unsafe intervals.initialize(repeating: Interval(), count: max(1, plan.intervalCount))
        unsafe buckets = .allocate(capacity: max(1, plan.bucketCount))
        for index in 0..<plan.bucketCount {
            unsafe (buckets + index).initialize(
                to: VolumeBuckets(
                    lots: Self.lots(plan.buckets[index].bucketE9, instrument),
                    count: plan.buckets[index].count))
        }
        unsafe prices = .allocate(capacity: max(1, plan.stoikovCount))
        for index in 0..<plan.stoikovCount {
            unsafe (prices + index).initialize(to: LearntPrice(memory: plan.memories[index]))
        }
    }

    deinit {
        unsafe trades.deallocate()
        unsafe cursors.deallocate()
        unsafe intervals.deallocate()
        unsafe buckets.deinitialize(count: plan.bucketCount)
        unsafe buckets.deallocate()
        unsafe prices.deinitialize(count: plan.stoikovCount)
        unsafe prices.deallocate()
    }

    /// At least one lot and at most 2^50.
    private static func lots(_ valueE9: Int64, _ instrument: Instrument) -> Int64 {
        var scale: Int128 = 1
        for _ in 0..<instrument.quantityDecimals { scale *= 10 }
        let lots = Int128(valueE9) * scale / (1_000_000_000 * Int128(instrument.lotMantissa))
        return Int64(min(max(lots, 1), 1 << 50))
    }

    @_noAllocation @_noLocks
    mutating func clear() {
        breakOff()
        changeCount = 0
        var index = 0
        while index < plan.horizonCount {
            unsafe cursors[index] = tradeCount
            index &+= 1
        }
        index = 0
        while index < plan.bucketCount {
            unsafe (buckets + index).pointee.clear()
            index &+= 1
        }
        index = 0
        while index < plan.stoikovCount {
            unsafe (prices + index).pointee.clear()
            index &+= 1
        }
    }

    @_noAllocation @_noLocks
    mutating func breakOff() {
        seen = 0
        var index = 0
        while index < plan.intervalCount {
            unsafe intervals[index].mid2 = 0
            index &+= 1
        }
    }

    // MARK: Horizons and intervals

    /// Settles what ended by `timeNs`; `mid2` was in force until now, 0: none.
    @_noAllocation @_noLocks
    mutating func advance(to timeNs: UInt64, mid2: Int64, sums: UnsafeMutablePointer<Double>) {
        var index = 0
        while index < plan.intervalCount {
            if unsafe timeNs >= intervals[index].endNs {
                unsafe close(index, timeNs, mid2, sums)
            }
            index &+= 1
        }
        index = 0
        while index < plan.horizonCount {
            unsafe settle(index, timeNs, mid2, sums)
            index &+= 1
        }
    }

    @_noAllocation @_noLocks
    private func close(
        _ index: Int, _ timeNs: UInt64, _ mid2: Int64, _ sums: UnsafeMutablePointer<Double>
    ) {
        let begun = unsafe intervals[index]
        if begun.mid2 != 0 && mid2 != 0 && begun.signedLots != 0 {
            let volume = Double(begun.signedLots)
            let change = Double(mid2 &- begun.mid2) / Double(begun.mid2) * 1e4
            var pair = 0
            while pair < plan.impactCount {
                let places = unsafe plan.impacts[pair]
                if Int(places.parameter) == index {
                    unsafe sums[Int(places.first)] += volume * change
                    unsafe sums[Int(places.second)] += volume * volume
                }
                pair &+= 1
            }
        }
        let length = unsafe plan.intervals[index]
        var next = Interval()
        next.endNs = (timeNs / length &+ 1) &* length
        next.mid2 = mid2
        unsafe intervals[index] = next
    }

    @_noAllocation @_noLocks
    private func settle(
        _ index: Int, _ timeNs: UInt64, _ mid2: Int64, _ sums: UnsafeMutablePointer<Double>
    ) {
        let horizon = unsafe plan.horizons[index]
        while unsafe cursors[index] < tradeCount {
            let place = unsafe Int(truncatingIfNeeded: cursors[index] & (Self.tradesMax &- 1))
            let trade = unsafe trades[place]
            if timeNs &- trade.timeNs < horizon { return }
            unsafe cursors[index] = unsafe cursors[index] &+ 1
            if mid2 == 0 { continue }
            let kept = Double(2 &* trade.price &- mid2) / Double(trade.mid2)
            var pair = 0
            while pair < plan.realisedCount {
                let places = unsafe plan.realised[pair]
                if Int(places.parameter) == index {
                    unsafe sums[Int(places.first)] += trade.sign * kept * 2e4
                    unsafe sums[Int(places.second)] += 1
                }
                pair &+= 1
            }
        }
    }

    // MARK: Trades

    @_noAllocation @_noLocks
    mutating func takeTrade(isBuy: Bool, quantity: Int64) {
        let signed = isBuy ? quantity : 0 &- quantity
        var index = 0
        while index < plan.intervalCount {
            unsafe intervals[index].signedLots = intervals[index].signedLots &+ signed
            index &+= 1
        }
        index = 0
        while index < plan.bucketCount {
            unsafe (buckets + index).pointee.add(isBuy: isBuy, quantity: quantity)
            index &+= 1
        }
    }

    /// Keeps a trade until the horizons have passed; the oldest that waits goes when there is no
    /// room.
    @_noAllocation @_noLocks
    mutating func keep(isBuy: Bool, price: Int64, mid2: Int64, timeNs: UInt64) {
        if plan.horizonCount == 0 { return }
        let place = Int(truncatingIfNeeded: tradeCount & (Self.tradesMax &- 1))
        unsafe trades[place].timeNs = timeNs
        unsafe trades[place].price = price
        unsafe trades[place].mid2 = mid2
        unsafe trades[place].sign = isBuy ? 1 : -1
        tradeCount &+= 1
        var index = 0
        while index < plan.horizonCount {
            if unsafe tradeCount &- cursors[index] > Self.tradesMax {
                unsafe cursors[index] = tradeCount &- Self.tradesMax
            }
            index &+= 1
        }
    }

    @_noAllocation @_noLocks
    func toxicity(_ index: Int) -> Double { unsafe buckets[index].toxicity }

    @_noAllocation @_noLocks
    func isFull(_ index: Int) -> Bool { unsafe buckets[index].isFull }

    // MARK: Micro-price

    @_noAllocation @_noLocks
    mutating func seeTop(_ top: TopOfBook) {
        let kind = TopClass(top)
        if kind.sign != 0 { seen |= 1 << kind.bit }
    }

    /// The mid moved by `change2` half ticks.
    @_noAllocation @_noLocks
    mutating func learn(change2: Int64) {
        changeCount &+= 1
        var rest = seen
        seen = 0
        while rest != 0 {
            let bit = UInt64(truncatingIfNeeded: rest.trailingZeroBitCount)
            rest &= rest &- 1
            let isAsk = bit >= TopClass.count
            let place = Int(truncatingIfNeeded: isAsk ? bit &- TopClass.count : bit)
            let change = Double(isAsk ? 0 &- change2 : change2) / 2
            var index = 0
            while index < plan.stoikovCount {
                unsafe (prices + index).pointee.take(place, change)
                index &+= 1
            }
        }
    }

    /// Ticks that the mid is expected to move by.
    @_noAllocation @_noLocks
    mutating func adjustment(_ index: Int, _ top: TopOfBook) -> Double {
        let kind = TopClass(top)
        if kind.sign == 0 { return 0 }
        return unsafe kind.sign * prices[index].value(kind.place)
    }

    var hasLearnt: Bool {
        @_noAllocation @_noLocks
        get { changeCount >= Self.changesMin }
    }
}
