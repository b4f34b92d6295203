//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import SeededRandom
import Telemetry
import Testing

@Suite("Whose fault an outlier was")
struct OutlierRuleTests {
    private static let threshold: UInt64 = 20_000
    /// A microsecond for each hop.
    private static let usual = Array(
        repeating: OutlierRule.Usual(ns: 1_000, work: 1), count: Hop.allCases.count)

    /// A sample whose kernel hop takes `ns`, all others what is usual; its thread was watched.
    private static func sample(
        kernelNs ns: UInt64, work: UInt16 = 1, preempted: Hop? = nil, isWatched: Bool = true
    ) -> OutlierSample {
        var sample = OutlierSample()
        sample.hopNs = (1_000, 1_000, ns, 1_000, 1_000, 1_000, 1_000, 1_000)
        sample.hopWork = (1, 1, work, 1, 1, 1, 1, 1)
        sample.knownHops = 0xff
        sample.isWatched = isWatched ? 1 : 0
        if let preempted { sample.preemptedHops = 1 << UInt8(preempted.rawValue) }
        return sample
    }

    /// A window of 12 ms in which the thread had its core all the time, and nothing happened.
    private static var quiet: OutlierEvidence {
        var evidence = OutlierEvidence()
        evidence.windowNs = 12_000_000
        evidence.cpuNs = 12_000_000
        evidence.idleGapNs = 1_000
        evidence.idleGapMinuteNs = 9_000
        return evidence
    }

    private static func judge(
        _ sample: OutlierSample, _ evidence: OutlierEvidence, isSpinning: Bool = true
    ) -> OutlierRule.Verdict {
        OutlierRule.judge(
            sample, usual: usual, thresholdNs: threshold, evidence: evidence,
            isSpinning: isSpinning)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var isWatched = true
        var preempted: Hop?
        var isSpinning = true
        let label: OutlierLabel
        let reason: OutlierReason
        var change: @Sendable (inout OutlierEvidence) -> Void = { _ in }
    }

    /// All of a sample that is 50 us over what is usual.
    static let cases: [Case] = [
        Case(testDescription: "nothing happened", label: .ours, reason: .onCore),
        Case(testDescription: "nobody looked", label: .unknown, reason: .noEvidence) {
            $0 = OutlierEvidence()
        },
        Case(testDescription: "preempted in the long hop", preempted: .feature, label: .host,
            reason: .preempted),
        Case(testDescription: "preempted, and nobody looked", preempted: .feature, label: .host,
            reason: .preempted) { $0 = OutlierEvidence() },
        Case(testDescription: "preempted in a short hop", preempted: .intent, label: .ours,
            reason: .onCore),
        Case(testDescription: "preempted says one without a watch", isWatched: false,
            preempted: .feature, label: .ours, reason: .onCore),
        Case(testDescription: "faults that explain half", label: .host, reason: .pageFaults) {
            $0.minorFaults = 13
        },
        Case(testDescription: "faults that explain less", label: .ours, reason: .onCore) {
            $0.minorFaults = 12
        },
        Case(testDescription: "a fault that waited for a disk", label: .host,
            reason: .pageFaults) { $0.majorFaults = 1 },
        Case(testDescription: "off its core without a watch", isWatched: false, label: .host,
            reason: .runDelay) {
            $0.switches = 1
            $0.cpuNs -= 25_000
        },
        Case(testDescription: "off its core for less without a watch", isWatched: false,
            label: .ours, reason: .onCore) {
            $0.switches = 1
            $0.cpuNs -= 24_999
        },
        Case(testDescription: "off its core, but the watch saw nothing", label: .ours,
            reason: .onCore) {
            $0.switches = 1
            $0.cpuNs -= 9_000_000
        },
        Case(testDescription: "off its core where threads yield", isWatched: false,
            isSpinning: false, label: .unknown, reason: .ambiguous) {
            $0.switches = 40
            $0.cpuNs -= 9_000_000
        },
        Case(testDescription: "time missing without a switch", label: .host, reason: .stolen) {
            $0.cpuNs -= 25_000
        },
        Case(testDescription: "steal time grew", label: .host, reason: .stolen) {
            $0.stealNs = 10_000_000
        },
        Case(testDescription: "an idle round took as long within a fifth", label: .host,
            reason: .idleHole) {
            $0.idleGapNs = 40_000
            $0.idleGapMinuteNs = 40_000
        },
        Case(testDescription: "an idle round took less", label: .ours, reason: .onCore) {
            $0.idleGapNs = 39_999
            $0.idleGapMinuteNs = 39_999
        },
        Case(testDescription: "an idle round took as long within the minute", label: .unknown,
            reason: .ambiguous) { $0.idleGapMinuteNs = 50_000 },
        Case(testDescription: "idle rounds say nothing where threads yield", isSpinning: false,
            label: .unknown, reason: .ambiguous) { $0.idleGapNs = 60_000 },
        Case(testDescription: "a clock that ran backwards", label: .ours, reason: .onCore) {
            $0.cpuNs = UInt64.max
        },
    ]

    @Test(arguments: cases)
    func `evidence decides, and the first rule that holds`(_ c: Case) {
        var evidence = Self.quiet
        c.change(&evidence)
        let sample = Self.sample(
            kernelNs: 51_000, preempted: c.preempted, isWatched: c.isWatched)
        let verdict = Self.judge(sample, evidence, isSpinning: c.isSpinning)
        #expect(verdict.excessNs == 50_000)
        #expect(verdict.hop == .feature)
        #expect(verdict.label == c.label)
        #expect(verdict.reason == c.reason)
    }

