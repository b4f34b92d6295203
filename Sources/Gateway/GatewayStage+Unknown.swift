//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import Messages
import Pipeline
import Rings
import Telemetry

// Orders whose fate is not known: how they get there, how they are asked for, and what proves an
// end. Control 15.

extension GatewayStage {
    /// An answer that says that the outcome is not known, of a place, a change or a cancel.
    @_noAllocation @_noLocks
    mutating func takeUnknown(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        if unsafe record.pointee.state.isEnded {
            counters.lateReports.increment()
            return
        }
        unsafe record.pointee.cancelDeadlineNs = 0
        unsafe quarantine(report, record)
    }

    /// Holds an order for UNKNOWN, and has it cancelled or asked for. It keeps a status that says
    /// more.
    ///
    /// - Precondition: there is room for an update.
    @_noAllocation @_noLocks
    mutating func quarantine(
        _ cause: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        counters.unknown.increment()
        unsafe record.pointee.placeDeadlineNs = 0
        unsafe record.pointee.modifyDeadlineNs = 0
        let venueIndex = unsafe books[Int(record.pointee.instrumentID)].venueIndex
        // What nobody can be asked for is cancelled whatever the policy.
        if isUnknownKept && (queries != nil || encoders.answersQueries(venueIndex)) {
            unsafe ask(record, at: recordTimeNs)
        } else {
            unsafe record.pointee.wantsCancel = 1
        }
        // A cancel that was sent is repeated as a refused one is.
        unsafe record.pointee.cancelNotBeforeNs = unsafe record.pointee.wasCancelSent == 1
            ? later(recordTimeNs, cancelRetryNs) : recordTimeNs
        nextDueNs = min(nextDueNs, recordTimeNs)
#if APUS_PLANTED_BUGS
        if apus_is_planted(4) != 0 {
            _ = unsafe record.pointee.state.apply(
                .rejected, filled: QuantityLots(rawValue: 0),
                statedCumulative: QuantityLots(rawValue: 0))
            return unsafe publish(completed(cause, record))
        }
#endif
        let change = unsafe record.pointee.state.apply(
            .unknown, filled: QuantityLots(rawValue: 0),
            statedCumulative: QuantityLots(rawValue: 0))
        guard case .advanced = change else { return }
        var update = unsafe cause.pointee
        update.execution = .unknown
        unsafe publish(completed(&update, record))
    }

    /// Opens the question what became of an order.
    @_noAllocation @_noLocks
    func ask(_ record: UnsafeMutablePointer<OrderRecord>, at timeNs: UInt64) {
        unsafe record.pointee.queryNotBeforeNs = max(timeNs, 1)
    }

    /// The venue showed life of an order: no miss counts any more, and no question is open but the
    /// one what became of a change.
    @_noAllocation @_noLocks
    func noteLife(_ record: UnsafeMutablePointer<OrderRecord>) {
        unsafe record.pointee.firstMissNs = 0
        let isChangeUnknown = unsafe record.pointee.state.asked.rawValue != 0
            && record.pointee.modifyDeadlineNs == 0
        if !isChangeUnknown { unsafe record.pointee.queryNotBeforeNs = 0 }
    }

