//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Telemetry

/// Every hop and the whole way, and how the one that is chosen was spread over time.
enum LatencyPage {
    /// What a row is for: histograms that have recorded anything, in the page's order.
    static func names(_ now: Observation) -> [String] {
        now.histograms.filter { $0.total > 0 }.map(\.name)
    }

    static func lines(_ view: ScreenView) -> [ScreenLine] {
        let names = names(view.now)
        guard !names.isEmpty else { return [ScreenLine(text: "nothing was measured yet")] }
        let rows = view.histograms.filter { names.contains($0.name) }
        // The strip takes what the table leaves, and half of the window at least.
        let stripHeight = max(view.height / 2, view.height - rows.count - 2)
        let tableHeight = max(1, view.height - stripHeight - 2)
        let first = max(0, min(view.selection - tableHeight / 2, rows.count - tableHeight))
        let window = Array(rows.dropFirst(first).prefix(tableHeight))
        let selected = view.selection - first
        var lines = LatencyTable.lines(window, view, selection: selected)
        guard window.indices.contains(selected) else { return lines }
        let name = window[selected].name
        lines.append(title(name, view, hidden: rows.count - window.count))
        return lines + HeatStrip.lines(name, view, height: stripHeight)
    }

    private static func title(_ name: String, _ view: ScreenView, hidden: Int) -> ScreenLine {
        var line = ScreenLine(text: name, style: .title)
        line.add(" over time, p99 ")
        let width = min(LatencyTable.sparkWidthMax, view.width - line.count - 16)
        let tails = view.tails(name, last: width)
        line.add(
            view.glyphs.spark(tails, width: max(0, min(width, max(8, tails.count))), .logarithmic),
            .accent)
        if let last = tails.last ?? nil { line.add(" \(Durations.text(ns: UInt64(last)))") }
        if hidden > 0 { line.add("  ↑↓ \(hidden) more", .dim) }
        return line
    }
}
