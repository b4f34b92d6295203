//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// Where a parent order stands; one that has ended is not kept.
enum ParentState: UInt8 {
    case working
    /// Nothing of it is at work: asked for, or the market or trading does not allow it.
    case paused
    /// Told to end; ends with the last of its children.
    case cancelling
}

/// Why a parent order ended.
enum ParentEnd: UInt8 {
    case none
    case filled
    /// Asked for.
    case canceled
    /// Its time was over, and the rest was to be left.
    case expired
    /// Too many refusals in a row.
    case refused
    /// What is left is less than the venue takes.
    case belowMinimum
}

/// The market and trading as a parent sees them.
struct ParentView {
    var nowNs: UInt64
    var bid: Int64
    var ask: Int64
    /// Children may be sent: the book is valid, and the trading state allows it.
    var mayTrade: Bool
    /// The resting child, if there is one: its price, and whether it can be changed now.
    var restingPrice: Int64 = 0
    var isRestingOpen = false

    @_noAllocation @_noLocks
    init(nowNs: UInt64, bid: Int64, ask: Int64, mayTrade: Bool) {
        self.nowNs = nowNs
        self.bid = bid
        self.ask = ask
        self.mayTrade = mayTrade
    }
}

/// What a parent wants done.
struct ParentAction {
    enum Kind: UInt8 {
        case none
        case place
        /// The resting child gets another price.
        case move
        /// The resting child ends.
        case withdraw
        case end
    }
    var kind: Kind
    var lots: Int64 = 0
    var price: Int64 = 0
    var timeInForce = TimeInForce.ioc

    @_noAllocation @_noLocks
    init(_ kind: Kind, lots: Int64 = 0, price: Int64 = 0, timeInForce: TimeInForce = .ioc) {
        self.kind = kind
        self.lots = lots
        self.price = price
        self.timeInForce = timeInForce
    }
}

/// One parent order and its numbers.
///
/// Lots move one way: from the rest to `worked` when a child is made, from there to `filled` by the
/// child's fills and back to the rest by its end. So `filled + worked` never exceeds `total` by
/// anything done here; a child with an unknown outcome stays in `worked` until the venue says.
struct ParentOrder {
    static var noChild: UInt32 { @_noAllocation @_noLocks get { .max } }
    /// Children of one parent at work at a time.
    static var liveMax: Int32 { @_noAllocation @_noLocks get { 8 } }

    /// Sums of two quantities stay in range.
    static var quantityMax: Int64 { @_noAllocation @_noLocks get { 1_152_921_504_606_846_976 } }

    var orderID: UInt64
    var instrumentID: UInt32
    var side: Side
    var algorithm: ExecutionAlgorithm
    var strategyID: UInt8
    var reason: UInt8
    var isReduceOnly: Bool
    var total: Int64
    /// 0: none.
    var limitPrice: Int64
    var startNs: UInt64
    /// `.max`: none.
    var endNs: UInt64

    var state = ParentState.working
    var ending = ParentEnd.none
    /// Asked to pause.
    var isHeld = false
    var filled: Int64 = 0
    var worked: Int64 = 0
    var liveCount: Int32 = 0
    /// Place of the child that rests, or is to.
    var resting = Self.noChild
    var notBeforeNs: UInt64 = 0
    var refusals: UInt8 = 0
    /// Refusals in a row that said nothing against the order.
    var waits: UInt8 = 0
    /// Slices that were due so far.
    var slices = 0
    /// Traded in the market since the start.
    var marketLots: Int64 = 0
    /// Best price of its side at the start; 0: not seen yet.
    var anchor: Int64 = 0
    var movedNs: UInt64 = 0
    /// The rest goes across the spread from now on.
    var isCrossing = false
    /// Risk or venue refused a move: it is withdrawn and placed anew instead.
    var replaces = false

    @_noAllocation @_noLocks
    init(_ intent: UnsafePointer<OrderIntent>, time: WorkingTime) {
        orderID = unsafe intent.pointee.orderID
        instrumentID = unsafe intent.pointee.instrumentID
        side = unsafe intent.pointee.side
        algorithm = unsafe intent.pointee.algorithm
        strategyID = unsafe intent.pointee.strategyID
        reason = unsafe intent.pointee.reason
        isReduceOnly = unsafe intent.pointee.isReduceOnly == 1
        total = unsafe intent.pointee.quantity.rawValue
        limitPrice = unsafe intent.pointee.limitPrice.rawValue
        startNs = unsafe intent.pointee.ingressTimeNs
        let (end, overflow) = startNs.addingReportingOverflow(time.durationNs)
        endNs = time.durationNs == 0 || overflow ? .max : end
    }

    /// What is neither traded nor at work; never negative.
    var rest: Int64 {
        @_noAllocation @_noLocks
        get { max(0, total &- filled &- worked) }
    }

    var hasResting: Bool {
        @_noAllocation @_noLocks
        get { resting != Self.noChild }
    }

    /// Tells the parent to end as soon as its children have.
    @_noAllocation @_noLocks
    mutating func stop(_ end: ParentEnd) {
        if case .cancelling = state { return }
        state = .cancelling
        ending = end
    }

    /// Waits for what passes with time, longer each time.
    @_noAllocation @_noLocks
    mutating func wait(_ parameters: ChildParameters, nowNs: UInt64) {
        if waits < 100 { waits &+= 1 }
        notBeforeNs = max(notBeforeNs, nowNs &+ parameters.backoff(waits))
    }

    /// Forgets the refusals so far: an order got through.
    @_noAllocation @_noLocks
    mutating func forgetRefusals() {
        refusals = 0
        waits = 0
    }

    /// Counts a refusal by risk or the venue and waits longer after each.
    @_noAllocation @_noLocks
    mutating func refuse(_ parameters: ChildParameters, nowNs: UInt64) {
        if refusals < 100 { refusals &+= 1 }
        notBeforeNs = max(notBeforeNs, nowNs &+ parameters.backoff(refusals))
        if refusals >= parameters.refusalsMax { stop(.refused) }
    }
}
