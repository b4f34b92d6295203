//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import MarketData
import Testing

/// Each row of the corner-case table of the venue's procedure, and the comparisons behind it.
@Suite("Book synchroniser")
struct SynchroniserTests {
    struct Judgement: Sendable {
        let rule: ChainRule
        let first: UInt64
        let last: UInt64
        let previous: UInt64
        let lastID: UInt64
        let isFirst: Bool
        let verdict: UpdateVerdict
    }

    static let judgements: [Judgement] = [
        // Futures, first update behind snapshot 100.
        .init(
            rule: .previousID, first: 90, last: 99, previous: 80, lastID: 100, isFirst: true,
            verdict: .stale),
        .init(
            rule: .previousID, first: 90, last: 100, previous: 80, lastID: 100, isFirst: true,
            verdict: .apply),
        .init(
            rule: .previousID, first: 100, last: 105, previous: 80, lastID: 100, isFirst: true,
            verdict: .apply),
        .init(
            rule: .previousID, first: 101, last: 105, previous: 100, lastID: 100, isFirst: true,
            verdict: .apply),
        .init(
            rule: .previousID, first: 101, last: 105, previous: 99, lastID: 100, isFirst: true,
            verdict: .detached),
        // Futures, later updates: only `previous` counts.
        .init(
            rule: .previousID, first: 150, last: 160, previous: 100, lastID: 100, isFirst: false,
            verdict: .apply),
        .init(
            rule: .previousID, first: 101, last: 160, previous: 99, lastID: 100, isFirst: false,
            verdict: .gap),
        .init(
            rule: .previousID, first: 90, last: 99, previous: 80, lastID: 100, isFirst: false,
            verdict: .gap),
        // Spot.
        .init(
            rule: .contiguous, first: 90, last: 100, previous: 0, lastID: 100, isFirst: true,
            verdict: .stale),
        .init(
            rule: .contiguous, first: 90, last: 101, previous: 0, lastID: 100, isFirst: true,
            verdict: .apply),
        .init(
            rule: .contiguous, first: 101, last: 101, previous: 0, lastID: 100, isFirst: true,
            verdict: .apply),
        .init(
            rule: .contiguous, first: 102, last: 105, previous: 0, lastID: 100, isFirst: true,
            verdict: .detached),
        .init(
            rule: .contiguous, first: 101, last: 105, previous: 0, lastID: 100, isFirst: false,
            verdict: .apply),
        .init(
            rule: .contiguous, first: 102, last: 105, previous: 0, lastID: 100, isFirst: false,
            verdict: .gap),
        .init(
            rule: .contiguous, first: 100, last: 105, previous: 0, lastID: 100, isFirst: false,
            verdict: .gap),
    ]

    @Test(arguments: judgements)
    func `an update is judged by the venue's comparisons`(_ j: Judgement) {
        let verdict = UpdateChain.judge(
            j.rule, first: j.first, last: j.last, previous: j.previous, lastID: j.lastID,
            isFirst: j.isFirst)
        #expect(verdict == j.verdict)
    }

    /// A rig that waits for a snapshot, its first request taken out.
    static func waiting(_ updates: [Update]) -> Rig {
        var rig = Rig()
        for update in updates { rig.take(update) }
        #expect(rig.sync.state == .awaitingSnapshot)
        #expect(rig.request()?.attempt == 0)
        return rig
    }

    /// A rig in sync at update 110: bid 100, ask 101.
    static func inSync(_ rule: ChainRule = .previousID) -> Rig {
        var rig = Rig(rule)
        rig.take(.snapshot(100))
        #expect(rig.sync.state == .awaitingFirstUpdate)
        #expect(rig.take(Update(first: 95, last: 110, previous: 90)) == .updated)
        #expect(rig.sync.state == .inSync)
        return rig
    }

    @Test func `an older snapshot is joined by the updates that waited`() {
        var rig = Self.waiting([
            Update(first: 80, last: 90, previous: 70, bids: [(100, 99)]),
            Update(first: 91, last: 105, previous: 90, bids: [(100, 7)]),
            Update(first: 108, last: 120, previous: 105, bids: [(99, 3)], asks: [(102, 4)]),
        ])
        #expect(rig.take(.snapshot(100)) == .updated)
        #expect(rig.sync.state == .inSync)
        #expect(rig.sync.lastUpdateID == 120)
        #expect(rig.sync.staleCount == 1)
        #expect(rig.sync.appliedCount == 2)
        #expect(rig.bids.map(\.price) == [100, 99])
        #expect(rig.bids.map(\.quantity) == [7, 3])
        #expect(rig.sync.pendingRecordCount == 0)
    }

    @Test func `when every waiting update is stale the next one joins`() {
        var rig = Self.waiting([Update(first: 80, last: 90, previous: 70)])
        #expect(rig.take(.snapshot(100)) == .none)
        #expect(rig.sync.state == .awaitingFirstUpdate)
        #expect(rig.sync.state != .inSync)
        #expect(rig.take(Update(first: 91, last: 101, previous: 90)) == .updated)
        #expect(rig.request() == nil)
    }

