//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CTelemetry
public import Configuration
public import Messages
import Pipeline
import Platform
import Rings
import Synchronization
public import Telemetry
import Transport
import Venues

/// Public market data of one venue as it comes: the engine's reader and connections, without an
/// account, and in the place of the stages a thread that hands every frame on.
///
/// No keys are read. Frames are handed on in the order of their receipt, as a journal of the
/// session gives them back; with `journal.path` set there is one, and a backtest of it sees the
/// very same frames.
///
/// SAFETY: the main thread makes, starts and stops it; between, the ring ends belong to its thread.
@safe
public final class LiveMarket: @unchecked Sendable {
    public let instruments: [Instrument]
    /// Telemetry of the reader and of what this hands on.
    public let telemetry: TelemetryWriter
    private let directory: InstanceDirectory
    private let venues: VenueAccess
    private let venue: Venue
    private let wiring: MarketWiring
    private let hot: HotThread
    private let stopWord: UnsafeMutablePointer<UInt64>
    private let journal: MarketJournal?
    private var frames: RingConsumer<FrameDescriptor>
    private var requests: RingProducer<SnapshotRequest>
    private var lines: HeardLines
    private var needs: [UInt32: SnapshotNeed] = [:]
    private let ids: [String: UInt32]
    private let wishes = Mutex<Set<UInt32>>([])
    private let counters: Counters
    private var thread: PlatformThread?
    private var isStopped = false
    /// Receipt of the last frame, ns since 1970.
    private let lastNs = Atomic<UInt64>(0)

    private static let batchMax = 256
    private static let pauseNs: UInt64 = 200_000
    private static let retryNs: UInt64 = 250_000_000
    private static let connectTimeout = Duration.seconds(15)

    private struct Counters {
        let frames: Counter
        let snapshots: Counter
        let losses: Counter

        init(_ telemetry: TelemetryWriter) {
            frames = telemetry.counter("market_frames_total")
            snapshots = telemetry.counter("market_snapshots_total")
            losses = telemetry.counter("market_connection_losses_total")
        }
    }

    /// Finds the venue and its instruments; connects nothing yet.
    ///
    /// - Throws: `EngineError` in one line: the settings, the venue, a name that is in use.
    public init(_ settings: Settings) throws(EngineError) {
        let log = Log(least: Log.Level(rawValue: settings.text("system.log_level")) ?? .info)
        directory = try .claimed(settings.text("system.instance"))
        do throws(EngineError) {
            venues = try VenueAccess(settings, for: .recording, log: log)
        } catch {
            directory.remove()
            throw error
        }
        let stop = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
        unsafe stop.initialize(to: 0)
        unsafe stopWord = unsafe stop
        do {
            guard let setup = venues.setups.first, venues.setups.count == 1 else {
                throw EngineError("trading.venues: one venue, its orders are a model's")
            }
            venue = setup.venue
            let session = setup.session()
            instruments = try session.instruments(setup.symbols)
            let table = InstrumentTable.standalone(instruments)
            telemetry = try TelemetryWriter(
                path: directory.segment("telemetry"), instance: directory.name,
                startTimeNs: wallNs())
            wiring = try MarketWiring(
                settings, directory: directory, setups: venues.setups, sessions: [session],
                instruments: table, telemetry: telemetry, log: log)
            frames = try wiring.rings.frames.makeConsumer()
            requests = try wiring.rings.requests.makeProducer()
            lines = HeardLines(wiring.plan, venue)
            var ids: [String: UInt32] = [:]
            for (id, instrument) in instruments.enumerated() {
                ids[instrument.venueSymbolText.uppercased()] = UInt32(id)
            }
            self.ids = ids
            counters = Counters(telemetry)
            journal = try MarketJournal(settings, setups: venues.setups, table, telemetry)
            let loop = unsafe MarketLoop(
                reader: wiring.reader, stop: stop,
                yieldsWhenIdle: settings.text("placement.idle") == "yield")
            hot = HotThread(
                ThreadPlan(name: "reader", core: nil, stages: .reader, priority: 0),
                isStrict: false, telemetry: telemetry,
                loop: { loop.run() }, prepare: { try loop.start() }, finish: { loop.finish() })
        } catch {
            venues.stop()
            directory.remove()
            if let error = error as? EngineError { throw error }
            throw EngineError("\(error)")
        }
    }

    /// False when the embedded simulator has ended.
    public var isAlive: Bool { venues.isAlive }

    /// How long ago the last frame was received, ns; `nil` before the first.
    public var silenceNs: UInt64? {
        let last = lastNs.load(ordering: .relaxed)
        return last == 0 ? nil : wallNs() &- min(last, wallNs())
    }

    /// What of the market the journal does not have; `nil` without a journal.
    public var journalLost: UInt64? { journal?.lost }

