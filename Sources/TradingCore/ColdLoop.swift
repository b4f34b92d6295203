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
/// asks for, measures the venue's clock, replaces connections, and keeps the account.
///
/// SAFETY: all state but `stopWord` belongs to the thread once it runs.
@safe
final class ColdLoop: @unchecked Sendable {
    private let session: any MarketSession
    /// `nil` where the venue brings market data alone.
    private var account: ColdAccount?
    private let inbox: ColdInbox
    private let instruments: InstrumentTable
    private let log: Log
    private let attempts: RequestAttempts
    private let requests: SnapshotRequests
    private var books: BookSource
    private let rotation: LineRotation?
    private var pending: [UInt32: UInt64] = [:]
    private let stopWord: UnsafeMutablePointer<UInt64>
    /// 1 once everything found at the start has gone to the path.
    private let settledWord: UnsafeMutablePointer<UInt64>
    private let snapshots: Counter
    private let renewals: Counter
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
    private static let stopTimeoutNs: UInt64 = 200_000_000
    /// What the thread leaves in `stopWord`.
    private static let ended: UInt64 = 2
    private static let pauseNs: UInt64 = 1_000_000

    init(
        session: any MarketSession, inbox: ColdInbox, instruments: InstrumentTable,
        requests: SnapshotRequests, books: BookSource, rotation: LineRotation? = nil,
        attempts: RequestAttempts, account: ColdAccount? = nil, telemetry: TelemetryWriter,
        log: Log
    ) {
        self.session = session
        self.account = account
        self.attempts = attempts
        self.inbox = inbox
        self.instruments = instruments
        self.requests = requests
        self.books = books
        self.rotation = rotation
        self.log = log
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)
        unsafe settledWord = .allocate(capacity: 1)
        unsafe settledWord.initialize(to: 0)
        snapshots = telemetry.counter("cold_snapshots_total")
        renewals = telemetry.counter("cold_book_renewals_total")
        clockRefusals = telemetry.counter("parser_clock_refusals_total")
    }

    /// Takes over or ends what an earlier run left at the venue.
    func begin() throws(EngineError) {
        do throws(AccountError) { try account?.begin() } catch {
            throw EngineError("\(session.venue.text): \(error)")
        }
        guard let account else { return }
        var takeover = Takeover(session.venue, instruments)
        takeover.tell(account.news, to: log)
    }

    /// The dead man's switch is armed when this returns.
    func start() throws(EngineError) {
        do throws(AccountError) { try account?.start() } catch {
            throw EngineError("\(session.venue.text): \(error)")
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

    /// Everything found at the start has gone to the path.
    var isSettled: Bool { unsafe apus_word_load_acquire(settledWord) != 0 }

    /// Ends the dead man's switch, once this loop has stopped.
    func disarmDeadMan() {
        do throws(AccountError) {
            guard thread == nil else { throw AccountError("a request still runs") }
            try account?.disarm()
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
            account?.advance(nowNs: now)
            if account?.isSettled ?? true {
                unsafe apus_word_store_release(settledWord, 1)
            }
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
            let what = "snapshot of \(instrument.venueSymbolText)"
            attempts.attempt(what) { () throws(AccountError) in
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
        attempts.attempt("venue time") { () throws(AccountError) in
            let offset = try session.synchroniseClock()
            // Only the orders of an account ask for it.
            if account == nil { return }
            account?.take(offsetNs: offset)
            let context = RESTContext(kind: RESTContext.clockOffset, venue: session.venue).packed
            _ = inbox.submit(kind: .rest, context: context, bytes: Array("\(offset)".utf8))
        }
    }
}
