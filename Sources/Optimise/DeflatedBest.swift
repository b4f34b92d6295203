//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Reports

/// The chance that the Sharpe ratio of the best of many trials is more than luck; see
/// `Reports.DeflatedSharpe`.
struct DeflatedBest: Equatable {
    /// Trials that had a Sharpe ratio. All count as independent, which they are not: the truth
    /// is a little kinder.
    let trials: Int
    /// What the best of so many is expected to have where none is worth anything, of one
    /// observation.
    let expectedMaximum: Double
    /// 0...1; above 0.95 is what the field calls significant.
    let probability: Double

    /// - Parameters:
    ///   - record: Of the chosen trial.
    ///   - sharpes: Of one observation, of every trial, the chosen one among them.
    /// - Returns: `nil` without trials or with fewer than two observations.
    init?(_ record: TrackRecord, among sharpes: [Double]) {
        guard !sharpes.isEmpty else { return nil }
        let deviation = Moments(sharpes).deviation ?? 0
        let variance = deviation * deviation
        guard
            let probability = DeflatedSharpe.probability(
                sharpe: record.sharpe, trials: sharpes.count, varianceOfTrials: variance,
                skew: record.skew, kurtosis: record.kurtosis, observations: record.observations)
        else { return nil }
        trials = sharpes.count
        expectedMaximum = DeflatedSharpe.expectedMaximum(
            trials: sharpes.count, varianceOfTrials: variance)
        self.probability = probability
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
