//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CTelemetry
import Messages
import Platform
import Rings
import Telemetry
import Transport
import Venues

/// The cold thread of one venue: everything that may block. It fetches book snapshots the kernel
/// asks for, measures the venue's clock, and keeps the user stream's key alive.
///
/// SAFETY: all state but `stopWord` belongs to the thread once it runs.
@safe
final class ColdLoop: @unchecked Sendable {
    private let session: any MarketSession
    /// `nil` where the venue brings market data alone.
    private let account: (any VenueSession)?
    private let inbox: ColdInbox
    private let instruments: InstrumentTable
    private let log: Log
    private let requests: SnapshotRequests
    private var books: BookSource
    private let rotation: LineRotation?
    private var recovery: StreamRecovery?
    private var renewal: StreamRenewal?
    private var deadMan: DeadManSwitch?
    private let hasDeadMan: Bool
    private var pending: [UInt32: UInt64] = [:]
    private let stopWord: UnsafeMutablePointer<UInt64>
    private let snapshots: Counter
    private let renewals: Counter
    private let recovered: Counter
    private let failures: Counter
    private let deadManRenewals: Counter
    private let deadManFailures: Counter
    /// By what was asked for.
    private var lastTold: [String: (reason: String, timeNs: UInt64)] = [:]
    private var nextClockNs: UInt64 = 0
    /// Requests that venues refused for their time, counted by the parser, and as many as were
    /// seen when the clock was measured last.
    private let clockRefusals: Counter
    private var clockRefusalsSeen: UInt64 = 0
    private var thread: PlatformThread?

    private static let clockIntervalNs: UInt64 = 60_000_000_000
    /// Least time between two measurements that refusals call for.
    private static let clockRefusalIntervalNs: UInt64 = 1_000_000_000
    private static let retryNs: UInt64 = 1_000_000_000
    private static let tellNs: UInt64 = 60_000_000_000
    private static let stopTimeoutNs: UInt64 = 200_000_000
    /// What the thread leaves in `stopWord`.
    private static let ended: UInt64 = 2
    private static let pauseNs: UInt64 = 1_000_000

