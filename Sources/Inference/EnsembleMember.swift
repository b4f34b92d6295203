//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A model's place in the ensemble, as the configuration has it.
public struct EnsembleMember: Sendable {
    /// Unique; what commands and the monitor call it.
    public var name: String
    public var model: LoadedModel
    /// Share in the score before it is divided by all shares, greater than 0.
    public var weight: Float
    public var isOn: Bool
    /// The model that the others' record is compared with, and that speaks when they are set
    /// aside; at most one.
    public var isReference: Bool

    public init(
        name: String, model: LoadedModel, weight: Float = 1, isOn: Bool = true,
        isReference: Bool = false
    ) {
        self.name = name
        self.model = model
        self.weight = weight
        self.isOn = isOn
        self.isReference = isReference
    }
}

extension EnsembleMember {
    /// For a path that only keeps code and weights warm: the same weights, one step a vector.
    ///
    /// A linear model or a forest is read where it is.
    public var warming: EnsembleMember {
        var member = self
        member.model = LoadedModel(
            scorer: ModelScorer(warming: model.scorer), contents: model.contents,
            checksum: model.checksum)
        return member
    }
}

/// When a model is set aside by its own record, and how stale a vector may be.
public struct EnsembleLimits: Equatable, Sendable {
    /// Models of an ensemble.
    public static var modelCountMax: Int {
        @_noAllocation @_noLocks
        @inline(__always)
        get { 8 }
    }

    /// Predictions judged before a record counts.
    public var judgedMin: UInt64 = 2_000
    /// Set aside when the signs are right this much less often than the reference's, 0...1; 1:
    /// never.
    public var accuracyMargin: Double = 0.05
    /// Set aside when the population stability index of the scores is above; 0: never.
    public var driftMax: Double = 1
    /// A vector whose book was last spoken of longer ago brings no valid signal; 0: any age.
    public var bookAgeMaxNs: UInt64 = 5_000_000_000

    public init() {}
}
