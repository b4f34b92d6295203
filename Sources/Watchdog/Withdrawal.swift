//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Messages
import Platform

/// Takes one venue's account out of the market: cancels all, verifies, closes positions. Whatever
/// goes wrong is told and tried again until the deadline.
struct Withdrawal {
    private let venue: WatchdogVenue
    private let options: WatchdogOptions
    private let journal: KillJournal
    private let startNs = monotonicNs()

    private static let pauseNs: UInt64 = 50_000_000
    private static let refusalsMax = 3
    /// A venue that refuses for its limits is not asked more often.
    private static let pauseAfterErrorNs: UInt64 = 200_000_000

    init(_ venue: WatchdogVenue, _ options: WatchdogOptions, _ journal: KillJournal) {
        self.venue = venue
        self.options = options
        self.journal = journal
    }

    private var session: any EmergencySession { venue.session }
    private var name: String { venue.venue.text }

    /// Whether the venue says that nothing is there to be cancelled; one that does not answer is
    /// asked again, and in the end taken for not empty.
    var isEmpty: Bool {
        for _ in 0..<Self.refusalsMax {
            if let orders = listed() { return orders.isEmpty }
            CurrentThread.sleep(ns: Self.pauseAfterErrorNs)
        }
        return false
    }

    /// - Returns: Whether no order is open and, where that is wanted, every position is flat.
    func run() -> Bool {
        let isCancelled = cancelAll(venue.instruments)
        journal.info(
            "cancel",
            [
                "venue": name, "instruments": "\(venue.instruments.count)",
                "told": isCancelled ? "all" : "some",
                "ms": KillJournal.milliseconds(since: startNs),
            ])
        let isEmpty = verify()
        if !options.flattens { return isEmpty }
        return Flattening(venue, options, journal).run() && isEmpty
    }

    /// Each instrument by itself: what one is refused says nothing of the next.
    ///
    /// - Returns: Whether the venue took every one.
    private func cancelAll(_ instruments: [Instrument]) -> Bool {
        var isDone = true
        for instrument in instruments {
            let isTaken = attempt("cancel", instrument.venueSymbolText) {
                () throws(AccountError) in
                try session.cancelAll(instrument)
                return true
            }
            if isTaken != true { isDone = false }
        }
        return isDone
    }

    /// Asks the venue until it lists no order, twice: what was under way at first has arrived by
    /// the second time, and that one looks at the whole account. A venue that does not tell of the
    /// whole account, as for its limits, is asked for the traded instruments alone in the end.
    private func verify() -> Bool {
        let verifyNs = monotonicNs()
        var queries = 0
        var refusals = 0
        while monotonicNs() - startNs < options.deadlineNs {
            queries += 1
            guard let left = instrumentsWithOrders() else {
                CurrentThread.sleep(ns: Self.pauseAfterErrorNs)
                continue
            }
            if !left.isEmpty {
                _ = cancelAll(left)
                CurrentThread.sleep(ns: Self.pauseNs)
                continue
            }
            CurrentThread.sleep(ns: options.settleNs)
            let orders = listed()
            if orders == nil { refusals += 1 }
            let isPart = refusals == Self.refusalsMax && instrumentsWithOrders()?.isEmpty == true
            if orders?.isEmpty == true || isPart {
                journal.info(
                    "verify",
                    [
                        "venue": name, "open": "0", "of": isPart ? "instruments" : "account",
                        "queries": "\(queries)", "ms": KillJournal.milliseconds(since: verifyNs),
                    ])
                return true
            }
            if refusals == Self.refusalsMax { refusals = 0 }
            if let orders { cancel(orders) } else {
                CurrentThread.sleep(ns: Self.pauseAfterErrorNs)
            }
        }
        journal.error(
            "verify",
            [
                "venue": name, "open": "not known to be 0", "queries": "\(queries)",
                "ms": KillJournal.milliseconds(since: verifyNs),
            ])
        return false
    }

    /// Traded instruments with an open order; `nil` when the venue does not say.
    private func instrumentsWithOrders() -> [Instrument]? {
        var left: [Instrument] = []
        for instrument in venue.instruments {
            let hasOrders = attempt("verify", instrument.venueSymbolText) {
                () throws(AccountError) in try session.hasOpenOrders(instrument)
            }
            guard let hasOrders else { return nil }
            if hasOrders { left.append(instrument) }
        }
        return left
    }

    /// Open orders of the traded instruments, and ours of any other; `nil` when the venue does not
    /// say.
    private func listed() -> [AccountOrder]? {
        let traded = Set(venue.instruments.map(\.venueSymbolText))
        let orders = attempt("verify", "account") {
            () throws(AccountError) in try session.accountOrders()
        }
        return orders?.filter { traded.contains($0.symbol) || $0.orderID != 0 }
    }

    private func cancel(_ orders: [AccountOrder]) {
        for order in orders {
            _ = attempt("cancel", order.symbol) {
                () throws(AccountError) in try session.cancel(order)
            }
        }
    }

    private func attempt<T>(
        _ step: String, _ what: String, _ body: () throws(AccountError) -> T
    ) -> T? {
        do throws(AccountError) { return try body() } catch {
            journal.error(step, ["venue": name, "what": what, "reason": "\(error)"])
            return nil
        }
    }
}
