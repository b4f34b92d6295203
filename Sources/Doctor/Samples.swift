//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Memory that one thread fills with times.
///
/// SAFETY: one thread writes it, and others read it once that thread has been joined.
@safe
final class Samples: @unchecked Sendable {
    let base: UnsafeMutablePointer<UInt64>
    let count: Int
    /// How many were filled; the rest is 0.
    var filled = 0

    init(count: Int) {
        self.count = count
        unsafe base = .allocate(capacity: count)
        unsafe base.initialize(repeating: 0, count: count)
    }

    deinit { unsafe base.deallocate() }

    var values: [UInt64] { unsafe Array(UnsafeBufferPointer(start: base, count: filled)) }
}

/// Percentiles of times that were measured one by one, ns.
public struct Spread: Sendable, Equatable {
    public let count: Int
    public let p50Ns: Double
    public let p99Ns: Double
    public let maximumNs: Double

    /// `nil` of nothing.
    init?(_ timesNs: [Double]) {
        guard !timesNs.isEmpty else { return nil }
        let sorted = timesNs.sorted()
        count = sorted.count
        p50Ns = sorted[sorted.count / 2]
        p99Ns = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
        maximumNs = sorted[sorted.count - 1]
    }
}
