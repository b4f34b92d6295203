//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CBase
import CTelemetry
import Configuration
import Gateway
import Indicators
import Inference
import Messages
import Pipeline
import Platform
import Rings
import Telemetry
import Transport
import Venues

/// One run of the engine: its memory, stages, threads, and what the main thread does meanwhile.
///
/// SAFETY: the main thread owns it; stage memory is looked into only while no thread polls it.
@safe
final class EngineRun {
    private let settings: Settings
    private let log: Log
    private let isStrict: Bool
    private let plans: [ThreadPlan]
    private let venues: VenueAccess
    private let control: ControlHandle
    private let telemetry: TelemetryWriter
    private let instruments: InstrumentTable
    private let rings: PathRings
    private let path: HotPath
    private let connector: Connector
    private let cold: [ColdLoop]
    private let tracking: FeatureTracking?
    private let quality: QualityTracking
    private let stages: PathStages
    private let journaling: Journaling?
    private let ensemble: EnsembleControl
    private let models: ModelHost
    private let clock: WallClock
    private let stopWord: UnsafeMutablePointer<UInt64>
    private var threads: [HotThread] = []
    private var forensics: OutlierForensics?
    private var fillTap: RingConsumer<ExecutionReport>
    private var fills: [FillRecord] = []
    private var fillsNotListed: UInt64 = 0
    private let startTimeNs: UInt64
    private var stopTimeNs: UInt64 = 0
    private var isStopped = false
    private var openOrders: [OpenOrder] = []

    private static let fillsListedMax = 100_000
    private static let summaryIntervalNs: UInt64 = 10_000_000_000
    private static let connectTimeoutNs: UInt64 = 15_000_000_000
    private static let bookTimeoutNs: UInt64 = 20_000_000_000
    // From the wish to stop until the process has ended its orders: within one second.
    /// For cancels over order entry.
    private static let cancelTimeoutNs: UInt64 = 300_000_000
    /// For one request over REST when that was not enough.
    private static let restTimeoutNs: UInt64 = 200_000_000
    /// For the reports of what REST cancelled.
    private static let cancelReportTimeoutNs: UInt64 = 100_000_000

    init(
        _ settings: Settings, directory: InstanceDirectory, plans: [ThreadPlan],
        venues: VenueAccess, log: Log, isStrict: Bool
    ) throws(EngineError) {
        self.settings = settings
        self.plans = plans
        self.venues = venues
        self.log = log
        self.isStrict = isStrict
        clock = WallClock.calibrated()
        startTimeNs = clock.now()
        unsafe stopWord = .allocate(capacity: 1)
        unsafe stopWord.initialize(to: 0)

        let sessions = venues.setups.map { $0.session() }
        var found: [Instrument] = []
        for (setup, session) in zip(venues.setups, sessions) {
            do {
                _ = try session.synchroniseClock()
                let account = session as? any VenueSession
                try account?.checkAccount()
                venues.note(session)
                found += try session.instruments(setup.symbols)
            } catch { throw EngineError("\(setup.venue.text): \(error)") }
        }

        do {
            let table = try MemorySegment.create(
                directory.segment("instruments"), size: InstrumentTable.size(count: found.count))
            let memory = unsafe table.leak()
            unsafe InstrumentTable.write(found, into: memory)
            instruments = unsafe InstrumentTable(memory: memory)
            telemetry = try TelemetryWriter(
                path: directory.segment("telemetry"), instance: directory.name,
                startTimeNs: startTimeNs)
            control = try ControlHandle.create(directory.segment("control"))
            rings = try PathRings(directory: directory)
            let wiring = try EngineWiring(
                settings, directory: directory, rings: rings, instruments: instruments,
                setups: venues.setups, control: control, placement: Self.describe(plans),
                clock: clock, telemetry: telemetry, log: log)
            path = wiring.path
            connector = wiring.connector
            tracking = wiring.tracking
            quality = wiring.quality
            stages = wiring.stages
            journaling = wiring.journaling
            ensemble = wiring.ensemble
            models = ModelHost(
                wiring.ensemble, files: settings.items("models").map { $0.optionalText("file") },
                schemaHash: wiring.schemaHash, control: control, telemetry: telemetry, log: log)
            if let journaling { models.onChange = { journaling.tellChange($0) } }
            let requests = SnapshotRequests(try rings.snapshots.makeConsumer(), instruments)
            let (known, writer) = (instruments, telemetry)
            let queries = OrderQueries(try rings.queries.makeConsumer(), known)
            var loops: [ColdLoop] = []
            for session in sessions {
                let attempts = RequestAttempts(session.venue, telemetry: writer, log: log)
                loops.append(
                    ColdLoop(
                        session: session, inbox: wiring.inbox, instruments: known,
                        requests: requests,
                        books: wiring.books(settings, session.venue, known),
                        rotation: wiring.rotation(settings, session.venue, telemetry: writer),
                        attempts: attempts,
                        account: try wiring.account(
                            settings, session, attempts, queries: queries, telemetry: writer,
                            known),
                        telemetry: writer, log: log))
            }
            for loop in loops { try loop.begin() }
            cold = loops
            fillTap = try rings.fills.makeConsumer()
            fills = FillRecord.room(for: Self.fillsListedMax)
        } catch let error as EngineError {
            throw error
        } catch { throw EngineError("\(error)") }
        telemetry.describe(
            instruments, placement: Self.describe(plans), mode: settings.text("system.mode"))
        rings.prefault()
        try Startup.checkMemory(limit: settings.bytes("system.max_memory_usage"))
    }

