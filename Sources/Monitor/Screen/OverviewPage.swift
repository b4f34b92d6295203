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

/// What one looks at first: money, market, latency, stages, on one window.
enum OverviewPage {
    static func lines(_ view: ScreenView) -> [ScreenLine] {
        [account(view), orders(view)] + risk(view) + [market(view), ScreenLine()] + latencies(view)
            + [ScreenLine()] + StagesPage.stages(view) + fullestRings(view)
    }

    private static let labelWidth = 9

    private static func line(_ label: String, _ parts: [String]) -> ScreenLine {
        var line = ScreenLine(text: label, style: .title)
        line.fill(to: labelWidth)
        line.add(parts.joined(separator: "  "))
        return line
    }

    private static func addSpark(
        _ values: [Double?], _ scale: Glyphs.Scale, to line: inout ScreenLine, _ view: ScreenView
    ) {
        let width = min(40, view.width - line.count - 2)
        if width >= 8 { line.add("  \(view.glyphs.spark(values, width: width, scale))", .accent) }
    }

    private static func account(_ view: ScreenView) -> ScreenLine {
        let rows = view.now.instruments
        let profitE8 = view.now.profitE8
        var line = ScreenLine(text: "profit", style: .title)
        line.fill(to: labelWidth)
        line.add(NumberText.money(e8: profitE8), profitE8 < 0 ? .warning : .good)
        let held = rows.count { $0.status.position != 0 }
        line.add("  after fees and funding  \(held) of \(rows.count) positions held")
        addSpark(view.intervals.map { Double($0.profitE8) }, .fromLeast, to: &line, view)
        return line
    }

    private static func orders(_ view: ScreenView) -> ScreenLine {
        func sum(_ field: KeyPath<Observation.Instrument, UInt64>) -> String {
            NumberText.grouped(view.now.instruments.reduce(0) { $0 &+ $1[keyPath: field] })
        }
        return line(
            "orders",
            [
                "\(sum(\.status.openOrders)) open", "\(sum(\.status.ordersSent)) sent",
                "\(sum(\.status.cancelsSent)) cancels", "\(sum(\.status.fills)) fills",
                "\(sum(\.status.rejects)) rejects",
            ])
    }

    /// What risk measures its limits by, under the names of its counters.
    private static func risk(_ view: ScreenView) -> [ScreenLine] {
        let prefix = "risk_figure_"
        let figures = view.now.counters.filter {
            $0.name.hasPrefix(prefix) && $0.name.hasSuffix("_e8") && $0.value != 0
        }
        if figures.isEmpty { return [] }
        let parts = figures.map { figure in
            let name = figure.name.dropFirst(prefix.count).dropLast(3)
            let value = NumberText.money(e8: Int64(clamping: figure.value))
            return "\(name.map { $0 == "_" ? " " : String($0) }.joined()) \(value)"
        }
        return [line("risk", parts)]
    }

    private static func market(_ view: ScreenView) -> ScreenLine {
        let rows = view.now.instruments
        let valid = rows.count { $0.status.isBookValid != 0 }
        let frames = view.now.counters.first { $0.name == framesName }?.value ?? 0
        let oldest = rows.map(\.status.lastUpdateNs).filter { $0 != 0 }.min().map {
            Durations.text(ns: Observation.age(of: $0, at: view.now.timeNs))
        }
        var line = line(
            "market",
            [
                "\(valid) of \(rows.count) books in sync",
                "oldest \(oldest ?? "-")",
                "\(NumberText.rate(view.perSecond(framesName, frames))) frames/s",
            ])
        addSpark(
            view.intervals.map { $0.perSecond($0.growth[framesName] ?? 0) }, .fromZero, to: &line,
            view)
        return line
    }

    private static let framesName = "parser_frames_total"
    /// What is left of them on the overview: the others are on their own page.
    private static let latencyCountMax = 4
    private static let ringCountMax = 3

    /// The first histograms that have values: the engine makes the whole way's first.
    private static func latencies(_ view: ScreenView) -> [ScreenLine] {
        let filled = view.histograms.filter { $0.total > 0 }
        return LatencyTable.lines(Array(filled.prefix(latencyCountMax)), view, selection: nil)
    }

    private static func fullestRings(_ view: ScreenView) -> [ScreenLine] {
        let fullest = view.now.rings.sorted { $0.share > $1.share }.prefix(ringCountMax)
        let lines = StagesPage.rings(view, Array(fullest))
        return lines.isEmpty ? [] : [ScreenLine()] + lines
    }
}
