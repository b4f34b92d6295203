//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests
import SeededRandom
import Testing

@Suite("Forests")
struct ForestTests {
    @Test(arguments: [1, 7, 8, 9, 31, 32, 33, 100], [false, true])
    func `trees walked side by side give the sum of trees walked one by one`(
        trees: Int, hasCategories: Bool
    ) {
        let seed = UInt64(trees)
        var random = SplitMix64(seed: seed)
        for arithmetic in [ForestParameters.Arithmetic.double, .single] {
            let features = [1, 5, 124][random.below(3)]
            let parameters = RandomForest.make(
                trees: trees, splitsMax: 60, features: features, arithmetic: arithmetic,
                hasCategories: hasCategories, &random)
            let forest = Forest(parameters)
            defer { forest.deallocate() }
            for _ in 0..<100 {
                let row = RandomForest.row(features, &random)
                let score = unsafe row.withUnsafeBufferPointer {
                    unsafe forest.evaluate($0.baseAddress!)
                }
                let sum = RandomForest.sum(parameters, row)
                guard score.bitPattern == sum.bitPattern else {
                    Issue.record("seed \(seed), \(arithmetic): \(score), not \(sum): \(row)")
                    return
                }
            }
        }
    }

    @Test func `a tree as deep as there can be is walked to its end`() {
        let depth = (ForestParameters.treeNodeCountMax - 1) / 2
        let missing = ForestMissing(goesLeft: false)
        var tree: [ForestNode] = [.split(feature: 0, threshold: 0, missing: missing)]
        for level in 1..<depth {
            tree.append(.leaf(Double(level)))
            tree.append(.split(feature: 0, threshold: Float(level), missing: missing))
        }
        tree += [.leaf(Double(depth)), .leaf(-1)]
        let forest = ForestParameters(featureCount: 1, trees: [tree], arithmetic: .double)
        #expect(forest.problem == nil)
        #expect(Models.score(forest, [-1]) == 1)
        #expect(Models.score(forest, [100.5]) == 102)
        #expect(Models.score(forest, [.nan]) == -1)
    }

    @Test(arguments: [
        (ForestParameters.Link.identity, 1.0, -0.5),
        (.sigmoid, 1.0, 0.3775406687981454), (.sigmoid, 2.0, 0.2689414213699951),
        (.exponential, 1.0, 0.6065306597126334), (.signedSquare, 1.0, -0.25),
    ])
    func `the sum becomes a score by the link`(
        link: ForestParameters.Link, scale: Double, score: Double
    ) {
        let forest = ForestParameters(
            featureCount: 1, trees: [[.leaf(-0.75)], [.leaf(0.25)]], arithmetic: .double,
            link: link, linkScale: scale)
        #expect(abs(Models.score(forest, [0]) - score) <= 1e-16)
    }

    @Test func `an average divides by the count of trees`() {
        let forest = ForestParameters(
            featureCount: 1, trees: [[.leaf(3)], [.leaf(5)]], arithmetic: .double, averages: true)
        #expect(Models.score(forest, [0]) == 4)
    }

    @Test func `a sum beyond the numbers is infinite and nothing else happens`() {
        let large = [ForestNode.leaf(.greatestFiniteMagnitude)]
        let forest = ForestParameters(featureCount: 1, trees: [large, large], arithmetic: .double)
        #expect(Models.score(forest, [0]) == .infinity)
    }

    static let split = ForestNode.split(
        feature: 0, threshold: 0, missing: ForestMissing(goesLeft: true))

    @Test(arguments: [
        (ForestParameters(featureCount: 0, trees: [[.leaf(0)]], arithmetic: .double), "features"),
        (.init(featureCount: 125, trees: [[.leaf(0)]], arithmetic: .double), "125 features"),
        (.init(featureCount: 1, trees: [], arithmetic: .double), "0 trees"),
        (
            .init(
                featureCount: 1, trees: .init(repeating: [.leaf(0)], count: 4_097),
                arithmetic: .double), "4097 trees"
        ),
        (.init(featureCount: 1, trees: [[]], arithmetic: .double), "tree 0: 0 nodes"),
        (.init(featureCount: 1, trees: [[split, .leaf(0)]], arithmetic: .double), "make 3"),
        (.init(featureCount: 1, trees: [[.leaf(0), .leaf(0)]], arithmetic: .double), "its child"),
        (.init(featureCount: 1, trees: [[.leaf(.nan)]], arithmetic: .double), "no finite number"),
        (.init(featureCount: 1, trees: [[.leaf(0.1)]], arithmetic: .single), "of its arithmetic"),
        (
            .init(
                featureCount: 1, trees: [[.leaf(0)]], arithmetic: .single, averages: true),
            "no averages"
        ),
        (.init(featureCount: 1, trees: [[.leaf(0)]], arithmetic: .double, linkScale: 0), "scale"),
        (
            .init(
                featureCount: 1,
                trees: [[.categories(feature: 0, set: 0), .leaf(0), .leaf(0)]],
                arithmetic: .double), "set 0 is not there"
        ),
        (
            .init(
                featureCount: 1,
                trees: [
                    [
                        .split(
                            feature: 1, threshold: 0, missing: ForestMissing(goesLeft: true)),
                        .leaf(0), .leaf(0),
                    ]
                ], arithmetic: .double), "feature 1; 0...0 are there"
        ),
        (
            .init(
                featureCount: 1,
                trees: [
                    [
                        .split(
                            feature: 0, threshold: .nan, missing: ForestMissing(goesLeft: true)),
                        .leaf(0), .leaf(0),
                    ]
                ], arithmetic: .double), "threshold is not a number"
        ),
    ])
    func `what is no forest has its reason`(forest: ForestParameters, reason: String) {
        #expect(forest.problem?.contains(reason) == true, "\(forest.problem ?? "none")")
    }
}