    /// The fingerprint of everything that is configured.
    private var configurationName: String {
        "0x" + String(settings.fingerprint, radix: 16)
    }

    static func describe(_ plans: [ThreadPlan]) -> String {
        plans.map { plan in
            let core = plan.core.map { "@\($0)" } ?? ""
            return plan.stages == .all ? "fused\(core)" : "\(plan.name)\(core)"
        }.joined(separator: "+")
    }

    // MARK: Start

    /// Connects, warms up, starts the hot threads, and goes READY once every book is in sync.
    func start() throws(EngineError) {
        unsafe path.gateway.pointee.warmUp(count: 1_000)
        try journaling?.start()
        do { try connector.start() } catch { throw EngineError("\(error)") }
        for loop in cold { try loop.start() }
        try tracking?.start()
        try quality.start()
        let path = path
        let keepWarmNs = settings.durationNs("placement.keep_warm")
        let idle = IdleStrategy(rawValue: settings.text("placement.idle")) ?? .spin
        let thresholdNs = settings.durationNs("monitor.outlier_threshold")
        let trace = HopTrace(
            rings, isFused: plans.count == 1, thresholdNs: thresholdNs, telemetry: telemetry)
        var watched: [OutlierForensics.Watched] = []
        for plan in plans {
            let dry = unsafe plan.stages == .all && keepWarmNs > 0 ? try makeDryPath() : nil
            if let dry = unsafe dry { models.warming = unsafe dry.pointee.ensemble }
            let loop = unsafe HotLoop(
                path: path, plan: plan, clock: clock, idle: idle, stop: stopWord, trace: trace,
                telemetry: telemetry, keepWarmNs: keepWarmNs, dry: dry)
            let hasReader = plan.stages.contains(.reader)
            let thread = HotThread(
                plan, isStrict: isStrict, telemetry: telemetry, loop: { loop.run() },
                prepare: { if hasReader { unsafe try path.reader.pointee.start() } },
                finish: { if hasReader { unsafe path.reader.pointee.stop() } })
            threads.append(thread)
            try thread.start()
            watched.append(
                OutlierForensics.Watched(plan: plan, threadID: thread.threadID, gaps: loop.gaps))
            for warning in thread.warnings {
                log.warning("a thread is not where it should be", ["reason": warning])
            }
        }
        forensics = try OutlierForensics(
            rings, threads: watched, thresholdNs: thresholdNs, isSpinning: idle == .spin,
            clock: clock, telemetry: telemetry)
        try forensics?.start()
        do {
            try connector.waitUntilConnected(timeout: .nanoseconds(Int64(Self.connectTimeoutNs)))
        } catch { throw EngineError("\(error)") }
        try awaitBooks()
        try awaitAccounts()
        if Environment.all["DRY_RUN"] == "1" {
            control.lower(to: .halted, reason: "DRY_RUN=1")
        }
        control.setEngineState(.ready)
        unsafe log.info(
            "ready",
            [
                "instance": telemetry.reader.instance,
                "configuration": configurationName, "placement": Self.describe(plans),
                "network": path.reader.pointee.strategyText, "state": control.state.text,
            ])
    }

