//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom
import Testing

@testable import Optimise

/// Functions whose minimum is known.
enum Functions {
    static func sphere(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }

    /// Condition 10^6 along the axes.
    static func ellipsoid(_ x: [Double]) -> Double {
        x.indices.reduce(0) { sum, index in
            sum + Math.power(1e6, Double(index) / Double(max(1, x.count - 1))) * x[index] * x[index]
        }
    }

    static func rosenbrock(_ x: [Double]) -> Double {
        zip(x, x.dropFirst()).reduce(0) { sum, pair in
            let (a, b) = pair
            return sum + 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a)
        }
    }

    static func rastrigin(_ x: [Double]) -> Double {
        x.reduce(10 * Double(x.count)) { $0 + $1 * $1 - 10 * Math.cosine(2 * .pi * $1) }
    }
}

@Suite("CMA-ES")
struct CMAESTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let function: @Sendable ([Double]) -> Double
        let start: Double
        let evaluationsMax: Int
        var testDescription: String { name }
    }

    /// Ten dimensions, step 0.3: the tutorial's functions within twice what its author reports.
    static let cases = [
        Case(name: "sphere", function: Functions.sphere, start: 1, evaluationsMax: 3_000),
        Case(name: "ellipsoid", function: Functions.ellipsoid, start: 1, evaluationsMax: 9_000),
        Case(name: "Rosenbrock", function: Functions.rosenbrock, start: 0, evaluationsMax: 10_000),
    ]

    @Test(arguments: cases, [UInt64(1), 2])
    func `a known minimum is found to 1e-8 in ten dimensions`(_ one: Case, seed: UInt64) {
        var strategy = CMAES(
            mean: [Double](repeating: one.start, count: 10), stepSize: 0.3, seed: seed)
        #expect(strategy.lambda == 10)
        var evaluations = 0
        var best = Double.infinity
        while best > 1e-8, evaluations < one.evaluationsMax {
            let points = (0..<strategy.lambda).map { _ in strategy.sample() }
            let values = points.map(one.function)
            evaluations += points.count
            best = min(best, values.min() ?? best)
            strategy.update(points.indices.sorted { values[$0] < values[$1] }.map { points[$0] })
        }
        print("CMA-ES: \(one.name), seed \(seed): \(best) after \(evaluations) evaluations")
        #expect(best <= 1e-8)
        #expect(!strategy.isDegenerate)
    }

    @Test(arguments: [UInt64(4), 5])
    func `a symmetric matrix is its axes and lengths put together`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for size in [1, 2, 5, 20] {
            var matrix = SymmetricMatrix(identity: size)
            for _ in 0..<size {
                matrix.add((0..<size).map { _ in random.normal() }, weight: random.unit() * 100)
            }
            let axes = matrix.decomposition()
            for row in 0..<size {
                for column in 0..<size {
                    var (cell, dot) = (0.0, 0.0)
                    for axis in 0..<size {
                        let value = axes.lengths[axis] * axes.lengths[axis]
                        cell += axes.vectors[row, axis] * value * axes.vectors[column, axis]
                        dot += axes.vectors[axis, row] * axes.vectors[axis, column]
                    }
                    #expect(abs(cell - matrix[row, column]) < 1e-9, "seed \(seed), size \(size)")
                    #expect(abs(dot - (row == column ? 1 : 0)) < 1e-12, "seed \(seed)")
                }
            }
        }
    }
}

