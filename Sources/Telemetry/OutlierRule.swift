//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry

/// Says of a sample beyond the threshold whose fault it was: ours, the host's, or not known. It
/// never says more than the evidence does.
///
/// The *usual* cost of a hop is its median. A poll that handled n times as many records as polls of
/// its stage do on average may take n times that; what is above is the sample's *excess*, and it is
/// the excess that must be explained. The first rule that holds decides:
///
/// 1. *own work*, ours: what the same work usually costs is beyond the threshold, and the excess by
///    itself is not.
/// 2. *preempted*, the host's: at least half of the excess lies in hops during which the kernel
///    took the thread off its core or held it up there, as the thread's own watch told. Reader and
///    gateway have no watch: their system calls may end it without a switch.
/// 3. *no evidence*, unknown: nobody looked at the thread shortly before or since.
/// 4. *page faults*, the host's: those of the thread in the window, at 2 us each, explain half of
///    the excess, or one waited for a disk.
/// 5. *off core*, the host's: there is no watch, and the thread, which never sleeps, was off its
///    core for half of the excess or longer.
/// 6. *stolen*, the host's: the kernel left the thread on its core, but its clock misses half of
///    the excess or more; or the steal time of its core grew, which comes in steps of 10 ms.
/// 7. *idle hole*, the host's: in the same window a round without work took as long, within a
///    fifth. That it was the same thing is likely, not seen.
/// 8. *on core*, ours: the thread was not taken off its core, and no round without work took as
///    long within a minute.
/// 9. *ambiguous*, unknown: the host takes as long at times, and nothing says whether it did now.
///
/// *Window*: from the last look at the thread before the frame came to the first one since its
/// order left, 10 to 20 ms. Where idle threads yield (`placement.idle`), time off the core and idle
/// rounds are our own choice and say nothing.
public enum OutlierRule {
    public struct Verdict: Equatable, Sendable {
        public let label: OutlierLabel
        public let reason: OutlierReason
        /// With most of the excess.
        public let hop: Hop
        public let excessNs: UInt64

        public init(label: OutlierLabel, reason: OutlierReason, hop: Hop, excessNs: UInt64) {
            self.label = label
            self.reason = reason
            self.hop = hop
            self.excessNs = excessNs
        }
    }

    /// What a hop costs as a rule.
    public struct Usual: Equatable, Sendable {
        /// Its median.
        public let ns: UInt64
        /// Records of a poll of its stage, on average; at least 1.
        public let work: UInt64

        public init(ns: UInt64, work: UInt64) {
            self.ns = ns
            self.work = max(1, work)
        }

        /// Of a poll that handled `records`.
        func cost(of records: Int) -> UInt64 {
            let (product, overflow) = ns.multipliedReportingOverflow(
                by: max(work, UInt64(max(0, records))))
            return overflow ? UInt64.max : product / work
        }
    }

    /// What a fault of memory that is there costs; measured 1.2 to 1.9 us.
    static let faultNs: UInt64 = 2_000

    /// - Parameters:
    ///   - usual: By hop; empty: not known, and nothing is usual.
    ///   - evidence: Of the thread of the hop that `hop(of:usual:)` names.
    ///   - isSpinning: The thread never gives its core away.
    public static func judge(
        _ sample: OutlierSample, usual: [Usual], thresholdNs: UInt64,
        evidence: OutlierEvidence, isSpinning: Bool
    ) -> Verdict {
        let excess = excesses(of: sample, usual: usual)
        let sum = excess.reduce(0, Self.sum)
        let (label, reason) = reason(
            sample, excess, sum, usual, thresholdNs, evidence, isSpinning)
        return Verdict(
            label: label, reason: reason, hop: hop(of: sample, usual: usual), excessNs: sum)
    }

