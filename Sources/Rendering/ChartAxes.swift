//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Where the values of a chart lie, and what is written beside it.
struct ChartAxes {
    let chart: Chart
    let x: ClosedRange<Double>
    let y: ClosedRange<Double>

    /// `nil` when nothing can be drawn.
    init?(_ chart: Chart) {
        self.chart = chart
        var low = Double.infinity
        var high = -Double.infinity
        var first = Double.infinity
        var last = -Double.infinity
        for one in chart.series {
            for index in one.y.indices where Self.isShown(one, index, chart) {
                let reach = one.reach.isEmpty ? 0 : one.reach[index]
                (low, high) = (min(low, one.y[index] - reach), max(high, one.y[index] + reach))
                (first, last) = (min(first, one.x[index]), max(last, one.x[index]))
            }
            // The outer bars reach half their width beyond their places.
            if one.form == .bars, let width = ChartDrawing.barWidth(one.x) {
                (first, last) = (first - width / 2, last + width / 2)
            }
        }
        guard low <= high, first <= last else { return nil }
        y = Self.range(low, high, chart.scale)
        switch chart.horizontal {
        case .elapsed: x = 0...max(last, 1)
        case .logarithmic: x = first < last ? first...last : (first / 2)...(first * 2)
        case .calendar, .number: x = first < last ? first...last : (first - 1)...(first + 1)
        }
    }

    static func isShown(_ one: Chart.Series, _ index: Int, _ chart: Chart) -> Bool {
        let (x, y) = (one.x[index], one.y[index])
        if case .logarithmic = chart.scale, y <= 0 { return false }
        if case .logarithmic = chart.horizontal, x <= 0 { return false }
        return y.isFinite && x.isFinite
    }

    private static func range(
        _ low: Double, _ high: Double, _ scale: Chart.Scale
    ) -> ClosedRange<Double> {
        switch scale {
        case .linear:
            if low >= 0 { return 0...(high > 0 ? high * 1.05 : 1) }
            return (low * 1.05)...max(high * 1.05, 0)
        case .logarithmic: return (low * 0.8)...max(high * 1.25, low * 2)
        case .close(let spanMin):
            // What does not move, and has no size, still gets an axis.
            let size = max(high - low, spanMin, abs(high) * 1e-9)
            let span = size > Double.leastNormalMagnitude ? size * 1.2 : 1
            let middle = (high + low) / 2
            let bottom = middle - span / 2
            return (low >= 0 ? max(0, bottom) : bottom)...(middle + span / 2)
        }
    }

    // MARK: - Places

    /// From the left of the drawing.
    func place(x value: Double) -> Double {
        if case .logarithmic = chart.horizontal {
            return log(value / x.lowerBound) / log(x.upperBound / x.lowerBound) * Chart.side
        }
        return (value - x.lowerBound) / (x.upperBound - x.lowerBound) * Chart.side
    }

    /// From the top of the drawing.
    func place(y value: Double) -> Double {
        let share: Double
        if case .logarithmic = chart.scale {
            share = log(value / y.lowerBound) / log(y.upperBound / y.lowerBound)
        } else {
            share = (value - y.lowerBound) / (y.upperBound - y.lowerBound)
        }
        return (1 - share) * Chart.side
    }

    // MARK: - Ticks

    var verticalTicks: [Double] {
        if case .logarithmic = chart.scale { return Self.powers(in: y) }
        return Self.multiples(in: y, about: 5)
    }

    /// With their texts.
    var horizontalTicks: [(at: Double, text: String)] {
        switch chart.horizontal {
        case .elapsed: Self.elapsedTicks(max: x.upperBound).map { ($0, Self.elapsedText($0)) }
        case .calendar: CalendarTicks(x).ticks
        case .number: Self.multiples(in: x, about: 7).map { ($0, Self.text($0)) }
        case .logarithmic(let ticks, let text):
            (ticks.isEmpty ? Self.powers(in: x) : ticks.filter { x.contains($0) })
                .map { ($0, text($0)) }
        }
    }

    private static func multiples(in range: ClosedRange<Double>, about count: Double) -> [Double] {
        let step = step((range.upperBound - range.lowerBound) / count)
        let first = (range.lowerBound / step).rounded(.up)
        return (0..<12).map { (first + Double($0)) * step }.filter { $0 <= range.upperBound }
    }

    private static func powers(in range: ClosedRange<Double>) -> [Double] {
        let least = Int(log10(range.lowerBound).rounded(.down))
        let most = Int(log10(range.upperBound).rounded(.up))
        let decades = (least...max(least, most)).map { pow(10, Double($0)) }
        let steps = decades.flatMap { [$0, 2 * $0, 5 * $0] }.filter { range.contains($0) }
        return steps.count <= 7 ? steps : decades.filter { range.contains($0) }
    }

    /// 1, 2 or 5 times a power of ten, not below `wanted`.
    static func step(_ wanted: Double) -> Double {
        guard wanted > 0 else { return 1 }
        let power = pow(10, log10(wanted).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= wanted * 0.999_999 } ?? 10 * power
    }

    private static func elapsedTicks(max timeMax: Double) -> [Double] {
        let steps: [Double] = [
            5, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
            86_400, 172_800, 604_800,
        ]
        let step = steps.first { timeMax / $0 <= 7 } ?? 2_592_000
        return stride(from: 0, through: timeMax, by: step).map { $0 }
    }

    static func elapsedText(_ seconds: Double) -> String {
        let whole = Int(seconds)
        switch whole {
        case ..<120: return "\(whole) s"
        case ..<7_200: return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole) s"
        case ..<172_800: return whole % 3_600 == 0
            ? "\(whole / 3_600) h" : "\(whole / 60) min"
        default: return "\(whole / 86_400) d"
        }
    }

    static func text(_ value: Double) -> String {
        switch abs(value) {
        case 1e9...: NumberText.short(value / 1e9) + "G"
        case 1e6...: NumberText.short(value / 1e6) + "M"
        case 1e4...: NumberText.short(value / 1e3) + "k"
        case 0: "0"
        case ..<0.001: "\(value)"
        default: NumberText.short(value)
        }
    }

    /// The texts beside the drawing, by percent of its sides.
    var labels: String {
        var parts: [String] = []
        for tick in verticalTicks {
            parts.append(
                "<span class=\"y\" style=\"top:\(percent(place(y: tick)))\">"
                    + "\(axisText(tick, verticalTicks))</span>")
        }
        for (index, tick) in horizontalTicks.enumerated() {
            let odd = index % 2 == 1 ? " odd" : ""
            parts.append(
                "<span class=\"x\(odd)\" style=\"left:\(percent(place(x: tick.at)))\">"
                    + "\(HTMLText.escape(tick.text))</span>")
        }
        return parts.joined()
    }

    /// As `text`, unless two ticks of one axis would read alike.
    private func axisText(_ tick: Double, _ all: [Double]) -> String {
        if let text = chart.valueText { return HTMLText.escape(text(tick)) }
        let texts = all.map(Self.text)
        if Set(texts).count == texts.count { return Self.text(tick) }
        let step = all.count > 1 ? all[1] - all[0] : 1
        return NumberText.fixed(tick, decimals: max(0, Int(-log10(step).rounded(.down))))
    }

    private func percent(_ place: Double) -> String { "\((place).rounded() / 10)%" }
}
