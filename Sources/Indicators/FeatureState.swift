//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import CMessages
import MarketData

/// The best bid and ask a decision is made on, in ticks and lots; 0 where there is none.
public struct TopOfBook: Equatable, Sendable, BitwiseCopyable {
    public var bid: Int64 = 0
    public var ask: Int64 = 0
    public var bidQuantity: Int64 = 0
    public var askQuantity: Int64 = 0

    @_noAllocation @_noLocks
    init() {}

    /// Both sides there and bid below ask.
    public var isUsable: Bool {
        @_noAllocation @_noLocks
        get { bid > 0 && ask > bid }
    }

    @_noAllocation @_noLocks
    func equals(_ other: TopOfBook) -> Bool {
        bid == other.bid && ask == other.ask && bidQuantity == other.bidQuantity
            && askQuantity == other.askQuantity
    }
}

/// The history behind one instrument's features: what the plan names, and no more. Time is record
/// time only.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it; places of sums are
/// those of the plan, which counted them.
@safe
struct FeatureState: ~Copyable {
    let plan: FeaturePlan
    private let path: ScanPath
    /// Sums that lose weight as exp(-age / tau), those of one tau side by side, all brought to the
    /// same time.
    let sums: UnsafeMutablePointer<Double>
    var flow: OrderFlowWindow
    var grid = MidGrid()
    var book = LevelHistory()
    var estimators: FeatureEstimators
    var top = TopOfBook()
    /// False until the first top, and after a break of the book: no step is taken across it.
    var hasTop = false
    /// bid + ask of the last usable top, ticks; 0 before the first.
    var mid2: Int64 = 0
    var timeNs: UInt64 = 0
    var startNs: UInt64 = 0
    var lastTradeNs: UInt64 = 0
    var lastTradePrice: Int64 = 0

    init(_ plan: FeaturePlan, instrument: Instrument) {
        self.plan = plan
        path = apus_scan_path_best()
        unsafe sums = UnsafeMutablePointer<Double>.allocate(capacity: max(1, plan.sumCount))
        unsafe sums.initialize(repeating: 0, count: max(1, plan.sumCount))
        flow = OrderFlowWindow(plan)
        estimators = FeatureEstimators(plan, instrument: instrument)
    }

    deinit { unsafe sums.deallocate() }

    /// Adds to every sum of a kind.
    @_noAllocation @_noLocks
    @inline(__always)
    private func add(_ kind: SumKind, _ x: Double) {
        let range = plan.places(of: kind)
        var index = range.start
        while index < range.end {
            unsafe sums[Int(plan.places[index])] += x
            index &+= 1
        }
    }

    /// Brings every decayed sum and the grid to `timeNs`. Times never go backwards.
    @_noAllocation @_noLocks
    mutating func advance(to timeNs: UInt64) {
        if timeNs <= self.timeNs { return }
        grid.advance(to: timeNs, mid2: mid2)
        unsafe apus_decay_sums(
            timeNs &- self.timeNs, plan.rates, plan.groupEnds,
            UInt32(truncatingIfNeeded: plan.groupCount), sums, path)
        self.timeNs = timeNs
        if plan.hasPeriods {
            unsafe estimators.advance(to: timeNs, mid2: hasTop ? mid2 : 0, sums: sums)
        }
    }

    /// The connection was lost: what depends on an unbroken history starts anew.
    @_noAllocation @_noLocks
    mutating func reset() {
        var index = 0
        while index < plan.sumCount {
            unsafe sums[index] = 0
            index &+= 1
        }
        flow.clear()
        grid.clear()
        estimators.clear()
        breakOff()
        mid2 = 0
        startNs = 0
    }

    /// The book broke: the next top and levels are not compared with the last.
    @_noAllocation @_noLocks
    mutating func breakOff() {
        hasTop = false
        book.hasLevels = false
        estimators.breakOff()
    }

    /// A public trade of `quantity` lots.
    @_noAllocation @_noLocks
    mutating func takeTrade(isBuy: Bool, price: Int64, quantity: Int64) {
        add(isBuy ? .buy : .sell, Double(quantity))
        add(.trades, 1)
        if plan.hasTradeEstimators {
            estimators.takeTrade(isBuy: isBuy, quantity: quantity)
            if hasTop { takeTradeSpread(isBuy, price) }
        }
        lastTradeNs = timeNs
        lastTradePrice = price
    }

    /// What the trade paid beyond the mid, twice, basis points.
    @_noAllocation @_noLocks
    private mutating func takeTradeSpread(_ isBuy: Bool, _ price: Int64) {
        let distance = 2 &* price &- mid2
        let paid = Double(distance < 0 ? 0 &- distance : distance) / Double(mid2) * 2e4
        add(.effective, paid)
        add(.effectiveCount, 1)
        estimators.keep(isBuy: isBuy, price: price, mid2: mid2, timeNs: timeNs)
    }

    /// The top changed to `new`, which is usable.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func takeTop(_ new: TopOfBook) {
        let newMid2 = new.bid &+ new.ask
        if startNs == 0 { startNs = timeNs }
        if hasTop { takeStep(new, newMid2) }
        add(.quotes, 1)
        hasTop = true
        top = new
        mid2 = newMid2
        if plan.stoikovCount > 0 { estimators.seeTop(new) }
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func takeStep(_ new: TopOfBook, _ newMid2: Int64) {
        let bids = OrderFlow.step(
            oldKey: top.bid, oldQuantity: top.bidQuantity, key: new.bid,
            quantity: new.bidQuantity)
        let asks = OrderFlow.step(
            oldKey: 0 &- top.ask, oldQuantity: top.askQuantity, key: 0 &- new.ask,
            quantity: new.askQuantity)
        let depth = new.bidQuantity &+ new.askQuantity
        flow.append(flow: bids &- asks, depth: depth)
        add(.flow, Double(bids &- asks))
        add(.flowDepth, Double(depth))
        if plan.hasDepletion {
            let bid = OrderFlow.removed(
                oldKey: top.bid, oldQuantity: top.bidQuantity, key: new.bid,
                quantity: new.bidQuantity)
            let ask = OrderFlow.removed(
                oldKey: 0 &- top.ask, oldQuantity: top.askQuantity, key: 0 &- new.ask,
                quantity: new.askQuantity)
            add(.removedBid, Double(bid))
            add(.removedAsk, Double(ask))
        }
        if newMid2 != mid2 && mid2 != 0 {
            let change = Double(newMid2 &- mid2) / Double(mid2) * 1e4
            add(.squares, change * change)
            if plan.stoikovCount > 0 { estimators.learn(change2: newMid2 &- mid2) }
        }
    }

    /// The book took an update in.
    @_noAllocation @_noLocks
    mutating func takeBook(_ orders: inout BookSynchroniser) {
        add(.updates, 1)
        if !plan.hasLevels { return }
        unsafe book.take(
            &orders,
            flows: UnsafeBufferPointer(start: plan.levelFlows, count: plan.levelFlowCount),
            into: sums)
    }
}