@Suite("Searches")
struct SearchTests {
    /// Goes through a search with a cost of the values; the best cost and its values.
    static func minimise(
        _ search: some Search, _ space: Space, _ cost: ([Assignment]) -> Double
    ) -> (cost: Double, values: [String], count: Int) {
        var search = search
        var best = (cost: Double.infinity, values: [String](), count: 0)
        while let points = search.ask() {
            let values = points.map(space.assignments(at:))
            for point in points { #expect(point.allSatisfy { 0 <= $0 && $0 <= 1 }) }
            let costs = values.map(cost)
            best.count += points.count
            for (one, cost) in zip(values, costs) where cost < best.cost {
                (best.cost, best.values) = (cost, one.map(\.value))
            }
            search.tell(costs.map { Fitness.met(cost: $0) })
        }
        return best
    }

    static func numbers(_ values: [Assignment]) -> [Double] {
        values.compactMap { Double($0.value) }
    }

    static func space() throws -> Space {
        try TestSchema.plan(
            """
            parameters:
              s.x: {from: 0, to: 10}
              s.y: {from: 0, to: 10}
              s.z: {from: -10, to: 10}
            """
        ).space
    }

    @Test(arguments: [UInt64(1), 2])
    func `CMA-ES finds a minimum inside the bounds and on them`(seed: UInt64) throws {
        let space = try Self.space()
        let inside = Self.minimise(try CMAESearch(space, trials: 1_500, seed: seed), space) {
            let x = Self.numbers($0)
            return Functions.rosenbrock([x[0] - 2, x[1] - 3, x[2] + 4])
        }
        print("Rosenbrock within bounds, seed \(seed): \(inside)")
        #expect(inside.cost < 1e-6)
        #expect(inside.count == 1_500)
        let border = Self.minimise(try CMAESearch(space, trials: 800, seed: seed), space) {
            let x = Self.numbers($0)
            return x[0] + x[1] + (x[2] - 12) * (x[2] - 12)
        }
        print("minimum in a corner, seed \(seed): \(border)")
        #expect(border.cost < 4 + 1e-3)
    }

    @Test(arguments: [UInt64(1), 2])
    func `CMA-ES begins again with more points until it leaves local minima`(seed: UInt64) throws {
        let space = try TestSchema.plan(
            "parameters: {s.x: {from: 0, to: 10}, s.y: {from: 0, to: 10}}"
        ).space
        let best = Self.minimise(try CMAESearch(space, trials: 3_000, seed: seed), space) {
            Functions.rastrigin(Self.numbers($0).map { $0 - 3.3 })
        }
        print("Rastrigin, seed \(seed): \(best)")
        #expect(best.cost < 1e-6)
    }

    @Test func `CMA-ES takes whole numbers and steps, and refuses choices`() throws {
        let space = try TestSchema.plan(
            """
            parameters:
              s.count: {from: 1, to: 40}
              s.x: {from: 0, to: 10, step: 0.25}
            """
        ).space
        let best = Self.minimise(try CMAESearch(space, trials: 600, seed: 7), space) {
            let x = Self.numbers($0)
            return (x[0] - 17) * (x[0] - 17) + (x[1] - 3.25) * (x[1] - 3.25)
        }
        #expect(best.values == ["17", "3.25"])
        let words = try TestSchema.plan("parameters: {s.kind: {choices: [a, b]}}").space
        #expect(throws: OptimiseError.self) { _ = try CMAESearch(words, trials: 10, seed: 1) }
    }

    @Test(arguments: [UInt64(1), 2])
    func `the genetic algorithm handles numbers, whole numbers and words together`(
        seed: UInt64
    ) throws {
        let space = try TestSchema.plan(
            """
            parameters:
              s.x: {from: 0, to: 10}
              s.count: {from: 1, to: 40}
              s.kind: {choices: [a, b, c]}
            constraints: [s.x < s.count]
            """
        ).space
        let best = Self.minimise(GeneticSearch(space, trials: 1_200, seed: seed), space) {
            #expect(space.violation(of: $0) == 0)
            let x = Self.numbers($0)
            // A step: only the right word lets the others matter.
            let step = $0[2].value == "b" ? 0.0 : 50
            return step + Functions.rastrigin([(x[0] - 4) / 2]) + abs(x[1] - 23)
        }
        print("genetic, seed \(seed): \(best)")
        #expect(best.values[1...] == ["23", "b"])
        #expect(best.cost < 0.01)
    }

    @Test(arguments: [UInt64(1), 2])
    func `random points are one in each part of each range`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let points = Sampling.latinHypercube(50, dimensions: 4, &random, isAllowed: { _ in true })
        for dimension in 0..<4 {
            let cells = points.map { Int($0[dimension] * 50) }
            #expect(cells.sorted() == Array(0..<50), "seed \(seed)")
        }
        let upper = Sampling.latinHypercube(50, dimensions: 2, &random) { $0[0] > $0[1] }
        #expect(upper.count == 50)
        #expect(upper.allSatisfy { $0[0] > $0[1] })
        let none = Sampling.latinHypercube(3, dimensions: 2, &random) { _ in false }
        #expect(none.isEmpty)
    }

    @Test func `trials are ranked by requirements first, and those without a result are last`() {
        let all: [Fitness] = [
            .failed, .met(cost: 5), .missed(by: 0.1), .met(cost: -1), .met(cost: .nan),
            .missed(by: 3), .met(cost: 5),
        ]
        #expect(Fitness.ranking(all) == [3, 1, 6, 2, 5, 0, 4])
    }

    @Test func `a place beyond a bound is mirrored`() {
        let cases: [(Double, Double)] = [
            (0.25, 0.25), (1.25, 0.75), (-0.25, 0.25), (2.25, 0.25), (-1.25, 0.75), (1, 1), (2, 0),
            (.nan, 0.5), (.infinity, 0.5),
        ]
        for (place, inside) in cases { #expect(Reflection.inside(place) == inside, "\(place)") }
    }
}
