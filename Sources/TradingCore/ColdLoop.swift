//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

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
    /// `nil`: nobody trades here.
    private let account: (any VenueSession)?
    private let inbox: ColdInbox
    private let instruments: InstrumentTable
    private let log: Log
    private let requests: SnapshotRequests
    private var books: BookSource
    private let rotation: LineRotation?
    private var recovery: StreamRecovery?
    private var renewal: StreamRenewal?
    private var pending: [UInt32: UInt64] = [:]
    private let stopWord: UnsafeMutablePointer<UInt64>
    private let snapshots: Counter
    private let renewals: Counter
    private let recovered: Counter
    private let failures: Counter
    private var nextClockNs: UInt64 = 0
    private var nextKeyNs: UInt64
    private var thread: PlatformThread?

    private static let clockIntervalNs: UInt64 = 60_000_000_000
    /// The venue lets a key live for an hour.
    private static let keyIntervalNs: UInt64 = 1_800_000_000_000
    private static let retryNs: UInt64 = 1_000_000_000
    private static let stopTimeoutNs: UInt64 = 200_000_000
    /// What the thread leaves in `stopWord`.
    private static let ended: UInt64 = 2
    private static let pauseNs: UInt64 = 1_000_000

    /// - Parameter hasAccount: Whether the account, where the venue has one, is to be kept up.
    init(
        session: any MarketSession, inbox: ColdInbox, instruments: InstrumentTable,
        requests: SnapshotRequests, books: BookSource, rotation: LineRotation? = nil,
        recovery: StreamRecovery? = nil, renewal: StreamRenewal? = nil,
        telemetry: TelemetryWriter, log: Log, hasAccount: Bool = true
    ) {
        self.session = session
        account = hasAccount ? session as? any VenueSession : nil
        self.inbox = inbox
        self.instruments = instruments
        self.requests = requests
        self.books = books
        self.rotation = rotation
        self.recovery = recovery
        self.renewal = renewal
        self.log = log
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)
        snapshots = telemetry.counter("cold_snapshots_total")
        renewals = telemetry.counter("cold_book_renewals_total")
        recovered = telemetry.counter("cold_streams_recovered_total")
        failures = telemetry.counter("cold_rest_failures_total")
        nextKeyNs = account != nil ? monotonicNs() + Self.keyIntervalNs : .max
    }

    func start() throws(EngineError) {
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-cold") { [self] in run() }
        } catch { throw EngineError("\(error)") }
    }

    /// The venue's clock minus ours as last measured, ns: at worst a measurement old.
    var clockOffsetNs: Int64 { session.clockOffsetNs }

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

    private func run() {
        defer { unsafe apus_word_store_release(stopWord, Self.ended) }
        while unsafe apus_word_load_acquire(stopWord) == 0 {
            takeRequests()
            renewBooks()
            let now = monotonicNs()
            rotation?.advance(nowNs: now)
            recover(now)
            renewal?.advance()
            if now >= nextClockNs {
                nextClockNs = now + Self.clockIntervalNs
                measureClock()
            }
            if now >= nextKeyNs, let account {
                nextKeyNs = now + Self.keyIntervalNs
                if !attempt("upkeep", { () throws(EngineError) in try account.keepAlive() }) {
                    // Perhaps the venue knows the key no more: a new stream brings a new one.
                    renewal?.renew()
                }
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
            attempt("snapshot of \(instrument.venueSymbolText)") { () throws(EngineError) in
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
        attempt("fills of the account") { () throws(EngineError) in
            pushes = try account.missedPushes(
                sinceNs: sinceNs,
                of: (0..<UInt32(instruments.count)).map { instruments[$0] }
                    .filter { $0.venue == session.venue })
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

    private func measureClock() {
        attempt("venue time") { () throws(EngineError) in
            let offset = try session.synchroniseClock()
            // Only the orders of an account ask for it.
            if account == nil { return }
            let context = RESTContext(kind: RESTContext.clockOffset, venue: session.venue).packed
            _ = inbox.submit(kind: .rest, context: context, bytes: Array("\(offset)".utf8))
        }
    }

    @discardableResult
    private func attempt(_ what: String, _ body: () throws(EngineError) -> Void) -> Bool {
        do throws(EngineError) {
            try body()
            return true
        } catch {
            failures.increment()
            log.warning(
                "request failed",
                ["venue": session.venue.text, "what": what, "reason": "\(error)"])
            return false
        }
    }
}
