//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages

/// One side of an order book: a tick window with a three-level occupancy bitmap, and a hash table
/// for the levels outside it.
///
/// A level's key is its price for bids and its negated price for asks, so the greater key is
/// better on both sides and one code path serves both. The window covers the keys
/// `base ..< base + windowTicks`; the level of a key lies at `key & (windowTicks - 1)`, so
/// re-centring moves only the levels that enter or leave. Invariant: levels outside are worse than
/// every level inside, but for the few *ahead* of the window, which are better.
///
/// A change never moves the window: it only says where the window should be. `tidy` takes it there
/// by one word of 64 ticks at a time, once what the change caused has gone out. What cannot wait
/// is counted as a jump: more levels ahead than there are places, or no level left inside.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct BookSide: ~Copyable {
    /// `bestKey` of an empty side.
    static var none: Int64 {
        @_noAllocation @_noLocks
        get { Int64.min }
    }

    private let quantities: UnsafeMutablePointer<Int64>
    /// A bit for each occupied tick.
    private let ticks: UnsafeMutablePointer<UInt64>
    /// A bit for each word of `ticks` that is not 0.
    private let words: UnsafeMutablePointer<UInt64>
    /// A bit for each word of `words` that is not 0.
    private var summary: UInt64 = 0
    private let window: Int
    private let mask: Int
    private var base: Int64 = 0
    /// Where `base` should be.
    private var goal: Int64 = 0
    private(set) var bestKey = BookSide.none
    private(set) var windowCount = 0
    private var ahead = AheadLevels()
    var far: FarLevels
    /// Removals of levels that were not there: normal in moderation.
    private(set) var unknownRemovals: UInt64 = 0
    /// Times that the window reached where it should be.
    private(set) var recentres: UInt64 = 0
    /// Times that it was moved at once.
    private(set) var jumps: UInt64 = 0

    /// - Parameter windowTicks: A power of two in 4,096...262,144.
    init(windowTicks: Int, farLevelsMax: Int) {
        precondition(windowTicks & (windowTicks - 1) == 0, "a power of two as window")
        precondition((4_096...262_144).contains(windowTicks), "a window of 4,096 to 262,144 ticks")
        window = windowTicks
        mask = windowTicks - 1
        unsafe quantities = UnsafeMutablePointer<Int64>.allocate(capacity: windowTicks)
        unsafe quantities.initialize(repeating: 0, count: windowTicks)
        unsafe ticks = UnsafeMutablePointer<UInt64>.allocate(capacity: windowTicks / 64)
        unsafe ticks.initialize(repeating: 0, count: windowTicks / 64)
        unsafe words = UnsafeMutablePointer<UInt64>.allocate(capacity: windowTicks / 4_096)
        unsafe words.initialize(repeating: 0, count: windowTicks / 4_096)
        far = FarLevels(capacity: farLevelsMax)
    }

    deinit {
        unsafe quantities.deallocate()
        unsafe ticks.deallocate()
        unsafe words.deallocate()
    }

    var count: Int {
        @_noAllocation @_noLocks
        get { windowCount &+ far.count &+ ahead.count }
    }

    /// Quantity of the best level; 0 when the side is empty.
    var bestQuantity: Int64 {
        @_noAllocation @_noLocks
        get {
            if ahead.count > 0 { return ahead.quantity(0) }
            return unsafe bestKey == BookSide.none ? 0 : quantities[index(bestKey)]
        }
    }

    @_noAllocation @_noLocks
    private func index(_ key: Int64) -> Int { Int(truncatingIfNeeded: key) & mask }

    @_noAllocation @_noLocks
    private func key(_ index: Int) -> Int64 {
        base &+ Int64((index &- Int(truncatingIfNeeded: base)) & mask)
    }

    /// Sets the absolute quantity of a level; 0 removes it.
    ///
    /// What was there is told by the bitmap, which stays near, and without a branch: whether a
    /// level comes, changes or goes cannot be foretold; that it is worse than the best mostly can.
    ///
    /// - Returns: `false` when the level lies outside the window and the table for such is full.
    /// - Complexity: O(1); a jump visits the levels that move, at most all.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func set(_ key: Int64, _ quantity: Int64) -> Bool {
        if UInt64(bitPattern: key &- base) >= UInt64(truncatingIfNeeded: window) {
            return setOutside(key, quantity)
        }
        let index = index(key)
        let word = index &>> 6
        let place = UInt64(truncatingIfNeeded: index & 63)
        let isThere: UInt64 = quantity != 0 ? 1 : 0
        let before = unsafe ticks[word]
        let wasThere = (before &>> place) & 1
        let after = before & ~(1 &<< place) | isThere &<< place
        unsafe ticks[word] = after
        unsafe quantities[index] = quantity
        windowCount &+= Int(truncatingIfNeeded: isThere &- wasThere)
        unknownRemovals &+= (isThere | wasThere) ^ 1
        if (before == 0) != (after == 0) { noteWord(word, isOccupied: after != 0) }
        return key < bestKey || setBest(key, quantity)
    }

    /// Sets `count` levels one after the other; `sign` is 0 where a price is a key, and -1 where
    /// its negative is.
    ///
    /// - Returns: How many were out of range or found no room.
    @_noAllocation @_noLocks
    mutating func set(_ levels: UnsafePointer<BookLevel>, count: Int, sign: Int64) -> Int {
        var refused = 0
        var next = 0
        while next < count {
            let price = unsafe levels[next].price.rawValue
            let quantity = unsafe levels[next].quantity.rawValue
            let isTaken = OrderBook.isInRange(price, quantity)
                && set((price ^ sign) &- sign, quantity)
            if !isTaken { refused &+= 1 }
            next &+= 1
        }
        return refused
    }

    /// After a level inside the window, not worse than the best, was set.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func setBest(_ key: Int64, _ quantity: Int64) -> Bool {
        if quantity != 0 {
            if key > bestKey {
                bestKey = key
                aim()
            }
            return true
        }
        if key != bestKey { return true }
        if windowCount == 0 { return findBest(at: index(key)) }
        // The best level was inside, so none is ahead.
        bestKey = self.key(occupiedIndex(atOrBelow: index(key)))
        aim()
        return true
    }

    @_noAllocation @_noLocks
    @inline(never)
    private mutating func setOutside(_ key: Int64, _ quantity: Int64) -> Bool {
        if bestKey == BookSide.none {
            if quantity == 0 {
                unknownRemovals &+= 1
                return true
            }
            let isSound = jump(to: key)
            bestKey = key
            unsafe quantities[index(key)] = quantity
            occupy(index(key))
            return isSound
        }
        if key > base { return setAhead(key, quantity) }
        if quantity != 0 { return far.set(key, quantity) >= 0 }
        if !far.remove(key) { unknownRemovals &+= 1 }
        return true
    }

    @_noAllocation @_noLocks
    private mutating func setAhead(_ key: Int64, _ quantity: Int64) -> Bool {
        if quantity == 0 {
            if !ahead.remove(key) { unknownRemovals &+= 1 }
            if key == bestKey { return findBest(at: index(base &+ Int64(mask))) }
            return true
        }
        if !ahead.set(key, quantity) {
            // The best of all stays ahead of the window at most.
            let isSound = jump(to: key > bestKey ? key : bestKey)
            return set(key, quantity) && isSound
        }
        if key > bestKey {
            bestKey = key
            aim()
        }
        return true
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func occupy(_ index: Int) {
        let word = index &>> 6
        unsafe ticks[word] |= 1 &<< UInt64(truncatingIfNeeded: index & 63)
        noteWord(word, isOccupied: true)
        windowCount &+= 1
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func vacate(_ index: Int) {
        windowCount &-= 1
        let word = index &>> 6
        unsafe ticks[word] &= ~(1 &<< UInt64(truncatingIfNeeded: index & 63))
        if unsafe ticks[word] == 0 { noteWord(word, isOccupied: false) }
    }

    /// Tells the upper two levels of the bitmap that a word of the lowest has bits, or none.
    @_noAllocation @_noLocks
    private mutating func noteWord(_ word: Int, isOccupied: Bool) {
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: word & 63)
        let group: UInt64 = 1 &<< UInt64(truncatingIfNeeded: word &>> 6)
        if isOccupied {
            unsafe words[word &>> 6] |= bit
            summary |= group
            return
        }
        unsafe words[word &>> 6] &= ~bit
        if unsafe words[word &>> 6] == 0 { summary &= ~group }
    }

    /// The occupied index nearest to `index` going down and around the window's end.
    ///
    /// Precondition: the window holds a level.
    @_noAllocation @_noLocks
    @inline(__always)
    private func occupiedIndex(atOrBelow index: Int) -> Int {
        let word = index &>> 6
        let bits = unsafe ticks[word] & (~0 &>> UInt64(truncatingIfNeeded: 63 &- (index & 63)))
        if bits != 0 { return word &<< 6 | (63 &- bits.leadingZeroBitCount) }
        let group = word &>> 6
        let below = unsafe words[group] & ((1 &<< UInt64(truncatingIfNeeded: word & 63)) &- 1)
        if below != 0 { return last(word: group &<< 6 | (63 &- below.leadingZeroBitCount)) }
        let groups = summary & ((1 &<< UInt64(truncatingIfNeeded: group)) &- 1)
        let found = groups != 0 ? groups : summary
        let next = 63 &- found.leadingZeroBitCount
        return unsafe last(word: next &<< 6 | (63 &- words[next].leadingZeroBitCount))
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func last(word: Int) -> Int {
        unsafe word &<< 6 | (63 &- ticks[word].leadingZeroBitCount)
    }

    /// After the best level went: the next one, in the window at or below `index`, or from outside.
    @_noAllocation @_noLocks
    @inline(never)
    private mutating func findBest(at index: Int) -> Bool {
        if ahead.count > 0 {
            bestKey = ahead.key(0)
        } else if windowCount > 0 {
            bestKey = key(occupiedIndex(atOrBelow: index))
        } else {
            let next = far.best(below: Int64.max)
            bestKey = next.key == 0 ? BookSide.none : next.key
            return next.key == 0 ? true : jump(to: next.key)
        }
        aim()
        return true
    }

    /// Says where the window should be: where it is, while the best level is not in the outer
    /// eighth at either end of it.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func aim() {
        let eighth = Int64(window &>> 3)
        let offset = bestKey &- base
        goal = offset >= eighth && offset < 7 &* eighth ? base : centred(on: bestKey)
    }

    /// The base of a window with `key` at five eighths of it: most levels are worse than best.
    @_noAllocation @_noLocks
    private func centred(on key: Int64) -> Int64 { (key &- Int64(window) / 8 &* 5) & ~63 }

    /// Whether `tidy` has something to do.
    var isUntidy: Bool {
        @_noAllocation @_noLocks
        get { goal != base }
    }

    /// Moves the window by 64 ticks towards where it should be, but never off its last level: one
    /// level far ahead does not take the window away from all others.
    ///
    /// - Returns: `false` when the table for levels outside is full; a level is then lost.
    /// - Complexity: 64 levels at most. Bench `kernel/book-tidy`.
    @_noAllocation @_noLocks
    mutating func tidy() -> Bool {
        var isSound = true
        if goal > base {
            let leaving = unsafe ticks[index(base) &>> 6].nonzeroBitCount
            if leaving > 0 && leaving == windowCount {
                goal = base
                return true
            }
            isSound = evict(from: base, to: base &+ 64)
            base &+= 64
            enterFromAhead()
        } else if goal < base {
            // The word that the new ticks take is above the best level.
            if unsafe ticks[index(base &- 64) &>> 6] != 0 {
                goal = base
                return true
            }
            base &-= 64
            var key = base
            while far.count > 0 && key < base &+ 64 {
                let quantity = far.take(key)
                if quantity != 0 { enter(key, quantity) }
                key &+= 1
            }
        }
        if goal == base { recentres &+= 1 }
        return isSound
    }

    @_noAllocation @_noLocks
    private mutating func enter(_ key: Int64, _ quantity: Int64) {
        unsafe quantities[index(key)] = quantity
        occupy(index(key))
    }

    /// Takes in the levels ahead that the window has reached.
    @_noAllocation @_noLocks
    private mutating func enterFromAhead() {
        while ahead.count > 0, ahead.key(ahead.count &- 1) < base &+ Int64(window) {
            let last = ahead.count &- 1
            let (key, quantity) = (ahead.key(last), ahead.quantity(last))
            _ = ahead.remove(key)
            enter(key, quantity)
        }
    }

    /// Moves the window at once so that `key`, at least as good as every level, lies at five
    /// eighths of it.
    ///
    /// - Returns: `false` when the table for levels outside is full; a level is then lost.
    @_noAllocation @_noLocks
    private mutating func jump(to key: Int64) -> Bool {
        jumps &+= 1
        let size = Int64(window)
        let moved = centred(on: key)
        var isSound = true
        if windowCount > 0 {
            let from = moved > base ? base : max(moved &+ size, base)
            let to = moved > base ? min(moved, base &+ size) : base &+ size
            isSound = evict(from: from, to: to)
        }
        base = moved
        goal = moved
        while ahead.count > 0, ahead.key(ahead.count &- 1) < base {
            let last = ahead.count &- 1
            if far.set(ahead.key(last), ahead.quantity(last)) < 0 { isSound = false }
            _ = ahead.remove(ahead.key(last))
        }
        enterFromAhead()
        var slot = far.count == 0 ? -1 : far.occupiedSlot(from: 0)
        while slot >= 0 {
            let level = far.level(at: slot)
            if UInt64(bitPattern: level.key &- base) < UInt64(truncatingIfNeeded: window) {
                far.removeSlot(slot)
                enter(level.key, level.quantity)
                slot = far.occupiedSlot(from: slot)  // The removal may have filled it again.
            } else {
                slot = far.occupiedSlot(from: slot &+ 1)
            }
        }
        return isSound
    }

    /// Moves the levels with keys in `from ..< to`, both multiples of 64, out of the window.
    @_noAllocation @_noLocks
    private mutating func evict(from: Int64, to: Int64) -> Bool {
        var isSound = true
        var first = from
        while first < to {
            let word = index(first) &>> 6
            while unsafe ticks[word] != 0 {
                let bit = unsafe ticks[word].trailingZeroBitCount
                let index = word &<< 6 | bit
                if unsafe far.set(first &+ Int64(bit), quantities[index]) < 0 { isSound = false }
                unsafe quantities[index] = 0
                vacate(index)
            }
            first &+= 64
        }
        return isSound
    }

    /// Writes the `limit` best levels, best first, each `stride` words behind the one before.
    ///
    /// - Returns: How many there were.
    @_noAllocation @_noLocks
    mutating func top(
        _ limit: Int, keys: UnsafeMutablePointer<Int64>,
        quantities out: UnsafeMutablePointer<Int64>, stride: Int
    ) -> Int {
        if bestKey == BookSide.none { return 0 }
        var written = 0
        while written < min(limit, ahead.count) {
            unsafe keys[written &* stride] = ahead.key(written)
            unsafe out[written &* stride] = ahead.quantity(written)
            written &+= 1
        }
        let inside = min(limit, written &+ windowCount)
        var index = index(written == 0 ? bestKey : base &+ Int64(mask))
        if written < inside { index = occupiedIndex(atOrBelow: index) }
        while written < inside {
            unsafe keys[written &* stride] = key(index)
            unsafe out[written &* stride] = unsafe quantities[index]
            written &+= 1
            if written < inside { index = occupiedIndex(atOrBelow: (index &- 1) & mask) }
        }
        var bound = base
        while written < limit {
            let level = far.best(below: bound)
            if level.key == 0 { break }
            unsafe keys[written &* stride] = level.key
            unsafe out[written &* stride] = level.quantity
            bound = level.key
            written &+= 1
        }
        return written
    }

    /// Removes every level; visits only occupied words.
    @_noAllocation @_noLocks
    mutating func clear() {
        while windowCount > 0 {
            let index = occupiedIndex(atOrBelow: mask)
            unsafe quantities[index] = 0
            vacate(index)
        }
        far.clear()
        ahead = AheadLevels()
        goal = base
        bestKey = BookSide.none
    }

    /// Every level, best first. Cold.
    func levels() -> [(key: Int64, quantity: Int64)] {
        var result: [(key: Int64, quantity: Int64)] = []
        for index in 0..<window where unsafe quantities[index] != 0 {
            unsafe result.append((key(index), quantities[index]))
        }
        for place in 0..<ahead.count {
            result.append((ahead.key(place), ahead.quantity(place)))
        }
        var slot = far.occupiedSlot(from: 0)
        while slot >= 0 {
            result.append((far.level(at: slot).key, far.level(at: slot).quantity))
            slot = far.occupiedSlot(from: slot + 1)
        }
        return result.sorted { $0.key > $1.key }
    }
}
