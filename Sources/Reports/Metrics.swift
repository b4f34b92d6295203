//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Figures of a series of simple returns, one a period, without a risk-free rate.
///
/// `nil` stands for what is undefined: a ratio to a deviation, loss or drawdown that is 0, or too
/// few returns. No figure is NaN or infinite. Definitions are those of the Python package
/// quantstats 0.0.86, which the tests compare with, where it has the figure; where it returns an
/// infinity or rounds, the figure here is `nil` or not rounded, and its comment says so. Below, r
/// are the n returns, m their mean, s their standard deviation (n - 1), P `periodsPerYear`.
public struct Metrics: Sendable, Equatable {
    /// n.
    public let observations: Int
    /// Of crypto markets, which never close: the seconds of 365 days over those of a period.
    public let periodsPerYear: Double
    public let moments: Moments
    public let drawdown: Drawdown
    /// Returns in order of size.
    private let sorted: [Double]
    private let sums: Sums

    private struct Sums: Equatable {
        var wealth = 1.0
        var gains = 0.0
        var losses = 0.0
        var lossSquares = 0.0
        var gainCount = 0
        var lossCount = 0
    }

    /// - Parameters:
    ///   - returns: Finite, as shares: 0.01 is one percent.
    ///   - periodsPerYear: Above 0; 365 for days.
    public init(returns: [Double], periodsPerYear: Double) {
        precondition(periodsPerYear > 0, "a positive number of periods in a year")
        observations = returns.count
        self.periodsPerYear = periodsPerYear
        moments = Moments(returns)
        drawdown = Drawdown(returns: returns)
        sorted = returns.sorted()
        var sums = Sums()
        for value in returns {
            sums.wealth *= 1 + value
            if value > 0 {
                sums.gains += value
                sums.gainCount += 1
            } else if value < 0 {
                sums.losses -= value
                sums.lossSquares += value * value
                sums.lossCount += 1
            }
        }
        self.sums = sums
        (longestWins, longestLosses) = Self.streaks(returns)
    }

    private static func streaks(_ returns: [Double]) -> (Int, Int) {
        var (wins, losses, longestWins, longestLosses) = (0, 0, 0, 0)
        for value in returns {
            wins = value > 0 ? wins + 1 : 0
            losses = value < 0 ? losses + 1 : 0
            longestWins = max(longestWins, wins)
            longestLosses = max(longestLosses, losses)
        }
        return (longestWins, longestLosses)
    }

    private static func ratio(_ numerator: Double?, _ denominator: Double?) -> Double? {
        guard let numerator, let denominator, denominator != 0 else { return nil }
        return finite(numerator / denominator)
    }

    private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

    private var n: Double { Double(observations) }
    private var annual: Double { periodsPerYear.squareRoot() }

    // MARK: - Return

    /// prod(1 + r) - 1; `comp`.
    public var totalReturn: Double? { observations > 0 ? Self.finite(sums.wealth - 1) : nil }

    /// Geometric mean of a period: prod(1 + r)^(1/n) - 1; `expected_return`.
    public var expectedReturn: Double? { growth(1 / n) }

    /// Compound annual growth rate: prod(1 + r)^(P/n) - 1; `cagr`. Of a run of hours it says what a
    /// year of such hours would bring, and may be beyond a double, then `nil`.
    public var annualGrowth: Double? { growth(periodsPerYear / n) }

    private func growth(_ power: Double) -> Double? {
        guard observations > 0, sums.wealth >= 0 else { return nil }
        return Self.finite(pow(sums.wealth, power) - 1)
    }

    /// Largest r; `best`.
    public var best: Double? { sorted.last }
    /// Smallest r; `worst`.
    public var worst: Double? { sorted.first }

    // MARK: - Risk

    /// s sqrt(P), annualised; `volatility`.
    public var volatility: Double? { moments.deviation.map { $0 * annual } }

