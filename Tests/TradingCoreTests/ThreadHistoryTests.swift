//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#if DEBUG
import CTelemetry
import Telemetry
import Testing

@testable import TradingCore

@Suite("Looks at a hot thread")
struct ThreadHistoryTests {
    private static func look(
        _ ms: UInt64, cpuMs: UInt64, switches: UInt64 = 0, gapNs: UInt64 = 0
    ) -> ThreadLook {
        ThreadLook(
            timeNs: ms * 1_000_000, cpuNs: cpuMs * 1_000_000, runDelayNs: switches * 10,
            switches: switches, minorFaults: switches * 2, majorFaults: switches * 3,
            stealNs: switches * 4, idleGapNs: gapNs)
    }

    private static func history(_ looks: [ThreadLook]) -> ThreadHistory {
        var history = ThreadHistory(core: 1)
        for look in looks { history.add(look) }
        return history
    }

    @Test func `evidence lies between the look before and the look after`() {
        let history = Self.history([
            Self.look(10, cpuMs: 10, switches: 5, gapNs: 70_000),
            Self.look(20, cpuMs: 20, switches: 5, gapNs: 60_000),
            Self.look(30, cpuMs: 28, switches: 6, gapNs: 8_000),
            Self.look(40, cpuMs: 38, switches: 9, gapNs: 50_000),
        ])
        let evidence = history.evidence(from: 21_000_000, to: 21_050_000)
        #expect(evidence.windowNs == 10_000_000)
        #expect(evidence.cpuNs == 8_000_000)
        #expect(evidence.switches == 1)
        #expect(evidence.runDelayNs == 10)
        #expect(evidence.minorFaults == 2)
        #expect(evidence.majorFaults == 3)
        #expect(evidence.stealNs == 4)
        #expect(evidence.idleGapNs == 8_000)
        #expect(evidence.idleGapMinuteNs == 70_000)
        #expect(evidence.core == 1)
        // At the very moments of two looks, and across three of them.
        #expect(history.evidence(from: 20_000_000, to: 30_000_000).windowNs == 10_000_000)
        #expect(history.evidence(from: 12_000_000, to: 39_000_000).windowNs == 30_000_000)
        #expect(history.evidence(from: 12_000_000, to: 39_000_000).idleGapNs == 60_000)
    }

    @Test(arguments: [
        (5_000_000, 15_000_000), (35_000_000, 45_000_000), (0, UInt64.max),
    ] as [(UInt64, UInt64)])
    func `without a look on both sides nothing is known`(from: UInt64, to: UInt64) {
        let history = Self.history([Self.look(10, cpuMs: 10), Self.look(40, cpuMs: 40)])
        #expect(history.evidence(from: from, to: to).windowNs == 0)
    }

    @Test func `looks are bounded, and idle rounds are forgotten after a minute`() {
        var history = ThreadHistory(core: nil)
        history.add(Self.look(1_000, cpuMs: 1, gapNs: 99_000))
        for number in 1...6_100 as ClosedRange<UInt64> {
            history.add(Self.look(1_000 + number * 10, cpuMs: number, gapNs: 7_000))
            #expect(history.looks.count <= ThreadHistory.looksMax)
            let known = history.evidence(from: 0, to: 0).idleGapMinuteNs
            #expect(known == (number * 10 < 61_000 ? 99_000 : 7_000))
        }
        #expect(history.evidence(from: 0, to: 0).core == -1)
    }

    @Test func `a clock that goes back is no evidence of anything`() {
        let history = Self.history([
            Self.look(10, cpuMs: 50, switches: 9), Self.look(20, cpuMs: 40, switches: 8),
        ])
        let evidence = history.evidence(from: 11_000_000, to: 12_000_000)
        #expect(evidence.cpuNs == 0)
        #expect(evidence.switches == 0)
    }
}
#endif
