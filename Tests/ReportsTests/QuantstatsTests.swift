//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Reports
import TestSupport
import Testing

/// quantstats, by its Python package.
enum Quantstats {
    /// One run of the script.
    struct Request {
        var returns: [Double] = []
        var lines: [String] = []

        mutating func take(_ series: [Double]) {
            returns += series
            lines.append("returns \(series.count)")
        }
    }

    /// - Returns: As `quantstats_values.py` writes them.
    static func values(_ request: Request) throws -> [Double] {
        let folder = try Workplace()
        let (given, made) = (folder.file("returns"), folder.file("values"))
        try unsafe request.returns.withUnsafeBytes { unsafe Data($0) }
            .write(to: URL(filePath: given))
        try Oracle.run(
            "quantstats_values.py", [given, made],
            input: request.lines.map { $0 + "\n" }.joined())
        return try Oracle.numbers(URL(filePath: made), as: Double.self)
    }
}

/// Goal: every figure that quantstats has is that of quantstats.
@Suite(
    "Figures against quantstats",
    .enabled(if: Oracle.isThere, "quantstats cannot be installed"))
struct QuantstatsTests {
    struct Call: Sendable {
        let name: String
        let value: @Sendable (Metrics) -> Double?
        init(_ name: String, _ value: @escaping @Sendable (Metrics) -> Double?) {
            self.name = name
            self.value = value
        }
    }

    static let calls = [
        Call("comp") { $0.totalReturn }, Call("cagr") { $0.annualGrowth },
        Call("expected_return") { $0.expectedReturn },
        Call("geometric_mean") { $0.expectedReturn },
        Call("best") { $0.best }, Call("worst") { $0.worst },
        Call("volatility") { $0.volatility }, Call("max_drawdown") { $0.maxDrawdown },
        Call("ulcer_index") { $0.ulcerIndex }, Call("value_at_risk") { $0.valueAtRisk },
        Call("var") { $0.valueAtRisk }, Call("cvar") { $0.expectedShortfall },
        Call("expected_shortfall") { $0.expectedShortfall },
        Call("historical_var") { $0.historicalValueAtRisk },
        Call("historical_cvar") { $0.historicalExpectedShortfall },
        Call("skew") { $0.skew }, Call("kurtosis") { $0.excessKurtosis },
        Call("sharpe") { $0.sharpe }, Call("period_sharpe") { $0.periodSharpe },
        Call("risk_return_ratio") { $0.periodSharpe },
        Call("sortino") { $0.sortino },
        Call("adjusted_sortino") { $0.sortino.map { $0 / 2.0.squareRoot() } },
        Call("calmar") { $0.calmar }, Call("omega") { $0.omega },
        Call("gain_to_pain_ratio") { $0.gainToPain },
        Call("recovery_factor") { $0.recoveryFactor }, Call("tail_ratio") { $0.tailRatio },
        Call("probabilistic_sharpe_ratio") { $0.probabilisticSharpe },
        Call("win_rate") { $0.winRate }, Call("avg_return") { $0.expectancy },
        Call("avg_win") { $0.averageWin }, Call("avg_loss") { $0.averageLoss },
        Call("payoff_ratio") { $0.payoffRatio }, Call("win_loss_ratio") { $0.payoffRatio },
        Call("profit_factor") { $0.profitFactor }, Call("kelly_criterion") { $0.kelly },
        Call("risk_of_ruin") { $0.riskOfRuin },
        Call("exposure") { $0.exposure.map { ($0 * 100).rounded(.up) / 100 } },
        Call("consecutive_wins") { Double($0.longestWins) },
        Call("consecutive_losses") { Double($0.longestLosses) },
    ]

