//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Messages
import Pipeline
import Rings
import Telemetry

extension ExecutionStage {
    // MARK: - What the strategy asks for

    @_noAllocation @_noLocks
    mutating func takeParent(_ intent: UnsafePointer<OrderIntent>) {
        let index = unsafe parents.find(intent.pointee.orderID)
        if unsafe intent.pointee.kind == .place {
            unsafe start(intent, isTaken: index != nil)
            return
        }
        // What is asked of a parent that has ended needs no answer: its end was told.
        guard let index else { return }
        let parent = unsafe parents.parent(parents.place(index))
        if unsafe intent.pointee.kind == .cancel {
            unsafe parent.pointee.stop(.canceled)
        } else if unsafe intent.pointee.kind == .modify {
            let lots = unsafe intent.pointee.quantity.rawValue
            unsafe parent.pointee.isHeld = lots == 0
            // Never below what has been sent: that cannot be taken back.
            if lots > 0 {
                unsafe parent.pointee.total = max(
                    lots, unsafe parent.pointee.filled &+ parent.pointee.worked)
            }
        } else {
            counters.malformed.increment()
        }
        countStates()
    }

    @_noAllocation @_noLocks
    private mutating func start(_ intent: UnsafePointer<OrderIntent>, isTaken: Bool) {
        let side = unsafe intent.pointee.side
        let algorithm = unsafe intent.pointee.algorithm.rawValue
        let isGood =
            unsafe !isTaken && intent.pointee.orderID != 0 && (side == .buy || side == .sell)
            && intent.pointee.quantity.rawValue > 0
            && intent.pointee.quantity.rawValue <= ParentOrder.quantityMax
            && intent.pointee.limitPrice.rawValue >= 0
            && algorithm >= ExecutionAlgorithm.twap.rawValue
            && algorithm <= ExecutionAlgorithm.chase.rawValue
            && Int(intent.pointee.instrumentID) < instrumentCount
        guard isGood, unsafe !desks[Int(intent.pointee.instrumentID)].isDataOnly, !parents.isFull,
            !isFlattening
        else {
            counters.refusedParents.increment()
            if isTaken { return }
            var report = unsafe parentReport(ParentOrder(intent, time: WorkingTime(durationNs: 0)))
            report.execution = .rejected
            report.status = .rejected
            report.leavesQuantity = QuantityLots(rawValue: 0)
            publish(report)
            return
        }
        let time = unsafe context.configuration.time(intent.pointee.algorithm)
        let parent = unsafe ParentOrder(intent, time: time)
        parents.append(parent)
        counters.parents.increment()
        var report = parentReport(parent)
        report.execution = .accepted
        report.status = .open
        publish(report)
        countStates()
    }

    // MARK: - Steps

    /// Lets the parents of an instrument, or of all others, do what is due.
    @_noAllocation @_noLocks
    mutating func stepParents(of id: UInt32, isOthers: Bool) {
        if parents.count == 0 { return }
        var index = 0
        while index < parents.count {
            let place = parents.place(index)
            let parent = unsafe parents.parent(place)
            if unsafe (parent.pointee.instrumentID == id) == isOthers {
                index &+= 1
                continue
            }
            let desk = unsafe desks + Int(parent.pointee.instrumentID)
            let view = unsafe view(of: parent)
            let action = unsafe parent.pointee.step(view, context, desk.pointee.limits)
            if case .end = action.kind {
                unsafe finish(parent)
                parents.remove(index)
                continue
            }
            unsafe perform(action, parent, place)
            index &+= 1
        }
        countStates()
    }

