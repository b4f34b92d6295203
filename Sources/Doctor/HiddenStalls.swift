//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Stalls of a whole virtual machine that happen to hide behind a context switch.
///
/// While a core is busy the kernel takes a timer interrupt each period, whichever thread runs. A
/// core that the host has stopped takes none, and makes none up. So interrupts that are missing
/// from a round tell for how long the core did not run at all, and a long gap that they explain
/// is the host's, though the thread was also switched out in it.
public enum HiddenStalls {
    /// Shorter gaps stay what they are: a few missing interrupts prove nothing.
    static let lengthMinNs: UInt64 = 100_000_000
    /// The least rate a kernel is built with, where none was found.
    static let hertzMin = 100

    /// Time, ns, in which `timerInterrupts` of a busy core are missing. Never too much: other
    /// timers interrupt too.
    public static func missingNs(
        spanNs: UInt64, timerInterrupts: UInt64, hertz: Int?
    ) -> UInt64 {
        let periodNs = UInt64(1_000_000_000 / max(1, hertz ?? hertzMin))
        let (seenNs, overflow) = timerInterrupts.multipliedReportingOverflow(by: periodNs)
        return overflow || seenNs >= spanNs ? 0 : spanNs - seenNs
    }

    /// Indices of gaps with a switch that `missingNs` explains, the longest first, each to four
    /// fifths at least.
    public static func find(
        _ gaps: [Gap], _ kinds: [GapKind], missingNs: UInt64
    ) -> Set<Int> {
        var leftNs = missingNs
        for (gap, kind) in zip(gaps, kinds) where kind == .stall {
            leftNs -= min(leftNs, gap.lengthNs)
        }
        var found: Set<Int> = []
        let long = gaps.indices.filter {
            kinds[$0] == .preempted && gaps[$0].lengthNs >= lengthMinNs
        }
        for index in long.sorted(by: { gaps[$0].lengthNs > gaps[$1].lengthNs }) {
            let neededNs = gaps[index].lengthNs / 5 * 4
            guard neededNs <= leftNs else { continue }
            found.insert(index)
            leftNs -= min(leftNs, gaps[index].lengthNs)
        }
        return found
    }
}
