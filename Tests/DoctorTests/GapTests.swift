//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Doctor
import SeededRandom
import Testing

@Suite("Who took the time")
struct GapTests {
    static let spanNs: UInt64 = 3_500_000_000

    /// Ticks, a preemption, a stall and a device's interrupt of known number.
    static func trace(seed: UInt64) -> [Gap] {
        var trace = Trace(seed: seed)
        trace.addTicks(periodNs: 4_000_000, phaseNs: 777_000, spanNs: spanNs)
        trace.addRandom(count: 40, spanNs: spanNs, lengthNs: 2_000_000, switchCount: 2)
        trace.addRandom(count: 7, spanNs: spanNs, lengthNs: 15_000_000)
        return trace.inOrder
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `switches, stalls and ticks are told apart`(_ seed: UInt64) {
        let gaps = Self.trace(seed: seed)
        let result = GapClassifier.classify(gaps, spanNs: Self.spanNs)
        #expect(result.kinds.count == gaps.count)
        #expect(result.kinds.count { $0 == .preempted } == 40, "seed \(seed)")
        #expect(result.kinds.count { $0 == .stall } == 7, "seed \(seed)")
        #expect(result.kinds.count { $0 == .tick } >= 850, "seed \(seed)")
        #expect(result.kinds.count { $0 == .interrupt } <= 25, "seed \(seed)")
    }

    @Test func `a switch decides over length and grid`() {
        let gap = Gap(startNs: 5, lengthNs: 50_000_000, switchCount: 1)
        #expect(GapClassifier.classify([gap], spanNs: 100_000_000).kinds == [.preempted])
        let long = Gap(startNs: 5, lengthNs: 50_000_000)
        #expect(GapClassifier.classify([long], spanNs: 100_000_000).kinds == [.stall])
        let short = Gap(startNs: 5, lengthNs: 5_000)
        #expect(GapClassifier.classify([short], spanNs: 100_000_000).kinds == [.interrupt])
    }

    @Test func `a gap at the span's very end is classified too`() {
        let gaps = [Gap(startNs: 1, lengthNs: 5_000), Gap(startNs: 2_000, lengthNs: 5_000)]
        #expect(GapClassifier.classify(gaps, spanNs: 1_000).kinds.count == 2)
        #expect(GapClassifier.classify([], spanNs: 0).kinds.isEmpty)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a tally keeps every gap once, by kind and in all`(_ seed: UInt64) {
        var tally = GapTally(core: 3)
        let gaps = Self.trace(seed: seed)
        for _ in 0..<3 { tally.add(gaps, spanNs: Self.spanNs, blindNs: 10) }
        #expect(tally.all.count == UInt64(3 * gaps.count))
        #expect(tally.all.sumNs == 3 * gaps.reduce(0) { $0 + $1.lengthNs })
        #expect(tally.all.maximumNs == 15_000_000)
        let byKind = GapKind.allCases.map { tally.lengths($0) }
        #expect(byKind.reduce(0) { $0 + $1.count } == tally.all.count)
        #expect(byKind.reduce(0) { $0 + $1.sumNs } == tally.all.sumNs)
        #expect(tally.tickHertz == 250)
        #expect(tally.observedNs == 3 * Self.spanNs)
        #expect(tally.blindNs == 30)
    }

    @Test func `a rate that a minority of the seconds shows is not the core's`() {
        var tally = GapTally(core: 0)
        var trace = Trace(seed: 5)
        trace.addTicks(periodNs: 4_000_000, phaseNs: 0, spanNs: 1_000_000_000)
        tally.add(trace.inOrder, spanNs: 9_000_000_000, blindNs: 0)
        #expect(tally.tickHertz == nil)
        #expect(tally.windowsByHertz == [250: 1])
    }

    @Test func `of two rates seen as often the lower is the core's`() {
        for periodsNs in [[4_000_000, 1_000_000], [1_000_000, 4_000_000]] as [[UInt64]] {
            var tally = GapTally(core: 0)
            for periodNs in periodsNs {
                var trace = Trace(seed: 6)
                trace.addTicks(periodNs: periodNs, phaseNs: 0, spanNs: 1_000_000_000)
                tally.add(trace.inOrder, spanNs: 1_000_000_000, blindNs: 0)
            }
            #expect(tally.windowsByHertz == [250: 1, 1_000: 1])
            #expect(tally.tickHertz == 250)
        }
    }
}

@Suite("Stalls behind a switch")
struct HiddenStallTests {
    static let gaps = [
        Gap(startNs: 0, lengthNs: 5_000),
        Gap(startNs: 10_000, lengthNs: 150_000_000, switchCount: 1),
        Gap(startNs: 400_000_000, lengthNs: 22_000_000_000, switchCount: 1),
    ]