    @_noAllocation @_noLocks
    private func view(of parent: UnsafePointer<ParentOrder>) -> ParentView {
        let desk = unsafe desks + Int(parent.pointee.instrumentID)
        let state = control.state
        let isAllowed =
            unsafe state == .ready || (state == .reducing && parent.pointee.isReduceOnly)
        var view = unsafe ParentView(
            nowNs: nowNs, bid: desk.pointee.bid, ask: desk.pointee.ask,
            mayTrade: isAllowed && !control.isStopRequested && desk.pointee.isTradable)
        if unsafe parent.pointee.hasResting {
            let child = unsafe children.child(parent.pointee.resting)
            view.restingPrice = unsafe child.pointee.price
            view.isRestingOpen = unsafe child.pointee.isOpen && !child.pointee.isMoving
                && (!child.pointee.isWithdrawn || nowNs >= child.pointee.cancelNotBeforeNs)
        }
        return view
    }

    @_noAllocation @_noLocks
    private mutating func perform(
        _ action: ParentAction, _ parent: UnsafeMutablePointer<ParentOrder>, _ place: UInt32
    ) {
        switch action.kind {
        case .none, .end: return
        case .withdraw: unsafe withdraw(parent.pointee.resting)
        case .move:
            unsafe move(parent.pointee.resting, to: action.price)
            unsafe parent.pointee.movedNs = nowNs
        case .place:
            var child = ChildOrder()
            child.parentID = unsafe parent.pointee.orderID
            child.parentPlace = place
            child.instrumentID = unsafe parent.pointee.instrumentID
            child.side = unsafe parent.pointee.side
            child.isReduceOnly = unsafe parent.pointee.isReduceOnly
            child.quantity = action.lots
            child.price = action.price
            child.timeInForce = action.timeInForce
            let strategy = unsafe parent.pointee.strategyID
            let reason = unsafe parent.pointee.reason
            guard let made = send(&child, strategyID: strategy, reason: reason) else { return }
            unsafe parent.pointee.worked &+= action.lots
            unsafe parent.pointee.liveCount &+= 1
            if action.timeInForce != .ioc {
                unsafe parent.pointee.resting = made
                unsafe parent.pointee.movedNs = nowNs
            }
        }
    }

    /// Tells the end of a parent.
    @_noAllocation @_noLocks
    private mutating func finish(_ parent: UnsafePointer<ParentOrder>) {
        var report = unsafe parentReport(parent.pointee)
        report.leavesQuantity = QuantityLots(rawValue: 0)
        switch unsafe parent.pointee.ending {
        case .filled:
            counters.done.increment()
            report.execution = .fill
            report.status = .filled
        case .canceled:
            report.execution = .canceled
            report.status = .canceled
        case .refused:
            report.execution = .rejected
            report.status = unsafe parent.pointee.filled > 0 ? .canceled : .rejected
        case .none, .expired, .belowMinimum:
            report.execution = .expired
            report.status = .expired
        }
        if report.status != .filled { counters.failed.increment() }
        publish(report)
    }

    /// What a parent's report says, but for what happened.
    @_noAllocation @_noLocks
    func parentReport(_ parent: ParentOrder) -> ExecutionReport {
        var report = ExecutionReport()
        report.sequence = sequence
        report.ingressTimeNs = nowNs
        report.orderID = parent.orderID
        report.instrumentID = parent.instrumentID
        report.side = parent.side
        report.strategyID = parent.strategyID
        report.cumulativeQuantity = QuantityLots(rawValue: parent.filled)
        report.leavesQuantity = QuantityLots(rawValue: max(0, parent.total &- parent.filled))
        return report
    }

    /// - Precondition: the ring has room.
    @_noAllocation @_noLocks
    mutating func publish(_ report: ExecutionReport) {
        guard let slot = unsafe reports.claim() else { return }
        unsafe slot.pointee = report
        reports.publish()
    }

    /// Shows how many parents are in which state.
    @_noAllocation @_noLocks
    private mutating func countStates() {
        var working: UInt64 = 0
        var paused: UInt64 = 0
        var cancelling: UInt64 = 0
        for index in 0..<parents.count {
            switch unsafe parents.parent(parents.place(index)).pointee.state {
            case .paused: paused &+= 1
            case .cancelling: cancelling &+= 1
            case .working: working &+= 1
            }
        }
        counters.working.set(working)
        counters.paused.set(paused)
        counters.cancelling.set(cancelling)
    }
}
