//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// How likely a Sharpe ratio is skill, given how long the record is, how its returns are
/// distributed, and how many were tried.
///
/// Sharpe ratios are of one period, not annualised; `kurtosis` is 3 for a normal distribution.
/// Source: D. Bailey and M. López de Prado, 2012, The Sharpe ratio efficient frontier; 2014, The
/// deflated Sharpe ratio.
public enum DeflatedSharpe {
    /// Euler and Mascheroni's constant.
    private static let gamma = 0.577_215_664_901_532_9

    /// The variance of a Sharpe ratio's estimate:
    /// (1 - skew SR + (kurtosis - 1) / 4 SR^2) / (observations - 1).
    ///
    /// - Returns: `nil` below two observations, and where the moments allow no variance.
    public static func variance(
        sharpe: Double, skew: Double, kurtosis: Double, observations: Int
    ) -> Double? {
        guard observations > 1 else { return nil }
        let spread = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
        let variance = spread / Double(observations - 1)
        return variance > 0 && variance.isFinite ? variance : nil
    }

    /// Probabilistic Sharpe ratio: the probability that the true ratio is above `benchmark`,
    /// Z((SR - benchmark) / sqrt(variance)).
    ///
    /// - Returns: 0...1; `nil` where `variance` is.
    public static func probabilistic(
        sharpe: Double, benchmark: Double = 0, skew: Double, kurtosis: Double, observations: Int
    ) -> Double? {
        variance(sharpe: sharpe, skew: skew, kurtosis: kurtosis, observations: observations).map {
            NormalDistribution.cumulative((sharpe - benchmark) / $0.squareRoot())
        }
    }

    /// The largest Sharpe ratio to be expected of `trials` independent ones without skill:
    /// sqrt(V) ((1 - g) Z^-1(1 - 1/N) + g Z^-1(1 - 1/(N e))), g being Euler's constant.
    ///
    /// - Parameter varianceOfTrials: Of the trials' ratios, each of one period; at least 0.
    /// - Returns: 0 for one trial.
    public static func expectedMaximum(trials: Int, varianceOfTrials: Double) -> Double {
        guard trials > 1, varianceOfTrials > 0 else { return 0 }
        let n = Double(trials)
        // Of the small tail and mirrored: 1 - 1/N would lose it for large N.
        let first = -NormalDistribution.quantile(1 / n)
        let second = -NormalDistribution.quantile(1 / (n * M_E))
        return varianceOfTrials.squareRoot() * ((1 - gamma) * first + gamma * second)
    }

    /// Deflated Sharpe ratio: the probability that the best of `trials` is better than the best of
    /// as many without skill.
    ///
    /// - Returns: 0...1; `nil` where `variance` is.
    public static func probability(
        sharpe: Double, trials: Int, varianceOfTrials: Double, skew: Double, kurtosis: Double,
        observations: Int
    ) -> Double? {
        probabilistic(
            sharpe: sharpe,
            benchmark: expectedMaximum(trials: trials, varianceOfTrials: varianceOfTrials),
            skew: skew, kurtosis: kurtosis, observations: observations)
    }

    /// Observations for the ratio to be above `benchmark` with `confidence`, the minimum track
    /// record length: 1 + spread (Z^-1(confidence) / (SR - benchmark))^2.
    ///
    /// - Returns: `nil` when the ratio is not above the benchmark.
    public static func minimumTrackRecord(
        sharpe: Double, benchmark: Double = 0, skew: Double, kurtosis: Double,
        confidence: Double = 0.95
    ) -> Double? {
        guard sharpe > benchmark,
            let spread = variance(
                sharpe: sharpe, skew: skew, kurtosis: kurtosis, observations: 2)
        else { return nil }
        let score = NormalDistribution.quantile(confidence) / (sharpe - benchmark)
        let length = 1 + spread * score * score
        return length.isFinite ? length : nil
    }
}