    /// Connects, and hands frames on from then on, on a thread of its own.
    public func start(
        _ deliver: @escaping @Sendable (RecordedFrame) -> Void
    ) throws(EngineError) {
        do {
            try wiring.connector.start()
            for loop in wiring.cold { try loop.start() }
            try hot.start()
            thread = try PlatformThread(name: "apus-market") { [self] in run(deliver) }
            try wiring.connector.waitUntilConnected(timeout: Self.connectTimeout)
        } catch let error as EngineError {
            throw error
        } catch { throw EngineError("\(error)") }
    }

    /// Asks for an instrument's book anew; from any thread.
    public func wantSnapshot(_ instrumentID: UInt32) {
        _ = wishes.withLock { $0.insert(instrumentID) }
    }

    /// Closes the connections and hands on what was received. Idempotent.
    public func stop() {
        if isStopped { return }
        isStopped = true
        unsafe apus_word_store_release(stopWord, 1)
        hot.join()
        thread?.join()
        wiring.connector.stop()
        for loop in wiring.cold { loop.stop() }
        journal?.close()
        venues.stop()
        directory.remove()
    }

    // MARK: The thread

    private func run(_ deliver: (RecordedFrame) -> Void) {
        while true {
            // Looked at first: what came before the wish to stop is handed on after it.
            let isStopping = unsafe apus_word_load_acquire(stopWord) != 0
            takeWishes()
            var count = 0
            while count < Self.batchMax, let frame = unsafe frames.peek() {
                unsafe take(frame.pointee, deliver)
                let id = unsafe Int(frame.pointee.connectionID)
                let length = unsafe Int(frame.pointee.releaseLength)
                if length > 0 { unsafe wiring.byteRings[id].release(length) }
                frames.release()
                count += 1
            }
            journal?.poll()
            if count > 0 { continue }
            if isStopping { return }
            CurrentThread.sleep(ns: Self.pauseNs)
        }
    }

    private func take(_ frame: FrameDescriptor, _ deliver: (RecordedFrame) -> Void) {
        let bytes = unsafe UnsafeRawBufferPointer(
            start: wiring.byteRings[Int(frame.connectionID)].bytes(at: frame.position),
            count: Int(frame.length))
        if frame.kind == .timer { return }
        unsafe journal?.append(frame, bytes)
        let isHeard = lines.take(frame.connectionID, frame.kind)
        switch frame.kind {
        case .connected, .disconnected:
            guard case .market(let ids, _, _) = wiring.plan.roles[Int(frame.connectionID)] else {
                return
            }
            if frame.kind == .disconnected { counters.losses.increment() }
            if venue != .okx { for id in ids { needs[id, default: SnapshotNeed()].want() } }
        case .rest:
            let context = RESTContext(packed: frame.context)
            guard context.kind == RESTContext.depthSnapshot else { return }
            counters.snapshots.increment()
            if let updateID = unsafe RecordedText.snapshotUpdateID(bytes),
                needs[context.instrumentID]?.isTooOld(snapshot: updateID) == true
            {
                ask(context.instrumentID, notBeforeNs: frame.ingressTimeNs + Self.retryNs)
            }
            send(
                ReplayPath.snapshot(
                    of: context.instrumentID, timeNs: frame.ingressTimeNs,
                    bytes: unsafe Array(bytes)), deliver)
        case .text, .binary:
            if !isHeard { return }
            if !needs.isEmpty { unsafe askIfDue(bytes) }
            send(
                RecordedFrame(
                    connectionID: ConnectionID.quotes, kind: frame.kind,
                    timeNs: frame.ingressTimeNs, bytes: unsafe Array(bytes)), deliver)
        default: break
        }
    }

    private func send(_ frame: RecordedFrame, _ deliver: (RecordedFrame) -> Void) {
        counters.frames.increment()
        lastNs.store(frame.timeNs, ordering: .relaxed)
        deliver(frame)
    }

    // MARK: Snapshots

    private func takeWishes() {
        for id in wishes.withLock({ taken in
            defer { taken = [] }
            return taken
        }) where Int(id) < instruments.count {
            if venue == .okx {
                // Its stream begins with a whole book: no change has to come first.
                ask(id, notBeforeNs: 0)
            } else {
                needs[id, default: SnapshotNeed()].want()
            }
        }
    }

    private func askIfDue(_ bytes: UnsafeRawBufferPointer) {
        let text = unsafe RecordedText(bytes, venue)
        guard let id = text.symbol.flatMap({ ids[$0] }),
            needs[id]?.asks(firstUpdateID: text.firstUpdateID) == true
        else { return }
        ask(id, notBeforeNs: 0)
    }

    private func ask(_ id: UInt32, notBeforeNs: UInt64) {
        guard let slot = unsafe requests.claim() else { return wantSnapshot(id) }
        unsafe slot.pointee = SnapshotRequest()
        unsafe slot.pointee.instrumentID = id
        unsafe slot.pointee.notBeforeNs = notBeforeNs
        requests.publish()
    }
}
