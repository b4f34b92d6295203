//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTLS
import CTelemetry
import Messages
import Rings
import Telemetry

extension GatewayStage {
    /// Handles one report.
    ///
    /// - Returns: `false`, with nothing done, when there is no room for an update.
    @_noAllocation @_noLocks
    mutating func take(_ report: UnsafePointer<ExecutionReport>) -> Bool {
        guard hasUpdateRoom() else { return false }
        counters.reports.increment()
        recordTimeNs = unsafe max(recordTimeNs, report.pointee.ingressTimeNs)
        recordSequence = unsafe report.pointee.sequence
        switch unsafe report.pointee.execution {
        case .session:
            unsafe noteSession(report)
            unsafe publish(report.pointee)
        case .clockOffset:
            unsafe venues[report.pointee.venue.index].clockOffsetNs =
                unsafe report.pointee.lastPrice.rawValue
            unsafe publish(report.pointee)
        case .timer:
            unsafe publish(report.pointee)
        case .account, .guard:
            unsafe publish(report.pointee)
        case .position: unsafe takePosition(report)
        case .adopted: unsafe takeAdopted(report)
        case .funding: unsafe takeFunding(report)
        case .accepted, .rejected, .fill, .canceled, .expired, .cancelRejected, .unknown,
            .modified, .modifyRejected, .restated, .notFound:
            unsafe takeOrderReport(report)
        default:
            counters.malformedReports.increment()
        }
        if recordTimeNs >= nextDueNs && !walk.isActive { beginWalk(dropping: nil) }
        return true
    }

    /// Loss and return of the two sessions. What was in flight on a lost order session is unknown;
    /// after a gap in the user stream every live order is, so all are cancelled.
    @_noAllocation @_noLocks
    private mutating func noteSession(_ report: UnsafePointer<ExecutionReport>) {
        let isUp = unsafe report.pointee.isUp != 0
        let venue = unsafe venues + report.pointee.venue.index
        switch unsafe report.pointee.session {
        case 1:
            let wasUp = unsafe venue.pointee.isOrderSessionUp
            unsafe venue.pointee.isOrderSessionUp = isUp
            unsafe beginWalk(dropping: wasUp ? report.pointee.venue : nil)
        case 2:
            if !isUp {
                unsafe venue.pointee.wasUserStreamLost = true
            } else if unsafe venue.pointee.wasUserStreamLost {
                unsafe venue.pointee.wasUserStreamLost = false
                unsafe venue.pointee.cancelThrough = orders.placedCount
                beginWalk(dropping: nil)
            }
        default:
            counters.malformedReports.increment()
        }
    }

    /// The order a report speaks of, and what the report does to it.
    @_noAllocation @_noLocks
    mutating func takeOrderReport(_ report: UnsafePointer<ExecutionReport>) {
        guard var place = unsafe orders.find(report.pointee.orderID) else {
            unsafe takeForeign(report)
            return
        }
        var record = unsafe orders.record(place)
        // A pushed report names its instrument; the same id on another one is not this order.
        if unsafe report.pointee.isReply == 0
            && report.pointee.instrumentID != record.pointee.instrumentID
        {
            unsafe takeForeign(report)
            return
        }
        if unsafe report.pointee.venueOrderID != 0 {
            unsafe record.pointee.venueOrderID = unsafe report.pointee.venueOrderID
        }
        if unsafe record.pointee.isPresumedGone == 1 {
            place = unsafe judgePresumption(report, place)
            unsafe record = unsafe orders.record(place)
        }
        let wasEnded = unsafe record.pointee.state.isEnded
        switch unsafe report.pointee.execution {
        case .fill: unsafe takeFill(report, record)
        case .accepted: unsafe takeAccepted(report, record)
        case .rejected: unsafe takeRejected(report, record)
        case .cancelRejected: unsafe takeCancelRejected(report, record)
        case .unknown: unsafe takeUnknown(report, record)
        case .notFound: unsafe takeNotFound(report, record)
        case .modified, .restated: unsafe takeModified(report, record)
        case .modifyRejected: unsafe takeModifyRejected(report, record)
        default: unsafe takeEnd(report, record)
        }
        if unsafe !wasEnded && record.pointee.state.isEnded {
            let book = unsafe books + Int(record.pointee.instrumentID)
            unsafe book.pointee.openOrders &-= 1
            if unsafe record.pointee.state.status == .rejected {
                unsafe book.pointee.rejects &+= 1
                counters.rejects.increment()
            }
            unsafe book.pointee.showOrders()
            orders.retire(place)
        }
    }

    /// A copy of `report` with everything the gateway knows of the order filled in.
    @_noAllocation @_noLocks
    mutating func completed(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafePointer<OrderRecord>
    ) -> ExecutionReport {
        var update = unsafe report.pointee
        update.orderID = unsafe record.pointee.orderID
        update.venueOrderID = unsafe record.pointee.venueOrderID
        update.instrumentID = unsafe record.pointee.instrumentID
        update.side = unsafe record.pointee.side
        update.strategyID = unsafe record.pointee.strategyID
        update.status = unsafe record.pointee.state.status
        update.cumulativeQuantity = unsafe record.pointee.state.cumulative
        update.leavesQuantity = unsafe record.pointee.state.leaves
        let book = unsafe books + Int(record.pointee.instrumentID)
        update.position = unsafe QuantityLots(rawValue: book.pointee.ledger.position)
        return update
    }

