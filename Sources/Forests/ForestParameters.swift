//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages

/// One node of a tree.
public enum ForestNode: Equatable, Sendable {
    /// What the tree adds to the sum.
    case leaf(Double)
    /// A value that is at most the threshold, which may be infinite, goes left.
    case split(feature: Int, threshold: Float, missing: ForestMissing)
    /// A value cut to an integer goes left when it is in the set; what is negative or
    /// not-a-number goes right.
    case categories(feature: Int, set: Int)

    var isLeaf: Bool { if case .leaf = self { true } else { false } }
}

/// What a split does with values that are missing.
public struct ForestMissing: Equatable, Sendable {
    public var goesLeft: Bool
    /// Values within 1e-35 of zero are missing, too; not-a-number always is.
    public var includesZero: Bool

    public init(goesLeft: Bool, includesZero: Bool = false) {
        self.goesLeft = goesLeft
        self.includesZero = includesZero
    }
}

/// Gradient-boosted decision trees as numbers.
///
/// A tree's nodes stand breadth first: the children of its n-th node that is no leaf, counted from
/// 0, stand at 2n + 1 (left) and 2n + 2. So no tree can hold a cycle or a child that is not there.
public struct ForestParameters: Equatable, Sendable {
    /// How leaves are added and the sum is made a score.
    public enum Arithmetic: UInt8, Sendable {
        /// As LightGBM does it.
        case double = 1
        /// In float32, as XGBoost does it.
        case single = 2
    }

    /// What becomes of the sum; the numbers are those of `apus_forest.h`.
    public enum Link: UInt8, Sendable {
        case identity = 0
        /// 1 / (1 + e^(-scale * sum))
        case sigmoid = 1
        case exponential = 2
        /// The sum's square with the sum's sign.
        case signedSquare = 3
    }

    public static let treeCountMax = 4_096
    public static let treeNodeCountMax = 65_536
    public static let nodeCountMax = 1_048_576
    public static let featureCountMax = Int(APUS_FEATURE_COUNT_MAX)
    /// Words of 32 categories in all sets.
    public static let categoryWordCountMax = 1_048_576

    public var featureCount: Int
    public var trees: [[ForestNode]]
    /// Category c is in a set when bit c % 32 of its word c / 32 is set.
    public var categorySets: [[UInt32]]
    public var arithmetic: Arithmetic
    /// What the sum begins with.
    public var base: Double
    public var link: Link
    public var linkScale: Double
    /// The sum is divided by the count of trees, as random forests do.
    public var averages: Bool

    public init(
        featureCount: Int, trees: [[ForestNode]], categorySets: [[UInt32]] = [],
        arithmetic: Arithmetic, base: Double = 0, link: Link = .identity, linkScale: Double = 1,
        averages: Bool = false
    ) {
        self.featureCount = featureCount
        self.trees = trees
        self.categorySets = categorySets
        self.arithmetic = arithmetic
        self.base = base
        self.link = link
        self.linkScale = linkScale
        self.averages = averages
    }

    public var nodeCount: Int { trees.reduce(0) { $0 + $1.count } }

    /// The first rule the parameters break; `nil` when they make a forest. Every reader judges by
    /// this one list.
    public var problem: String? {
        if featureCount < 1 || featureCount > Self.featureCountMax {
            return "\(featureCount) features; 1...\(Self.featureCountMax) are possible"
        }
        if trees.isEmpty || trees.count > Self.treeCountMax {
            return "\(trees.count) trees; 1...\(Self.treeCountMax) are possible"
        }
        if nodeCount > Self.nodeCountMax {
            return "\(nodeCount) nodes; \(Self.nodeCountMax) are possible"
        }
        if categorySets.reduce(0, { $0 + $1.count }) > Self.categoryWordCountMax {
            return "category sets of over \(Self.categoryWordCountMax) words"
        }
        if !isNumber(base) { return "the base \(base) is no finite number of its arithmetic" }
        if !(linkScale > 0 && linkScale.isFinite) { return "the link's scale is not over 0" }
        if arithmetic == .single, averages || linkScale != 1 || link == .signedSquare {
            return "float32 forests have no averages, scales or squares"
        }
        for (index, tree) in trees.enumerated() {
            if let problem = problem(of: tree) { return "tree \(index): \(problem)" }
        }
        return nil
    }

    private func problem(of tree: [ForestNode]) -> String? {
        if tree.isEmpty || tree.count > Self.treeNodeCountMax {
            return "\(tree.count) nodes; 1...\(Self.treeNodeCountMax) are possible"
        }
        var named = 1
        for (index, node) in tree.enumerated() {
            if index >= named { return "no node has node \(index) as its child" }
            if let problem = problem(of: node) { return "node \(index): \(problem)" }
            if !node.isLeaf { named += 2 }
        }
        return named == tree.count ? nil : "\(tree.count) nodes where children make \(named)"
    }

    private func problem(of node: ForestNode) -> String? {
        switch node {
        case .leaf(let value):
            return isNumber(value) ? nil : "value \(value) is no finite number of its arithmetic"
        case .split(let feature, let threshold, _):
            if let problem = problem(ofFeature: feature) { return problem }
            return threshold.isNaN ? "the threshold is not a number" : nil
        case .categories(let feature, let set):
            if let problem = problem(ofFeature: feature) { return problem }
            return categorySets.indices.contains(set) ? nil : "category set \(set) is not there"
        }
    }

    private func problem(ofFeature feature: Int) -> String? {
        if feature >= 0, feature < featureCount { return nil }
        return "feature \(feature); 0...\(featureCount - 1) are there"
    }

    private func isNumber(_ value: Double) -> Bool {
        value.isFinite && (arithmetic == .double || Double(Float(value)) == value)
    }
}
