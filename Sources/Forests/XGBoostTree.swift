//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One tree of a model of XGBoost: arrays with an entry for each node.
struct XGBoostTree {
    private var lefts: [Int] = []
    private var rights: [Int] = []
    private var features: [Int] = []
    /// A leaf's value stands among the thresholds.
    private var thresholds: [Float] = []
    private var defaultLefts: [Int] = []
    private var kinds: [Int] = []

    /// Reads a tree into breadth-first order, without what pruning left behind.
    static func read(_ walker: inout JSONWalker) throws(ForestError) -> [ForestNode] {
        var tree = XGBoostTree()
        try walker.members { (walker, name) throws(ForestError) in try tree.take(&walker, name) }
        let count = tree.lefts.count
        let counts = [
            tree.rights.count, tree.features.count, tree.thresholds.count, tree.defaultLefts.count,
            tree.kinds.count,
        ]
        guard count >= 1, counts.allSatisfy({ $0 == count }) else {
            throw walker.refused("its arrays are missing, empty or of different lengths")
        }
        guard tree.kinds.allSatisfy({ $0 == 0 }) else {
            throw walker.refused("splits by categories are not served; train on numbers")
        }
        var order = TreeOrder()
        let whole = tree
        let place = walker
        return try order.nodes(count: count) { index in
            whole.node(index)
        } refuse: { _, reason in
            place.refused(reason)
        }
    }

    private mutating func take(
        _ walker: inout JSONWalker, _ name: String
    ) throws(ForestError) {
        let max = ForestParameters.treeNodeCountMax
        switch name {
        case "left_children": lefts = try walker.integers(max: max)
        case "right_children": rights = try walker.integers(max: max)
        case "split_indices": features = try walker.integers(max: max)
        case "split_conditions": thresholds = try walker.floats(max: max)
        case "default_left": defaultLefts = try walker.integers(max: max)
        case "split_type": kinds = try walker.integers(max: max)
        case "tree_param":
            try walker.members { (walker, name) throws(ForestError) in
                if name == "size_leaf_vector", try walker.quotedInteger() > 1 {
                    throw walker.refused("leaves of several outputs; train one model for each")
                }
                try walker.skip()
            }
        case "base_weights", "categories", "categories_nodes", "categories_segments",
            "categories_sizes", "id", "loss_changes", "parents", "sum_hessian":
            try walker.skip()
        default: throw walker.refused("it is not understood")
        }
    }

    private func node(_ index: Int) -> TreeOrder.Source {
        guard lefts[index] != -1 || rights[index] != -1 else {
            return .init(node: .leaf(Double(thresholds[index])))
        }
        return .init(
            node: .split(
                feature: features[index], threshold: ForestThreshold.below(thresholds[index]),
                missing: ForestMissing(goesLeft: defaultLefts[index] != 0)),
            left: lefts[index], right: rights[index])
    }
}