    /// Depth of the deepest fall from a peak of wealth, the beginning's included: 0 or below;
    /// `max_drawdown`.
    public var maxDrawdown: Double? { observations > 0 ? drawdown.maximum : nil }

    /// sqrt(sum(depth^2) / (n - 1)); `ulcer_index`.
    public var ulcerIndex: Double? {
        guard observations > 1 else { return nil }
        let squares = drawdown.depths.reduce(0) { $0 + $1 * $1 }
        return Self.finite((squares / (n - 1)).squareRoot())
    }

    /// Share of mass beyond the value at risk.
    public static let tailShare = 0.05

    /// Value at risk of a period at 95 %, of a normal distribution: m + s Z^-1(0.05); a return,
    /// below 0 where money is lost; `value_at_risk`.
    public var valueAtRisk: Double? {
        guard let mean = moments.mean, let deviation = moments.deviation, deviation > 0
        else { return nil }
        return mean + deviation * NormalDistribution.quantile(Self.tailShare)
    }

    /// Expected shortfall of a period at 95 %, of a normal distribution:
    /// m - s z(Z^-1(0.05)) / 0.05; `conditional_value_at_risk`.
    public var expectedShortfall: Double? {
        guard let mean = moments.mean, let deviation = moments.deviation, deviation > 0
        else { return nil }
        let score = NormalDistribution.quantile(Self.tailShare)
        return mean - deviation * NormalDistribution.density(score) / Self.tailShare
    }

    /// Value at risk of a period at 95 %, historical: the 5 % quantile of r.
    public var historicalValueAtRisk: Double? {
        observations > 0 ? sorted.sortedQuantile(Self.tailShare) : nil
    }

    /// Mean of the returns not above `historicalValueAtRisk`;
    /// `conditional_value_at_risk(method="historical")`.
    public var historicalExpectedShortfall: Double? {
        guard let bound = historicalValueAtRisk else { return nil }
        let tail = sorted.prefix { $0 <= bound }
        return Self.ratio(tail.reduce(0, +), Double(tail.count))
    }

    /// Adjusted Fisher-Pearson coefficient; `skew`.
    public var skew: Double? { moments.skew }
    /// Excess over the normal distribution's, adjusted; `kurtosis`.
    public var excessKurtosis: Double? { moments.excessKurtosis }

    // MARK: - Ratios

    /// m / s of one period, not annualised; `sharpe(annualize=False)`.
    public var periodSharpe: Double? { Self.ratio(moments.mean, moments.deviation) }

    /// m / s sqrt(P), annualised as if returns were independent; `sharpe`.
    public var sharpe: Double? { periodSharpe.map { $0 * annual } }

    /// m / sqrt(sum(min(r, 0)^2) / n) sqrt(P), annualised; `sortino`.
    public var sortino: Double? {
        let downside = observations > 0 ? (sums.lossSquares / n).squareRoot() : nil
        return Self.ratio(moments.mean, downside).map { $0 * annual }
    }

    /// `annualGrowth` / |`maxDrawdown`|; `calmar`, which is infinite without a drawdown.
    public var calmar: Double? { Self.ratio(annualGrowth, maxDrawdown.map(abs)) }

    /// sum(max(r, 0)) / sum(max(-r, 0)), about a threshold of 0; of two returns at least; `omega`.
    public var omega: Double? {
        observations > 1 ? Self.ratio(sums.gains, sums.losses) : nil
    }

    /// `omega` - 1: sum(r) / sum(max(-r, 0)); `gain_to_pain_ratio` of days.
    public var gainToPain: Double? { Self.ratio(sums.gains - sums.losses, sums.losses) }

    /// |sum(r)| / |`maxDrawdown`|, never below 0, as `recovery_factor`.
    public var recoveryFactor: Double? {
        Self.ratio(abs(sums.gains - sums.losses), maxDrawdown.map(abs))
    }

