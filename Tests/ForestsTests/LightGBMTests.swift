//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests
import SeededRandom
import Testing

@Suite("LightGBM's text")
struct LightGBMTests {
    @Test(arguments: [
        ([0, 9, 0], 1.25), ([0, 9, 1], 4.25), ([0.5, 9, 2], 1.25), ([0.6, 9, 2], 2.25),
        ([.nan, .nan, 32], 1.25), ([-.infinity, 9, 2.9], 1.25), ([.infinity, 9, 2], 2.25),
        ([0, 9, -1], 4.25), ([0, 9, .nan], 4.25), ([0, 9, -0.5], 1.25), ([0, 9, 1e10], 4.25),
        ([0, 9, 64], 4.25), ([0, 9, 33], 4.25), ([0, 9, -.infinity], 4.25),
    ] as [([Float], Double)])
    func `a small model has known scores`(row: [Float], score: Double) throws {
        let forest = try LightGBMText.parse(Models.lightGBM.bytes)
        #expect(Models.score(forest, row) == score)
    }

    @Test func `ends of lines may be those of Windows`() throws {
        let text = Models.lightGBM.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\r\n")
        #expect(try LightGBMText.parse(text.bytes) == LightGBMText.parse(Models.lightGBM.bytes))
    }

    /// Decision types: 0 nothing is missing; 4 zero is and goes right; 6 left; 8 not-a-number is
    /// and goes right; 10 left.
    @Test(arguments: [
        ("0", 0, .nan, true), ("-1", 0, .nan, false), ("0", 0, 1e-36, true),
        ("1e-40", 0, 1e-35, true), ("1e-40", 0, 2e-35, false), ("-1e-36", 0, 0, false),
        ("-1e-36", 0, -1e-36, false), ("-1e-36", 0, -2e-35, true),
        ("1", 4, 0, false), ("1", 4, .nan, false), ("1", 4, 1e-35, false), ("1", 4, 0.5, true),
        ("-1", 6, 0, true), ("-1", 6, .nan, true), ("-1", 6, -2, true), ("-1", 6, -0.5, false),
        ("-1", 6, 5, false), ("1", 8, .nan, false), ("1", 8, 0, true), ("-1", 10, .nan, true),
        ("-1", 10, 0, false), ("0.1", 8, 0.1, false), ("0.1", 8, Float(0.1).nextDown, true),
        ("1e300", 8, .greatestFiniteMagnitude, true), ("1e300", 8, .infinity, false),
        ("-1e300", 8, -.infinity, true), ("-1e300", 8, -.greatestFiniteMagnitude, false),
        ("inf", 8, .infinity, true), ("inf", 8, .nan, false), ("inf", 10, .nan, true),
        ("inf", 0, .nan, true), ("inf", 4, 0, false), ("-inf", 10, -.infinity, true),
    ] as [(String, Int, Float, Bool)])
    func `a threshold of float32 decides as the double does, missing or not`(
        threshold: String, decision: Int, value: Float, goesLeft: Bool
    ) throws {
        let text = Models.lightGBM(threshold: threshold, decision: decision)
        let forest = try LightGBMText.parse(text.bytes)
        #expect(Models.score(forest, [value]) == (goesLeft ? 1 : 2))
    }

