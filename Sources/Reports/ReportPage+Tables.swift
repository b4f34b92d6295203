//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Rendering

/// Tables of the page.
extension ReportPage {
    // MARK: - Figures

    var figureTables: String {
        isComparison ? comparison : "<div class=\"groups\">" + FigureCatalogue.groups.map { group in
            "<section><h3>\(group.title)</h3>" + HTMLText.table(
                [],
                group.figures.map { figure in
                    [figure.title, figure.text(analyses.first.flatMap { figure.value($0) })]
                }, classes: "figures") + "</section>"
        }.joined() + "</div>" + trialNote
    }

    /// One table, a column for each run; the best of a row is not marked: what is best depends.
    private var comparison: String {
        let head = "<tr><th>figure</th>"
            + analyses.map { "<th class=\"n\">\(HTMLText.escape($0.run.name))</th>" }.joined()
            + "</tr>"
        let rows = FigureCatalogue.groups.map { group in
            "<tr class=\"group\"><td colspan=\"\(analyses.count + 1)\">\(group.title)</td></tr>"
                + group.figures.map { figure in
                    let values = analyses.map {
                        "<td class=\"n\">\(figure.text(figure.value($0)))</td>"
                    }
                    return "<tr><td>\(figure.title)</td>\(values.joined())</tr>"
                }.joined(separator: "\n")
        }
        return "<div class=\"wide\"><table class=\"compare\"><thead>\(head)</thead><tbody>"
            + "\(rows.joined())</tbody></table></div>" + trialNote
    }

    private var trialNote: String {
        guard let trials = analyses.first?.trials else { return "" }
        let variance = trials.isMeasured
            ? "the variance of these runs' Sharpe ratios"
            : "the variance of one estimate without skill, for want of the trials' own"
        return "<p class=\"note\">Deflated Sharpe: of \(trials.count) "
            + "trial\(trials.count == 1 ? "" : "s"), with \(variance).</p>"
    }

    // MARK: - Calendars

    /// By month, of a short run by day or hour: what has more than one cell.
    func calendars(_ analysis: RunAnalysis) -> String {
        let span = analysis.run.endNs - analysis.run.startNs
        var grids: [CalendarReturns.Grid] = []
        if span > 31 * ReturnSeries.dayNs { grids.append(.months) }
        if span > ReturnSeries.dayNs, span <= 92 * ReturnSeries.dayNs { grids.append(.days) }
        if span <= 7 * ReturnSeries.dayNs { grids.append(.hours) }
        return grids.map { grid in
            let title = switch grid {
            case .months: "by month"
            case .days: "by day"
            case .hours: "by hour"
            }
            let name = isComparison ? HTMLText.escape(analysis.run.name) + ", " : ""
            return "<h3>\(name)\(title), %, UTC</h3>\(heat(CalendarReturns(analysis.run, grid)))"
        }.joined()
    }

    private func heat(_ calendar: CalendarReturns) -> String {
        if calendar.rows.isEmpty { return "<p class=\"note\">no equity in the file</p>" }
        let most = calendar.rows.flatMap(\.returns).compactMap { $0.map(abs) }.max() ?? 0
        // A few hours need no columns for all of the day.
        let used = calendar.rows.flatMap { row in
            row.returns.indices.filter { row.returns[$0] != nil }
        }
        guard let first = used.min(), let last = used.max() else { return "" }
        let head = CalendarReturns.columns(calendar.grid)[first...last]
            .map { "<th>\($0)</th>" }.joined()
        let rows = calendar.rows.map { row in
            let cells = row.returns[first...last].map { value in
                guard let value else { return "<td></td>" }
                let share = most > 0 ? abs(value) / most : 0
                // Square roots: small months are still told from none.
                let strength = (share.squareRoot() * 55).rounded() / 100
                let colour = value >= 0 ? "36,150,84" : "214,69,65"
                return "<td style=\"background:rgba(\(colour),\(strength))\">"
                    + "\(percent(value, most))</td>"
            }
            let total = row.total.map { percent($0, most) } ?? "–"
            return "<tr><td>\(row.label)</td>\(cells.joined())<td class=\"sum\">\(total)</td></tr>"
        }
        return "<div class=\"wide\"><table class=\"heat\"><thead><tr><th></th>\(head)<th>all</th>"
            + "</tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>"
    }

    /// Short, all of one table alike.
    private func percent(_ value: Double, _ most: Double) -> String {
        NumberText.fixed(value * 100, decimals: most >= 0.1 ? 1 : most >= 0.001 ? 2 : 4)
    }

    // MARK: - Drawdowns

    var drawdownSection: String {
        let rows = analyses.flatMap { analysis in
            analysis.drawdown.worst(isComparison ? 1 : 5).map { spell in
                (isComparison ? [HTMLText.escape(analysis.run.name)] : []) + [
                    Figure.percent(spell.depth),
                    time(analysis.drawdownTimeNs(spell.peak)),
                    time(analysis.drawdownTimeNs(spell.valley)),
                    spell.recovery.map { time(analysis.drawdownTimeNs($0)) } ?? "not yet",
                    duration(analysis.lengthS(spell)),
                    analysis.recoveryS(spell).map(duration) ?? "–",
                ]
            }
        }
        if rows.isEmpty { return "" }
        return "<h2>Deepest drawdowns</h2>" + HTMLText.table(
            (isComparison ? ["run"] : [])
                + ["depth", "peak", "valley", "recovered", "length", "recovery"], rows,
            classes: "times")
    }