    /// |95 % quantile / 5 % quantile| of r; `tail_ratio`.
    public var tailRatio: Double? {
        guard observations > 0 else { return nil }
        return Self.ratio(sorted.sortedQuantile(0.95), sorted.sortedQuantile(0.05)).map(abs)
    }

    /// Probability that the true Sharpe ratio is above 0, see `DeflatedSharpe`;
    /// `probabilistic_sharpe_ratio`. Takes the adjusted skew and kurtosis, as that does.
    public var probabilisticSharpe: Double? {
        guard let sharpe = periodSharpe, let skew, let excessKurtosis else { return nil }
        return DeflatedSharpe.probabilistic(
            sharpe: sharpe, skew: skew, kurtosis: excessKurtosis + 3, observations: observations)
    }

    /// `DeflatedSharpe.probability` of this series.
    ///
    /// - Parameters:
    ///   - trials: At least 1.
    ///   - varianceOfTrials: Of the trials' `periodSharpe`.
    public func deflatedSharpe(trials: Int, varianceOfTrials: Double) -> Double? {
        guard let sharpe = periodSharpe, let skew, let excessKurtosis else { return nil }
        return DeflatedSharpe.probability(
            sharpe: sharpe, trials: trials, varianceOfTrials: varianceOfTrials, skew: skew,
            kurtosis: excessKurtosis + 3, observations: observations)
    }

    /// Periods until the probability that the true Sharpe ratio is above 0 reaches 95 %, see
    /// `DeflatedSharpe.minimumTrackRecord`; `nil` for a ratio that is not above 0.
    public var minimumTrackRecord: Double? {
        guard let sharpe = periodSharpe, let skew, let excessKurtosis else { return nil }
        return DeflatedSharpe.minimumTrackRecord(
            sharpe: sharpe, skew: skew, kurtosis: excessKurtosis + 3)
    }

    // MARK: - Periods won and lost

    /// Returns above 0 / returns that are not 0; `win_rate`, which is 0 where there is none.
    public var winRate: Double? {
        Self.ratio(Double(sums.gainCount), Double(sums.gainCount + sums.lossCount))
    }

    /// Mean of the returns above 0; `avg_win`.
    public var averageWin: Double? { Self.ratio(sums.gains, Double(sums.gainCount)) }
    /// Mean of the returns below 0, so below 0; `avg_loss`.
    public var averageLoss: Double? { Self.ratio(-sums.losses, Double(sums.lossCount)) }

    /// Expectancy of a period that moved: the mean of returns that are not 0, which is
    /// win rate x average win + loss rate x average loss; `avg_return`.
    public var expectancy: Double? {
        Self.ratio(sums.gains - sums.losses, Double(sums.gainCount + sums.lossCount))
    }

    /// `averageWin` / |`averageLoss`|; `payoff_ratio`.
    public var payoffRatio: Double? { Self.ratio(averageWin, averageLoss.map(abs)) }

    /// Sum of gains / sum of losses; `profit_factor`, which without losses is infinite or 0.
    public var profitFactor: Double? { Self.ratio(sums.gains, sums.losses) }

    /// Kelly's share of wealth to bet: w - (1 - w) / payoff; `kelly_criterion`.
    public var kelly: Double? {
        guard let winRate, let payoffRatio, payoffRatio > 0 else { return nil }
        return Self.finite((payoffRatio * winRate - (1 - winRate)) / payoffRatio)
    }

    /// ((1 - w) / (1 + w))^n; `risk_of_ruin`.
    public var riskOfRuin: Double? { winRate.flatMap { Self.finite(pow((1 - $0) / (1 + $0), n)) } }

    /// Share of periods with a return that is not 0; `exposure` rounds it up to percents.
    public var exposure: Double? { Self.ratio(Double(sums.gainCount + sums.lossCount), n) }

    /// Longest row of returns above 0, and below; `consecutive_wins`, `consecutive_losses`.
    public let longestWins: Int
    public let longestLosses: Int
}
