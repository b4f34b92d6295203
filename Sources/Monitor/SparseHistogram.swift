//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
public import Telemetry

/// A histogram of which only the buckets that are not empty are kept: 10 bytes for each.
public struct SparseHistogram: Sendable, Equatable {
    public let name: String
    public let total: UInt64
    public let maximum: UInt64
    public let sum: UInt64
    /// Places of the page's buckets, growing.
    public let places: [UInt16]
    /// Their counts, each greater than 0.
    public let counts: [UInt64]

    init(_ dense: HistogramSnapshot, name: String) {
        self.name = name
        total = dense.total
        maximum = dense.maximum
        sum = dense.sum
        let filled = dense.counts.indices.filter { dense.counts[$0] > 0 }
        places = filled.map { UInt16($0) }
        counts = filled.map { dense.counts[$0] }
    }

    /// The same with all of its buckets.
    public var snapshot: HistogramSnapshot {
        var dense = [UInt64](repeating: 0, count: Int(APUS_HISTOGRAM_BUCKET_COUNT))
        for (place, count) in zip(places, counts) { dense[Int(place)] = count }
        return HistogramSnapshot(
            name: name, total: total, maximum: maximum, sum: sum, counts: dense)
    }

    /// As `HistogramSnapshot.value(atFraction:)`.
    public func value(atFraction fraction: Double) -> UInt64 {
        let counted = counts.reduce(0, &+)
        guard counted > 0 else { return 0 }
        let wanted = max(1, UInt64((Double(counted) * fraction).rounded(.up)))
        var seen: UInt64 = 0
        for (place, count) in zip(places, counts) {
            seen &+= count
            if seen >= wanted { return min(apus_histogram_highest(UInt32(place)), maximum) }
        }
        return maximum
    }
}
