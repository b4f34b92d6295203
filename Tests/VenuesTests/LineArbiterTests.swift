//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Foundation
import Journal
import Messages
import SeededRandom
import Telemetry
import Testing
import Venues

@Suite("Lines of one feed")
struct LineArbiterTests {
    /// Goal: any interleaving of whole lines, with messages doubled, is the stream of one of them.
    /// Method: lines advance at random; what came out is compared with every message once.
    @Test(arguments: LineFeed.allCases)
    func `whole lines in any order are one line`(feed: LineFeed) throws {
        for seed in 1...UInt64(12) {
            var random = SplitMix64(seed: seed)
            let lines = 2 + random.below(3)
            var rig = try LineRig(feed, lines: lines, count: 150, &random)
            while rig.next.contains(where: { $0 < 150 }) {
                let line = random.below(lines)
                for _ in 0..<random.below(5) { rig.bring(line) }
                // Of books, a doubled message may be told from one that changed nothing by its
                // link alone.
                if random.below(6) == 0 { rig.repeatLast(line) }
            }
            let expected = Array(0..<150)
            let taken = rig.taken
            if case .okxBooks = feed {
                // Where nothing changed, doubling is a further repetition.
                #expect(Set(taken) == Set(expected) && taken == taken.sorted(), "seed \(seed)")
            } else if case .okxBest = feed {
                #expect(Set(taken) == Set(expected) && taken == taken.sorted(), "seed \(seed)")
            } else if case .bookTicker = feed {
                #expect(Set(taken) == Set(expected) && taken == taken.sorted(), "seed \(seed)")
            } else {
                #expect(taken == expected, "seed \(seed)")
            }
            #expect(rig.gaps == 0, "seed \(seed)")
            let wins = (0..<lines).reduce(0) { sum, line in
                sum + rig.harness.telemetry.counter("line\(line)_wins_total").value
            }
            #expect(wins == UInt64(taken.count), "seed \(seed)")
        }
    }

    /// Goal: a line's loss never makes a gap while another is up.
    /// Method: lines break and come back at random, at the venue's own position; one that holds
    /// all that is still missing stays up.
    @Test(arguments: LineFeed.allCases)
    func `a line that breaks makes no gap while another is up`(feed: LineFeed) throws {
        for seed in 100...UInt64(130) {
            var random = SplitMix64(seed: seed)
            let lines = 2 + random.below(3)
            let count = 300
            var rig = try LineRig(feed, lines: lines, count: count, &random)
            var sent = 1
            while rig.next.indices.contains(where: { rig.isUp[$0] && rig.next[$0] < count }) {
                sent = min(count, sent + random.below(3))
                let line = random.below(lines)
                if !rig.isUp[line] {
                    if random.below(4) == 0 { rig.connect(line, at: sent - 1) }
                    continue
                }
                if random.below(25) == 0, canBreak(rig, line) {
                    #expect(rig.disconnect(line).isEmpty)
                    continue
                }
                for _ in 0..<random.below(6) where rig.next[line] < sent { rig.bring(line) }
            }
            #expect(rig.gaps == 0, "seed \(seed)")
            #expect(rig.taken.last == count - 1, "seed \(seed)")
            if feed.isOKXBook {
                // A whole book may stand for the updates before it.
                #expect(rig.taken == rig.taken.sorted(), "seed \(seed)")
            } else {
                #expect(rig.taken == Array(0..<count), "seed \(seed)")
            }
            #expect(rig.harness.refusals == 0)
        }
    }

    /// Another line is up; where no book begins a line anew, one that has all since what was taken.
    private func canBreak(_ rig: LineRig, _ line: Int) -> Bool {
        let end = rig.taken.max() ?? -1
        return rig.isUp.indices.contains { other in
            other != line && rig.isUp[other]
                && (rig.stream.feed.isOKXBook || rig.joined[other] <= end + 1)
        }
    }

