//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension Int64 {
    /// The sum of two numbers that are not negative, at most the largest one.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public static func saturatingSum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}

extension UInt64 {
    /// The sum, at most the largest number.
    @_noAllocation @_noLocks
    @inlinable @inline(__always)
    public static func saturatingSum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