    @Test func `a snapshot older than the oldest waiting update is asked for again, later`() {
        var rig = Self.waiting([Update(first: 110, last: 120, previous: 105)])
        #expect(rig.take(.snapshot(100, timeNs: 5_000)) == .none)
        #expect(rig.sync.state == .awaitingSnapshot)
        #expect(rig.sync.book.levelCount == 0)
        #expect(rig.count("kernel_snapshots_too_old_total") == 1)
        let second = rig.request()
        #expect(second?.attempt == 1)
        #expect(second?.notBeforeNs == 5_000 + 250_000_000)
        // The update kept waiting: a newer snapshot joins it.
        #expect(rig.take(.snapshot(115)) == .updated)
        #expect(rig.sync.lastUpdateID == 120)
    }

    @Test func `a direct continuation of the snapshot is applied`() {
        var rig = Self.waiting([Update(first: 110, last: 120, previous: 100)])
        #expect(rig.take(.snapshot(100)) == .updated)
        #expect(rig.sync.lastUpdateID == 120)
    }

    @Test func `an update that ends at the snapshot is applied and moves the chain`() {
        var rig = Self.waiting([Update(first: 95, last: 100, previous: 90, bids: [(100, 8)])])
        #expect(rig.take(.snapshot(100, bids: [(100, 8)])) == .updated)
        #expect(rig.sync.lastUpdateID == 100)
        #expect(rig.take(Update(first: 107, last: 109, previous: 100)) == .updated)
    }

    @Test func `the first update's predecessor is not checked`() {
        var rig = Self.waiting([Update(first: 95, last: 105, previous: 12_345)])
        #expect(rig.take(.snapshot(100)) == .updated)
    }

    @Test func `a new instrument's predecessor of minus one does no harm`() {
        var rig = Self.waiting([
            Update(first: 95, last: 105, previous: UInt64.max, asks: [(101, 2)])
        ])
        #expect(rig.take(.snapshot(100)) == .updated)
    }

    @Test func `a broken chain empties the book and keeps the update that showed it`() {
        var rig = Self.inSync()
        let outcome = rig.take(Update(first: 120, last: 130, previous: 115, bids: [(100, 1)]))
        #expect(outcome == .none)  // The header already said that the book was lost.
        #expect(rig.sync.state == .awaitingSnapshot)
        #expect(rig.sync.gapCount == 1)
        #expect(rig.count("kernel_gaps_total") == 1)
        #expect(rig.sync.book.levelCount == 0)
        #expect(rig.sync.pendingRecordCount == 2)
        #expect(rig.request()?.attempt == 0)
        #expect(rig.take(.snapshot(125, bids: [(90, 4)])) == .updated)
        #expect(rig.bids.map(\.price) == [100, 90])
    }

    @Test func `a lost book is reported once, by the record that showed it`() {
        var rig = Self.inSync()
        #expect(rig.take(Update(first: 120, last: 130, previous: 115)) == .lost)
        #expect(rig.take(Update(first: 131, last: 133, previous: 130)) == .none)
    }

    @Test func `a break inside the waiting updates drops what came before it`() {
        var rig = Self.waiting([
            Update(first: 95, last: 105, previous: 90),
            Update(first: 120, last: 130, previous: 119, bids: [(99, 9)]),
        ])
        #expect(rig.take(.snapshot(100)) == .none)
        #expect(rig.sync.state == .awaitingSnapshot)
        #expect(rig.sync.gapCount == 1)
        #expect(rig.sync.pendingRecordCount == 2)
        #expect(rig.take(.snapshot(125)) == .updated)
        #expect(rig.bids.map(\.price) == [100, 99])
    }

    @Test func `a lost connection starts a new chain`() {
        var rig = Self.inSync()
        #expect(rig.sync.disconnect() == .lost)
        #expect(rig.sync.state == .idle)
        #expect(rig.sync.book.levelCount == 0)
        #expect(rig.request() == nil)  // Nothing to join a snapshot with yet.
        rig.take(Update(first: 5, last: 9, previous: 4))
        #expect(rig.request()?.attempt == 0)
        #expect(rig.take(.snapshot(7)) == .updated)
        #expect(rig.sync.lastUpdateID == 9)
    }

    @Test func `levels outside the snapshot enter when they change`() {
        var rig = Self.inSync()
        rig.take(
            Update(first: 111, last: 111, previous: 110, bids: [(50, 9), (40_000 - 39_990, 1)]))
        #expect(rig.bids.map(\.price) == [100, 50, 10])
    }

    @Test(arguments: [(101, 101), (102, 101)] as [(Int64, Int64)])
    func `a crossed or locked book is not used`(bid: Int64, ask: Int64) {
        var rig = Self.inSync()
        let outcome = rig.take(
            Update(first: 111, last: 112, previous: 110, bids: [(bid, 1)], asks: [(ask, 1)]))
        #expect(outcome == .lost)
        #expect(rig.sync.state == .awaitingSnapshot)
        #expect(rig.count("kernel_books_crossed_total") == 1)
        #expect(rig.request()?.attempt == 0)
    }

