//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("Clocks of venues and limits of their connections")
struct VenueClockTests {
    @Test func `a clock that follows another steps and drifts by itself`() {
        let right = VenueClock(startNs: 1_000, startMs: 10_000)
        let wrong = VenueClock(following: right)
        right.nowNs += 2_000_000_000
        #expect(wrong.nowMs == 12_000)
        wrong.step(byNs: 1_500_000_000)
        #expect(wrong.nowMs == 13_500 && wrong.shown(12_000) == 13_500)
        wrong.drift(nsPerS: -10_000_000)
        right.nowNs += 10_000_000_000
        #expect(wrong.nowMs == 23_400)
        // A drift that is over leaves what it did.
        wrong.drift(nsPerS: 0)
        right.nowNs += 10_000_000_000
        #expect(wrong.nowMs == 33_400)
        #expect(right.nowMs == 32_000 && right.shown(32_000) == 32_000)
    }

    @Test func `a limit lets through so much a second, nothing with 0, and all when it is over`() {
        var limit = SendLimit()
        #expect(limit.room(5) == nil)
        limit.set(bytesPerS: 1_000, durationNs: 2_000_000_000, nowNs: 0)
        #expect(limit.room(0) == 0)
        #expect(limit.room(100_000_000) == 100)
        limit.took(60)
        #expect(limit.room(100_000_000) == 40)
        #expect(limit.room(200_000_000) == 140)
        // What was not used does not pile up.
        #expect(limit.room(1_900_000_000) == 1_000)
        #expect(limit.room(2_000_000_000) == nil)
        limit.set(bytesPerS: 0, durationNs: 1_000, nowNs: 3_000_000_000)
        #expect(limit.room(3_000_000_999) == 0)
        #expect(limit.room(3_000_001_000) == nil)
    }
}
