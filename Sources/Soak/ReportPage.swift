//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Platform
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
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>Apus soak: \(verdict)</title><style>\(Self.style)</style></head><body>
            <header><h1>Apus soak</h1><strong class="\(verdict)">\(verdict)</strong>
            <p>\(HTMLText.escape(summary))</p></header>
            <h2>Verdict</h2>\(verdictTable)\(violationTable)
            <h2>Over time</h2><div class="charts">\(charts.map(\.html).joined())</div>
            <h2>Faults</h2>\(faultTable)
            <h2>Counters of the engine</h2>\(counterTable)
            <h2>Method</h2>\(Self.method)
            </body></html>

            """
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

    private static func table(
        _ head: [String], _ rows: [[String]], classes: String = ""
    ) -> String {
        let titles = head.map { "<th>\($0)</th>" }.joined()
        let body = rows.map { row in
            "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }.joined(separator: "\n")
        return "<div class=\"wide\"><table class=\"\(classes)\"><thead><tr>\(titles)</tr></thead>"
            + "<tbody>\(body)</tbody></table></div>\n"
    }

    private var verdictTable: String {
        Self.table(
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
        return "<h2>Violations</h2>" + Self.table(
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
        return Self.table(
            ["fault", "came"], result.faults.map { [HTMLText.escape($0.name), "\($0.count)"] },
            classes: "narrow")
    }

    private var counterTable: String {
        Self.table(
            ["counter", "value"],
            result.counters.map { [HTMLText.escape($0.name), "\($0.value)"] }, classes: "narrow")
    }

    // MARK: - Charts

    private var charts: [Chart] {
        Self.panels(result).map { panel in
            Chart(
                title: panel.title, unit: panel.unit, note: panel.note, times: times,
                series: panel.series.map { one in
                    Chart.Series(
                        name: one.name,
                        values: (samples[one.column] ?? []).map { $0 / panel.divide })
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

    private static let style = """
        :root{--bg:#fcfcfb;--card:#fff;--ink:#1d1f21;--soft:#666c73;--line:#e3e5e8;--pass:#1a7f45;\
        --fail:#c22f2f;--open:#8a6d1a;--s0:#2463b4;--s1:#c8501e;--s2:#2c8a57;--s3:#8446a8;\
        --s4:#6d7480}
        @media(prefers-color-scheme:dark){:root{--bg:#131517;--card:#1b1e21;--ink:#e6e8ea;\
        --soft:#9aa2ab;--line:#2d3237;--pass:#4cc27f;--fail:#f0706c;--open:#d9b54a;--s0:#6fa8ec;\
        --s1:#f0915f;--s2:#63c792;--s3:#c08ae0;--s4:#a3abb5}}
        *{box-sizing:border-box}body{margin:0 auto;max-width:1400px;padding:24px;\
        background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        h1{display:inline;font-size:24px;margin:0 12px 0 0}h2{font-size:17px;margin:32px 0 8px}
        header p{color:var(--soft);margin:6px 0 0}strong.PASS{color:var(--pass)}\
        strong.FAIL{color:var(--fail)}strong.OPEN{color:var(--open);font-weight:500}
        header strong{font-size:24px}.wide{overflow-x:auto}
        table{border-collapse:collapse;width:100%;background:var(--card);font-size:14px}
        table.narrow{width:auto}th,td{text-align:left;padding:5px 12px;\
        border-bottom:1px solid var(--line);vertical-align:top}td:first-child{white-space:nowrap}
        th{color:var(--soft);font-weight:500}table.narrow td:last-child{text-align:right;\
        font-variant-numeric:tabular-nums}
        .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));\
        gap:16px}
        figure{margin:0;padding:12px 14px;background:var(--card);border:1px solid var(--line);\
        border-radius:6px}figcaption{font-weight:600}
        figcaption small{color:var(--soft);font-weight:400;margin-left:8px}
        .keys{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px;color:var(--soft);\
        min-height:20px}.keys i{display:inline-block;width:10px;height:10px;border-radius:2px;\
        margin-right:5px}.keys b{color:var(--ink);font-weight:500;margin-left:5px}
        svg{width:100%;height:auto;display:block}.grid{stroke:var(--line);fill:none}
        .line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
        text{fill:var(--soft);font-size:11px}text.y{text-anchor:end}text.x{text-anchor:middle}
        figure p{margin:4px 0 0;font-size:13px;color:var(--soft)}.empty{padding:60px 0;\
        text-align:center;color:var(--soft)}code{font-size:13px}
        """
}