    @Test func `a machine that stood still for 22 s is not another thread's doing`() {
        // 200 interrupts of 100 Hz at least: two seconds of 24.
        var tally = GapTally(core: 0)
        tally.add(Self.gaps, spanNs: 24_000_000_000, blindNs: 0, timerInterrupts: 200)
        #expect(tally.lengths(.stall).maximumNs == 22_000_000_000)
        #expect(tally.lengths(.preempted).count == 1)
        #expect(tally.lengths(.preempted).maximumNs == 150_000_000)
    }

    @Test func `with all its interrupts a core was busy with others`() {
        var tally = GapTally(core: 0)
        tally.add(Self.gaps, spanNs: 24_000_000_000, blindNs: 0, timerInterrupts: 6_000)
        #expect(tally.lengths(.stall).count == 0)
        #expect(tally.lengths(.preempted).count == 2)
    }

    @Test(arguments: [
        (1_000_000_000, 250, 250, 0), (1_000_000_000, 200, 250, 200_000_000),
        (1_000_000_000, 300, 250, 0), (1_000_000_000, 0, nil, 1_000_000_000),
        (1_000_000_000, UInt64.max, 250, 0),
    ] as [(UInt64, UInt64, Int?, UInt64)])
    func `missing interrupts are time`(
        _ spanNs: UInt64, _ count: UInt64, _ hertz: Int?, _ missingNs: UInt64
    ) {
        #expect(
            HiddenStalls.missingNs(spanNs: spanNs, timerInterrupts: count, hertz: hertz)
                == missingNs)
    }

    @Test func `a rate that is found too high in one second makes no stall`() {
        // A kilohertz in the second round, 250 Hz in the first, and 300 interrupts a second.
        var tally = GapTally(core: 0)
        let spanNs: UInt64 = 1_000_000_000
        for periodNs in [4_000_000, 1_000_000] as [UInt64] {
            var trace = Trace(seed: 1)
            trace.addTicks(periodNs: periodNs, phaseNs: 0, spanNs: spanNs)
            let gap = Gap(startNs: spanNs / 2, lengthNs: 150_000_000, switchCount: 1)
            let gaps = (trace.gaps.filter { $0.startNs < gap.startNs } + [gap])
            tally.add(gaps, spanNs: spanNs, blindNs: 0, timerInterrupts: 300)
        }
        #expect(tally.lengths(.stall).count == 0)
        #expect(tally.lengths(.preempted).count == 2)
    }

    @Test func `a stall that is seen already explains what is missing`() {
        let gaps = [
            Gap(startNs: 0, lengthNs: 1_000_000_000),
            Gap(startNs: 2_000_000_000, lengthNs: 900_000_000, switchCount: 1),
        ]
        let kinds: [GapKind] = [.stall, .preempted]
        #expect(HiddenStalls.find(gaps, kinds, missingNs: 1_100_000_000).isEmpty)
        #expect(HiddenStalls.find(gaps, kinds, missingNs: 1_900_000_000) == [1])
    }
}

