//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTLS
import Messages
import Telemetry

/// Cancels of one walk that wait to share a message, where the venue takes several in one: OKX.
///
/// SAFETY: `count` stays within the room, and the memory goes with the value.
@safe
struct CancelBatch: ~Copyable, @unchecked Sendable {
    let intents: UnsafeMutablePointer<OrderIntent>
    var count = 0

    init() {
        unsafe intents = .allocate(capacity: OKXOrderEncoder.batchMax)
        unsafe intents.initialize(repeating: OrderIntent(), count: OKXOrderEncoder.batchMax)
    }

    deinit { unsafe intents.deallocate() }

    /// - Returns: `true` when it is full.
    @_noAllocation @_noLocks
    mutating func append(orderID: UInt64, instrumentID: UInt32) -> Bool {
        unsafe intents[count].orderID = orderID
        unsafe intents[count].instrumentID = instrumentID
        count &+= 1
        return count == OKXOrderEncoder.batchMax
    }
}

extension GatewayStage {
    /// Takes the cancel of a live order into the batch, as `sendCancel` would send it.
    @_noAllocation @_noLocks
    mutating func addToBatch(_ record: UnsafeMutablePointer<OrderRecord>) {
        unsafe record.pointee.wasCancelSent = 1
        unsafe record.pointee.cancelDeadlineNs = later(recordTimeNs, inFlightTimeoutNs)
        unsafe budget.noteCancel(
            venueIndex: Venue.okx.index, instrumentID: record.pointee.instrumentID,
            timeNs: recordTimeNs)
        let isFull = unsafe batch.append(
            orderID: record.pointee.orderID, instrumentID: record.pointee.instrumentID)
        if isFull { sendBatch() }
    }

    /// Sends what is in the batch. Where it cannot be sent now, each is tried again as a refused
    /// cancel is.
    @_noAllocation @_noLocks
    mutating func sendBatch() {
        let count = batch.count
        if count == 0 { return }
        batch.count = 0
        let okx = Venue.okx.index
        let length = canUse(okx)
            ? unsafe encoders.encodeCancels(batch.intents, count: count) : 0
        let frame = unsafe encoders.frameBytes(venueIndex: okx)
        let isSent = unsafe length > 0
            && write(
                frame, length, .cancel, venueIndex: okx, sequence: recordSequence,
                timeNs: recordTimeNs)
        if isSent && count > 1 { counters.batchCancels.increment() }
        for index in 0..<count {
            let intent = unsafe batch.intents + index
            if isSent {
                counters.cancelsSent.increment()
                let book = unsafe books + Int(intent.pointee.instrumentID)
                unsafe book.pointee.cancelsSent &+= 1
                unsafe book.pointee.showOrders()
            } else if let place = unsafe orders.find(intent.pointee.orderID) {
                let record = unsafe orders.record(place)
                unsafe record.pointee.cancelDeadlineNs = 0
                unsafe record.pointee.cancelNotBeforeNs = later(recordTimeNs, cancelRetryNs)
                walk.dueNs = unsafe min(walk.dueNs, record.pointee.cancelNotBeforeNs)
            }
        }
    }
}
