//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Messages
import Platform
import Telemetry
import Testing

/// A running engine and the venues it trades on, compared again and again.
final class Soak {
    private typealias Row = (symbol: String, venue: String, status: InstrumentData)

    private let engine: EngineProgram
    private let truth: VenueTruth
    private let control: ControlHandle
    private var seen: [String: [String: String]] = [:]
    /// Since when a book is invalid, by instrument.
    private var invalidSinceNs: [Int: UInt64] = [:]
    private var outagesNs: [UInt64] = []
    private(set) var checks = 0
    /// Books that were valid and behind, because the event that was lost was the last one.
    private(set) var stale = 0

    /// What an engine needs at most for a whole comparison: a half-open connection of an account
    /// is given up after 45 s.
    private static let secondsMax = 90.0
    /// Nothing is on its way when no message has come for longer than a batch of 100 ms takes, and
    /// mark prices alone go on, one a second.
    private static let quietNs: UInt64 = 300_000_000
    private static let settleNs: UInt64 = 1_500_000_000

    init(_ engine: EngineProgram, _ truth: VenueTruth) throws {
        self.engine = engine
        self.truth = truth
        control = try ControlHandle.open("/dev/shm/apus.\(engine.instance)/control")
    }

    private var rows: [Row] { engine.telemetry?.instruments ?? [] }

    /// Lets it trade until `deadlineNs`, and notes how long books are out of sync.
    func watch(until deadlineNs: UInt64) throws {
        try engine.awaitThat("time to check", seconds: 600) {
            note()
            return monotonicNs() >= deadlineNs
        }
    }

    private func note() {
        let now = monotonicNs()
        for (index, row) in rows.enumerated() {
            if row.status.isBookValid == 1 {
                guard let since = invalidSinceNs.removeValue(forKey: index) else { continue }
                outagesNs.append(now - since)
            } else if invalidSinceNs[index] == nil {
                invalidSinceNs[index] = now
            }
        }
    }

    /// "31 outages of books, median 210 ms, longest 2100 ms".
    var outages: String {
        let sorted = outagesNs.sorted()
        guard let longest = sorted.last else { return "no outage of a book" }
        let median = sorted[sorted.count / 2]
        return "\(sorted.count) outages of books, median \(median / 1_000_000) ms, "
            + "longest \(longest / 1_000_000) ms"
    }