    @_noAllocation @_noLocks
    private mutating func takeFill(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        let instrumentID = unsafe record.pointee.instrumentID
        let side = unsafe report.pointee.side
        if unsafe report.pointee.tradeID == 0 || report.pointee.lastPrice.rawValue < 1
            || report.pointee.lastQuantity.rawValue < 1
            || (side != .none && side != record.pointee.side)
        {
            counters.malformedReports.increment()
            return
        }
#if APUS_PLANTED_BUGS
        if apus_is_planted(7) != 0, unsafe record.pointee.state.cumulative.rawValue > 0 {
            return counters.lateFills.increment()
        }
        if apus_is_planted(1) != 0, unsafe record.pointee.state.isEnded {
            return counters.lateFills.increment()
        }
#endif
        let isNew = unsafe trades.insert(
            tradeID: report.pointee.tradeID, instrumentID: instrumentID)
#if APUS_PLANTED_BUGS
        let isTaken = isNew || apus_is_planted(2) != 0
#else
        let isTaken = isNew
#endif
        guard isTaken else {
            counters.duplicateFills.increment()
            return
        }
        if unsafe isBeforeAdoption(report, instrumentID) {
            counters.fillsBeforeAdoption.increment()
            return
        }
        let change = unsafe record.pointee.state.apply(
            .fill, filled: report.pointee.lastQuantity,
            statedCumulative: report.pointee.cumulativeQuantity)
        switch change {
        case .impossibleFill:
            counters.impossibleFills.increment()
            return
        case .lateFill: counters.lateFills.increment()
        case .contradiction: counters.contradictions.increment()
        default: break
        }
        unsafe record.pointee.placeDeadlineNs = 0
        unsafe noteLife(record)
        unsafe count(report, instrumentID, record.pointee.side)
        var update = unsafe completed(report, record)
        update.side = unsafe record.pointee.side
        publish(update)
        tap(update)
    }

    @_noAllocation @_noLocks
    mutating func tap(_ update: ExecutionReport) {
        guard let slot = unsafe fills.claim() else {
            counters.fillTapDrops.increment()
            return
        }
        unsafe slot.pointee = update
        fills.publish()
    }

    @_noAllocation @_noLocks
    private mutating func takeAccepted(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        let isAnswer = unsafe record.pointee.queryNotBeforeNs != 0 && report.pointee.isReply != 0
        unsafe record.pointee.placeDeadlineNs = 0
        let change = unsafe applied(report, record)
        if unsafe isAnswer && !record.pointee.state.isEnded {
            unsafe noteLife(record)
            unsafe settleChange(report, record)
        }
        switch change {
        case .advanced:
            unsafe noteLife(record)
            unsafe publish(completed(report, record))
        case .contradiction:
            unsafe cancelContradiction(record)
        default: counters.lateReports.increment()
        }
    }

    /// An order that had ended by all we knew lives all the same: it must not rest unseen.
    @_noAllocation @_noLocks
    mutating func cancelContradiction(_ record: UnsafePointer<OrderRecord>) {
        counters.contradictions.increment()
        let isSent = unsafe sendCancel(
            orderID: record.pointee.orderID, instrumentID: record.pointee.instrumentID,
            timeNs: recordTimeNs)
        if isSent { unsafe flush(books[Int(record.pointee.instrumentID)].venueIndex) }
    }

    @_noAllocation @_noLocks
    private mutating func takeRejected(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        // Whatever the decoder made of it: a code that leaves the outcome open is no refusal.
        let code = unsafe report.pointee.venueCode
        if code != 0 && VenueCode.outcome(code, of: .place) == .unknown {
            unsafe takeUnknown(report, record)
            return
        }
        unsafe record.pointee.placeDeadlineNs = 0
        switch unsafe applied(report, record) {
        case .advanced: unsafe publish(completed(report, record))
        case .contradiction: counters.contradictions.increment()
        default: counters.lateReports.increment()
        }
    }

    /// Canceled or expired.
    @_noAllocation @_noLocks
    private mutating func takeEnd(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
#if APUS_PLANTED_BUGS
        if apus_is_planted(3) != 0, unsafe record.pointee.state.isEnded { return }
#endif
        switch unsafe applied(report, record) {
        case .advanced: unsafe publish(completed(report, record))
        default: counters.lateReports.increment()
        }
    }

    @_noAllocation @_noLocks
    func applied(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) -> OrderState.Change {
        unsafe record.pointee.state.apply(
            report.pointee.execution, filled: QuantityLots(rawValue: 0),
            statedCumulative: report.pointee.cumulativeQuantity)
    }

    /// A refused cancel. "Unknown order" ends the order only when it is said twice, far enough
    /// apart; anything else is tried again.
    @_noAllocation @_noLocks
    private mutating func takeCancelRejected(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        counters.cancelRejects.increment()
        if unsafe record.pointee.state.isEnded {
            counters.lateReports.increment()
            return
        }
        unsafe record.pointee.cancelDeadlineNs = 0
        unsafe record.pointee.wantsCancel = 1
        if unsafe VenueCode.isOrderGone(report.pointee.venueCode) {
            if unsafe takeMiss(report, record) { return }
        } else {
            unsafe record.pointee.cancelNotBeforeNs = later(recordTimeNs, cancelRetryNs)
            nextDueNs = unsafe min(nextDueNs, record.pointee.cancelNotBeforeNs)
        }
        unsafe publish(completed(report, record))
    }
}
