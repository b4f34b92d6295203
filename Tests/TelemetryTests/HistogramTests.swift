//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import SeededRandom
import Telemetry
import Testing

@Suite("Histogram")
struct HistogramTests {
    private static let bucketCount = UInt32(APUS_HISTOGRAM_BUCKET_COUNT)

    @Test func `every bucket holds exactly the values from its lowest to its highest`() {
        for index in 0..<Self.bucketCount {
            let lowest = apus_histogram_lowest(index)
            let highest = apus_histogram_highest(index)
            #expect(lowest <= highest)
            #expect(apus_histogram_index(lowest) == index)
            #expect(apus_histogram_index(highest) == index)
            if index > 0 { #expect(apus_histogram_highest(index - 1) == lowest - 1) }
        }
        #expect(apus_histogram_lowest(0) == 0)
        #expect(apus_histogram_highest(Self.bucketCount - 1) == UInt64.max)
    }

    @Test func `a bucket is never wider than a 32nd of its value`() {
        for index in 0..<(Self.bucketCount - 1) {
            let lowest = apus_histogram_lowest(index)
            let width = apus_histogram_highest(index) - lowest
            #expect(width * 32 <= lowest, "bucket \(index)")
        }
    }

    @Test func `values beyond the range count in the last bucket and as the maximum`() throws {
        let writer = TelemetryWriter.standalone()
        let histogram = writer.histogram("x")
        histogram.record(1 << 37)
        histogram.record(UInt64.max)
        let snapshot = try #require(writer.reader.histograms.first)
        #expect(snapshot.counts.last == 2)
        #expect(snapshot.total == 2)
        #expect(snapshot.maximum == UInt64.max)
        #expect(snapshot.value(atFraction: 1) == UInt64.max)
    }

    /// Goal: percentiles keep the promised error whatever the distribution.
    /// Method: log-uniform values against the sorted list of them.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `a percentile is within 3.2 % of the true one`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let writer = TelemetryWriter.standalone()
        let histogram = writer.histogram("x")
        var values: [UInt64] = []
        for _ in 0..<5_000 {
            let value = (generator.next() >> 28) >> (generator.next() % 36)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        let snapshot = try #require(writer.reader.histograms.first)
        for fraction in [0.0001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1] {
            let rank = max(1, Int((Double(values.count) * fraction).rounded(.up)))
            let truth = values[rank - 1]
            let found = snapshot.value(atFraction: fraction)
            #expect(found >= truth, "seed \(seed), fraction \(fraction)")
            #expect(Double(found) <= Double(truth) * 1.032, "seed \(seed), fraction \(fraction)")
        }
        #expect(snapshot.maximum == values.last)
        #expect(snapshot.sum == values.reduce(0, +))
        #expect(snapshot.mean == Double(snapshot.sum) / Double(values.count))
    }

    @Test func `an empty histogram answers zero`() throws {
        let writer = TelemetryWriter.standalone()
        _ = writer.histogram("x")
        let snapshot = try #require(writer.reader.histograms.first)
        #expect(snapshot.value(atFraction: 0.5) == 0)
        #expect(snapshot.mean == 0)
    }
}
