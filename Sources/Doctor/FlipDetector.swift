//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// A host that moves virtual cores about changes how far they are from each other.
public enum FlipDetector {
    /// A change by less is noise.
    static let ratioMin = 1.5

    /// Places in `oneWayNs`, medians in the order they were taken, where the pair changed between
    /// near and far: index of the first value behind each change. A change counts when it crosses
    /// `CoreDistance.nearMaxNs` by a factor of 1.5 at least against what the pair was before.
    public static func flips(_ oneWayNs: [Double]) -> [Int] {
        guard var settledNs = oneWayNs.first else { return [] }
        var flips: [Int] = []
        for (index, valueNs) in oneWayNs.enumerated().dropFirst() {
            let crosses = CoreDistance(oneWayNs: valueNs) != CoreDistance(oneWayNs: settledNs)
            let ratio = max(valueNs, settledNs) / max(1, min(valueNs, settledNs))
            if crosses, ratio >= ratioMin {
                flips.append(index)
                settledNs = valueNs
            } else if !crosses {
                settledNs = valueNs
            }
        }
        return flips
    }
}
