//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// What a step of a parent may look at that all parents share.
struct ParentContext {
    let configuration: PlainConfiguration
    let profile: DayProfile
    /// Of Almgren and Chriss's trajectory, per second.
    let decay: Double
}

extension ParentOrder {
    /// One step of the state machine: takes the time and the market, says what to do next. At most
    /// one thing, so that what follows sees its effect; `end` is said once, with the last child.
    @_noAllocation @_noLocks
    mutating func step(
        _ view: ParentView, _ context: ParentContext, _ limits: SizeLimits
    ) -> ParentAction {
        if filled >= total {
            // Whatever it was told before: nothing is left to end short of.
            state = .cancelling
            ending = .filled
        }
        if case .cancelling = state { return windUp(view) }
        if isHeld || !view.mayTrade {
            state = .paused
            return withdraw(view)
        }
        state = .working
        let least = limits.least(
            price: side == .buy ? view.bid : view.ask, isReduceOnly: isReduceOnly)
        if worked == 0 && rest < least {
            stop(.belowMinimum)
            return windUp(view)
        }
        if anchor == 0 { anchor = side == .buy ? view.bid : view.ask }
        if view.nowNs >= endNs && !isCrossing {
            switch context.configuration.time(algorithm).remainder {
            case .cross: isCrossing = true
            case .leave:
                stop(.expired)
                return windUp(view)
            }
        }
        if isCrossing {
            return hasResting ? withdraw(view) : cross(rest, view, context, limits, least)
        }
        switch algorithm {
        case .iceberg: return showPart(view, context, limits, least)
        case .pegged: return follow(view, context, limits, least, price: pegPrice(view, context))
        case .chase: return chase(view, context, limits, least)
        default:
            let due = scheduled(view.nowNs, context)
            return cross(due &- filled &- worked, view, context, limits, least)
        }
    }

    /// Ends the resting child, then waits for the others, then ends.
    @_noAllocation @_noLocks
    private func windUp(_ view: ParentView) -> ParentAction {
        if hasResting { return withdraw(view) }
        return ParentAction(liveCount == 0 && worked == 0 ? .end : .none)
    }

    @_noAllocation @_noLocks
    private func withdraw(_ view: ParentView) -> ParentAction {
        ParentAction(hasResting && view.isRestingOpen ? .withdraw : .none)
    }

    /// Sends up to `wanted` lots across the spread.
    @_noAllocation @_noLocks
    private func cross(
        _ wanted: Int64, _ view: ParentView, _ context: ParentContext, _ limits: SizeLimits,
        _ least: Int64
    ) -> ParentAction {
        if view.nowNs < notBeforeNs || liveCount >= Self.liveMax { return ParentAction(.none) }
        let lots = limits.child(wanted: wanted, rest: rest, least: least)
        let price = ChildPrice.crossing(
            side, bid: view.bid, ask: view.ask, collarE4: context.configuration.child.collarE4,
            limit: limitPrice)
        if lots < 1 || price < 1 { return ParentAction(.none) }
        return ParentAction(.place, lots: lots, price: price)
    }

    // MARK: Schedules

    /// Lots that should have been sent by now.
    @_noAllocation @_noLocks
    private mutating func scheduled(_ nowNs: UInt64, _ context: ParentContext) -> Int64 {
        switch algorithm {
        case .pov:
            let share = Int128(context.configuration.participation.shareE4)
            // A share of at most all of it.
            return min(total, Int64(truncatingIfNeeded: Int128(marketLots) &* share / 10_000))
        case .twap:
            let parameters = context.configuration.twap
            countSlices(nowNs, parameters)
            return Trajectory.equal(total: total, done: slices, of: parameters.slices)
        case .vwap:
            let parameters = context.configuration.vwap
            countSlices(nowNs, parameters)
            if slices >= parameters.slices { return total }
            let share = context.profile.share(
                startNs: startNs, endNs: endNs, timeNs: sliceEndNs(parameters))
            return Trajectory.lots(total: total, share: share)
        default:
            let parameters = context.configuration.optimalSlices
            countSlices(nowNs, parameters)
            if slices >= parameters.slices { return total }
            let share = Trajectory.optimalShare(
                decay: context.decay, elapsed: Double(sliceEndNs(parameters) &- startNs) / 1e9,
                duration: Double(parameters.time.durationNs) / 1e9)
            return Trajectory.lots(total: total, share: share)
        }
    }

