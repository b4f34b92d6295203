//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests
import SeededRandom

/// Forests of a seed, and what a plain walk makes of a row.
enum RandomForest {
    static func make(
        trees: Int, splitsMax: Int, features: Int, arithmetic: ForestParameters.Arithmetic,
        hasCategories: Bool, _ random: inout SplitMix64
    ) -> ForestParameters {
        var sets: [[UInt32]] = []
        if hasCategories {
            for _ in 0..<4 {
                let count = Int.random(in: 0...3, using: &random)
                sets.append((0..<count).map { _ in UInt32(truncatingIfNeeded: random.next()) })
            }
        }
        return ForestParameters(
            featureCount: features,
            trees: (0..<trees).map { _ in
                tree(splitsMax, features, arithmetic, sets.count, &random)
            }, categorySets: sets, arithmetic: arithmetic, base: 0.25)
    }

    private static func tree(
        _ splitsMax: Int, _ features: Int, _ arithmetic: ForestParameters.Arithmetic,
        _ setCount: Int, _ random: inout SplitMix64
    ) -> [ForestNode] {
        var nodes: [ForestNode] = []
        var named = 1
        var rest = Int.random(in: 0...splitsMax, using: &random)
        while nodes.count < named {
            // The last node that may still have children has some, so that trees grow deep.
            let isSplit = rest > 0 && (nodes.count + 1 == named || Bool.random(using: &random))
            guard isSplit else {
                let value = random.normal()
                nodes.append(.leaf(arithmetic == .single ? Double(Float(value)) : value))
                continue
            }
            rest -= 1
            named += 2
            let feature = random.below(features)
            if setCount > 0, random.below(3) == 0 {
                nodes.append(.categories(feature: feature, set: random.below(setCount)))
            } else {
                nodes.append(
                    .split(
                        feature: feature, threshold: Float(random.normal()),
                        missing: ForestMissing(
                            goesLeft: Bool.random(using: &random),
                            includesZero: Bool.random(using: &random))))
            }
        }
        return nodes
    }

    /// Values around the thresholds and the categories, and what is special.
    static func row(_ features: Int, _ random: inout SplitMix64) -> [Float] {
        (0..<features).map { _ in
            switch random.below(8) {
            case 0: [.nan, .infinity, -.infinity, 0, -0.0, 1e-36, -1e-35, 3e9][random.below(8)]
            case 1: Float(random.below(100))
            default: Float(random.normal())
            }
        }
    }

    /// The sum before the link.
    static func sum(_ forest: ForestParameters, _ row: [Float]) -> Double {
        var sum = forest.base
        for tree in forest.trees {
            let value = leaf(tree, forest.categorySets, row)
            sum = forest.arithmetic == .single
                ? Double(Float(sum) + Float(value)) : sum + value
        }
        return sum
    }

    private static func leaf(
        _ tree: [ForestNode], _ sets: [[UInt32]], _ row: [Float]
    ) -> Double {
        var at = 0
        while true {
            let before = tree[..<at].count { if case .leaf = $0 { false } else { true } }
            let goesLeft: Bool
            switch tree[at] {
            case .leaf(let value): return value
            case .split(let feature, let threshold, let missing):
                let value = row[feature]
                let isMissing =
                    value.isNaN || missing.includesZero && value.magnitude <= 1e-35
                goesLeft = isMissing ? missing.goesLeft : value <= threshold
            case .categories(let feature, let set):
                let category = Int(exactly: row[feature].rounded(.towardZero)) ?? -1
                goesLeft = category >= 0 && category / 32 < sets[set].count
                    && sets[set][category / 32] >> UInt32(category % 32) & 1 == 1
            }
            at = 2 * before + (goesLeft ? 1 : 2)
        }
    }
}
