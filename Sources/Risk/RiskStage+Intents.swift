//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import CMessages
import Messages
import Pipeline
import Telemetry

extension RiskStage {
    /// Judges one intent into `command` and `answer`, and counts what is approved.
    ///
    /// - Returns: Whether `command` is to be sent.
    @_noAllocation @_noLocks
    mutating func decide(
        _ intent: UnsafePointer<OrderIntent>, _ command: UnsafeMutablePointer<OrderIntent>,
        _ answer: UnsafeMutablePointer<RiskVerdict>
    ) -> Bool {
        let now = unsafe intent.pointee.ingressTimeNs
        if unsafe Int(intent.pointee.instrumentID) < instrumentCount {
            let row = unsafe rows + Int(intent.pointee.instrumentID)
            let account = unsafe account(of: intent.pointee.instrumentID)
            // Other stages ran since the last order: all lines at once, not one after the other.
            unsafe Self.prefetch(row, MemoryLayout<InstrumentRisk>.size)
            unsafe Self.prefetch(account, MemoryLayout<AccountRisk>.size)
            unsafe account.pointee.bucket.refill(to: now)
        }
        notePortfolio(at: now)
        unsafe command.pointee = unsafe intent.pointee
        let verdict: Verdict
        switch unsafe intent.pointee.kind {
        case .cancel: verdict = unsafe cancel(intent, command)
        case .modify: verdict = unsafe modify(intent)
        default: verdict = unsafe place(intent)
        }
        if unsafe intent.pointee.kind == .cancel && verdict == .approved {
            counters.cancels.increment()
        } else {
            counters.count(verdict)
        }
        unsafe answer.pointee = RiskVerdict()
        unsafe answer.pointee.sequence = unsafe intent.pointee.sequence
        unsafe answer.pointee.ingressTimeNs = now
        unsafe answer.pointee.orderID = unsafe intent.pointee.orderID
        unsafe answer.pointee.instrumentID = unsafe intent.pointee.instrumentID
        unsafe answer.pointee.kind = unsafe intent.pointee.kind
        unsafe answer.pointee.verdict = verdict
        return verdict == .approved
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private static func prefetch(_ state: UnsafeMutableRawPointer, _ size: Int) {
        var offset = 0
        while offset < size {
            unsafe apus_prefetch_write(state + offset)
            offset &+= 64
        }
    }

    /// The judgement of a new order by every control, with nothing of it counted yet.
    ///
    /// Cost: bench `risk/evaluate`.
    @_noAllocation @_noLocks
    public mutating func judge(_ intent: UnsafePointer<OrderIntent>) -> Verdict {
        var addedE12: Int128 = 0
        return unsafe judge(intent, addedE12: &addedE12)
    }

    /// - Parameter addedE12: Becomes what an order that is approved adds to the exposure.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func judge(
        _ intent: UnsafePointer<OrderIntent>, addedE12: inout Int128
    ) -> Verdict {
        if unsafe Int(intent.pointee.instrumentID) >= instrumentCount { return .invalidIntent }
        if unsafe open.find(intent.pointee.orderID) != nil { return .invalidIntent }
        let row = unsafe rows + Int(intent.pointee.instrumentID)
        let account = unsafe account(of: intent.pointee.instrumentID)
        unsafe noteState(account)
        let verdict = unsafe Self.evaluate(
            intent, row, account, increase: nil, addedE12: &addedE12)
        if verdict != .approved { return verdict }
        let flow = unsafe flowVerdict(
            intent, intent.pointee.quantity.rawValue, row, addedE12: addedE12)
        if flow != .approved { return flow }
        return open.isFull ? .openOrderCount : .approved
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func noteState(_ account: UnsafeMutablePointer<AccountRisk>) {
        unsafe account.pointee.state = control.state
        unsafe account.pointee.isStopping = control.isStopRequested
    }

    // Mutating although it changes nothing: the call would copy the whole stage otherwise.

    /// What looks at the orders of before: duplicates (11), pace, and the value at risk.
    @_noAllocation @_noLocks
    @inline(__always)
    private mutating func flowVerdict(
        _ intent: UnsafePointer<OrderIntent>, _ more: Int64, _ row: UnsafePointer<InstrumentRisk>,
        addedE12: Int128
    ) -> Verdict {
        let now = unsafe intent.pointee.ingressTimeNs
        if unsafe behaviour.duplicatesMax > 0
            && recent.isFull(
                Int(intent.pointee.instrumentID), price: intent.pointee.limitPrice.rawValue,
                signedQuantity: Self.signedQuantity(intent), at: now,
                windowNs: behaviour.duplicatesWindowNs, limit: behaviour.duplicatesMax)
        {
            return .duplicateOrder
        }
        let pair = unsafe Self.pair(intent.pointee.instrumentID, intent.pointee.strategyID)
        if more > 0 && (paces.isFull(pair, at: now) || intervals.isFull(pair, at: now)) {
            return .messageThrottle
        }
        let chargeE20 = unsafe ValueAtRisk.chargeE20(addedE12, rateE8: row.pointee.riskRateE8)
        return portfolio.allows(chargeE20) ? .approved : .valueAtRisk
    }

    /// Notes what `flowVerdict` looks at.
    @_noAllocation @_noLocks
    private mutating func noteFlow(
        _ intent: UnsafePointer<OrderIntent>, _ more: Int64, _ row: UnsafePointer<InstrumentRisk>,
        addedE12: Int128
    ) {
        let now = unsafe intent.pointee.ingressTimeNs
        unsafe recent.add(
            Int(intent.pointee.instrumentID), price: intent.pointee.limitPrice.rawValue,
            signedQuantity: Self.signedQuantity(intent), at: now)
        if more == 0 { return }
        let pair = unsafe Self.pair(intent.pointee.instrumentID, intent.pointee.strategyID)
        paces.add(pair, at: now)
        intervals.add(pair, at: now)
        unsafe portfolio.add(ValueAtRisk.chargeE20(addedE12, rateE8: row.pointee.riskRateE8))
    }

    @_noAllocation @_noLocks
    private static func signedQuantity(_ intent: UnsafePointer<OrderIntent>) -> Int64 {
        let quantity = unsafe intent.pointee.quantity.rawValue
        return unsafe intent.pointee.side == .buy ? quantity : 0 &- quantity
    }

    /// The place of a strategy in an instrument among the windows. Strategies are below 8.
    @_noAllocation @_noLocks
    static func pair(_ instrumentID: UInt32, _ strategyID: UInt8) -> Int {
        Int(instrumentID) &* 8 &+ Int(strategyID & 7)
    }

    @_noAllocation @_noLocks
    private mutating func place(_ intent: UnsafePointer<OrderIntent>) -> Verdict {
        var addedE12: Int128 = 0
        let verdict = unsafe judge(intent, addedE12: &addedE12)
        if verdict != .approved { return verdict }
        let row = unsafe rows + Int(intent.pointee.instrumentID)
        let account = unsafe account(of: intent.pointee.instrumentID)
        let quantity = unsafe intent.pointee.quantity.rawValue
        let price = unsafe intent.pointee.limitPrice.rawValue
        unsafe noteFlow(intent, quantity, row, addedE12: addedE12)
        let timeInForce = unsafe intent.pointee.timeInForce
        let rests =
            unsafe intent.pointee.type == .limit && timeInForce != .ioc && timeInForce != .fok
        let order = unsafe OpenOrder(
            orderID: intent.pointee.orderID, total: quantity, leaves: quantity, price: price,
            instrumentID: intent.pointee.instrumentID, side: intent.pointee.side, rests: rests)
        unsafe account.pointee.bucket.spend()
        unsafe hold(order, row, account, at: intent.pointee.ingressTimeNs)
        return verdict
    }

    /// Counts an order that is open from now on.
    @_noAllocation @_noLocks
    mutating func hold(
        _ order: OpenOrder, _ row: UnsafeMutablePointer<InstrumentRisk>,
        _ account: UnsafeMutablePointer<AccountRisk>, at now: UInt64
    ) {
        unsafe open.insert(order, row)
        unsafe row.pointee.openOrders &+= 1
        unsafe account.pointee.openOrders &+= 1
        unsafe Self.addOpen(order.counted, order.side, row)
        if order.isResting == 1 { unsafe Self.improveOwn(order.farPrice, order.side, row) }
        unsafe refresh(row, account, at: now)
    }

    /// Adds to the open lots of a side. The position limit bounds these sums.
    @_noAllocation @_noLocks
    static func addOpen(_ lots: Int64, _ side: Side, _ row: UnsafeMutablePointer<InstrumentRisk>) {
#if APUS_PLANTED_BUGS
        if apus_is_planted(22) != 0, side == .sell { return }
#endif
        if side == .buy {
            unsafe row.pointee.openBuyLots &+= lots
        } else {
            unsafe row.pointee.openSellLots &+= lots
        }
    }

    @_noAllocation @_noLocks
    private static func improveOwn(
        _ price: Int64, _ side: Side, _ row: UnsafeMutablePointer<InstrumentRisk>
    ) {
        if side == .buy {
            unsafe row.pointee.ownBid = unsafe OpenOrders.better(row.pointee.ownBid, price, side)
        } else {
            unsafe row.pointee.ownAsk = unsafe OpenOrders.better(row.pointee.ownAsk, price, side)
        }
    }

    /// A change of a resting order, judged by what it adds to the worst case. Until its outcome is
    /// known the larger of old and new counts, and the price nearer to the other side.
    @_noAllocation @_noLocks
    private mutating func modify(_ intent: UnsafePointer<OrderIntent>) -> Verdict {
        guard let order = unsafe open.find(intent.pointee.orderID), unsafe order.pointee.isOpen == 1
        else { return .unknownOrder }
        let quantity = unsafe intent.pointee.quantity.rawValue
        let filled = unsafe order.pointee.total &- order.pointee.leaves
        if unsafe intent.pointee.instrumentID != order.pointee.instrumentID
            || intent.pointee.side != order.pointee.side || order.pointee.isResting == 0
            || quantity <= filled
        {
            return .invalidIntent
        }
        let row = unsafe rows + Int(intent.pointee.instrumentID)
        let account = unsafe account(of: intent.pointee.instrumentID)
#if APUS_PLANTED_BUGS
        let isFree = apus_is_planted(27) != 0
        let more = unsafe isFree ? 0 : max(0, quantity &- filled &- order.pointee.counted)
#else
        let more = unsafe max(0, quantity &- filled &- order.pointee.counted)
#endif
        unsafe noteState(account)
        var addedE12: Int128 = 0
        let verdict = unsafe Self.evaluate(
            intent, row, account, increase: more, addedE12: &addedE12)
        if verdict != .approved { return verdict }
        let flow = unsafe flowVerdict(intent, more, row, addedE12: addedE12)
        if flow != .approved { return flow }
        unsafe noteFlow(intent, more, row, addedE12: addedE12)
        let side = unsafe order.pointee.side
        let price = unsafe intent.pointee.limitPrice.rawValue
        unsafe order.pointee.counted &+= more
        unsafe order.pointee.pendingCount &+= 1
        unsafe order.pointee.farPrice = unsafe OpenOrders.better(
            order.pointee.farPrice, price, side)
        unsafe Self.addOpen(more, side, row)
        unsafe Self.improveOwn(price, side, row)
        unsafe account.pointee.bucket.spend()
        unsafe refresh(row, account, at: intent.pointee.ingressTimeNs)
        return .approved
    }

    /// A cancel goes out whatever the limits say, to the instrument its order is of. Beyond the
    /// cancel budget (9) it is warned, and once for each time over, those who quote are to widen.
    @_noAllocation @_noLocks
    private mutating func cancel(
        _ intent: UnsafePointer<OrderIntent>, _ command: UnsafeMutablePointer<OrderIntent>
    ) -> Verdict {
        guard let order = unsafe open.find(intent.pointee.orderID), unsafe order.pointee.isOpen == 1
        else { return .unknownOrder }
        let account = unsafe account(of: order.pointee.instrumentID)
        if unsafe !account.pointee.bucket.has(reserve: 0) { counters.cancelOverdrafts.increment() }
        unsafe account.pointee.bucket.spend()
        if unsafe account.pointee.limits.cancelsPerSecond > 0 {
            unsafe account.pointee.cancelBucket.refill(to: intent.pointee.ingressTimeNs)
            let isOver = unsafe !account.pointee.cancelBucket.has(reserve: 0)
            if isOver { counters.cancelBudgetWarnings.increment() }
            if unsafe isOver && !account.pointee.isOverCancelBudget {
                counters.widenSignals.increment()
            }
            unsafe account.pointee.isOverCancelBudget = isOver
            unsafe account.pointee.cancelBucket.spend()
        }
        unsafe command.pointee.instrumentID = unsafe order.pointee.instrumentID
        return .approved
    }
}
