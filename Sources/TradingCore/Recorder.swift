//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CTelemetry
public import Configuration
public import Journal
import Messages
import Pipeline
import Platform
import Rings
import Telemetry
import Transport

/// What `apus record` is asked for.
public struct RecordRequest {
    /// Venues, symbols, channels and addresses, as for `apus run`.
    public let settings: Settings
    /// The folder that captures go to; made where it is missing.
    public let folder: String
    public let limits: CaptureLimits
    public let durationNs: UInt64?

    public init(
        settings: Settings, folder: String, limits: CaptureLimits, durationNs: UInt64?
    ) {
        self.settings = settings
        self.folder = folder
        self.limits = limits
        self.durationNs = durationNs
    }
}

/// Records market data to capture files until SIGINT, SIGTERM or the end of its duration.
public enum Recorder {
    /// - Throws: `EngineError` with one line: nothing could be recorded, or a file could not be
    ///   written to any more; what was written until then can be read.
    public static func run(_ request: RecordRequest) throws(EngineError) {
        StopSignals.block()
        let settings = request.settings
        let log = Log(least: Log.Level(rawValue: settings.text("system.log_level")) ?? .info)
        let folder = try RecorderFolder(request.folder, nowNs: wallNs())
        let directory = try InstanceDirectory.claimed(
            settings.text("system.instance") + "-record", by: "a recorder")
        defer { directory.remove() }
        let venues = try VenueAccess(settings, for: .recording, log: log)
        defer { venues.stop() }
        let run = try RecorderRun(
            request, directory: directory, folder: folder, venues: venues, log: log)
        do throws(EngineError) {
            try run.start()
            try run.serve()
        } catch {
            run.stop()
            throw error
        }
        run.stop()
        try run.requireWhole()
    }
}

/// One recording, from instruments to the last file.
///
/// SAFETY: the stop word is made here and kept until the process ends.
@safe
final class RecorderRun {
    private let request: RecordRequest
    private let venues: VenueAccess
    private let wiring: MarketWiring
    private let writer: RecorderThread
    private let hot: HotThread
    private let stopWord: UnsafeMutablePointer<UInt64>
    private static let connectTimeout = Duration.seconds(15)

    init(
        _ request: RecordRequest, directory: InstanceDirectory, folder: RecorderFolder,
        venues: VenueAccess, log: Log
    ) throws(EngineError) {
        self.request = request
        self.venues = venues
        let sessions = venues.setups.map { $0.session() }
        var found: [Instrument] = []
        for (setup, session) in zip(venues.setups, sessions) {
            do throws(AccountError) {
                found += try session.instruments(setup.symbols)
            } catch { throw EngineError("\(setup.venue.text): \(error)") }
        }
        let stop = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
        unsafe stop.initialize(to: 0)
        unsafe stopWord = unsafe stop
        do {
            let telemetry = try TelemetryWriter(
                path: directory.segment("telemetry"), instance: directory.name,
                startTimeNs: wallNs())
            let instruments = InstrumentTable.standalone(found)
            let wiring = try MarketWiring(
                request.settings, directory: directory, setups: venues.setups,
                sessions: sessions, instruments: instruments, telemetry: telemetry, log: log)
            self.wiring = wiring
            let sink = unsafe RecorderSink(
                frames: try wiring.rings.frames.makeConsumer(), byteRings: wiring.byteRings,
                requests: try wiring.rings.requests.makeProducer(), roles: wiring.plan.roles,
                instruments: instruments, folder: folder.path, limits: request.limits,
                telemetry: telemetry)
            writer = RecorderThread(sink, folder: folder)
            let loop = unsafe MarketLoop(
                reader: wiring.reader, stop: stop,
                yieldsWhenIdle: request.settings.text("placement.idle") == "yield")
            hot = HotThread(
                ThreadPlan(name: "reader", core: nil, stages: .reader, priority: 0),
                isStrict: false, telemetry: telemetry,
                loop: { loop.run() }, prepare: { try loop.start() }, finish: { loop.finish() })
        } catch let error as EngineError {
            throw error
        } catch { throw EngineError("\(error)") }
    }

    func start() throws(EngineError) {
        try writer.start()
        do { try wiring.connector.start() } catch { throw EngineError("\(error)") }
        for loop in wiring.cold { try loop.start() }
        try hot.start()
        do {
            try wiring.connector.waitUntilConnected(timeout: Self.connectTimeout)
        } catch { throw EngineError("\(error)") }
    }

    /// Waits until it is time to stop.
    func serve() throws(EngineError) {
        let begin = monotonicNs()
        while true {
            if let duration = request.durationNs, monotonicNs() - begin >= duration { return }
            if StopSignals.wait(timeoutNs: 20_000_000) != nil { return }
            if writer.hasFailed { return }
            if !venues.isAlive { throw EngineError("the simulator ended") }
        }
    }

    /// Closes the connections, then writes what was received, then closes the files.
    func stop() {
        unsafe apus_word_store_release(stopWord, 1)
        hot.join()
        wiring.connector.stop()
        for loop in wiring.cold { loop.stop() }
        writer.stop()
    }

    /// A file that could not be written to is a failure, though the rest is there.
    func requireWhole() throws(EngineError) {
        if let failure = writer.failure { throw EngineError(failure) }
    }
}
