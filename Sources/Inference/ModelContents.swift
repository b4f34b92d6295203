//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Forests
public import Networks

/// What computes a model's raw output.
public enum ModelCore: Equatable, Sendable {
    /// Weights in basis points per sigma, bias in basis points.
    case linear(weights: [Float], bias: Float)
    case network(QuantisedNetwork)
    case forest(ForestParameters)

    /// Numbers in model files.
    public var architecture: UInt32 {
        switch self {
        case .linear: 1
        case .network: 2
        case .forest: 3
        }
    }
}

/// Everything a model file holds.
public struct ModelContents: Equatable, Sendable {
    public var description: ModelDescription
    /// Of the features; with `noScale` a forest takes them as they are.
    public var scale: InputScale
    public var core: ModelCore
    /// Windows for the golden vectors, shape [steps][features]; the writer fills up to 32.
    public var goldenWindows: [[[Float]]]

    public init(
        description: ModelDescription, scale: InputScale, core: ModelCore,
        goldenWindows: [[[Float]]] = []
    ) {
        self.description = description
        self.scale = scale
        self.core = core
        self.goldenWindows = goldenWindows
    }

    /// A scale that changes nothing, for forests.
    public static func noScale(features: Int) -> InputScale {
        InputScale(
            mean: [Float](repeating: 0, count: features),
            inverseSigma: [Float](repeating: 1, count: features), clip: 100)
    }

    /// "linear", "lstm 1x32 with attention, 50 steps of 24 features", "forest of 100 trees".
    public var text: String {
        let count = description.featureNames.count
        return switch core {
        case .linear: "linear, \(count) features"
        case .network(let network): network.shape.text
        case .forest(let forest): "forest of \(forest.trees.count) trees, \(count) features"
        }
    }

    /// The first rule it breaks; `nil` when it makes a model. Writer and loader judge by this one.
    public var problem: String? {
        if let problem = description.problem { return problem }
        let count = description.featureNames.count
        guard scale.mean.count == count, scale.inverseSigma.count == count else {
            return "mean, 1/sigma and names differ in number"
        }
        for index in 0..<count {
            if !scale.mean[index].isFinite { return "mean of feature \(index) is not finite" }
            if !scale.inverseSigma[index].isFinite || scale.inverseSigma[index] < 0 {
                return "1/sigma of feature \(index) is not a finite number from 0 up"
            }
        }
        if !(scale.clip > 0 && scale.clip <= 100) { return "the clip is not in 0...100 sigmas" }
        switch core {
        case .linear(let weights, let bias):
            if weights.count != count { return "weights and names differ in number" }
            if !weights.allSatisfy(\.isFinite) { return "a weight is not finite" }
            if !bias.isFinite { return "the bias is not finite" }
            return description.steps == 1 ? nil : "a linear model takes one vector"
        case .network(let network):
            if let problem = network.problem { return problem }
            return network.shape.features == count && network.shape.steps == description.steps
                && network.scale == scale
                ? nil : "the network's shape is another one than the model's"
        case .forest(let forest):
            if let problem = forest.problem { return problem }
            if description.steps != 1 { return "a forest takes one vector" }
            return forest.featureCount == count ? nil : "trees and names differ in features"
        }
    }
}
