//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTelemetry
import Messages
import Pipeline
import Telemetry

extension RiskStage {
    @_noAllocation @_noLocks
    mutating func take(_ reference: UnsafePointer<ReferencePrice>) {
        let instrumentID = unsafe reference.pointee.instrumentID
        let now = unsafe reference.pointee.ingressTimeNs
        notePortfolio(at: now)
        if Int(instrumentID) >= instrumentCount {
            counters.malformedInputs.increment()
            return
        }
        let row = unsafe rows + Int(instrumentID)
        if unsafe row.pointee.take(reference) && !row.pointee.isIdle {
            unsafe refresh(row, account(of: instrumentID), at: now)
        }
    }

    /// Takes in what the gateway knows: sessions, clock, guards, the account, positions, and what
    /// is left of orders.
    @_noAllocation @_noLocks
    mutating func take(_ update: UnsafePointer<ExecutionReport>) {
        let account = unsafe accounts + update.pointee.venue.index
        let now = unsafe update.pointee.ingressTimeNs
        notePortfolio(at: now)
        switch unsafe update.pointee.execution {
        case .session:
            let isUp = unsafe update.pointee.isUp != 0
            if unsafe update.pointee.session == 1 { unsafe account.pointee.isOrderSessionUp = isUp }
            if unsafe update.pointee.session == 2 {
                unsafe account.pointee.isUserStreamUp = isUp
                // Told anew it proves that the stream lives; lost it proves that it does not.
                unsafe account.pointee.streamTimeNs = isUp ? max(now, 1) : 0
            }
        case .clockOffset:
            unsafe account.pointee.clockOffsetNs = unsafe update.pointee.lastPrice.rawValue
        case .timer:
            break
        case .guard:
            unsafe takeGuard(update, account)
        case .account:
            unsafe takeEquity(update, account)
        default:
            let instrumentID = unsafe update.pointee.instrumentID
            if Int(instrumentID) >= instrumentCount {
                counters.malformedInputs.increment()
                return
            }
            unsafe takeInstrumentUpdate(
                update, rows + Int(instrumentID), self.account(of: instrumentID))
        }
    }

    /// Controls 21, 23...26, 31, 32: of a venue, or of one of its instruments.
    @_noAllocation @_noLocks
    private mutating func takeGuard(
        _ update: UnsafePointer<ExecutionReport>, _ account: UnsafeMutablePointer<AccountRisk>
    ) {
        let holds = unsafe update.pointee.isUp != 0
        let guardian = unsafe update.pointee.guard
        let isKnown: Bool
        if unsafe update.pointee.tradeID != 1 {
            isKnown = unsafe account.pointee.guards.take(guardian, holds: holds)
        } else if unsafe Int(update.pointee.instrumentID) < instrumentCount {
            let row = unsafe rows + Int(update.pointee.instrumentID)
            isKnown = unsafe row.pointee.guards.take(guardian, holds: holds)
        } else {
            isKnown = false
        }
        if !isKnown { counters.malformedInputs.increment() }
        showGuards()
    }

    /// Tells who watches which guards refuse anything.
    @_noAllocation @_noLocks
    mutating func showGuards() {
        var refusing: UInt64 = 0
        for id in 0..<instrumentCount where unsafe !rows[id].isDataOnly {
            unsafe refusing |= rows[id].guards.refusing
            unsafe refusing |= accounts[rows[id].venueIndex].guards.refusing
        }
        counters.guardsRefusing.set(refusing)
    }

    /// Equity (6) and the venue's margin ratio (18), which a report need not tell.
    @_noAllocation @_noLocks
    private mutating func takeEquity(
        _ update: UnsafePointer<ExecutionReport>, _ account: UnsafeMutablePointer<AccountRisk>
    ) {
        // The venue's first word is what day and best moment are measured by.
        let isFirst = unsafe account.pointee.equityTimeNs == 0
        let equityE8 = unsafe update.pointee.feeE8
        unsafe account.pointee.takeEquity(equityE8, at: update.pointee.ingressTimeNs)
        if isFirst {
            unsafe account.pointee.losses.rebase(
                equityE8: equityE8, limits: account.pointee.limits.losses)
        }
        let ratioE4 = unsafe update.pointee.lastQuantity.rawValue
        if unsafe ratioE4 != 0 && ratioE4 < account.pointee.limits.marginRatioMinE4 {
            unsafe setMarginShort(account)
        }
        unsafe noteMargin(account)
        var sumE8: Int128 = 0
        for venue in 0..<Venue.countMax where unsafe accounts[venue].equityTimeNs != 0 {
            unsafe sumE8 &+= Int128(accounts[venue].equityE8)
        }
        portfolio.takeEquity(sumE8)
    }

