//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// The simulator and the engine of a soak, as children that end with this process; for one thread.
final class SoakChildren {
    let venue: ChildProcess
    let engine: ChildProcess
    let venueLog: ChildLog
    let engineLog: ChildLog
    let truth: VenueTruth
    let instance: String
    let summaryPath: String

    private static let startTimeoutNs: UInt64 = 60_000_000_000
    private static let stopTimeoutNs: UInt64 = 30_000_000_000

    /// Starts both, and waits until the simulator listens; the engine is then on its way.
    init(_ options: SoakOptions, isStopWanted: () -> Bool) throws(SoakError) {
        let folder = options.folder
        let secrets = Self.makeKeys()
        let faultsPath = try Self.writeFaults(options)
        let ready = "\(folder)/simulator.ready"
        let caFile = "\(folder)/ca.pem"
        unsafe unlink(ready)
        venueLog = try ChildLog("simulator", in: folder, secrets: secrets)
        engineLog = try ChildLog("engine", in: folder, secrets: secrets)
        let beside = executableFolder() + "/apus-sim"
        let isBeside = unsafe access(beside, X_OK) == 0
        let program = executableFolder() + "/apus"
        var arguments = (isBeside ? [] : ["sim"]) + [
            "--venue", "binance-usdm,okx", "--seed", "\(options.seed)",
            "--wallet", "\(SoakProfile.wallet)", "--ca-out", caFile, "--ready-file", ready,
        ]
        if let faultsPath { arguments += ["--faults", faultsPath] }
        venue = try Self.start(isBeside ? beside : program, arguments, venueLog)
        let places = try Self.awaitReady(ready, venue, venueLog, isStopWanted)
        var rest: [String: String] = [:]
        for name in ["binance-usdm", "okx"] { rest[name] = places["\(name).rest"] }
        truth = VenueTruth(rest, caFile: caFile)
        instance = "soak-\(currentProcessID())"
        summaryPath = "\(folder)/summary.json"
        engine = try Self.start(
            program,
            Self.engineArguments(options, places, caFile, instance, summaryPath), engineLog)
    }

    private static func start(
        _ program: String, _ arguments: [String], _ log: ChildLog
    ) throws(SoakError) -> ChildProcess {
        do throws(PlatformError) {
            return try ChildProcess(path: program, arguments: arguments, output: log.pipe)
        } catch { throw SoakError("\(error)") }
    }

    /// Keys of this soak alone, for both children; they inherit the environment.
    private static func makeKeys() -> [String] {
        for name in ["BINANCE_API_PRIVATE_KEY_FILE", "BINANCE_API_PUBLIC_KEY_FILE", "DRY_RUN"] {
            unsafe unsetenv(name)
        }
        let names = [
            "BINANCE_API_KEY", "BINANCE_API_SECRET", "OKX_API_KEY", "OKX_API_SECRET",
            "OKX_API_PASSPHRASE",
        ]
        return names.map { name in
            let word = [randomSeed(), randomSeed()].map { String($0, radix: 16) }.joined()
            unsafe setenv(name, word, 1)
            return word
        }
    }

    /// The fault file that is used lies beside the report, whatever it came from.
    private static func writeFaults(_ options: SoakOptions) throws(SoakError) -> String? {
        let text: String
        switch options.faults {
        case .none: return nil
        case .standard: text = SoakProfile.faults(seed: options.seed)
        case .file(let path):
            guard let read = TextFile.read(path) else { throw SoakError("cannot read \(path)") }
            text = read
        }
        let path = "\(options.folder)/faults.yaml"
        guard TextFile.write(text, to: path) else { throw SoakError("cannot write \(path)") }
        return path
    }

    private static func engineArguments(
        _ options: SoakOptions, _ places: [String: String], _ caFile: String, _ instance: String,
        _ summaryPath: String
    ) throws(SoakError) -> [String] {
        let file = options.configuration ?? "\(options.folder)/engine.yaml"
        if options.configuration == nil, !TextFile.write(SoakProfile.engine, to: file) {
            throw SoakError("cannot write \(file)")
        }
        var settings = ["system.instance=\(instance)"]
        for venue in ["binance-usdm", "okx"] {
            settings.append("endpoints.\(venue).ca_file=\(caFile)")
            for key in ["rest", "stream", "api"] {
                guard let place = places["\(venue).\(key)"] else { continue }
                settings.append("endpoints.\(venue).\(key)=\(place)")
            }
        }
        settings += options.assignments
        return ["run", "--config", file, "--summary", summaryPath]
            + settings.flatMap { ["--set", $0] }
    }

    private static func awaitReady(
        _ path: String, _ child: ChildProcess, _ log: ChildLog, _ isStopWanted: () -> Bool
    ) throws(SoakError) -> [String: String] {
        let deadline = monotonicNs() + startTimeoutNs
        while monotonicNs() < deadline {
            try log.pump()
            if let text = TextFile.read(path) {
                var values: [String: String] = [:]
                for line in text.split(separator: "\n") {
                    guard let sign = line.firstIndex(of: "=") else { continue }
                    values[String(line[..<sign])] = String(line[line.index(after: sign)...])
                }
                return values
            }
            if let code = child.wait(timeoutNs: 0) {
                try log.pump()
                throw SoakError("the simulator ended with \(code); see simulator.log")
            }
            if isStopWanted() { throw SoakError("stopped before the simulator listened") }
            CurrentThread.sleep(ns: 10_000_000)
        }
        throw SoakError("the simulator did not start within 60 s; see simulator.log")
    }

    func pump() throws(SoakError) {
        try venueLog.pump()
        try engineLog.pump()
    }

    var secretsSeen: Int { venueLog.secretsSeen + engineLog.secretsSeen }

    func kill() {
        for child in [engine, venue] where child.isRunning {
            child.kill()
            child.wait(timeoutNs: 5_000_000_000)
        }
    }

    /// SIGINT, then the end: its exit status; 137 when it had to be killed.
    func stopEngine() throws(SoakError) -> Int32 { try stop(engine, SIGINT) }
    func stopVenue() throws(SoakError) -> Int32 { try stop(venue, SIGTERM) }

    private func stop(_ child: ChildProcess, _ signal: Int32) throws(SoakError) -> Int32 {
        if child.isRunning { child.signal(signal) }
        let deadline = monotonicNs() + Self.stopTimeoutNs
        while monotonicNs() < deadline {
            try pump()
            if let status = child.wait(timeoutNs: 10_000_000) {
                try pump()
                return status
            }
        }
        child.kill()
        return child.wait(timeoutNs: 5_000_000_000) ?? 137
    }
}
