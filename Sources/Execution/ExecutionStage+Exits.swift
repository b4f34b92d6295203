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
    // MARK: - Exits

    /// Lets an instrument's position be closed, when it is to be, and its target rest.
    @_noAllocation @_noLocks
    mutating func stepExit(of id: UInt32) {
        let desk = unsafe desks + Int(id)
        if unsafe desk.pointee.guarding.position == 0 {
            unsafe desk.pointee.exiting = .none
            unsafe withdrawTarget(desk)
            return
        }
        if case .none = unsafe desk.pointee.exiting { unsafe look(desk, id) }
        if case .none = unsafe desk.pointee.exiting {
            if hasExits && exits.targetRests { unsafe keepTarget(desk, id) }
        } else {
            unsafe exit(desk, id)
        }
    }

    /// Decides whether the position is to be closed from now on.
    @_noAllocation @_noLocks
    private mutating func look(_ desk: UnsafeMutablePointer<InstrumentDesk>, _ id: UInt32) {
        var reason = ExitReason.none
        if isFlattening {
            reason = .flatten
        } else if hasExits {
            let mid = unsafe desk.pointee.isTradable ? desk.pointee.mid : 0
            reason = unsafe desk.pointee.guarding.trigger(
                exits, mid: mid, range: desk.pointee.range.value(period: exits.rangePeriod),
                nowNs: nowNs)
        }
        if case .none = reason { return }
        unsafe desk.pointee.exiting = reason
        unsafe desk.pointee.exitNotBeforeNs = 0
        unsafe desk.pointee.exitRefusals = 0
        exitCounters.count(reason)
        // What would build the position up again ends with it.
        for index in 0..<parents.count {
            let parent = unsafe parents.parent(parents.place(index))
            if unsafe parent.pointee.instrumentID == id && !parent.pointee.isReduceOnly {
                unsafe parent.pointee.stop(.canceled)
            }
        }
    }

    /// Sends what is left of a position across the spread, one order at a time. The target goes
    /// first, so that both never stand together.
    @_noAllocation @_noLocks
    private mutating func exit(_ desk: UnsafeMutablePointer<InstrumentDesk>, _ id: UInt32) {
        if unsafe desk.pointee.target != ParentOrder.noChild {
            unsafe withdrawTarget(desk)
            return
        }
        let state = control.state
        if unsafe desk.pointee.exit != ParentOrder.noChild
            || nowNs < desk.pointee.exitNotBeforeNs || !desk.pointee.isTradable
            || state.rawValue > TradingState.reducing.rawValue
        {
            return
        }
        let position = unsafe desk.pointee.guarding.position
        var child = ChildOrder()
        child.owner = .exit
        child.side = position > 0 ? .sell : .buy
        child.timeInForce = .ioc
        child.price = unsafe ChildPrice.crossing(
            child.side, bid: desk.pointee.bid, ask: desk.pointee.ask, collarE4: exitCollarE4,
            limit: 0)
        unsafe sendExit(&child, desk, id, reason: desk.pointee.exiting.code)
    }

    /// Keeps a reduce-only order of the whole position where the profit is taken.
    @_noAllocation @_noLocks
    private mutating func keepTarget(
        _ desk: UnsafeMutablePointer<InstrumentDesk>, _ id: UInt32
    ) {
        let position = unsafe desk.pointee.guarding.position
        let price = unsafe desk.pointee.guarding.target(exits)
        if price < 1 { return }
        if unsafe desk.pointee.target != ParentOrder.noChild {
            let child = unsafe children.child(desk.pointee.target)
            let isRight =
                unsafe child.pointee.price == price
                && child.pointee.leaves.magnitude == position.magnitude
                && (child.pointee.side == .sell) == (position > 0)
            if !isRight { unsafe withdrawTarget(desk) }
            return
        }
        if unsafe nowNs < desk.pointee.targetNotBeforeNs || !desk.pointee.isTradable
            || control.state.rawValue > TradingState.reducing.rawValue
        {
            return
        }
        var child = ChildOrder()
        child.owner = .target
        child.side = position > 0 ? .sell : .buy
        child.timeInForce = .gtc
        child.price = price
        unsafe sendExit(&child, desk, id, reason: ExitReason.takeProfit.code)
    }

    /// Sends an order over what is held and not yet on its way out.
    @_noAllocation @_noLocks
    private mutating func sendExit(
        _ child: inout ChildOrder, _ desk: UnsafeMutablePointer<InstrumentDesk>, _ id: UInt32,
        reason: UInt8
    ) {
        let held = unsafe desk.pointee.guarding.position.magnitude
        var lots = unsafe Int64(truncatingIfNeeded: held) &- desk.pointee.exitWorked
        let most = unsafe desk.pointee.limits.quantityMax
        if most > 0 { lots = min(lots, most) }
        if lots < 1 || child.price < 1 { return }
        child.instrumentID = id
        child.quantity = lots
        child.isReduceOnly = true
        guard let place = send(&child, strategyID: 0, reason: reason) else { return }
        unsafe desk.pointee.exitWorked &+= lots
        if case .exit = child.owner {
            unsafe desk.pointee.exit = place
        } else {
            unsafe desk.pointee.target = place
        }
        exitCounters.orders.increment()
    }

    @_noAllocation @_noLocks
    private mutating func withdrawTarget(_ desk: UnsafeMutablePointer<InstrumentDesk>) {
        let place = unsafe desk.pointee.target
        if place == ParentOrder.noChild { return }
        let child = unsafe children.child(place)
        if unsafe child.pointee.isOpen
            && (!child.pointee.isWithdrawn || nowNs >= child.pointee.cancelNotBeforeNs)
        {
            withdraw(place)
        }
    }

    /// Waits after an exit or a target that was refused, or did not trade in full.
    ///
    /// - Parameter isRefused: By risk or the venue.
    @_noAllocation @_noLocks
    mutating func delayExit(_ child: UnsafePointer<ChildOrder>, isRefused: Bool) {
        let desk = unsafe desks + Int(child.pointee.instrumentID)
        let parameters = context.configuration.child
        var wait = parameters.retryNs
        if isRefused {
            if unsafe desk.pointee.exitRefusals < 100 { unsafe desk.pointee.exitRefusals &+= 1 }
            wait = unsafe parameters.backoff(desk.pointee.exitRefusals)
            exitCounters.refusals.increment()
        }
        if case .exit = unsafe child.pointee.owner {
            // A position that is to be closed is never left alone for long.
            let longest = ExecutionStage.exitBackoffMaxNs
            unsafe desk.pointee.exitNotBeforeNs = nowNs &+ min(wait, longest)
        } else {
            unsafe desk.pointee.targetNotBeforeNs = nowNs &+ wait
        }
    }

    private static var exitBackoffMaxNs: UInt64 { @_noAllocation @_noLocks get { 1_000_000_000 } }

    // MARK: - Flatten

    /// Looks at what people want: a flatten begins when its number grows, and ends when a person
    /// resumes trading.
    @_noAllocation @_noLocks
    mutating func observeOperator() {
        let resumed = control.resumeEpoch
        if resumed != seenResumeEpoch {
            seenResumeEpoch = resumed
            isFlattening = false
            for id in 0..<instrumentCount {
                if case .flatten = unsafe desks[id].exiting { unsafe desks[id].exiting = .none }
            }
        }
        let epoch = control.flattenEpoch
        if epoch == seenFlattenEpoch { return }
        seenFlattenEpoch = epoch
        exitCounters.flattens.increment()
        isFlattening = true
        // Resting orders would count against what may still reduce.
        control.lower(to: .reducing, because: "flatten")
        control.cancelAll()
        for index in 0..<parents.count {
            unsafe parents.parent(parents.place(index)).pointee.stop(.canceled)
        }
    }

    /// Halts trading once nothing is held and nothing at work. Not while trading is stopped anyway:
    /// then what is held may not be known.
    @_noAllocation @_noLocks
    mutating func endFlatten() {
        if heldCount > 0 || children.liveCount > 0 || parents.count > 0
            || control.state.rawValue > TradingState.reducing.rawValue
        {
            return
        }
        isFlattening = false
        control.lower(to: .halted, because: "flat")
    }
}
