//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// A line chart as inline SVG. Colours are the page's `--s0`...`--s4`, so that it is light or dark
/// as the page is.
struct Chart {
    struct Series {
        let name: String
        /// NaN where there is no value.
        let values: [Double]
    }

    /// Where values lie on the vertical axis.
    enum Scale {
        /// From 0.
        case linear
        /// From the smallest value, for what hardly moves: at least `spanMin` high.
        case close(spanMin: Double)
        /// Powers of ten; what is not above 0 is left out.
        case logarithmic
    }

    let title: String
    let unit: String
    var note = ""
    let times: [Double]
    let series: [Series]
    var scale = Scale.linear

    private static let width = 640.0
    private static let height = 240.0
    private static let left = 66.0
    private static let right = 10.0
    private static let top = 8.0
    private static let bottom = 24.0
    private static let binsMax = 500

    private var plotWidth: Double { Self.width - Self.left - Self.right }
    private var plotHeight: Double { Self.height - Self.top - Self.bottom }
    private var timeMax: Double { max(times.last ?? 1, 1) }

    /// The chart with its title and legend.
    var html: String {
        let keys = series.enumerated().map { index, one in
            "<span><i style=\"background:var(--s\(index % 5))\"></i>\(HTMLText.escape(one.name))"
                + "<b>\(lastText(one))</b></span>"
        }.joined()
        let under = note.isEmpty ? "" : "<p>\(HTMLText.escape(note))</p>"
        return "<figure><figcaption>\(HTMLText.escape(title))<small>\(HTMLText.escape(unit))"
            + "</small></figcaption><div class=\"keys\">\(keys)</div>\(svg)\(under)</figure>\n"
    }

    private func lastText(_ one: Series) -> String {
        one.values.last { $0.isFinite }.map { Verdict.short($0) } ?? "–"
    }

    private var svg: String {
        guard let range else {
            return "<div class=\"empty\">nothing was recorded</div>"
        }
        let ticks = ticks(range)
        var parts = [
            "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" "
                + "aria-label=\"\(HTMLText.escape(title))\">"
        ]
        for tick in ticks {
            let y = place(tick, range)
            parts.append(
                "<path class=\"grid\" d=\"M\(number(Self.left)) \(number(y))"
                    + "H\(number(Self.width - Self.right))\"/><text class=\"y\" x=\""
                    + "\(number(Self.left - 6))\" y=\"\(number(y + 4))\">\(axisText(tick))</text>")
        }
        for second in timeTicks {
            let x = Self.left + second / timeMax * plotWidth
            parts.append(
                "<text class=\"x\" x=\"\(number(x))\" y=\"\(number(Self.height - 6))\">"
                    + "\(Self.timeText(second))</text>")
        }
        for (index, one) in series.enumerated() {
            parts.append(
                "<path class=\"line\" style=\"stroke:var(--s\(index % 5))\" d=\""
                    + "\(path(one.values, range))\"/>")
        }
        return parts.joined() + "</svg>"
    }

    // MARK: - Axes

    private var isLogarithmic: Bool { if case .logarithmic = scale { true } else { false } }

    private func isShown(_ value: Double) -> Bool {
        value.isFinite && (!isLogarithmic || value > 0)
    }

    private var range: ClosedRange<Double>? {
        let all = series.flatMap(\.values).filter(isShown)
        guard let low = all.min(), let high = all.max() else { return nil }
        switch scale {
        case .linear: return 0...(high > 0 ? high * 1.05 : 1)
        case .logarithmic: return (low * 0.8)...max(high * 1.25, low * 2)
        case .close(let spanMin):
            let span = max(high - low, spanMin) * 1.2
            let middle = (high + low) / 2
            return max(0, middle - span / 2)...(middle + span / 2)
        }
    }

    /// From the top of the drawing.
    private func place(_ value: Double, _ range: ClosedRange<Double>) -> Double {
        let share: Double
        if isLogarithmic {
            share = log10(value / range.lowerBound)
                / log10(range.upperBound / range.lowerBound)
        } else {
            share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        }
        return Self.top + (1 - share) * plotHeight
    }

    private func ticks(_ range: ClosedRange<Double>) -> [Double] {
        if isLogarithmic {
            let steps = (-3...12).flatMap { power in
                [1, 2, 5].map { $0 * pow(10, Double(power)) }
            }.filter { range.contains($0) }
            return steps.count <= 7 ? steps : steps.filter { isPowerOfTen($0) }
        }
        let step = Self.step((range.upperBound - range.lowerBound) / 5)
        let first = (range.lowerBound / step).rounded(.up)
        return (0..<7).map { (first + Double($0)) * step }.filter { $0 <= range.upperBound }
    }

    private func isPowerOfTen(_ value: Double) -> Bool {
        abs(log10(value) - log10(value).rounded()) < 1e-9
    }

    /// 1, 2 or 5 times a power of ten, not below `wanted`.
    static func step(_ wanted: Double) -> Double {
        guard wanted > 0 else { return 1 }
        let power = pow(10, log10(wanted).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= wanted * 0.999_999 } ?? 10 * power
    }

    private var timeTicks: [Double] {
        let steps: [Double] = [
            5, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
            86_400, 172_800, 604_800,
        ]
        let step = steps.first { timeMax / $0 <= 7 } ?? 2_592_000
        return stride(from: 0, through: timeMax, by: step).map { $0 }
    }

    static func timeText(_ seconds: Double) -> String {
        let whole = Int(seconds)
        switch whole {
        case ..<120: return "\(whole) s"
        case ..<7_200: return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole) s"
        case ..<172_800: return whole % 3_600 == 0
            ? "\(whole / 3_600) h" : "\(whole / 60) min"
        default: return "\(whole / 86_400) d"
        }
    }

    private func axisText(_ value: Double) -> String {
        switch abs(value) {
        case 1e9...: Verdict.short(value / 1e9) + "G"
        case 1e6...: Verdict.short(value / 1e6) + "M"
        case 1e4...: Verdict.short(value / 1e3) + "k"
        default: Verdict.short(value)
        }
    }

    // MARK: - Lines

    /// A path; of many values in one place the smallest and the largest are drawn, so that no
    /// outlier is thinned away.
    private func path(_ values: [Double], _ range: ClosedRange<Double>) -> String {
        var text = ""
        var isDown = false
        for bin in Self.bins(values.count) {
            let shown = bin.filter { isShown(values[$0]) }
            guard let least = shown.min(by: { values[$0] < values[$1] }),
                let most = shown.max(by: { values[$0] < values[$1] })
            else {
                isDown = false
                continue
            }
            for index in least == most ? [least] : [min(least, most), max(least, most)] {
                let x = Self.left + times[index] / timeMax * plotWidth
                text += "\(isDown ? "L" : "M")\(number(x)) \(number(place(values[index], range)))"
                isDown = true
            }
        }
        return text
    }

    static func bins(_ count: Int) -> [Range<Int>] {
        let size = max(1, (count + binsMax - 1) / binsMax)
        return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }

    private func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}

/// Text in HTML.
enum HTMLText {
    static func escape(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
