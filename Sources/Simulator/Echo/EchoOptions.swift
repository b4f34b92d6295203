//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Options
import Platform

/// What `apus-sim --echo` is asked to measure.
struct EchoOptions: Equatable {
    /// Market data besides the marked frames, as a multiple of the recorded peak; 0: next to none.
    struct Load: Equatable {
        let multiple: UInt64

        init(multiple: UInt64) { self.multiple = multiple }

        /// "0x", "1x", "10x"; at most 20.
        init?(_ text: String) {
            guard text.hasSuffix("x"), let value = UInt64(text.dropLast()), value <= 20 else {
                return nil
            }
            multiple = value
        }

        var text: String { "\(multiple)x" }
    }

    static let echoName = "echo"
    static let peerName = "client"
    static let configPath = "tuning/profiles/wire.yaml"
    /// Room for every sample is made beforehand.
    private static let durationMaxNs: UInt64 = 24 * 3_600_000_000_000

    /// In the order of the first round.
    var targets = [EchoStreams.engineName, echoName]
    var configPath = Self.configPath
    /// The engine's program; `nil`: `apus` beside this one.
    var enginePath: String?
    /// A client that the engine is compared with.
    var peerPath: String?
    /// Marked frames a second.
    var rates: [UInt64] = [20, 2_000]
    var loads = [Load(multiple: 0)]
    /// Measured for each target in each case.
    var durationNs: UInt64 = 30_000_000_000
    /// What one target gets at a time.
    var blockNs: UInt64 = 2_000_000_000
    /// Frames a second at peak; `nil`: as recorded.
    var peak: UInt64?
    var capturesPath = RecordedPeak.capturesPath
    var venueCore = 0
    var clientCore = 1
    var jsonPath: String?
    var helpText: String?

    static let parser = OptionParser(
        command: "apus-sim --echo",
        summary: """
            Measures wire to wire as the venue sees it: from a market-data frame to the order that
            it causes, over TLS WebSockets on loopback, for the engine (apus), for a bare TLS echo
            (echo) and for a client of yours (client), in turn, on two cores. Starts and stops them
            itself.
            """,
        options: [
            .value(
                "config", "FILE", default: configPath,
                help: "the engine's configuration; addresses and instance are set besides"),
            .value(
                "targets", "LIST", kind: .list,
                help: "of apus, echo and client; default: apus, echo, and client if there is one"),
            .value("engine", "PROGRAM", help: "the engine; default: apus beside this program"),
            .value(
                "peer", "PROGRAM",
                help: "the client: is run with PORT CA_FILE CORE, see Bench/peers/wire"),
            .value(
                "rate", "LIST", kind: .list, default: "20,2000",
                help: "marked frames a second, 1 to 5000: 20 is cold, 2000 warm"),
            .value(
                "load", "LIST", kind: .list, default: "0x",
                help: "other market data, multiples of the peak: 0x, 1x, 2x, 10x"),
            .value(
                "duration", "TIME", kind: .duration, default: "30s",
                help: "measured for each target in each case, in whole blocks; at most 24h"),
            .value(
                "block", "TIME", kind: .duration, default: "2s",
                help: "how long one target is measured before the next; at most 5s"),
            .value(
                "peak", "N", kind: .integer(1...100_000),
                help: "frames a second at peak; default: of the recordings"),
            .value(
                "captures", "DIR", default: RecordedPeak.capturesPath,
                help: "recordings whose busiest second is the peak"),
            .value(
                "venue-core", "N", kind: .integer(0...4_095), default: "0",
                help: "where this program spins"),
            .value(
                "client-core", "N", kind: .integer(0...4_095), default: "1",
                help: "where echo and client spin; the engine's is in its configuration"),
            .value("json", "FILE", help: "writes every figure there; see Bench/README.md"),
        ])

    static func parse(_ arguments: [String]) throws(UsageError) -> EchoOptions {
        let given = try parser.parse(arguments)
        var options = EchoOptions()
        if given.isHelpRequested {
            options.helpText = parser.help
            return options
        }
        options.configPath = given.text("config") ?? configPath
        options.enginePath = given.text("engine")
        options.peerPath = given.text("peer")
        options.jsonPath = given.text("json")
        options.capturesPath = given.text("captures") ?? RecordedPeak.capturesPath
        options.peak = given.integer("peak").map { UInt64($0) }
        options.durationNs = given.durationNs("duration") ?? 0
        options.blockNs = given.durationNs("block") ?? 0
        options.venueCore = given.integer("venue-core") ?? 0
        options.clientCore = given.integer("client-core") ?? 1
        try options.takeTargets(given)
        options.rates = []
        for text in given.list("rate") {
            guard let rate = UInt64(text), (1...5_000).contains(rate) else {
                throw UsageError("--rate: '\(text)' is not a number from 1 to 5000")
            }
            options.rates.append(rate)
        }
        options.loads = []
        for text in given.list("load") {
            guard let load = Load(text) else {
                throw UsageError("--load: '\(text)' is not a multiple like 10x, up to 20x")
            }
            options.loads.append(load)
        }
        try options.checkTimes()
        return options
    }

    private mutating func takeTargets(_ given: ParsedOptions) throws(UsageError) {
        let known = [EchoStreams.engineName, Self.echoName, Self.peerName]
        let named = given.list("targets")
        if named.isEmpty {
            targets = peerPath == nil ? Array(known.prefix(2)) : known
            return
        }
        for name in named where !known.contains(name) {
            throw UsageError("--targets: \(name) is not one of \(known.joined(separator: ", "))")
        }
        guard Set(named).count == named.count else {
            throw UsageError("--targets: one of them stands twice")
        }
        guard named.contains(Self.peerName) == (peerPath != nil) else {
            throw UsageError("--targets \(Self.peerName) and --peer PROGRAM go together")
        }
        targets = named
    }

    private func checkTimes() throws(UsageError) {
        // A target that is stopped for longer would lose its connections.
        guard (100_000_000...5_000_000_000).contains(blockNs) else {
            throw UsageError("--block: from 100ms to 5s")
        }
        guard (blockNs...Self.durationMaxNs).contains(durationNs) else {
            throw UsageError("--duration: from one block to 24h")
        }
        if venueCore == clientCore {
            throw UsageError("--venue-core and --client-core: two cores are needed")
        }
    }

    /// What is started for a target, without the arguments that follow from the connections.
    func command(of target: String) -> (program: String, arguments: [String]) {
        let beside = executableFolder()
        switch target {
        case EchoStreams.engineName: return (enginePath ?? "\(beside)/apus", [])
        case Self.echoName:
            // This program again, whichever of the two it is.
            let own = "\(beside)/apus-sim"
            return Self.isProgram(own)
                ? (own, [EchoCommand.peerFlag]) : ("\(beside)/apus", ["sim", EchoCommand.peerFlag])
        default: return (peerPath ?? "", [])
        }
    }

    /// The first target whose program is none; `nil`: all can be started.
    var missingProgram: String? {
        for target in targets {
            let program = command(of: target).program
            if !Self.isProgram(program) { return "\(target): \(program) is no program" }
        }
        return nil
    }

    private static func isProgram(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: path)
    }

    /// Why the machine cannot do it; `nil`: it can.
    func refusal(usableCores: [Int]) -> String? {
        if usableCores.count < 2 {
            return "wire to wire needs two cores: venue and client spin, and this process may use "
                + "\(usableCores.count)"
        }
        for core in [venueCore, clientCore] where !usableCores.contains(core) {
            return "core \(core) is not one that this process may use: "
                + usableCores.map(String.init).joined(separator: ", ")
        }
        return nil
    }
}
