//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Journal
import Messages
import Telemetry
import Transport
import Venues

/// Control 31: while the journal is behind or broken no new order is taken. What it finds reaches
/// risk in the order of events, as every guard does.
///
/// SAFETY: used by the journal's thread alone.
@safe
final class JournalHealth: @unchecked Sendable {
    private let venues: [Venue]
    private let plan: JournalPlan
    private let inbox: ColdInbox
    private let log: Log
    private let breaks: Counter
    private let failures: Counter
    private var lastLossNs: UInt64 = 0
    /// The frame that the disk is to have reached, and since when.
    private var mark: (number: UInt64, sinceNs: UInt64) = (0, 0)
    /// What the venues' accounts were told last; `nil`: nothing yet.
    private var told: [Bool?]
    private var reason = ""

    /// Without a loss for so long it is well again.
    private static let calmNs: UInt64 = 1_000_000_000

    init(
        _ plan: JournalPlan, _ venues: [Venue], inbox: ColdInbox, telemetry: TelemetryWriter,
        log: Log
    ) {
        self.plan = plan
        self.venues = venues
        self.inbox = inbox
        self.log = log
        told = venues.map { _ in nil }
        breaks = telemetry.counter("journal_guard_breaks_total")
        failures = telemetry.counter("journal_failures")
    }

    func noteLoss(nowNs: UInt64) { lastLossNs = nowNs }

    /// Judges the journal and tells whoever has not heard of it.
    func judge(_ writer: JournalWriter, nowNs: UInt64) {
        let problem = problem(writer, nowNs: nowNs)
        failures.set(writer.failure == nil ? 0 : 1)
        if let problem, problem != reason {
            log.warning("the journal holds up new orders", ["reason": problem])
            breaks.increment()
        } else if problem == nil, !reason.isEmpty {
            log.info("the journal is well again", [:])
        }
        reason = problem ?? ""
        for index in venues.indices where told[index] != (problem == nil) {
            let news = AccountNews.guard(.journal, venues[index], holds: problem == nil)
            guard case .report(let report) = news else { continue }
            let isTaken = inbox.submit(
                context: RESTContext(kind: RESTContext.fact, venue: venues[index]).packed,
                bytes: AccountFact.bytes(report))
            if isTaken { told[index] = problem == nil }
        }
    }

    private func problem(_ writer: JournalWriter, nowNs: UInt64) -> String? {
        if let failure = writer.failure { return "\(failure)" }
        if lastLossNs > 0, nowNs - lastLossNs < Self.calmNs { return "frames were lost" }
        if plan.reached(writer) >= mark.number { mark = (writer.appendedNumber, nowNs) }
        return nowNs - mark.sinceNs > plan.lagMaxNs ? "the disk is behind" : nil
    }
}
