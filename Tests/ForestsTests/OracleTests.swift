//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests
import Foundation
import TestSupport
import Testing

/// What the libraries themselves predict; made once for a script and its rows.
private enum Predictions {
    static let folder = Oracle.folder.appending(path: "forests")
    static let rowCount = 100_000

    static let models: [String] = {
        try? Oracle.run("forest_values.py", [folder.path(), "\(rowCount)"])
        let names = try? String(contentsOf: folder.appending(path: "names"), encoding: .utf8)
        return names?.split(separator: "\n").map(String.init) ?? []
    }()

    static func parameters(_ model: String) throws -> ForestParameters {
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "\(model).model")))
        return model.hasPrefix("lightgbm")
            ? try LightGBMText.parse(bytes) : try XGBoostJSON.parse(bytes)
    }
}

@Suite(
    "Forests against LightGBM and XGBoost",
    .enabled(if: Oracle.isThere, "LightGBM and XGBoost cannot be installed"))
struct OracleTests {
    @Test func `models of both libraries are compared, of every kind of split`() throws {
        #expect(Predictions.models.count { $0.hasPrefix("lightgbm") } >= 18)
        #expect(Predictions.models.count { $0.hasPrefix("xgboost") } >= 16)
        var missing: Set<[Bool]> = []
        var (hasCategories, treeCountMax, nodeCountMax) = (false, 0, 0)
        for model in Predictions.models {
            let forest = try Predictions.parameters(model)
            treeCountMax = max(treeCountMax, forest.trees.count)
            for tree in forest.trees {
                nodeCountMax = max(nodeCountMax, tree.count)
                for node in tree {
                    switch node {
                    case .leaf: break
                    case .split(_, _, let kind):
                        missing.insert([kind.goesLeft, kind.includesZero])
                    case .categories: hasCategories = true
                    }
                }
            }
        }
        #expect(missing.count == 4)
        #expect(hasCategories)
        #expect(treeCountMax >= 200)
        #expect(nodeCountMax >= 900)
    }

    @Test(arguments: Predictions.models)
    func `scores have the library's bits`(model: String) throws {
        let library = model.prefix { $0 != "-" }
        let folder = Predictions.folder
        let rows = try Oracle.numbers(
            folder.appending(path: "\(library).rows"), as: Float.self)
        let scores = try Oracle.numbers(
            folder.appending(path: "\(model).scores"), as: Double.self)
        let parameters = try Predictions.parameters(model)
        let width = rows.count / scores.count
        #expect(scores.count == Predictions.rowCount && parameters.featureCount == width)
        // What stands in a model file is what is served.
        let forest = Forest(try ForestParameters.decode(parameters.encode()[...]))
        defer { forest.deallocate() }
        var (differing, first) = (0, 0)
        unsafe rows.withUnsafeBufferPointer { rows in
            for index in scores.indices {
                let score = unsafe forest.evaluate(rows.baseAddress! + index * width)
                guard score.bitPattern != scores[index].bitPattern else { continue }
                if differing == 0 { first = index }
                differing += 1
            }
        }
        #expect(differing == 0, "row \(first) is the first of \(differing)")
        #expect(Set(scores).count > (model.hasSuffix("constant") ? 0 : 10))
    }
}
