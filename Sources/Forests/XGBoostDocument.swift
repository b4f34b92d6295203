//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a model file of XGBoost says, before it is judged as a whole.
struct XGBoostDocument {
    private(set) var version: [Int] = []
    private(set) var featureCount = 0
    private(set) var classCount = 0
    private(set) var targetCount = 1
    /// As it stands in the file: one number, in brackets since 3.1.
    private(set) var baseScore = ""
    private(set) var objective = ""
    private(set) var booster = ""
    /// What dart gives each tree.
    private(set) var weights: [Float] = []
    private(set) var trees: [[ForestNode]] = []
    private var nodeCount = 0

    mutating func read(_ walker: inout JSONWalker) throws(ForestError) {
        try walker.members { (walker, name) throws(ForestError) in
            switch name {
            case "version": version = try walker.integers(max: 3)
            case "learner": try readLearner(&walker)
            case "Config": try walker.skip()
            default: throw walker.refused("it is not understood")
            }
        }
        try walker.end()
    }

    private mutating func readLearner(_ walker: inout JSONWalker) throws(ForestError) {
        try walker.members { (walker, name) throws(ForestError) in
            switch name {
            case "attributes", "feature_names", "feature_types": try walker.skip()
            case "gradient_booster": try readBooster(&walker)
            case "learner_model_param": try readModelParameters(&walker)
            case "objective":
                try walker.members { (walker, name) throws(ForestError) in
                    if name == "name" {
                        objective = try walker.string()
                    } else {
                        try walker.skip()
                    }
                }
            default: throw walker.refused("it is not understood")
            }
        }
    }

    private mutating func readModelParameters(_ walker: inout JSONWalker) throws(ForestError) {
        try walker.members { (walker, name) throws(ForestError) in
            switch name {
            case "base_score": baseScore = try walker.string()
            case "num_feature": featureCount = try walker.quotedInteger()
            case "num_class": classCount = try walker.quotedInteger()
            case "num_target": targetCount = try walker.quotedInteger()
            case "boost_from_average": try walker.skip()
            default: throw walker.refused("it is not understood")
            }
        }
    }

    private mutating func readBooster(_ walker: inout JSONWalker) throws(ForestError) {
        try walker.members { (walker, name) throws(ForestError) in
            switch name {
            case "name":
                booster = try walker.string()
                guard booster == "gbtree" || booster == "dart" else {
                    throw walker.refused("booster `\(booster)`; gbtree and dart are served")
                }
            case "model": try readModel(&walker)
            // Dart holds a whole gbtree.
            case "gbtree":
                try walker.members { (walker, name) throws(ForestError) in
                    switch name {
                    case "name": try walker.skip()
                    case "model": try readModel(&walker)
                    default: throw walker.refused("it is not understood")
                    }
                }
            case "weight_drop": weights = try walker.floats(max: ForestParameters.treeCountMax)
            default: throw walker.refused("it is not understood")
            }
        }
    }

    private mutating func readModel(_ walker: inout JSONWalker) throws(ForestError) {
        guard trees.isEmpty else { throw walker.refused("a second model") }
        try walker.members { (walker, name) throws(ForestError) in
            switch name {
            case "cats", "gbtree_model_param", "iteration_indptr": try walker.skip()
            case "tree_info":
                let classes = try walker.integers(max: ForestParameters.treeCountMax)
                guard classes.allSatisfy({ $0 == 0 }) else {
                    throw walker.refused("several classes; train one model for each")
                }
            case "trees":
                try walker.elements(max: ForestParameters.treeCountMax) {
                    (walker, _) throws(ForestError) in
                    let tree = try XGBoostTree.read(&walker)
                    nodeCount += tree.count
                    guard nodeCount <= ForestParameters.nodeCountMax else {
                        throw walker.refused(
                            "over \(ForestParameters.nodeCountMax) nodes; train fewer or smaller "
                                + "trees")
                    }
                    trees.append(tree)
                }
            default: throw walker.refused("it is not understood")
            }
        }
    }
}
