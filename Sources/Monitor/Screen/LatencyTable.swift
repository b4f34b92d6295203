//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Rendering
import Telemetry

/// Histograms one below the other: percentiles, maximum, and how the p99 went over time.
enum LatencyTable {
    static let sparkWidthMax = 60

    static func lines(
        _ histograms: [HistogramSnapshot], _ view: ScreenView, selection: Int?
    ) -> [ScreenLine] {
        let nameWidth = view.width < 100 ? 16 : 32
        let used = nameWidth + 8 + Percentile.all.count * 9 + 8
        let sparkWidth = min(sparkWidthMax, view.width - used - 2)
        var columns: [(title: String, rank: Int)] = [("<latency", 0), ("count", 0)]
        // In a narrow window "p" is left out: each title is wider than its values.
        columns += Percentile.all.map {
            (view.width < 100 && $0.oneIn > 100 ? String($0.title.dropFirst()) : $0.title, 0)
        }
        columns += [("max", 0)]
        if sparkWidth >= 8 { columns += [("<p99 over time", 1)] }
        var table = FittingTable(columns)
        for (place, histogram) in histograms.enumerated() {
            var cells = [
                FittingTable.Cell(short(histogram.name, nameWidth)),
                FittingTable.Cell(count(histogram.total)),
            ]
            cells += Percentile.all.map { percentile in
                guard let value = percentile.value(histogram) else {
                    return FittingTable.Cell("-", .dim)
                }
                return FittingTable.Cell(Durations.text(ns: value))
            }
            cells.append(
                histogram.total == 0
                    ? FittingTable.Cell("-", .dim)
                    : FittingTable.Cell(Durations.text(ns: histogram.maximum)))
            if sparkWidth >= 8 {
                let tails = view.tails(histogram.name, last: sparkWidth)
                let spark = view.glyphs.spark(tails, width: sparkWidth, .logarithmic)
                cells.append(FittingTable.Cell(spark, .accent))
            }
            table.add(cells, isSelected: place == selection)
        }
        return table.lines(width: view.width)
    }

    private static func short(_ name: String, _ width: Int) -> String {
        name.count <= width ? name : name.prefix(width - 1) + "…"
    }

    /// At most seven characters.
    private static func count(_ value: UInt64) -> String {
        value < 1_000_000 ? NumberText.grouped(value) : NumberText.rate(Double(value))
    }
}
