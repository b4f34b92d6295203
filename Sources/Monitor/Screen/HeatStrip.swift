//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Glibc
import Options
import Telemetry

/// One histogram over time: columns are intervals, the latest on the right; rows are latencies on a
/// scale of logarithms; the shade is the share of the interval's values.
enum HeatStrip {
    private static let axisWidth = 8
    private static let rowCountMin = 3

    static func lines(_ name: String, _ view: ScreenView, height: Int) -> [ScreenLine] {
        let rowCount = height - 1
        let columnCount = view.width - axisWidth
        let shown = Array(view.intervals.suffix(max(0, columnCount)))
        let columns = shown.map { $0.histogram(name) }
        guard rowCount >= rowCountMin, let scale = Scale(columns, rowCount: rowCount) else {
            return [ScreenLine(text: "no value in the time that is shown", style: .dim)]
        }
        let levels = columns.map { $0.map { column($0, scale) } ?? [] }
        var lines = (0..<rowCount).reversed().map { row in
            var line = ScreenLine()
            let label = Durations.text(ns: scale.lowest(row))
            line.add(String(repeating: " ", count: max(0, axisWidth - 1 - label.count)), .dim)
            line.add("\(label) ", .dim)
            line.fill(to: axisWidth + columnCount - shown.count)
            for column in levels {
                if let level = column.isEmpty ? nil : column[row] {
                    line.add(String(view.glyphs.shade(level)), .heat(level))
                } else {
                    line.add(" ")
                }
            }
            return line
        }
        lines.append(timeAxis(shown, columnCount, view))
        return lines
    }

    private static func timeAxis(
        _ shown: [Interval], _ columnCount: Int, _ view: ScreenView
    ) -> ScreenLine {
        let spanNs = Observation.age(of: shown.first?.startNs ?? 0, at: shown.last?.endNs ?? 0)
        let start = "-\(Durations.text(ns: spanNs))"
        let legend = "share " + (0..<4).map { level in
            "\(view.glyphs.shade(level)) \(["any", "0.5%", "5%", "30%"][level])"
        }.joined(separator: " ")
        var line = ScreenLine()
        line.fill(to: axisWidth + max(0, columnCount - max(shown.count, start.count)))
        line.add(start, .dim)
        let middle = (view.width + line.count - legend.count) / 2
        if middle > line.count, middle + legend.count < view.width - 4 {
            line.fill(to: middle)
            line.add(legend, .dim)
        } else if shown.count < columnCount - legend.count - start.count {
            line = ScreenLine(text: legend, style: .dim)
            line.fill(to: axisWidth + columnCount - max(shown.count, start.count))
            line.add(start, .dim)
        }
        line.fill(to: view.width - 3)
        line.add("now", .dim)
        return line
    }

    /// The shade of each row, `nil` for a row without a value. Shares of 0.5, 5 and 30 % part the
    /// shades, so that a tail of one in thousands is seen beside the bulk.
    private static func column(_ histogram: SparseHistogram, _ scale: Scale) -> [Int?] {
        var counts = [UInt64](repeating: 0, count: scale.rowCount)
        for (place, count) in zip(histogram.places, histogram.counts) {
            counts[scale.row(apus_histogram_lowest(UInt32(place)))] &+= count
        }
        let total = Double(counts.reduce(0, &+))
        return counts.map { count in
            if count == 0 { return nil }
            let share = Double(count) / total
            return share >= 0.3 ? 3 : share >= 0.05 ? 2 : share >= 0.005 ? 1 : 0
        }
    }

    /// From the lowest bucket shown to the highest in equal steps of the logarithm.
    private struct Scale {
        let rowCount: Int
        private let least: Double
        private let step: Double

        /// `nil` when there is no value at all.
        init?(_ columns: [SparseHistogram?], rowCount: Int) {
            let filled = columns.compactMap(\.self)
            guard let lowest = filled.compactMap(\.places.first).min(),
                let highest = filled.compactMap(\.places.last).max()
            else { return nil }
            self.rowCount = rowCount
            least = Self.logarithm(apus_histogram_lowest(UInt32(lowest)))
            // Rows of less than a bucket would leave stripes empty.
            let bucket = 1.0 / 32
            let range = Self.logarithm(apus_histogram_lowest(UInt32(highest))) - least + bucket
            step = max(bucket, range / Double(rowCount))
        }

        func row(_ ns: UInt64) -> Int {
            min(rowCount - 1, max(0, Int((Self.logarithm(ns) - least) / step)))
        }

        func lowest(_ row: Int) -> UInt64 { UInt64(exp2(least + Double(row) * step)) }

        private static func logarithm(_ ns: UInt64) -> Double { log2(Double(max(1, ns))) }
    }
}
