//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// From a model's raw output to basis points and confidence; plain numbers for the hot path.
struct ScoreMap {
    private let isProbability: Bool
    private let scale: Float
    private let offset: Float
    private let moveBps: Float
    private let residualSigmaBps: Float

    init(_ description: ModelDescription) {
        isProbability = description.scoreKind == .probability
        scale = description.outputScale
        offset = description.outputOffset
        moveBps = description.moveBps
        residualSigmaBps = description.residualSigmaBps
    }

    /// - Parameter raw: Of a probability its logit.
    @_noAllocation @_noLocks
    @inline(__always)
    func output(raw: Float) -> ModelOutput {
        if isProbability { return output(doubled: apus_network_half_tanh(raw)) }
        return finite(raw * scale + offset)
    }

    /// - Parameter value: Of a forest: of a probability the probability itself.
    @_noAllocation @_noLocks
    @inline(__always)
    func output(forest value: Double) -> ModelOutput {
        if isProbability { return output(doubled: Float(2 * value - 1)) }
        return finite(Float(value) * scale + offset)
    }

    /// - Parameter value: 2 p - 1, so -1...1; its magnitude is the confidence.
    @_noAllocation @_noLocks
    @inline(__always)
    private func output(doubled value: Float) -> ModelOutput {
        // Not a number fails the comparison.
        guard value.magnitude <= 1 else {
            return ModelOutput(score: 0, confidence: 0, isFinite: false)
        }
        return ModelOutput(score: value * moveBps, confidence: value.magnitude, isFinite: true)
    }

    /// As `LinearModel.confidence(score:)` has it.
    @_noAllocation @_noLocks
    @inline(__always)
    private func finite(_ score: Float) -> ModelOutput {
        guard score.magnitude <= Float.greatestFiniteMagnitude else {
            return ModelOutput(score: 0, confidence: 0, isFinite: false)
        }
        let magnitude = score.magnitude
        return ModelOutput(
            score: score, confidence: magnitude / (magnitude + residualSigmaBps), isFinite: true)
    }
}
