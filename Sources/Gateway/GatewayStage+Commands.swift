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

extension GatewayStage {
    /// Handles one command.
    ///
    /// - Returns: `false`, with nothing done, when there is no room for an update.
    @_noAllocation @_noLocks
    mutating func take(_ command: UnsafePointer<OrderIntent>) -> Bool {
        if unsafe command.pointee.kind == .cancel {
            counters.approved.increment()
            unsafe cancel(command)
            return true
        }
        guard hasUpdateRoom() else { return false }
        counters.approved.increment()
        if unsafe command.pointee.kind == .place {
            unsafe place(command)
        } else if unsafe command.pointee.kind == .modify {
            unsafe modify(command)
        } else {
            counters.malformedCommands.increment()
        }
        return true
    }

    /// Sends a new order, or refuses it: then no byte of it has left, and its rejection is our own
    /// evidence.
    @_noAllocation @_noLocks
    private mutating func place(_ command: UnsafePointer<OrderIntent>) {
        let length = unsafe encode(command)
        if length == 0 { return }
        if unsafe isPastExpiry(command) {
            unsafe refuse(command, counters.refusedExpiry)
            return
        }
        if let held = unsafe orders.find(command.pointee.orderID),
            unsafe !orders.record(held).pointee.state.isEnded
        {
            // A rejection would speak of the order that lives under this id.
            counters.refusedIdentity.increment()
            return
        }
        if unsafe !takeBudget(command) { return }
        guard let place = unsafe orders.insert(command) else {
            unsafe refuse(command, counters.refusedIdentity)
            return
        }
        unsafe send(command, place, length)
    }

