//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Reports
import Testing

@Suite("Figures of returns")
struct MetricsTests {
    private static func isNear(_ value: Double?, _ wanted: Double) -> Bool {
        value.map { abs($0 - wanted) <= 1e-12 * max(1, abs(wanted)) } ?? false
    }

    /// Figures worked out by hand, of returns +10 %, -5 %, 0, +2 %, -1 %.
    @Test func `figures of five returns are those found by hand`() {
        let metrics = Metrics(returns: [0.10, -0.05, 0, 0.02, -0.01], periodsPerYear: 4)
        let wealth = 1.10 * 0.95 * 1.02 * 0.99
        #expect(Self.isNear(metrics.totalReturn, wealth - 1))
        #expect(Self.isNear(metrics.annualGrowth, pow(wealth, 4.0 / 5) - 1))
        // Mean 0.012; squares of 0.088, 0.062, 0.012, 0.008, 0.022 sum to 0.01228.
        let deviation = (0.01228 / 4).squareRoot()
        #expect(Self.isNear(metrics.volatility, 2 * deviation))
        #expect(Self.isNear(metrics.sharpe, 2 * 0.012 / deviation))
        #expect(Self.isNear(metrics.sortino, 2 * 0.012 / (0.0026 / 5).squareRoot()))
        #expect(Self.isNear(metrics.maxDrawdown, -0.05))
        #expect(Self.isNear(metrics.calmar, (pow(wealth, 4.0 / 5) - 1) / 0.05))
        #expect(Self.isNear(metrics.omega, 2))
        #expect(Self.isNear(metrics.profitFactor, 2))
        #expect(metrics.winRate == 0.5)
        #expect(Self.isNear(metrics.averageWin, 0.06))
        #expect(Self.isNear(metrics.averageLoss, -0.03))
        #expect(Self.isNear(metrics.payoffRatio, 2))
        #expect(Self.isNear(metrics.expectancy, 0.015))
        #expect(Self.isNear(metrics.kelly, 0.25))
        #expect(metrics.exposure == 0.8)
        #expect(metrics.longestWins == 1)
        #expect(metrics.longestLosses == 1)
        // A fifth of a place from the least, -0.05, to the next, -0.01.
        #expect(Self.isNear(metrics.historicalValueAtRisk, -0.05 + 0.2 * 0.04))
        #expect(Self.isNear(metrics.historicalExpectedShortfall, -0.05))
    }

    @Test func `a ratio to nothing is none`() {
        let constant = Metrics(
            returns: [Double](repeating: 0.001, count: 250), periodsPerYear: 365)
        #expect(constant.sharpe == nil)
        #expect(constant.sortino == nil)
        #expect(constant.calmar == nil)
        #expect(constant.omega == nil)
        #expect(constant.profitFactor == nil)
        #expect(constant.skew == nil)
        #expect(constant.probabilisticSharpe == nil)
        #expect(constant.deflatedSharpe(trials: 10, varianceOfTrials: 0.1) == nil)
        #expect(constant.volatility == 0)
        #expect(constant.maxDrawdown == 0)
        let none = Metrics(returns: [], periodsPerYear: 365)
        #expect(none.totalReturn == nil)
        #expect(none.volatility == nil)
        #expect(none.winRate == nil)
        #expect(none.historicalValueAtRisk == nil)
    }

    @Test func `growth beyond a double is none`() {
        let metrics = Metrics(returns: [0.5, 0.4, -0.01], periodsPerYear: 31_536_000)
        #expect(metrics.annualGrowth == nil)
        #expect(metrics.calmar == nil)
        #expect(metrics.totalReturn != nil)
    }

    @Test func `a wealth below nothing has no growth`() {
        let metrics = Metrics(returns: [0.1, -1.5], periodsPerYear: 365)
        #expect(metrics.annualGrowth == nil)
        #expect(metrics.totalReturn.map { $0 < -1 } == true)
        #expect(metrics.maxDrawdown.map { $0 < -1 } == true)
    }

    @Test(arguments: TestReturns.all)
    func `ratios do not depend on the size of positions`(_ test: TestReturns) {
        let full = Metrics(returns: test.values, periodsPerYear: 365)
        let half = Metrics(returns: test.values.map { $0 / 2 }, periodsPerYear: 365)
        for ratio: (Metrics) -> Double? in [
            \.sharpe, \.sortino, \.omega, \.profitFactor, \.payoffRatio, \.winRate, \.skew,
            \.excessKurtosis, \.tailRatio, \.kelly, \.probabilisticSharpe,
        ] {
            switch (ratio(full), ratio(half)) {
            case (nil, nil): break
            case (let one?, let other?): #expect(abs(one - other) <= 1e-9 * max(abs(one), 1))
            case (let one, let other): Issue.record("\(test): \(one as Any), \(other as Any)")
            }
        }
        if let volatility = full.volatility, let other = half.volatility {
            #expect(abs(volatility - 2 * other) <= 1e-12)
        }
    }

