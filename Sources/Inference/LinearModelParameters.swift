//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Networks

/// A linear model as its fit made it.
@dynamicMemberLookup
public struct LinearModelParameters: Equatable, Sendable {
    public var description: ModelDescription
    public var mean: [Float]
    /// 0 for a feature that did not vary in training.
    public var inverseSigma: [Float]
    /// Basis points per sigma.
    public var weights: [Float]
    /// Basis points.
    public var bias: Float
    /// Sigmas.
    public var clip: Float
    /// Inputs for the golden vectors; the writer fills up to 32 from the normaliser.
    public var goldenInputs: [[Float]]

    public init(
        schemaHash: UInt64, horizonNs: UInt64, featureNames: [String], featureUnits: [String],
        mean: [Float], inverseSigma: [Float], weights: [Float], bias: Float, clip: Float,
        residualSigmaBps: Float, thresholds: ModelThresholds, metadata: String = "{}",
        goldenInputs: [[Float]] = []
    ) {
        description = ModelDescription(
            schemaHash: schemaHash, horizonNs: horizonNs, featureNames: featureNames,
            featureUnits: featureUnits, residualSigmaBps: residualSigmaBps,
            thresholds: thresholds)
        description.metadata = metadata
        self.mean = mean
        self.inverseSigma = inverseSigma
        self.weights = weights
        self.bias = bias
        self.clip = clip
        self.goldenInputs = goldenInputs
    }

    public subscript<Value>(dynamicMember path: WritableKeyPath<ModelDescription, Value>) -> Value {
        get { description[keyPath: path] }
        set { description[keyPath: path] = newValue }
    }

    /// What the model's file holds.
    public var contents: ModelContents {
        ModelContents(
            description: description,
            scale: InputScale(mean: mean, inverseSigma: inverseSigma, clip: clip),
            core: .linear(weights: weights, bias: bias),
            goldenWindows: goldenInputs.map { [$0] })
    }

    /// The model, ready to be evaluated.
    ///
    /// - Precondition: `contents.problem` is `nil`.
    public func makeModel() -> LinearModel {
        LinearModel(
            mean: mean, inverseSigma: inverseSigma, weights: weights, bias: bias, clip: clip,
            residualSigmaBps: description.residualSigmaBps)
    }
}