    @Test func `a crossed snapshot is asked for again`() {
        var rig = Self.waiting([Update(first: 95, last: 105, previous: 90)])
        #expect(rig.take(.snapshot(100, bids: [(105, 1)], asks: [(104, 1)])) == .none)
        #expect(rig.sync.state == .awaitingSnapshot)
        #expect(rig.request()?.attempt == 1)
    }

    @Test func `updates that do not fit while waiting are dropped and asked for`() {
        var rig = Rig(pendingRecordsMax: 4)
        rig.take(Update(first: 1, last: 2, previous: 0, bids: [(9, 1)]))
        #expect(rig.request()?.attempt == 0)
        rig.take(Update(first: 3, last: 4, previous: 2, bids: [(9, 1), (8, 1), (7, 1), (6, 1)]))
        #expect(rig.count("kernel_pending_overflows_total") == 1)
        #expect(rig.sync.pendingRecordCount == 0)
        #expect(rig.request()?.attempt == 1)
        // The rest of the update that did not fit is not taken for a new one.
        rig.take(Update(first: 5, last: 6, previous: 4, bids: [(9, 4)]))
        #expect(rig.sync.pendingRecordCount == 2)
        #expect(rig.take(.snapshot(5)) == .updated)
        #expect(rig.bids.map(\.quantity) == [5, 4])
    }

    @Test func `spot updates follow each other without holes`() {
        var rig = Rig(.contiguous)
        rig.take(Update(first: 90, last: 100, previous: 0))
        rig.take(Update(first: 101, last: 105, previous: 0, bids: [(99, 1)]))
        #expect(rig.take(.snapshot(100)) == .updated)
        #expect(rig.sync.staleCount == 1)
        #expect(rig.take(Update(first: 106, last: 106, previous: 0)) == .updated)
        #expect(rig.take(Update(first: 108, last: 109, previous: 0)) == .lost)
    }

    @Test func `a snapshot that comes while in sync is not used`() {
        var rig = Self.inSync()
        #expect(rig.take(.snapshot(50, bids: [(1, 1)])) == .none)
        #expect(rig.sync.state == .inSync)
        #expect(rig.bids.map(\.price) == [100])
        #expect(rig.count("kernel_snapshots_unused_total") == 1)
    }

    @Test func `requests wait ever longer, up to eight seconds`() {
        var rig = Self.waiting([Update(first: 1_000, last: 1_001, previous: 999)])
        var waits: [UInt64] = []
        var now: UInt64 = 1_000_000_000_000
        for id in 1...8 {
            now += 20_000_000_000
            rig.take(.snapshot(UInt64(id), timeNs: now))
            guard let request = rig.request() else { break }
            #expect(request.attempt == UInt32(id))
            #expect(request.instrumentID == 7)
            waits.append((request.notBeforeNs - now) / 1_000_000)
        }
        #expect(waits == [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
    }

    @Test func `a request without an answer is repeated`() {
        var rig = Self.waiting([Update(first: 1, last: 2, previous: 0)])
        rig.sync.advance(to: 10_000_001_000)
        #expect(rig.request() == nil)
        rig.sync.advance(to: 10_000_001_001)
        #expect(rig.request()?.attempt == 1)
        #expect(rig.count("kernel_snapshot_timeouts_total") == 1)
    }

    @Test func `two requests of one book are never closer than the first wait`() {
        var rig = Self.waiting([Update(first: 95, last: 105, previous: 90)])
        rig.take(.snapshot(100))
        rig.take(Update(first: 200, last: 201, previous: 199, timeNs: 2_000))
        #expect(rig.request()?.notBeforeNs == 1_000 + 250_000_000)
    }

    @Test func `an update that never ends loses the book`() {
        var rig = Self.inSync()
        var records = Update(
            first: 111, last: 112, previous: 110, bids: [(99, 1)], asks: [(103, 1)]
        ).records
        records.removeLast()
        for record in records {
            var copy = record
            _ = unsafe withUnsafePointer(to: &copy) { unsafe rig.sync.take($0) }
        }
        #expect(rig.take(Update(first: 113, last: 114, previous: 112)) == .lost)
        #expect(rig.count("kernel_updates_malformed_total") == 1)
        #expect(rig.request() != nil)
    }

    @Test func `a level the book refuses loses the book`() {
        var rig = Self.inSync()
        let outcome = rig.take(
            Update(first: 111, last: 112, previous: 110, bids: [(0, 1)]))
        #expect(outcome == .lost)
        #expect(rig.count("kernel_levels_refused_total") == 1)
    }

    @Test func `levels without a header are counted and change nothing`() {
        var rig = Self.inSync()
        var record = Update(first: 1, last: 1, previous: 1, bids: [(99, 1)]).records[1]
        _ = unsafe withUnsafePointer(to: &record) { unsafe rig.sync.take($0) }
        #expect(rig.bids.map(\.price) == [100])
        #expect(rig.sync.state == .inSync)
        #expect(rig.count("kernel_updates_malformed_total") == 1)
    }
}
