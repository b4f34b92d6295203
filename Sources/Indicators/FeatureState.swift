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

/// Sums that lose weight as exp(-age / tau), all brought to the same time.
struct DecayedSums: BitwiseCopyable {
    // tau = 0.1 s
    var buyFast = 0.0
    var sellFast = 0.0
    // tau = 1 s
    var buy = 0.0
    var sell = 0.0
    var trades = 0.0
    var quotes = 0.0
    var updates = 0.0
    var flow = 0.0
    var flowDepth = 0.0
    var flow5 = 0.0
    var flowDepth5 = 0.0
    var flow10 = 0.0
    var flowDepth10 = 0.0
    var squares = 0.0
    // tau = 10 s
    var buySlow = 0.0
    var sellSlow = 0.0
    var squares10 = 0.0
    // tau = 60 s
    var squares60 = 0.0
}

/// The history behind one instrument's features. Time is record time only.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct FeatureState: ~Copyable {
    /// Ten levels of one side: keys, then quantities.
    typealias Levels = UnsafeMutablePointer<Int64>

    var sums = DecayedSums()
    var flow = OrderFlowWindow()
    var grid = MidGrid()
    var top = TopOfBook()
    /// False until the first top, and after a break of the book: no step is taken across it.
    var hasTop = false
    var hasLevels = false
    /// bid + ask of the last usable top, ticks; 0 before the first.
    var mid2: Int64 = 0
    var bidLevels: Levels
    var askLevels: Levels
    private var bidLevelsOld: Levels
    private var askLevelsOld: Levels
    var bidCount = 0
    var askCount = 0
    var timeNs: UInt64 = 0
    var startNs: UInt64 = 0
    var lastTradeNs: UInt64 = 0
    var lastTradePrice: Int64 = 0
    private let rates: UnsafeMutablePointer<Double>
    private let factors: UnsafeMutablePointer<Double>

    init() {
        unsafe bidLevels = unsafe Self.makeLevels()
        unsafe askLevels = unsafe Self.makeLevels()
        unsafe bidLevelsOld = unsafe Self.makeLevels()
        unsafe askLevelsOld = unsafe Self.makeLevels()
        unsafe rates = UnsafeMutablePointer<Double>.allocate(capacity: 4)
        unsafe factors = UnsafeMutablePointer<Double>.allocate(capacity: 4)
        unsafe factors.initialize(repeating: 1, count: 4)
        unsafe rates.initialize(repeating: 0, count: 4)
        for (index, tauNs) in [1e8, 1e9, 1e10, 6e10].enumerated() {
            unsafe rates[index] = 1 / tauNs
        }
    }

    deinit {
        unsafe bidLevels.deallocate()
        unsafe askLevels.deallocate()
        unsafe bidLevelsOld.deallocate()
        unsafe askLevelsOld.deallocate()
        unsafe rates.deallocate()
        unsafe factors.deallocate()
    }

    private static func makeLevels() -> Levels {
        let levels = Levels.allocate(capacity: 2 * FeatureSchema.depthLevels)
        unsafe levels.initialize(repeating: 0, count: 2 * FeatureSchema.depthLevels)
        return unsafe levels
    }

    /// Brings every decayed sum and the grid to `timeNs`. Times never go backwards.
    @_noAllocation @_noLocks
    mutating func advance(to timeNs: UInt64) {
        if timeNs <= self.timeNs { return }
        grid.advance(to: timeNs, mid2: mid2)
        unsafe apus_decay_factors(timeNs &- self.timeNs, rates, factors)
        self.timeNs = timeNs
        let (f0, f1, f2, f3) = unsafe (factors[0], factors[1], factors[2], factors[3])
        sums.buyFast *= f0
        sums.sellFast *= f0
        sums.buy *= f1
        sums.sell *= f1
        sums.trades *= f1
        sums.quotes *= f1
        sums.updates *= f1
        sums.flow *= f1
        sums.flowDepth *= f1
        sums.flow5 *= f1
        sums.flowDepth5 *= f1
        sums.flow10 *= f1
        sums.flowDepth10 *= f1
        sums.squares *= f1
        sums.buySlow *= f2
        sums.sellSlow *= f2
        sums.squares10 *= f2
        sums.squares60 *= f3
    }

    /// The connection was lost: what depends on an unbroken history starts anew.
    @_noAllocation @_noLocks
    mutating func reset() {
        sums = DecayedSums()
        flow.clear()
        grid.clear()
        breakOff()
        mid2 = 0
        startNs = 0
    }

    /// The book broke: the next top and levels are not compared with the last.
    @_noAllocation @_noLocks
    mutating func breakOff() {
        hasTop = false
        hasLevels = false
    }

    /// A public trade of `quantity` lots.
    @_noAllocation @_noLocks
    mutating func takeTrade(isBuy: Bool, price: Int64, quantity: Int64) {
        let lots = Double(quantity)
        if isBuy {
            sums.buyFast += lots
            sums.buy += lots
            sums.buySlow += lots
        } else {
            sums.sellFast += lots
            sums.sell += lots
            sums.sellSlow += lots
        }
        sums.trades += 1
        lastTradeNs = timeNs
        lastTradePrice = price
    }

    /// The top changed to `new`, which is usable.
    @_noAllocation @_noLocks
    mutating func takeTop(_ new: TopOfBook) {
        let newMid2 = new.bid &+ new.ask
        if startNs == 0 { startNs = timeNs }
        if hasTop {
            let bids = OrderFlow.step(
                oldKey: top.bid, oldQuantity: top.bidQuantity, key: new.bid,
                quantity: new.bidQuantity)
            let asks = OrderFlow.step(
                oldKey: 0 &- top.ask, oldQuantity: top.askQuantity, key: 0 &- new.ask,
                quantity: new.askQuantity)
            let depth = new.bidQuantity &+ new.askQuantity
            flow.append(flow: bids &- asks, depth: depth)
            sums.flow += Double(bids &- asks)
            sums.flowDepth += Double(depth)
            if newMid2 != mid2 && mid2 != 0 {
                let change = Double(newMid2 &- mid2) / Double(mid2) * 1e4
                sums.squares += change * change
                sums.squares10 += change * change
                sums.squares60 += change * change
            }
        }
        sums.quotes += 1
        hasTop = true
        top = new
        mid2 = newMid2
    }

    /// The book took an update in.
    @_noAllocation @_noLocks
    mutating func takeBook(_ book: borrowing OrderBook) {
        let depth = FeatureSchema.depthLevels
        unsafe (bidLevels, bidLevelsOld) = unsafe (bidLevelsOld, bidLevels)
        unsafe (askLevels, askLevelsOld) = unsafe (askLevelsOld, askLevels)
        bidCount = unsafe book.topKeys(
            side: .buy, count: depth, keys: bidLevels, quantities: bidLevels + depth)
        askCount = unsafe book.topKeys(
            side: .sell, count: depth, keys: askLevels, quantities: askLevels + depth)
        unsafe clearTail(bidLevels, bidCount)
        unsafe clearTail(askLevels, askCount)
        sums.updates += 1
        if hasLevels { takeLevelFlow() }
        hasLevels = true
    }

    /// A level that is not there counts as a far worse price without quantity.
    @_noAllocation @_noLocks
    private func clearTail(_ levels: Levels, _ count: Int) {
        var index = count
        while index < FeatureSchema.depthLevels {
            unsafe levels[index] = Int64.min
            unsafe levels[index &+ FeatureSchema.depthLevels] = 0
            index &+= 1
        }
    }

    @_noAllocation @_noLocks
    private mutating func takeLevelFlow() {
        let depth = FeatureSchema.depthLevels
        var flow: Int64 = 0
        var quantity: Int64 = 0
        var level = 0
        while level < depth {
            let bids = unsafe OrderFlow.step(
                oldKey: bidLevelsOld[level], oldQuantity: bidLevelsOld[level &+ depth],
                key: bidLevels[level], quantity: bidLevels[level &+ depth])
            let asks = unsafe OrderFlow.step(
                oldKey: askLevelsOld[level], oldQuantity: askLevelsOld[level &+ depth],
                key: askLevels[level], quantity: askLevels[level &+ depth])
            flow = flow &+ bids &- asks
            quantity = unsafe quantity &+ bidLevels[level &+ depth] &+ askLevels[level &+ depth]
            level &+= 1
            if level == 5 {
                sums.flow5 += Double(flow)
                sums.flowDepth5 += Double(quantity)
            }
        }
        sums.flow10 += Double(flow)
        sums.flowDepth10 += Double(quantity)
    }
}
