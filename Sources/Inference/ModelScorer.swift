//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CKernels
import Forests
import Networks

/// A model as it is served: what `ModelContents` describes, in memory of its own.
///
/// Cold to make; `InferenceStage` keeps it alive and reads its parts.
///
/// SAFETY: made in `init`, only read afterwards.
@safe
public final class ModelScorer: @unchecked Sendable {
    /// One of them, by the architecture.
    enum Core {
        case linear(LinearModel)
        case network(Network)
        case forest(Forest, InputScale)
    }

    let core: Core
    /// Whose memory it shares.
    private let owner: ModelScorer?
    let map: ScoreMap
    public let featureCount: Int
    public let steps: Int

    /// - Precondition: `contents.problem` is `nil`.
    public init(_ contents: ModelContents, path: NetworkPath = .best()) {
        map = ScoreMap(contents.description)
        featureCount = contents.description.featureNames.count
        steps = contents.description.steps
        owner = nil
        core =
            switch contents.core {
            case .linear(let weights, let bias):
                .linear(
                    LinearModel(
                        mean: contents.scale.mean, inverseSigma: contents.scale.inverseSigma,
                        weights: weights, bias: bias, clip: contents.scale.clip,
                        residualSigmaBps: contents.description.residualSigmaBps))
            case .network(let network): .network(Network(network, path: path))
            case .forest(let forest): .forest(Forest(forest), contents.scale)
            }
    }

    /// A stand-in that touches the same weights at the cost of one step; its scores mean nothing.
    init(warming scorer: ModelScorer) {
        (map, featureCount, steps) = (scorer.map, scorer.featureCount, scorer.steps)
        core =
            switch scorer.core {
            case .network(let network): .network(Network(warming: network))
            // Small, and read as they are.
            case .linear(let model): .linear(model)
            case .forest(let forest, let scale): .forest(forest, scale)
            }
        owner = scorer
    }

    deinit {
        if owner == nil, case .forest(let forest, _) = core { forest.deallocate() }
    }

    /// The model's output for one window of raw features. Cold; allocates.
    ///
    /// - Parameter window: Shape [steps][features].
    public func evaluate(_ window: [[Float]]) -> ModelOutput {
        let refused = ModelOutput(score: 0, confidence: 0, isFinite: false)
        guard window.count == steps, let last = window.last else { return refused }
        let room = Int(APUS_NETWORK_FEATURES_MAX)
        let padded = last + [Float](repeating: 0, count: room - last.count)
        switch core {
        case .linear(let model):
            return unsafe padded.withUnsafeBufferPointer {
                unsafe model.evaluate($0.baseAddress!)
            }
        case .network(let network):
            guard let raw = NetworkWindowSet(network, count: 1).evaluate(window) else {
                return refused
            }
            return map.output(raw: raw)
        case .forest(let trees, let scale):
            let forest = ScaledForest(trees, scale)
            defer { forest.deallocate() }
            return unsafe padded.withUnsafeBufferPointer {
                unsafe map.output(forest: forest.evaluate($0.baseAddress!))
            }
        }
    }
}
