//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages

/// What the stage knows of one instrument.
struct InstrumentDesk {
    let limits: SizeLimits
    let isDataOnly: Bool
    var bid: Int64 = 0
    var ask: Int64 = 0
    var isBookValid = false
    var guarding = PositionGuard()
    var range = AverageTrueRange()
    /// Why the position is being closed.
    var exiting = ExitReason.none
    /// Places of the order that closes it, and of its target.
    var exit = ParentOrder.noChild
    var target = ParentOrder.noChild
    /// Lots of both that may still trade.
    var exitWorked: Int64 = 0
    var exitNotBeforeNs: UInt64 = 0
    var targetNotBeforeNs: UInt64 = 0
    var exitRefusals: UInt8 = 0

    init(_ instrument: Instrument) {
        limits = SizeLimits(instrument)
        isDataOnly = instrument.isDataOnly != 0
    }

    /// Both sides are there and apart, and the book may be relied on.
    var isTradable: Bool {
        @_noAllocation @_noLocks
        get { isBookValid && bid > 0 && ask > bid }
    }

    @_noAllocation @_noLocks
    mutating func take(_ reference: UnsafePointer<ReferencePrice>) {
        isBookValid = unsafe reference.pointee.isBookValid == 1
        if unsafe reference.pointee.kind == .quote {
            bid = unsafe reference.pointee.bid.rawValue
            ask = unsafe reference.pointee.ask.rawValue
        }
    }

    /// - Precondition: the instrument is tradable.
    var mid: Double {
        @_noAllocation @_noLocks
        get { (Double(bid) + Double(ask)) / 2 }
    }

    /// Takes the mid into the position's best and the true range.
    @_noAllocation @_noLocks
    mutating func followMid(_ exits: ExitParameters, nowNs: UInt64) {
        if !isTradable { return }
        guarding.take(mid: mid)
        if exits.rangeStop > 0 || exits.rangeTrailing > 0 {
            range.take(
                mid: mid, nowNs: nowNs, barNs: exits.rangeBarNs, period: exits.rangePeriod)
        }
    }

    /// Takes in an update of an order or a position of the instrument.
    @_noAllocation @_noLocks
    mutating func take(_ update: UnsafePointer<ExecutionReport>, nowNs: UInt64) {
        let execution = unsafe update.pointee.execution
        // Compared, not taken.
        if execution == .position, unsafe update.pointee.tradeID == 0 { return }
        let isTold = execution == .fill || execution == .position
        let price = unsafe isTold ? Double(update.pointee.lastPrice.rawValue) : 0
        let isOther = unsafe guarding.take(
            update.pointee.position.rawValue, price: max(price, 0), nowNs: nowNs)
        if isOther { exiting = .none }
    }
}
