//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Messages
import Platform
import Synchronization

/// The thread of one venue: keeps the session warm, and takes the account out of the market once
/// that is asked for.
final class VenueDuty: Sendable {
    enum Result: Int, Sendable { case waits, isVerified, hasFailed }

    private let venue: WatchdogVenue
    private let options: WatchdogOptions
    private let journal: KillJournal
    private let isWanted = Atomic(false)
    private let isOver = Atomic(false)
    private let outcome = Atomic(Result.waits.rawValue)

    private static let upkeepNs: UInt64 = 15_000_000_000
    private static let pauseNs: UInt64 = 1_000_000

    init(_ venue: WatchdogVenue, _ options: WatchdogOptions, _ journal: KillJournal) {
        self.venue = venue
        self.options = options
        self.journal = journal
    }

    func start() throws(PlatformError) -> PlatformThread {
        try PlatformThread(name: "wd-\(venue.venue.text)") { [self] in run() }
    }

    /// Asks for what the watchdog is there for.
    func act() { isWanted.store(true, ordering: .releasing) }

    /// Ends the thread, if it has not been asked to act.
    func stop() { isOver.store(true, ordering: .releasing) }

    var result: Result { Result(rawValue: outcome.load(ordering: .acquiring)) ?? .hasFailed }

    private func run() {
        var nextUpkeepNs = monotonicNs() + Self.upkeepNs
        var lastReason = ""
        while !isWanted.load(ordering: .acquiring) {
            if isOver.load(ordering: .acquiring) { return }
            if monotonicNs() >= nextUpkeepNs {
                let reason = upkeep()
                if reason != lastReason, !reason.isEmpty {
                    journal.warning(
                        "venue", ["venue": venue.venue.text, "reason": reason])
                }
                lastReason = reason
                nextUpkeepNs = monotonicNs() + Self.upkeepNs
            }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
        let isVerified = Withdrawal(venue, options, journal).run()
        let result = isVerified ? Result.isVerified : .hasFailed
        outcome.store(result.rawValue, ordering: .releasing)
    }

    /// A request now and then keeps connection and clock good; what went wrong, or nothing.
    private func upkeep() -> String {
        do throws(AccountError) {
            _ = try venue.session.synchroniseClock()
            return ""
        } catch { return "\(error)" }
    }
}