    /// The path of the messages that keep the trading path warm; kept until the process ends.
    private func makeDryPath() throws(EngineError) -> UnsafeMutablePointer<DryPath> {
        do {
            let kernel = try PathSettings.kernel(settings)
            return unsafe PathStages.place(
                try DryPath.make(
                    try DryPath.settings(), models: ensemble.members.map(\.warming),
                    isSessionAuthenticated: venues.setups.contains {
                        $0.credentials.privateKey != nil
                    }, features: kernel, clock: clock, startTimeNs: clock.now()))
        } catch { throw EngineError("\(error)") }
    }

    private func awaitBooks() throws(EngineError) {
        let deadline = monotonicNs() + Self.bookTimeoutNs
        while monotonicNs() < deadline {
            let rows = telemetry.reader.instruments
            if rows.allSatisfy({ $0.status.isBookValid == 1 }) { return }
            if StopSignals.wait(timeoutNs: 5_000_000) != nil {
                throw EngineError("stopped while waiting for the books")
            }
            if !venues.isAlive { throw EngineError("the simulator ended") }
        }
        let late = telemetry.reader.instruments.filter { $0.status.isBookValid == 0 }
        throw EngineError(
            "no book in sync within 20 s: \(late.map(\.symbol).joined(separator: ", "))")
    }

    /// Waits until the path has been told what was found at the venues.
    private func awaitAccounts() throws(EngineError) {
        let deadline = monotonicNs() + Self.bookTimeoutNs
        while cold.contains(where: { !$0.isSettled }) {
            if StopSignals.wait(timeoutNs: 1_000_000) != nil {
                throw EngineError("stopped while taking over the accounts")
            }
            if monotonicNs() >= deadline {
                throw EngineError("the accounts were not taken over within 20 s")
            }
        }
    }

    // MARK: Serve

    /// Prints a summary every ten seconds until it is time to stop.
    func serve(durationNs: UInt64?) throws(EngineError) {
        let begin = monotonicNs()
        var nextSummary = begin + Self.summaryIntervalNs
        while true {
            let now = monotonicNs()
            if let durationNs, now - begin >= durationNs { return }
            if let signal = StopSignals.wait(timeoutNs: 20_000_000) {
                log.info("stopping", ["signal": signal == 2 ? "SIGINT" : "SIGTERM"])
                return
            }
            if control.isStopRequested { return }
            drainFills()
            models.poll()
            if !venues.isAlive { throw EngineError("the simulator ended") }
            if now >= nextSummary {
                nextSummary += Self.summaryIntervalNs
                print(summary.text(nowNs: wallNs(), isFinal: false))
            }
        }
    }

    private func drainFills() {
        while let report = unsafe fillTap.peek() {
            let fill = unsafe report.pointee
            if fills.count < Self.fillsListedMax {
                fills.append(
                    FillRecord(
                        timeNs: fill.ingressTimeNs, instrumentID: fill.instrumentID,
                        orderID: fill.orderID, tradeID: fill.tradeID, side: fill.side,
                        price: fill.lastPrice, quantity: fill.lastQuantity, feeE8: fill.feeE8,
                        isMaker: fill.isMaker != 0))
            } else {
                fillsNotListed += 1
            }
            fillTap.release()
        }
    }

    private var summary: Summary {
        unsafe Summary(
            telemetry: telemetry.reader, instruments: instruments, control: control,
            startTimeNs: startTimeNs, placement: Self.describe(plans),
            configuration: configurationName,
            network: path.reader.pointee.strategyText)
    }