    @_noAllocation @_noLocks
    private mutating func takeInstrumentUpdate(
        _ update: UnsafePointer<ExecutionReport>, _ row: UnsafeMutablePointer<InstrumentRisk>,
        _ account: UnsafeMutablePointer<AccountRisk>
    ) {
        let now = unsafe update.pointee.ingressTimeNs
        let position = unsafe update.pointee.position.rawValue
        switch unsafe update.pointee.execution {
        case .fill:
            unsafe noteLife(update, account)
            unsafe noteFill(update, row)
            unsafe takePosition(
                position, price: update.pointee.lastPrice.rawValue, costE8: update.pointee.feeE8,
                row)
        case .position:
            // Compared only: the gateway's own position stands.
            if unsafe update.pointee.tradeID != 1 { return }
            unsafe takePosition(
                position, price: update.pointee.lastPrice.rawValue, costE8: 0, row)
        case .funding:
            unsafe takePosition(
                row.pointee.position, price: 0, costE8: update.pointee.feeE8, row)
        case .adopted:
            unsafe adopt(update, row, account)
            return
        case .rejected:
            unsafe noteLife(update, account)
            unsafe noteReject(update, row)
            unsafe takePosition(position, price: 0, costE8: 0, row)
        default:
            unsafe noteLife(update, account)
            unsafe takePosition(position, price: 0, costE8: 0, row)
        }
        unsafe takeLeaves(update)
        unsafe refresh(row, account, at: now)
    }

    /// Control 14: what was pushed by the venue came over the user stream. What the gateway makes
    /// up by itself (time-outs) says nothing.
    @_noAllocation @_noLocks
    private func noteLife(
        _ update: UnsafePointer<ExecutionReport>, _ account: UnsafeMutablePointer<AccountRisk>
    ) {
        let execution = unsafe update.pointee.execution
        if unsafe update.pointee.isReply != 0 || account.pointee.streamTimeNs == 0 { return }
        if execution == .unknown || execution == .notFound { return }
        unsafe account.pointee.streamTimeNs = unsafe max(
            account.pointee.streamTimeNs, update.pointee.ingressTimeNs)
    }

    /// Control 10. Fills of other clients are of no strategy.
    @_noAllocation @_noLocks
    private mutating func noteFill(
        _ update: UnsafePointer<ExecutionReport>, _ row: UnsafeMutablePointer<InstrumentRisk>
    ) {
        let strategyID = unsafe update.pointee.strategyID & 7
        if unsafe update.pointee.orderID == 0 { return }
        let pair = unsafe Self.pair(update.pointee.instrumentID, strategyID)
        unsafe fills.add(pair, at: update.pointee.ingressTimeNs)
        if unsafe fills.isFull(pair, at: update.pointee.ingressTimeNs) {
            unsafe row.pointee.strategiesOff |= 1 << strategyID
            counters.strategiesOff.increment()
        }
    }

    /// Control 30.
    @_noAllocation @_noLocks
    private mutating func noteReject(
        _ update: UnsafePointer<ExecutionReport>, _ row: UnsafeMutablePointer<InstrumentRisk>
    ) {
        if unsafe update.pointee.venueCode == 0 { return }
        let subject = unsafe Int(update.pointee.instrumentID)
        unsafe rejects.add(subject, at: update.pointee.ingressTimeNs)
        if unsafe rejects.isFull(subject, at: update.pointee.ingressTimeNs) {
            unsafe row.pointee.isStormOff = true
            counters.rejectStorms.increment()
        }
    }

    /// Control 23: an order of an earlier run counts like one of ours, and so does one that lives
    /// though it had ended by all we knew. One of another client has no id to follow it by; its
    /// fills move the position all the same.
    @_noAllocation @_noLocks
    private mutating func adopt(
        _ update: UnsafePointer<ExecutionReport>, _ row: UnsafeMutablePointer<InstrumentRisk>,
        _ account: UnsafeMutablePointer<AccountRisk>
    ) {
        let orderID = unsafe update.pointee.orderID
        let total = unsafe update.pointee.lastQuantity.rawValue
        let done = unsafe update.pointee.cumulativeQuantity.rawValue
        let side = unsafe update.pointee.side
        if orderID == 0 {
            counters.foreignOrders.increment()
            return
        }
        if let held = unsafe open.find(orderID), unsafe held.pointee.isOpen == 0 {
            // It had ended with fills to come, which are part of what it has left.
            let its = unsafe rows + Int(held.pointee.instrumentID)
            unsafe Self.addOpen(0 &- held.pointee.counted, held.pointee.side, its)
            unsafe open.remove(held, its)
        }
        let isSound = (side == .buy || side == .sell) && done >= 0 && total > done
        if unsafe !isSound || open.find(orderID) != nil || total > 1 << 50 {
            counters.malformedInputs.increment()
            return
        }
        if open.isFull {
            counters.rangeHalts.increment()
            control.lower(to: .halted, because: "more open orders adopted than risk can follow")
            return
        }
        let price = unsafe update.pointee.lastPrice.rawValue
        let order = unsafe OpenOrder(
            orderID: orderID, total: total, leaves: total &- done, price: price,
            instrumentID: update.pointee.instrumentID, side: side, rests: price > 0)
        unsafe hold(order, row, account, at: update.pointee.ingressTimeNs)
    }

