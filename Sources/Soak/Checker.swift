//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Platform
import Rendering
import Telemetry

/// A promise that was not kept.
struct Violation: Sendable, Equatable {
    /// "I2", by the list of what must never go wrong.
    let invariant: String
    /// Since the soak began, seconds.
    let timeS: Double
    let text: String
}

/// Compares the engine with the venues: books, positions, open orders, fills, cash.
///
/// The market is halted meanwhile, and nothing else: the engine is only looked at. What differs
/// because something is on its way gets more events and another look, until `secondsMax`.
struct Checker {
    /// What is still to be found equal.
    private struct Missing {
        var books: Set<Int>
        var positions: Set<Int>
        var accounts: Set<String>
        var isEmpty: Bool { books.isEmpty && positions.isEmpty && accounts.isEmpty }
    }

    /// How a book of the engine stands to the venue's.
    private enum Standing {
        case equal
        /// Invalid, or it changed while it was looked at.
        case moving
        /// Valid and different.
        case behind
    }

    private let truth: VenueTruth
    private let view: EngineView
    /// What the accounts had when the engine began, by venue.
    private let start: [String: VenueTruth.Account]
    private let tick: () throws(SoakError) -> Void
    /// Books that were valid and behind, because the event that was lost was the last one.
    private(set) var stale = 0
    /// The host let a hot thread stand for longer than `starvedNs` meanwhile: what is late is no
    /// finding then.
    private(set) var isStarved = false
    private(set) var violations: [(invariant: String, text: String)] = []
    private var behind: [Int: UInt64] = [:]

    /// What an engine needs at most for a whole comparison: a half-open connection of an account
    /// is given up after 45 s, and fills are reconciled every 30 s.
    private static let secondsMax = 120.0
    /// Nothing is on its way when no message has come for longer than a batch of 100 ms takes, and
    /// mark prices alone go on, one a second.
    private static let quietNs: UInt64 = 300_000_000
    private static let settleNs: UInt64 = 1_500_000_000
    /// A book that is right by then, the market standing still, was only late.
    private static let patienceNs: UInt64 = 3_000_000_000
    private static let starvedNs: UInt64 = 500_000_000
    private static let marketRunNs: UInt64 = 700_000_000

    /// - Parameter tick: What goes on meanwhile; it may wait a few milliseconds.
    init(
        _ truth: VenueTruth, _ view: EngineView, start: [String: VenueTruth.Account],
        tick: @escaping () throws(SoakError) -> Void
    ) {
        self.truth = truth
        self.view = view
        self.start = start
        self.tick = tick
    }

    /// Compares everything once. Leaves the market running, or halted where that is asked for.
    mutating func run(leavesHalted: Bool) throws(SoakError) {
        let rows = view.rows
        var missing = Missing(
            books: Set(rows.indices), positions: Set(rows.indices),
            accounts: Set(rows.map(\.venue)))
        behind = [:]
        let deadline = monotonicNs() + UInt64(Self.secondsMax * 1e9)
        while true {
            try truth.pause()
            try settle()
            try compareBooks(&missing.books)
            try compareAccounts(&missing)
            if missing.isEmpty { break }
            if monotonicNs() >= deadline {
                try report(missing)
                break
            }
            try letTheMarketRun()
        }
        if !leavesHalted { try truth.resume() }
    }

    private mutating func wait(ns: UInt64, until isDone: () -> Bool) throws(SoakError) {
        let deadline = monotonicNs() + ns
        while !isDone(), monotonicNs() < deadline {
            try tick()
            if view.heartbeatAgeNs > Self.starvedNs { isStarved = true }
        }
    }

    /// Waits until what was on its way has come.
    private mutating func settle() throws(SoakError) {
        let view = view
        var (messages, changedNs) = (view.messages, monotonicNs())
        try wait(ns: Self.settleNs) {
            let now = monotonicNs()
            if view.messages != messages { (messages, changedNs) = (view.messages, now) }
            return now - changedNs >= Self.quietNs
        }
    }

    /// Some events more, so that gaps show and books begin.
    private mutating func letTheMarketRun() throws(SoakError) {
        try truth.resume()
        try wait(ns: Self.marketRunNs) { false }
    }

    // MARK: - Books

    private mutating func compareBooks(_ missing: inout Set<Int>) throws(SoakError) {
        var now = try standings(missing)
        // Longer, lest a busy machine be slow to bring what it has.
        let patient = monotonicNs() + Self.patienceNs
        while now.contains(where: { $0.standing == .behind }), monotonicNs() < patient {
            try settle()
            now = try standings(missing)
        }
        let rows = view.rows
        for (index, standing) in now {
            let status = rows[index].status
            switch standing {
            case .moving: break
            case .behind: behind[index] = behind[index] ?? status.gaps + status.resyncs
            case .equal:
                missing.remove(index)
                guard let breaks = behind[index] else { continue }
                stale += 1
                // A book that gets right without a gap or a snapshot was wrong.
                if status.gaps + status.resyncs == breaks, !isStarved {
                    violations.append(
                        ("I11", "\(name(rows[index])): wrong, then right, and no gap"))
                }
            }
        }
    }

    private func standings(
        _ wanted: Set<Int>
    ) throws(SoakError) -> [(index: Int, standing: Standing)] {
        var result: [(index: Int, standing: Standing)] = []
        for index in wanted.sorted() { result.append((index, try standing(index))) }
        return result
    }