    /// An answer, to a cancel or a question, that the venue does not know the order.
    ///
    /// - Returns: `true` when that is proven: the order has ended.
    @_noAllocation @_noLocks
    mutating func takeMiss(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) -> Bool {
#if APUS_PLANTED_BUGS
        if apus_is_planted(5) != 0 {
            var update = unsafe report.pointee
            update.execution = .canceled
            update.cumulativeQuantity = QuantityLots(rawValue: 0)
            _ = unsafe applied(&update, record)
            unsafe publish(completed(&update, record))
            return true
        }
#endif
        // A cancel's "unknown order" says as well that the order was filled: where the venue can be
        // asked, only its answers to questions prove that it never knew the order.
        if unsafe report.pointee.execution != .notFound,
            unsafe canAsk(books[Int(record.pointee.instrumentID)].venueIndex)
        {
            if unsafe record.pointee.queryNotBeforeNs == 0 { unsafe ask(record, at: recordTimeNs) }
            unsafe record.pointee.cancelNotBeforeNs = later(recordTimeNs, missConfirmationNs)
            nextDueNs = unsafe min(
                nextDueNs,
                min(record.pointee.queryNotBeforeNs, record.pointee.cancelNotBeforeNs))
            return false
        }
        var again = unsafe later(record.pointee.firstMissNs, missConfirmationNs)
        if unsafe record.pointee.firstMissNs == 0 {
            unsafe record.pointee.firstMissNs = max(recordTimeNs, 1)
            again = later(recordTimeNs, missConfirmationNs)
            // To a cancel: it may be known how the order ended.
            let isAnswer = unsafe report.pointee.execution == .notFound
            unsafe ask(record, at: isAnswer ? max(again, record.pointee.expiresNs) : recordTimeNs)
            nextDueNs = unsafe min(nextDueNs, record.pointee.queryNotBeforeNs)
        } else if unsafe recordTimeNs >= again && recordTimeNs >= record.pointee.expiresNs
            && (report.pointee.execution != .notFound || report.pointee.isFinal == 1)
        {
            counters.missesResolved.increment()
            var update = unsafe report.pointee
            update.execution = .canceled
            update.cumulativeQuantity = QuantityLots(rawValue: 0)
            _ = unsafe applied(&update, record)
            unsafe record.pointee.isPresumedGone = 1
            unsafe publish(completed(&update, record))
            return true
        } else {
            unsafe ask(record, at: max(again, record.pointee.expiresNs))
        }
        unsafe record.pointee.cancelNotBeforeNs = max(again, record.pointee.expiresNs)
        nextDueNs = unsafe min(nextDueNs, record.pointee.cancelNotBeforeNs)
        return false
    }

    /// An order that the venue did not know, twice and behind its request's expiry, can come to it
    /// all the same when its clock steps back. At the first sign of its life it is taken in as one
    /// of an earlier run is: it counts again, and is cancelled until it has ended.
    ///
    /// - Returns: Where the order is now.
    /// - Precondition: the order at `place` is presumed gone.
    @_noAllocation @_noLocks
    mutating func judgePresumption(
        _ report: UnsafePointer<ExecutionReport>, _ place: UInt32
    ) -> UInt32 {
        let ended = unsafe orders.record(place)
        switch unsafe report.pointee.execution {
        case .accepted, .fill, .modified, .restated: break
        case .canceled, .expired, .rejected:
            unsafe ended.pointee.isPresumedGone = 0
            return place
        default: return place
        }
        let state = unsafe ended.pointee.state
        guard state.cumulative.rawValue < state.ceiling.rawValue, let live = orders.revive(place)
        else {
            unsafe cancelContradiction(ended)
            return place
        }
        counters.contradictions.increment()
        let record = unsafe orders.record(live)
        let book = unsafe books + Int(record.pointee.instrumentID)
        unsafe book.pointee.openOrders &+= 1
        unsafe book.pointee.showOrders()
        var update = unsafe report.pointee
        update.execution = .adopted
        update.lastPrice = unsafe record.pointee.limitPrice
        update.lastQuantity = unsafe record.pointee.state.ceiling
        unsafe publish(completed(&update, record))
        // Unless this report is of its end, it is cancelled behind it.
        nextDueNs = min(nextDueNs, recordTimeNs)
        return live
    }

    /// The answer to a question: the venue does not know the order.
    @_noAllocation @_noLocks
    mutating func takeNotFound(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        // Without a question, or of an ended order, it is a late answer.
        if unsafe record.pointee.state.isEnded || record.pointee.queryNotBeforeNs == 0 {
            counters.lateReports.increment()
            return
        }
        counters.queryMisses.increment()
        _ = unsafe takeMiss(report, record)
    }

