//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CHeap
public import Configuration
import Glibc
import Messages
import Pipeline
import Platform

/// The engine: `apus run`.
public enum Engine {
    /// Starts in the order of the design (configuration, memory, instruments and account by REST,
    /// connections, warm-up, pinning, READY), serves, and stops cleanly: on SIGINT or SIGTERM,
    /// after `durationNs`, or when its simulator ends.
    ///
    /// - Throws: `EngineError` with one line; nothing trades half-configured.
    public static func run(
        _ settings: Settings, durationNs: UInt64?, summaryPath: String?
    ) throws(EngineError) {
        StopSignals.block()
        apus_heap_share()
        let log = Log(least: Log.Level(rawValue: settings.text("system.log_level")) ?? .info)
        let isStrict = settings.text("system.mode") == "production"
        do throws(PlatformError) {
            try protectProcess()
        } catch { log.warning("secrets are less protected", ["reason": "\(error)"]) }
        try checkSummary(summaryPath)
        let plans = try PathSettings.placement(settings)
        let directory = try InstanceDirectory.claimed(settings.text("system.instance"))
        defer { directory.remove() }
        try Startup.lockMemory(isStrict: isStrict, log: log)

        let venues = try VenueAccess(settings, log: log)
        defer { venues.stop() }
        let places = EndpointKeys.yaml(venues.setups.map { ($0.venue.text, $0.endpoints) })
        guard TextFile.write(places, to: directory.segment(EndpointKeys.fileName), mode: 0o600)
        else { throw EngineError("cannot write \(directory.segment(EndpointKeys.fileName))") }
        let run = try EngineRun(
            settings, directory: directory, plans: plans, venues: venues, log: log,
            isStrict: isStrict)
        defer { run.stop() }
        try run.start()
        try run.serve(durationNs: durationNs)
        run.stop()
        try run.writeSummary(to: summaryPath)
        try run.requireNoOpenOrders()
    }

    /// A path that cannot be written is found now, not after the run.
    private static func checkSummary(_ path: String?) throws(EngineError) {
        guard let path else { return }
        let isThere = unsafe access(path, F_OK) == 0
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw EngineError(unsafe "--summary \(path): \(String(cString: strerror(errno)))")
        }
        close(file)
        // A start that fails later leaves no empty file behind.
        if !isThere { unsafe unlink(path) }
    }
}

/// Steps of start-up that stand alone.
enum Startup {
    /// Locks present and future memory; what the limit forbids is an error in production.
    static func lockMemory(isStrict: Bool, log: Log) throws(EngineError) {
        let limit = memoryLockLimit()
        do throws(PlatformError) {
            guard limit >= lockedBytesMin else {
                throw PlatformError(
                    operation: "locked memory limit of \(limit >> 20) MiB "
                        + "(\(lockedBytesMin >> 20) MiB are needed; see ulimit -l)",
                    code: ENOMEM)
            }
            try lockAllMemory()
        } catch {
            if isStrict { throw EngineError("\(error)") }
            log.warning("memory is not locked", ["reason": "\(error)"])
        }
    }

    /// Refuses to go on when what is resident now, everything built and touched, is over `limit`.
    static func checkMemory(limit: Int) throws(EngineError) {
        let resident = residentBytes()
        guard resident > UInt64(limit) else { return }
        throw EngineError(
            "the engine needs \(resident >> 20) MiB for these instruments, but "
                + "system.max_memory_usage is \(limit >> 20) MiB")
    }

    /// Rings, books, the program and its libraries, roughly.
    static let lockedBytesMin: UInt64 = 512 << 20
}
