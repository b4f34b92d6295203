//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The trees of one model of LightGBM.
struct LightGBMTrees {
    static let keys: Set<String> = [
        "num_leaves", "num_cat", "split_feature", "split_gain", "threshold", "decision_type",
        "left_child", "right_child", "leaf_value", "leaf_weight", "leaf_count", "internal_value",
        "internal_weight", "internal_count", "cat_boundaries", "cat_threshold", "is_linear",
        "shrinkage",
    ]

    let featureCount: Int
    /// Of the trees read so far.
    private(set) var categorySets: [[UInt32]] = []
    private var categoryWordCount = 0
    private var nodeCount = 0

    init(featureCount: Int) { self.featureCount = featureCount }

    mutating func tree(_ block: TextBlock) throws(ForestError) -> [ForestNode] {
        if block.has("is_linear"), try block.integer("is_linear") != 0 {
            throw .text(
                line: try block.field("is_linear").line,
                reason: "linear trees are not served; train with linear_tree=false")
        }
        let leafCount = try block.integer("num_leaves")
        guard leafCount >= 1, leafCount <= (ForestParameters.treeNodeCountMax + 1) / 2 else {
            throw .text(
                line: try block.field("num_leaves").line,
                reason: "\(leafCount) leaves; 1...\((ForestParameters.treeNodeCountMax + 1) / 2) "
                    + "are possible")
        }
        nodeCount += 2 * leafCount - 1
        guard nodeCount <= ForestParameters.nodeCountMax else {
            throw .text(
                line: block.line,
                reason: "over \(ForestParameters.nodeCountMax) nodes; train fewer or smaller trees")
        }
        let values = try block.doubles("leaf_value", count: leafCount)
        if leafCount == 1 { return [.leaf(values[0])] }
        let splits = try splits(block, count: leafCount - 1)
        let lefts = try block.integers("left_child", count: splits.count)
        let rights = try block.integers("right_child", count: splits.count)
        // Leaf n is child -n - 1 in the file and stands behind the splits here.
        func index(_ child: Int) -> Int {
            if child >= 0 { return child < splits.count ? child : -1 }
            return child >= -leafCount ? splits.count + ~child : -1
        }
        let line = try block.field("left_child").line
        var order = TreeOrder()
        let nodes = try order.nodes(count: 2 * leafCount - 1) { place in
            guard place < splits.count else {
                return .init(node: .leaf(values[place - splits.count]))
            }
            return .init(
                node: splits[place], left: index(lefts[place]), right: index(rights[place]))
        } refuse: { _, reason in
            .text(line: line, reason: reason)
        }
        guard order.reached == 2 * leafCount - 1 else {
            throw .text(line: line, reason: "the root does not lead to every node")
        }
        return nodes
    }

    private mutating func splits(
        _ block: TextBlock, count: Int
    ) throws(ForestError) -> [ForestNode] {
        let features = try block.integers("split_feature", count: count)
        let thresholds = try block.doubles("threshold", count: count)
        let decisions = try block.integers("decision_type", count: count)
        let firstSet = categorySets.count
        try addCategories(block)
        var splits: [ForestNode] = []
        for index in 0..<count {
            let feature = features[index]
            guard feature >= 0, feature < featureCount else {
                throw .text(
                    line: try block.field("split_feature").line,
                    reason: "feature \(feature); 0...\(featureCount - 1) are there")
            }
            if decisions[index] & 1 == 0 {
                let missing = try Self.missing(block, decisions[index], thresholds[index])
                splits.append(
                    .split(
                        feature: feature, threshold: ForestThreshold.atMost(thresholds[index]),
                        missing: missing))
                continue
            }
            _ = try Self.missing(block, decisions[index], 0)
            guard let set = Int(exactly: thresholds[index]), set >= 0,
                set < categorySets.count - firstSet
            else {
                throw .text(
                    line: try block.field("threshold").line,
                    reason: "category set \(thresholds[index]) is not there")
            }
            splits.append(.categories(feature: feature, set: firstSet + set))
        }
        return splits
    }

    /// Bit 0: categories; bit 1: what is missing goes left; from bit 2: what is missing.
    private static func missing(
        _ block: TextBlock, _ decision: Int, _ threshold: Double
    ) throws(ForestError) -> ForestMissing {
        let goesLeft = decision & 2 != 0
        switch decision >> 2 {
        // Not-a-number is taken for zero.
        case 0: return ForestMissing(goesLeft: threshold >= 0)
        case 1: return ForestMissing(goesLeft: goesLeft, includesZero: true)
        case 2: return ForestMissing(goesLeft: goesLeft)
        default:
            throw .text(
                line: try block.field("decision_type").line,
                reason: "decision type \(decision) is not understood")
        }
    }

    private mutating func addCategories(_ block: TextBlock) throws(ForestError) {
        guard block.has("num_cat") else { return }
        let count = try block.integer("num_cat")
        if count == 0 { return }
        let line = try block.field("num_cat").line
        guard count > 0, count <= ForestParameters.treeNodeCountMax else {
            throw .text(line: line, reason: "\(count) category sets")
        }
        let bounds = try block.integers("cat_boundaries", count: count + 1)
        guard bounds[0] == 0, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 <= $1 }),
            bounds[count] <= ForestParameters.categoryWordCountMax - categoryWordCount
        else {
            throw .text(
                line: try block.field("cat_boundaries").line,
                reason: "they do not grow from 0, or category sets are over "
                    + "\(ForestParameters.categoryWordCountMax) words together")
        }
        categoryWordCount += bounds[count]
        let words = try block.integers("cat_threshold", count: bounds[count])
        var sets: [UInt32] = []
        for word in words {
            guard let bits = UInt32(exactly: word) else {
                throw .text(
                    line: try block.field("cat_threshold").line,
                    reason: "\(word) is no word of 32 categories")
            }
            sets.append(bits)
        }
        for index in 0..<count {
            categorySets.append(Array(sets[bounds[index]..<bounds[index + 1]]))
        }
    }
}
