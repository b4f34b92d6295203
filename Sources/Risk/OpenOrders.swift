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
    /// Lots, the executed part included.
    var total: Int64
    /// What is left of it as the venue has it.
    var leaves: Int64
    /// What of it is counted as exposure: the largest that it may have left.
    var counted: Int64
    /// Ticks; of market orders 0.
    var price: Int64
    /// The nearest to the other side that it may have while changes are on their way.
    var farPrice: Int64
    var instrumentID: UInt32
    /// Neighbours among the orders of its instrument.
    var next: UInt32
    var previous: UInt32
    /// Changes sent and not answered.
    var pendingCount: UInt32
    var side: Side
    /// 1 while it counts as open; 0 once it has ended with fills still to come.
    var isOpen: UInt8
    /// 1 when it may rest in the book: control 12.
    var isResting: UInt8

    /// An order that is open, and all of what is left of it counted.
    @_noAllocation @_noLocks
    init(
        orderID: UInt64, total: Int64, leaves: Int64, price: Int64, instrumentID: UInt32,
        side: Side, rests: Bool
    ) {
        self.orderID = orderID
        self.total = total
        self.leaves = leaves
        counted = leaves
        self.price = price
        farPrice = price
        self.instrumentID = instrumentID
        next = OpenOrders.none
        previous = OpenOrders.none
        pendingCount = 0
        self.side = side
        isOpen = 1
        isResting = rests ? 1 : 0
    }
}

/// The open orders by id, and those of one instrument in a chain.
///
/// Allocates in `init` only. One thread.
///
/// SAFETY: places come from the free list, the index and the chains, which hold places of
/// `orders` only.
@safe
struct OpenOrders: ~Copyable, @unchecked Sendable {
    /// No place.
    static var none: UInt32 { @_noAllocation @_noLocks get { UInt32.max } }

    private let orders: UnsafeMutablePointer<OpenOrder>
    private let free: UnsafeMutablePointer<UInt32>
    private var freeCount: Int
    private var index: OrderIndex

    init(capacity: Int) {
        unsafe orders = .allocate(capacity: capacity)
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
    @inline(__always)
    func find(_ orderID: UInt64) -> UnsafeMutablePointer<OpenOrder>? {
        guard let place = index.find(orderID) else { return nil }
        return unsafe orders + Int(place)
    }

    var isFull: Bool { @_noAllocation @_noLocks get { freeCount == 0 } }

    /// Takes in an order as the first of its instrument's.
    ///
    /// - Precondition: not full, and the id is new.
    @_noAllocation @_noLocks
    mutating func insert(_ order: OpenOrder, _ row: UnsafeMutablePointer<InstrumentRisk>) {
        freeCount &-= 1
        let place = unsafe free[freeCount]
        _ = index.insert(order.orderID, place: place)
        var order = order
        order.next = unsafe row.pointee.firstOrder
        if order.next != Self.none { unsafe orders[Int(order.next)].previous = place }
        unsafe row.pointee.firstOrder = place
        unsafe orders[Int(place)] = order
    }

    /// - Precondition: the order is of this table and of this instrument.
    @_noAllocation @_noLocks
    mutating func remove(
        _ order: UnsafeMutablePointer<OpenOrder>, _ row: UnsafeMutablePointer<InstrumentRisk>
    ) {
        let next = unsafe order.pointee.next
        let previous = unsafe order.pointee.previous
        if next != Self.none { unsafe orders[Int(next)].previous = previous }
        if previous != Self.none {
            unsafe orders[Int(previous)].next = next
        } else {
            unsafe row.pointee.firstOrder = next
        }
        unsafe index.remove(order.pointee.orderID)
        unsafe free[freeCount] = UInt32(truncatingIfNeeded: order - orders)
        freeCount &+= 1
    }

    /// Control 12: finds the best own prices of one side anew, over the instrument's open orders,
    /// whose number a limit bounds.
    @_noAllocation @_noLocks
    func findOwnBest(_ side: Side, _ row: UnsafeMutablePointer<InstrumentRisk>) {
        var best: Int64 = 0
        var place = unsafe row.pointee.firstOrder
        while place != Self.none {
            let order = unsafe orders[Int(place)]
            if order.side == side && order.isOpen == 1 && order.isResting == 1 {
                best = Self.better(best, order.farPrice, side)
            }
            place = order.next
        }
        if side == .buy {
            unsafe row.pointee.ownBid = best
        } else {
            unsafe row.pointee.ownAsk = best
        }
    }

    /// The price nearer to the other side; 0 is none.
    @_noAllocation @_noLocks
    static func better(_ a: Int64, _ b: Int64, _ side: Side) -> Int64 {
        if a == 0 { return b }
        return side == .buy ? max(a, b) : min(a, b)
    }
}
