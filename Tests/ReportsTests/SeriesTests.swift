//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Reports
import Testing

@Suite("Returns of periods")
struct ReturnSeriesTests {
    private static let second = TestRun.secondNs

    private static func series(
        _ run: TestRun, intervalNs: UInt64 = second
    ) throws -> ReturnSeries {
        try ReturnSeries(run.run(), intervalNs: intervalNs)
    }

    @Test func `a period has the last equity that it saw, or that of the one before`() throws {
        let start = TestRun.startNs
        let points: [(UInt64, Double)] = [
            (start, 1_000), (start + Self.second / 2, 1_100), (start + 3 * Self.second, 1_210),
        ]
        let series = try Self.series(TestRun(initialEquity: 1_000, equity: points))
        #expect(series.equity == [1_100, 1_100, 1_100, 1_210])
        #expect(series.timesNs == (1...4).map { start + $0 * Self.second })
        let wanted = [0.1, 0, 0, 0.1]
        for (value, wanted) in zip(series.returns, wanted) { #expect(abs(value - wanted) < 1e-12) }
        #expect(series.periodsPerYear == 31_536_000)
    }

    @Test func `days are those of UTC`() throws {
        let day: UInt64 = 86_400 * Self.second
        let midnight = TestRun.startNs / day * day + day
        let points: [(UInt64, Double)] = [(midnight - 1, 1_010), (midnight, 1_020)]
        let series = try Self.series(
            TestRun(initialEquity: 1_000, equity: points), intervalNs: day)
        #expect(series.equity == [1_010, 1_020])
        #expect(series.timesNs == [midnight, midnight + day])
        #expect(series.periodsPerYear == 365)
    }

    @Test func `nothing follows the loss of everything`() throws {
        var run = TestRun()
        run["equity"] = TestRun.equity([900, -10, 500, 600])
        let series = try Self.series(run)
        #expect(series.returns.count == 2)
        #expect(abs(series.returns[1] - (-10.0 / 900 - 1)) < 1e-12)
    }

    @Test func `a run without equity has no returns`() throws {
        #expect(try Self.series(TestRun()).returns == [])
        let analysis = try TestRun().analysis()
        #expect(analysis.metrics.totalReturn == nil)
        #expect(analysis.trading.netProfit == nil)
    }

    @Test func `too many periods ask for a longer interval`() throws {
        let start = TestRun.startNs
        let points: [(UInt64, Double)] = [
            (start, 1_000), (start + 30_000_000 * Self.second, 1_000),
        ]
        let run = TestRun(initialEquity: 1_000, equity: points)
        let error = try #require(throws: RunFileError.self) { try Self.series(run) }
        #expect(error.reason.contains("--interval"))
        #expect(try Self.series(run, intervalNs: 60 * Self.second).returns.count == 500_001)
    }

    /// Length of a run and of its periods, seconds.
    private static let lengths: [(UInt64, UInt64)] = [
        (60, 1), (21_599, 1), (21_600, 60), (691_200, 3_600), (5_184_000, 86_400),
        (90_000_000, 86_400),
    ]

    @Test func `the interval follows the length of a run`() {
        for (length, interval) in Self.lengths {
            let ours = ReturnSeries.defaultIntervalNs(spanNs: length * Self.second)
            #expect(ours == interval * Self.second)
        }
    }
}

@Suite("Returns by month, day and hour")
struct CalendarReturnsTests {
    private static let hour: UInt64 = 3_600 * TestRun.secondNs

    @Test func `cells begin where the last one ended`() throws {
        // 2023-12-31 22:30 to 2024-01-01 01:30.
        let start: UInt64 = 1_704_061_800_000_000_000
        let points: [(UInt64, Double)] = [
            (start, 1_100), (start + Self.hour, 1_210), (start + 2 * Self.hour, 1_210),
            (start + 3 * Self.hour, 605),
        ]
        let run = try TestRun(initialEquity: 1_000, equity: points).run()
        let months = CalendarReturns(run, .months).rows
        #expect(months.map(\.label) == ["2023", "2024"])
        #expect(months[0].returns[11].map { abs($0 - 0.21) < 1e-12 } == true)
        #expect(months[1].returns[0] == -0.5)
        #expect(months[1].returns[1...].allSatisfy { $0 == nil })
        let hours = CalendarReturns(run, .hours).rows
        #expect(hours.map(\.label) == ["2023-12-31", "2024-01-01"])
        #expect(hours[0].returns[22].map { abs($0 - 0.1) < 1e-12 } == true)
        #expect(hours[0].returns[23].map { abs($0 - 0.1) < 1e-12 } == true)
        #expect(hours[1].returns[0] == 0)
        #expect(hours[1].returns[1] == -0.5)
        #expect(hours[1].total == -0.5)
        let days = CalendarReturns(run, .days).rows
        #expect(days.map(\.label) == ["2023-12", "2024-01"])
        #expect(days[0].returns[30] == days[0].total)
    }

    @Test func `a run without equity has no row`() throws {
        #expect(CalendarReturns(try TestRun().run(), .months).rows.isEmpty)
    }
}

@Suite("Drawdowns")
struct DrawdownTests {
    @Test func `spells go from a peak to its recovery`() {
        let drawdown = Drawdown(values: [110, 99, 104.5, 110, 120, 60, 90], start: 100)
        #expect(drawdown.spells.map(\.peak) == [0, 4])
        #expect(drawdown.spells.map(\.valley) == [1, 5])
        #expect(drawdown.spells.map(\.recovery) == [3, nil])
        #expect(drawdown.spells[0].depth == 99.0 / 110 - 1)
        #expect(drawdown.maximum == -0.5)
        let (first, second): (Double, Double) = (99.0 / 110 - 1, 104.5 / 110 - 1)
        #expect(drawdown.depths == [0, first, second, 0, 0, -0.5, -0.25])
        #expect(drawdown.worst(1) == [drawdown.spells[1]])
    }

    @Test func `a loss at once is a drawdown from the beginning`() {
        let drawdown = Drawdown(values: [90, 100], start: 100)
        #expect(drawdown.spells.map(\.peak) == [-1])
        #expect(drawdown.spells.map(\.recovery) == [1])
        #expect(drawdown.maximum == 90.0 / 100 - 1)
    }

    @Test func `what only rises has none`() {
        let drawdown = Drawdown(values: [100, 100, 101], start: 100)
        #expect(drawdown.spells.isEmpty)
        #expect(drawdown.maximum == 0)
        #expect(drawdown.deepest == nil)
    }
}

@Suite("Rolling figures")
struct RollingTests {
    @Test func `each window has the figures of its returns alone`() {
        let returns = TestReturns.walk(300, seed: TestReturns.seed + 30)
        let rolling = Rolling(returns: returns, window: 50, periodsPerYear: 365, countMax: 20)
        #expect(rolling.places.count <= 20)
        #expect(rolling.places.first == 49)
        for (index, place) in rolling.places.enumerated() {
            let window = Array(returns[(place - 49)...place])
            let metrics = Metrics(returns: window, periodsPerYear: 365)
            #expect(rolling.sharpe[index] == metrics.sharpe)
            #expect(rolling.volatility[index] == metrics.volatility)
        }
    }

    @Test func `fewer returns than a window have none`() {
        let rolling = Rolling(returns: [0.1, 0.2], window: 3, periodsPerYear: 365)
        #expect(rolling.places.isEmpty)
    }
}
