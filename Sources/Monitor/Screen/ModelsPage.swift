//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Options
import Rendering
import Telemetry

/// What each model and each feature was worth lately.
enum ModelsPage {
    static func lines(_ view: ScreenView) -> [ScreenLine] {
        let models = models(view)
        let features = features(view)
        if models.isEmpty, features.isEmpty {
            return [ScreenLine(text: "no model and no feature is followed")]
        }
        return models + (models.isEmpty || features.isEmpty ? [] : [ScreenLine()]) + features
    }

    private static func number(_ value: Double) -> FittingTable.Cell {
        FittingTable.Cell(
            NumberText.finite(value, decimals: 4), value.isFinite ? .plain : .dim)
    }

    private static func models(_ view: ScreenView) -> [ScreenLine] {
        var table = FittingTable([
            ("<model", 0), ("<state", 0), ("share", 1), ("score", 2), ("judged", 4),
            ("accuracy", 3), ("IC", 0), ("slope", 5), ("PSI", 1), ("<kind", 6),
        ])
        for row in view.now.models {
            let status = row.status
            let isOn = status.stateText == "on"
            table.add([
                FittingTable.Cell(row.name),
                FittingTable.Cell(status.stateText, isOn ? .good : .warning),
                number(status.share), number(status.score),
                FittingTable.Cell(NumberText.grouped(status.judged)), number(status.accuracy),
                number(status.correlation), number(status.slope), number(status.drift),
                FittingTable.Cell(row.kind),
            ])
        }
        return table.lines(width: view.width)
    }

    private static func features(_ view: ScreenView) -> [ScreenLine] {
        var table = FittingTable([
            ("<feature", 0), ("horizon", 1), ("IC", 0), ("<strength", 3), ("hit rate", 2), ("n", 4),
        ])
        for row in view.now.features {
            let strength = abs(row.informationCoefficient)
            table.add([
                FittingTable.Cell(row.name), FittingTable.Cell(Durations.text(ns: row.horizonNs)),
                number(row.informationCoefficient),
                FittingTable.Cell(view.glyphs.bar(strength, width: 10), .accent),
                number(row.hitRate), FittingTable.Cell(NumberText.grouped(row.count)),
            ])
        }
        return table.lines(width: view.width)
    }
}
