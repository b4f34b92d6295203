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
import Transport
import Venues

/// The account's side of a cold thread: its dead man's switch and its stream are kept up, what its
/// stream missed is fetched, and what the venue says of it is told to the path.
///
/// News wait here, in order, until the inbox has room; nothing new is asked for meanwhile, so that
/// they stay few.
struct ColdAccount {
    let session: any VenueSession
    private let instruments: [Instrument]
    private let inbox: ColdInbox
    private let requests: RequestAttempts
    private var keeper: AccountKeeper
    private let queries: OrderQueries
    private var pulse: StreamPulse?
    private var recovery: StreamRecovery?
    private var renewal: StreamRenewal?
    private var deadMan: DeadManSwitch?
    private var clockGuard: ClockGuard
    private var isClockGood: Bool?
    private(set) var news: ArraySlice<AccountNews> = []
    private let recovered: Counter
    private let deadManRenewals: Counter
    private let deadManFailures: Counter
    private let guardsBroken: Counter

    private static let beginPauseNs: UInt64 = 50_000_000

    /// - Parameter instruments: Of the table, those of the session's venue that can be traded.
    init(
        session: any VenueSession, instruments: [Instrument], inbox: ColdInbox,
        requests: RequestAttempts, policy: AccountKeeper.Policy, clock: ClockGuard.Limits,
        queries: OrderQueries, pulse: StreamPulse?, recovery: StreamRecovery?,
        renewal: StreamRenewal?, deadMan: DeadManSwitch?,
        telemetry: TelemetryWriter
    ) {
        self.session = session
        self.instruments = instruments
        self.inbox = inbox
        self.requests = requests
        keeper = AccountKeeper(session: session, instruments: instruments, policy: policy)
        clockGuard = ClockGuard(clock)
        self.queries = queries
        self.pulse = pulse
        self.recovery = recovery
        self.renewal = renewal
        self.deadMan = deadMan
        recovered = telemetry.counter("cold_streams_recovered_total")
        deadManRenewals = telemetry.counter("cold_dead_man_renewals_total")
        deadManFailures = telemetry.counter("cold_dead_man_failures_total")
        guardsBroken = telemetry.counter("cold_guards_broken_total")
    }

    /// Everything found so far has gone to the path.
    var isSettled: Bool { news.isEmpty }
    var hasDeadMan: Bool { deadMan != nil }

    // MARK: Start

    /// Takes over or ends what an earlier run left.
    mutating func begin() throws(AccountError) {
        news += try keeper.begin(nowNs: monotonicNs(), wallNs: wallNs()) {
            CurrentThread.sleep(ns: Self.beginPauseNs)
        }
    }

    /// Arms the dead man's switch, before the first order.
    mutating func start() throws(AccountError) {
        guard let timeoutMs = deadMan?.timeoutMs else { return }
        do throws(AccountError) {
            try session.armDeadMan(instruments, timeoutMs: timeoutMs)
        } catch { throw AccountError("trading.dead_man: \(error)") }
        deadMan?.note(isArmed: true, nowNs: monotonicNs())
        news.append(.guard(.deadMansSwitch, session.venue, holds: true))
    }

    /// Ends the dead man's switch; the thread has stopped.
    func disarm() throws(AccountError) {
        if hasDeadMan { try session.armDeadMan(instruments, timeoutMs: 0) }
    }

    // MARK: Turns

    /// Does what is due.
    mutating func advance(nowNs: UInt64) {
        submit()
        keepStream(nowNs)
        armDeadMan(nowNs)
        guard news.isEmpty else { return }
        if pulse?.isAlive(nowNs: nowNs) ?? false { news.append(.alive(session.venue)) }
        answerQueries()
        recover(nowNs)
        news += keeper.advance(nowNs: nowNs, wallNs: wallNs(), attempt: requests.attempt)
        submit()
    }

    /// Tells of a measurement of the venue's clock.
    mutating func take(offsetNs: Int64) {
        let problem = clockGuard.problem(offsetNs: offsetNs, Self.discipline)
        if let problem {
            requests.attempt("clock") { () throws(AccountError) in throw AccountError(problem) }
        }
        let isGood = problem == nil
        if isGood == isClockGood { return }
        isClockGood = isGood
        if !isGood { guardsBroken.increment() }
        news.append(.guard(.clock, session.venue, holds: isGood))
    }

    private static var discipline: ClockGuard.Discipline? {
        guard let state = clockDiscipline() else { return nil }
        return ClockGuard.Discipline(
            isDisciplined: state.isDisciplined, offsetNs: state.offsetNs, errorNs: state.errorNs)
    }

    private mutating func submit() {
        while let next = news.first {
            let isTaken = switch next {
            case .report(let report):
                inbox.submit(
                    context: RESTContext(kind: RESTContext.fact, venue: session.venue).packed,
                    bytes: AccountFact.bytes(report))
            case .push(let text):
                inbox.submit(
                    context: RESTContext(
                        kind: RESTContext.missedPush, venue: session.venue).packed,
                    bytes: Array(text.utf8))
            }
            if !isTaken { return }
            news = news.dropFirst()
        }
        news = []
    }

    /// Asks what became of orders in doubt. What was filled of them is fetched with the next
    /// comparison, at once.
    private mutating func answerQueries() {
        for (orderID, instrumentID, isFinal) in queries.take(session.venue) {
            guard let instrument = instruments.first(where: { $0.instrumentID == instrumentID })
            else { continue }
            requests.attempt("order") { () throws(AccountError) in
                let fate = try session.fate(instrument, orderID: orderID)
                if let order = fate.order, order.cumulative.rawValue > 0 { keeper.expedite() }
                news.append(
                    .fate(
                        fate, orderID: orderID, instrumentID: instrumentID, isFinal: isFinal,
                        venue: session.venue))
            }
        }
    }

    /// Asks for what the account's stream missed while it was away, and compares everything.
    private mutating func recover(_ nowNs: UInt64) {
        guard let sinceNs = recovery?.dueSince(nowNs: nowNs) else { return }
        var pushes: [String] = []
        let isDone = requests.attempt("fills of the account") { () throws(AccountError) in
            pushes = try session.missedPushes(sinceNs: sinceNs, of: instruments)
        }
        guard isDone else {
            recovery?.failed(nowNs: nowNs)
            return
        }
        news += pushes.map { .push($0) }
        keeper.expedite()
        recovered.increment()
    }

    private mutating func keepStream(_ nowNs: UInt64) {
        renewal?.advance(nowNs: nowNs) {
            var upkeep: StreamUpkeep?
            requests.attempt("upkeep") { () throws(AccountError) in
                upkeep = try session.keepAlive()
            }
            return upkeep
        }
    }

    private mutating func armDeadMan(_ nowNs: UInt64) {
        guard let due = deadMan, due.isDue(nowNs: nowNs) else { return }
        let wasArmed = due.isArmed(nowNs: nowNs)
        let isArmed = requests.attempt("dead man's switch") { () throws(AccountError) in
            try session.armDeadMan(instruments, timeoutMs: due.timeoutMs)
        }
        (isArmed ? deadManRenewals : deadManFailures).increment()
        deadMan?.note(isArmed: isArmed, nowNs: nowNs)
        // Nothing new is sent while the venue's countdown may run out behind our back.
        let holds = deadMan?.isArmed(nowNs: nowNs) ?? false
        if holds != wasArmed || !holds {
            if !holds { guardsBroken.increment() }
            news.append(.guard(.deadMansSwitch, session.venue, holds: holds))
        }
    }
}