    @Test(arguments: TestReturns.all)
    func `figures keep their bounds`(_ test: TestReturns) throws {
        let metrics = Metrics(returns: test.values, periodsPerYear: 365)
        let drawdown = try #require(metrics.maxDrawdown)
        #expect(drawdown <= 0)
        #expect(metrics.drawdown.depths.allSatisfy { $0 <= 0 })
        #expect(metrics.drawdown.depths.min() == drawdown)
        if let rate = metrics.winRate { #expect((0...1).contains(rate)) }
        if let probability = metrics.probabilisticSharpe { #expect((0...1).contains(probability)) }
        if let worst = metrics.worst, let tail = metrics.historicalExpectedShortfall,
            let bound = metrics.historicalValueAtRisk, let best = metrics.best
        {
            #expect(worst <= tail + 1e-15)
            #expect(tail <= bound + 1e-15)
            #expect(bound <= best)
        }
        // Omega is gain to pain and one.
        if let omega = metrics.omega, let gain = metrics.gainToPain {
            #expect(abs(omega - gain - 1) <= 1e-9 * max(omega, 1))
        }
    }

    @Test(arguments: TestReturns.all)
    func `the order of returns changes only drawdowns and rows`(_ test: TestReturns) {
        let metrics = Metrics(returns: test.values, periodsPerYear: 365)
        let reversed = Metrics(returns: test.values.reversed(), periodsPerYear: 365)
        for figure: (Metrics) -> Double? in [
            \.totalReturn, \.volatility, \.sharpe, \.sortino, \.omega, \.skew, \.excessKurtosis,
            \.valueAtRisk, \.historicalExpectedShortfall, \.winRate, \.expectancy,
        ] {
            guard let one = figure(metrics), let other = figure(reversed) else {
                #expect(figure(metrics) == nil)
                #expect(figure(reversed) == nil)
                continue
            }
            #expect(abs(one - other) <= 1e-9 * max(abs(one), 1))
        }
    }
}

@Suite("Deflated Sharpe ratio")
struct DeflatedSharpeTests {
    /// The example of the paper: 100 trials, annual variance 1/2, five years of 250 days, skew -3,
    /// kurtosis 10, an annual ratio of 2.5.
    @Test func `the paper's example comes out`() throws {
        let variance = 0.5 / 250
        let expected = DeflatedSharpe.expectedMaximum(trials: 100, varianceOfTrials: variance)
        #expect(abs(expected - 0.1132) < 5e-5)
        let probability = try #require(
            DeflatedSharpe.probability(
                sharpe: 2.5 / 250.0.squareRoot(), trials: 100, varianceOfTrials: variance,
                skew: -3, kurtosis: 10, observations: 1_250))
        #expect(abs(probability - 0.9004) < 5e-5)
    }

    @Test func `of one trial it is the probabilistic ratio`() {
        let one = DeflatedSharpe.probability(
            sharpe: 0.1, trials: 1, varianceOfTrials: 0.01, skew: -0.5, kurtosis: 5,
            observations: 400)
        let other = DeflatedSharpe.probabilistic(
            sharpe: 0.1, skew: -0.5, kurtosis: 5, observations: 400)
        #expect(one == other)
        #expect(one != nil)
    }

    @Test func `the more trials, the less is proved`() throws {
        var before = 1.0
        for trials in [1, 2, 10, 100, 10_000, 1_000_000_000] {
            let now = try #require(
                DeflatedSharpe.probability(
                    sharpe: 0.12, trials: trials, varianceOfTrials: 0.001, skew: 0, kurtosis: 3,
                    observations: 500))
            #expect(now < before)
            before = now
        }
    }

    @Test func `no variance is told of moments that have none`() {
        #expect(
            DeflatedSharpe.probabilistic(sharpe: 0.5, skew: 0, kurtosis: 3, observations: 1) == nil)
        #expect(
            DeflatedSharpe.probabilistic(sharpe: 2, skew: 5, kurtosis: 3, observations: 100) == nil)
    }

    @Test func `a record as long as the minimum reaches the confidence`() throws {
        let length = try #require(
            DeflatedSharpe.minimumTrackRecord(sharpe: 0.1, skew: -1, kurtosis: 6))
        let reached = try #require(
            DeflatedSharpe.probabilistic(
                sharpe: 0.1, skew: -1, kurtosis: 6, observations: Int(length.rounded(.up))))
        #expect(reached >= 0.95)
        #expect(reached < 0.951)
        #expect(DeflatedSharpe.minimumTrackRecord(sharpe: 0, skew: 0, kurtosis: 3) == nil)
    }
}