    /// What is left of the order a report speaks of.
    @_noAllocation @_noLocks
    private mutating func takeLeaves(_ update: UnsafePointer<ExecutionReport>) {
        guard let order = unsafe open.find(update.pointee.orderID) else { return }
        let row = unsafe rows + Int(order.pointee.instrumentID)
        let account = unsafe account(of: order.pointee.instrumentID)
        let side = unsafe order.pointee.side
        let counted = unsafe order.pointee.counted
        let isEnded = unsafe update.pointee.status.rawValue >= OrderStatus.filled.rawValue
        // What is left never grows beyond what was approved, whatever an update says.
#if APUS_PLANTED_BUGS
        let isDropped = apus_is_planted(23) != 0 && (unsafe update.pointee.execution == .unknown)
        let told = unsafe isDropped ? 0 : update.pointee.leavesQuantity.rawValue
#else
        let told = unsafe update.pointee.leavesQuantity.rawValue
#endif
        let leaves = min(max(told, 0), counted)
        unsafe settle(update, order, leaves)
        let isSettled = unsafe order.pointee.pendingCount == 0
        if isEnded || isSettled {
            unsafe order.pointee.counted = leaves
            unsafe order.pointee.farPrice = unsafe order.pointee.price
        }
        unsafe Self.addOpen(order.pointee.counted &- counted, side, row)
        if unsafe isEnded && order.pointee.isOpen == 1 {
            unsafe order.pointee.isOpen = 0
            unsafe row.pointee.openOrders &-= 1
            unsafe account.pointee.openOrders &-= 1
        }
        let isResting = unsafe order.pointee.isResting == 1
        if isEnded && leaves == 0 { unsafe open.remove(order, row) }
        if isResting { unsafe open.findOwnBest(side, row) }
        if unsafe order.pointee.instrumentID != update.pointee.instrumentID {
            unsafe refresh(row, account, at: update.pointee.ingressTimeNs)
        }
    }

    /// What the venue has of an order: the outcome of a change, a change by others, or what is left
    /// after a fill.
    @_noAllocation @_noLocks
    private func settle(
        _ update: UnsafePointer<ExecutionReport>, _ order: UnsafeMutablePointer<OpenOrder>,
        _ leaves: Int64
    ) {
        let filled = unsafe max(0, order.pointee.leaves &- leaves)
        switch unsafe update.pointee.execution {
        case .modified:
            let total = unsafe update.pointee.lastQuantity.rawValue
            // The executed part is what the quantity holds beyond what is left.
            unsafe order.pointee.total = max(total, leaves)
            if unsafe update.pointee.lastPrice.rawValue > 0 {
                unsafe order.pointee.price = unsafe update.pointee.lastPrice.rawValue
            }
            unsafe answered(order)
        case .restated:
            // What we asked for, where something is under way, is still counted.
            unsafe order.pointee.total = unsafe leaves
                &+ max(0, update.pointee.cumulativeQuantity.rawValue)
            if unsafe update.pointee.lastPrice.rawValue > 0 {
                let side = unsafe order.pointee.side
                unsafe order.pointee.price = unsafe update.pointee.lastPrice.rawValue
                unsafe order.pointee.farPrice = unsafe OpenOrders.better(
                    order.pointee.farPrice, order.pointee.price, side)
            }
        case .modifyRejected:
            unsafe answered(order)
        default:
            unsafe order.pointee.counted &-= filled
        }
        unsafe order.pointee.leaves = leaves
    }

    @_noAllocation @_noLocks
    private func answered(_ order: UnsafeMutablePointer<OpenOrder>) {
        if unsafe order.pointee.pendingCount > 0 { unsafe order.pointee.pendingCount &-= 1 }
    }
}
