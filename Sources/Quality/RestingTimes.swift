//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry

/// Times from placing to a first fill in the buckets of the telemetry page's histograms: within
/// 3.1 %, up to 137 s; beyond that only the maximum is told.
struct RestingTimes {
    private var counts: [UInt64] = []
    private(set) var total: UInt64 = 0
    private(set) var maximumNs: UInt64 = 0

    mutating func add(_ timeNs: UInt64) {
        makeRoom()
        counts[Int(apus_histogram_index(timeNs))] += 1
        total += 1
        maximumNs = max(maximumNs, timeNs)
    }

    static func += (sum: inout RestingTimes, other: RestingTimes) {
        if other.total == 0 { return }
        sum.makeRoom()
        for index in sum.counts.indices { sum.counts[index] += other.counts[index] }
        sum.total += other.total
        sum.maximumNs = max(sum.maximumNs, other.maximumNs)
    }

    /// As in the histograms of the page.
    func values(atFractions fractions: [Double]) -> [UInt64] {
        let snapshot = HistogramSnapshot(counts: counts, total: total, maximum: maximumNs)
        return fractions.map { snapshot.value(atFraction: $0) }
    }

    private mutating func makeRoom() {
        if counts.isEmpty { counts = Array(repeating: 0, count: Int(APUS_HISTOGRAM_BUCKET_COUNT)) }
    }
}
