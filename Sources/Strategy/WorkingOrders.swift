//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// An order the strategy sent and whose end it has not heard of.
struct WorkingOrder {
    var orderID: UInt64
    var placedTimeNs: UInt64
    /// A cancel may be sent from this time on.
    var cancelNotBeforeNs: UInt64 = 0
    var leaves: Int64
    var side: Side
    /// True while the venue has it in its book.
    var isResting = false
    /// Of an earlier run: never a parent, whatever works the orders of this one.
    var isAdopted = false

    @_noAllocation @_noLocks
    init(orderID: UInt64, placedTimeNs: UInt64, leaves: Int64, side: Side) {
        self.orderID = orderID
        self.placedTimeNs = placedTimeNs
        self.leaves = leaves
        self.side = side
    }
}

/// One instrument as the strategy sees it: position and orders by reports alone.
struct InstrumentState {
    var position: Int64 = 0
    var lastOrderTimeNs: UInt64 = 0
    var hasOrdered = false
    var nextSide: Side = .buy
    var workingCount = 0
    var filter = SignalFilter()
    /// It brings market data alone: nothing is decided on its signals.
    let isDataOnly: Bool
    /// Target or largest position.
    var bound: SizeRule
    /// Of one order, where sizing is fixed.
    var quantity: SizeRule
    let lotValue: LotValue
    var variance = ReturnVariance()
    let venueIndex: Int
}

/// The states of all instruments and their working orders, oldest first.
///
/// SAFETY: both tables are made in `init` and freed once, by the stage that owns them.
@safe
struct WorkingOrders {
    let instrumentCount: Int
    private let states: UnsafeMutablePointer<InstrumentState>
    private let orders: UnsafeMutablePointer<WorkingOrder>

    init(_ instruments: InstrumentTable, bound: StrategySize, quantity: StrategySize) {
        instrumentCount = instruments.count
        let places = max(instruments.count, 1) * StrategyStage.workingOrdersMax
        unsafe states = .allocate(capacity: max(instruments.count, 1))
        unsafe orders = .allocate(capacity: places)
        for id in 0..<instruments.count {
            let instrument = instruments[UInt32(id)]
            unsafe (states + id).initialize(
                to: InstrumentState(
                    isDataOnly: instrument.isDataOnly != 0,
                    bound: SizeRule(bound, instrument), quantity: SizeRule(quantity, instrument),
                    lotValue: LotValue(instrument), venueIndex: instrument.venue.index))
        }
        unsafe orders.initialize(
            repeating: WorkingOrder(orderID: 0, placedTimeNs: 0, leaves: 0, side: .none),
            count: places)
    }

    func deallocate() {
        unsafe states.deallocate()
        unsafe orders.deallocate()
    }

    /// - Precondition: `instrument < instrumentCount`.
    @_noAllocation @_noLocks
    @inline(__always)
    func state(_ instrument: UInt32) -> UnsafeMutablePointer<InstrumentState> {
        unsafe states + Int(instrument)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func first(_ instrument: UInt32) -> UnsafeMutablePointer<WorkingOrder> {
        unsafe orders + Int(instrument) &* StrategyStage.workingOrdersMax
    }

    /// The working order `orderID`, or `nil`.
    @_noAllocation @_noLocks
    func find(_ instrument: UInt32, _ orderID: UInt64) -> UnsafeMutablePointer<WorkingOrder>? {
        let first = unsafe first(instrument)
        for index in unsafe 0..<state(instrument).pointee.workingCount
        where unsafe first[index].orderID == orderID { return unsafe first + index }
        return nil
    }

    /// Appends an order.
    ///
    /// - Returns: `false` when every place is taken.
    @_noAllocation @_noLocks
    func append(_ instrument: UInt32, _ order: WorkingOrder) -> Bool {
        let state = unsafe state(instrument)
        let count = unsafe state.pointee.workingCount
        guard count < StrategyStage.workingOrdersMax else { return false }
        unsafe first(instrument)[count] = order
        unsafe state.pointee.workingCount = count &+ 1
        return true
    }

    /// Takes an order of this table out, keeping the others in their order.
    @_noAllocation @_noLocks
    func remove(_ instrument: UInt32, _ order: UnsafeMutablePointer<WorkingOrder>) {
        let state = unsafe state(instrument)
        let last = unsafe first(instrument) + (state.pointee.workingCount &- 1)
        var place = unsafe order
        while unsafe place < last {
            unsafe place.pointee = unsafe (place + 1).pointee
            unsafe place += 1
        }
        unsafe state.pointee.workingCount &-= 1
    }

    /// What a decision at `timeNs` may know of the instrument.
    @_noAllocation @_noLocks
    func view(_ instrument: UInt32, timeNs: UInt64, cancelsResting: Bool) -> StrategyView {
        let state = unsafe state(instrument)
        let first = unsafe first(instrument)
        var view = StrategyView()
        view.positionLots = unsafe state.pointee.position
        view.workingCount = unsafe state.pointee.workingCount
        view.nextSide = unsafe state.pointee.nextSide
        if unsafe state.pointee.hasOrdered {
            view.sinceLastOrderNs = unsafe Self.age(of: state.pointee.lastOrderTimeNs, at: timeNs)
        }
        for index in unsafe 0..<state.pointee.workingCount {
            let order = unsafe first + index
            if unsafe order.pointee.side == .buy {
                view.openBuyLots = unsafe .saturatingSum(view.openBuyLots, order.pointee.leaves)
            } else {
                view.openSellLots = unsafe .saturatingSum(view.openSellLots, order.pointee.leaves)
            }
            if cancelsResting, view.cancellableID == 0, unsafe order.pointee.isResting,
                unsafe timeNs >= order.pointee.cancelNotBeforeNs
            {
                view.cancellableID = unsafe order.pointee.orderID
                view.cancellableSide = unsafe order.pointee.side
                view.cancellableAgeNs = unsafe Self.age(of: order.pointee.placedTimeNs, at: timeNs)
            }
        }
        return view
    }

    /// Nanoseconds from `time` to `now`; 0 when `now` is earlier.
    @_noAllocation @_noLocks
    static func age(of time: UInt64, at now: UInt64) -> UInt64 { now > time ? now &- time : 0 }
}
