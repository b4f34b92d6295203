//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Rendering
import Telemetry

/// What each stage does with its time, and how full the rings between them are.
enum StagesPage {
    static func lines(_ view: ScreenView) -> [ScreenLine] {
        let rings = rings(view, view.now.rings)
        return stages(view) + (rings.isEmpty ? [] : [ScreenLine()] + rings)
    }

    private static func barWidth(_ view: ScreenView) -> Int {
        view.width < 100 ? 10 : view.width < 140 ? 20 : 30
    }

    static func stages(_ view: ScreenView) -> [ScreenLine] {
        let barWidth = barWidth(view)
        var table = FittingTable([
            ("<stage", 0), ("core", 1), ("<busy", 0), ("%", 0), ("since start", 5), ("work/s", 2),
            ("polls/s", 3), ("heartbeat", 0), ("<busy over time", 4),
        ])
        for stage in view.now.stages {
            let interval = view.newest?.stages.first { $0.name == stage.name }
            let always = stage.polls == 0
                ? 0 : min(1, Double(stage.busyPolls) / Double(stage.polls))
            let duty = interval?.duty ?? always
            let history = view.intervals.suffix(barWidth).map { interval in
                interval.stages.first { $0.name == stage.name }?.duty
            }
            table.add([
                FittingTable.Cell(stage.name),
                FittingTable.Cell(stage.core < 0 ? "-" : "\(stage.core)"),
                FittingTable.Cell(
                    view.glyphs.bar(duty, width: barWidth), duty > 0.9 ? .warning : .good),
                FittingTable.Cell(NumberText.fixed(100 * duty, decimals: 2)),
                FittingTable.Cell("\(NumberText.fixed(100 * always, decimals: 2)) %"),
                FittingTable.Cell(interval.map { NumberText.rate($0.workPerSecond) } ?? "-"),
                FittingTable.Cell(interval.map { NumberText.rate($0.pollsPerSecond) } ?? "-"),
                view.age(of: stage.heartbeatNs, warnAfterNs: Observation.heartbeatAgeMaxNs),
                FittingTable.Cell(view.glyphs.spark(history, width: barWidth, .fromZero), .accent),
            ])
        }
        return table.lines(width: view.width)
    }

    static func rings(_ view: ScreenView, _ rings: [Observation.Ring]) -> [ScreenLine] {
        let barWidth = barWidth(view)
        var table = FittingTable([
            ("<ring", 0), ("<depth", 0), ("now", 0), ("deepest seen", 1), ("capacity", 2),
            ("published/s", 3), ("published", 4),
        ])
        for ring in rings {
            let interval = view.newest?.rings.first { $0.name == ring.name }
            let isFull = ring.share > Observation.ringShareMax
            table.add([
                FittingTable.Cell(ring.name),
                FittingTable.Cell(
                    view.glyphs.bar(ring.share, width: barWidth), isFull ? .alarm : .good),
                FittingTable.Cell(NumberText.grouped(ring.depth), isFull ? .alarm : .plain),
                FittingTable.Cell(
                    NumberText.grouped(max(ring.depth, interval?.depthMax ?? 0))),
                FittingTable.Cell(NumberText.grouped(ring.capacity)),
                FittingTable.Cell(
                    interval.map { NumberText.rate($0.publishedPerSecond) } ?? "-"),
                FittingTable.Cell(NumberText.grouped(ring.published)),
            ])
        }
        return table.lines(width: view.width)
    }
}
