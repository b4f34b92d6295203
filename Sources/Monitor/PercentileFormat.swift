//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Rendering
import Glibc
import Telemetry

/// HdrHistogram's percentile distribution, as its plotters read it. Values are nanoseconds.
///
/// One line for each percentile step: five steps for every halving of the distance to 100 %, each
/// with the largest value that its bucket can hold.
/// Source: HdrHistogram, `outputPercentileDistribution` with 5 ticks per half distance.
enum PercentileFormat {
    static func text(_ histogram: HistogramSnapshot) -> String {
        var text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        let total = histogram.counts.reduce(0, &+)
        for step in steps(histogram, total) {
            text += NumberText.fixed(Double(step.value), decimals: 3, width: 12)
            text += " " + NumberText.fixed(step.percentile / 100, decimals: 12)
            text += " " + padded(String(step.cumulative), 10)
            if step.percentile < 100 {
                let inverse = 1 / (1 - step.percentile / 100)
                text += " " + NumberText.fixed(inverse, decimals: 2, width: 14)
            }
            text += "\n"
        }
        let (mean, deviation) = moments(histogram, total)
        let maximum = NumberText.fixed(Double(histogram.maximum), decimals: 3, width: 12)
        text += "#[Mean    = \(NumberText.fixed(mean, decimals: 3, width: 12)), StdDeviation   = "
        text += "\(NumberText.fixed(deviation, decimals: 3, width: 12))]\n"
        text += "#[Max     = \(maximum), Total count    = \(padded(String(total), 12))]\n"
        return text + "#[Buckets =           32, SubBuckets     =           32]\n"
    }

    private struct Step {
        let value: UInt64
        let percentile: Double
        let cumulative: UInt64
    }

    private static func steps(_ histogram: HistogramSnapshot, _ total: UInt64) -> [Step] {
        var steps: [Step] = []
        var percentile = 0.0
        var cumulative: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() where count > 0 {
            cumulative &+= count
            let value = min(apus_histogram_highest(UInt32(index)), histogram.maximum)
            let reached = 100 * Double(cumulative) / Double(total)
            while percentile <= reached, percentile < 100 {
                steps.append(Step(value: value, percentile: percentile, cumulative: cumulative))
                let halvings = (log2(100 / (100 - percentile))).rounded(.down) + 1
                let next = percentile + 100 / (5 * pow(2, halvings))
                // A step below what a number holds would never end, nor is it of use.
                percentile = next > percentile ? next : 100
                // The last value has the step it is first reached at, then the closing one.
                if cumulative == total { break }
            }
            if cumulative == total {
                steps.append(Step(value: value, percentile: 100, cumulative: cumulative))
            }
        }
        return steps
    }

    /// Mean by the exact sum; standard deviation by the middle of each bucket.
    private static func moments(
        _ histogram: HistogramSnapshot, _ total: UInt64
    ) -> (mean: Double, deviation: Double) {
        guard total > 0 else { return (0, 0) }
        let mean = histogram.mean
        var squares = 0.0
        for (index, count) in histogram.counts.enumerated() where count > 0 {
            let lowest = Double(apus_histogram_lowest(UInt32(index)))
            let highest = min(apus_histogram_highest(UInt32(index)), histogram.maximum)
            let distance = (lowest + Double(highest)) / 2 - mean
            squares += Double(count) * distance * distance
        }
        return (mean, (squares / Double(total)).squareRoot())
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
