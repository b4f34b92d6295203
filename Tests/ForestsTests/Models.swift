//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests

/// Small models as the libraries write them, and the score of a row.
enum Models {
    static let lightGBM = """
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        label_index=0
        max_feature_idx=2
        objective=regression
        feature_names=a b c
        feature_infos=[0:1] none -1:0:2:32
        tree_sizes=400 200

        Tree=0
        num_leaves=3
        num_cat=1
        split_feature=0 2
        split_gain=2 1
        threshold=0.5 0
        decision_type=2 1
        left_child=1 -1
        right_child=-2 -3
        leaf_value=1 2 4
        leaf_weight=1 1 1
        leaf_count=1 1 1
        internal_value=0 0
        internal_weight=3 2
        internal_count=3 2
        cat_boundaries=0 2
        cat_threshold=5 1
        is_linear=0
        shrinkage=1


        Tree=1
        num_leaves=1
        num_cat=0
        split_feature=
        split_gain=
        threshold=
        decision_type=
        left_child=
        right_child=
        leaf_value=0.25
        leaf_weight=
        leaf_count=3
        internal_value=
        internal_weight=
        internal_count=
        is_linear=0
        shrinkage=0.1


        end of trees

        feature_importances:
        a=1

        parameters:
        [boosting: gbdt]
        end of parameters

        pandas_categorical:null

        """

    /// A tree with one split of feature 0 and the leaves 1 (left) and 2 (right).
    static func lightGBM(threshold: String, decision: Int, objective: String = "regression")
        -> String
    {
        """
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        max_feature_idx=0
        objective=\(objective)
        tree_sizes=1

        Tree=0
        num_leaves=2
        num_cat=0
        split_feature=0
        threshold=\(threshold)
        decision_type=\(decision)
        left_child=-1
        right_child=-2
        leaf_value=1 2


        end of trees
        """
    }

    static let xgBoost = """
        {"learner":{"attributes":{},"feature_names":["a\\u00e9"],"feature_types":[],
        "gradient_booster":{"model":{"cats":{"enc":[],"feature_segments":[],"sorted_idx":[]},
        "gbtree_model_param":{"num_parallel_tree":"1","num_trees":"2"},
        "iteration_indptr":[0,1,2],"tree_info":[0,0],"trees":[
        {"base_weights":[0,0,0],"categories":[],"categories_nodes":[],"categories_segments":[],
        "categories_sizes":[],"default_left":[1,0,0],"id":0,"left_children":[1,-1,-1],
        "loss_changes":[1,0,0],"parents":[2147483647,0,0],"right_children":[2,-1,-1],
        "split_conditions":[5E-1,1E-1,-2E-1],"split_indices":[1,0,0],"split_type":[0,0,0],
        "sum_hessian":[2,1,1],"tree_param":{"num_deleted":"0","num_feature":"2","num_nodes":"3",
        "size_leaf_vector":"1"}},
        {"base_weights":[0],"categories":[],"categories_nodes":[],"categories_segments":[],
        "categories_sizes":[],"default_left":[0],"id":1,"left_children":[-1],"loss_changes":[0],
        "parents":[2147483647],"right_children":[-1],"split_conditions":[3E-1],
        "split_indices":[0],"split_type":[0],"sum_hessian":[2],"tree_param":{"num_deleted":"0",
        "num_feature":"2","num_nodes":"1","size_leaf_vector":"1"}}]},"name":"gbtree"},
        "learner_model_param":{"base_score":"[5E-1]","boost_from_average":"1","num_class":"0",
        "num_feature":"2","num_target":"1"},"objective":{"name":"reg:squarederror",
        "reg_loss_param":{"scale_pos_weight":"1"}}},"version":[3,2,0]}
        """

    static func score(_ parameters: ForestParameters, _ row: [Float]) -> Double {
        let forest = Forest(parameters)
        defer { forest.deallocate() }
        return unsafe row.withUnsafeBufferPointer { unsafe forest.evaluate($0.baseAddress!) }
    }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
