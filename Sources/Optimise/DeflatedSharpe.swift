//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The chance that a Sharpe ratio above 0 is more than the luck of the best of many trials.
///
/// Source: D. Bailey, M. López de Prado, The Deflated Sharpe Ratio, Journal of Portfolio
/// Management 40 (5), 2014.
struct DeflatedSharpe: Equatable {
    /// Trials that had a Sharpe ratio. All count as independent, which they are not: the truth
    /// is a little kinder.
    let trials: Int
    /// What the best of so many is expected to have where none is worth anything, of one
    /// observation.
    let expectedMaximum: Double
    /// 0...1; above 0.95 is what the field calls significant.
    let probability: Double

    private static let eulerGamma = 0.5772156649015329

    /// - Parameters:
    ///   - record: Of the chosen trial.
    ///   - sharpes: Of one observation, of every trial, the chosen one among them.
    /// - Returns: `nil` without trials or with fewer than two observations.
    init?(_ record: TrackRecord, among sharpes: [Double]) {
        self.init(record, trials: sharpes.count, deviation: Moments(sharpes).deviation)
    }

    /// - Parameter deviation: Of the trials' Sharpe ratios.
    init?(_ record: TrackRecord, trials: Int, deviation: Double) {
        guard trials > 0, record.observations > 1 else { return nil }
        self.trials = trials
        expectedMaximum = Self.expectedMaximum(trials: trials, deviation: deviation)
        let sr = record.sharpe
        let spread = 1 - record.skew * sr + (record.kurtosis - 1) / 4 * sr * sr
        guard spread > 0 else { return nil }
        probability = Math.normal(
            (sr - expectedMaximum) * Double(record.observations - 1).squareRoot()
                / spread.squareRoot())
    }

    /// Of the maximum of so many normal numbers around 0; 0 of one.
    static func expectedMaximum(trials: Int, deviation: Double) -> Double {
        guard trials > 1 else { return 0 }
        let n = Double(trials)
        return deviation
            * ((1 - eulerGamma) * Math.normalQuantile(1 - 1 / n)
                + eulerGamma * Math.normalQuantile(1 - 1 / (n * Math.exponential(1))))
    }
}

/// How often the trial that was best in one half of the time is below the median in the other:
/// the probability of backtest overfitting by combinatorially symmetric cross-validation.
///
/// Source: D. Bailey, J. Borwein, M. López de Prado, Q. Zhu, The probability of backtest
/// overfitting, Journal of Computational Finance 20 (4), 2017.
enum OverfittingProbability {
    /// - Parameter trials: The blocks of each trial of one range, all of the same number.
    /// - Returns: 0...1; `nil` with fewer than two trials or an odd number of blocks.
    static func of(_ trials: [[ReturnBlock]]) -> Double? {
        guard trials.count > 1, let count = trials.first?.count, count >= 2,
            count.isMultiple(of: 2), trials.allSatisfy({ $0.count == count }),
            let halves = Splits.combinations(of: count, taking: count / 2)
        else { return nil }
        var overfit = 0.0
        for half in halves {
            let isChoosing = (0..<count).map(half.contains)
            func sharpes(_ wanted: Bool) -> [Double] {
                trials.map { blocks in
                    ReturnBlock.sharpe(zip(blocks, isChoosing).filter { $1 == wanted }.map(\.0))
                }
            }
            let (inside, outside) = (sharpes(true), sharpes(false))
            guard let best = inside.indices.max(by: { inside[$0] < inside[$1] }) else { continue }
            let below = Double(outside.filter { $0 < outside[best] }.count)
            let equal = Double(outside.filter { $0 == outside[best] }.count)
            // The rank, equals sharing theirs, from above 0 to below 1.
            let rank = (below + (equal + 1) / 2) / Double(trials.count + 1)
            if rank < 0.5 { overfit += 1 } else if rank == 0.5 { overfit += 0.5 }
        }
        return overfit / Double(halves.count)
    }
}
