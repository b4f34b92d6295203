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
    var position: Int64 = 0

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

    /// Takes in an update of an order or a position of the instrument.
    @_noAllocation @_noLocks
    mutating func take(_ update: UnsafePointer<ExecutionReport>, nowNs: UInt64) {
        if unsafe update.pointee.execution == .position && update.pointee.tradeID == 0 { return }
        position = unsafe update.pointee.position.rawValue
    }
}
