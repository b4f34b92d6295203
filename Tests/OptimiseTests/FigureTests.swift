//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom
import Testing

@testable import Optimise

@Suite("Figures of a run")
struct RunMetricsTests {
    static func run(_ equity: [Double], initial: Double = 100, stepNs: UInt64 = 1_000_000_000)
        -> RunResult
    {
        let samples = equity.enumerated().map { "[\(UInt64($0 + 1) * stepNs),\($1),0]" }
        let text = """
            {"format":"apus-run","version":1,"initial_equity":\(initial),"note":{"a":[1,{}]},
            "equity":[\(samples.joined(separator: ","))],"fills":[{"a":1},[2,[3]],4],
            "orders":{"placed":8,"filled":2,"why":"x"}}
            """
        do { return try RunResult(Array(text.utf8)) } catch { preconditionFailure("\(error)") }
    }

    @Test func `figures are those worked out by hand`() throws {
        // Increments 10, -11, 0, 22; returns 0.1, -0.1, 0, 22/99.
        let figures = try RunMetrics.figures(of: [Self.run([110, 99, 99, 121])])
        let metrics = figures.metrics
        let returns = [0.1, -0.1, 0, 22.0 / 99]
        let mean = returns.reduce(0, +) / 4
        let variance = returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3
        // Four samples over three seconds.
        let yearly = (365 * 86_400.0 / 0.75).squareRoot()
        func expect(_ name: String, _ value: Double) {
            let seen = metrics[name] ?? .nan
            #expect(abs(seen - value) <= 1e-12 * abs(value), "\(name): \(seen), not \(value)")
        }
        expect("net_profit", 21)
        expect("return", 0.21)
        expect("max_drawdown", 0.1)
        expect("profit_factor", 32.0 / 11)
        expect("fills", 3)
        expect("fill_ratio", 0.25)
        expect("orders.placed", 8)
        expect("volatility", variance.squareRoot() * yearly)
        expect("sharpe", mean / variance.squareRoot() * yearly)
        expect("sortino", mean / (0.01 / 4.0).squareRoot() * yearly)
        expect("calmar", 0.21 * 365 * 86_400 / 3 / 0.1)
        #expect(metrics["orders.why"] == nil)
        #expect(figures.track?.observations == 4)
        #expect(figures.span == TimeRange(startNs: 1_000_000_000, endNs: 4_000_000_001))
    }

    @Test func `runs one after the other add up`() throws {
        let figures = try RunMetrics.figures(of: [Self.run([110, 99]), Self.run([90, 95])])
        #expect(figures.metrics["net_profit"] == -6)
        #expect(abs((figures.metrics["max_drawdown"] ?? 0) - 21.0 / 110) < 1e-12)
        #expect(figures.metrics["orders.placed"] == 16)
        #expect(figures.metrics["fill_ratio"] == 0.25)
    }

    @Test func `a figure that is not defined is left out`() throws {
        let flat = try RunMetrics.figures(of: [Self.run([100, 100, 100])])
        #expect(flat.metrics["sharpe"] == nil)
        #expect(flat.metrics["profit_factor"] == nil)
        #expect(flat.metrics["calmar"] == nil)
        #expect(flat.metrics["net_profit"] == 0)
        #expect(flat.track == nil)
        #expect(throws: OptimiseError.self) { try RunMetrics.figures(of: [Self.run([100])]) }
        #expect(throws: OptimiseError.self) {
            try RunMetrics.figures(of: [Self.run([1, 2], initial: 0)])
        }
    }

    @Test func `what is no result of a run is refused`() {
        let good = """
            {"format":"apus-run","version":1,"initial_equity":1,"equity":[[1,2,0],[2,3,0]],
            "fills":[],"orders":{}}
            """
        #expect((try? RunResult(Array(good.utf8)))?.equity.count == 2)
        let texts = good.replacing("[2,3,0]", with: "[2,\"3\",0]")
        #expect((try? RunResult(Array(texts.utf8)))?.equity.last?.equity == 3)
        for (old, new) in [
            ("apus-run", "apus-other"), ("\"version\":1", "\"version\":2"), ("[2,3,0]", "[0,3,0]"),
            ("[2,3,0]", "[2]"), ("[2,3,0]", "[-2,3,0]"), ("[2,3,0]", "[2,1e999,0]"),
            ("[2,3,0]", "2"), ("[2,3,0]", "[2,\"x\",0]"), ("\"orders\":{}", "\"orders\":[]"),
            ("\"fills\":[]", "\"fills\":0"),
        ] {
            let text = good.replacing(old, with: new)
            #expect(text != good)
            #expect(throws: OptimiseError.self, "\(new)") { try RunResult(Array(text.utf8)) }
        }
        for end in 0..<good.utf8.count {
            #expect(throws: OptimiseError.self) { try RunResult(Array(good.utf8.prefix(end))) }
        }
    }
}

@Suite("Trust in the best of many")
struct DeflatedSharpeTests {
    /// The example of the paper: 2.5 a year from five years of days, the best of 100 trials whose
    /// annual Sharpe ratios have variance 1/2.
    @Test func `the paper's example comes out`() throws {
        let record = TrackRecord(
            sharpe: 2.5 / 250.0.squareRoot(), observations: 1_250, skew: -3, kurtosis: 10)
        let deflated = try #require(
            DeflatedSharpe(record, trials: 100, deviation: (0.5 / 250).squareRoot()))
        #expect(abs(deflated.expectedMaximum - 0.1132) < 5e-5)
        #expect(abs(deflated.probability - 0.9004) < 5e-5)
    }

    @Test func `more trials make the same figure worth less`() throws {
        let record = TrackRecord(sharpe: 0.1, observations: 1_000, skew: 0, kurtosis: 3)
        let all = [1, 2, 10, 100, 10_000].compactMap {
            DeflatedSharpe(record, trials: $0, deviation: 0.03)?.probability
        }
        #expect(all.count == 5)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0 > $1 })
        #expect(DeflatedSharpe(record, trials: 0, deviation: 0) == nil)
    }

    @Test(arguments: [UInt64(1), 2])
    func `the expected maximum is that of drawn numbers`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let draws = 1_000
        let mean = (0..<draws).reduce(0.0) { sum, _ in
            sum + (0..<50).reduce(-Double.infinity) { best, _ in max(best, random.normal()) }
        } / Double(draws)
        let expected = DeflatedSharpe.expectedMaximum(trials: 50, deviation: 1)
        print("maximum of 50, seed \(seed): \(mean), formula \(expected)")
        // The formula is of the limit of many, 1 % above the truth for 50; the drawn numbers' tails
        // are a little light, and their mean has an error of 0.015.
        #expect(abs(mean - expected) < 0.08)
    }

    @Test func `quantiles and distribution are each other's inverse`() {
        for p in [1e-12, 0.001, 0.05, 0.5, 0.975, 1 - 1e-9] {
            #expect(abs(Math.normal(Math.normalQuantile(p)) / p - 1) < 1e-9, "\(p)")
        }
        #expect(abs(Math.normalQuantile(0.975) - 1.959963984540054) < 1e-12)
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
