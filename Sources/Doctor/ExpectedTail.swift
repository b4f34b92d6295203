//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What gaps add to a path that begins at a random moment.
///
/// A frame that arrives within a gap waits for its rest; one that arrives up to the path's length
/// before a gap meets the whole of it. So with gaps g in a span T, and a path of length L:
///
///     P(extra > x) = (1 / T) * sum over g > x of (g - x + L)
///
/// Gaps are taken as apart from each other by more than L. Frames are taken to arrive
/// independently of the gaps, which bursts of interrupts by the frames themselves are not.
public struct ExpectedTail: Sendable {
    private let gaps: [(lengthNs: UInt64, count: UInt64)]
    private let spanNs: UInt64
    public let pathNs: UInt64

    public init(gaps: [(lengthNs: UInt64, count: UInt64)], spanNs: UInt64, pathNs: UInt64) {
        self.gaps = gaps
        self.spanNs = spanNs
        self.pathNs = pathNs
    }

    /// Probability, 0...1, that the path is delayed by more than `extraNs`.
    public func probability(beyondNs extraNs: UInt64) -> Double {
        guard spanNs > 0 else { return 0 }
        var share = 0.0
        for (lengthNs, count) in gaps where lengthNs > extraNs {
            share += Double(count) * Double(lengthNs - extraNs + pathNs)
        }
        return min(1, share / Double(spanNs))
    }

    /// The least delay that at most `1 - fraction` of the paths exceed, ns; 0 when fewer meet any
    /// gap at all.
    public func extraNs(atFraction fraction: Double) -> UInt64 {
        let allowed = 1 - fraction
        if probability(beyondNs: 0) <= allowed { return 0 }
        var low: UInt64 = 0
        var high = gaps.map(\.lengthNs).max() ?? 0
        // probability(low) > allowed >= probability(high) = 0.
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if probability(beyondNs: middle) > allowed { low = middle } else { high = middle }
        }
        return high
    }
}
