//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// CMA-ES on the unit cube, begun again with twice the points wherever it has come to rest
/// (A. Auger, N. Hansen, A restart CMA evolution strategy with increasing population size, 2005).
///
/// Bounds by reflection: the distribution lives on the whole line, whose every stretch of 1 shows
/// the cube or its mirror image. Levels are stretches of it, so that whole numbers work as long as
/// the steps reach the next one. A point that the constraints forbid is drawn again, and ranks
/// last after 100 draws.
struct CMAESearch: Search {
    private let isAllowed: ([Double]) -> Bool
    private let dimensions: Int
    private var left: Int
    private var random: SplitMix64
    private var strategy: CMAES
    private var asked: [[Double]] = []
    /// Of generations one after the other, since the last restart.
    private var bests: [Fitness] = []

    private static let firstStep = 0.3
    /// Of the range of a parameter: finer than any setting.
    private static let spreadMin = 1e-6
    private static let plateauMax = 30
    private static let triesMax = 100
    /// Doubling ends here.
    private static let lambdaMax = 512

    /// - Throws: `OptimiseError` for a parameter whose choices have no order.
    init(_ space: Space, trials: Int, seed: UInt64) throws(OptimiseError) {
        if let category = space.parameters.first(where: { $0.isCategory }) {
            throw OptimiseError(
                "cma-es: \(category.key) is a choice without order; use genetic, random or grid")
        }
        isAllowed = space.isAllowed
        dimensions = space.parameters.count
        left = trials
        random = SplitMix64(seed: seed)
        strategy = CMAES(
            mean: [Double](repeating: 0.5, count: dimensions), stepSize: Self.firstStep,
            seed: random.next())
    }

    mutating func ask() -> [[Double]]? {
        guard left > 0 else { return nil }
        // A generation that would be cut short teaches nothing, but its trials still count.
        let count = min(left, strategy.lambda)
        left -= count
        asked = (0..<count).map { _ in draw() }
        return asked.map { $0.map(Reflection.inside) }
    }

    private mutating func draw() -> [Double] {
        var point = strategy.sample()
        for _ in 0..<Self.triesMax where !isAllowed(point.map(Reflection.inside)) {
            point = strategy.sample()
        }
        return point
    }

    mutating func tell(_ fitness: [Fitness]) {
        guard asked.count == strategy.lambda else { return }
        let ranking = Fitness.ranking(fitness)
        strategy.update(ranking.map { asked[$0] })
        let (best, middle) = (fitness[ranking[0]], fitness[ranking[ranking.count / 2]])
        if best == middle { strategy.widen() }
        bests.append(best)
        // The best of late generations is no better than that of those before them.
        let isStuck = bests.count >= 2 * Self.plateauMax
            && bests.suffix(Self.plateauMax).min() == bests.suffix(Self.plateauMax).max()
        if isStuck || strategy.spread < Self.spreadMin || strategy.isDegenerate { restart() }
    }

    private mutating func restart() {
        bests = []
        let mean = Sampling.uniform(dimensions, &random, isAllowed: isAllowed)
            ?? [Double](repeating: 0.5, count: dimensions)
        strategy = CMAES(
            mean: mean, stepSize: Self.firstStep,
            lambda: min(2 * strategy.lambda, Self.lambdaMax), seed: random.next())
    }
}
