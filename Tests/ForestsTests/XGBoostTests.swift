//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests
import Testing

@Suite("XGBoost's JSON")
struct XGBoostTests {
    @Test(arguments: [
        ([9, 0.4], true), ([9, 0.5], false), ([9, Float(0.5).nextDown], true), ([9, .nan], true),
        ([9, .infinity], false), ([9, -.infinity], true),
    ] as [([Float], Bool)])
    func `a small model has known scores`(row: [Float], goesLeft: Bool) throws {
        let forest = try XGBoostJSON.parse(Models.xgBoost.bytes)
        let first: Float = goesLeft ? 0.1 : -0.2
        #expect(Models.score(forest, row) == Double(0.5 + first + Float(0.3)))
    }

    @Test(arguments: [
        ("5E-1", "reg:squarederror", 0.5), ("[2.5E-1]", "binary:logistic", -1.0986123),
        ("[1E0]", "count:poisson", 0), ("[7E-1]", "binary:logitraw", 0.7),
    ] as [(String, String, Float)])
    func `the sum begins with what the base score is before the link`(
        base: String, objective: String, sum: Float
    ) throws {
        let text = Models.xgBoost.replacing("[5E-1]", with: base)
            .replacing("reg:squarederror", with: objective)
        #expect(abs(Float(try XGBoostJSON.parse(text.bytes).base) - sum) <= 1e-6)
    }

    @Test func `dart weighs its trees`() throws {
        let text = Models.xgBoost
            .replacing(
                #""gradient_booster":{"#, with: #""gradient_booster":{"name":"dart","gbtree":{"#)
            .replacing(
                #""name":"gbtree"}"#, with: #""name":"gbtree"},"weight_drop":[5E-1,2E0]}"#)
        let forest = try XGBoostJSON.parse(text.bytes)
        #expect(Models.score(forest, [0, 0]) == Double(0.5 + Float(0.1) * 0.5 + Float(0.3) * 2))
    }

    static let refusals: [(String, String, String)] = [
        ("[3,2,0]", "[2,1,4]", "version: version 2.1.4"),
        ("[3,2,0]", "[3,1,0]", "version: version 3.1.0"),
        (",\"version\":[3,2,0]", "", "version: version ;"),
        ("\"version\":[3,2,0]", "\"version\":[3,2,0],\"version\":[3,2,0]", "comes twice"),
        ("\"num_class\":\"0\"", "\"num_class\":\"3\"", "several classes"),
        ("\"num_target\":\"1\"", "\"num_target\":\"2\"", "several classes or targets"),
        (
            "\"num_feature\":\"2\",\"num_target\"", "\"num_feature\":\"0\",\"num_target\"",
            "0 features"
        ),
        (
            "\"num_feature\":\"2\",\"num_target\"", "\"num_feature\":\"200\",\"num_target\"",
            "200 features"
        ),
        ("\"tree_info\":[0,0]", "\"tree_info\":[0,1]", "gradient_booster.model.tree_info: several"),
        ("reg:squarederror", "multi:softprob", "objective.name: objective `multi:softprob`"),
        ("reg:squarederror", "survival:cox", "objective `survival:cox` is not known"),
        ("\"name\":\"gbtree\"", "\"name\":\"gblinear\"", "booster `gblinear`"),
        ("\"name\":\"gbtree\"", "\"name\":\"dart\"", "0 weights for 2 trees"),
        ("[5E-1]\",\"boost", "[5E-1,1E0]\",\"boost", "base_score"),
        ("[5E-1]\",\"boost", "NaN\",\"boost", "is not one finite number"),
        ("\"split_type\":[0,0,0]", "\"split_type\":[1,0,0]", "trees[0]: splits by categories"),
        ("\"left_children\":[1,-1,-1]", "\"left_children\":[0,-1,-1]", "has another parent"),
        ("\"left_children\":[1,-1,-1]", "\"left_children\":[3,-1,-1]", "child 3 of node 0"),
        ("\"left_children\":[1,-1,-1]", "\"left_children\":[-2,-1,-1]", "child -2 of node 0"),
        ("\"left_children\":[1,-1,-1]", "\"left_children\":[2,-1,-1]", "has another parent"),
        ("\"left_children\":[1,-1,-1]", "\"left_children\":[1,2,-1]", "has another parent"),
        ("\"left_children\":[1,-1,-1]", "\"left_children\":[1,-1]", "different lengths"),
        ("\"left_children\":[1,-1,-1]", "\"left_children\":[1,-1,1.5]", "left_children[2]: an int"),
        ("\"left_children\":[1,-1,-1],", "", "different lengths"),
        ("\"split_indices\":[1,0,0]", "\"split_indices\":[2,0,0]", "feature 2; 0...1 are there"),
        ("\"split_indices\":[1,0,0]", "\"split_indices\":[-1,0,0]", "feature -1"),
        ("[5E-1,1E-1,-2E-1]", "[NaN,1E-1,-2E-1]", "split_conditions[0]: no JSON from byte"),
        ("[5E-1,1E-1,-2E-1]", "[null,1E-1,-2E-1]", "split_conditions[0]: a finite number"),
        ("[5E-1,1E-1,-2E-1]", "[5E-1,1E99,-2E-1]", "split_conditions[1]: a finite number"),
        ("\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"3\"", "leaves of several outputs"),
        ("\"id\":0", "\"leaf_kind\":0", "trees[0].leaf_kind: it is not understood"),
        ("\"cats\":", "\"dogs\":", "model.dogs: it is not understood"),
        ("{\"learner\"", "[\"learner\"", "document: an object belongs here"),
    ]

    @Test(arguments: refusals)
    func `what cannot be served is refused with path and reason`(
        old: String, new: String, reason: String
    ) throws {
        let range = try #require(Models.xgBoost.firstRange(of: old))
        let text = Models.xgBoost.replacingCharacters(in: range, with: new)
        let error = #expect(throws: ForestError.self) { try XGBoostJSON.parse(text.bytes) }
        #expect(error?.description.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test func `a beginning of the file is refused, whatever its length`() {
        let whole = Models.xgBoost.bytes
        for length in 0..<whole.count {
            #expect(throws: ForestError.self, "\(length) bytes") {
                try XGBoostJSON.parse(Array(whole[..<length]))
            }
        }
        #expect(throws: ForestError.self) { try XGBoostJSON.parse(whole + [0x7d]) }
    }

    @Test func `a file with bytes changed at random is refused or can be evaluated`() {
        #expect(Mutations.accepted(Models.xgBoost.bytes, XGBoostJSON.parse) > 100)
    }
}
