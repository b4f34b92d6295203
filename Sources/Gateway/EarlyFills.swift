//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages

/// Fills that were counted before the position at start was known: those behind its moment count
/// on top of it, the others are in it.
///
/// Full policy: what finds no room is not kept; the comparison with the venue finds the difference.
/// Allocates in `init` only. One thread.
///
/// SAFETY: `count` stays within `capacity`, and the memory goes with the value.
@safe
struct EarlyFills: ~Copyable, @unchecked Sendable {
    struct Fill: BitwiseCopyable {
        var tradeID: UInt64
        var venueTimeNs: UInt64
        var price: PriceTicks
        var quantity: QuantityLots
        var feeE8: Int64
        var instrumentID: UInt32
        var side: Side

        @_noAllocation @_noLocks
        init(
            _ report: UnsafePointer<ExecutionReport>, instrumentID: UInt32, side: Side
        ) {
            tradeID = unsafe report.pointee.tradeID
            venueTimeNs = unsafe report.pointee.venueTimeNs
            price = unsafe report.pointee.lastPrice
            quantity = unsafe report.pointee.lastQuantity
            feeE8 = unsafe report.pointee.feeE8
            self.instrumentID = instrumentID
            self.side = side
        }
    }

    static var capacity: Int { @_noAllocation @_noLocks get { 256 } }

    private let fills: UnsafeMutablePointer<Fill>
    private(set) var count = 0

    init() { unsafe fills = .allocate(capacity: Self.capacity) }

    deinit { unsafe fills.deallocate() }

    @_noAllocation @_noLocks
    mutating func append(_ fill: Fill) {
        if count == Self.capacity { return }
        unsafe (fills + count).initialize(to: fill)
        count &+= 1
    }

    @_noAllocation @_noLocks
    mutating func remove(tradeID: UInt64, instrumentID: UInt32) {
        for index in 0..<count {
            let fill = unsafe fills[index]
            if fill.tradeID != tradeID || fill.instrumentID != instrumentID { continue }
            count &-= 1
            for later in index..<count { unsafe fills[later] = fills[later &+ 1] }
            return
        }
    }

    @_noAllocation @_noLocks
    func fill(_ index: Int) -> Fill { unsafe fills[index] }
}
