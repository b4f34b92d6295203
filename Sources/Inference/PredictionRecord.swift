//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// What a model's scores were worth: decayed sums over judged predictions.
///
/// A prediction counts `decay` times as much for each one after it: about the last 2,000 matter.
///
/// SAFETY: the tenths belong to the record alone and outlive it.
@safe
struct PredictionRecord {
    private static var decay: Double {
        @_noAllocation @_noLocks
        @inline(__always)
        get { 1 - 1.0 / 2_000 }
    }

    private(set) var judged: UInt64 = 0
    /// Of score and return, basis points.
    private var moments = DecayedMoments()
    /// How often a score lay in each tenth; shape [10].
    private let tenths: UnsafeMutablePointer<Double>

    /// - Parameter tenths: Memory of ten numbers, which outlives the record.
    @_noAllocation @_noLocks
    init(tenths: UnsafeMutablePointer<Double>) {
        unsafe self.tenths = unsafe tenths
        for index in 0..<10 { unsafe tenths[index] = 0 }
    }

    /// - Parameters:
    ///   - predicted: The score, basis points.
    ///   - actual: The mid's return over the horizon, basis points.
    ///   - tenth: Where the score lies among its tenths, 0...9; nil where they are not known.
    @_noAllocation @_noLocks
    mutating func add(predicted: Float, actual: Double, tenth: Int?) {
        let decay = Self.decay
        judged &+= 1
        moments.add(Double(predicted), actual, factor: decay)
        guard let tenth else { return }
        for index in 0..<10 {
            unsafe tenths[index] = unsafe tenths[index] * decay + (index == tenth ? 1 : 0)
        }
    }

    /// Share of signs that were right where the mid moved; not a number before the first move.
    var accuracy: Double {
        @_noAllocation @_noLocks
        get { moments.hitRate }
    }

    /// Of score and return; 0 where one does not vary.
    var correlation: Double {
        @_noAllocation @_noLocks
        get { moments.correlation }
    }

    /// Return for each unit of score: 1 says that scores mean what they say.
    var slope: Double {
        @_noAllocation @_noLocks
        get { moments.slope }
    }

    /// Population stability index of the scores against the tenths of validation: below 0.1 they
    /// are as they were, above 0.25 they are others. 0 without tenths.
    var drift: Double {
        @_noAllocation @_noLocks
        get {
            var sum = 0.0
            for index in 0..<10 { unsafe sum += tenths[index] }
            if sum <= 0 { return 0 }
            var drift = 0.0
            for index in 0..<10 {
                let part = unsafe tenths[index] / sum
                let share = part > 1e-4 ? part : 1e-4
                drift += (share - 0.1) * apus_logarithm(share / 0.1)
            }
            return drift
        }
    }
}