    /// Settles a change whose outcome is not known by what the venue says the order is, once the
    /// change can no longer be carried out.
    @_noAllocation @_noLocks
    mutating func settleChange(
        _ report: UnsafePointer<ExecutionReport>, _ record: UnsafeMutablePointer<OrderRecord>
    ) {
        if unsafe record.pointee.state.asked.rawValue == 0 || record.pointee.modifyDeadlineNs != 0 {
            return
        }
        if unsafe report.pointee.lastQuantity.rawValue < 1 || report.pointee.isFinal == 0
            || recordTimeNs < record.pointee.expiresNs
        {
            let again = later(recordTimeNs, queryIntervalNs)
            unsafe ask(record, at: max(again, record.pointee.expiresNs))
            nextDueNs = unsafe min(nextDueNs, record.pointee.queryNotBeforeNs)
            return
        }
        // Who waits for the outcome of the change learns it as one.
        var outcome = unsafe report.pointee
        outcome.execution = .modified
        unsafe takeTerms(&outcome, record)
    }

    // MARK: - Asking

    /// Whether a question can be put now.
    @_noAllocation @_noLocks
    mutating func canAsk(_ venueIndex: Int) -> Bool {
        if queries != nil { return true }
        return encoders.answersQueries(venueIndex) && canUse(venueIndex)
    }

    /// Asks what became of an order: the venue's session where it answers, otherwise a cold thread.
    /// An answer is final when the question is: one that was long under way may have been given
    /// before the order's last request arrived.
    /// Asked again after `queryIntervalNs` unless something is learned.
    @_noAllocation @_noLocks
    mutating func sendQuery(_ record: UnsafeMutablePointer<OrderRecord>) {
        unsafe record.pointee.queryNotBeforeNs = later(recordTimeNs, queryIntervalNs)
        let venueIndex = unsafe books[Int(record.pointee.instrumentID)].venueIndex
        let isFinal = unsafe recordTimeNs >= record.pointee.expiresNs
        if canUse(venueIndex) {
            let length = unsafe encoders.encodeQuery(
                orderID: record.pointee.orderID, instrumentID: record.pointee.instrumentID,
                isFinal: isFinal, venueIndex: venueIndex,
                timeMs: venues[venueIndex].timeMs(recordTimeNs))
            let frame = unsafe encoders.frameBytes(venueIndex: venueIndex)
            let isWritten = unsafe length > 0
                && write(
                    frame, length, .query, venueIndex: venueIndex, sequence: recordSequence,
                    timeNs: recordTimeNs)
            if isWritten {
                counters.queriesSent.increment()
                return
            }
        }
        guard let slot = unsafe queries?.claim() else {
            counters.queryDrops.increment()
            return
        }
        var question = OrderIntent()
        question.sequence = recordSequence
        question.ingressTimeNs = recordTimeNs
        question.orderID = unsafe record.pointee.orderID
        question.limitPrice = unsafe record.pointee.limitPrice
        question.quantity = unsafe record.pointee.state.quantity
        question.instrumentID = unsafe record.pointee.instrumentID
        question.kind = .place
        question.reason = isFinal ? 1 : 0
        question.side = unsafe record.pointee.side
        unsafe slot.pointee = question
        queries?.publish()
        counters.queriesSent.increment()
    }

    /// Asks for an order when it is time.
    @_noAllocation @_noLocks
    mutating func visitQuestion(_ record: UnsafeMutablePointer<OrderRecord>, _ venueIndex: Int) {
        if unsafe record.pointee.queryNotBeforeNs == 0 || !canAsk(venueIndex) { return }
        if unsafe recordTimeNs >= record.pointee.queryNotBeforeNs { unsafe sendQuery(record) }
        walk.dueNs = unsafe min(walk.dueNs, record.pointee.queryNotBeforeNs)
    }
}
