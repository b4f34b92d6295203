//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Platform
import Telemetry

extension ScreenState {
    /// The whole window: head, page, foot; exactly `rows` lines of at most `columns`. What was
    /// scrolled or chosen beyond the page's end is brought back.
    mutating func frame(rows: Int, columns: Int) -> [ScreenLine] {
        let shown = frozen?.now ?? now
        var head = ScreenHead.lines(shown, width: columns)
        head.append(tabs(width: columns))
        let height = max(1, rows - head.count - 1)
        pageHeight = height
        clampSelection(shown)
        let view = ScreenView(
            now: shown, intervals: (frozen?.history ?? history).intervals, glyphs: glyphs,
            width: columns, height: height, isInterval: isInterval, selection: selection,
            filter: filter)
        let lines = isHelpShown ? HelpPage.lines : page.lines(view)
        let (body, place) = window(lines, height: height, width: columns)
        let blank = Array(repeating: ScreenLine(), count: height - body.count)
        let all = Array((head + body + blank).prefix(max(0, rows - 1))) + [foot(place)]
        return all.map { line in line.mapText(glyphs.clean).cut(from: 0, columns: columns) }
    }

    private mutating func clampSelection(_ shown: Observation) {
        selection = min(max(0, selection), max(0, LatencyPage.names(shown).count - 1))
    }

    /// The lines that fit, and which of all they are; empty when all of them fit.
    private mutating func window(
        _ lines: [ScreenLine], height: Int, width: Int
    ) -> (lines: [ScreenLine], place: String) {
        let longest = lines.map(\.count).max() ?? 0
        var at = scroll[page, default: (0, 0)]
        at.line = min(max(0, at.line), max(0, lines.count - height))
        at.column = min(max(0, at.column), max(0, longest - width))
        scroll[page] = at
        let body = lines.dropFirst(at.line).prefix(height).map {
            $0.cut(from: at.column, columns: width)
        }
        var place: [String] = []
        if lines.count > height {
            place.append("lines \(at.line + 1)-\(at.line + body.count) of \(lines.count)")
        }
        if longest > width { place.append("\(at.column > 0 ? "←" : "")→ more columns") }
        return (Array(body), place.joined(separator: " · "))
    }

    private func tabs(width: Int) -> ScreenLine {
        let gap = String(repeating: " ", count: width < 100 ? 1 : 3)
        var line = ScreenLine()
        for tab in ScreenPage.allCases {
            let isShown = tab == page && !isHelpShown
            line.add("\(tab.rawValue) \(tab.title)", isShown ? .selected : .plain)
            line.add(gap)
        }
        line.add("? help", isHelpShown ? .selected : .plain)
        return line
    }

    private func foot(_ place: String) -> ScreenLine {
        if isTyping {
            var line = ScreenLine(text: "filter: \(filter)_", style: .accent)
            line.add("  Enter keeps it, Esc drops it", .dim)
            return line
        }
        var line = ScreenLine()
        if isPaused { line.add("PAUSED", .warning) }
        let parts = [
            isPaused ? "" : "every \(Durations.text(ns: intervalNs))",
            isInterval ? "latencies of the last interval" : "latencies since the start",
            place, "? help  q quit",
        ]
        for part in parts where !part.isEmpty {
            line.add(line.count > 0 ? " · " : "", .dim)
            line.add(part, .dim)
        }
        return line
    }
}

/// The lines on top of every page: who, how, and what is wrong.
enum ScreenHead {
    static func lines(_ now: Observation, width: Int) -> [ScreenLine] {
        let about = [
            "apus \(now.instance)", "process \(now.processID)",
            "up \(Durations.text(ns: now.uptimeNs))", now.mode, now.placement,
        ]
        var first = ScreenLine(
            text: about.filter { !$0.isEmpty }.joined(separator: " · "), style: .title)
        let time = "\(LogFormat.time(now.timeNs).dropFirst(11).prefix(8))Z"
        first.fill(to: width - time.count - 1)
        first.add(" \(time)", .dim)
        return [first, state(now)]
    }

    private static func state(_ now: Observation) -> ScreenLine {
        var line = ScreenLine()
        if let control = now.control {
            line.add(control.text, control.state == "READY" ? .good : .alarm)
        } else {
            line.add("no control page yet", .alarm)
        }
        let (pulse, isAlarming) = now.pulse
        line.add("  ")
        line.add("engine \(pulse)", isAlarming ? .alarm : .plain)
        for alarm in now.alarms { line.add("  \(alarm)", .alarm) }
        return line
    }
}
