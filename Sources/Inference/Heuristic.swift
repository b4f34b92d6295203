//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Networks

/// A rule that stands in an ensemble like a model: a weight on some of the features.
public enum Heuristic: String, CaseIterable, Sendable {
    /// The mid follows the heavier side of the best level.
    case imbalance
    /// The mid goes on as it went over the last second.
    case momentum
    /// The mid comes back from where it went over the last second.
    case meanReversion = "mean-reversion"

    /// The feature it reads.
    public var featureName: String {
        switch self {
        case .imbalance: "imbalance_l1"
        case .momentum, .meanReversion: "mid_return_1s"
        }
    }

    /// Basis points of score for each unit of the feature.
    private var weight: Float {
        switch self {
        case .imbalance: 0.5
        case .momentum: 0.1
        case .meanReversion: -0.1
        }
    }

    /// The rule as a linear model on the raw feature, bounded at 10 units.
    ///
    /// - Returns: `nil` where the schema lacks the feature.
    public func model(
        schemaHash: UInt64, names: [String], units: [String], horizonNs: UInt64
    ) -> LoadedModel? {
        guard let place = names.firstIndex(of: featureName) else { return nil }
        var weights = [Float](repeating: 0, count: names.count)
        weights[place] = weight
        var scale = ModelContents.noScale(features: names.count)
        scale.clip = 10
        var description = ModelDescription(
            schemaHash: schemaHash, horizonNs: horizonNs, featureNames: names,
            featureUnits: units, residualSigmaBps: 1,
            thresholds: ModelThresholds(buyAboveBps: 0, sellBelowBps: 0, minimumConfidence: 0))
        description.name = rawValue
        let contents = ModelContents(
            description: description, scale: scale, core: .linear(weights: weights, bias: 0))
        guard contents.problem == nil else { return nil }
        return LoadedModel(scorer: ModelScorer(contents), contents: contents, checksum: 0)
    }
}
