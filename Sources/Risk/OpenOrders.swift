//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Pipeline

/// What risk remembers of an order that is not known to be dead.
struct OpenOrder: BitwiseCopyable {
    var orderID: UInt64
    var leaves: Int64
    var instrumentID: UInt32
    var side: Side
    /// 1 while it counts as open; 0 once it has ended with fills still to come.
    var isOpen: UInt8
}

/// The open orders by id.
///
/// Allocates in `init` only. One thread.
///
/// SAFETY: places come from the free list and the index, which hold places of `orders` only.
@safe
struct OpenOrders: ~Copyable, @unchecked Sendable {
    private let orders: UnsafeMutablePointer<OpenOrder>
    private let free: UnsafeMutablePointer<UInt32>
    private var freeCount: Int
    private var index: OrderIndex

    init(capacity: Int) {
        unsafe orders = .allocate(capacity: capacity)
        unsafe orders.initialize(
            repeating: OpenOrder(orderID: 0, leaves: 0, instrumentID: 0, side: .none, isOpen: 0),
            count: capacity)
        unsafe free = .allocate(capacity: capacity)
        for place in 0..<capacity { unsafe free[place] = UInt32(capacity - 1 - place) }
        freeCount = capacity
        index = OrderIndex(capacity: capacity)
    }

    deinit {
        unsafe orders.deallocate()
        unsafe free.deallocate()
    }

    @_noAllocation @_noLocks
    func find(_ orderID: UInt64) -> UnsafeMutablePointer<OpenOrder>? {
        guard let place = index.find(orderID) else { return nil }
        return unsafe orders + Int(place)
    }

    var isFull: Bool { @_noAllocation @_noLocks get { freeCount == 0 } }

    /// - Precondition: not full, and the id is new.
    @_noAllocation @_noLocks
    mutating func insert(_ intent: UnsafePointer<OrderIntent>) {
        let place = unsafe free[freeCount &- 1]
        guard unsafe index.insert(intent.pointee.orderID, place: place) else { return }
        freeCount &-= 1
        unsafe orders[Int(place)] = unsafe OpenOrder(
            orderID: intent.pointee.orderID, leaves: intent.pointee.quantity.rawValue,
            instrumentID: intent.pointee.instrumentID, side: intent.pointee.side, isOpen: 1)
    }

    @_noAllocation @_noLocks
    mutating func remove(_ orderID: UInt64) {
        guard let place = index.find(orderID) else { return }
        index.remove(orderID)
        unsafe free[freeCount] = place
        freeCount &+= 1
    }
}
