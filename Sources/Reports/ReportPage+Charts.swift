//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Options
import Rendering

/// Charts of the page.
extension ReportPage {
    /// Charts of one kind that show each run by itself.
    private static let runsDrawnMax = 6
    private static let symbolsDrawnMax = 4
    private static let windowsMax = 1_200

    private static func seconds(_ timesNs: [UInt64]) -> [Double] {
        timesNs.map { Double($0) / 1e9 }
    }

    private func name(_ analysis: RunAnalysis, _ text: String) -> String {
        isComparison ? analysis.run.name : text
    }

    // MARK: - Equity

    var wealthCharts: [Chart] {
        let equity = analyses.map { analysis -> Chart.Series in
            let run = analysis.run
            let x = [Double(run.startNs) / 1e9] + Self.seconds(run.equity.map(\.timeNs))
            let y = [run.initialEquity] + run.equity.map(\.equity)
            return Chart.Series(
                name(analysis, "equity"), x: x,
                y: isComparison ? y.map { ($0 / run.initialEquity - 1) * 100 } : y)
        }
        let falls = analyses.map { analysis in
            Chart.Series(
                name(analysis, "drawdown"), isComparison ? .line : .area,
                x: Self.seconds(analysis.run.equity.map(\.timeNs)),
                y: analysis.drawdown.depths.map { $0 * 100 }, colour: isComparison ? nil : 1)
        }
        let quote = analyses.first?.run.quote ?? ""
        return [
            Chart(
                title: "Equity", unit: isComparison ? "return, %" : quote, series: equity,
                scale: isComparison ? .linear : .close(spanMin: 0), horizontal: .calendar,
                hasReadouts: true),
            Chart(
                title: "Drawdown", unit: "% of the highest equity so far", series: falls,
                horizontal: .calendar, hasReadouts: true),
        ]
    }

    // MARK: - Rolling

    var rollingCharts: [Chart] {
        var (sharpe, volatility): ([Chart.Series], [Chart.Series]) = ([], [])
        var window = 0
        for (index, analysis) in analyses.enumerated() {
            let returns = analysis.series.returns
            let rolling = Rolling(
                returns: returns, window: Rolling.defaultWindow(count: returns.count),
                periodsPerYear: analysis.metrics.periodsPerYear, countMax: Self.windowsMax)
            if rolling.places.isEmpty { continue }
            window = rolling.window
            let x = Self.seconds(rolling.places.map { analysis.series.timesNs[$0] })
            sharpe.append(
                Chart.Series(name(analysis, "Sharpe"), x: x, y: rolling.sharpe, colour: index))
            volatility.append(
                Chart.Series(
                    name(analysis, "volatility"), x: x, y: rolling.volatility.map { $0 * 100 },
                    colour: index))
        }
        if sharpe.isEmpty { return [] }
        return [
            Chart(
                title: "Rolling Sharpe", unit: "annualised, \(window) periods", series: sharpe,
                horizontal: .calendar, hasReadouts: true),
            Chart(
                title: "Rolling volatility", unit: "%, annualised, \(window) periods",
                series: volatility, horizontal: .calendar, hasReadouts: true),
        ]
    }

    // MARK: - Distribution

    /// Of one run; of several they would hide each other.
    private var returnChart: Chart? {
        guard !isComparison, let analysis = analyses.first, !analysis.series.returns.isEmpty
        else { return nil }
        let returns = analysis.series.returns
        return Chart(
            title: "Returns of the periods", unit: "%",
            series: [
                Chart.Series(
                    "return", x: Self.seconds(Array(analysis.series.timesNs.prefix(returns.count))),
                    y: returns.map { $0 * 100 })
            ], horizontal: .calendar)
    }

    var distributionCharts: [Chart] {
        [returnChart].compactMap { $0 } + histograms
    }

    private var histograms: [Chart] {
        analyses.prefix(Self.runsDrawnMax).enumerated().compactMap { index, analysis in
            guard let histogram = ReturnHistogram(analysis.series.returns, analysis.metrics.moments)
            else { return nil }
            return Chart(
                title: isComparison ? analysis.run.name : "Distribution of returns",
                unit: "periods by return, \(histogram.unit)",
                note: "The outer bars hold what lies beyond 4 standard deviations.",
                series: [
                    Chart.Series(
                        "returns", .bars, x: histogram.places, y: histogram.counts, colour: index),
                    Chart.Series(
                        "normal", x: histogram.places, y: histogram.normal, colour: 4),
                ], horizontal: .number)
        }
    }

    // MARK: - Positions and fills

    var positionCharts: [Chart] {
        let series = analyses.compactMap { analysis -> Chart.Series? in
            let points = analysis.run.equity
            guard points.contains(where: { $0.positionValue != 0 }) else { return nil }
            return Chart.Series(
                name(analysis, "position"), .steps, x: Self.seconds(points.map(\.timeNs)),
                y: points.map(\.positionValue))
        }
        if series.isEmpty { return [] }
        return [
            Chart(
                title: "Positions at mid prices", unit: analyses.first?.run.quote ?? "",
                series: series, horizontal: .calendar, hasReadouts: true)
        ]
    }