    @Test func `what the records of a poll explain is our own work`() {
        // 64 records at 1 us each, 2 us over; the seven others bring it to 10 us.
        let burst = Self.sample(kernelNs: 66_000, work: 64)
        #expect(Self.judge(burst, Self.quiet).reason == .ownWork)
        #expect(Self.judge(burst, Self.quiet).label == .ours)
        #expect(Self.judge(burst, Self.quiet).excessNs == 2_000)
        #expect(Self.judge(burst, OutlierEvidence()).reason == .ownWork)
    }

    @Test func `own work explains a sample whose excess is below the threshold, and no more`() {
        var evidence = Self.quiet
        evidence.stealNs = 10_000_000
        func reason(_ excessNs: UInt64) -> OutlierReason {
            Self.judge(Self.sample(kernelNs: 64_000 + excessNs, work: 64), evidence).reason
        }
        #expect(reason(Self.threshold - 1) == .ownWork)
        #expect(reason(Self.threshold) == .stolen)
    }

    @Test func `what is usual is no excess, even beyond the threshold`() {
        let usual = Array(repeating: OutlierRule.Usual(ns: 10_000, work: 1), count: 8)
        var sample = Self.sample(kernelNs: 10_000, preempted: .feature)
        sample.hopNs = (10_000, 10_000, 10_500, 10_000, 10_000, 10_000, 10_000, 10_000)
        var evidence = Self.quiet
        evidence.idleGapNs = 400_000
        let verdict = OutlierRule.judge(
            sample, usual: usual, thresholdNs: Self.threshold, evidence: evidence,
            isSpinning: true)
        #expect(verdict.excessNs == 500)
        #expect(verdict.reason == .ownWork)
        #expect(verdict.label == .ours)
    }

    @Test(arguments: [Hop.frame, .encrypted])
    func `reader and gateway have no watch`(hop: Hop) {
        var sample = Self.sample(kernelNs: 1_000, preempted: hop)
        if hop == .frame { sample.hopNs.0 = 51_000 } else { sample.hopNs.7 = 51_000 }
        #expect(Self.judge(sample, Self.quiet).reason == .onCore)
        var evidence = Self.quiet
        evidence.switches = 1
        evidence.cpuNs -= 25_000
        #expect(Self.judge(sample, evidence).reason == .runDelay)
    }

    @Test func `records are many when they are more than the stage's polls have on average`() {
        var usual = Self.usual
        usual[Hop.feature.rawValue] = OutlierRule.Usual(ns: 1_000, work: 8)
        func excess(_ work: UInt16) -> UInt64 {
            OutlierRule.judge(
                Self.sample(kernelNs: 51_000, work: work), usual: usual,
                thresholdNs: Self.threshold, evidence: Self.quiet, isSpinning: true).excessNs
        }
        #expect(excess(1) == 50_000)
        #expect(excess(8) == 50_000)
        #expect(excess(16) == 49_000)
        #expect(excess(400) == 1_000)
        #expect(OutlierRule.Usual(ns: 5, work: 0).work == 1)
    }

    @Test func `a hop without a known cost is all excess, and the longest hop is named`() {
        let sample = Self.sample(kernelNs: 51_000)
        let verdict = OutlierRule.judge(
            sample, usual: [], thresholdNs: Self.threshold, evidence: Self.quiet,
            isSpinning: true)
        #expect(verdict.excessNs == 58_000)
        #expect(verdict.hop == .feature)
        let none = OutlierRule.hop(
            of: sample,
            usual: Array(repeating: OutlierRule.Usual(ns: 60_000, work: 1), count: 8))
        #expect(none == .feature)
    }

    /// Goal: no numbers, however extreme, stop who judges, and without evidence nothing is said
    /// but what the sample itself tells.
    @Test(arguments: 1...500 as ClosedRange<UInt64>)
    func `any numbers are judged`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        func number() -> UInt64 { generator.next() >> (generator.next() % 64) }
        var sample = OutlierSample()
        sample.hopNs = (
            number(), number(), number(), number(), number(), number(), number(), number()
        )
        sample.knownHops = UInt8(truncatingIfNeeded: number())
        sample.preemptedHops = UInt8(truncatingIfNeeded: number())
        sample.isWatched = UInt32(number() % 2)
        var evidence = OutlierEvidence()
        evidence.windowNs = number()
        evidence.cpuNs = number()
        evidence.stealNs = number()
        evidence.idleGapNs = number()
        evidence.idleGapMinuteNs = number()
        evidence.switches = UInt32(truncatingIfNeeded: number())
        evidence.minorFaults = UInt32(truncatingIfNeeded: number())
        evidence.majorFaults = UInt32(truncatingIfNeeded: number())
        let usual = (0..<8).map { _ in OutlierRule.Usual(ns: number(), work: number()) }
        let verdict = OutlierRule.judge(
            sample, usual: usual, thresholdNs: number(), evidence: evidence,
            isSpinning: number() % 2 == 0)
        let saturated = Hop.allCases.reduce(into: (sum: UInt64(0), isOver: false)) { total, hop in
            let (sum, overflow) = total.sum.addingReportingOverflow(sample.ns(hop))
            total = (sum, total.isOver || overflow)
        }
        #expect(sample.totalNs == (saturated.isOver ? UInt64.max : saturated.sum), "seed \(seed)")
        #expect(verdict.excessNs <= sample.totalNs, "seed \(seed)")
        if evidence.windowNs == 0, verdict.label == .ours {
            #expect(verdict.reason == .ownWork, "seed \(seed)")
        }
    }
}
