//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A stretch of record time, nanoseconds since 1970 UTC; `endNs` belongs to it no more.
public struct TimeRange: Sendable, Equatable {
    public let startNs: UInt64
    public let endNs: UInt64

    /// - Precondition: `startNs < endNs`.
    public init(startNs: UInt64, endNs: UInt64) {
        precondition(startNs < endNs, "a range that is not empty")
        self.startNs = startNs
        self.endNs = endNs
    }

    public var lengthNs: UInt64 { endNs - startNs }
}
