//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Pipeline
import Rings
import Telemetry

extension ExecutionStage {
    // MARK: - To risk

    /// Sends a child.
    ///
    /// - Returns: Its place; `nil`, with nothing done, when there is no room for it.
    @_noAllocation @_noLocks
    mutating func send(
        _ child: inout ChildOrder, strategyID: UInt8, reason: UInt8
    ) -> UInt32? {
        guard !children.isFull, lastOrderID < UInt64.max, output.hasRoom(1) else {
            counters.stalls.increment()
            return nil
        }
        lastOrderID &+= 1
        child.orderID = lastOrderID
        child.leaves = child.quantity
        let place = children.insert(child)
        counters.children.increment()
        unsafe emit(.place, children.child(place), strategyID: strategyID, reason: reason)
        return place
    }

    /// Asks for the end of a child that rests.
    @_noAllocation @_noLocks
    mutating func withdraw(_ place: UInt32) {
        let child = unsafe children.child(place)
        guard output.hasRoom(1) else { return }
        unsafe child.pointee.isWithdrawn = true
        unsafe child.pointee.cancelNotBeforeNs = nowNs &+ CancelWait.unansweredNs
        counters.withdrawals.increment()
        unsafe emit(.cancel, child, strategyID: 0, reason: 0)
    }

    /// Asks for another price of a child that rests.
    @_noAllocation @_noLocks
    mutating func move(_ place: UInt32, to price: Int64) {
        let child = unsafe children.child(place)
        guard output.hasRoom(1) else { return }
        unsafe child.pointee.isMoving = true
        counters.moves.increment()
        let standing = unsafe child.pointee.price
        unsafe child.pointee.price = price
        unsafe emit(.modify, child, strategyID: 0, reason: 0)
        unsafe child.pointee.price = standing
    }

    /// - Precondition: the ring has room.
    @_noAllocation @_noLocks
    private mutating func emit(
        _ kind: IntentKind, _ child: UnsafePointer<ChildOrder>, strategyID: UInt8, reason: UInt8
    ) {
        guard let slot = unsafe output.claim() else { return }
        var intent = OrderIntent()
        intent.sequence = sequence
        intent.ingressTimeNs = nowNs
        intent.orderID = unsafe child.pointee.orderID
        intent.instrumentID = unsafe child.pointee.instrumentID
        intent.kind = kind
        intent.side = unsafe child.pointee.side
        intent.type = .limit
        intent.timeInForce = unsafe child.pointee.timeInForce
        intent.isReduceOnly = unsafe child.pointee.isReduceOnly ? 1 : 0
        intent.strategyID = strategyID
        intent.reason = reason
        intent.algorithm = .none
        if kind != .cancel {
            intent.limitPrice = unsafe PriceTicks(rawValue: child.pointee.price)
            intent.quantity = unsafe QuantityLots(rawValue: child.pointee.quantity)
        }
        unsafe slot.pointee = intent
        output.publish()
        awaited &+= 1
    }

    // MARK: - From risk

    /// Undoes what a refused intent had assumed.
    @_noAllocation @_noLocks
    mutating func refuse(_ verdict: UnsafePointer<RiskVerdict>) {
        guard let place = unsafe children.find(verdict.pointee.orderID) else { return }
        let child = unsafe children.child(place)
        switch unsafe verdict.pointee.kind {
        case .cancel:
            // Its end is on the way, or it is tried again.
            unsafe child.pointee.cancelNotBeforeNs = nowNs &+ CancelWait.refusedNs
        case .modify:
            unsafe child.pointee.isMoving = false
            if let parent = unsafe parents.owner(child) { unsafe refuseMove(parent) }
        default:
            counters.refusedChildren.increment()
            unsafe release(child, leaves: 0)
            children.end(place)
            unsafe childEnded(child, place)
            if case .parent = unsafe child.pointee.owner {} else {
                unsafe delayExit(child, isRefused: true)
            }
            if let parent = unsafe parents.owner(child) {
                if unsafe Self.isPassing(verdict.pointee.verdict) {
                    unsafe parent.pointee.wait(context.configuration.child, nowNs: nowNs)
                } else {
                    unsafe parent.pointee.refuse(context.configuration.child, nowNs: nowNs)
                }
            }
        }
    }

    /// Refusals that say nothing against the order: they pass with time, or when a person says so.
    @_noAllocation @_noLocks
    private static func isPassing(_ verdict: Verdict) -> Bool {
        switch verdict {
        case .openOrderCount, .messageThrottle, .staleMarketData, .stalePrivateStream,
            .tradingState, .deadMansSwitch, .adoption, .reconciliation, .clockGuard,
            .instrumentGuard, .journalGuard:
            true
        default: false
        }
    }

    @_noAllocation @_noLocks
    private func refuseMove(_ parent: UnsafeMutablePointer<ParentOrder>) {
        unsafe parent.pointee.replaces = true
        unsafe parent.pointee.notBeforeNs = nowNs &+ context.configuration.child.backoffNs
    }

