//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Testing

@testable import Accounts

@Suite("Clock guard")
struct ClockGuardTests {
    private let limits = ClockGuard.Limits(
        offsetMaxNs: 500_000_000, stepMaxNs: 250_000_000, errorMaxNs: 0)

    @Test func `an offset up to the limit is good, one more nanosecond is not`() {
        for sign in [Int64(1), -1] {
            var first = ClockGuard(limits)
            #expect(first.problem(offsetNs: sign * 500_000_000, nil) == nil)
            var second = ClockGuard(limits)
            #expect(second.problem(offsetNs: sign * 500_000_001, nil) != nil)
        }
        var most = ClockGuard(limits)
        #expect(most.problem(offsetNs: .min, nil) != nil)
    }

    @Test func `a step is told, and the same offset after it is good again`() {
        var clock = ClockGuard(limits)
        #expect(clock.problem(offsetNs: 0, nil) == nil)
        #expect(clock.problem(offsetNs: 250_000_000, nil) == nil)
        #expect(clock.problem(offsetNs: -1, nil)?.contains("stepped by -250 ms") == true)
        #expect(clock.problem(offsetNs: 0, nil) == nil)
    }

    @Test func `two bad offsets at the ends of the range do not wrap`() {
        var clock = ClockGuard(
            ClockGuard.Limits(offsetMaxNs: .max, stepMaxNs: 1, errorMaxNs: 0))
        #expect(clock.problem(offsetNs: .max, nil) == nil)
        #expect(clock.problem(offsetNs: -.max, nil) != nil)
    }

    @Test func `the kernel's own doubts count where a limit asks for them`() {
        func problem(_ isDisciplined: Bool, _ offsetNs: Int64, _ errorNs: UInt64) -> String? {
            var clock = ClockGuard(
                ClockGuard.Limits(offsetMaxNs: 1, stepMaxNs: 1, errorMaxNs: 1_000_000))
            return clock.problem(
                offsetNs: 0,
                ClockGuard.Discipline(
                    isDisciplined: isDisciplined, offsetNs: offsetNs, errorNs: errorNs))
        }
        #expect(problem(true, 1_000_000, 1_000_000) == nil)
        #expect(problem(false, 0, 0) != nil)
        #expect(problem(true, 0, 1_000_001) != nil)
        #expect(problem(true, -1_000_001, 0) != nil)
        var off = ClockGuard(limits)
        let doubt = ClockGuard.Discipline(isDisciplined: false, offsetNs: 0, errorNs: .max)
        #expect(off.problem(offsetNs: 0, doubt) == nil)
    }
}

@Suite("Instrument guard")
struct InstrumentGuardTests {
    @Test func `an instrument that stayed the same is no change`() {
        var watch = InstrumentGuard([instrument()])
        var filtered = instrument()
        filtered.priceMax = PriceTicks(1)
        #expect(watch.changes([filtered]).isEmpty)
    }

    @Test(arguments: [
        (10, 1, 0, "tick"), (1, 5, 0, "lot"), (1, 1, 10_000_000_000, "contract value"),
    ] as [(Int64, Int64, Int64, String)])
    func `a changed size is told once and for good`(
        tick: Int64, lot: Int64, contractE9: Int64, word: String
    ) {
        var watch = InstrumentGuard([instrument()])
        let changed = instrument(tick: tick, lot: lot, contractE9: contractE9)
        let told = watch.changes([changed])
        #expect(told.map(\.instrumentID) == [0])
        #expect(told.allSatisfy { $0.reason.contains(word) })
        #expect(watch.changes([changed]).isEmpty)
        #expect(watch.changes([instrument()]).isEmpty)
    }

    @Test func `an instrument that is gone is a change`() {
        var watch = InstrumentGuard([instrument()])
        #expect(watch.changes([]).first?.reason.contains("does not list") == true)
    }
}