    /// Halts the trading and the market, and waits until every book and every position is the
    /// venue's. Leaves both halted.
    ///
    /// A book may be behind without knowing it only where the very last event before the halt was
    /// lost. The next event then shows the gap; a book that gets right without one was wrong.
    func check() throws {
        control.lower(to: .halted, reason: "a check of the soak")
        // The market goes on while reports are waited for: lines that bring nothing are given up.
        try checkAccounts()
        try truth.pause()
        var missing = Set(rows.indices)
        // Breaks of the chain and snapshots so far, of books that were found behind.
        var behind: [Int: UInt64] = [:]
        let deadline = monotonicNs() + UInt64(Self.secondsMax * 1e9)
        while true {
            try settle()
            var now = try compare(missing)
            if now.values.contains(.behind) {
                // Once more, lest a busy machine be slow to bring what it has.
                try settle()
                now = try compare(missing)
            }
            for (index, standing) in now {
                let status = rows[index].status
                switch standing {
                case .moving: break
                case .behind: behind[index] = behind[index] ?? status.gaps + status.resyncs
                case .equal:
                    missing.remove(index)
                    guard let breaks = behind[index] else { continue }
                    stale += 1
                    #expect(
                        status.gaps + status.resyncs > breaks,
                        "\(rows[index].venue) \(rows[index].symbol): wrong, then right, no gap")
                }
            }
            if missing.isEmpty { break }
            let late = missing.map { rows[$0] }
            if monotonicNs() >= deadline {
                throw Overdue(description: "books are not the venue's: \(try describe(late))")
            }
            try letTheMarketRun()
        }
        checks += 1
    }

    /// Some events more, so that gaps show and books begin.
    private func letTheMarketRun() throws {
        let messages = engine.messages
        try truth.resume()
        let deadline = monotonicNs() + 700_000_000
        try engine.awaitThat("events") {
            note()
            return monotonicNs() >= deadline && engine.messages > messages
        }
        try truth.pause()
    }

    /// Waits until what was on its way has come.
    private func settle() throws {
        let deadline = monotonicNs() + Self.settleNs
        var (messages, changedNs) = (engine.messages, monotonicNs())
        try engine.awaitThat("the engine is quiet") {
            note()
            let now = monotonicNs()
            if engine.messages != messages { (messages, changedNs) = (engine.messages, now) }
            return now - changedNs >= Self.quietNs || now >= deadline
        }
    }

    /// How a book of the engine stands to the venue's.
    private enum Standing {
        case equal
        /// Invalid, or it changed while it was looked at.
        case moving
        /// Valid and different.
        case behind
    }

    private func compare(_ wanted: Set<Int>) throws -> [Int: Standing] {
        Dictionary(uniqueKeysWithValues: try wanted.map { ($0, try standing($0)) })
    }

    /// By the best prices and, where the stream tells of every level, their number.
    private func standing(_ index: Int) throws -> Standing {
        let row = rows[index]
        let book = try truth.book(row.symbol, at: row.venue)
        let later = rows[index].status
        let words = [\InstrumentData.isBookValid, \.gaps, \.resyncs, \.levelCount]
        let prices = [\InstrumentData.bid, \.ask]
        guard row.status.isBookValid == 1,
            words.allSatisfy({ row.status[keyPath: $0] == later[keyPath: $0] }),
            prices.allSatisfy({ row.status[keyPath: $0] == later[keyPath: $0] })
        else { return .moving }
        let levels = Int(row.status.levelCount)
        let isEqual =
            try price(row, row.status.bid) == best(book.bids)
            && price(row, row.status.ask) == best(book.asks)
            && (book.isWhole ? levels == book.levelCount : levels <= book.levelCount)
        return isEqual ? .equal : .behind
    }

    private func price(_ row: Row, _ ticks: Int64) throws -> Int64 {
        try RunSummary.mantissa(
            Decimals.text(
                mantissa: ticks * row.status.tickMantissa, decimals: Int(row.status.priceDecimals)))
    }

    private func best(_ levels: [[String]]) throws -> Int64 {
        try RunSummary.mantissa(try #require(levels.first?.first))
    }

    /// Positions and orders, once all that is under way has come.
    private func checkAccounts() throws {
        var differences = ""
        do {
            try waitUntil("positions are the venues'", seconds: Self.secondsMax) {
                differences = try self.differences()
                return differences.isEmpty && engine.openOrders == 0
            }
        } catch let overdue as Overdue {
            throw Overdue(
                description: "\(overdue): \(differences), \(engine.openOrders) orders open")
        }
        for venue in Set(rows.map(\.venue)) {
            for order in try truth.orders(at: venue) {
                let known = seen[venue, default: [:]].updateValue(
                    order.venue, forKey: order.client)
                #expect(
                    known == nil || known == order.venue, "\(venue): \(order.client) came twice")
            }
        }
    }

    func differences() throws -> String {
        var found: [String] = []
        for (venue, own) in Dictionary(grouping: rows, by: \.venue) {
            let positions = try truth.positions(at: venue)
            for row in own {
                let name = VenueTruth.name(row.symbol, at: venue)
                let held = try RunSummary.mantissa(
                    Decimals.text(
                        mantissa: row.status.position * row.status.lotMantissa,
                        decimals: Int(row.status.quantityDecimals)))
                let real = positions[name] ?? 0
                if held != real { found.append("\(venue) \(name) \(held), venue \(real)") }
            }
        }
        return found.joined(separator: "; ")
    }

    /// Trades again.
    func goOn() throws {
        try truth.resume()
        control.resume()
    }

    /// The venues' books, by instrument.
    func books() throws -> [VenueTruth.Book] {
        try rows.map { try truth.book($0.symbol, at: $0.venue) }
    }

    private func describe(_ late: [Row]) throws -> String {
        try late.map { row in
            let book = try truth.book(row.symbol, at: row.venue)
            return "\(row.venue) \(row.symbol) valid \(row.status.isBookValid) "
                + "\(try price(row, row.status.bid))/\(try price(row, row.status.ask)) of "
                + "\(row.status.levelCount), venue \(try best(book.bids))/\(try best(book.asks)) "
                + "of \(book.levelCount)"
        }.joined(separator: "; ")
    }
}
