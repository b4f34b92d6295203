//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Says of each gap who took the time.
public struct GapClassifier: Sendable {
    /// A gap of so much without a context switch is a stall: no interrupt handler of a healthy
    /// kernel runs for so long.
    static let stallMinNs: UInt64 = 100_000
    /// Gaps are folded in pieces of this length: over it, clocks do not drift apart by more than
    /// a tick may be late.
    static let windowNs: UInt64 = 1_000_000_000

    public struct Result: Sendable {
        /// As many as gaps, in their order.
        public let kinds: [GapKind]
        /// The ticks found, one a window at most.
        public let ticks: [TickDetector.Tick]
        public let windowCount: Int
    }

    /// - Parameters:
    ///   - gaps: In the order of their start.
    ///   - spanNs: Time that was observed.
    public static func classify(_ gaps: [Gap], spanNs: UInt64) -> Result {
        var kinds: [GapKind] = []
        kinds.reserveCapacity(gaps.count)
        var ticks: [TickDetector.Tick] = []
        var windowCount = 0
        var first = 0
        var startNs: UInt64 = 0
        while startNs < spanNs {
            let endNs = min(spanNs, startNs + windowNs)
            var end = first
            while end < gaps.count, gaps[end].startNs < endNs { end += 1 }
            let window = gaps[first..<end].map { gap in
                Gap(
                    startNs: gap.startNs - startNs, lengthNs: gap.lengthNs,
                    switchCount: gap.switchCount)
            }
            let tick = TickDetector.detect(window, spanNs: endNs - startNs)
            if let tick { ticks.append(tick) }
            kinds += window.map { kind($0, tick: tick) }
            windowCount += 1
            first = end
            startNs = endNs
        }
        kinds += gaps[first...].map { kind($0, tick: nil) }
        return Result(kinds: kinds, ticks: ticks, windowCount: windowCount)
    }

    static func kind(_ gap: Gap, tick: TickDetector.Tick?) -> GapKind {
        if gap.switchCount > 0 { return .preempted }
        if gap.lengthNs >= stallMinNs { return .stall }
        if let tick, TickDetector.isOn(tick, gap) { return .tick }
        return .interrupt
    }
}