    // MARK: - From the gateway

    @_noAllocation @_noLocks
    mutating func apply(_ update: UnsafePointer<ExecutionReport>, _ place: UInt32) {
        let child = unsafe children.child(place)
        let execution = unsafe update.pointee.execution
        let status = unsafe update.pointee.status
        unsafe release(child, leaves: update.pointee.leavesQuantity.rawValue)
        if execution == .fill { unsafe fill(child, lots: update.pointee.lastQuantity.rawValue) }
        if execution == .unknown { counters.unknownChildren.increment() }
        if execution == .modified {
            unsafe child.pointee.isMoving = false
            unsafe child.pointee.price = unsafe update.pointee.lastPrice.rawValue
        } else if execution == .restated {
            unsafe child.pointee.price = unsafe update.pointee.lastPrice.rawValue
        } else if execution == .modifyRejected {
            unsafe child.pointee.isMoving = false
            if let parent = unsafe parents.owner(child) { unsafe refuseMove(parent) }
        } else if execution == .cancelRejected {
            unsafe child.pointee.cancelNotBeforeNs = nowNs &+ CancelWait.refusedNs
        }
        if unsafe !child.pointee.isLive { return }
        if status.rawValue < OrderStatus.filled.rawValue {
            unsafe child.pointee.isOpen = status == .open || status == .partiallyFilled
            if execution == .accepted { unsafe forgetRefusals(child) }
            return
        }
        children.end(place)
        unsafe childEnded(child, place)
        if status == .filled { return }
        let isRejected = status == .rejected
        if isRejected { counters.rejectedChildren.increment() }
        guard case .parent = unsafe child.pointee.owner else {
            unsafe delayExit(child, isRefused: isRejected)
            return
        }
        guard let parent = unsafe parents.owner(child) else { return }
        if isRejected {
            unsafe parent.pointee.refuse(context.configuration.child, nowNs: nowNs)
        } else if unsafe !child.pointee.isWithdrawn {
            unsafe parent.pointee.notBeforeNs = max(
                unsafe parent.pointee.notBeforeNs, nowNs &+ context.configuration.child.retryNs)
        }
    }

    @_noAllocation @_noLocks
    private mutating func forgetRefusals(_ child: UnsafePointer<ChildOrder>) {
        guard case .parent = unsafe child.pointee.owner else {
            unsafe desks[Int(child.pointee.instrumentID)].exitRefusals = 0
            return
        }
        if let parent = unsafe parents.owner(child) { unsafe parent.pointee.forgetRefusals() }
    }

    /// Gives back what a child can no longer trade.
    @_noAllocation @_noLocks
    private mutating func release(_ child: UnsafeMutablePointer<ChildOrder>, leaves stated: Int64) {
        let leaves = unsafe min(max(stated, 0), child.pointee.leaves)
        let freed = unsafe child.pointee.leaves &- leaves
        unsafe child.pointee.leaves = leaves
        guard case .parent = unsafe child.pointee.owner else {
            let desk = unsafe desks + Int(child.pointee.instrumentID)
            unsafe desk.pointee.exitWorked &-= freed
            return
        }
        if let parent = unsafe parents.owner(child) { unsafe parent.pointee.worked &-= freed }
    }

    /// Counts a fill for its parent, and tells the strategy.
    @_noAllocation @_noLocks
    private mutating func fill(_ child: UnsafeMutablePointer<ChildOrder>, lots: Int64) {
        if unsafe !child.pointee.isLive { counters.lateFills.increment() }
        guard lots > 0, let parent = unsafe parents.owner(child) else { return }
        unsafe parent.pointee.filled = unsafe .saturatingSum(parent.pointee.filled, lots)
        unsafe parent.pointee.forgetRefusals()
        let excess = unsafe parent.pointee.filled &- parent.pointee.total
        if excess > 0 { counters.excessLots.add(Int(min(excess, lots))) }
        var report = unsafe parentReport(parent.pointee)
        report.execution = .fill
        report.status = .partiallyFilled
        publish(report)
    }

    /// Frees what a parent or an instrument keeps of a child that has ended.
    @_noAllocation @_noLocks
    private mutating func childEnded(_ child: UnsafeMutablePointer<ChildOrder>, _ place: UInt32) {
        guard case .parent = unsafe child.pointee.owner else {
            let desk = unsafe desks + Int(child.pointee.instrumentID)
            if unsafe desk.pointee.exit == place { unsafe desk.pointee.exit = ParentOrder.noChild }
            if unsafe desk.pointee.target == place {
                unsafe desk.pointee.target = ParentOrder.noChild
            }
            return
        }
        guard let parent = unsafe parents.owner(child) else { return }
        unsafe parent.pointee.liveCount &-= 1
        if unsafe parent.pointee.resting == place {
            unsafe parent.pointee.resting = ParentOrder.noChild
        }
    }
}
