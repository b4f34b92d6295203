//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Accounts
import Glibc
public import Messages
import Platform

/// The simulator as a child process: started, found by its ready file, stopped with this process.
public final class EmbeddedSimulator {
    public let endpoints: [Venue: Endpoints]
    public let logPath: String
    private let child: ChildProcess
    private let folder: String
    private static let startTimeoutNs: UInt64 = 20_000_000_000
    private static let publicKeyName = "binance-key.pem"

    /// Starts `apus-sim` from the folder of this executable and waits until it listens.
    ///
    /// - Parameters:
    ///   - binanceKey: Signs in the place of a secret; the simulator gets its public half.
    ///   - isSpotBinary: Whether Spot's streams are those of binary messages.
    public init(
        venues: [Venue], seed: Int, rate: Double, replay: [String], speed: String,
        binanceKey: Ed25519Key? = nil, isSpotBinary: Bool = false, log: Log
    ) throws(EngineError) {
        // `swift run apus` builds no other program; this one has the simulator in it, too.
        let beside = executableFolder() + "/apus-sim"
        let isBeside = unsafe access(beside, X_OK) == 0
        let program = isBeside ? beside : executableFolder() + "/apus"
        guard unsafe access(program, X_OK) == 0 else {
            throw EngineError("neither apus-sim nor apus lies in \(executableFolder())")
        }
        let parent = Environment.all["TMPDIR"] ?? "/tmp"
        var template = Array("\(parent)/apus-sim.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            let reason = unsafe String(cString: strerror(errno))
            throw EngineError("no temporary folder for the simulator: \(reason)")
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        logPath = folder + "/log"
        let ready = folder + "/ready"
        if let binanceKey {
            let path = folder + "/" + Self.publicKeyName
            guard let text = binanceKey.publicPEM, TextFile.write(text, to: path) else {
                throw EngineError("cannot write \(path)")
            }
            unsafe setenv("BINANCE_API_PUBLIC_KEY_FILE", path, 1)
        }
        var arguments = (isBeside ? [] : ["sim"]) + [
            "--venue", venues.map(\.text).joined(separator: ","), "--seed", "\(seed)",
            "--ca-out", folder + "/ca.pem", "--ready-file", ready,
        ]
        if replay.isEmpty {
            arguments += ["--rate", "\(rate)"]
        } else {
            for file in replay { arguments += ["--replay", file] }
            arguments += ["--speed", speed]
        }
        do throws(PlatformError) {
            child = try ChildProcess(path: program, arguments: arguments, output: logPath)
        } catch {
            throw EngineError("simulator: \(error)")
        }
        endpoints = try Self.awaitReady(ready, child, logPath) { text throws(EngineError) in
            try Self.parse(text, venues, isSpotBinary: isSpotBinary)
        }
        for venue in venues {
            log.info("simulator started", [
                "pid": "\(child.processID)", "venue": venue.text,
                "rest": endpoints[venue]?.rest ?? "", "stream": endpoints[venue]?.stream ?? "",
            ])
        }
    }

    public var isRunning: Bool { child.isRunning }

    public func stop() {
        child.terminate()
        if child.wait(timeoutNs: 2_000_000_000) == nil {
            child.kill()
            child.wait(timeoutNs: 1_000_000_000)
        }
        for name in ["ca.pem", "ready", "log", Self.publicKeyName] {
            unsafe unlink(folder + "/" + name)
        }
        unsafe rmdir(folder)
    }

    private static func awaitReady(
        _ path: String, _ child: ChildProcess, _ logPath: String,
        _ parse: (String) throws(EngineError) -> [Venue: Endpoints]
    ) throws(EngineError) -> [Venue: Endpoints] {
        let deadline = monotonicNs() + startTimeoutNs
        while monotonicNs() < deadline {
            if let text = TextFile.read(path) { return try parse(text) }
            if let code = child.wait(timeoutNs: 0) {
                let lines = (TextFile.read(logPath) ?? "").split(separator: "\n")
                throw EngineError("the simulator ended with \(code): \(lines.last ?? "no output")")
            }
            CurrentThread.sleep(ns: 5_000_000)
        }
        child.kill()
        throw EngineError("the simulator did not start within 20 s; see \(logPath)")
    }

    /// One `key=value` a line, each begins with the venue's name.
    private static func parse(
        _ text: String, _ venues: [Venue], isSpotBinary: Bool
    ) throws(EngineError) -> [Venue: Endpoints] {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let sign = line.firstIndex(of: "=") else { continue }
            values[String(line[..<sign])] = String(line[line.index(after: sign)...])
        }
        var endpoints: [Venue: Endpoints] = [:]
        for venue in venues {
            let prefix = venue.text + "."
            let streamKey = isSpotBinary && venue == .binanceSpot ? "sbe" : "stream"
            guard let rest = values[prefix + "rest"], let stream = values[prefix + streamKey],
                let api = venue == .binanceUSDM ? values[prefix + "api"] : stream
            else { throw EngineError("the simulator's ready file is incomplete") }
            endpoints[venue] = Endpoints(
                rest: rest, stream: stream, userStream: stream, api: api,
                caFile: values["ca_file"])
        }
        return endpoints
    }
}