    static let refusals: [(String, String, String)] = [
        ("tree\nversion", "trees\nversion", "line 1: no model of LightGBM"),
        ("version=v4", "version=v3", "line 2: version v3"),
        ("num_class=1", "num_class=3", "line 3: several classes"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=2", "line 4: several classes"),
        ("max_feature_idx=2", "max_feature_idx=124", "line 6: features up to 124"),
        ("max_feature_idx=2", "max_feature_idx=-1", "line 6: features up to -1"),
        ("max_feature_idx=2", "max_feature_idx=x", "line 6: `max_feature_idx` is no integer"),
        ("max_feature_idx=2", "label_idx=2", "line 6: `label_idx` is not understood"),
        ("objective=regression", "objective=multiclass num_class:3", "line 7: objective `multi"),
        ("objective=regression", "objective=binary sigmoid:-1", "line 7: objective"),
        ("objective=regression", "objective=quantile sqrt", "line 7: objective"),
        ("tree_sizes=400 200", "tree_sizes=400", "`end of trees` belongs here"),
        ("tree_sizes=400 200", "tree_sizes=1 2 3", "`Tree=2` belongs here"),
        ("tree_sizes=400 200", "tree_sizes=", "0 trees"),
        ("label_index=0", "num_class=1", "`num_class` comes twice"),
        ("Tree=1", "Tree=2", "line 33: `Tree=1` belongs here"),
        ("num_leaves=3", "num_leaves=0", "line 13: 0 leaves"),
        ("num_leaves=3", "num_leaves=40000", "line 13: 40000 leaves"),
        ("num_leaves=3", "num_leaves=4", "`leaf_value` has fewer than 4"),
        ("num_leaves=3", "num_leaves=2", "`leaf_value` has more than 2"),
        ("split_feature=0 2", "split_feature=0 3", "line 15: feature 3"),
        ("split_feature=0 2", "split_feature=-1 2", "line 15: feature -1"),
        ("threshold=0.5 0", "threshold=nan 0", "line 17: `threshold`: `nan`"),
        ("threshold=0.5 0", "threshold=0.5 inf", "line 17: category set inf"),
        ("threshold=0.5 0", "threshold=0.5 1", "line 17: category set 1.0"),
        ("threshold=0.5 0", "threshold=0.5 -1", "line 17: category set -1.0"),
        ("threshold=0.5 0", "threshold=0.5 0.5", "line 17: category set 0.5"),
        ("threshold=0.5 0", "threshold=0.5", "line 17: `threshold` has fewer"),
        ("decision_type=2 1", "decision_type=12 1", "line 18: decision type 12"),
        ("decision_type=2 1", "decision_type=-1 1", "line 18"),
        ("decision_type=2 1", "decision_type=16 1", "line 18: decision type 16"),
        ("left_child=1 -1", "left_child=0 -1", "line 19: child 0 of node 0 has another parent"),
        ("left_child=1 -1", "left_child=2 -1", "line 19: child -1 of node 0 is not there"),
        ("left_child=1 -1", "left_child=1 -4", "is not there"),
        ("left_child=1 -1", "left_child=1 -9223372036854775808", "is not there"),
        ("left_child=1 -1", "left_child=1 -2", "has another parent"),
        ("left_child=1 -1", "left_child=-1 1", "does not lead to every node"),
        ("leaf_value=1 2 4", "leaf_value=1 2 nan", "line 21: `leaf_value`: `nan`"),
        ("leaf_value=1 2 4", "leaf_value=1 2 1e999", "value inf is no finite number"),
        ("leaf_value=1 2 4", "leaf_values=1 2 4", "line 21: `leaf_values` is not understood"),
        ("cat_boundaries=0 2", "cat_boundaries=1 2", "they do not grow from 0"),
        ("cat_boundaries=0 2", "cat_boundaries=0 -1", "they do not grow from 0"),
        ("cat_boundaries=0 2", "cat_boundaries=0 9999999", "they do not grow from 0"),
        ("cat_boundaries=0 2", "cat_boundaries=0 3", "`cat_threshold` has fewer than 3"),
        ("cat_threshold=5 1", "cat_threshold=5 4294967296", "no word of 32 categories"),
        ("num_cat=1", "num_cat=-1", "-1 category sets"),
        ("is_linear=0", "is_linear=1", "linear trees are not served"),
        ("num_leaves=3\n", "", "`Tree=0` has no `num_leaves`"),
        ("end of trees", "end of tree", "`end of trees` belongs here"),
    ]

    @Test(arguments: refusals)
    func `what cannot be served is refused with line and reason`(
        old: String, new: String, reason: String
    ) throws {
        let range = try #require(Models.lightGBM.firstRange(of: old))
        let text = Models.lightGBM.replacingCharacters(in: range, with: new)
        let error = #expect(throws: ForestError.self) { try LightGBMText.parse(text.bytes) }
        #expect(error?.description.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test func `a beginning of the file is refused, whatever its length`() throws {
        let whole = Models.lightGBM.bytes
        let end = try #require(Models.lightGBM.firstRange(of: "end of trees"))
        let count = Models.lightGBM.utf8.distance(
            from: Models.lightGBM.startIndex, to: end.upperBound)
        for length in 0..<count {
            #expect(throws: ForestError.self, "\(length) bytes") {
                try LightGBMText.parse(Array(whole[..<length]))
            }
        }
    }

    @Test func `a file with bytes changed at random is refused or can be evaluated`() {
        #expect(Mutations.accepted(Models.lightGBM.bytes, LightGBMText.parse) > 100)
    }
}

/// Files with a few bytes changed.
enum Mutations {
    /// How many of 5,000 were taken, and evaluated.
    static func accepted(
        _ file: [UInt8], _ parse: ([UInt8]) throws -> ForestParameters
    ) -> Int {
        var random = SplitMix64(seed: 43)
        var accepted = 0
        for _ in 0..<5_000 {
            var bytes = file
            for _ in 0...random.below(2) {
                let other = file[random.below(file.count)]
                bytes[random.below(bytes.count)] = random.below(4) == 0
                    ? UInt8(truncatingIfNeeded: random.next()) : other
            }
            guard let forest = try? parse(bytes) else { continue }
            accepted += 1
            _ = Models.score(forest, RandomForest.row(forest.featureCount, &random))
        }
        return accepted
    }
}

extension String {
    func firstRange(of part: String) -> Range<Index>? { ranges(of: part).first }

    func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
