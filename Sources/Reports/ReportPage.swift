//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Rendering

/// The page of one run or of several side by side.
struct ReportPage {
    let analyses: [RunAnalysis]
    var isComparison: Bool { analyses.count > 1 }

    init(_ analyses: [RunAnalysis]) { self.analyses = analyses }

    var html: String {
        let title = isComparison
            ? "\(analyses.count) runs" : analyses.first.map { "\($0.run.name)" } ?? "no run"
        return HTMLText.page(
            title: "Apus report: \(title)", style: Self.style,
            body: [
                header(title), cards, section("Equity", Self.charts(wealthCharts), isWide: true),
                "<h2>Figures</h2>\(figureTables)",
                section("Rolling", Self.charts(rollingCharts)),
                "<h2>Returns</h2>\(analyses.map(calendars).joined())"
                    + "<div class=\"charts\">\(Self.charts(distributionCharts))</div>",
                drawdownSection, section("Positions", Self.charts(positionCharts), isWide: true),
                section("Fills on price", Self.charts(fillCharts), isWide: true), markoutSection,
                latencySection, speedSection, metadataSection, definitions,
            ].joined())
    }

    private static func charts(_ charts: [Chart]) -> String { charts.map(\.html).joined() }

    private func section(_ title: String, _ charts: String, isWide: Bool = false) -> String {
        charts.isEmpty ? "" : "<h2>\(title)</h2><div class=\"charts\(isWide ? " one" : "")\">"
            + "\(charts)</div>"
    }

    // MARK: - Header

    private func header(_ title: String) -> String {
        guard let first = analyses.first else { return "" }
        let kinds = Set(analyses.map(\.run.kind.rawValue)).sorted().joined(separator: ", ")
        var facts = "<p>\(HTMLText.escape(kinds))"
        if !isComparison { facts += " · \(Self.facts(first))" }
        facts += " · returns of \(Self.interval(first.series.intervalNs)), "
            + "\(Figure.significant(first.metrics.periodsPerYear)) to a year</p>"
        let table = isComparison ? HTMLText.table(
            ["run", "kind", "what"],
            analyses.enumerated().map { index, one in
                [
                    "<i class=\"key\" style=\"background:var(--s\(index % PageStyle.colourCount))"
                        + "\"></i>\(HTMLText.escape(one.run.name))",
                    one.run.kind.rawValue, Self.facts(one),
                ]
            }) : ""
        return "<header><h1>\(HTMLText.escape(title))</h1>\(facts)\(caution)</header>\(table)"
    }

    private static func facts(_ analysis: RunAnalysis) -> String {
        let run = analysis.run
        let begin = CalendarTime(seconds: Int(run.startNs / 1_000_000_000))
        let end = CalendarTime(seconds: Int(run.endNs / 1_000_000_000))
        let final = run.equity.last.map { Figure.amount($0.equity) } ?? "–"
        return "\(begin.date) \(begin.exactClock) to \(end.date) \(end.exactClock) UTC "
            + "(\(Durations.text(ns: run.endNs - run.startNs))) · "
            + HTMLText.escape("\(Figure.amount(run.initialEquity)) → \(final) \(run.quote)")
            + " · \(NumberText.grouped(UInt64(run.fills.count))) fills"
    }

    private static func interval(_ ns: UInt64) -> String {
        switch ns {
        case ReturnSeries.dayNs: "a day"
        case 3_600 * ReturnSeries.secondNs: "an hour"
        case 60 * ReturnSeries.secondNs: "a minute"
        case ReturnSeries.secondNs: "a second"
        default: Durations.text(ns: ns)
        }
    }

    /// Annual figures of days are no forecast.
    private var caution: String {
        let longest = analyses.map { $0.run.endNs - $0.run.startNs }.max() ?? 0
        if longest >= 30 * ReturnSeries.dayNs { return "" }
        return "<p class=\"caution\">\(Durations.text(ns: longest)) of data: annual figures say "
            + "what a year of such time would bring, and no more.</p>"
    }

    private var cards: String {
        guard !isComparison, let analysis = analyses.first else { return "" }
        let cards = FigureCatalogue.headline.compactMap { key in
            FigureCatalogue.all.first { $0.key == key }
        }.map { figure in
            let value = figure.value(analysis)
            let tone = (value ?? 0) < 0 ? " class=\"loss\"" : ""
            return "<div><small>\(figure.title)</small><b\(tone)>\(figure.text(value))</b></div>"
        }
        return "<div class=\"cards\">\(cards.joined())</div>"
    }

    static let style = """
        header p{overflow-wrap:anywhere}.caution{color:var(--open)!important}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px;\
        margin-top:18px}.cards div{background:var(--card);border:1px solid var(--line);\
        border-radius:6px;padding:10px 12px}.cards small{display:block;color:var(--soft)}\
        .cards b{font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
        .loss{color:var(--fail)}.charts.one{grid-template-columns:1fr}
        .charts.one .plot{height:260px}
        .groups{columns:340px auto;column-gap:16px}.groups section{break-inside:avoid;\
        margin-bottom:16px}h3{font-size:14px;margin:12px 0 4px}.groups h3{margin-top:0}
        td.n,th.n,.figures td+td,.figures th+th,.heat td+td,.heat th+th{text-align:right;\
        font-variant-numeric:tabular-nums;white-space:nowrap}
        .figures td:first-child{white-space:normal}.figures td,.figures th{padding:4px 10px}
        .heat{width:auto}.heat td,.heat th{padding:4px 6px;font-size:12px}
        .heat td.sum{font-weight:600}.key{display:inline-block;width:10px;height:10px;\
        border-radius:5px;margin-right:6px}
        .compare td:first-child,.compare th:first-child{position:sticky;left:0;\
        background:var(--card)}
        .compare tr.group td{color:var(--soft);padding-top:14px;font-weight:600;text-align:left}
        details{margin-top:32px}summary{font-size:17px;font-weight:600;cursor:pointer}
        .note{color:var(--soft);font-size:13px;margin:4px 0 0}
        .times td{white-space:nowrap}header+.wide{margin-top:14px}
        .facts td{overflow-wrap:anywhere;white-space:normal}
        @media(max-width:600px){.cards{grid-template-columns:1fr 1fr}.cards b{font-size:17px}\
        .charts.one .plot{height:200px}}
        @media print{.cards{grid-template-columns:repeat(4,1fr)}.charts.one{\
        grid-template-columns:1fr}.charts.one .plot{height:170px}\
        details:not([open]){display:none}.heat td,.heat th{\
        padding:2px 3px;font-size:8px}}
        """
}
