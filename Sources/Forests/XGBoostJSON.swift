//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Reads the JSON that XGBoost 3 saves a model as.
///
/// Taken: trees and dart, objectives of one output a row. All trees of the file count, as
/// `Booster.predict` does it; after early stopping save a slice up to the best iteration. Refused:
/// several classes or targets, categories, what is not understood.
/// Source: XGBoost 3.2, `doc/model.schema`, `cpu_predictor.cc`, `regression_loss.h`.
public enum XGBoostJSON {
    /// Largest file, bytes.
    public static let sizeMax = 256 << 20

    public static func parse(_ bytes: [UInt8]) throws(ForestError) -> ForestParameters {
        guard bytes.count <= sizeMax else {
            throw .forest(reason: "a model of over \(sizeMax) bytes; train fewer trees")
        }
        // The parser asks for no slack; the copy gives empty input an address.
        let padded = bytes + [0]
        return try unsafe padded.withUnsafeBufferPointer { (text) throws(ForestError) in
            var walker = unsafe JSONWalker(text.baseAddress!, count: bytes.count)
            var document = XGBoostDocument()
            try document.read(&walker)
            return try parameters(document, walker)
        }
    }

    private static func parameters(
        _ document: XGBoostDocument, _ walker: JSONWalker
    ) throws(ForestError) -> ForestParameters {
        guard document.version.count == 3, document.version[0] == 3, document.version[1] >= 2 else {
            let text = document.version.map { "\($0)" }.joined(separator: ".")
            throw .json(
                path: "version",
                reason: "version \(text); load and save it with XGBoost 3.2 or later")
        }
        guard document.classCount <= 1, document.targetCount <= 1 else {
            throw .json(
                path: "learner.learner_model_param",
                reason: "several classes or targets; train one model for each")
        }
        var trees = document.trees
        if document.booster == "dart" {
            guard document.weights.count == trees.count else {
                throw .json(
                    path: "learner.gradient_booster.weight_drop",
                    reason: "\(document.weights.count) weights for \(trees.count) trees")
            }
            for index in trees.indices {
                trees[index] = weighed(trees[index], document.weights[index])
            }
        }
        let link = try link(document.objective)
        let forest = ForestParameters(
            featureCount: document.featureCount, trees: trees, arithmetic: .single,
            base: Double(try base(document, link)), link: link)
        if let problem = forest.problem { throw .forest(reason: problem) }
        return forest
    }

    private static func weighed(_ tree: [ForestNode], _ weight: Float) -> [ForestNode] {
        tree.map { node in
            guard case .leaf(let value) = node else { return node }
            return .leaf(Double(Float(value) * weight))
        }
    }

    private static func link(_ objective: String) throws(ForestError) -> ForestParameters.Link {
        switch objective {
        case "reg:squarederror", "reg:squaredlogerror", "reg:pseudohubererror",
            "reg:absoluteerror", "reg:quantileerror", "binary:logitraw", "rank:pairwise",
            "rank:ndcg", "rank:map":
            return .identity
        case "binary:logistic", "reg:logistic": return .sigmoid
        case "count:poisson", "reg:gamma", "reg:tweedie": return .exponential
        default:
            throw .json(
                path: "learner.objective.name",
                reason: "objective `\(objective)` is not known; use one of reg: or binary:")
        }
    }

    /// The base score as the sum begins with it: the link's inverse.
    private static func base(
        _ document: XGBoostDocument, _ link: ForestParameters.Link
    ) throws(ForestError) -> Float {
        var text = document.baseScore[...]
        if text.first == "[", text.last == "]" { text = text.dropFirst().dropLast() }
        guard let score = Float(text), score.isFinite else {
            throw refusedBase("`\(document.baseScore)` is not one finite number")
        }
        switch link {
        case .identity, .signedSquare: return score
        case .sigmoid:
            guard score > 0, score < 1 else { throw refusedBase("\(score) is not in 0...1") }
            return -logf(1 / score - 1)
        case .exponential:
            guard score > 0 else { throw refusedBase("\(score) is not greater than 0") }
            return logf(score)
        }
    }

    private static func refusedBase(_ reason: String) -> ForestError {
        .json(path: "learner.learner_model_param.base_score", reason: reason)
    }
}
