//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Messages
import Platform
import Telemetry

/// Counts and tells of the requests of one cold thread that fail.
///
/// SAFETY: used by one thread at a time.
final class RequestAttempts: @unchecked Sendable {
    private let venue: Venue
    private let failures: Counter
    private let log: Log
    /// By what was asked for.
    private var lastTold: [String: (reason: String, timeNs: UInt64)] = [:]

    private static let tellNs: UInt64 = 60_000_000_000

    init(_ venue: Venue, telemetry: TelemetryWriter, log: Log) {
        self.venue = venue
        self.log = log
        failures = telemetry.counter("cold_rest_failures_total")
    }

    /// - Returns: `true` when `body` did not throw.
    @discardableResult
    func attempt(_ what: String, _ body: () throws(AccountError) -> Void) -> Bool {
        do throws(AccountError) {
            try body()
            lastTold[what] = nil
            return true
        } catch {
            failures.increment()
            tell(what, "\(error)")
            return false
        }
    }

    /// A reason that stays the same, as that of a ban does, is told once a minute.
    private func tell(_ what: String, _ reason: String) {
        let now = monotonicNs()
        if let last = lastTold[what], last.reason == reason, now < last.timeNs + Self.tellNs {
            return
        }
        lastTold[what] = (reason, now)
        log.warning("request failed", ["venue": venue.text, "what": what, "reason": reason])
    }
}
