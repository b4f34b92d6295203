//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Platform
import Rendering
import Telemetry

/// The report as one HTML page that needs nothing else.
struct ReportPage {
    let result: SoakResult
    let lines: [VerdictLine]
    /// The columns that are drawn, by name; empty without samples.
    private let samples: [String: [Double]]
    private var times: [Double] { samples["time_s"] ?? [] }

    init(_ result: SoakResult, _ lines: [VerdictLine]) {
        self.result = result
        self.lines = lines
        let columns = Self.panels(result).flatMap(\.series).map(\.column)
        samples = SampleReader(result.samplesPath)?.values(["time_s"] + columns) ?? [:]
    }

    var html: String {
        let verdict = Verdict.isPassed(lines) ? "PASS" : "FAIL"
        return HTMLText.page(
            title: "Apus soak: \(verdict)",
            body: """
                <header><h1>Apus soak</h1><strong class="\(verdict)">\(verdict)</strong>
                <p>\(HTMLText.escape(summary))</p></header>
                <h2>Verdict</h2>\(verdictTable)\(violationTable)
                <h2>Over time</h2><div class="charts">\(charts.map(\.html).joined())</div>
                <h2>Faults</h2>\(faultTable)
                <h2>Counters of the engine</h2>\(counterTable)
                <h2>Method</h2>\(Self.method)
                """)
    }

    private var summary: String {
        let elapsed = Durations.text(ns: UInt64(result.elapsedS * 1e9))
        let state = !result.isFinished ? "still running"
            : result.endReason.isEmpty ? "ran to its end" : result.endReason
        return "\(LogFormat.time(result.startWallNs)) · \(elapsed) of "
            + "\(Durations.text(ns: result.options.durationNs)), \(state) · a sample each "
            + "\(Durations.text(ns: result.options.intervalNs)) · seed \(result.options.seed) · "
            + "\(result.placement) · \(result.mode) · \(times.count) samples, "
            + "\(result.checks) comparisons with the venues"
    }

    // MARK: - Tables

    private var verdictTable: String {
        HTMLText.table(
            ["", "line", "why"],
            lines.map { line in
                let kind = line.outcome == .open ? "OPEN" : line.outcome.rawValue
                return [
                    "<strong class=\"\(kind)\">\(line.outcome.rawValue)</strong>",
                    HTMLText.escape(line.name), HTMLText.escape(line.reason),
                ]
            })
    }

    private var violationTable: String {
        if result.violations.isEmpty { return "" }
        return "<h2>Violations</h2>" + HTMLText.table(
            ["invariant", "after", "what"],
            result.violations.prefix(200).map { violation in
                [
                    violation.invariant, Durations.text(ns: UInt64(violation.timeS * 1e9)),
                    HTMLText.escape(violation.text),
                ]
            })
    }

    private var faultTable: String {
        if result.faults.isEmpty { return "<p>None were asked for.</p>" }
        return HTMLText.table(
            ["fault", "came"], result.faults.map { [HTMLText.escape($0.name), "\($0.count)"] },
            classes: "narrow")
    }

    private var counterTable: String {
        HTMLText.table(
            ["counter", "value"],
            result.counters.map { [HTMLText.escape($0.name), "\($0.value)"] }, classes: "narrow")
    }

    // MARK: - Charts

    private var charts: [Chart] {
        Self.panels(result).map { panel in
            Chart(
                title: panel.title, unit: panel.unit, note: panel.note,
                series: panel.series.map { one in
                    let values = (samples[one.column] ?? []).map { $0 / panel.divide }
                    return Chart.Series(one.name, x: Array(times.prefix(values.count)), y: values)
                }, scale: panel.scale)
        }
    }

    // MARK: - Text

    private static let method = """
        <p>A child process runs the engine, another the venues; both are looked at from outside: \
        the engine's read-only pages, <code>/proc</code>, and the simulator's own truth over REST. \
        Nothing is written to the engine. Each interval ends with a sample and a comparison: the \
        synthetic market is halted, what is on its way arrives, and books (best prices, number of \
        levels), positions, fills, open orders and cash are compared; what still differs gets more \
        of the market and another look, for 120 s at most. At the end every book is compared level \
        by level.</p>
        <p><b>Slopes.</b> Theil–Sen: the median of the slopes of all pairs of samples of one \
        engine process, the first tenth left out as warm-up. The 99.9 % interval is Sen's, from \
        the variance of Kendall's S with ties, widened by (1 + r) / (1 − r) for the lag-1 \
        autocorrelation r of the residuals' ranks. A line fails when the interval lies above 0 \
        <em>and</em> the growth over the time judged is more than the allowance: 64 KiB (16 pages) \
        of memory, one descriptor or thread, 5 % of the median latency.</p>
        <p><b>Losses</b> are the counters of records that were left out inside the engine; what a \
        fault took on the network shows as a gap, and as nothing in books, positions and fills.</p>
        """
}
