//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a score must reach before a strategy may act on it; the fit's proposal.
public struct ModelThresholds: Equatable, Sendable {
    public var buyAboveBps: Float
    public var sellBelowBps: Float
    /// 0...1.
    public var minimumConfidence: Float

    public init(buyAboveBps: Float, sellBelowBps: Float, minimumConfidence: Float) {
        self.buyAboveBps = buyAboveBps
        self.sellBelowBps = sellBelowBps
        self.minimumConfidence = minimumConfidence
    }
}

/// Everything a linear model file holds, as the fit made it.
public struct LinearModelParameters: Equatable, Sendable {
    public var schemaHash: UInt64
    public var horizonNs: UInt64
    public var featureNames: [String]
    public var featureUnits: [String]
    public var mean: [Float]
    /// 0 for a feature that did not vary in training.
    public var inverseSigma: [Float]
    /// Basis points per sigma.
    public var weights: [Float]
    /// Basis points.
    public var bias: Float
    /// Sigmas.
    public var clip: Float
    public var residualSigmaBps: Float
    public var thresholds: ModelThresholds
    /// A JSON object: data hash, spans, metrics.
    public var metadata: String
    /// Inputs for the golden vectors; the writer fills up to 32 from the normaliser.
    public var goldenInputs: [[Float]]

    public init(
        schemaHash: UInt64, horizonNs: UInt64, featureNames: [String], featureUnits: [String],
        mean: [Float], inverseSigma: [Float], weights: [Float], bias: Float, clip: Float,
        residualSigmaBps: Float, thresholds: ModelThresholds, metadata: String = "{}",
        goldenInputs: [[Float]] = []
    ) {
        self.schemaHash = schemaHash
        self.horizonNs = horizonNs
        self.featureNames = featureNames
        self.featureUnits = featureUnits
        self.mean = mean
        self.inverseSigma = inverseSigma
        self.weights = weights
        self.bias = bias
        self.clip = clip
        self.residualSigmaBps = residualSigmaBps
        self.thresholds = thresholds
        self.metadata = metadata
        self.goldenInputs = goldenInputs
    }

    /// The model, ready to be evaluated.
    ///
    /// - Precondition: `problem` is `nil`.
    public func makeModel() -> LinearModel {
        LinearModel(
            mean: mean, inverseSigma: inverseSigma, weights: weights, bias: bias, clip: clip,
            residualSigmaBps: residualSigmaBps)
    }

    /// The first rule the parameters break; `nil` when they make a model. Writer and loader judge
    /// by this one list.
    public var problem: String? {
        let count = weights.count
        if count < 1 || count > ModelFile.featureCountMax {
            return "\(count) features; 1...\(ModelFile.featureCountMax) are possible"
        }
        if mean.count != count || inverseSigma.count != count || featureNames.count != count
            || featureUnits.count != count
        {
            return "mean, 1/sigma, weights, names and units differ in number"
        }
        for index in 0..<count {
            if !mean[index].isFinite || !weights[index].isFinite {
                return "mean or weight of feature \(index) is not finite"
            }
            if !inverseSigma[index].isFinite || inverseSigma[index] < 0 {
                return "1/sigma of feature \(index) is not a finite number from 0 up"
            }
            if !Self.isPlain(featureNames[index]) || !Self.isPlain(featureUnits[index]) {
                return "name or unit of feature \(index) is empty or holds a control character"
            }
        }
        if !bias.isFinite { return "the bias is not finite" }
        if !(clip > 0 && clip <= 100) { return "the clip is not in 0...100 sigmas" }
        if !(residualSigmaBps > 0 && residualSigmaBps.isFinite) {
            return "the residual sigma is not greater than 0"
        }
        if horizonNs < 1 || horizonNs > ModelFile.horizonMaxNs {
            return "the horizon is not 1 ns...1 d"
        }
        if !thresholds.buyAboveBps.isFinite || !thresholds.sellBelowBps.isFinite {
            return "a threshold is not finite"
        }
        if thresholds.buyAboveBps < thresholds.sellBelowBps {
            return "the buy threshold lies below the sell threshold"
        }
        if !(thresholds.minimumConfidence >= 0 && thresholds.minimumConfidence <= 1) {
            return "the minimum confidence is not in 0...1"
        }
        return nil
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}
