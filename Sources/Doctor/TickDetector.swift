//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Finds the kernel's periodic timer interrupt among gaps.
///
/// Gaps are folded by each period a kernel can be built with. The tick's period is the shortest
/// one at which most of the grid's points have a gap, and clearly more than elsewhere in the
/// period: gaps at 4 ms also lie on a grid of 1 ms, but fill a quarter of its points.
public struct TickDetector: Sendable {
    /// A tick, as far as it was found.
    public struct Tick: Sendable, Equatable {
        public let periodNs: UInt64
        /// Where in the period its gaps begin.
        public let phaseNs: UInt64
        /// Share of the grid's points that have a gap.
        public let occupancy: Double

        /// CONFIG_HZ.
        public var hertz: Int { Int((1e9 / Double(periodNs)).rounded()) }
    }

    /// CONFIG_HZ of 1000, 300, 250 and 100.
    static let periodsNs: [UInt64] = [1_000_000, 3_333_333, 4_000_000, 10_000_000]
    /// A tick may be late by so much, or twice that apart from another one.
    static let toleranceNs: UInt64 = 60_000
    static let occupancyMin = 0.5
    static let contrastMin = 0.35
    static let slotCountMin: UInt64 = 12

    /// - Parameter spanNs: Time that was observed; gaps start within it.
    /// - Returns: `nil` when no period stands out, or too little was seen.
    public static func detect(_ gaps: [Gap], spanNs: UInt64) -> Tick? {
        for periodNs in periodsNs {
            if let tick = fold(gaps, spanNs: spanNs, periodNs: periodNs) { return tick }
        }
        return nil
    }

    /// True when `gap` begins where the tick does.
    public static func isOn(_ tick: Tick, _ gap: Gap) -> Bool {
        let phase = gap.startNs % tick.periodNs
        let late = (phase &+ tick.periodNs &- tick.phaseNs) % tick.periodNs
        return late <= 2 * toleranceNs
    }

    private static func fold(_ gaps: [Gap], spanNs: UInt64, periodNs: UInt64) -> Tick? {
        // Grid points during a long gap have no gap of their own: they are not expected to.
        let hiddenNs = gaps.reduce(0 as UInt64) {
            $0 + ($1.lengthNs > periodNs ? $1.lengthNs - periodNs : 0)
        }
        let slotCount = (spanNs > hiddenNs ? spanNs - hiddenNs : 0) / periodNs
        guard slotCount >= slotCountMin else { return nil }
        let folded = gaps.map { (phase: $0.startNs % periodNs, slot: $0.startNs / periodNs) }
            .sorted { $0.phase < $1.phase }
        guard let best = bestWindow(folded, periodNs: periodNs) else { return nil }
        let occupancy = Double(best.slots) / Double(slotCount)
        // What gaps at random would fill of a window of this width.
        let outside = gaps.count - min(gaps.count, best.gaps)
        let elsewhere = Double(outside) * Double(2 * toleranceNs)
            / Double(periodNs - 2 * toleranceNs) / Double(slotCount)
        guard occupancy >= occupancyMin, occupancy - min(1, elsewhere) >= contrastMin else {
            return nil
        }
        return Tick(periodNs: periodNs, phaseNs: best.phaseNs, occupancy: min(1, occupancy))
    }

    /// The window of phases, twice the tolerance wide and around the period's end if need be, with
    /// gaps in the most slots.
    private static func bestWindow(
        _ folded: [(phase: UInt64, slot: UInt64)], periodNs: UInt64
    ) -> (phaseNs: UInt64, slots: Int, gaps: Int)? {
        // A gap just behind a period's end belongs to the slot before.
        let around = folded + folded.map { (phase: $0.phase + periodNs, slot: $0.slot &- 1) }
        var countBySlot: [UInt64: Int] = [:]
        var end = 0
        var best: (phaseNs: UInt64, slots: Int, gaps: Int)?
        for (index, first) in folded.enumerated() {
            while end < around.count, around[end].phase - first.phase <= 2 * toleranceNs,
                end - index < folded.count
            {
                countBySlot[around[end].slot, default: 0] += 1
                end += 1
            }
            if countBySlot.count > best?.slots ?? 0 {
                best = (first.phase, countBySlot.count, end - index)
            }
            if let count = countBySlot[first.slot] {
                countBySlot[first.slot] = count == 1 ? nil : count - 1
            }
        }
        return best
    }
}
