//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The SVG of a chart.
struct ChartDrawing {
    let chart: Chart
    let axes: ChartAxes

    private static let readoutsMax = 90
    private static let largeDotsMax = 200

    var svg: String {
        var parts = axes.verticalTicks.map { tick in
            let kind = tick == 0 && axes.y.lowerBound < 0 ? "zero" : "grid"
            return "<path class=\"\(kind)\" d=\"M0 \(number(axes.place(y: tick)))"
                + "H\(Int(Chart.side))\"/>"
        }
        for (index, one) in chart.series.enumerated() { parts.append(svg(one, index)) }
        if chart.hasReadouts { parts.append(readouts) }
        return parts.joined()
    }

    private func svg(_ one: Chart.Series, _ index: Int) -> String {
        let stroke = "stroke:\(chart.colour(index))"
        switch one.form {
        case .line, .steps: return path("line", stroke, line(one))
        case .area:
            return path("area", "fill:\(chart.colour(index))", area(one))
                + path("line", stroke, line(one))
        case .bars: return path("bars", "fill:\(chart.colour(index))", bars(one))
        case .dots: return path("dot" + density(one), stroke, dots(one))
        case .squares: return path("square" + density(one), stroke, dots(one))
        case .whiskers: return path("line", stroke, whiskers(one)) + path("dot", stroke, dots(one))
        }
    }

    /// Many dots are small.
    private func density(_ one: Chart.Series) -> String {
        one.y.count > Self.largeDotsMax ? " many" : ""
    }

    private func path(_ kind: String, _ style: String, _ data: String) -> String {
        data.isEmpty ? "" : "<path class=\"\(kind)\" style=\"\(style)\" d=\"\(data)\"/>"
    }

    // MARK: - Thinning

    /// Places of values that lie in one column of the drawing, in order.
    private func columns(_ one: Chart.Series) -> [Range<Int>] {
        let width = Chart.side / Double(Chart.columns)
        var result: [Range<Int>] = []
        var start = 0
        var column = Int.min
        for index in one.x.indices {
            let x = one.x[index]
            let next = x.isFinite ? Int(max(-1, min(axes.place(x: x) / width, 1e6))) : column
            if next != column {
                if index > start { result.append(start..<index) }
                (start, column) = (index, next)
            }
        }
        if start < one.x.count { result.append(start..<one.x.count) }
        return result
    }

    /// First, smallest, largest and last of each column, and a gap where a column has no value: the
    /// line through them covers the same pixels as the line through all.
    ///
    /// Source: U. Jugel et al., 2014, M4: a visualization-oriented time series data aggregation.
    private func runs(_ one: Chart.Series) -> [[Int]] {
        var runs: [[Int]] = []
        var run: [Int] = []
        for column in columns(one) {
            let shown = column.filter { ChartAxes.isShown(one, $0, chart) }
            guard let first = shown.first, let last = shown.last,
                let least = shown.min(by: { one.y[$0] < one.y[$1] }),
                let most = shown.max(by: { one.y[$0] < one.y[$1] })
            else {
                if !run.isEmpty { runs.append(run) }
                run = []
                continue
            }
            for index in Set([first, least, most, last]).sorted() { run.append(index) }
        }
        if !run.isEmpty { runs.append(run) }
        return runs
    }

    // MARK: - Forms

    private func line(_ one: Chart.Series) -> String {
        runs(one).map { run in
            var text = ""
            var before: Double?
            for index in run {
                let (x, y) = (axes.place(x: one.x[index]), axes.place(y: one.y[index]))
                if before == nil {
                    text += "M\(number(x)) \(number(y))"
                } else if one.form == .steps {
                    text += "H\(number(x))" + (before == y ? "" : "V\(number(y))")
                } else {
                    text += "L\(number(x)) \(number(y))"
                }
                before = y
            }
            return text
        }.joined()
    }

    private var base: Double { axes.place(y: min(max(0, axes.y.lowerBound), axes.y.upperBound)) }

