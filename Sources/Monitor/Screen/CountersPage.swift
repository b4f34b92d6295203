//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering
import Telemetry

/// Counters and gauges by name: those that are not zero, or whatever the filter asks for.
enum CountersPage {
    static func lines(_ view: ScreenView) -> [ScreenLine] {
        let words = view.filter.lowercased().split(separator: " ")
        let shown = view.now.counters.filter { counter in
            words.isEmpty
                ? counter.value != 0 : words.allSatisfy { counter.name.lowercased().contains($0) }
        }
        let what = words.isEmpty ? "not zero; / to search" : "with \"\(view.filter)\""
        let head = ScreenLine(
            text: "\(shown.count) of \(view.now.counters.count) counters: \(what)", style: .dim)
        return [head] + table(shown, view)
    }

    private static func table(
        _ counters: [Observation.Counter], _ view: ScreenView
    ) -> [ScreenLine] {
        let sparkWidth = view.width < 100 ? 16 : 40
        var table = FittingTable([
            ("<counter", 0), ("value", 0), ("rate/s", 1), ("<over time", 2),
        ])
        for counter in counters {
            let history = view.intervals.suffix(sparkWidth).map { interval -> Double? in
                counter.isTotal
                    ? interval.perSecond(interval.growth[counter.name] ?? 0)
                    : Double(interval.gauges[counter.name] ?? 0)
            }
            let rate = view.perSecond(counter.name, counter.value)
            table.add([
                FittingTable.Cell(counter.name),
                FittingTable.Cell(NumberText.grouped(counter.value)),
                FittingTable.Cell(counter.isTotal && rate >= 0.005 ? NumberText.rate(rate) : ""),
                FittingTable.Cell(
                    view.glyphs.spark(
                        history, width: sparkWidth, counter.isTotal ? .fromZero : .fromLeast),
                    .accent),
            ])
        }
        return table.lines(width: view.width)
    }
}
