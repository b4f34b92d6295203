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
import Telemetry

extension GatewayStage {
    /// Sends a change of a resting limit order, or refuses it. What a venue cannot change is not
    /// replaced by a cancel and a new order: that would be another order, which risk has not seen.
    @_noAllocation @_noLocks
    mutating func modify(_ command: UnsafePointer<OrderIntent>) {
        guard let place = unsafe orders.find(command.pointee.orderID),
            unsafe isModifiable(orders.record(place), command)
        else {
            unsafe refuse(command, counters.refusedModify)
            return
        }
        let length = unsafe encode(command)
        if unsafe length == 0 || !takeBudget(command) { return }
        let record = unsafe orders.record(place)
        let venueIndex = unsafe books[Int(record.pointee.instrumentID)].venueIndex
        let frame = unsafe encoders.modifyFrameBytes(venueIndex: venueIndex)
        let isWritten = unsafe write(
            frame, length, .modify, venueIndex: venueIndex, sequence: command.pointee.sequence,
            timeNs: command.pointee.ingressTimeNs)
        if !isWritten {
            unsafe refuse(command, counters.refusedWrite)
            return
        }
        flush(venueIndex)
        counters.modifiesSent.increment()
        unsafe record.pointee.state.expect(command.pointee.quantity)
        unsafe record.pointee.askedPrice = unsafe command.pointee.limitPrice
        unsafe record.pointee.expiresNs = unsafe expiry(
            venueIndex, command.pointee.ingressTimeNs)
        unsafe record.pointee.modifyDeadlineNs = unsafe later(
            command.pointee.ingressTimeNs, inFlightTimeoutNs)
        nextDueNs = unsafe min(nextDueNs, record.pointee.modifyDeadlineNs)
    }

    /// A live, resting limit order with nothing else under way for it, and more left than filled.
    @_noAllocation @_noLocks
    private mutating func isModifiable(
        _ record: UnsafePointer<OrderRecord>, _ command: UnsafePointer<OrderIntent>
    ) -> Bool {
        let isUndisturbed = unsafe record.pointee.state.asked.rawValue == 0
            && record.pointee.wantsCancel == 0 && record.pointee.state.status != .unknown
        return unsafe isUndisturbed && !record.pointee.state.isEnded
            && record.pointee.isAmendable == 1
            && record.pointee.instrumentID == command.pointee.instrumentID
            && record.pointee.side == command.pointee.side
            && command.pointee.quantity.rawValue > record.pointee.state.stated.rawValue
            && encoders.canModify(venueIndex: books[Int(record.pointee.instrumentID)].venueIndex)
    }

    /// A change that a reply or a push tells of is the outcome of ours when it has its terms; any
    /// other is the venue's own, or another client's, and leaves ours under way.
    @_noAllocation @_noLocks
    mutating func takeModified(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        var change = unsafe report.pointee
        let asked = unsafe record.pointee.state.asked.rawValue
        let isSized = change.isReduced == 1
            ? change.lastQuantity.rawValue <= asked : change.lastQuantity.rawValue == asked
        let isAsked = unsafe asked != 0 && isSized
            && change.lastPrice.rawValue == record.pointee.askedPrice.rawValue
        change.execution = unsafe report.pointee.execution == .modified && isAsked
            ? .modified : .restated
        unsafe takeTerms(&change, record)
    }

    /// An order's new price and total quantity: the outcome of our change (`modified`), or not
    /// (`restated`).
    @_noAllocation @_noLocks
    mutating func takeTerms(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        if unsafe report.pointee.lastQuantity.rawValue < 1
            || report.pointee.lastPrice.rawValue < 1
        {
            counters.malformedReports.increment()
            return
        }
#if APUS_PLANTED_BUGS
        if apus_is_planted(14) != 0 { return counters.lateReports.increment() }
#endif
        let time = unsafe report.pointee.venueTimeNs
        if unsafe time < record.pointee.changedNs {
            counters.lateReports.increment()
            return
        }
        unsafe record.pointee.changedNs = time
        unsafe record.pointee.placeDeadlineNs = 0
        if unsafe report.pointee.execution == .modified {
            unsafe record.pointee.modifyDeadlineNs = 0
        }
        let isRepriced =
            unsafe record.pointee.limitPrice.rawValue != report.pointee.lastPrice.rawValue
        unsafe record.pointee.limitPrice = unsafe report.pointee.lastPrice
        let change = unsafe record.pointee.state.apply(
            report.pointee.execution, filled: report.pointee.lastQuantity,
            statedCumulative: report.pointee.cumulativeQuantity)
        switch change {
        case .contradiction:
            unsafe cancelContradiction(record)
        case .advanced:
            unsafe noteLife(record)
            unsafe publish(completed(report, record))
        default:
            if unsafe isRepriced && !record.pointee.state.isEnded {
                unsafe publish(completed(report, record))
            } else {
                counters.lateReports.increment()
            }
        }
    }

    /// The venue refused a change: the order stands as it was, if it stands.
    @_noAllocation @_noLocks
    mutating func takeModifyRejected(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        counters.modifyRejects.increment()
        unsafe record.pointee.modifyDeadlineNs = 0
        if unsafe VenueCode.isOrderGone(report.pointee.venueCode)
            && !record.pointee.state.isEnded
        {
            unsafe ask(record, at: recordTimeNs)
            nextDueNs = min(nextDueNs, recordTimeNs)
        }
        let change = unsafe record.pointee.state.apply(
            .modifyRejected, filled: QuantityLots(rawValue: 0),
            statedCumulative: report.pointee.cumulativeQuantity)
        if case .advanced = change {
            unsafe publish(completed(report, record))
        } else {
            counters.lateReports.increment()
        }
    }
}
