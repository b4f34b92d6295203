//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CPlatform
import Configuration
import Messages
import Options
import Platform
import Telemetry

/// `apus-monitor --watchdog`: the safety that is no part of the engine.
public enum WatchdogCommand {
    /// It acted, and no order is open (and with `--flatten` no position).
    static let acted: Int32 = 3
    /// It acted, and does not know that.
    static let notVerified: Int32 = 4

    static let lookIntervalNs: UInt64 = 10_000_000

    /// Runs the command and returns its exit status.
    public static func run(_ arguments: [String]) -> Int32 {
        let options = WatchdogOptions(WatchdogOptions.parser.parseOrExit(arguments))
        apus_signals_block()
        try? protectProcess()
        do throws(WatchdogError) { return try watch(options) } catch {
            writeError("apus-monitor --watchdog: \(error)")
            return ExitStatus.failed
        }
    }

    private static func watch(_ options: WatchdogOptions) throws(WatchdogError) -> Int32 {
        guard let directory = InstanceDirectory(name: options.instance) else {
            throw WatchdogError("'\(options.instance)' is no instance name")
        }
        guard var engine = try attach(directory, options) else { return ExitStatus.ok }
        let journal = try KillJournal(path: options.logPath ?? directory.segment("watchdog.log"))
        let settings = try settings(options, directory)
        let venues = try WatchdogVenue.all(
            of: engine.instruments, settings, environment: Environment.all
        ) { journal.warning("keys", ["reason": $0]) }
        guard !venues.isEmpty else { throw WatchdogError("the engine trades at no venue") }
        // A venue that does not answer now may do so when it matters: an engine that is dead
        // already is no reason to wait.
        let kill = KillSwitch(venues, options, journal, control: engine.control)
        if options.isDrill { return kill.act(.drill) ? ExitStatus.ok : notVerified }
        if case .alarm(let alarm) = engine.look(nowNs: monotonicNs()) {
            return kill.act(alarm) ? acted : notVerified
        }
        for venue in venues { try venue.prove() }
        journal.info(
            "watching",
            [
                "instance": options.instance, "process": "\(engine.processID)",
                "venues": venues.map(\.venue.text).joined(separator: ","),
                "stuck_after_ms": "\(options.stuckAfterNs / 1_000_000)",
                "session_after_ms": "\(options.sessionAfterNs / 1_000_000)",
            ])
        return try loop(&engine, kill, journal)
    }

    private static func loop(
        _ engine: inout EngineWatch, _ kill: KillSwitch, _ journal: KillJournal
    ) throws(WatchdogError) -> Int32 {
        try kill.start()
        while true {
            switch engine.look(nowNs: monotonicNs()) {
            case .fine: break
            case .alarm(let alarm): return kill.act(alarm) ? acted : notVerified
            case .ended:
                if kill.isVenueEmpty() {
                    journal.info("ended", ["process": "\(engine.processID)"])
                    return ExitStatus.ok
                }
                return kill.act(.leftOrders) ? acted : notVerified
            }
            if apus_signals_wait(lookIntervalNs) != 0 {
                journal.info("stopped", ["process": "\(engine.processID)"])
                kill.stop()
                return ExitStatus.ok
            }
        }
    }

    /// Waits for the engine's pages; `nil` when a signal ended the wait.
    private static func attach(
        _ directory: InstanceDirectory, _ options: WatchdogOptions
    ) throws(WatchdogError) -> EngineWatch? {
        let deadline = monotonicNs() + options.waitNs
        while true {
            do throws(PlatformError) {
                return try EngineWatch(
                    directory, stuckAfterNs: options.stuckAfterNs,
                    sessionAfterNs: options.sessionAfterNs, nowNs: monotonicNs())
            } catch {
                guard monotonicNs() < deadline else {
                    throw WatchdogError("no engine named '\(directory.name)' (\(error))")
                }
            }
            if apus_signals_wait(lookIntervalNs) != 0 { return nil }
        }
    }

    private static func settings(
        _ options: WatchdogOptions, _ directory: InstanceDirectory
    ) throws(WatchdogError) -> Settings {
        let path = options.configurationPath ?? directory.segment(EndpointKeys.fileName)
        guard let text = TextFile.read(path) else { throw WatchdogError("cannot read \(path)") }
        var settings = Settings(schema: EndpointKeys.all)
        do throws(ConfigurationError) { try settings.read(yaml: text, source: path) } catch {
            throw WatchdogError("\(error)")
        }
        return settings
    }
}
