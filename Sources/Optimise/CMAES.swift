//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// Covariance matrix adaptation: a normal distribution that learns where the good points lie.
///
/// Weighted recombination, step size by cumulation, rank-one and rank-mu update of the full matrix.
/// Ranks alone count. Source: N. Hansen, The CMA Evolution Strategy: A Tutorial,
/// arXiv:1604.00772, with its default constants and positive weights alone.
struct CMAES {
    let dimensions: Int
    /// Points of a generation.
    let lambda: Int
    private(set) var mean: [Double]
    private(set) var stepSize: Double

    private let weights: [Double]
    private let muEffective: Double
    private let sigmaRate: Double
    private let sigmaDamping: Double
    private let pathRate: Double
    private let rankOneRate: Double
    private let rankMuRate: Double
    /// Expected length of a normal vector.
    private let normalLength: Double

    private var sigmaPath: [Double]
    private var path: [Double]
    private var covariance: SymmetricMatrix
    private var axes: SymmetricMatrix.Decomposition
    private var generation = 0
    private var random: SplitMix64

    /// - Parameters:
    ///   - lambda: At least 4; `nil`: 4 + floor(3 ln n).
    init(mean: [Double], stepSize: Double, lambda: Int? = nil, seed: UInt64) {
        let n = Double(mean.count)
        dimensions = mean.count
        self.lambda = lambda ?? 4 + Int(3 * Math.logarithm(n))
        self.mean = mean
        self.stepSize = stepSize
        let half = Double(self.lambda) / 2
        let raw = (1...self.lambda / 2).map {
            Math.logarithm(half + 0.5) - Math.logarithm(Double($0))
        }
        let sum = raw.reduce(0, +)
        weights = raw.map { $0 / sum }
        muEffective = 1 / weights.reduce(0) { $0 + $1 * $1 }
        sigmaRate = (muEffective + 2) / (n + muEffective + 5)
        sigmaDamping = 1 + 2 * max(0, ((muEffective - 1) / (n + 1)).squareRoot() - 1) + sigmaRate
        pathRate = (4 + muEffective / n) / (n + 4 + 2 * muEffective / n)
        rankOneRate = 2 / ((n + 1.3) * (n + 1.3) + muEffective)
        rankMuRate = min(
            1 - rankOneRate,
            2 * (muEffective - 2 + 1 / muEffective) / ((n + 2) * (n + 2) + muEffective))
        normalLength = n.squareRoot() * (1 - 1 / (4 * n) + 1 / (21 * n * n))
        sigmaPath = [Double](repeating: 0, count: mean.count)
        path = sigmaPath
        covariance = SymmetricMatrix(identity: mean.count)
        axes = covariance.decomposition()
        random = SplitMix64(seed: seed)
    }

    /// One point of the distribution.
    mutating func sample() -> [Double] {
        let z = axes.lengths.map { $0 * random.normal() }
        return mean.indices.map { row in
            var sum = 0.0
            for column in mean.indices { sum += axes.vectors[row, column] * z[column] }
            return mean[row] + stepSize * sum
        }
    }

    /// Learns from a generation.
    ///
    /// - Parameter ranked: Its points, the best first; at least `lambda / 2` of them.
    mutating func update(_ ranked: [[Double]]) {
        let n = Double(dimensions)
        generation += 1
        let steps = ranked.prefix(weights.count).map { point in
            zip(point, mean).map { ($0 - $1) / stepSize }
        }
        let shift = mean.indices.map { index in
            zip(weights, steps).reduce(0) { $0 + $1.0 * $1.1[index] }
        }
        for index in mean.indices { mean[index] += stepSize * shift[index] }

        let sigmaGain = (sigmaRate * (2 - sigmaRate) * muEffective).squareRoot()
        let whitened = axes.whitened(shift)
        for index in sigmaPath.indices {
            sigmaPath[index] = (1 - sigmaRate) * sigmaPath[index] + sigmaGain * whitened[index]
        }
        let length = sigmaPath.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let settled = 1 - Math.power(1 - sigmaRate, 2 * Double(generation))
        let isStalled = length / settled.squareRoot() >= (1.4 + 2 / (n + 1)) * normalLength
        let pathGain = isStalled ? 0 : (pathRate * (2 - pathRate) * muEffective).squareRoot()
        for index in path.indices {
            path[index] = (1 - pathRate) * path[index] + pathGain * shift[index]
        }
        // What the path does not tell while it stands still.
        let missing = isStalled ? rankOneRate * pathRate * (2 - pathRate) : 0
        covariance.scale(by: 1 - rankOneRate - rankMuRate + missing)
        covariance.add(path, weight: rankOneRate)
        for (weight, step) in zip(weights, steps) {
            covariance.add(step, weight: rankMuRate * weight)
        }
        let exponent = sigmaRate / sigmaDamping * (length / normalLength - 1)
        stepSize *= Math.exponential(min(1, exponent))
        axes = covariance.decomposition()
    }

    /// Steps grow when a whole generation was equally good: it saw a plateau.
    mutating func widen() { stepSize *= Math.exponential(0.2 + sigmaRate / sigmaDamping) }

    /// The longest standard deviation along any axis.
    var spread: Double { stepSize * (axes.lengths.max() ?? 0) }

    /// The matrix is too elongated for its numbers, or holds none.
    var isDegenerate: Bool {
        guard let longest = axes.lengths.max(), let shortest = axes.lengths.min(),
            stepSize.isFinite, longest.isFinite, shortest > 0
        else { return true }
        return longest / shortest > 1e7
    }
}