    /// The end of the time that the slices so far stand for.
    @_noAllocation @_noLocks
    private func sliceEndNs(_ parameters: SliceParameters) -> UInt64 {
        startNs &+ parameters.time.durationNs / UInt64(parameters.slices)
            &* UInt64(truncatingIfNeeded: slices)
    }

    /// Each slice is counted at its own jittered time.
    @_noAllocation @_noLocks
    private mutating func countSlices(_ nowNs: UInt64, _ parameters: SliceParameters) {
        while slices < parameters.slices,
            nowNs >= Trajectory.dueNs(parameters, startNs: startNs, seed: orderID, index: slices)
        { slices &+= 1 }
    }

    // MARK: Resting

    /// Keeps a part of the order in the book, at its limit or at the best price of its side.
    @_noAllocation @_noLocks
    private func showPart(
        _ view: ParentView, _ context: ParentContext, _ limits: SizeLimits, _ least: Int64
    ) -> ParentAction {
        if hasResting || view.nowNs < notBeforeNs { return ParentAction(.none) }
        let share = Int128(context.configuration.iceberg.shareE4)
        let display = Int64(truncatingIfNeeded: Int128(total) &* share / 10_000)
        let lots = limits.child(wanted: max(display, least), rest: rest, least: least)
        let price = limitPrice > 0 ? limitPrice : side == .buy ? view.bid : view.ask
        if lots < 1 || price < 1 { return ParentAction(.none) }
        return ParentAction(.place, lots: lots, price: price, timeInForce: .gtc)
    }

    @_noAllocation @_noLocks
    private mutating func pegPrice(_ view: ParentView, _ context: ParentContext) -> Int64 {
        ChildPrice.pegged(
            side, bid: view.bid, ask: view.ask,
            reference: context.configuration.pegged.reference,
            offset: context.configuration.pegged.offsetTicks)
    }

    /// Follows the best price of its side; crosses once that has run too far.
    @_noAllocation @_noLocks
    private mutating func chase(
        _ view: ParentView, _ context: ParentContext, _ limits: SizeLimits, _ least: Int64
    ) -> ParentAction {
        let best = side == .buy ? view.bid : view.ask
        let run = side == .buy ? Int128(best) &- Int128(anchor) : Int128(anchor) &- Int128(best)
        if run &* 10_000 > Int128(anchor) &* Int128(context.configuration.chase.distanceE4) {
            isCrossing = true
            return hasResting ? withdraw(view) : cross(rest, view, context, limits, least)
        }
        return follow(view, context, limits, least, price: best)
    }

    /// Places everything at `price`, or moves there what rests elsewhere.
    @_noAllocation @_noLocks
    private func follow(
        _ view: ParentView, _ context: ParentContext, _ limits: SizeLimits, _ least: Int64,
        price wanted: Int64
    ) -> ParentAction {
        let price = ChildPrice.resting(
            side, price: wanted, bid: view.bid, ask: view.ask, limit: limitPrice)
        if wanted < 1 || price < 1 { return ParentAction(.none) }
        if !hasResting {
            let lots = limits.child(wanted: rest, rest: rest, least: least)
            if lots < 1 || view.nowNs < notBeforeNs { return ParentAction(.none) }
            return ParentAction(.place, lots: lots, price: price, timeInForce: .postOnly)
        }
        let isPegged = algorithm == .pegged
        let off = price.subtractingReportingOverflow(view.restingPrice).partialValue.magnitude
        let hysteresis = isPegged ? context.configuration.pegged.hysteresisTicks : 1
        let interval =
            isPegged
            ? context.configuration.pegged.intervalNs : context.configuration.chase.intervalNs
        if !view.isRestingOpen || off < hysteresis.magnitude || view.nowNs < notBeforeNs
            || view.nowNs < movedNs &+ interval
        {
            return ParentAction(.none)
        }
        return ParentAction(replaces ? .withdraw : .move, price: price)
    }
}
