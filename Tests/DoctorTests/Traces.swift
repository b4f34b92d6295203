//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Doctor
import SeededRandom

/// Gaps as a host would make them.
struct Trace {
    var random: SplitMix64
    private(set) var gaps: [Gap] = []

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// A tick each `periodNs` from `phaseNs` on, late by up to `jitterNs`; `share` of them seen.
    mutating func addTicks(
        periodNs: UInt64, phaseNs: UInt64, spanNs: UInt64, jitterNs: Int = 20_000,
        lengthNs: UInt64 = 3_000, share: Double = 1
    ) {
        var timeNs = phaseNs
        while timeNs < spanNs {
            let late = UInt64(random.below(jitterNs))
            if random.unit() < share {
                gaps.append(Gap(startNs: timeNs + late, lengthNs: lengthNs))
            }
            timeNs += periodNs
        }
    }

    /// `count` gaps anywhere.
    mutating func addRandom(
        count: Int, spanNs: UInt64, lengthNs: UInt64, switchCount: UInt64 = 0
    ) {
        for _ in 0..<count {
            gaps.append(
                Gap(
                    startNs: UInt64(random.unit() * Double(spanNs)), lengthNs: lengthNs,
                    switchCount: switchCount))
        }
    }

    var inOrder: [Gap] { gaps.sorted { $0.startNs < $1.startNs } }
}
