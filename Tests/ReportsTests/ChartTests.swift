//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering
import Testing

@Suite("Charts")
struct ChartTests {
    private static func chart(
        _ series: [Chart.Series], scale: Chart.Scale = .linear,
        horizontal: Chart.Horizontal = .elapsed
    ) -> String {
        Chart(title: "t", series: series, scale: scale, horizontal: horizontal).html
    }

    /// Points of the first line: place from the left and from the top, of 1,000.
    private static func points(_ html: String) -> [(x: Double, y: Double)] {
        guard let path = html.firstMatch(of: /class="line"[^>]* d="([^"]*)"/) else { return [] }
        return path.1.split { "ML".contains($0) }.compactMap { pair in
            let numbers = pair.split(separator: " ").compactMap { Double($0) }
            return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
        }
    }

    @Test func `many points take as much space as a few thousand, and no peak is lost`() {
        let count = 200_000
        var y = [Double](repeating: 0, count: count)
        y[66_666] = 100
        y[155_555] = -100
        let html = Self.chart([Chart.Series("s", x: (0..<count).map { Double($0) }, y: y)])
        #expect(html.utf8.count < 60_000)
        let points = Self.points(html)
        #expect(points.count > 600)
        #expect(points.contains { abs($0.x - 333.3) < 1 && $0.y < 50 })
        #expect(points.contains { abs($0.x - 777.8) < 1 && $0.y > 940 })
        #expect(zip(points, points.dropFirst()).allSatisfy { $0.x <= $1.x })
    }

    @Test func `each column keeps its first and last point`() {
        let x = (0..<6_000).map { Double($0) }
        let points = Self.points(Self.chart([Chart.Series("s", x: x, y: x)]))
        #expect(points.first?.x == 0)
        #expect(points.last?.x == 1_000)
        // A straight line stays one.
        let top = points.last?.y ?? 0
        for point in points {
            let wanted = 1_000 - point.x * (1_000 - top) / 1_000
            #expect(abs(point.y - wanted) < 0.2)
        }
    }

    @Test func `what has no value is a gap`() {
        let html = Self.chart([Chart.Series("s", x: [0, 1, 2, 3], y: [1, .nan, 1, .infinity])])
        #expect(html.matches(of: /M/).count >= 2)
        #expect(!html.contains("nan"))
        #expect(!html.contains("inf"))
    }

    @Test func `nothing to draw says so`() {
        for series in [
            [], [Chart.Series("s", x: [], y: [])], [Chart.Series("s", x: [1], y: [.nan])],
        ] {
            #expect(Self.chart(series).contains("nothing was recorded"))
        }
        #expect(
            Self.chart([Chart.Series("s", x: [1], y: [0])], scale: .logarithmic)
                .contains("nothing was recorded"))
    }

    private static let spans: [(Double, Double, String)] = [
        (0, 40, "1 Jan 00:00:00"), (0, 40, "00:00:10"), (0, 20_000, "01:00"),
        (0, 500_000, "3 Jan"), (1_700_000_000, 1_720_000_000, "Jan 2024"),
        (0, 1_720_000_000, "1990"),
    ]

    @Test func `ticks of time are at whole units`() {
        for (low, high, tick) in Self.spans {
            let html = Self.chart(
                [Chart.Series("s", x: [low, high], y: [1, 2])], horizontal: .calendar)
            #expect(html.contains(">\(tick)</span>"), "\(tick): \(html)")
        }
    }

    @Test func `ticks of one axis read differently`() {
        let spans: [(Double, Double)] = [(10_000, 10_000.5), (0, 1e-6), (59_999.99, 60_000.01)]
        for (low, high) in spans {
            let html = Self.chart(
                [Chart.Series("s", x: [0, 1], y: [low, high])], scale: .close(spanMin: 0))
            let texts = html.matches(of: /class="y"[^>]*>([^<]*)</).map { String($0.1) }
            #expect(texts.count >= 2)
            #expect(Set(texts).count == texts.count, "\(texts)")
        }
    }

    @Test func `a series that does not move has an axis`() {
        for value in [0, Double.leastNonzeroMagnitude, -1, 1e18] {
            for scale in [Chart.Scale.linear, .close(spanMin: 0)] {
                let series = Chart.Series("s", x: [0, 1], y: [value, value])
                let html = Self.chart([series], scale: scale)
                #expect(Self.points(html).count == 2, "\(value)")
                #expect(!html.contains("nan"))
            }
        }
    }

    @Test func `text is escaped`() {
        let html = Chart(
            title: "<a href='x'>", unit: "&", note: "<", series: [
                Chart.Series("\"<b>\"", x: [0, 1], y: [1, 2])
            ]).html
        #expect(!html.contains("<a"))
        #expect(!html.contains("<b>\""))
        #expect(html.contains("&lt;a href=&#39;x&#39;&gt;"))
    }
}

@Suite("Calendar")
struct CalendarTimeTests {
    @Test(arguments: [
        (0, "1970-01-01 00:00:00"), (951_782_400, "2000-02-29 00:00:00"),
        (951_868_799, "2000-02-29 23:59:59"), (1_700_000_000, "2023-11-14 22:13:20"),
        (4_102_444_799, "2099-12-31 23:59:59"), (4_107_542_400, "2100-03-01 00:00:00"),
    ])
    func `moments have their dates`(seconds: Int, text: String) {
        let time = CalendarTime(seconds: seconds)
        #expect("\(time.date) \(time.exactClock)" == text)
    }

    @Test func `months begin at their first moment`() {
        for month in 0..<(130 * 12) {
            let (year, place) = (1_970 + month / 12, month % 12 + 1)
            let begin = CalendarTime(seconds: CalendarTime.seconds(year: year, month: place))
            #expect((begin.year, begin.month, begin.day) == (year, place, 1))
            #expect(begin.exactClock == "00:00:00")
        }
        #expect(
            CalendarTime.seconds(year: 1_970, month: 14)
                == CalendarTime.seconds(year: 1_971, month: 2))
    }
}