@Suite("Expected tail of a path")
struct ExpectedTailTests {
    @Test func `one gap of ten milliseconds each second`() {
        let tail = ExpectedTail(
            gaps: [(lengthNs: 10_000_000, count: 60)], spanNs: 60_000_000_000, pathNs: 2_000)
        // A hundredth of the time is gap, and two thousand ns before each.
        #expect(abs(tail.probability(beyondNs: 0) - 0.010_002) < 1e-9)
        #expect(abs(tail.probability(beyondNs: 5_000_000) - 0.005_002) < 1e-9)
        #expect(tail.probability(beyondNs: 10_000_000) == 0)
        #expect(tail.extraNs(atFraction: 0.5) == 0)
        // P(extra > x) = 0.001 at x = 10 ms + 2 us - 1 ms.
        let extraNs = tail.extraNs(atFraction: 0.999)
        #expect((9_001_999...9_002_001).contains(extraNs))
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `the formula agrees with frames that arrive at random`(_ seed: UInt64) {
        // Goal: the closed form against what it is the form of.
        // Method: gaps 10 ms apart; 200,000 arrivals; the delay of each is looked up.
        var random = SplitMix64(seed: seed)
        let pathNs: UInt64 = 50_000
        let lengths = (0..<100).map { _ in UInt64(1_000 + random.below(3_000_000)) }
        let periodNs: UInt64 = 10_000_000
        let tail = ExpectedTail(
            gaps: lengths.map { (lengthNs: $0, count: 1) }, spanNs: periodNs * 100,
            pathNs: pathNs)
        let count = 200_000
        let boundNs: UInt64 = 500_000
        var beyond = 0
        for _ in 0..<count {
            let arrivalNs = UInt64(random.unit() * Double(periodNs * 100))
            let lengthNs = lengths[Int(arrivalNs / periodNs)]
            // Each gap begins 4 ms into its period.
            let offset = Int64(arrivalNs % periodNs) - 4_000_000
            let extra =
                if offset < 0, offset > -Int64(pathNs) { Int64(lengthNs) } else if offset >= 0 {
                    max(0, Int64(lengthNs) - offset)
                } else { Int64(0) }
            if extra > Int64(boundNs) { beyond += 1 }
        }
        let measured = Double(beyond) / Double(count)
        let expected = tail.probability(beyondNs: boundNs)
        // Five standard deviations.
        let bound = 5 * (expected * (1 - expected) / Double(count)).squareRoot()
        #expect(abs(measured - expected) < bound, "seed \(seed): \(measured), \(expected)")
    }

    @Test func `no gap and no time are no delay`() {
        #expect(ExpectedTail(gaps: [], spanNs: 1_000, pathNs: 1).extraNs(atFraction: 0.9999) == 0)
        #expect(
            ExpectedTail(gaps: [(lengthNs: 5, count: 1)], spanNs: 0, pathNs: 1)
                .probability(beyondNs: 0) == 0)
    }

    @Test func `percentiles grow with the fraction and never pass the longest gap`() {
        var tally = GapTally(core: 0)
        tally.add(GapTests.trace(seed: 2), spanNs: GapTests.spanNs, blindNs: 0)
        let tail = tally.expectedTail(pathNs: 2_000)
        let extras = [0.5, 0.9, 0.99, 0.999, 0.9999].map { tail.extraNs(atFraction: $0) }
        #expect(extras == extras.sorted())
        #expect(extras.allSatisfy { $0 <= tally.all.maximumNs })
        let alone = tally.expectedTail(pathNs: 2_000, without: [.preempted, .stall])
        #expect(alone.extraNs(atFraction: 0.9999) <= 3_000)
    }
}

@Suite("Near and far")
struct FlipDetectorTests {
    @Test(arguments: [
        ([], []), ([60], []), ([60, 61, 59, 64], []), ([60, 280, 275, 60], [1, 3]),
        // Noise around the bound is no flip.
        ([115, 125, 118, 130], []),
        // One round that was disturbed is a flip there and back.
        ([60, 60, 250, 60], [2, 3]), ([280, 281, 70, 72], [2]),
    ] as [([Double], [Int])])
    func `a change counts when it crosses the bound by a factor`(
        _ medians: [Double], _ flips: [Int]
    ) {
        #expect(FlipDetector.flips(medians) == flips)
    }

    @Test func `a drift in small steps across the bound is one flip`() {
        #expect(FlipDetector.flips([90, 100, 110, 119, 130, 150, 185, 190]).count == 1)
    }
}