    init(
        session: any MarketSession, inbox: ColdInbox, instruments: InstrumentTable,
        requests: SnapshotRequests, books: BookSource, rotation: LineRotation? = nil,
        recovery: StreamRecovery? = nil, renewal: StreamRenewal? = nil,
        deadMan: DeadManSwitch? = nil, telemetry: TelemetryWriter, log: Log
    ) {
        self.session = session
        account = session as? any VenueSession
        self.inbox = inbox
        self.instruments = instruments
        self.requests = requests
        self.books = books
        self.rotation = rotation
        self.recovery = recovery
        self.renewal = renewal
        self.deadMan = deadMan
        hasDeadMan = deadMan != nil
        self.log = log
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)
        snapshots = telemetry.counter("cold_snapshots_total")
        renewals = telemetry.counter("cold_book_renewals_total")
        recovered = telemetry.counter("cold_streams_recovered_total")
        clockRefusals = telemetry.counter("parser_clock_refusals_total")
        failures = telemetry.counter("cold_rest_failures_total")
        deadManRenewals = telemetry.counter("cold_dead_man_renewals_total")
        deadManFailures = telemetry.counter("cold_dead_man_failures_total")
    }

    /// The dead man's switch is armed when this returns.
    func start() throws(EngineError) {
        if let account, let timeoutMs = deadMan?.timeoutMs {
            do throws(AccountError) {
                try account.armDeadMan(ownInstruments, timeoutMs: timeoutMs)
            } catch { throw EngineError("\(session.venue.text): trading.dead_man: \(error)") }
            deadMan?.note(isArmed: true, nowNs: monotonicNs())
        }
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-cold") { [self] in run() }
        } catch { throw EngineError("\(error)") }
    }

    func stop() {
        unsafe apus_word_store_release(stopWord, 1)
        let deadline = monotonicNs() + Self.stopTimeoutNs
        while thread != nil, unsafe apus_word_load_acquire(stopWord) != Self.ended {
            // A request that hangs is left to the process's end.
            if monotonicNs() >= deadline { return }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
        thread?.join()
        thread = nil
    }

    /// Ends the dead man's switch, once this loop has stopped.
    func disarmDeadMan() {
        guard hasDeadMan, let account else { return }
        do throws(AccountError) {
            guard thread == nil else { throw AccountError("a request still runs") }
            try account.armDeadMan(ownInstruments, timeoutMs: 0)
        } catch {
            log.warning(
                "the dead man's switch is not off",
                ["venue": session.venue.text, "reason": "\(error)"])
        }
    }

    private func run() {
        defer { unsafe apus_word_store_release(stopWord, Self.ended) }
        while unsafe apus_word_load_acquire(stopWord) == 0 {
            takeRequests()
            renewBooks()
            let now = monotonicNs()
            rotation?.advance(nowNs: now)
            recover(now)
            keepStream(now)
            armDeadMan(now)
            if isClockDue(now) {
                nextClockNs = now + Self.clockIntervalNs
                measureClock()
            }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
    }

    private func takeRequests() {
        for (id, notBeforeNs) in requests.take(session.venue) { pending[id] = notBeforeNs }
    }

    /// Gets what the kernel asked for, by the way of this venue.
    private func renewBooks() {
        guard case .stream(var renewal) = books else { return serveSnapshots() }
        let now = monotonicNs()
        let wall = wallNs()
        for (id, notBeforeNs) in pending where notBeforeNs <= wall {
            guard renewal.begin(id, nowNs: now) else { continue }
            renewals.increment()
            pending[id] = nil
        }
        renewal.advance(nowNs: now)
        books = .stream(renewal)
    }

    private func serveSnapshots() {
        let now = wallNs()
        for (id, notBeforeNs) in pending where notBeforeNs <= now {
            let instrument = instruments[id]
            var body: [UInt8]?
            attempt("snapshot of \(instrument.venueSymbolText)") { () throws(AccountError) in
                body = try session.depth(instrument)
            }
            let context = RESTContext(
                kind: RESTContext.depthSnapshot, instrumentID: id).packed
            guard let body, inbox.submit(kind: .rest, context: context, bytes: body) else {
                pending[id] = now + Self.retryNs
                continue
            }
            snapshots.increment()
            pending[id] = nil
        }
    }

    /// Puts in what the account's stream missed while it was away.
    private func recover(_ nowNs: UInt64) {
        guard let account, let sinceNs = recovery?.dueSince(nowNs: nowNs) else { return }
        var pushes: [String] = []
        var isDone = false
        attempt("fills of the account") { () throws(AccountError) in
            pushes = try account.missedPushes(sinceNs: sinceNs, of: ownInstruments)
            isDone = true
        }
        guard isDone else {
            recovery?.failed(nowNs: nowNs)
            return
        }
        let context = RESTContext(kind: RESTContext.missedPush, venue: session.venue).packed
        for push in pushes {
            while !inbox.submit(kind: .rest, context: context, bytes: Array(push.utf8)) {
                if unsafe apus_word_load_acquire(stopWord) != 0 { return }
                CurrentThread.sleep(ns: Self.pauseNs)
            }
        }
        recovered.increment()
    }

    private func keepStream(_ nowNs: UInt64) {
        guard let account else { return }
        renewal?.advance(nowNs: nowNs) {
            var upkeep: StreamUpkeep?
            attempt("upkeep") { () throws(AccountError) in upkeep = try account.keepAlive() }
            return upkeep
        }
    }

    private func armDeadMan(_ nowNs: UInt64) {
        guard let account, let due = deadMan, due.isDue(nowNs: nowNs) else { return }
        let isArmed = attempt("dead man's switch") { () throws(AccountError) in
            try account.armDeadMan(ownInstruments, timeoutMs: due.timeoutMs)
        }
        (isArmed ? deadManRenewals : deadManFailures).increment()
        deadMan?.note(isArmed: isArmed, nowNs: nowNs)
    }

    /// The instruments of this loop's venue.
    private var ownInstruments: [Instrument] {
        (0..<UInt32(instruments.count)).map { instruments[$0] }
            .filter { $0.venue == session.venue }
    }

    /// Now and then, and when the venue refuses requests for their time: its clock or ours stepped.
    private func isClockDue(_ nowNs: UInt64) -> Bool {
        if nowNs >= nextClockNs { return true }
        let refusals = clockRefusals.value
        guard refusals != clockRefusalsSeen,
            nowNs + Self.clockIntervalNs >= nextClockNs + Self.clockRefusalIntervalNs
        else { return false }
        clockRefusalsSeen = refusals
        return true
    }

    private func measureClock() {
        attempt("venue time") { () throws(AccountError) in
            let offset = try session.synchroniseClock()
            // Only the orders of an account ask for it.
            if account == nil { return }
            let context = RESTContext(kind: RESTContext.clockOffset, venue: session.venue).packed
            _ = inbox.submit(kind: .rest, context: context, bytes: Array("\(offset)".utf8))
        }
    }

    @discardableResult
    private func attempt(_ what: String, _ body: () throws(AccountError) -> Void) -> Bool {
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
        log.warning(
            "request failed", ["venue": session.venue.text, "what": what, "reason": reason])
    }
}
