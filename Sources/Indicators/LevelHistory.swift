//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import MarketData

/// The ten best levels of a book's sides, now and before its last update.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct LevelHistory: ~Copyable {
    /// Ten levels of one side: keys, quantities, then the quantities added up from the best on.
    typealias Levels = UnsafeMutablePointer<Int64>

    static var depth: Int {
        @_noAllocation @_noLocks
        get { 10 }
    }

    private var bids: Levels
    private var asks: Levels
    private var bidsOld: Levels
    private var asksOld: Levels
    private var bidCount = 0
    private var askCount = 0
    /// False until the first update, and after a break.
    var hasLevels = false

    init() {
        unsafe bids = unsafe Self.makeLevels()
        unsafe asks = unsafe Self.makeLevels()
        unsafe bidsOld = unsafe Self.makeLevels()
        unsafe asksOld = unsafe Self.makeLevels()
    }

    deinit {
        unsafe bids.deallocate()
        unsafe asks.deallocate()
        unsafe bidsOld.deallocate()
        unsafe asksOld.deallocate()
    }

    private static func makeLevels() -> Levels {
        let levels = Levels.allocate(capacity: 3 * depth)
        unsafe levels.initialize(repeating: 0, count: 3 * depth)
        return unsafe levels
    }

    /// Reads the levels anew and adds the order flow of the step to the plan's sums.
    @_noAllocation @_noLocks
    mutating func take(
        _ book: inout BookSynchroniser, flows: UnsafeBufferPointer<SumPair>,
        into sums: UnsafeMutablePointer<Double>
    ) {
        let depth = Self.depth
        unsafe (bids, bidsOld) = unsafe (bidsOld, bids)
        unsafe (asks, asksOld) = unsafe (asksOld, asks)
        bidCount = unsafe book.topKeys(
            side: .buy, count: depth, keys: bids, quantities: bids + depth)
        askCount = unsafe book.topKeys(
            side: .sell, count: depth, keys: asks, quantities: asks + depth)
        unsafe complete(bids, bidCount)
        unsafe complete(asks, askCount)
        if hasLevels { unsafe takeFlow(flows, sums) }
        hasLevels = true
    }

    /// A level that is not there counts as a far worse price without quantity.
    @_noAllocation @_noLocks
    private func complete(_ levels: Levels, _ count: Int) {
        let depth = Self.depth
        var sum: Int64 = 0
        var index = 0
        while index < depth {
            if index >= count {
                unsafe levels[index] = Int64.min
                unsafe levels[index &+ depth] = 0
            }
            sum = unsafe sum &+ levels[index &+ depth]
            unsafe levels[index &+ 2 &* depth] = sum
            index &+= 1
        }
    }

    @_noAllocation @_noLocks
    private func takeFlow(
        _ flows: UnsafeBufferPointer<SumPair>, _ sums: UnsafeMutablePointer<Double>
    ) {
        let depth = Self.depth
        var flow: Int64 = 0
        var level = 0
        var next = 0
        while next < flows.count {
            let wanted = unsafe flows[next]
            while level < Int(wanted.parameter) {
                let bid = unsafe OrderFlow.step(
                    oldKey: bidsOld[level], oldQuantity: bidsOld[level &+ depth],
                    key: bids[level], quantity: bids[level &+ depth])
                let ask = unsafe OrderFlow.step(
                    oldKey: asksOld[level], oldQuantity: asksOld[level &+ depth],
                    key: asks[level], quantity: asks[level &+ depth])
                flow = flow &+ bid &- ask
                level &+= 1
            }
            unsafe sums[Int(wanted.first)] += Double(flow)
            unsafe sums[Int(wanted.second)] += Double(quantity(level))
            next &+= 1
        }
    }

    /// What rests on the `count` best levels of both sides; `count` 1...10.
    @_noAllocation @_noLocks
    func quantity(_ count: Int) -> Int64 {
        let place = count &- 1 &+ 2 &* Self.depth
        return unsafe bids[place] &+ asks[place]
    }

    /// Bids minus asks over both, of the `count` best levels.
    @_noAllocation @_noLocks
    func imbalance(_ count: Int) -> Double {
        let place = count &- 1 &+ 2 &* Self.depth
        let (bid, ask) = unsafe (bids[place], asks[place])
        return bid &+ ask == 0 ? 0 : Double(bid &- ask) / Double(bid &+ ask)
    }

    @_noAllocation @_noLocks
    func slope(isBid: Bool) -> Double {
        let depth = Self.depth
        let (levels, count) = unsafe isBid ? (bids, bidCount) : (asks, askCount)
        if count < 2 { return 0 }
        let all = unsafe Double(levels[3 &* depth &- 1])
        let first = unsafe Double(levels[depth])
        return unsafe (all - first) / all / Double(levels[0] &- levels[count &- 1])
    }
}
