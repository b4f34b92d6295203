//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The levels of one side that lie outside the book's tick window: a bounded hash table with open
/// addressing, linear probing and deletion by backward shift, so that it never degrades.
///
/// A level's *key* is its price for bids and its negated price for asks: the greater key is always
/// the better price. Key 0 marks a free slot; prices are at least 1.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
struct FarLevels: ~Copyable {
    struct Slot: BitwiseCopyable {
        var key: Int64
        var quantity: Int64
    }

    private let slots: UnsafeMutablePointer<Slot>
    /// One bit a slot, so that a scan costs one step per 64 free slots.
    private let occupied: UnsafeMutablePointer<UInt64>
    private let slotMask: Int
    private let shift: UInt64
    let capacity: Int
    private(set) var count = 0

    /// - Parameter capacity: Levels; a power of two, at least 64. The table is at most half full.
    init(capacity: Int) {
        precondition(capacity >= 64 && capacity & (capacity - 1) == 0, "a power of two of 64 or up")
        self.capacity = capacity
        let slotCount = capacity * 2
        slotMask = slotCount - 1
        shift = UInt64(64 - slotCount.trailingZeroBitCount)
        unsafe slots = UnsafeMutablePointer<Slot>.allocate(capacity: slotCount)
        unsafe slots.initialize(repeating: Slot(key: 0, quantity: 0), count: slotCount)
        unsafe occupied = UnsafeMutablePointer<UInt64>.allocate(capacity: slotCount / 64)
        unsafe occupied.initialize(repeating: 0, count: slotCount / 64)
    }

    deinit {
        unsafe slots.deallocate()
        unsafe occupied.deallocate()
    }

    /// Multiplicative hashing: neighbouring prices spread over the table.
    @_noAllocation @_noLocks
    private func home(_ key: Int64) -> Int {
        let product = UInt64(bitPattern: key) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: product &>> shift)
    }

    /// The slot that holds `key`, or the free slot where it would go.
    @_noAllocation @_noLocks
    private func find(_ key: Int64) -> Int {
        var slot = home(key)
        while unsafe slots[slot].key != 0 && slots[slot].key != key {
            slot = (slot &+ 1) & slotMask
        }
        return slot
    }

    /// Puts a level in or changes its quantity.
    ///
    /// - Returns: 0 changed, 1 put in, -1 refused: the table is full.
    @_noAllocation @_noLocks
    mutating func set(_ key: Int64, _ quantity: Int64) -> Int {
        let slot = find(key)
        if unsafe slots[slot].key == key {
            unsafe slots[slot].quantity = quantity
            return 0
        }
        if count == capacity { return -1 }
        unsafe slots[slot] = Slot(key: key, quantity: quantity)
        unsafe occupied[slot &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: slot & 63)
        count &+= 1
        return 1
    }

    /// Takes a level out; `false` when there is none.
    @_noAllocation @_noLocks
    mutating func remove(_ key: Int64) -> Bool {
        let slot = find(key)
        if unsafe slots[slot].key != key { return false }
        removeSlot(slot)
        return true
    }

    /// Takes a level out and says its quantity; 0 when there is none.
    @_noAllocation @_noLocks
    mutating func take(_ key: Int64) -> Int64 {
        // Key 0 marks a free slot.
        if key == 0 { return 0 }
        let slot = find(key)
        let found = level(at: slot)
        if found.key != key { return 0 }
        removeSlot(slot)
        return found.quantity
    }

    /// Empties `slot` and moves later members of its cluster back, so that no probe is cut.
    @_noAllocation @_noLocks
    mutating func removeSlot(_ slot: Int) {
        var hole = slot
        var next = (hole &+ 1) & slotMask
        while unsafe slots[next].key != 0 {
            let distance = unsafe (next &- home(slots[next].key)) & slotMask
            if distance >= ((next &- hole) & slotMask) {
                unsafe slots[hole] = unsafe slots[next]
                hole = next
            }
            next = (next &+ 1) & slotMask
        }
        unsafe slots[hole] = Slot(key: 0, quantity: 0)
        unsafe occupied[hole &>> 6] &= ~(1 &<< UInt64(truncatingIfNeeded: hole & 63))
        count &-= 1
    }

    /// The first occupied slot at or behind `start`, or -1.
    @_noAllocation @_noLocks
    func occupiedSlot(from start: Int) -> Int {
        if start > slotMask { return -1 }
        var word = start &>> 6
        var bits = unsafe occupied[word] & (~0 &<< UInt64(truncatingIfNeeded: start & 63))
        while bits == 0 {
            word &+= 1
            if word > slotMask &>> 6 { return -1 }
            bits = unsafe occupied[word]
        }
        return word &<< 6 | bits.trailingZeroBitCount
    }

    @_noAllocation @_noLocks
    func level(at slot: Int) -> Slot { unsafe slots[slot] }

    /// The best level with a key below `bound`; key 0 when there is none. Visits every level.
    @_noAllocation @_noLocks
    func best(below bound: Int64) -> Slot {
        var best = Slot(key: 0, quantity: 0)
        var slot = count == 0 ? -1 : occupiedSlot(from: 0)
        while slot >= 0 {
            let level = unsafe slots[slot]
            if level.key < bound && (best.key == 0 || level.key > best.key) { best = level }
            slot = occupiedSlot(from: slot &+ 1)
        }
        return best
    }

    /// Takes every level out; visits only occupied slots.
    @_noAllocation @_noLocks
    mutating func clear() {
        var slot = count == 0 ? -1 : occupiedSlot(from: 0)
        while slot >= 0 {
            unsafe slots[slot] = Slot(key: 0, quantity: 0)
            unsafe occupied[slot &>> 6] &= ~(1 &<< UInt64(truncatingIfNeeded: slot & 63))
            slot = occupiedSlot(from: slot &+ 1)
        }
        count = 0
    }
}
