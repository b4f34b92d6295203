//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// How long those who want an order ended wait before they ask again.
public enum CancelWait {
    /// For a cancel without an answer.
    public static var unansweredNs: UInt64 {
        @_noAllocation @_noLocks
        @inlinable @inline(__always)
        get { 10_000_000_000 }
    }
    /// After a refused one.
    public static var refusedNs: UInt64 {
        @_noAllocation @_noLocks
        @inlinable @inline(__always)
        get { 1_000_000_000 }
    }
}
