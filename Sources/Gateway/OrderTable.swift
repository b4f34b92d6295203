//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
import Pipeline

/// One order of ours, with what the gateway has under way for it. Times are record times, ns.
public struct OrderRecord: BitwiseCopyable, Sendable {
    public var orderID: UInt64
    public var venueOrderID: UInt64
    public var limitPrice: PriceTicks
    /// What the change asks for that `state` has undecided.
    public var askedPrice: PriceTicks
    public var state: OrderState
    /// Grows with each order placed.
    public var placeNumber: UInt64
    /// When an unanswered place becomes unknown; 0: none is in flight.
    public var placeDeadlineNs: UInt64
    /// When an unanswered cancel is given up; 0: none is in flight.
    public var cancelDeadlineNs: UInt64
    /// Earliest time of the next cancel.
    public var cancelNotBeforeNs: UInt64
    /// When an unanswered change becomes unknown; 0: none is in flight.
    public var modifyDeadlineNs: UInt64
    /// Venue's time of the latest change; 0: none.
    public var changedNs: UInt64
    /// Good till date: when it is to be cancelled; 0: never.
    public var endNs: UInt64
    /// When the venue first answered that it does not know the order; 0: never.
    public var firstMissNs: UInt64
    /// Until when the venue may still carry out the place or change sent last.
    public var expiresNs: UInt64
    /// Earliest time of the next question what became of the order; 0: none is open.
    public var queryNotBeforeNs: UInt64
    public var instrumentID: UInt32
    /// Neighbours in the list of live orders, in order of placing.
    var previous: UInt32
    var next: UInt32
    public var side: Side
    /// 1: is to be cancelled, until it has ended.
    public var wantsCancel: UInt8
    /// 1: a cancel was sent before; another one is a repetition.
    public var wasCancelSent: UInt8
    public var strategyID: UInt8
    /// 1: a limit order that rests, which is all that venues change.
    public var isAmendable: UInt8
    /// 1: it ended because the venue did not know it, and nothing else told of its end.
    public var isPresumedGone: UInt8

    /// When the first of the unanswered requests becomes unknown, cancels apart; 0: none.
    var requestDeadlineNs: UInt64 {
        @_noAllocation @_noLocks
        get {
            if placeDeadlineNs == 0 { return modifyDeadlineNs }
            return modifyDeadlineNs == 0
                ? placeDeadlineNs : min(placeDeadlineNs, modifyDeadlineNs)
        }
    }

    /// An order that is being placed.
    @_noAllocation @_noLocks
    init(_ intent: UnsafePointer<OrderIntent>) {
        self.init()
        orderID = unsafe intent.pointee.orderID
        limitPrice = unsafe intent.pointee.limitPrice
        state = unsafe OrderState(quantity: intent.pointee.quantity)
        instrumentID = unsafe intent.pointee.instrumentID
        side = unsafe intent.pointee.side
        strategyID = unsafe intent.pointee.strategyID
        let timeInForce = unsafe intent.pointee.timeInForce
        let isResting = timeInForce != .ioc && timeInForce != .fok
        isAmendable = unsafe intent.pointee.type == .limit && isResting ? 1 : 0
        endNs = timeInForce == .gtd ? unsafe UInt64(intent.pointee.expiryS) * 1_000_000_000 : 0
    }

    /// An order of an earlier run, as the venue lists it.
    @_noAllocation @_noLocks
    init(adopted report: UnsafePointer<ExecutionReport>) {
        self.init()
        orderID = unsafe report.pointee.orderID
        venueOrderID = unsafe report.pointee.venueOrderID
        limitPrice = unsafe report.pointee.lastPrice
        state = unsafe OrderState(
            quantity: report.pointee.lastQuantity, executed: report.pointee.cumulativeQuantity)
        instrumentID = unsafe report.pointee.instrumentID
        side = unsafe report.pointee.side
        isAmendable = unsafe report.pointee.lastPrice.rawValue > 0 ? 1 : 0
    }

    /// An ended order that lives all the same, and is to be cancelled: what has filled of it stays.
    @_noAllocation @_noLocks
    init(living ended: OrderRecord) {
        self = ended
        state = OrderState(quantity: ended.state.ceiling, executed: ended.state.cumulative)
        cancelNotBeforeNs = 0
        firstMissNs = 0
        wantsCancel = 1
        isPresumedGone = 0
    }

    /// No order.
    @_noAllocation @_noLocks
    init() {
        orderID = 0
        venueOrderID = 0
        limitPrice = PriceTicks(rawValue: 0)
        askedPrice = PriceTicks(rawValue: 0)
        state = OrderState(quantity: QuantityLots(rawValue: 0))
        placeNumber = 0
        placeDeadlineNs = 0
        cancelDeadlineNs = 0
        cancelNotBeforeNs = 0
        modifyDeadlineNs = 0
        changedNs = 0
        endNs = 0
        firstMissNs = 0
        expiresNs = 0
        queryNotBeforeNs = 0
        instrumentID = 0
        previous = OrderTable.none
        next = OrderTable.none
        side = .none
        wantsCancel = 0
        wasCancelSent = 0
        strategyID = 0
        isAmendable = 0
        isPresumedGone = 0
    }
}

/// The gateway's orders: the live ones, in order of placing, and the last ended ones, for messages
/// that come late.
///
/// Bounds: `liveOrdersMax` and `endedOrdersMax`; the oldest ended order is forgotten for a new one.
/// Allocates in `init` only. One thread.
///
/// SAFETY: all indices come from the index, the lists and the free list, which hold places of
/// `records` only.
@safe
struct OrderTable: ~Copyable, @unchecked Sendable {
    static var none: UInt32 {
        @_noAllocation @_noLocks get { UInt32.max }
    }