    @Test func `the kernel hears of the first line that comes and the last that goes`() throws {
        var random = SplitMix64(seed: 5)
        var rig = try LineRig(.okxBooks, lines: 3, count: 4, &random)
        #expect(rig.disconnect(0).isEmpty)
        #expect(rig.disconnect(2).isEmpty)
        let last = rig.disconnect(1)
        try #require(last.count == 1)
        #expect(last[0].status.kind == .feedStatus && last[0].status.isUp == 0)
        rig.connect(2, at: 3)
        #expect(rig.taken.last == 3)
    }

    @Test func `a gap that no line will fill is let through`() throws {
        var random = SplitMix64(seed: 6)
        var rig = try LineRig(.depth, lines: 2, count: 20, &random)
        for _ in 0..<3 { rig.bring(0) }
        // Line 1 lost some; line 0 stands at the end and will bring them.
        rig.next[1] = 6
        rig.bring(1)
        #expect(rig.taken == [0, 1, 2])
        #expect(rig.harness.telemetry.counter("line1_ahead_total").value == 1)
        rig.disconnect(0)
        rig.bring(1)
        #expect(rig.taken == [0, 1, 2, 7])
        #expect(rig.gaps == 1)
    }

    @Test func `a whole book asked for again replaces the one there is`() throws {
        var random = SplitMix64(seed: 7)
        var rig = try LineRig(.okxBooks, lines: 2, count: 20, &random)
        rig.bring(0)
        rig.bring(1)
        let index = rig.taken.last ?? 0
        let again = rig.harness.parse(rig.stream.snapshot(index), connection: 1)
        #expect(again.first?.header.kind == .bookSnapshot)
        let copy = rig.harness.parse(rig.stream.text(index), connection: 2)
        #expect(copy.isEmpty)
    }

    @Test func `a refused message does not win over a good copy`() throws {
        var random = SplitMix64(seed: 8)
        var rig = try LineRig(.trade, lines: 2, count: 3, &random)
        let text = rig.stream.text(0)
        #expect(rig.harness.parse(text.replacing("1.00", with: "1.001"), connection: 1).isEmpty)
        rig.bring(1)
        #expect(rig.taken == [0])
        #expect(rig.harness.counter("inexact_decimals") == 1)
    }

    @Test func `trades of liquidations are told apart by their numbers alone`() throws {
        var random = SplitMix64(seed: 9)
        let rig = try LineRig(.okxTrades, lines: 2, count: 1, &random)
        func count(_ id: Int, _ connection: UInt16) -> Int {
            let text = rig.stream.text(0).replacing(
                "\"tradeId\":\"\(rig.stream.ids[0].last)\"", with: "\"tradeId\":\"\(id)\"")
            return rig.harness.parse(text, connection: connection).count
        }
        let negative: [Int] = [count(-5, 1), count(-9, 1), count(-5, 2), count(-9, 2)]
        #expect(negative == [1, 1, 0, 0])
        let usual: [Int] = [count(7_000, 2), count(7_000, 1)]
        #expect(usual == [1, 0])
    }

    @Test func `how much later a copy came is recorded by line`() throws {
        var random = SplitMix64(seed: 10)
        let rig = try LineRig(.okxTrades, lines: 2, count: 3, &random)
        for (connection, time) in [(UInt16(1), UInt64(5_000)), (2, 5_700)] {
            let text = Array(rig.stream.text(0).utf8)
            var frame = rig.harness.frame(text.count, connection)
            frame.ingressTimeNs = time
            let bytes = unsafe rig.harness.bytes.place(text, slack: [])
            #expect(unsafe rig.harness.stage.parse(frame, bytes: bytes))
        }
        let lag = rig.harness.telemetry.reader.histograms.first { $0.name == "line1_lag" }
        #expect(try #require(lag).total == 1)
        #expect(rig.harness.telemetry.counter("line0_wins_total").value == 1)
        #expect(rig.harness.telemetry.counter("line1_copies_total").value == 1)
    }
}
