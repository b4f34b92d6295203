//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// The parent orders at work, in order of their coming.
///
/// SAFETY: both tables are made in `init` and freed with the value; places are within them.
@safe
struct ParentTable: ~Copyable {
    static var capacity: Int { @_noAllocation @_noLocks get { 64 } }

    private let places: UnsafeMutablePointer<ParentOrder>
    private let active: UnsafeMutablePointer<UInt32>
    /// Free places, the next one last.
    private let free: UnsafeMutablePointer<UInt32>
    private(set) var count = 0

    init() {
        unsafe places = .allocate(capacity: Self.capacity)
        unsafe active = .allocate(capacity: Self.capacity)
        unsafe free = .allocate(capacity: Self.capacity)
        unsafe active.initialize(repeating: 0, count: Self.capacity)
        for place in 0..<Self.capacity {
            unsafe (free + place).initialize(to: UInt32(Self.capacity - 1 - place))
        }
    }

    deinit {
        unsafe places.deallocate()
        unsafe active.deallocate()
        unsafe free.deallocate()
    }

    var isFull: Bool { @_noAllocation @_noLocks get { count == Self.capacity } }

    @_noAllocation @_noLocks
    func place(_ index: Int) -> UInt32 { unsafe active[index] }

    @_noAllocation @_noLocks
    func parent(_ place: UInt32) -> UnsafeMutablePointer<ParentOrder> {
        unsafe places + Int(place)
    }

    /// The parent that a child belongs to, if it is still at work.
    @_noAllocation @_noLocks
    func owner(_ child: UnsafePointer<ChildOrder>) -> UnsafeMutablePointer<ParentOrder>? {
        guard case .parent = unsafe child.pointee.owner,
            let index = unsafe find(child.pointee.parentID),
            unsafe active[index] == child.pointee.parentPlace
        else { return nil }
        return unsafe parent(child.pointee.parentPlace)
    }

    /// Where a parent stands among those at work.
    @_noAllocation @_noLocks
    func find(_ orderID: UInt64) -> Int? {
        for index in 0..<count
        where unsafe parent(active[index]).pointee.orderID == orderID { return index }
        return nil
    }

    /// - Precondition: the table is not full.
    @_noAllocation @_noLocks
    mutating func append(_ parent: ParentOrder) {
        let place = unsafe free[Self.capacity &- 1 &- count]
        unsafe (places + Int(place)).initialize(to: parent)
        unsafe active[count] = place
        count &+= 1
    }

    /// Takes the parent at `index` out; the others keep their order.
    @_noAllocation @_noLocks
    mutating func remove(_ index: Int) {
        let place = unsafe active[index]
        count &-= 1
        for later in index..<count { unsafe active[later] = unsafe active[later &+ 1] }
        unsafe free[Self.capacity &- 1 &- count] = place
    }
}
