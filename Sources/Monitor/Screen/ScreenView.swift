//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Telemetry

/// What a page is drawn from. Pure: equal views give equal lines.
struct ScreenView {
    let now: Observation
    /// Oldest first.
    let intervals: [Interval]
    let glyphs: Glyphs
    /// Of the page, without head and foot.
    let width: Int
    let height: Int
    /// Histograms of the last interval instead of all since the start.
    let isInterval: Bool
    /// The row chosen on a page that has a selection.
    let selection: Int
    /// What names of counters must hold.
    let filter: String

    var newest: Interval? { intervals.last }

    /// Rates of the last interval, or since the start before there is one.
    func perSecond(_ name: String, _ value: UInt64) -> Double {
        guard let newest else {
            return now.uptimeNs == 0 ? 0 : Double(value) * 1e9 / Double(now.uptimeNs)
        }
        return newest.perSecond(newest.growth[name] ?? 0)
    }

    /// The page's histograms as `isInterval` asks.
    var histograms: [HistogramSnapshot] {
        guard isInterval, let newest else { return now.histograms }
        return newest.histograms.map(\.snapshot)
    }

    /// A histogram's p99 in each interval, `nil` where it recorded nothing.
    func tails(_ name: String, last count: Int) -> [Double?] {
        intervals.suffix(max(0, count)).map { interval in
            guard let histogram = interval.histogram(name), histogram.total > 0 else { return nil }
            return Double(histogram.value(atFraction: 0.99))
        }
    }

    /// Age of a past moment, and how bad it is.
    func age(of pastNs: UInt64, warnAfterNs: UInt64) -> FittingTable.Cell {
        if pastNs == 0 { return FittingTable.Cell("-", .dim) }
        let ageNs = Observation.age(of: pastNs, at: now.timeNs)
        return FittingTable.Cell(
            Durations.text(ns: ageNs), ageNs > warnAfterNs ? .alarm : .plain)
    }
}
