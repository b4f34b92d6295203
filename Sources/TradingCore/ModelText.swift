//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests
import Indicators
import Inference
import Networks

/// What a model file says about itself, for people.
public enum ModelText {
    /// Loads the file with every check and describes it.
    ///
    /// - Throws: `ModelError`.
    public static func describe(_ path: String) throws -> String {
        let model = try ModelFile.load(path: path, expectedSchemaHash: nil)
        let description = model.description
        let known = FeatureSchema().hash == model.schemaHash
        var lines = [
            "file          \(path)",
            "name          \(description.name.isEmpty ? "-" : description.name)",
            "architecture  \(model.contents.text)",
            "parameters    \(parameterCount(model.contents.core))",
            "mode          \(model.mode)",
            "horizon       \(Double(model.horizonNs) / 1e9) s",
            "schema        \(String(model.schemaHash, radix: 16))"
                + (known ? " (this engine's default)" : " (not this engine's default)"),
            "checksum      \(String(model.checksum, radix: 16))",
            "golden        \(ModelFile.goldenCount) vectors agree",
            "output        \(output(description))",
            "residual      \(description.residualSigmaBps) bps",
            "thresholds    buy above \(model.thresholds.buyAboveBps),"
                + " sell below \(model.thresholds.sellBelowBps) bps",
            "metadata      \(description.metadata)",
        ]
        if case .linear(let weights, _) = model.contents.core {
            lines.append("weights, per sigma of the feature:")
            for (name, weight) in zip(description.featureNames, weights) {
                lines.append("  \(weight >= 0 ? " " : "")\(weight)  \(name)")
            }
        } else {
            lines.append("features      \(description.featureNames.joined(separator: ", "))")
        }
        return lines.joined(separator: "\n")
    }

    private static func output(_ description: ModelDescription) -> String {
        switch description.scoreKind {
        case .returnBps: "return of the mid over the horizon, bps"
        case .probability:
            "probability of a rise; score (2 p - 1) times \(description.moveBps) bps"
        }
    }

    static func parameterCount(_ core: ModelCore) -> Int {
        switch core {
        case .linear(let weights, _): weights.count + 1
        case .network(let network): network.shape.parameterCount
        case .forest(let forest): forest.nodeCount
        }
    }
}