    /// The hop with most of the excess.
    public static func hop(of sample: OutlierSample, usual: [Usual]) -> Hop {
        let excess = excesses(of: sample, usual: usual)
        let most = excess.max() ?? 0
        let longest = Hop.allCases.max { sample.ns($0) < sample.ns($1) } ?? .frame
        if most == 0 { return longest }
        return Hop.allCases.first { excess[$0.rawValue] == most } ?? longest
    }

    private static func excesses(of sample: OutlierSample, usual: [Usual]) -> [UInt64] {
        Hop.allCases.map { hop in
            let own = hop.rawValue < usual.count
                ? usual[hop.rawValue].cost(of: sample.work(hop)) : 0
            let ns = sample.ns(hop)
            return own >= ns ? 0 : ns - own
        }
    }

    private static func reason(
        _ sample: OutlierSample, _ excess: [UInt64], _ sum: UInt64, _ usual: [Usual],
        _ thresholdNs: UInt64, _ evidence: OutlierEvidence, _ isSpinning: Bool
    ) -> (OutlierLabel, OutlierReason) {
        let total = sample.totalNs
        if total >= sum, total - sum >= thresholdNs, sum < thresholdNs { return (.ours, .ownWork) }
        let isWatched = sample.isWatched == 1 && Self.isWatched(hop(of: sample, usual: usual))
        let preempted = Hop.allCases.reduce(UInt64(0)) { total, hop in
            Self.isWatched(hop) && sample.isPreempted(hop)
                ? Self.sum(total, excess[hop.rawValue]) : total
        }
        let half = sum / 2 + sum % 2
        if sample.isWatched == 1, preempted > 0, preempted >= half { return (.host, .preempted) }
        if evidence.windowNs == 0 { return (.unknown, .noEvidence) }
        let faults = UInt64(evidence.minorFaults) + UInt64(evidence.majorFaults)
        if evidence.majorFaults > 0 || (faults > 0 && faults * faultNs >= half) {
            return (.host, .pageFaults)
        }
        let off = evidence.windowNs > evidence.cpuNs ? evidence.windowNs - evidence.cpuNs : 0
        let isOff = isSpinning && off > 0 && off >= half
        if !isWatched, isOff, evidence.switches > 0 { return (.host, .runDelay) }
        if evidence.stealNs > 0 || (isOff && evidence.switches == 0) { return (.host, .stolen) }
        if !isSpinning { return (.unknown, .ambiguous) }
        if evidence.idleGapNs > 0, evidence.idleGapNs >= sum - sum / 5 { return (.host, .idleHole) }
        let isOnCore = isWatched || !isOff
        return isOnCore && evidence.idleGapMinuteNs < sum
            ? (.ours, .onCore) : (.unknown, .ambiguous)
    }

    /// Whether the watch can tell what happened in a hop.
    static func isWatched(_ hop: Hop) -> Bool { hop != .frame && hop != .encrypted }

    private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? UInt64.max : sum
    }
}

extension OutlierSample {
    public func ns(_ hop: Hop) -> UInt64 {
        unsafe withUnsafeBytes(of: hopNs) { bytes in
            unsafe bytes.load(fromByteOffset: 8 * hop.rawValue, as: UInt64.self)
        }
    }

    /// Records of the poll that the hop ends with; 0: the stage had no part.
    public func work(_ hop: Hop) -> Int {
        unsafe withUnsafeBytes(of: hopWork) { bytes in
            unsafe Int(bytes.load(fromByteOffset: 2 * hop.rawValue, as: UInt16.self))
        }
    }

    public func isKnown(_ hop: Hop) -> Bool { knownHops >> hop.rawValue & 1 == 1 }
    public func isPreempted(_ hop: Hop) -> Bool { preemptedHops >> hop.rawValue & 1 == 1 }

    /// From the frame's arrival to its encrypted order: the sum of the hops; saturates.
    public var totalNs: UInt64 {
        Hop.allCases.reduce(UInt64(0)) { sum, hop in
            let (next, overflow) = sum.addingReportingOverflow(ns(hop))
            return overflow ? UInt64.max : next
        }
    }
}
