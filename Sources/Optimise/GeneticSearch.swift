//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// A genetic algorithm on the unit cube: tournaments of three, blend crossover for numbers and
/// uniform crossover for categories, mutation, and an elite that lives on without a new trial.
///
/// Source: L. Eshelman, J. Schaffer, Real-coded genetic algorithms and interval-schemata, 1993
/// (BLX-0.5).
struct GeneticSearch: Search {
    private struct Individual {
        let genes: [Double]
        let fitness: Fitness
    }

    private let parameters: [Parameter]
    private let isAllowed: ([Double]) -> Bool
    private let size: Int
    private var left: Int
    private var random: SplitMix64
    private var population: [Individual] = []
    private var asked: [[Double]] = []

    private static let tournament = 3
    private static let blend = 0.5
    private static let crossoverShare = 0.9
    private static let mutationDeviation = 0.1
    private static let triesMax = 100

    /// - Parameter trials: Asked for in all; a tenth of them, 8...64, make a generation.
    init(_ space: Space, trials: Int, seed: UInt64) {
        parameters = space.parameters
        isAllowed = space.isAllowed
        size = min(max(trials / 10, 8), 64)
        left = trials
        random = SplitMix64(seed: seed)
    }

    private var eliteCount: Int { max(1, size / 10) }

    mutating func ask() -> [[Double]]? {
        guard left > 0 else { return nil }
        let count = min(left, population.isEmpty ? size : size - eliteCount)
        if population.isEmpty {
            asked = Sampling.latinHypercube(
                count, dimensions: parameters.count, &random, isAllowed: isAllowed)
        } else {
            asked = (0..<count).compactMap { _ in child() }
        }
        left -= count
        return asked.isEmpty ? nil : asked
    }

    mutating func tell(_ fitness: [Fitness]) {
        let children = zip(asked, fitness).map { Individual(genes: $0, fitness: $1) }
        let ranked = Fitness.ranking(population.map(\.fitness)).prefix(eliteCount)
        population = ranked.map { population[$0] } + children
    }

    /// `nil` when the constraints allow none of many.
    private mutating func child() -> [Double]? {
        for _ in 0..<Self.triesMax {
            let mother = select()
            let father = select()
            var genes = mother
            if random.unit() < Self.crossoverShare { genes = cross(mother, father) }
            for index in genes.indices where random.unit() < 1 / Double(genes.count) {
                genes[index] = mutate(genes[index], parameters[index])
            }
            if isAllowed(genes) { return genes }
        }
        return nil
    }

    private mutating func select() -> [Double] {
        var best = population[random.below(population.count)]
        for _ in 1..<Self.tournament {
            let other = population[random.below(population.count)]
            if other.fitness < best.fitness { best = other }
        }
        return best.genes
    }

    private mutating func cross(_ mother: [Double], _ father: [Double]) -> [Double] {
        mother.indices.map { index in
            let (a, b) = (mother[index], father[index])
            if parameters[index].isCategory { return random.unit() < 0.5 ? a : b }
            let reach = abs(a - b) * Self.blend
            let low = min(a, b) - reach
            return Reflection.inside(low + random.unit() * (max(a, b) + reach - low))
        }
    }

    private mutating func mutate(_ gene: Double, _ parameter: Parameter) -> Double {
        if parameter.isCategory { return random.unit() }
        // Of few levels, the next one is within reach.
        let step = max(Self.mutationDeviation, 1 / Double(parameter.levelCount ?? .max))
        return Reflection.inside(gene + random.normal() * step)
    }
}

/// Bounds by reflection.
enum Reflection {
    /// `place` mirrored at 0 and 1 as often as it takes: 1.25 becomes 0.75.
    static func inside(_ place: Double) -> Double {
        guard place.isFinite else { return 0.5 }
        let folded = abs(place.remainder(dividingBy: 2))
        return min(max(folded, 0), 1)
    }
}