    /// Figures that quantstats gives a number and Apus none: the comment says which.
    private static func isLeftOpen(_ name: String, _ returns: [Double]) -> Bool {
        let isConstant = Set(returns).count == 1
        switch name {
        // A series without a return that is not 0 has won none of none.
        case "win_rate", "risk_of_ruin": return returns.allSatisfy { $0 == 0 }
        // 0 of no losses and no gains.
        case "profit_factor": return returns.allSatisfy { $0 == 0 }
        // The quantile of a normal distribution of no width, which is no distribution.
        case "cvar", "expected_shortfall": return isConstant
        // No ratio of a deviation of 0.
        case "sharpe", "period_sharpe": return isConstant
        // quantstats gives values that do not differ a kurtosis of the normal distribution.
        case "skew", "kurtosis", "probabilistic_sharpe_ratio": return isConstant
        default: return false
        }
    }

    @Test func `every figure is that of quantstats`() throws {
        let periods = [365.0, 252.0, 8_760.0]
        var request = Quantstats.Request()
        for test in TestReturns.all {
            request.take(test.values)
            for count in periods {
                request.lines += ["periods \(count)"] + Self.calls.map(\.name)
            }
        }
        let all = try Quantstats.values(request)
        try #require(all.count == TestReturns.all.count * periods.count * Self.calls.count)
        var next = 0
        for test in TestReturns.all {
            for count in periods {
                let metrics = Metrics(returns: test.values, periodsPerYear: count)
                for call in Self.calls {
                    compare(call, call.value(metrics), all[next], test)
                    next += 1
                }
            }
        }
    }

    private func compare(_ call: Call, _ ours: Double?, _ theirs: Double, _ test: TestReturns) {
        guard let ours else {
            let isOpen = !theirs.isFinite || Self.isLeftOpen(call.name, test.values)
            #expect(isOpen, "\(test), \(call.name): none, quantstats \(theirs)")
            return
        }
        let isNear = Self.isNear(ours, theirs)
        #expect(isNear, "\(test), \(call.name): \(ours), quantstats \(theirs)")
    }

    private static func isNear(_ ours: Double, _ theirs: Double) -> Bool {
        abs(ours - theirs) <= 1e-9 * max(abs(theirs), abs(ours), 1e-3)
    }

    @Test func `rolling figures are those of quantstats`() throws {
        let tests = TestReturns.all.filter { (365...5_000).contains($0.values.count) }
        try #require(tests.count > 4)
        for window in [10, 63, 250] {
            var request = Quantstats.Request()
            for test in tests {
                request.take(test.values)
                request.lines += ["rolling_sharpe:\(window)", "rolling_volatility:\(window)"]
            }
            var theirs = try Quantstats.values(request)[...]
            for test in tests {
                let rolling = Rolling(returns: test.values, window: window, periodsPerYear: 365)
                for ours in [rolling.sharpe, rolling.volatility] {
                    let part = theirs.prefix(ours.count)
                    theirs = theirs.dropFirst(ours.count)
                    try #require(part.count == ours.count)
                    // pandas adds to and takes from a running sum, so its error grows.
                    let scale = part.map(abs).max() ?? 1
                    let error = zip(ours, part).map { abs($0 - $1) }.max() ?? 0
                    #expect(error <= 1e-9 * scale, "\(test), \(window): \(error)")
                }
            }
            #expect(theirs.isEmpty)
        }
    }

    @Test func `months are those of quantstats`() throws {
        let returns = TestReturns.walk(800, seed: TestReturns.seed + 20)
        var request = Quantstats.Request()
        request.take(returns)
        request.lines.append("monthly")
        let theirs = try Quantstats.values(request)
        // The first day is that of the script: its close is the last moment of the day.
        let dayNs: UInt64 = 86_400_000_000_000
        let start: UInt64 = 1_700_438_400_000_000_000
        var wealth = 1.0
        let points = returns.enumerated().map { index, value in
            wealth *= 1 + value
            return (start + UInt64(index + 1) * dayNs - 1, wealth)
        }
        let run = try TestRun(initialEquity: 1, equity: points).run()
        let rows = CalendarReturns(run, .months).rows
        let ours: [Double] = rows.flatMap { row in (row.returns + [row.total]).map { $0 ?? 0.0 } }
        try #require(ours.count == theirs.count)
        for (ours, theirs) in zip(ours, theirs) { #expect(Self.isNear(ours, theirs)) }
    }
}
