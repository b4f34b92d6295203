//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Rendering
import Telemetry

extension PrometheusFormat {
    /// Of each instrument and strategy, not of the total, which is their sum.
    mutating func addQuality(_ now: Observation) {
        let rows = now.quality.filter { !$0.venue.isEmpty }
        guard let first = rows.first else { return }
        func labels(_ row: QualityRow) -> [Label] {
            [("symbol", row.symbol), ("venue", row.venue), ("strategy", row.strategyText)]
        }
        func spoken(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }
        for (index, count) in first.data.counts.enumerated() {
            add("apus_quality_\(count.name)_total", "counter",
                "Execution quality: \(spoken(count.name)).",
                rows.map { (labels($0), "\($0.data.counts[index].value)") })
        }
        for (index, ratio) in first.data.ratios.enumerated() {
            add("apus_quality_\(ratio.name)", "gauge",
                "Execution quality: \(spoken(ratio.name)).",
                rows.compactMap { row in
                    let value = row.data.ratios[index].value
                    return value.isFinite ? (labels(row), "\(value)") : nil
                })
        }
        for (index, amount) in first.data.money.enumerated() {
            add("apus_quality_\(amount.name)", "gauge",
                "Execution quality: \(spoken(amount.name)), quote currency.",
                rows.map { (labels($0), NumberText.exact(e8: $0.data.money[index].e8)) })
        }
        let percentiles = ["p50": "50", "p90": "90", "p99": "99", "max": "100"]
        add("apus_quality_resting_seconds", "gauge",
            "From the placing of orders that rested to their first fill.",
            rows.filter { $0.data.restingFills > 0 }.flatMap { row in
                row.data.restingTimes.map { time in
                    (labels(row) + [("percentile", percentiles[time.name] ?? time.name)],
                        Self.seconds(time.ns))
                }
            })
        addMarkouts(rows, labels)
    }

    private mutating func addMarkouts(
        _ rows: [QualityRow], _ labels: (QualityRow) -> [Label]
    ) {
        func samples(_ value: (QualityData.Markout) -> String?) -> [Sample] {
            rows.flatMap { row in
                row.data.markoutRows.compactMap { markout in
                    value(markout).map { (labels(row) + [("horizon", markout.horizon)], $0) }
                }
            }
        }
        add("apus_quality_markout", "gauge", "Gain of fills after the horizon, quote currency.",
            samples { NumberText.exact(e8: $0.gainE8) })
        add("apus_quality_markout_bps", "gauge", "The same in basis points of their value.",
            samples { $0.bps.isFinite ? "\($0.bps)" : nil })
        add("apus_quality_markouts_total", "counter", "Fills judged.",
            samples { "\($0.judged)" })
        add("apus_quality_markouts_unresolved", "gauge", "Fills that wait or were never judged.",
            samples { "\($0.unresolved)" })
    }
}
