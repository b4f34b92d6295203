//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Networks

/// A model that passed every check, with what its file says about it.
public struct LoadedModel: Sendable {
    public let scorer: ModelScorer
    /// As it stood in the file, without the golden windows.
    public let contents: ModelContents
    /// Of the file: names the model in logs.
    public let checksum: UInt32

    public init(scorer: ModelScorer, contents: ModelContents, checksum: UInt32) {
        self.scorer = scorer
        self.contents = contents
        self.checksum = checksum
    }

    public var description: ModelDescription { contents.description }
    public var schemaHash: UInt64 { description.schemaHash }
    public var horizonNs: UInt64 { description.horizonNs }
    public var featureCount: Int { scorer.featureCount }
    public var isLinear: Bool { if case .linear = contents.core { true } else { false } }
    /// "carry" for a network that carries its state, "window" for every other model.
    public var mode: String {
        if case .network(let network) = contents.core, network.shape.carriesState { "carry" } else {
            "window"
        }
    }
    public var thresholds: ModelThresholds { description.thresholds }
}