    private func area(_ one: Chart.Series) -> String {
        runs(one).map { run in
            guard let first = run.first, let last = run.last else { return "" }
            let points = run.map {
                "L\(number(axes.place(x: one.x[$0]))) \(number(axes.place(y: one.y[$0])))"
            }.joined()
            return "M\(number(axes.place(x: one.x[first]))) \(number(base))\(points)"
                + "L\(number(axes.place(x: one.x[last]))) \(number(base))Z"
        }.joined()
    }

    /// The least distance between two places; `nil` below two.
    static func barWidth(_ x: [Double]) -> Double? {
        zip(x.dropFirst(), x).map { $0 - $1 }.filter { $0 > 0 }.min()
    }

    private func bars(_ one: Chart.Series) -> String {
        let width = Self.barWidth(one.x) ?? (axes.x.upperBound - axes.x.lowerBound) / 2
        return one.y.indices.filter { ChartAxes.isShown(one, $0, chart) }.map { index in
            let left = axes.place(x: one.x[index] - width * 0.46)
            let right = axes.place(x: one.x[index] + width * 0.46)
            return "M\(number(left)) \(number(base))V\(number(axes.place(y: one.y[index])))"
                + "H\(number(right))V\(number(base))Z"
        }.joined()
    }

    /// Of a column the smallest and the largest; whiskers are few and all drawn.
    private func dots(_ one: Chart.Series) -> String {
        columns(one).flatMap { column -> [Int] in
            let shown = column.filter { ChartAxes.isShown(one, $0, chart) }
            if one.form == .whiskers { return shown }
            guard let least = shown.min(by: { one.y[$0] < one.y[$1] }),
                let most = shown.max(by: { one.y[$0] < one.y[$1] })
            else { return [] }
            return least == most ? [least] : [least, most]
        }.map { index in
            "M\(number(axes.place(x: one.x[index]))) \(number(axes.place(y: one.y[index])))h0"
        }.joined()
    }

    private func whiskers(_ one: Chart.Series) -> String {
        one.y.indices.filter { ChartAxes.isShown(one, $0, chart) }.map { index in
            let x = number(axes.place(x: one.x[index]))
            let top = number(axes.place(y: one.y[index] + one.reach[index]))
            let bottom = number(axes.place(y: one.y[index] - one.reach[index]))
            return "M\(x) \(top)V\(bottom)"
        }.joined()
    }

    // MARK: - Read-outs

    /// Strips that tell the values at their middle.
    private var readouts: String {
        let count = Self.readoutsMax
        let width = Chart.side / Double(count)
        let span = axes.x.upperBound - axes.x.lowerBound
        return (0..<count).map { strip in
            let x = axes.x.lowerBound + span * (Double(strip) + 0.5) / Double(count)
            var lines = [timeText(x)]
            for one in chart.series where one.form == .line || one.form == .steps
                || one.form == .area
            {
                guard let index = Self.last(one.x, atOrBelow: x), one.y[index].isFinite
                else { continue }
                lines.append("\(one.name) \(NumberText.short(one.y[index]))")
            }
            return "<rect class=\"hit\" x=\"\(number(Double(strip) * width))\" y=\"0\" width=\""
                + "\(number(width))\" height=\"\(Int(Chart.side))\"><title>"
                + "\(HTMLText.escape(lines.joined(separator: "\n")))</title></rect>"
        }.joined()
    }

    private func timeText(_ x: Double) -> String {
        switch chart.horizontal {
        case .calendar:
            let time = CalendarTime(seconds: Int(max(0, x)))
            return "\(time.date) \(time.exactClock)"
        case .elapsed: return ChartAxes.elapsedText(x.rounded())
        case .number: return NumberText.short(x)
        case .logarithmic(_, let text): return text(x)
        }
    }

    static func last(_ x: [Double], atOrBelow value: Double) -> Int? {
        var (low, high) = (0, x.count)
        while low < high {
            let middle = (low + high) / 2
            if x[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    /// A tenth of a thousandth of the side is less than a pixel.
    private func number(_ value: Double) -> String {
        let tenths = (min(max(value, -1e6), 1e6) * 10).rounded()
        return tenths.truncatingRemainder(dividingBy: 10) == 0
            ? "\(Int(tenths / 10))" : "\(tenths / 10)"
    }
}