    // MARK: Stop

    /// No new orders, every open one cancelled, threads ended, connections closed. Idempotent.
    func stop() {
        if isStopped { return }
        isStopped = true
        control.setEngineState(.halted)
        control.cancelAll()
        var isVenueEmpty = false
        if !threads.isEmpty, !awaitNoOpenOrders(Self.cancelTimeoutNs) {
            isVenueEmpty = cancelByREST()
            _ = awaitNoOpenOrders(Self.cancelReportTimeoutNs)
        }
        control.setEngineState(.notReady)
        // While the threads that it looks at are there.
        forensics?.stop()
        unsafe apus_word_store_release(stopWord, 1)
        for thread in threads { thread.join() }
        connector.stop()
        for loop in cold { loop.stop() }
        if !threads.isEmpty { stages.drain() }
        journaling?.stop(state: PathState.text(stages, instruments))
        tracking?.stop()
        quality.stop()
        drainFills()
        openOrders = unsafe OpenOrder.all(path.gateway)
        stopTimeNs = wallNs()
        if !threads.isEmpty { print(summary.text(nowNs: stopTimeNs, isFinal: true)) }
        if isVenueEmpty, !openOrders.isEmpty {
            log.warning(
                "orders without an outcome; the venue lists no open order",
                [
                    "count": "\(openOrders.count)",
                    "first": ClientOrderID.text(openOrders[0].orderID),
                ])
            openOrders = []
        }
        // Where no order is left, no switch needs to cancel one.
        for loop in cold where openOrders.isEmpty { loop.disarmDeadMan() }
    }

    /// Waits until the gateway knows of no open order; false when `timeoutNs` is over first.
    private func awaitNoOpenOrders(_ timeoutNs: UInt64) -> Bool {
        let deadline = monotonicNs() + timeoutNs
        while true {
            drainFills()
            let open = telemetry.reader.instruments.reduce(0) { $0 + $1.status.openOrders }
            if open == 0 { return true }
            if monotonicNs() >= deadline { return false }
            CurrentThread.sleep(ns: 1_000_000)
        }
    }

    /// The way out when order entry is down or answers nothing: cancels over REST, and asks the
    /// venue what is left.
    ///
    /// - Returns: True when the venue lists no open order of any instrument with one.
    private func cancelByREST() -> Bool {
        let rows = telemetry.reader.instruments
        var isEmpty = true
        for setup in venues.setups {
            let session = setup.session(timeout: .nanoseconds(Int64(Self.restTimeoutNs)))
            guard let session = session as? any VenueSession else { continue }
            do throws(AccountError) {
                for (id, row) in rows.enumerated() where row.status.openOrders > 0 {
                    let instrument = instruments[UInt32(id)]
                    if instrument.venue != setup.venue { continue }
                    try session.cancelAll(instrument)
                    if try session.hasOpenOrders(instrument) { isEmpty = false }
                }
            } catch {
                log.warning(
                    "orders could not be cancelled over REST",
                    ["venue": setup.venue.text, "reason": "\(error)"])
                isEmpty = false
            }
        }
        return isEmpty
    }

    /// Orders that are open after everything was tried are the operator's matter.
    func requireNoOpenOrders() throws(EngineError) {
        guard let first = openOrders.first else { return }
        throw EngineError(
            "\(openOrders.count) orders may still be open at the venue, "
                + "\(ClientOrderID.text(first.orderID)) of "
                + "\(instruments[first.instrumentID].symbolText) first")
    }

    /// Every book as the kernel left it; its thread has ended.
    private var books: [BookDump] {
        (0..<UInt32(instruments.count)).map { unsafe path.kernel.pointee.book(of: $0) }
    }

    func writeSummary(to path: String?) throws(EngineError) {
        guard let path else { return }
        let text = summary.json(
            nowNs: stopTimeNs, fills: fills, fillsDropped: fillsNotListed, openOrders: openOrders,
            books: books)
        guard TextFile.write(text, to: path) else {
            throw EngineError("cannot write \(path)")
        }
    }
}
