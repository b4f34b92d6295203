//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Rings
import Telemetry

/// The tap of orders: for each order one record when it was sent, then a copy of every update of
/// it, in order of sequence. Full policy: drop and count.
extension GatewayStage {
    @_noAllocation @_noLocks
    mutating func tapSent(_ command: UnsafePointer<OrderIntent>, sentTimeNs: UInt64) {
        var record = ExecutionReport()
        record.sequence = unsafe command.pointee.sequence
        record.ingressTimeNs = unsafe command.pointee.ingressTimeNs
        record.venueTimeNs = sentTimeNs
        record.orderID = unsafe command.pointee.orderID
        record.lastPrice = unsafe command.pointee.limitPrice
        record.lastQuantity = unsafe command.pointee.quantity
        record.leavesQuantity = unsafe command.pointee.quantity
        record.instrumentID = unsafe command.pointee.instrumentID
        record.strategyID = unsafe command.pointee.strategyID
        record.side = unsafe command.pointee.side
        record.execution = .sent
        record.status = .pending
        copyToOrderTap(record)
    }

    /// What is not about an order or a position is left out.
    @_noAllocation @_noLocks
    mutating func tapLife(_ update: ExecutionReport) {
        switch update.execution {
        case .session, .clockOffset, .timer, .account, .guard: return
        default: copyToOrderTap(update)
        }
    }

    @_noAllocation @_noLocks
    private mutating func copyToOrderTap(_ record: ExecutionReport) {
        guard let slot = unsafe orderTap!.claim() else {
            counters.orderTapDrops.increment()
            return
        }
        unsafe slot.pointee = record
        orderTap!.publish()
    }

    /// No record up to what both inputs have reached is still to come.
    @_noAllocation @_noLocks
    mutating func advanceTap(_ reportsWatermark: UInt64, _ commandsWatermark: UInt64) {
        var reached = min(reportsWatermark, commandsWatermark)
        if let head = unsafe reports.peek() {
            reached = unsafe min(reached, head.pointee.sequence &- 1)
        }
        if let head = unsafe commands.peek() {
            reached = unsafe min(reached, head.pointee.sequence &- 1)
        }
        if walk.isActive && walk.sequence > 0 { reached = min(reached, walk.sequence &- 1) }
        if reached > tappedWatermark {
            tappedWatermark = reached
            orderTap!.advanceWatermark(to: reached)
        }
    }
}
