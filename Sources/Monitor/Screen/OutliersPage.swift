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

/// Orders that took too long: where the time went, and whose fault it was.
enum OutliersPage {
    static func lines(_ view: ScreenView) -> [ScreenLine] {
        let outliers = view.now.outliers
        if outliers.thresholdNs == 0 { return [ScreenLine(text: "outliers are not kept")] }
        let total = ScreenLine(text: OutlierText.total(outliers), style: .title)
        if outliers.latest.isEmpty { return [total] }
        return [total, ScreenLine()] + table("<latest", outliers.latest, view) + [ScreenLine()]
            + table("<longest", outliers.worst, view)
    }

    private static func table(
        _ title: String, _ rows: [OutlierData], _ view: ScreenView
    ) -> [ScreenLine] {
        var table = FittingTable([
            (title, 0), ("total", 0), ("excess", 2), ("<label", 0), ("<why", 1), ("<hops", 0),
            ("<instrument", 3), ("<frame", 5), ("<connection", 4),
        ])
        let symbols = view.now.instruments.map(\.symbol)
        for row in rows {
            let sample = row.sample
            let ageNs = Observation.age(of: sample.ingressTimeNs, at: view.now.timeNs)
            table.add([
                FittingTable.Cell("\(Durations.text(ns: ageNs)) ago"),
                FittingTable.Cell(Durations.text(ns: sample.totalNs)),
                FittingTable.Cell(Durations.text(ns: row.excessNs)),
                FittingTable.Cell(row.labelText, row.label == .ours ? .alarm : .plain),
                FittingTable.Cell(OutlierText.why(row)),
                FittingTable.Cell(OutlierText.hops(sample)),
                FittingTable.Cell(OutlierText.symbol(sample, symbols)),
                FittingTable.Cell("\(sample.ingressTimeNs)"),
                FittingTable.Cell(OutlierText.connection(sample)),
            ])
        }
        return table.lines(width: view.width)
    }
}