    let records: UnsafeMutablePointer<OrderRecord>
    private let free: UnsafeMutablePointer<UInt32>
    private let ended: UnsafeMutablePointer<UInt32>
    private var index: OrderIndex
    private var freeCount: Int
    private let liveMax: Int
    private let endedMax: Int
    private var endedCount = 0
    private var endedAt = 0
    private(set) var liveCount = 0
    private(set) var first = OrderTable.none
    private var last = OrderTable.none
    private(set) var placedCount: UInt64 = 0

    init(liveMax: Int, endedMax: Int) {
        self.liveMax = liveMax
        self.endedMax = endedMax
        let capacity = liveMax + endedMax
        unsafe records = .allocate(capacity: capacity)
        unsafe free = .allocate(capacity: capacity)
        unsafe ended = .allocate(capacity: endedMax)
        unsafe ended.initialize(repeating: 0, count: endedMax)
        index = OrderIndex(capacity: capacity)
        freeCount = capacity
        unsafe records.initialize(repeating: OrderRecord(), count: capacity)
        for place in 0..<capacity { unsafe free[place] = UInt32(capacity - 1 - place) }
    }

    deinit {
        unsafe records.deallocate()
        unsafe free.deallocate()
        unsafe ended.deallocate()
    }

    /// The place of an order, live or ended; `nil` for an id that is not held.
    @_noAllocation @_noLocks
    func find(_ orderID: UInt64) -> UInt32? { index.find(orderID) }

    /// The order at `place`.
    @_noAllocation @_noLocks
    @inline(__always)
    func record(_ place: UInt32) -> UnsafeMutablePointer<OrderRecord> {
        unsafe records + Int(place)
    }

    /// Takes in a new live order.
    ///
    /// - Returns: Its place; `nil` for an id that is held already, id 0, or a full table.
    @_noAllocation @_noLocks
    mutating func insert(_ intent: UnsafePointer<OrderIntent>) -> UInt32? {
        unsafe insert(OrderRecord(intent))
    }

    /// Takes in a live order, as the one placed last.
    ///
    /// - Returns: As above.
    @_noAllocation @_noLocks
    mutating func insert(_ order: OrderRecord) -> UInt32? {
        if liveCount == liveMax || freeCount == 0 || index.find(order.orderID) != nil {
            return nil
        }
        let place = unsafe free[freeCount &- 1]
        guard index.insert(order.orderID, place: place) else { return nil }
        freeCount &-= 1
        placedCount &+= 1
        unsafe records[Int(place)] = order
        unsafe records[Int(place)].placeNumber = placedCount
        unsafe records[Int(place)].previous = last
        unsafe records[Int(place)].next = Self.none
        if last != Self.none { unsafe records[Int(last)].next = place } else { first = place }
        last = place
        liveCount &+= 1
        return place
    }

    /// Takes an ended order in again as a live one, as the one placed last.
    ///
    /// - Returns: Its new place; `nil` when there are as many live ones as can be.
    /// - Precondition: the order at `place` is among the ended ones.
    @_noAllocation @_noLocks
    mutating func revive(_ place: UInt32) -> UInt32? {
        if liveCount == liveMax { return nil }
        let order = unsafe OrderRecord(living: records[Int(place)])
        // The youngest fills the gap among the ended ones: they are forgotten nearly in order.
        let youngest = endedAt == 0 ? endedMax &- 1 : endedAt &- 1
        var gap = youngest
        for age in 0..<endedCount {
            let at = youngest &- age &+ (youngest < age ? endedMax : 0)
            if unsafe ended[at] == place {
                gap = at
                break
            }
        }
        unsafe ended[gap] = unsafe ended[youngest]
        endedAt = youngest
        endedCount &-= 1
        index.remove(order.orderID)
        unsafe free[freeCount] = place
        freeCount &+= 1
        return insert(order)
    }

    /// Moves an order whose state has just ended from the live ones to the ended ones.
    ///
    /// - Precondition: the order is in the list of live orders.
    @_noAllocation @_noLocks
    mutating func retire(_ place: UInt32) {
        let record = unsafe record(place)
        let before = unsafe record.pointee.previous
        let after = unsafe record.pointee.next
        if before != Self.none { unsafe records[Int(before)].next = after } else { first = after }
        if after != Self.none {
            unsafe records[Int(after)].previous = before
        } else {
            last = before
        }
        unsafe record.pointee.previous = Self.none
        unsafe record.pointee.next = Self.none
        unsafe record.pointee.placeDeadlineNs = 0
        unsafe record.pointee.cancelDeadlineNs = 0
        unsafe record.pointee.modifyDeadlineNs = 0
        unsafe record.pointee.queryNotBeforeNs = 0
        unsafe record.pointee.wantsCancel = 0
        liveCount &-= 1
        if endedCount == endedMax {
            let oldest = unsafe ended[endedAt]
            unsafe index.remove(records[Int(oldest)].orderID)
            unsafe free[freeCount] = oldest
            freeCount &+= 1
        } else {
            endedCount &+= 1
        }
        unsafe ended[endedAt] = place
        endedAt = endedAt &+ 1 == endedMax ? 0 : endedAt &+ 1
    }

    /// The live orders, in order of placing. Cold.
    var live: [OrderRecord] {
        var result: [OrderRecord] = []
        var place = first
        while place != Self.none {
            unsafe result.append(records[Int(place)])
            place = unsafe records[Int(place)].next
        }
        return result
    }
}
