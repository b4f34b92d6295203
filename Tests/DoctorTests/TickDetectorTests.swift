//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Doctor
import SeededRandom
import Testing

@Suite("Timer ticks among gaps")
struct TickDetectorTests {
    static let secondNs: UInt64 = 1_000_000_000
    static let rates: [(hertz: Int, periodNs: UInt64)] = [
        (1_000, 1_000_000), (300, 3_333_333), (250, 4_000_000), (100, 10_000_000),
    ]

    @Test(arguments: rates, 1...8 as ClosedRange<UInt64>)
    func `a tick's rate is found at any phase, among other interrupts`(
        _ rate: (hertz: Int, periodNs: UInt64), _ seed: UInt64
    ) {
        var trace = Trace(seed: seed)
        let phaseNs = UInt64(trace.random.below(Int(rate.periodNs)))
        trace.addTicks(periodNs: rate.periodNs, phaseNs: phaseNs, spanNs: Self.secondNs, share: 0.8)
        trace.addRandom(count: 400, spanNs: Self.secondNs, lengthNs: 2_000)
        let tick = TickDetector.detect(trace.inOrder, spanNs: Self.secondNs)
        #expect(tick?.hertz == rate.hertz, "seed \(seed), phase \(phaseNs)")
    }

    @Test(arguments: [0, 50, 1_000, 10_000, 60_000], 1...4 as ClosedRange<UInt64>)
    func `interrupts at random are no tick, however many`(_ count: Int, _ seed: UInt64) {
        var trace = Trace(seed: seed)
        trace.addRandom(count: count, spanNs: Self.secondNs, lengthNs: 1_500)
        #expect(
            TickDetector.detect(trace.inOrder, spanNs: Self.secondNs) == nil, "seed \(seed)")
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a core that others use most of the time still shows its tick`(_ seed: UInt64) {
        var trace = Trace(seed: seed)
        // Twenty milliseconds of every forty belong to others.
        let periodNs: UInt64 = 4_000_000
        trace.addTicks(periodNs: periodNs, phaseNs: 1_234_567, spanNs: Self.secondNs)
        var gaps = trace.inOrder.filter { $0.startNs % 40_000_000 < 20_000_000 }
        for index in 0..<25 {
            gaps.append(
                Gap(
                    startNs: UInt64(index) * 40_000_000 + 20_000_000, lengthNs: 20_000_000,
                    switchCount: 2))
        }
        gaps.sort { $0.startNs < $1.startNs }
        #expect(TickDetector.detect(gaps, spanNs: Self.secondNs)?.hertz == 250, "seed \(seed)")
    }

    @Test func `a tick that seldom shows is not claimed`() {
        var trace = Trace(seed: 1)
        trace.addTicks(
            periodNs: 4_000_000, phaseNs: 0, spanNs: Self.secondNs, share: 0.2)
        #expect(TickDetector.detect(trace.inOrder, spanNs: Self.secondNs) == nil)
    }

    @Test func `too short a time says nothing`() {
        var trace = Trace(seed: 1)
        trace.addTicks(periodNs: 4_000_000, phaseNs: 0, spanNs: 20_000_000)
        #expect(TickDetector.detect(trace.inOrder, spanNs: 20_000_000) == nil)
        #expect(TickDetector.detect([], spanNs: 0) == nil)
    }

    @Test func `a tick at the period's very end is found around it`() {
        var trace = Trace(seed: 3)
        trace.addTicks(
            periodNs: 4_000_000, phaseNs: 3_995_000, spanNs: Self.secondNs, jitterNs: 15_000)
        let tick = TickDetector.detect(trace.inOrder, spanNs: Self.secondNs)
        #expect(tick?.hertz == 250)
        #expect(tick.map { $0.occupancy > 0.95 } == true)
    }
}