    /// Encodes a new order or a change and reads it back, or refuses it: what is halted, has no
    /// session or cannot be written does not leave.
    ///
    /// - Returns: Bytes of the frame; 0: it was refused.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func encode(_ command: UnsafePointer<OrderIntent>) -> Int {
#if APUS_PLANTED_BUGS
        let isIgnored = unsafe apus_is_planted(11) != 0 && command.pointee.kind == .place
#else
        let isIgnored = false
#endif
        if !isIgnored
            && (control.state.rawValue >= TradingState.halted.rawValue || control.isStopRequested)
        {
            unsafe refuse(command, counters.refusedState)
            return 0
        }
        if unsafe Int(command.pointee.instrumentID) >= instrumentCount {
            unsafe refuse(command, counters.refusedEncoding)
            return 0
        }
        let venueIndex = unsafe books[Int(command.pointee.instrumentID)].venueIndex
        if !canUse(venueIndex) || isOutboundRevoked {
            unsafe refuse(command, counters.refusedSession)
            return 0
        }
        let length = unsafe encoders.encode(
            command, venueIndex: venueIndex,
            timeMs: venues[venueIndex].timeMs(command.pointee.ingressTimeNs))
        if length == 0 {
            unsafe refuse(command, counters.refusedEncoding)
            return 0
        }
        if unsafe !encoders.isEncoded(command, venueIndex: venueIndex) {
            revokeOutbound()
            unsafe refuse(command, counters.refusedEncoding)
            return 0
        }
        return length
    }

    /// Takes a new order or a change out of the venue's budgets, or refuses it.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func takeBudget(_ command: UnsafePointer<OrderIntent>) -> Bool {
        let isTaken = unsafe budget.take(
            venueIndex: books[Int(command.pointee.instrumentID)].venueIndex,
            instrumentID: command.pointee.instrumentID,
            kind: command.pointee.kind == .modify ? .modify : .place,
            timeNs: max(recordTimeNs, command.pointee.ingressTimeNs))
        if !isTaken { unsafe refuse(command, counters.refusedRate) }
        return isTaken
    }

    /// What was encoded is not what was approved: nothing new leaves any more.
    @_noAllocation @_noLocks
    private mutating func revokeOutbound() {
        counters.mismatches.increment()
        isOutboundRevoked = true
        control.lower(to: .halted, because: "encoded order differs from its command")
    }

    /// Good till a date that has passed, or none.
    @_noAllocation @_noLocks
    private func isPastExpiry(_ command: UnsafePointer<OrderIntent>) -> Bool {
        let now = unsafe max(recordTimeNs, command.pointee.ingressTimeNs)
        return unsafe command.pointee.timeInForce == .gtd
            && UInt64(command.pointee.expiryS) * 1_000_000_000 <= now
    }

    /// Writes the encoded order, stamps, and hands it to the kernel.
    @_noAllocation @_noLocks
    private mutating func send(
        _ command: UnsafePointer<OrderIntent>, _ place: UInt32, _ length: Int
    ) {
        let book = unsafe books + Int(command.pointee.instrumentID)
        let record = unsafe orders.record(place)
        let venueIndex = unsafe book.pointee.venueIndex
        let frame = unsafe encoders.frameBytes(venueIndex: venueIndex)
#if APUS_PLANTED_BUGS
        if apus_is_planted(10) != 0 { _ = unsafe venues[venueIndex].write(frame, length) }
#endif
        let isWritten = unsafe write(
            frame, length, .place, venueIndex: venueIndex, sequence: command.pointee.sequence,
            timeNs: command.pointee.ingressTimeNs)
        if !isWritten {
            _ = unsafe record.pointee.state.apply(
                .rejected, filled: QuantityLots(rawValue: 0),
                statedCumulative: QuantityLots(rawValue: 0))
            orders.retire(place)
            unsafe refuse(command, counters.refusedWrite)
            return
        }
        var sentTimeNs = unsafe command.pointee.ingressTimeNs
        if hasClock {
            sentTimeNs = unsafe clock.pointee.now()
            unsafe receiveToEncrypted.record(sentTimeNs &- command.pointee.ingressTimeNs)
            unsafe sends.add(
                SentOrder(
                    sequence: command.pointee.sequence,
                    ingressTimeNs: command.pointee.ingressTimeNs, sentTimeNs: sentTimeNs,
                    instrumentID: command.pointee.instrumentID))
        }
        flush(venueIndex)
        counters.sent.increment()
        unsafe record.pointee.expiresNs = unsafe expiry(
            venueIndex, command.pointee.ingressTimeNs)
        unsafe record.pointee.placeDeadlineNs = unsafe later(
            command.pointee.ingressTimeNs, inFlightTimeoutNs)
        nextDueNs = unsafe min(nextDueNs, record.pointee.placeDeadlineNs)
        if unsafe record.pointee.endNs != 0 {
            nextDueNs = unsafe min(nextDueNs, record.pointee.endNs)
        }
        unsafe book.pointee.ordersSent &+= 1
        unsafe book.pointee.openOrders &+= 1
        unsafe book.pointee.showOrders()
        if orderTap != nil { unsafe tapSent(command, sentTimeNs: sentTimeNs) }
    }

    /// Until when a venue may carry out a place or change of this time.
    @_noAllocation @_noLocks
    func expiry(_ venueIndex: Int, _ timeNs: UInt64) -> UInt64 {
        later(timeNs, venueIndex == Venue.okx.index ? lifeNs.okx : lifeNs.binance)
    }

    /// `time + span`, at most the end of time; never 0, which stands for "none".
    @_noAllocation @_noLocks
    func later(_ time: UInt64, _ span: UInt64) -> UInt64 {
        let (sum, overflow) = time.addingReportingOverflow(span)
        return overflow ? UInt64.max : max(sum, 1)
    }

    /// Tells that a new order or a change never left. Of a change the order, if there is one,
    /// stands as it was.
    @_noAllocation @_noLocks
    mutating func refuse(_ command: UnsafePointer<OrderIntent>, _ counter: Counter) {
        counter.increment()
        var update = ExecutionReport()
        update.sequence = unsafe command.pointee.sequence
        update.ingressTimeNs = unsafe command.pointee.ingressTimeNs
        update.orderID = unsafe command.pointee.orderID
        update.instrumentID = unsafe command.pointee.instrumentID
        update.side = unsafe command.pointee.side
        update.strategyID = unsafe command.pointee.strategyID
        if unsafe command.pointee.kind == .modify {
            update.execution = .modifyRejected
            if let place = unsafe orders.find(command.pointee.orderID) {
                update = unsafe completed(&update, orders.record(place))
            }
            publish(update)
            return
        }
        update.execution = .rejected
        update.status = .rejected
        if unsafe Int(command.pointee.instrumentID) < instrumentCount {
            let book = unsafe books + Int(command.pointee.instrumentID)
            update.position = unsafe QuantityLots(rawValue: book.pointee.ledger.position)
            unsafe book.pointee.rejects &+= 1
            unsafe book.pointee.showOrders()
        }
        publish(update)
    }

    /// Sends a cancel the strategy wants. No limit of ours stands in its way; one for an order
    /// that has ended by the venue's own word is moot.
    @_noAllocation @_noLocks
    private mutating func cancel(_ command: UnsafePointer<OrderIntent>) {
        let now = unsafe max(recordTimeNs, command.pointee.ingressTimeNs)
        guard let place = unsafe orders.find(command.pointee.orderID) else {
            let isSent = unsafe sendCancel(
                orderID: command.pointee.orderID, instrumentID: command.pointee.instrumentID,
                timeNs: now)
            if isSent {
                unsafe flush(books[Int(command.pointee.instrumentID)].venueIndex)
            } else {
                counters.cancelsMoot.increment()
            }
            return
        }
        let record = unsafe orders.record(place)
        if unsafe record.pointee.state.isEnded {
            counters.cancelsMoot.increment()
            return
        }
        unsafe record.pointee.wantsCancel = 1
        if unsafe sendCancel(record, timeNs: now) {
            unsafe flush(books[Int(record.pointee.instrumentID)].venueIndex)
        }
    }

    /// Hands what was written to the venue of this number to the kernel.
    @_noAllocation @_noLocks
    func flush(_ venueIndex: Int) {
        if unsafe !venues[venueIndex].flush() { counters.flushErrors.increment() }
    }

    /// Sends a cancel of a live order and starts its time-out; when it cannot be sent now, sets
    /// when to try again.
    @_noAllocation @_noLocks
    mutating func sendCancel(
        _ record: UnsafeMutablePointer<OrderRecord>, timeNs: UInt64
    ) -> Bool {
        let isSent = unsafe sendCancel(
            orderID: record.pointee.orderID, instrumentID: record.pointee.instrumentID,
            timeNs: timeNs)
        if isSent {
            unsafe record.pointee.wasCancelSent = 1
            unsafe record.pointee.cancelDeadlineNs = later(timeNs, inFlightTimeoutNs)
            nextDueNs = unsafe min(nextDueNs, record.pointee.cancelDeadlineNs)
        } else {
            unsafe record.pointee.cancelNotBeforeNs = later(timeNs, cancelRetryNs)
            nextDueNs = unsafe min(nextDueNs, record.pointee.cancelNotBeforeNs)
        }
        return isSent
    }

    /// Encodes and writes a cancel by its id.
    @_noAllocation @_noLocks
    mutating func sendCancel(orderID: UInt64, instrumentID: UInt32, timeNs: UInt64) -> Bool {
        if Int(instrumentID) >= instrumentCount { return false }
        let venueIndex = unsafe books[Int(instrumentID)].venueIndex
        if !canUse(venueIndex) { return false }
        let length = unsafe encoders.encodeCancel(
            orderID: orderID, instrumentID: instrumentID, venueIndex: venueIndex,
            timeMs: venues[venueIndex].timeMs(timeNs))
        let frame = unsafe encoders.frameBytes(venueIndex: venueIndex)
        if length == 0 { return false }
        let isWritten = unsafe write(
            frame, length, .cancel, venueIndex: venueIndex, sequence: recordSequence,
            timeNs: timeNs)
        if !isWritten { return false }
        counters.cancelsSent.increment()
        budget.noteCancel(venueIndex: venueIndex, instrumentID: instrumentID, timeNs: timeNs)
        let book = unsafe books + Int(instrumentID)
        unsafe book.pointee.cancelsSent &+= 1
        unsafe book.pointee.showOrders()
        return true
    }
}
