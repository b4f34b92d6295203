//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry

/// Lengths of gaps, log-linear: bounded however long the scan is.
public struct GapLengths: Sendable, Equatable {
    public private(set) var counts = [UInt64](
        repeating: 0, count: Int(APUS_HISTOGRAM_BUCKET_COUNT))
    public private(set) var count: UInt64 = 0
    public private(set) var sumNs: UInt64 = 0
    public private(set) var maximumNs: UInt64 = 0

    public init() {}

    public mutating func add(_ lengthNs: UInt64) {
        counts[Int(apus_histogram_index(lengthNs))] += 1
        count += 1
        sumNs += lengthNs
        maximumNs = max(maximumNs, lengthNs)
    }

    /// Within 3.1 % above the true value; 0 when there is none.
    public func lengthNs(atFraction fraction: Double) -> UInt64 {
        HistogramSnapshot(counts: counts, total: count, maximum: maximumNs)
            .value(atFraction: fraction)
    }

    /// Each bucket that counted: the longest gap it stands for, and how many.
    public var buckets: [(lengthNs: UInt64, count: UInt64)] {
        counts.enumerated().compactMap { index, count in
            count == 0
                ? nil : (min(apus_histogram_highest(UInt32(index)), maximumNs), count)
        }
    }
}

/// All that was seen of one core.
public struct GapTally: Sendable {
    public let core: Int
    public private(set) var all = GapLengths()
    public private(set) var byKind: [GapKind: GapLengths] = [:]
    /// Gaps included.
    public private(set) var observedNs: UInt64 = 0
    /// Of the scan's own questions to the kernel; not observed.
    public private(set) var blindNs: UInt64 = 0
    /// Windows in which a tick of a rate was found, by that rate.
    public private(set) var windowsByHertz: [Int: Int] = [:]
    public private(set) var windowCount = 0

    public init(core: Int) { self.core = core }

    /// Adds one round.
    ///
    /// - Parameter timerInterrupts: That the kernel counted on the core in the round, if it does.
    public mutating func add(
        _ gaps: [Gap], spanNs: UInt64, blindNs: UInt64, timerInterrupts: UInt64? = nil
    ) {
        let result = GapClassifier.classify(gaps, spanNs: spanNs)
        // The least of the rates found: on a crowded core a second may seem to have a higher one.
        let hertz = (result.ticks.map(\.hertz) + [tickHertz].compactMap { $0 }).min()
        let missingNs = timerInterrupts.map { count in
            HiddenStalls.missingNs(spanNs: spanNs, timerInterrupts: count, hertz: hertz)
        }
        let hidden = HiddenStalls.find(gaps, result.kinds, missingNs: missingNs ?? 0)
        for (index, gap) in gaps.enumerated() {
            let kind = hidden.contains(index) ? .stall : result.kinds[index]
            all.add(gap.lengthNs)
            byKind[kind, default: GapLengths()].add(gap.lengthNs)
        }
        for tick in result.ticks { windowsByHertz[tick.hertz, default: 0] += 1 }
        windowCount += result.windowCount
        observedNs += spanNs
        self.blindNs += blindNs
    }

    public func lengths(_ kind: GapKind) -> GapLengths { byKind[kind] ?? GapLengths() }

    /// CONFIG_HZ, when at least a third of the windows say the same; of two the lower: on a crowded
    /// core a second may seem to have a higher one.
    public var tickHertz: Int? {
        guard let most = windowsByHertz.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
            most.value * 3 >= windowCount
        else { return nil }
        return most.key
    }

    /// Share of the observed time in which the thread did not run, 0...1.
    public func lostShare(_ kind: GapKind? = nil) -> Double {
        guard observedNs > 0 else { return 0 }
        let lost = kind.map { lengths($0) } ?? all
        return Double(lost.sumNs) / Double(observedNs)
    }

    public func perSecond(_ kind: GapKind) -> Double {
        observedNs == 0 ? 0 : Double(lengths(kind).count) / (Double(observedNs) / 1e9)
    }

    /// What the core adds to a path of `pathNs`. Gaps of kinds in `without` are left out with
    /// their time, as if they had not been.
    public func expectedTail(pathNs: UInt64, without: Set<GapKind> = []) -> ExpectedTail {
        let counted = GapKind.allCases.filter { !without.contains($0) }
            .flatMap { lengths($0).buckets }
        let leftOutNs = without.reduce(0 as UInt64) { $0 + lengths($1).sumNs }
        return ExpectedTail(
            gaps: counted, spanNs: observedNs - min(observedNs, leftOutNs), pathNs: pathNs)
    }
}
