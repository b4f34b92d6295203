//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Forests
import Inference
import Networks
import SeededRandom

extension Fixtures {
    static let windowSteps = 4

    /// What a file of a small network holds.
    static func networkContents(
        seed: UInt64, steps: Int = windowSteps, kind: NetworkShape.Recurrence = .lstm
    ) -> ModelContents {
        var random = SplitMix64(seed: seed)
        let linear = parameters()
        let shape = NetworkShape(features: 7, steps: steps, body: .recurrent(kind, units: [6, 5]))
        let scale = InputScale(
            mean: linear.mean, inverseSigma: linear.inverseSigma, clip: linear.clip)
        let network = NetworkParameters(shape: shape, scale: scale) { _, sizes in
            (0..<sizes.reduce(1, *)).map { _ in Float.random(in: -0.7...0.7, using: &random) }
        }
        var description = linear.description
        description.name = "drawn-\(seed)"
        description.steps = steps
        description.outputScale = 1.5
        description.outputOffset = 0.01
        description.scoreDeciles = [-0.4, -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4]
        return ModelContents(
            description: description, scale: scale, core: .network(QuantisedNetwork(network)))
    }

    /// Two trees on scaled features, a probability.
    static func forestContents() -> ModelContents {
        var contents = parameters().contents
        let missing = ForestMissing(goesLeft: true)
        contents.core = .forest(
            ForestParameters(
                featureCount: 7,
                trees: [
                    [.split(feature: 2, threshold: 0.5, missing: missing), .leaf(-0.7), .leaf(1.1)],
                    [
                        .split(feature: 6, threshold: -0.25, missing: missing), .leaf(0.2),
                        .leaf(-0.4),
                    ],
                ], arithmetic: .double, link: .sigmoid))
        contents.description.scoreKind = .probability
        contents.description.moveBps = 2
        return contents
    }

    static func load(_ contents: ModelContents) throws -> LoadedModel {
        try ModelFile.decode(ModelFile.encode(contents), expectedSchemaHash: schemaHash)
    }
}