    /// By the best prices and, where the stream tells of every level, their number.
    private func standing(_ index: Int) throws(SoakError) -> Standing {
        let row = view.rows[index]
        let book = try truth.book(row.symbol, at: row.venue)
        let later = view.rows[index].status
        let words = [\InstrumentData.isBookValid, \.gaps, \.resyncs, \.levelCount]
        let prices = [\InstrumentData.bid, \.ask]
        guard row.status.isBookValid == 1,
            words.allSatisfy({ row.status[keyPath: $0] == later[keyPath: $0] }),
            prices.allSatisfy({ row.status[keyPath: $0] == later[keyPath: $0] })
        else { return .moving }
        let levels = Int(row.status.levelCount)
        let isEqual =
            price(row, row.status.bid) == best(book.bids)
            && price(row, row.status.ask) == best(book.asks)
            && (book.isWhole ? levels == book.levelCount : levels <= book.levelCount)
        return isEqual ? .equal : .behind
    }

    private func price(_ row: EngineView.Row, _ ticks: Int64) -> Int64? {
        amount(ticks, times: row.status.tickMantissa, decimals: row.status.priceDecimals)
    }

    private func best(_ levels: [[String]]) -> Int64? {
        levels.first?.first.flatMap { VenueTruth.mantissa($0) }
    }

    /// 1e-8 of `count` units; `nil` for what a damaged page says.
    private func amount(_ count: Int64, times mantissa: Int64, decimals: UInt8) -> Int64? {
        VenueTruth.mantissa(NumberText.decimal(count, times: mantissa, decimals: decimals))
    }

    // MARK: - Accounts

    private mutating func compareAccounts(_ missing: inout Missing) throws(SoakError) {
        let rows = view.rows
        for venue in Set(rows.map(\.venue)).sorted() {
            let positions = try truth.positions(at: venue)
            for (index, row) in rows.enumerated() where row.venue == venue {
                if held(row) == positions[VenueTruth.name(row.symbol, at: venue)] ?? 0 {
                    missing.positions.remove(index)
                }
            }
            guard missing.accounts.contains(venue) else { continue }
            let account = try truth.account(at: venue)
            if differences(venue, account).isEmpty { missing.accounts.remove(venue) }
        }
    }

    private func held(_ row: EngineView.Row) -> Int64? {
        amount(
            row.status.position, times: row.status.lotMantissa,
            decimals: row.status.quantityDecimals)
    }

    /// Fills, open orders and cash of one venue that are not the engine's, by invariant.
    private func differences(
        _ venue: String, _ account: VenueTruth.Account
    ) -> [(invariant: String, text: String)] {
        let own = view.rows.filter { $0.venue == venue }.map(\.status)
        let begin = start[venue] ?? VenueTruth.Account()
        var found: [(invariant: String, text: String)] = []
        func compare(_ invariant: String, _ what: String, _ engine: Int64, _ real: Int64) {
            if engine == real { return }
            found.append((invariant, "\(venue): \(what) \(engine), the venue has \(real)"))
        }
        let fills = own.reduce(0) { $0 + Int64(clamping: $1.fills) }
        compare("I2", "fills", fills, account.fills - begin.fills)
        compare("I5", "open orders", own.reduce(0) { $0 + Int64(clamping: $1.openOrders) },
            account.open)
        compare("I3", "client order ids used again", 0, account.repeatedIDs)
        let sent = own.reduce(0) { $0 + Int64(clamping: $1.ordersSent) }
        if account.orders - begin.orders > sent {
            compare("I1", "orders sent", sent, account.orders - begin.orders)
        }
        let cash = own.reduce(0) { $0 &+ $1.realisedE8 &- $1.feesE8 &- $1.fundingE8 }
        let real = account.walletE8 - begin.walletE8
        // Each side cuts what a fill costs and pays to 1e-8.
        if abs(cash - real) > 4 * max(1, fills) {
            compare("I2", "profit after fees (1e-8)", cash, real)
        }
        return found
    }

    // MARK: - What was not found equal in time

    private mutating func report(_ missing: Missing) throws(SoakError) {
        let rows = view.rows
        for index in missing.books.sorted() {
            let row = rows[index]
            let book = try truth.book(row.symbol, at: row.venue)
            let own = [row.status.bid, row.status.ask].map { price(row, $0) ?? 0 }
            let real = [best(book.bids) ?? 0, best(book.asks) ?? 0]
            violations.append(
                (
                    "I11",
                    "\(name(row)): valid \(row.status.isBookValid), best prices (1e-8) \(own) of "
                        + "\(row.status.levelCount) levels, the venue's \(real) of "
                        + "\(book.levelCount), for \(Int(Self.secondsMax)) s"
                ))
        }
        for index in missing.positions.sorted() {
            let row = rows[index]
            let positions = try truth.positions(at: row.venue)
            let real = positions[VenueTruth.name(row.symbol, at: row.venue)] ?? 0
            violations.append(
                (
                    "I2",
                    "\(name(row)): position (1e-8) \(held(row) ?? 0), the venue's \(real), for "
                        + "\(Int(Self.secondsMax)) s"
                ))
        }
        for venue in missing.accounts.sorted() {
            violations += differences(venue, try truth.account(at: venue))
        }
    }

    private func name(_ row: EngineView.Row) -> String { "\(row.venue) \(row.symbol)" }
}
