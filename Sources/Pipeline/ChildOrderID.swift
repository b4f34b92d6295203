//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The order ids of the execution stage: those with the highest bit set.
///
/// The strategy counts up from the nanoseconds of the start, and the stage from the same number
/// with that bit: two ranges that never meet, for ever, with which neither needs to know of the
/// other's orders. Nanoseconds since 1970 reach the bit in the year 2262.
public enum ChildOrderID {
    /// The id below the first child's.
    public static func base(_ orderIDBase: UInt64) -> UInt64 { orderIDBase | 1 << 63 }

    /// True for an order of the execution stage, in this run or an earlier one.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public static func isChild(_ orderID: UInt64) -> Bool { orderID &>> 63 == 1 }
}