    var fillCharts: [Chart] {
        let runs = analyses.prefix(Self.symbolsDrawnMax)
        let symbols = isComparison ? 1 : Self.symbolsDrawnMax
        return runs.flatMap { analysis in
            Self.busiest(analysis.run).prefix(symbols).map { fillChart(analysis, $0) }
        }
    }

    /// Symbols with fills, those with the most first.
    private static func busiest(_ run: Run) -> [Int] {
        var counts = [Int](repeating: 0, count: run.symbols.count)
        for fill in run.fills { counts[fill.symbol] += 1 }
        return counts.indices.filter { counts[$0] > 0 }
            .sorted { (counts[$1], $0) < (counts[$0], $1) }
    }

    private func fillChart(_ analysis: RunAnalysis, _ symbol: Int) -> Chart {
        let run = analysis.run
        let fills = run.fills.filter { $0.symbol == symbol }
        let marks = run.marks[symbol]
        let price = marks.mids.isEmpty
            ? Chart.Series(
                "mid at fills", x: Self.seconds(fills.map(\.timeNs)),
                y: fills.map { $0.mid ?? $0.price }, colour: 4)
            : Chart.Series("mid", x: Self.seconds(marks.timesNs), y: marks.mids, colour: 4)
        func side(_ name: String, _ form: Chart.Form, _ isBuy: Bool, _ colour: Int)
            -> Chart.Series
        {
            let own = fills.filter { $0.isBuy == isBuy }
            return Chart.Series(
                name, form, x: Self.seconds(own.map(\.timeNs)), y: own.map(\.price),
                colour: colour)
        }
        let title = run.symbols[symbol] + (isComparison ? ", \(run.name)" : "")
        return Chart(
            title: title, unit: run.quote,
            series: [price, side("buys", .dots, true, 2), side("sells", .squares, false, 1)],
            scale: .close(spanMin: 0), horizontal: .calendar)
    }

    // MARK: - Markouts

    var markoutCharts: [Chart] {
        analyses.prefix(Self.runsDrawnMax).compactMap { analysis in
            let groups: [Markouts.Group] = [.all, .maker, .taker]
            let series = groups.enumerated().compactMap { index, group -> Chart.Series? in
                // Beside each other, not on top.
                let shift = pow(1.12, Double(index - 1))
                let rows = (analysis.markouts.rows[group] ?? []).filter {
                    $0.horizonNs > 0 && $0.meanBps != nil
                }
                if rows.isEmpty { return nil }
                return Chart.Series(
                    group.rawValue, .whiskers, x: rows.map { Double($0.horizonNs) * shift },
                    y: rows.map { $0.meanBps ?? .nan }, reach: rows.map { $0.reachBps ?? 0 },
                    colour: index)
            }
            if series.isEmpty { return nil }
            return Chart(
                title: isComparison ? analysis.run.name : "Markouts of fills",
                unit: "bps, mean and 95 % interval, by time since the fill", series: series,
                horizontal: .logarithmic(
                    ticks: Markouts.horizonsNs.map { Double($0) }, text: Self.delayText))
        }
    }

    private static let delayText: @Sendable (Double) -> String = {
        Durations.text(ns: UInt64(max(0, min($0.rounded(), 9e18))))
    }

    // MARK: - Latency

    /// As HdrHistogram's plotters: the rarer, the further to the right.
    var latencyCharts: [Chart] {
        analyses.filter { !$0.run.latencies.isEmpty }.prefix(Self.runsDrawnMax).map { analysis in
            let series = analysis.run.latencies.prefix(PageStyle.colourCount).map { row in
                let known = [
                    (2.0, row.p50Ns), (10.0, row.p90Ns), (100.0, row.p99Ns), (1_000.0, row.p999Ns),
                ].compactMap { place, value in value.map { (place, Double($0)) } }
                return Chart.Series(row.name, x: known.map(\.0), y: known.map(\.1))
            }
            return Chart(
                title: isComparison ? analysis.run.name : "Latency by percentile", unit: "log",
                series: series, scale: .logarithmic,
                horizontal: .logarithmic(ticks: [2, 10, 100, 1_000]) {
                    "\(NumberText.short(100 - 100 / $0)) %"
                }, valueText: Self.delayText)
        }
    }

    // MARK: - Speed

    var speedCharts: [Chart] {
        let shown = analyses.filter { !$0.run.delays.isEmpty }
        func chart(
            _ title: String, _ unit: String, _ value: (Run.Delay) -> Double?
        ) -> Chart? {
            let series = shown.map { analysis in
                let rows = analysis.run.delays.filter { value($0) != nil && $0.delayNs > 0 }
                return Chart.Series(
                    name(analysis, title), x: rows.map { Double($0.delayNs) },
                    y: rows.map { value($0) ?? .nan })
            }
            guard series.contains(where: { !$0.x.isEmpty }) else { return nil }
            return Chart(
                title: title, unit: unit, series: series,
                horizontal: .logarithmic(ticks: [], text: Self.delayText))
        }
        return [
            chart("Edge against delay", "bps of volume") { $0.edgeBps },
            chart("Net return against delay", "%") { $0.netReturn.map { $0 * 100 } },
        ].compactMap { $0 }
    }
}
