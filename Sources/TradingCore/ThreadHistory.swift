//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform
import CTelemetry
import Telemetry

/// What one look at a hot thread found.
struct ThreadLook: Equatable {
    /// By the engine's clock.
    var timeNs: UInt64
    /// That the thread was on a core, until `timeNs`.
    var cpuNs: UInt64
    var runDelayNs: UInt64 = 0
    var switches: UInt64 = 0
    var minorFaults: UInt64 = 0
    var majorFaults: UInt64 = 0
    var stealNs: UInt64 = 0
    /// Longest idle round that ended since the look before.
    var idleGapNs: UInt64 = 0
}

/// The latest looks at one hot thread, and what they say about a span of time.
struct ThreadHistory {
    /// At a look every 10 ms more than a second.
    static let looksMax = 128
    private static let minuteNs: UInt64 = 60_000_000_000

    private(set) var looks: [ThreadLook] = []
    /// Longest idle round of each second that had one, of the last minute.
    private var seconds: [(second: UInt64, gapNs: UInt64)] = []
    let core: Int?

    init(core: Int?) { self.core = core }

    mutating func add(_ look: ThreadLook) {
        if looks.count == Self.looksMax { looks.removeFirst() }
        looks.append(look)
        let second = look.timeNs / 1_000_000_000
        if let last = seconds.indices.last, seconds[last].second == second {
            seconds[last].gapNs = max(seconds[last].gapNs, look.idleGapNs)
        } else if look.idleGapNs > 0 {
            seconds.append((second, look.idleGapNs))
        }
        let oldest = look.timeNs > Self.minuteNs ? (look.timeNs - Self.minuteNs) / 1_000_000_000 : 0
        seconds.removeAll { $0.second < oldest }
    }

    /// From the last look at or before `beginNs` to the first at or after `endNs`; without both
    /// nothing is known.
    func evidence(from beginNs: UInt64, to endNs: UInt64) -> OutlierEvidence {
        var evidence = OutlierEvidence()
        evidence.core = Int32(core ?? -1)
        evidence.idleGapMinuteNs = seconds.map(\.gapNs).max() ?? 0
        guard let first = looks.lastIndex(where: { $0.timeNs <= beginNs }),
            let last = looks.firstIndex(where: { $0.timeNs >= endNs }), first < last
        else { return evidence }
        let (before, after) = (looks[first], looks[last])
        func grown(_ value: (ThreadLook) -> UInt64) -> UInt64 {
            value(after) > value(before) ? value(after) - value(before) : 0
        }
        evidence.windowNs = grown(\.timeNs)
        evidence.cpuNs = grown(\.cpuNs)
        evidence.runDelayNs = grown(\.runDelayNs)
        evidence.stealNs = grown(\.stealNs)
        evidence.switches = UInt32(clamping: grown(\.switches))
        evidence.minorFaults = UInt32(clamping: grown(\.minorFaults))
        evidence.majorFaults = UInt32(clamping: grown(\.majorFaults))
        evidence.idleGapNs = looks[(first + 1)...last].map(\.idleGapNs).max() ?? 0
        return evidence
    }
}
