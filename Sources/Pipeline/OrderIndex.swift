//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Finds the place of an order by its id: open addressing, linear probing, a load of at most one
/// half, and removal by shifting back, so that no tombstone ever slows a search down.
///
/// Allocates in `init` only. One thread.
///
/// SAFETY: the slots live as long as the value, and every index into them is masked.
@safe
public struct OrderIndex: ~Copyable, @unchecked Sendable {
    @usableFromInline struct Slot: BitwiseCopyable {
        @usableFromInline var orderID: UInt64  // 0: free. No order has the id 0.
        @usableFromInline var place: UInt32
        @usableFromInline var reserved: UInt32
    }

    @usableFromInline let slots: UnsafeMutablePointer<Slot>
    @usableFromInline let mask: UInt64
    @usableFromInline let shift: UInt64
    public let capacity: Int
    public private(set) var count = 0

    /// - Parameter capacity: Entries, 1...2^24.
    public init(capacity: Int) {
        precondition(capacity >= 1, "a capacity of at least one order")
        precondition(capacity <= 1 << 24, "a capacity of at most 2^24 orders")
        self.capacity = capacity
        var size = 2
        while size < capacity * 2 { size *= 2 }
        unsafe slots = .allocate(capacity: size)
        unsafe slots.initialize(repeating: Slot(orderID: 0, place: 0, reserved: 0), count: size)
        mask = UInt64(size - 1)
        shift = UInt64(64 - size.trailingZeroBitCount)
    }

    deinit { unsafe slots.deallocate() }

    /// The slot where the search for `orderID` begins: its upper product bits are well mixed.
    @_noAllocation @_noLocks
    @inline(__always)
    private func home(_ orderID: UInt64) -> UInt64 {
        (orderID &* 0x9E37_79B9_7F4A_7C15) &>> shift
    }

    /// The place stored for `orderID`; `nil` when there is none.
    ///
    /// - Complexity: O(1) expected.
    @_noAllocation @_noLocks
    @inline(__always)
    public func find(_ orderID: UInt64) -> UInt32? {
        if orderID == 0 { return nil }
        var index = home(orderID)
        while true {
            let held = unsafe slots[Int(truncatingIfNeeded: index)].orderID
            if held == orderID { return unsafe slots[Int(truncatingIfNeeded: index)].place }
            if held == 0 { return nil }
            index = (index &+ 1) & mask
        }
    }

    /// Stores the place of an order that is not in the index.
    ///
    /// - Returns: `false`, with nothing stored, for id 0 or a full index.
    @_noAllocation @_noLocks
    public mutating func insert(_ orderID: UInt64, place: UInt32) -> Bool {
        if orderID == 0 || count == capacity { return false }
        var index = home(orderID)
        while unsafe slots[Int(truncatingIfNeeded: index)].orderID != 0 {
            index = (index &+ 1) & mask
        }
        unsafe slots[Int(truncatingIfNeeded: index)] = Slot(
            orderID: orderID, place: place, reserved: 0)
        count &+= 1
        return true
    }

    /// Forgets `orderID`, if it is there.
    @_noAllocation @_noLocks
    public mutating func remove(_ orderID: UInt64) {
        if orderID == 0 { return }
        var hole = home(orderID)
        while unsafe slots[Int(truncatingIfNeeded: hole)].orderID != orderID {
            if unsafe slots[Int(truncatingIfNeeded: hole)].orderID == 0 { return }
            hole = (hole &+ 1) & mask
        }
        var index = hole
        while true {
            index = (index &+ 1) & mask
            let held = unsafe slots[Int(truncatingIfNeeded: index)]
            if held.orderID == 0 { break }
            // An entry may move back into the hole when its home is not behind the hole.
            if ((index &- home(held.orderID)) & mask) >= ((index &- hole) & mask) {
                unsafe slots[Int(truncatingIfNeeded: hole)] = held
                hole = index
            }
        }
        unsafe slots[Int(truncatingIfNeeded: hole)].orderID = 0
        count &-= 1
    }
}
