//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// What delay costs: the same run again and again, later each time.
struct SpeedCost {
    let delays: [Run.Delay]

    /// Between which delays the edge is lost, in proportion of the logarithm; `nil` while it is
    /// not, or was never there.
    var breakEvenNs: Double? {
        for (before, after) in zip(delays, delays.dropFirst()) {
            guard let high = before.edgeBps, let low = after.edgeBps, high > 0, low <= 0
            else { continue }
            let share = high / (high - low)
            // A delay of 0 has no logarithm.
            let (first, last) = (log(max(Double(before.delayNs), 1)), log(Double(after.delayNs)))
            return exp(first + (last - first) * share)
        }
        return nil
    }
}
