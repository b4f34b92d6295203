//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Reports
import SeededRandom
import TestSupport
import Testing

@testable import Optimise

@Suite("Figures of a run")
struct RunMetricsTests {
    static func run(_ equity: [Double], initial: Double = 100, stepNs: UInt64 = 1_000_000_000)
        -> Run
    {
        let samples = equity.enumerated().map { "[\(UInt64($0 + 1) * stepNs),\($1),0]" }
        let fill = #"{"t_ns":\#(stepNs),"symbol":"A","side":"buy","price":1,"quantity":1,"fee":0,"#
            + #""is_maker":true}"#
        let text = """
            {"format":"apus-run","version":1,"kind":"backtest","quote":"USDT",
            "start_ns":\(stepNs),"end_ns":\(UInt64(equity.count) * stepNs),
            "initial_equity":\(initial),"note":{"a":[1,{}]},
            "equity":[\(samples.joined(separator: ","))],"fills":[\(fill),\(fill),\(fill)],
            "orders":{"placed":8,"filled":2,"why":"x"}}
            """
        do { return try Run(Array(text.utf8), name: "a") } catch { preconditionFailure("\(error)") }
    }

    @Test func `figures are those worked out by hand`() throws {
        // Increments 10, -11, 0, 22; returns 0.1, -0.1, 0, 22/99 of four seconds.
        let figures = try RunMetrics.figures(of: [Self.run([110, 99, 99, 121])])
        let metrics = figures.metrics
        let returns = [0.1, -0.1, 0, 22.0 / 99]
        let mean = returns.reduce(0, +) / 4
        let variance = returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3
        let yearly = (365 * 86_400.0).squareRoot()
        func expect(_ name: String, _ value: Double) {
            let seen = metrics[name] ?? .nan
            #expect(abs(seen - value) <= 1e-12 * abs(value), "\(name): \(seen), not \(value)")
        }
        expect("net_profit", 21)
        expect("return", 0.21)
        expect("max_drawdown", 0.1)
        expect("profit_factor", (0.1 + 22.0 / 99) / 0.1)
        expect("fills", 3)
        expect("fill_ratio", 0.25)
        expect("orders.placed", 8)
        expect("volatility", variance.squareRoot() * yearly)
        expect("sharpe", mean / variance.squareRoot() * yearly)
        expect("sortino", mean / (0.01 / 4.0).squareRoot() * yearly)
        // A year of such seconds is beyond a double.
        #expect(metrics["calmar"] == nil)
        #expect(metrics["orders.why"] == nil)
        #expect(figures.track?.observations == 4)
        #expect(figures.span == TimeRange(startNs: 1_000_000_000, endNs: 4_000_000_001))
    }

    @Test func `figures are those that a report shows`() throws {
        let equity = (0..<40).map { (place: Int) -> Double in
            let wave = Double(place * 7 % 11) / 10
            return 100 + wave + Double(place) / 50
        }
        let run = Self.run(equity)
        let metrics = try RunMetrics.figures(of: [run]).metrics
        let report = try #require(try RunAnalysis.all([run], ReportOptions()).first)
        #expect(metrics["sharpe"] != nil)
        #expect(metrics["sharpe"] == report.metrics.sharpe)
        #expect(metrics["sortino"] == report.metrics.sortino)
        #expect(metrics["volatility"] == report.metrics.volatility)
        #expect(metrics["return"] == report.metrics.totalReturn)
        #expect(metrics["profit_factor"] == report.metrics.profitFactor)
        #expect(metrics["net_profit"] == report.trading.netProfit)
    }

    @Test func `runs one after the other add up`() throws {
        let figures = try RunMetrics.figures(of: [Self.run([110, 99]), Self.run([90, 95])])
        #expect(figures.metrics["net_profit"] == -6)
        // 1.1, 0.99, then 0.9 and 0.95 of that.
        #expect(abs((figures.metrics["max_drawdown"] ?? 0) - 0.19) < 1e-12)
        #expect(abs((figures.metrics["return"] ?? 0) - (0.99 * 0.95 - 1)) < 1e-12)
        #expect(figures.metrics["orders.placed"] == 16)
        #expect(figures.metrics["fill_ratio"] == 0.25)
    }

    @Test func `the interval is by the times asked for, not by when a run's last event came`()
        throws
    {
        let six = TimeRange(startNs: 1_000_000_000, endNs: 21_601_000_000_000)
        // Equity each minute, a little longer and a little shorter than six hours.
        let tracks = try [359, 361].map { count in
            let equity = (0..<count).map { (place: Int) -> Double in
                100 + Double(place * 7 % 11) / 10
            }
            let run = Self.run(equity, stepNs: 60_000_000_000)
            return try RunMetrics.figures(of: [run], over: [six]).track
        }
        #expect(tracks.map { $0?.observations } == [359, 361])
    }

