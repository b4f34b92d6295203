//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("The schedule and the ledger of wire to wire")
struct EchoLedgerTests {
    @Test(arguments: [1, 3, 20, 2_000, 2_527, 25_270, 99_991] as [UInt64])
    func `intended instants neither drift nor repeat`(rate: UInt64) {
        let schedule = EchoSchedule(startNs: 1_732_680_000_000_000_000, perSecond: rate)
        // Ten minutes later the event of a whole second stands on that second.
        for second in [0, 1, 59, 600] as [UInt64] {
            #expect(
                schedule.intendedNs(second * rate)
                    == schedule.startNs + second * 1_000_000_000)
        }
        let stepNs = 1_000_000_000 / rate
        for index in 0..<min(3 * rate, 10_000) {
            let gapNs = schedule.intendedNs(index + 1) - schedule.intendedNs(index)
            #expect(gapNs == stepNs || gapNs == stepNs + 1)
        }
    }

    @Test func `a schedule counts the instants that lie in a time`() {
        let schedule = EchoSchedule(startNs: 5, perSecond: 3)
        #expect(schedule.count(durationNs: 0) == 0)
        #expect(schedule.count(durationNs: 1) == 1, "the first one stands at the start")
        #expect(schedule.count(durationNs: 1_000_000_000) == 3)
        #expect(schedule.count(durationNs: 1_000_000_001) == 4)
        #expect(schedule.count(durationNs: 600_000_000_000) == 1_800)
        #expect(EchoSchedule(startNs: 5, perSecond: 0).count(durationNs: .max) == 0)
        #expect(EchoSchedule(startNs: 5, perSecond: 0).intendedNs(7) == .max)
    }

    @Test func `kinds of events come in their shares, evenly`() {
        var mix = EchoMix(shares: [703, 227, 70])
        var counts = [0, 0, 0]
        var sinceDepth = 0
        for _ in 0..<10_000 {
            let kind = mix.next()
            counts[kind.rawValue] += 1
            sinceDepth = kind == .depth ? 0 : sinceDepth + 1
            #expect(sinceDepth < 20, "one in 14 and a bit")
        }
        #expect(counts == [7_030, 2_270, 700])
    }

    /// The sender is held up for `stallNs`: raw latencies show nothing of it, corrected ones the
    /// whole ramp.
    @Test(arguments: [(20, 500_000_000), (2_000, 10_000_000), (2_000, 250_000_000)])
    func `a stall of the sender becomes an arithmetic ramp`(rate: Int, stallNs: Int) {
        let schedule = EchoSchedule(startNs: 1_000, perSecond: UInt64(rate))
        let answerNs: UInt64 = 7_000
        let resumedNs = schedule.startNs + UInt64(stallNs)
        var ledger = EchoLedger()
        var ramp: [UInt64] = []
        for index in 0..<UInt64(rate) {
            let intendedNs = schedule.intendedNs(index)
            let sentNs = max(intendedNs, resumedNs)
            ramp.append(sentNs - intendedNs + answerNs)
            ledger.sent(
                intendedNs: intendedNs, beginNs: sentNs, endNs: sentNs + 500, isCounted: true)
            ledger.answered(code: EchoLedger.code(of: index), atNs: sentNs + answerNs)
        }
        #expect(ledger.isComplete)
        #expect(ledger.corrected.values == ramp.map { UInt32($0) })
        #expect(ledger.raw.values.allSatisfy { $0 == UInt32(answerNs) })
        #expect(ledger.lateness.values.first == UInt32(stallNs))
        #expect(ledger.writing.values.allSatisfy { $0 == 500 })
        // Held up: as many as fall into the stall, their waits equally far apart.
        let heldCount = ramp.count { $0 > answerNs }
        #expect(heldCount == Int(schedule.count(durationNs: UInt64(stallNs))))
        let p = ledger.corrected.percentiles([0, 1])
        #expect(p == [answerNs, UInt64(stallNs) + answerNs])
    }

    @Test func `what is missing, doubled or foreign is counted, not guessed`() {
        var ledger = EchoLedger()
        for number in 0..<4 as Range<UInt64> {
            ledger.sent(
                intendedNs: number, beginNs: number, endNs: number, isCounted: number > 0)
        }
        ledger.answered(code: 2, atNs: 10)
        ledger.answered(code: 2, atNs: 11)
        ledger.answered(code: 0, atNs: 12)
        ledger.answered(code: nil, atNs: 13)
        ledger.answered(code: EchoLedger.codeCount, atNs: 14)
        #expect(ledger.openCount == 2)
        ledger.giveUp()
        #expect(ledger.sentCount == 4)
        #expect(ledger.uncountedCount == 1)
        #expect(ledger.answeredCount == 2)
        #expect(ledger.missingCount == 2)
        #expect(ledger.duplicateCount == 1)
        #expect(ledger.strayCount == 2)
        #expect(!ledger.isComplete)
        #expect(ledger.raw.values == [8], "the one that warmed up is in no figure")
        #expect(ledger.corrected.values == [8, .max, .max], "what never came is the longest")
        ledger.answered(code: 3, atNs: 15)
        #expect(ledger.duplicateCount == 2, "too late is no answer")
    }

    @Test func `a code that comes round unanswered is missing`() {
        var ledger = EchoLedger()
        for number in 0...UInt64(EchoLedger.codeCount) {
            ledger.sent(intendedNs: number, beginNs: number, endNs: number, isCounted: true)
        }
        #expect(ledger.missingCount == 1)
        #expect(ledger.openCount == EchoLedger.codeCount)
    }

    @Test func `quiet are those whose measurement was not held up`() {
        var ledger = EchoLedger()
        let late = EchoLedger.lateMaxNs + 1
        let slow = EchoLedger.writeMaxNs + 1
        // In time; late; written slowly; held up while the answer was waited for.
        for (number, (lateNs, writeNs)) in [(0, 0), (late, 0), (0, slow), (0, 0)].enumerated() {
            ledger.sent(
                intendedNs: 0, beginNs: lateNs, endNs: lateNs + writeNs, isCounted: true,
                heldCount: 5)
            ledger.answered(
                code: number, atNs: 1_000_000 + UInt64(number), heldCount: number == 3 ? 6 : 5)
        }
        #expect(ledger.quiet.values == [1_000_000])
        #expect(ledger.raw.values.count == 4)
    }

    @Test func `percentiles are those of the nearest rank`() {
        var samples = EchoLedger.Samples()
        #expect(samples.percentiles([0.5]) == [0])
        for value in (1...100).reversed() as ReversedCollection<ClosedRange<UInt64>> {
            samples.add(value)
        }
        #expect(samples.percentiles([0, 0.5, 0.99, 0.991, 1]) == [1, 50, 99, 100, 100])
        samples.add(.max)
        #expect(samples.percentiles([1]) == [UInt64(UInt32.max)])
    }

    @Test func `gaps fall into their classes`() {
        var gaps = EchoGaps()
        for ns in [1_999, 2_000, 4_999, 5_000, 99_999_999] as [UInt64] { gaps.add(ns) }
        #expect(gaps.counts == [2, 1, 0, 0, 0, 0, 0, 1])
        #expect(gaps.maximumNs == 99_999_999)
        #expect(gaps.heldCount == 1)
    }

    @Test func `the peak is the fullest window`() {
        #expect(RecordedPeak.busiest([], windowNs: 10) == 0)
        #expect(RecordedPeak.busiest([0, 9, 10, 11, 30], windowNs: 10) == 3)
        #expect(RecordedPeak.busiest([5, 5, 5], windowNs: 1) == 3)
        let none = RecordedPeak(folder: "/nonexistent")
        #expect(none.framesPerSecond == RecordedPeak.fallback)
        #expect(none.files.isEmpty)
    }
}
