//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
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

    /// Which columns give way in a narrow window, as `FittingTable` takes them.
    private static let ranks = [0, 0, 2, 0, 1, 0, 3, 5, 4]

    private static func table(
        _ title: String, _ rows: [OutlierData], _ view: ScreenView
    ) -> [ScreenLine] {
        var table = FittingTable(
            zip([title] + OutlierText.columns, ranks).map { (title: $0, rank: $1) })
        let symbols = view.now.instruments.map(\.symbol)
        for row in rows {
            var cells = OutlierText.cells(row, symbols: symbols, nowNs: view.now.timeNs).map {
                FittingTable.Cell($0)
            }
            if row.label == .ours { cells[OutlierText.labelPlace].style = .alarm }
            table.add(cells)
        }
        return table.lines(width: view.width)
    }
}