    @Test func `a figure that is not defined is left out`() throws {
        let flat = try RunMetrics.figures(of: [Self.run([100, 100, 100])])
        #expect(flat.metrics["sharpe"] == nil)
        #expect(flat.metrics["profit_factor"] == nil)
        #expect(flat.metrics["calmar"] == nil)
        #expect(flat.metrics["net_profit"] == 0)
        #expect(flat.track == nil)
        #expect(throws: OptimiseError.self) { try RunMetrics.figures(of: [Self.run([100])]) }
        #expect(throws: OptimiseError.self) { try RunMetrics.figures(of: []) }
    }

    @Test func `what is no result of a run is refused with place and reason`() throws {
        let folder = try Workplace()
        let error = try #require(throws: OptimiseError.self) {
            try RunMetrics.run(contentsOf: folder.write(#"{"format":"apus-other"}"#, to: "a.json"))
        }
        #expect(error.description.hasPrefix("not a result of apus backtest: "), "\(error)")
        #expect(throws: OptimiseError.self) {
            try RunMetrics.run(contentsOf: folder.file("none.json"))
        }
    }
}

@Suite("Trust in the best of many")
struct TrustTests {
    /// Sharpe ratios of trials whose deviation is 0.03.
    private static func sharpes(_ count: Int) -> [Double] {
        (0..<count).map { Double($0 % 2) * 0.06 }
    }

    @Test func `more trials make the same figure worth less`() throws {
        let record = TrackRecord(sharpe: 0.1, observations: 1_000, skew: 0, kurtosis: 3)
        let all = [1, 2, 10, 100, 10_000].compactMap {
            DeflatedBest(record, among: Self.sharpes($0))
        }
        #expect(all.map(\.trials) == [1, 2, 10, 100, 10_000])
        #expect(all[0].expectedMaximum == 0)
        let chances = all.map(\.probability)
        #expect(zip(chances, chances.dropFirst()).allSatisfy { $0 > $1 })
        #expect(DeflatedBest(record, among: []) == nil)
    }

    @Test(arguments: [UInt64(1), 2])
    func `the expected maximum is that of drawn numbers`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let draws = 1_000
        let mean = (0..<draws).reduce(0.0) { sum, _ in
            sum + (0..<50).reduce(-Double.infinity) { best, _ in max(best, random.normal()) }
        } / Double(draws)
        let expected = DeflatedSharpe.expectedMaximum(trials: 50, varianceOfTrials: 1)
        print("maximum of 50, seed \(seed): \(mean), formula \(expected)")
        // The formula is of the limit of many, 1 % above the truth for 50; the drawn numbers' tails
        // are a little light, and their mean has an error of 0.015.
        #expect(abs(mean - expected) < 0.08)
    }

    @Test(arguments: [UInt64(11), 12])
    func `overfitting is even among noise and never seen where one trial is truly better`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        func trials(edge: Double) -> [[ReturnBlock]] {
            (0..<12).map { trial in
                ReturnBlock.cut(
                    (0..<400).map { _ in random.normal() + (trial == 7 ? edge : 0) })
            }
        }
        // One draw of noise has any value; their mean is a half.
        let noise = (0..<10).compactMap { _ in OverfittingProbability.of(trials(edge: 0)) }
        let mean = noise.reduce(0, +) / Double(noise.count)
        print("overfitting among noise, seed \(seed): \(mean)")
        #expect((0.25...0.75).contains(mean))
        #expect(OverfittingProbability.of(trials(edge: 0.5)) == 0)
        #expect(OverfittingProbability.of([]) == nil)
        #expect(OverfittingProbability.of([ReturnBlock.cut([1, 2, 3])]) == nil)
    }

    @Test func `importance is the share of variance that a parameter's groups explain`() throws {
        let parameters = try TestSchema.plan(
            """
            parameters:
              s.x: {from: 0, to: 10}
              s.kind: {choices: [a, b]}
              s.y: {from: 1, to: 2, step: 1}
            """
        ).space.parameters
        let kinds = ["a", "b", "a", "b", "a", "b", "a", "b"]
        let ratios = ParameterImportance.ratios(
            parameters,
            [
                ["1", "1", "1", "1", "1", "1", "1", "1"], kinds,
                ["1", "1", "2", "2", "1", "1", "2", "2"],
            ], [1, 5, 2, 6, 1, 5, 2, 6])
        #expect(ratios[0] == 0)
        #expect(abs(ratios[1] - 32.0 / 34) < 1e-12)
        #expect(abs(ratios[2] - 2.0 / 34) < 1e-12)
    }
}
