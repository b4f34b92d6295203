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
import Pipeline
import Telemetry

/// A pass over the live orders, oldest first, a bounded number of them in each `poll`. No other
/// input is taken while it is under way, so it has the same effect however the polls fall.
struct CancelWalk {
    /// Orders visited in one `poll`.
    static var stepMax: Int { @_noAllocation @_noLocks get { 32 } }

    var isActive = false
    /// Orders visited of the step that is under way.
    var stepCount = 0
    /// The next order to visit.
    var place = UInt32.max
    /// A bit for each venue, by its number, whose session was lost with all in flight on it.
    var lostVenues: UInt8 = 0
    /// Sequence of the report that caused the walk; 0: an operator did, who has no sequence, and
    /// nothing is published.
    var sequence: UInt64 = 0
    /// The earliest thing still to do, of the orders visited so far.
    var dueNs = UInt64.max
}

extension GatewayStage {
    /// Looks at what people want: the trading state and the request to cancel everything.
    @_noAllocation @_noLocks
    mutating func observeOperator() {
        let epoch = control.cancelAllEpoch
        let isHalted = control.state.rawValue >= TradingState.halted.rawValue
#if APUS_PLANTED_BUGS
        if apus_is_planted(9) != 0 { return }
#endif
        if epoch != seenCancelEpoch || (isHalted && !wasHalted) {
            seenCancelEpoch = epoch
            for index in 0..<Venue.countMax {
                unsafe venues[index].cancelThrough = orders.placedCount
            }
            isOperatorWalkWanted = orders.liveCount > 0
        }
        wasHalted = isHalted
    }

    @_noAllocation @_noLocks
    mutating func beginOperatorWalk() {
        isOperatorWalkWanted = false
        walk = CancelWalk()
        walk.isActive = true
        walk.place = orders.first
    }

    /// Starts a walk at the time of the latest report.
    ///
    /// - Parameter dropping: The venue whose order session is gone.
    @_noAllocation @_noLocks
    mutating func beginWalk(dropping venue: Venue?) {
        var lost = walk.isActive ? walk.lostVenues : 0
        if let venue { lost |= 1 &<< UInt8(truncatingIfNeeded: venue.index) }
        walk = CancelWalk()
        walk.isActive = true
        walk.place = orders.first
        walk.lostVenues = lost
        walk.sequence = recordSequence
    }

    /// Visits the next orders.
    ///
    /// - Returns: The number of orders visited, at least 1: the walk itself is work.
    @_noAllocation @_noLocks
    mutating func continueWalk() -> Int {
        var visited = 0
        while walk.place != OrderTable.none && walk.stepCount < CancelWalk.stepMax {
            let record = unsafe orders.record(walk.place)
            // Cancels that share a message wait with the rest of their step: which do is the same
            // however the polls fall.
            guard unsafe visit(record) else {
                flushAll()
                return max(visited, 1)
            }
            walk.place = unsafe record.pointee.next
            walk.stepCount &+= 1
            visited &+= 1
        }
        walk.stepCount = 0
        sendBatch()
        flushAll()
        if walk.place == OrderTable.none {
            nextDueNs = walk.dueNs
            walk.isActive = false
        }
        return max(visited, 1)
    }

    @_noAllocation @_noLocks
    private mutating func flushAll() {
        for index in 0..<Venue.countMax { flush(index) }
    }

    /// Does what is due for one order.
    ///
    /// - Returns: `false`, with nothing done, when an update is needed and there is no room for it.
    @_noAllocation @_noLocks
    private mutating func visit(_ record: UnsafeMutablePointer<OrderRecord>) -> Bool {
        let index = unsafe books[Int(record.pointee.instrumentID)].venueIndex
        let isLost = walk.lostVenues & (1 &<< UInt8(truncatingIfNeeded: index)) != 0
        if walk.sequence > 0 {
            let deadline = unsafe record.pointee.requestDeadlineNs
            if deadline != 0 && (isLost || recordTimeNs >= deadline) {
                guard hasUpdateRoom() else { return false }
                var cause = ExecutionReport()
                cause.sequence = walk.sequence
                cause.ingressTimeNs = recordTimeNs
                unsafe quarantine(&cause, record)
            }
            let cancelDeadline = unsafe record.pointee.cancelDeadlineNs
            if cancelDeadline != 0 && (isLost || recordTimeNs >= cancelDeadline) {
                counters.cancelTimeouts.increment()
                unsafe record.pointee.cancelDeadlineNs = 0
                unsafe record.pointee.cancelNotBeforeNs = recordTimeNs
                unsafe record.pointee.wantsCancel = 1
#if APUS_PLANTED_BUGS
                if apus_is_planted(8) != 0 { unsafe record.pointee.state = OrderState(
                    quantity: record.pointee.state.quantity) }
#endif
            }
        }
        if unsafe record.pointee.placeNumber <= venues[index].cancelThrough {
            unsafe record.pointee.wantsCancel = 1
        }
        let end = unsafe record.pointee.endNs
        if end != 0 && recordTimeNs >= end {
            unsafe record.pointee.wantsCancel = 1
        } else if end != 0 {
            walk.dueNs = min(walk.dueNs, end)
        }
        var hasSent = false
        if unsafe record.pointee.wantsCancel == 1 && record.pointee.cancelDeadlineNs == 0
            && venues[index].isOrderSessionUp
        {
            if unsafe record.pointee.wasCancelSent == 1 {
                let repeatNs = unsafe budget.repeatNs(
                    venueIndex: index, instrumentID: record.pointee.instrumentID,
                    timeNs: recordTimeNs)
                unsafe record.pointee.cancelNotBeforeNs = max(
                    record.pointee.cancelNotBeforeNs, repeatNs)
            }
            if unsafe recordTimeNs >= record.pointee.cancelNotBeforeNs {
                hasSent = encoders.batchesCancels(index)
                if hasSent {
                    unsafe addToBatch(record)
                } else {
                    hasSent = unsafe sendCancel(record, timeNs: recordTimeNs)
                }
            }
            if !hasSent { walk.dueNs = unsafe min(walk.dueNs, record.pointee.cancelNotBeforeNs) }
        }
        unsafe visitQuestion(record, index)
        if unsafe record.pointee.requestDeadlineNs != 0 {
            walk.dueNs = unsafe min(walk.dueNs, record.pointee.requestDeadlineNs)
        }
        if unsafe record.pointee.cancelDeadlineNs != 0 {
            walk.dueNs = unsafe min(walk.dueNs, record.pointee.cancelDeadlineNs)
        }
        return true
    }
}
