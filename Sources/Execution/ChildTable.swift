//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Pipeline

/// Whose order a child is.
enum ChildOwner: UInt8 {
    case parent
    /// Brings a position nearer to zero, at once.
    case exit
    /// The profit that is aimed at, resting.
    case target
}

/// An order of the execution stage.
struct ChildOrder {
    var orderID: UInt64 = 0
    /// Of a parent's child: the parent, which may have ended by now.
    var parentID: UInt64 = 0
    var parentPlace: UInt32 = 0
    var instrumentID: UInt32 = 0
    var quantity: Int64 = 0
    /// What may still become position; it never grows.
    var leaves: Int64 = 0
    var price: Int64 = 0
    var cancelNotBeforeNs: UInt64 = 0
    var owner = ChildOwner.parent
    var side = Side.none
    var timeInForce = TimeInForce.ioc
    var isReduceOnly = false
    /// Its end is still to come.
    var isLive = false
    /// The venue has it in its book.
    var isOpen = false
    /// A new price was asked for and not answered yet.
    var isMoving = false
    /// Its end was asked for.
    var isWithdrawn = false

    @_noAllocation @_noLocks
    init() {}
}

/// The children, found by id; ended ones are kept until their place is needed, for late fills.
///
/// SAFETY: the places are made in `init` and freed with the table; a place given out is within it.
@safe
struct ChildTable: ~Copyable {
    static var capacity: Int { @_noAllocation @_noLocks get { 1_024 } }
    /// Live at a time; the others are kept for late fills.
    static var liveMax: Int { @_noAllocation @_noLocks get { 768 } }

    private let places: UnsafeMutablePointer<ChildOrder>
    private var index = OrderIndex(capacity: Self.capacity)
    private var cursor = 0
    private(set) var liveCount = 0

    init() {
        unsafe places = .allocate(capacity: Self.capacity)
        unsafe places.initialize(repeating: ChildOrder(), count: Self.capacity)
    }

    deinit { unsafe places.deallocate() }

    var isFull: Bool {
        @_noAllocation @_noLocks
        get { liveCount >= Self.liveMax }
    }

    @_noAllocation @_noLocks
    func child(_ place: UInt32) -> UnsafeMutablePointer<ChildOrder> { unsafe places + Int(place) }

    @_noAllocation @_noLocks
    func find(_ orderID: UInt64) -> UInt32? { index.find(orderID) }

    /// Stores a live child in the place that has been free the longest.
    ///
    /// - Precondition: the table is not full, and the id is new.
    @_noAllocation @_noLocks
    mutating func insert(_ child: ChildOrder) -> UInt32 {
        while unsafe places[cursor].isLive { advance() }
        let place = cursor
        advance()
        unsafe index.remove(places[place].orderID)
        unsafe places[place] = child
        unsafe places[place].isLive = true
        _ = index.insert(child.orderID, place: UInt32(truncatingIfNeeded: place))
        liveCount &+= 1
        return UInt32(truncatingIfNeeded: place)
    }

    /// The child has ended; it can still be found for a while.
    @_noAllocation @_noLocks
    mutating func end(_ place: UInt32) {
        unsafe places[Int(place)].isLive = false
        unsafe places[Int(place)].isOpen = false
        liveCount &-= 1
    }

    @_noAllocation @_noLocks
    private mutating func advance() { cursor = cursor &+ 1 == Self.capacity ? 0 : cursor &+ 1 }
}
