//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import MarketData
import SeededRandom
import Testing

/// Books whose stream begins with a snapshot of its own and whose updates name the one before.
@Suite("Linked books")
struct LinkedBookTests {
    static let judgements: [SynchroniserTests.Judgement] = [
        // The link alone decides once an update was applied; ids need not grow.
        .init(
            rule: .linked, first: 10, last: 15, previous: 10, lastID: 10, isFirst: false,
            verdict: .apply),
        .init(
            rule: .linked, first: 15, last: 15, previous: 15, lastID: 15, isFirst: false,
            verdict: .apply),
        .init(
            rule: .linked, first: 15, last: 3, previous: 15, lastID: 15, isFirst: false,
            verdict: .apply),
        .init(
            rule: .linked, first: 16, last: 17, previous: 16, lastID: 15, isFirst: false,
            verdict: .gap),
        .init(
            rule: .linked, first: 3, last: 10, previous: 3, lastID: 15, isFirst: false,
            verdict: .gap),
        // Behind a snapshot by REST: held already, spanning it, following it, too late.
        .init(
            rule: .linked, first: 5, last: 9, previous: 5, lastID: 10, isFirst: true,
            verdict: .stale),
        .init(
            rule: .linked, first: 5, last: 10, previous: 5, lastID: 10, isFirst: true,
            verdict: .stale),
        .init(
            rule: .linked, first: 8, last: 12, previous: 8, lastID: 10, isFirst: true,
            verdict: .apply),
        .init(
            rule: .linked, first: 10, last: 12, previous: 10, lastID: 10, isFirst: true,
            verdict: .apply),
        .init(
            rule: .linked, first: 11, last: 12, previous: 11, lastID: 10, isFirst: true,
            verdict: .detached),
    ]

    @Test(arguments: judgements)
    func `an update is judged by its link`(_ j: SynchroniserTests.Judgement) {
        let verdict = UpdateChain.judge(
            j.rule, first: j.first, last: j.last, previous: j.previous, lastID: j.lastID,
            isFirst: j.isFirst)
        #expect(verdict == j.verdict)
    }

    /// A snapshot as it stands in the stream.
    private static func snapshot(_ id: UInt64, bids: [Level] = [(100, 5)]) -> Update {
        var update = Update.snapshot(id, bids: bids)
        update.isInStream = true
        return update
    }

    @Test func `the stream's own snapshot is in sync at once, without a request`() {
        var rig = Rig(.linked)
        #expect(rig.take(Self.snapshot(10)) == .updated)
        #expect(rig.sync.state == .inSync)
        #expect(rig.request() == nil)
        // The chain of the venue's own description: repeated, and started again lower.
        for (previous, last) in [(10, 15), (15, 15), (15, 3), (3, 5)] as [(UInt64, UInt64)] {
            #expect(rig.take(Update(first: previous, last: last, previous: previous)) == .updated)
        }
        #expect(rig.sync.lastUpdateID == 5)
        #expect(rig.sync.gapCount == 0)
    }

    @Test func `a second snapshot of the stream replaces a book that is in sync`() {
        var rig = Rig(.linked)
        rig.take(Self.snapshot(10))
        #expect(rig.take(Self.snapshot(20, bids: [(90, 1)])) == .updated)
        #expect(rig.bids.map(\.price) == [90])
        #expect(rig.sync.lastUpdateID == 20)
        #expect(rig.take(Update(first: 10, last: 30, previous: 10)) == .lost)
        #expect(rig.sync.gapCount == 1)
    }

    @Test func `a lost book is whole again with the next snapshot of the stream`() {
        var rig = Rig(.linked)
        rig.take(Self.snapshot(10))
        #expect(rig.take(Update(first: 12, last: 14, previous: 12)) == .lost)
        #expect(rig.request()?.attempt == 0)
        // What waited is older than the snapshot.
        rig.take(Update(first: 14, last: 16, previous: 14, bids: [(77, 1)]))
        #expect(rig.take(Self.snapshot(20)) == .updated)
        #expect(rig.sync.pendingRecordCount == 0)
        #expect(rig.bids.map(\.price) == [100])
        #expect(rig.take(Update(first: 20, last: 21, previous: 20)) == .updated)
    }

    @Test func `updates that come before a snapshot by REST are joined to it`() {
        var rig = Rig(.linked)
        rig.take(Update(first: 5, last: 9, previous: 5, bids: [(50, 1)]))
        rig.take(Update(first: 9, last: 14, previous: 9, bids: [(99, 2)]))
        rig.take(Update(first: 14, last: 18, previous: 14, bids: [(98, 3)]))
        #expect(rig.request() != nil)
        #expect(rig.take(.snapshot(10)) == .updated)
        #expect(rig.bids.map(\.price) == [100, 99, 98])
        #expect(rig.sync.lastUpdateID == 18)
        #expect(rig.sync.staleCount == 1)
    }

    /// Goal: any chain with its repetitions and restarts is followed without a gap, and any update
    /// left out of it is found. Method: random chains, with one update missing or none.
    @Test func `a missing update is always found, and nothing else is taken for one`() {
        for seed in 1...UInt64(60) {
            var random = SplitMix64(seed: seed)
            var rig = Rig(.linked)
            rig.take(Self.snapshot(1_000))
            var last: UInt64 = 1_000
            let missing = random.below(2) == 0 ? random.below(40) : nil
            var isLost = false
            for index in 0..<40 {
                let previous = last
                switch random.below(10) {
                case 0: last = previous
                case 1: last = previous / 2
                default: last = previous + UInt64(1 + random.below(9))
                }
                if index == missing {
                    // One that changes nothing is not missed.
                    if last != previous { isLost = true }
                    continue
                }
                rig.take(Update(first: previous, last: last, previous: previous))
            }
            let isFollowed = missing.map { $0 < 39 } ?? true
            if isFollowed { #expect((rig.sync.gapCount > 0) == isLost, "seed \(seed)") }
        }
    }
}
