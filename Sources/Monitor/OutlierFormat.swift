//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering
import Telemetry

/// An observation's outliers in each of the monitor's forms.
enum OutlierFormat {
    /// Lines of a view for people.
    static let rowsMax = 10

    /// The latest, for the table and the terminal view; empty when there is none.
    static func table(_ now: Observation, rowsMax: Int = rowsMax) -> TextTable {
        OutlierText.table(
            now.outliers, symbols: now.instruments.map(\.symbol), nowNs: now.timeNs,
            rowsMax: rowsMax)
    }

    /// "1,234 beyond 20us: 12 ours, 1,200 the host's, 22 unknown"; `nil` when none are kept.
    static func total(_ now: Observation) -> String? {
        now.outliers.thresholdNs == 0 ? nil : OutlierText.total(now.outliers)
    }

    /// All of them, as key "outliers".
    static func write(_ now: Observation, to json: inout JSONWriter) {
        OutlierText.write(now.outliers, symbols: now.instruments.map(\.symbol), to: &json)
    }
}

extension PrometheusFormat {
    mutating func addOutliers(_ now: Observation) {
        let outliers = now.outliers
        if outliers.thresholdNs == 0 { return }
        add("apus_outlier_threshold_seconds", "gauge",
            "Orders that took longer from frame to encryption are judged.",
            [([], Self.seconds(outliers.thresholdNs))])
        add("apus_outliers_total", "counter", "Orders beyond the threshold, by whose fault.",
            outliers.labelled.map { ([("label", $0.label.text)], "\($0.count)") })
    }
}