    private func time(_ ns: UInt64) -> String {
        let time = CalendarTime(seconds: Int(ns / 1_000_000_000))
        return "\(time.date) \(time.exactClock)"
    }

    private func duration(_ seconds: Double) -> String {
        Durations.text(ns: UInt64(max(0, min(seconds * 1e9, 9e18))))
    }

    // MARK: - Markouts

    var markoutSection: String {
        let shown = analyses.filter { !$0.markouts.isEmpty }
        if shown.isEmpty { return "" }
        let tables = shown.map { analysis in
            let head = ["fills"] + Markouts.horizonsNs.map { Self.horizon($0) }
            let rows = Markouts.Group.allCases.compactMap { group -> [String]? in
                guard let rows = analysis.markouts.rows[group],
                    rows.contains(where: { $0.count > 0 })
                else { return nil }
                return [group.rawValue] + rows.map { row in
                    guard let mean = row.meanBps else { return "–" }
                    let reach = row.reachBps.map { " ± \(NumberText.fixed($0, decimals: 2))" } ?? ""
                    return "\(NumberText.fixed(mean, decimals: 2))\(reach)"
                }
            }
            let count = analysis.markouts.rows[.all]?.map { NumberText.grouped(UInt64($0.count)) }
            let fresh = analysis.markouts.rows[.all]?.map { row in
                row.freshShare.map { Figure.percent($0) } ?? "–"
            }
            let name = isComparison ? "<h3>\(HTMLText.escape(analysis.run.name))</h3>" : ""
            return name + HTMLText.table(
                head,
                rows + [
                    ["fills judged"] + (count ?? []),
                    ["with a mark since the fill"] + (fresh ?? []),
                ], classes: "figures")
        }
        return "<h2>Markouts</h2><div class=\"charts\">\(markoutCharts.map(\.html).joined())</div>"
            + tables.joined()
            + "<p class=\"note\">What a fill was worth some time later, bps of its price, with the "
            + "95 % interval of the mean; fills within one horizon count as one observation.</p>"
    }

    static func horizon(_ ns: UInt64) -> String { ns == 0 ? "at once" : Durations.text(ns: ns) }

    // MARK: - Latency

    var latencySection: String {
        let shown = analyses.filter { !$0.run.latencies.isEmpty }
        if shown.isEmpty { return "" }
        let rows = shown.flatMap { analysis in
            analysis.run.latencies.map { row in
                let name = isComparison ? "\(analysis.run.name): \(row.name)" : row.name
                return [
                    HTMLText.escape(name), row.count.map { NumberText.grouped($0) } ?? "–",
                ] + [row.p50Ns, row.p90Ns, row.p99Ns, row.p999Ns, row.maxNs].map { value in
                    value.map { Durations.text(ns: $0) } ?? "–"
                }
            }
        }
        return "<h2>Latency</h2><div class=\"charts\">\(latencyCharts.map(\.html).joined())</div>"
            + HTMLText.table(
                ["histogram", "count", "p50", "p90", "p99", "p99.9", "max"], rows,
                classes: "figures")
    }

    // MARK: - Speed

    var speedSection: String {
        let shown = analyses.filter { !$0.run.delays.isEmpty }
        if shown.isEmpty { return "" }
        let tables = shown.map { analysis in
            let delays = analysis.run.delays
            let first = delays.first?.netReturn
            let rows = delays.map { row in
                let lost = row.netReturn.flatMap { net in first.map { net - $0 } }
                return [
                    Self.horizon(row.delayNs), row.netReturn.map(Figure.percent) ?? "–",
                    lost.map(Figure.percent) ?? "–", row.sharpe.map(Figure.significant) ?? "–",
                    row.fills.map { NumberText.grouped($0) } ?? "–",
                    row.edgeBps.map { NumberText.fixed($0, decimals: 3) } ?? "–",
                ]
            }
            let even = SpeedCost(delays: delays).breakEvenNs
            let name = isComparison ? HTMLText.escape(analysis.run.name) + ": " : ""
            let told = even.map { "The edge is gone at \(Durations.text(ns: UInt64($0)))" }
                ?? "The edge does not change its sign between these delays"
            return HTMLText.table(
                ["delay", "net return", "against the fastest", "Sharpe", "fills", "edge, bps"],
                rows, classes: "figures") + "<p class=\"note\">\(name)\(told).</p>"
        }
        return "<h2>Cost of speed</h2><div class=\"charts\">\(speedCharts.map(\.html).joined())"
            + "</div>" + tables.joined()
    }

    // MARK: - The rest

    var metadataSection: String {
        let shown = analyses.filter { !$0.run.metadata.isEmpty }
        if shown.isEmpty { return "" }
        return "<h2>Metadata</h2>" + shown.map { analysis in
            let name = isComparison ? "<h3>\(HTMLText.escape(analysis.run.name))</h3>" : ""
            return name + HTMLText.table(
                [],
                analysis.run.metadata.map {
                    [HTMLText.escape($0.name), "<code>\(HTMLText.escape($0.text))</code>"]
                }, classes: "facts")
        }.joined()
    }

    var definitions: String {
        "<details><summary>Definitions</summary><p class=\"note\">r are the n returns of the "
            + "periods, m their mean, s their standard deviation (n - 1), P the periods in a year. "
            + "– stands for what is undefined.</p>" + HTMLText.table(
                ["figure", "is"],
                FigureCatalogue.all.map {
                    [HTMLText.escape($0.title), HTMLText.escape($0.definition)]
                }) + "</details>"
    }
}
