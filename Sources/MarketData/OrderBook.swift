//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

/// A price and the quantity that rests there; price 0 when there is none.
public struct PriceLevel: Equatable, Sendable, BitwiseCopyable {
    public var price: PriceTicks
    public var quantity: QuantityLots

    @_noAllocation @_noLocks
    public init(price: PriceTicks, quantity: QuantityLots) {
        self.price = price
        self.quantity = quantity
    }
}

/// The resting orders of one instrument, summed by price. All memory is taken in `init`.
///
/// Cost of `apply`: bench `kernel/book-level`; O(1) with the best level maintained.
public struct OrderBook: ~Copyable {
    /// Largest price and quantity taken; sums of 100 quantities then stay within an `Int64`.
    public static let magnitudeMax: Int64 = 1 << 50
    public static let windowTicksDefault = 65_536
    public static let farLevelsMaxDefault = 32_768

    var bids: BookSide
    var asks: BookSide

    /// - Parameters:
    ///   - windowTicks: Ticks a side that are reached without hashing; a power of two.
    ///   - farLevelsMax: Levels a side outside that window; a power of two.
    public init(
        windowTicks: Int = OrderBook.windowTicksDefault,
        farLevelsMax: Int = OrderBook.farLevelsMaxDefault
    ) {
        bids = BookSide(windowTicks: windowTicks, farLevelsMax: farLevelsMax)
        asks = BookSide(windowTicks: windowTicks, farLevelsMax: farLevelsMax)
    }

    /// Sets the absolute quantity at a price; 0 removes the level.
    ///
    /// - Returns: `false` for a side, price or quantity out of range, or when there is no room for
    ///   the level: the book is then no longer the venue's and must be cleared.
    @_noAllocation @_noLocks
    @discardableResult
    public mutating func apply(side: Side, price: PriceTicks, quantity: QuantityLots) -> Bool {
        if !Self.isInRange(price.rawValue, quantity.rawValue) { return false }
        if side == .buy { return bids.set(price.rawValue, quantity.rawValue) }
        if side == .sell { return asks.set(0 &- price.rawValue, quantity.rawValue) }
        return false
    }

    @_noAllocation @_noLocks
    @inline(__always)
    static func isInRange(_ price: Int64, _ quantity: Int64) -> Bool {
        let limit = UInt64(magnitudeMax)
        return UInt64(bitPattern: price &- 1) < limit && UInt64(bitPattern: quantity) <= limit
    }

    /// Sets `count` levels of one side, each as `apply(side:price:quantity:)` does.
    ///
    /// - Returns: How many of them that would have refused.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func apply(side: Side, levels: UnsafePointer<BookLevel>, count: Int) -> Int {
        if side == .buy { return unsafe bids.set(levels, count: count, sign: 0) }
        if side == .sell { return unsafe asks.set(levels, count: count, sign: -1) }
        return count
    }

    /// The highest bid; price 0 when there is none.
    public var bestBid: PriceLevel {
        @_noAllocation @_noLocks
        get {
            let key = bids.bestKey
            return PriceLevel(
                price: PriceTicks(rawValue: key == BookSide.none ? 0 : key),
                quantity: QuantityLots(rawValue: bids.bestQuantity))
        }
    }

    /// The lowest ask; price 0 when there is none.
    public var bestAsk: PriceLevel {
        @_noAllocation @_noLocks
        get {
            let key = asks.bestKey
            return PriceLevel(
                price: PriceTicks(rawValue: key == BookSide.none ? 0 : 0 &- key),
                quantity: QuantityLots(rawValue: asks.bestQuantity))
        }
    }

    /// True when both sides have levels and the best bid is not below the best ask.
    public var isCrossedOrLocked: Bool {
        @_noAllocation @_noLocks
        get {
            if bids.bestKey == BookSide.none || asks.bestKey == BookSide.none { return false }
            return bids.bestKey >= 0 &- asks.bestKey
        }
    }

    /// Levels on both sides.
    public var levelCount: Int {
        @_noAllocation @_noLocks
        get { bids.count &+ asks.count }
    }

    /// Levels of one side.
    @_noAllocation @_noLocks
    public func levelCount(side: Side) -> Int { side == .buy ? bids.count : asks.count }

    /// Window moves that `tidy` completed since the book was made.
    public var recentreCount: UInt64 {
        @_noAllocation @_noLocks
        get { bids.recentres &+ asks.recentres }
    }

    /// Window moves that could not wait for `tidy`.
    public var jumpCount: UInt64 {
        @_noAllocation @_noLocks
        get { bids.jumps &+ asks.jumps }
    }

    /// Moves the tick windows a little towards the best prices: to be called after what an update
    /// caused has gone out. The levels are the same before and after.
    ///
    /// - Returns: `false` when there is no room for a level: the book must be cleared.
    /// - Complexity: at most 128 levels; nothing while the best prices are well inside.
    @_noAllocation @_noLocks
    @inline(__always)
    @discardableResult
    public mutating func tidy() -> Bool {
        if !bids.isUntidy && !asks.isUntidy { return true }
        let isSound = bids.tidy()
        return asks.tidy() && isSound
    }

    /// Removals of levels that were not there, since the book was made.
    public var unknownRemovalCount: UInt64 {
        @_noAllocation @_noLocks
        get { bids.unknownRemovals &+ asks.unknownRemovals }
    }

    /// Writes the `count` best levels of a side, best first. A *key* is the price of a bid and the
    /// negated price of an ask: the greater key is better.
    ///
    /// - Returns: How many levels there were.
    @_noAllocation @_noLocks
    public mutating func topKeys(
        side: Side, count: Int, keys: UnsafeMutablePointer<Int64>,
        quantities: UnsafeMutablePointer<Int64>
    ) -> Int {
        unsafe side == .buy
            ? bids.top(count, keys: keys, quantities: quantities, stride: 1)
            : asks.top(count, keys: keys, quantities: quantities, stride: 1)
    }

    /// Writes the `count` best levels of a side, best first.
    ///
    /// - Returns: How many levels there were.
    @_noAllocation @_noLocks
    public mutating func top(
        side: Side, count: Int, into levels: UnsafeMutablePointer<PriceLevel>
    ) -> Int {
        let words = unsafe UnsafeMutableRawPointer(levels).assumingMemoryBound(to: Int64.self)
        if side == .buy {
            return unsafe bids.top(count, keys: words, quantities: words + 1, stride: 2)
        }
        let found = unsafe asks.top(count, keys: words, quantities: words + 1, stride: 2)
        var index = 0
        while index < found {
            unsafe words[2 &* index] = unsafe 0 &- words[2 &* index]
            index &+= 1
        }
        return found
    }

    /// Removes every level.
    @_noAllocation @_noLocks
    public mutating func clear() {
        bids.clear()
        asks.clear()
    }

    /// Every level of a side, best first. Cold: it allocates and sorts.
    public func levels(side: Side) -> [PriceLevel] {
        let isBid = side == .buy
        let all = isBid ? bids.levels() : asks.levels()
        return all.map {
            PriceLevel(
                price: PriceTicks(rawValue: isBid ? $0.key : -$0.key),
                quantity: QuantityLots(rawValue: $0.quantity))
        }
    }
}
