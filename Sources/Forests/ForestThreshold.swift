//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Thresholds of the libraries as the greatest float32 that still goes left.
enum ForestThreshold {
    /// LightGBM's kZeroThreshold: values this near to zero are zero.
    static let zeroReach: Float = 1e-35

    /// The threshold t' for which x <= t', x any float32, is what LightGBM decides by
    /// double(x) <= t after it has made small values zero.
    static func atMost(_ threshold: Double) -> Float {
        var nearest = Float(threshold)
        if Double(nearest) > threshold { nearest = nearest.nextDown }
        if nearest >= -zeroReach, nearest <= zeroReach {
            return threshold >= 0 ? zeroReach : (-zeroReach).nextDown
        }
        return nearest
    }

    /// The threshold for which x <= t' is x < t.
    static func below(_ threshold: Float) -> Float { threshold.nextDown }
}
