//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Lots by price: a hash table of integers, open addressing, half full at most.
///
/// A dictionary's hash is keyed against those who choose the keys; the prices of a recording are
/// not chosen against its reader, and half of a backtest's time was that hash.
struct LevelTable: Sendable {
    private struct Slot {
        var price: Int64 = 0
        /// 0: empty.
        var lots: Int64 = 0
    }

    private var slots = [Slot](repeating: Slot(), count: 64)
    private(set) var count = 0

    private var mask: Int { slots.count - 1 }
    var isEmpty: Bool { count == 0 }

    /// Every price, in no order.
    var prices: some Sequence<Int64> { slots.lazy.filter { $0.lots > 0 }.map(\.price) }

    /// 0 where there is no level.
    subscript(price: Int64) -> Int64 { slots[place(of: price)].lots }

    /// Where a price is, or would be.
    private func place(of price: Int64) -> Int {
        let mask = mask
        var at = home(price)
        while slots[at].lots > 0, slots[at].price != price { at = (at &+ 1) & mask }
        return at
    }

    /// Fibonacci hashing (D. Knuth, The Art of Computer Programming 3, 6.4): neighbours far apart.
    private func home(_ price: Int64) -> Int {
        let mixed = UInt64(bitPattern: price) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: mixed >> 20) & mask
    }

    /// - Parameter lots: Of the level; 0 or less takes it away.
    /// - Returns: What it had.
    mutating func set(_ price: Int64, _ lots: Int64) -> Int64 {
        let at = place(of: price)
        let before = slots[at].lots
        if lots > 0 {
            slots[at] = Slot(price: price, lots: lots)
            if before == 0 {
                count += 1
                if count * 2 > slots.count { grow() }
            }
        } else if before > 0 {
            remove(at)
        }
        return before
    }

    /// Those behind move up, so that no search ends at the hole.
    private mutating func remove(_ place: Int) {
        let mask = mask
        var hole = place
        var at = (hole &+ 1) & mask
        while slots[at].lots > 0 {
            let distance = (at &- home(slots[at].price)) & mask
            if distance >= (at &- hole) & mask {
                slots[hole] = slots[at]
                hole = at
            }
            at = (at &+ 1) & mask
        }
        slots[hole] = Slot()
        count -= 1
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for slot in old where slot.lots > 0 { slots[place(of: slot.price)] = slot }
    }

    mutating func removeAll(where isGone: (Int64) -> Bool) {
        let kept = slots.filter { $0.lots > 0 && !isGone($0.price) }
        slots = [Slot](repeating: Slot(), count: slots.count)
        count = kept.count
        for slot in kept { slots[place(of: slot.price)] = slot }
    }
}
