//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A chart of HTML and inline SVG, without a script. Colours are the page's `--s0`..., see
/// `PageStyle`, so that it is light or dark as the page is; text keeps its size when the chart is
/// stretched.
///
/// Of many values in one place only those are drawn that change the picture, so that an outlier is
/// never thinned away and a million points take as much space as a few thousand.
public struct Chart: Sendable {
    /// How values are drawn.
    public enum Form: Sendable {
        case line
        /// A value holds until the next.
        case steps
        /// A line, and what lies between it and 0.
        case area
        /// From 0, as wide as the least distance between two.
        case bars
        case dots
        case squares
        /// A dot with a bar of `reach` up and down.
        case whiskers
    }

    public struct Series: Sendable {
        public let name: String
        public let form: Form
        /// In order.
        public let x: [Double]
        /// NaN where there is no value.
        public let y: [Double]
        /// Of whiskers, at least 0.
        public let reach: [Double]
        /// Counts from 0 and begins anew behind the last; `nil`: by place among the series.
        public let colour: Int?

        public init(
            _ name: String, _ form: Form = .line, x: [Double], y: [Double], reach: [Double] = [],
            colour: Int? = nil
        ) {
            precondition(x.count == y.count, "a place for each value")
            precondition(form != .whiskers || reach.count == y.count, "a reach for each value")
            self.name = name
            self.form = form
            self.x = x
            self.y = y
            self.reach = reach
            self.colour = colour
        }
    }

    /// Where values lie on the vertical axis.
    public enum Scale: Sendable {
        /// 0 is on it.
        case linear
        /// From the smallest value, for what hardly moves: at least `spanMin` high.
        case close(spanMin: Double)
        /// Powers of ten; what is not above 0 is left out.
        case logarithmic
    }

    /// What the horizontal axis is.
    public enum Horizontal: Sendable {
        /// Seconds from 0.
        case elapsed
        /// Seconds since 1970 UTC.
        case calendar
        case number
        /// Above 0. Ticks are at powers of ten where there are none.
        case logarithmic(ticks: [Double], text: @Sendable (Double) -> String)

        var isTime: Bool {
            switch self {
            case .elapsed, .calendar: true
            case .number, .logarithmic: false
            }
        }
    }

    public let title: String
    public let unit: String
    public let note: String
    public let series: [Series]
    public let scale: Scale
    public let horizontal: Horizontal
    /// Values under the pointer are told.
    public let hasReadouts: Bool
    /// What is written beside the vertical axis; `nil`: the number.
    public let valueText: (@Sendable (Double) -> String)?

    public init(
        title: String, unit: String = "", note: String = "", series: [Series],
        scale: Scale = .linear, horizontal: Horizontal = .elapsed, hasReadouts: Bool = false,
        valueText: (@Sendable (Double) -> String)? = nil
    ) {
        self.title = title
        self.unit = unit
        self.note = note
        self.series = series
        self.scale = scale
        self.horizontal = horizontal
        self.hasReadouts = hasReadouts
        self.valueText = valueText
    }

    /// Height and width of the drawing, whatever size it is shown at.
    static let side = 1_000.0
    /// Places on the horizontal axis that are told apart.
    static let columns = 600

    /// The chart with its title and legend.
    public var html: String {
        let keys = series.enumerated().map { index, one in
            let shape = one.form == .squares ? " class=\"square\"" : ""
            return "<span><i\(shape) style=\"background:\(colour(index))\"></i>"
                + "\(HTMLText.escape(one.name))<b>\(keyText(one))</b></span>"
        }.joined()
        let under = note.isEmpty ? "" : "<p>\(HTMLText.escape(note))</p>"
        return "<figure><figcaption>\(HTMLText.escape(title))<small>\(HTMLText.escape(unit))"
            + "</small></figcaption><div class=\"keys\">\(keys)</div>\(plot)\(under)</figure>\n"
    }

    func colour(_ index: Int) -> String {
        "var(--s\((series[index].colour ?? index) % PageStyle.colourCount))"
    }

    /// The last value of what runs in time, the number of others.
    private func keyText(_ one: Series) -> String {
        switch one.form {
        case .line, .steps, .area:
            guard horizontal.isTime else { return "" }
            return one.y.last { $0.isFinite }.map { NumberText.short($0) } ?? "–"
        case .dots, .squares: return NumberText.grouped(UInt64(one.y.count))
        case .bars, .whiskers: return ""
        }
    }

    private var plot: String {
        guard let axes = ChartAxes(self) else {
            return "<div class=\"empty\">nothing was recorded</div>"
        }
        let drawing = ChartDrawing(chart: self, axes: axes)
        return "<div class=\"plot\"><svg viewBox=\"0 0 \(Int(Self.side)) \(Int(Self.side))\" "
            + "preserveAspectRatio=\"none\" role=\"img\" "
            + "aria-label=\"\(HTMLText.escape(title))\">\(drawing.svg)</svg>"
            + "\(axes.labels)</div>"
    }
}
