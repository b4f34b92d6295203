//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry

extension HistogramSnapshot {
    /// What was recorded between `earlier` and this moment.
    ///
    /// The total is the sum of the buckets' differences. The maximum is the true one where it grew
    /// since `earlier`, else the highest value of the highest bucket that is not empty, never
    /// above this moment's maximum. A count that went down tells of a histogram that began anew:
    /// then all of this moment's counts are of the interval.
    public func subtracting(_ earlier: HistogramSnapshot) -> HistogramSnapshot {
        guard earlier.counts.count == counts.count else { return self }
        var differences = counts
        var total: UInt64 = 0
        var last: Int?
        for index in counts.indices {
            let (difference, isLess) = counts[index].subtractingReportingOverflow(
                earlier.counts[index])
            if isLess { return self }
            differences[index] = difference
            total &+= difference
            if difference > 0 { last = index }
        }
        var maximum = last.map { min(apus_histogram_highest(UInt32($0)), self.maximum) } ?? 0
        // Of a maximum that grew, the value's own count may be seen an interval later.
        if last != nil, self.maximum > earlier.maximum { maximum = self.maximum }
        return HistogramSnapshot(
            name: name, total: total, maximum: maximum,
            sum: sum > earlier.sum ? sum - earlier.sum : 0, counts: differences)
    }
}
