//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Foundation
import Inference
import Journal
import Networks
import Platform
import SeededRandom
import TestSupport
import Testing
import TradingCore

/// Goal: a replay comes to the same bytes whatever the processor's instructions, and says what it
/// could not compare instead of calling it a difference.
extension ProgramTests {
    @Suite("Replays of a journal")
    struct JournalReplayTests {
        let workplace: Workplace
        var journal: String { workplace.file("journal") }

        init() throws { workplace = try Workplace() }

        /// Of both signs and without bias in the network: so are its scores, and it trades on.
        private static let features = ["imbalance", "imbalance(5)", "ofi(10)", "mid_return(100ms)"]

        /// An int8 LSTM over declared features, written as the engine reads it.
        private func model(seed: UInt64) throws -> String {
            let declared = try apus(
                "features", "list", "--declared", "--set",
                "features.schema=\(Self.features.joined(separator: ","))")
            try #require(declared.status == 0, "\(declared.errors)")
            let hash = declared.output.firstMatch(of: /^schema ([0-9a-f]+)/)
            let count = Self.features.count
            let scale = InputScale(
                mean: [Float](repeating: 0, count: count),
                inverseSigma: [Float](repeating: 1, count: count), clip: 5)
            let shape = NetworkShape(
                features: count, steps: 20, body: .recurrent(.lstm, units: [16, 12]))
            var random = SplitMix64(seed: seed)
            let network = NetworkParameters(shape: shape, scale: scale) { _, sizes in
                let reach = sizes.count == 1 ? 0 : 2 / Float(sizes[1]).squareRoot()
                return (0..<sizes.reduce(1, *)).map { _ in
                    Float.random(in: -reach...reach, using: &random)
                }
            }
            var description = ModelDescription(
                schemaHash: try #require(
                    hash.flatMap { UInt64($0.1, radix: 16) }, "\(declared.output)"),
                horizonNs: 500_000_000, featureNames: Self.features,
                featureUnits: Self.features.map { _ in "1" }, residualSigmaBps: 1,
                thresholds: ModelThresholds(
                    buyAboveBps: 0, sellBelowBps: 0, minimumConfidence: 0))
            description.name = "lstm"
            description.steps = shape.steps
            let contents = ModelContents(
                description: description, scale: scale, core: .network(QuantisedNetwork(network)))
            let file = workplace.file("lstm.model")
            try Data(ModelFile.encode(contents)).write(to: URL(filePath: file))
            return file
        }

        private func apus(
            _ arguments: String..., environment: [String: String] = [:]
        ) throws -> (status: Int32, output: String, errors: String) {
            try Program.run(
                "apus", arguments, in: workplace, environment: environment,
                within: 60 + (sessionSeconds ?? 0))
        }

        /// The line of what was equal, which is the same for every replay of a journal.
        private func equal(_ output: String) throws -> String {
            String(try #require(output.firstMatch(of: /equal: .*/), "\(output)").0)
        }

        // MARK: Instructions

        private static let paths = zip(
            KernelPaths.sets, [NetworkPath.portable, .avx2, .avxVNNI, .avx512VNNI])

        /// How long the session with a network lasts at least; with faults of its venue then.
        private var sessionSeconds: Double? {
            ProcessInfo.processInfo.environment["APUS_SESSION_S"].flatMap { Double($0) }
        }

        @Test func `a session with a network replays to the byte on all instructions there are`()
            throws
        {
            let file = try model(seed: 31)
            var arguments = ["--seed", "3"]
            if sessionSeconds != nil {
                arguments += [
                    "--faults",
                    try workplace.write(JournalRuns.faults, to: "faults.yaml"),
                ]
            }
            let venue = try VenueProgram(arguments, in: workplace)
            let engine = try EngineProgram(
                "network", venue,
                [
                    "journal.path=\(journal)", "journal.lag_max=60s",
                    "strategy.name=signal-threshold", "strategy.buy_above_bps=0.02",
                    "strategy.sell_below_bps=-0.02", "strategy.cooldown=50ms",
                    "inference.fallback_accuracy_margin=1", "inference.fallback_drift=0",
                    "features.schema=\(Self.features.joined(separator: ","))",
                ],
                yaml: """
                    risk: {order_quantity_max: "1000", position_max: "1000",
                           order_notional_max: "5000"}
                    models: [{file: \(file), name: lstm}]

                    """, in: workplace)
            try engine.awaitReady()
            let endNs = monotonicNs() + UInt64((sessionSeconds ?? 0) * 1e9)
            try engine.awaitThat("orders", seconds: 60 + (sessionSeconds ?? 0)) {
                engine.ordersSent > 30 && monotonicNs() >= endNs
            }
            let (status, _) = try engine.stop()
            #expect(status == 0, "\(engine.program.errors)")
            #expect(venue.program.child.isRunning)
            var lines: Set<String> = []
            for (set, path) in Self.paths {
                for placement in ["fused", "pipelined"] {
                    let replay = try apus(
                        "replay", journal, "--verify", "--placement", placement,
                        "--instructions", set)
                    if path.runs == 0 {
                        #expect(replay.status == 1)
                        #expect(replay.errors.contains("does not run the kernels of \(set)"))
                        continue
                    }
                    #expect(replay.status == 0, "\(set): \(replay.output)\(replay.errors)")
                    #expect(replay.output.contains("networks \(set)\n"), "\(replay.output)")
                    lines.insert(try equal(replay.output))
                }
            }
            // The C library has paths of its own, which it takes by what it is told of the machine.
            let plain = try apus(
                "replay", journal, "--verify", "--instructions", "portable",
                environment: ["GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-SSE4_2"])
            #expect(plain.status == 0, "\(plain.output)\(plain.errors)")
            lines.insert(try equal(plain.output))
            print("replays: \(lines)")
            #expect(lines.count == 1, "\(lines)")
            let count = lines.first?.firstMatch(of: /(\d+) frames to venues/).flatMap { Int($0.1) }
            #expect(try #require(count) > 30)
            // With other weights it is another session.
            _ = try model(seed: 32)
            let other = try apus("replay", journal, "--verify")
            #expect(other.status == 1)
            #expect(other.errors.contains("is not the one of the session"), "\(other.errors)")
        }

        // MARK: What is not in the journal

        /// Writes the journal anew without the verdicts of `places`, counted from 0; with `told`,
        /// frames that tell of them, each of a run, in their places.
        private func rewrite(
            to folder: String, without places: [Range<Int>], told: Bool, surplus: UInt64 = 0
        ) throws {
            let copy = try JournalCopy(to: folder)
            var reader = try JournalReader(folder: journal)
            var index = -1
            while let frame = try reader.next() {
                let isVerdict = frame.kind == .verdict && frame.detail == 0
                if isVerdict { index += 1 }
                if isVerdict, let run = places.first(where: { $0.contains(index) }) {
                    guard told, index == run.lowerBound else { continue }
                    try copy.addLoss(of: UInt64(run.count) + surplus, at: frame)
                } else {
                    try copy.add(frame)
                }
            }
            try copy.close()
        }

        @Test func `verdicts that were lost are told, and all others compared`() throws {
            let venue = try VenueProgram(["--seed", "3"], in: workplace)
            let engine = try EngineProgram(
                "verdicts", venue,
                [
                    "trading.symbols=BTC-USDT", "strategy.interval=20ms",
                    "journal.path=\(journal)", "journal.lag_max=60s",
                ], in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("verdicts") { engine.counter("journal_verdicts_total") > 60 }
            #expect(try engine.stop().status == 0, "\(engine.program.errors)")
            #expect(venue.program.child.isRunning)
            let whole = try apus("replay", journal, "--verify")
            #expect(whole.status == 0, "\(whole.output)")
            let total = try #require(
                whole.output.firstMatch(of: /(\d+) verdicts/).flatMap { Int($0.1) })
            let places = [0..<1, 7..<11, 30..<31, (total - 2)..<total]

            try rewrite(to: workplace.file("told"), without: places, told: true)
            for placement in ["fused", "pipelined"] {
                let told = try apus(
                    "replay", workplace.file("told"), "--verify", "--placement", placement)
                #expect(told.status == 0, "\(told.output)\(told.errors)")
                #expect(told.output.contains("8 verdicts were lost"), "\(told.output)")
                #expect(told.output.contains(" \(total - 8) verdicts\n"), "\(told.output)")
            }
            let info = try apus("journal", "info", workplace.file("told"))
            #expect(info.output.contains("lost at taps: 8 (8 verdict)"), "\(info.output)")

            try rewrite(to: workplace.file("untold"), without: places, told: false)
            let untold = try apus("replay", workplace.file("untold"), "--verify")
            #expect(untold.status == 1 && untold.output.contains("differs: verdicts"))

            try rewrite(to: workplace.file("surplus"), without: places, told: true, surplus: 1)
            let surplus = try apus("replay", workplace.file("surplus"), "--verify")
            #expect(surplus.status == 1 && surplus.output.contains("differs: verdicts"))
        }

        @Test func `a session whose begin retention removed is read, and said not to be replayed`()
            throws
        {
            let venue = try VenueProgram(["--seed", "3", "--rate", "10"], in: workplace)
            func run(_ name: String, _ settings: [String], bytes: UInt64) throws {
                let engine = try EngineProgram(
                    name, venue,
                    ["journal.path=\(journal)", "journal.segment_size=1MiB"] + settings,
                    in: workplace)
                try engine.awaitReady()
                try engine.awaitThat("bytes") { engine.counter("journal_bytes_total") > bytes }
                #expect(try engine.stop().status == 0, "\(engine.program.errors)")
            }
            try run(
                "cut", ["journal.retention_size=1MiB", "journal.compress=false"],
                bytes: 4 << 20)
            #expect(try apus("journal", "verify", journal).status == 0)
            let heads = try apus("journal", "cat", journal, "--kind", "head", "session")
            #expect(heads.output.contains(" head detail=1 "), "the session's description is there")
            #expect(!heads.output.contains(" session "), "its first segment is gone")
            let alone = try apus("replay", journal, "--verify")
            #expect(alone.status == 1)
            #expect(alone.errors.contains("its begin was removed by retention"), "\(alone.errors)")

            try run("whole", [], bytes: 100_000)
            let both = try apus("replay", journal, "--verify")
            #expect(both.status == 0, "\(both.output)\(both.errors)")
            #expect(both.output.contains("its begin was removed by retention"), "\(both.output)")
            #expect(both.output.matches(of: /\bverified\b/).count == 1, "\(both.output)")
            let backtest = try apus("backtest", "--venue", "binance-usdm", "--data", journal)
            #expect(backtest.status == 0, "\(backtest.errors)")
            #expect(venue.program.child.isRunning)
        }
    }
}

/// A journal that is written frame by frame after another one.
private final class JournalCopy {
    private let writer: JournalWriter

    init(to folder: String) throws { writer = try JournalWriter(folder: folder) }

    func add(_ frame: JournalFrame) throws {
        // The writer's own.
        if frame.kind == .end { return }
        try append(frame, frame.kind, detail: frame.detail, unsafe Array(frame.body))
    }

    /// Adds what tells of verdicts that were lost at a frame's place.
    func addLoss(of count: UInt64, at frame: JournalFrame) throws {
        let body = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
        try append(frame, .lost, detail: JournalKind.verdict.rawValue, body)
    }

    private func append(
        _ frame: JournalFrame, _ kind: JournalKind, detail: UInt8, _ body: [UInt8]
    ) throws {
        try waitUntil("room in memory") {
            writer.submit()
            writer.poll()
            return unsafe body.withUnsafeBytes {
                unsafe writer.append(
                    kind: kind, detail: detail, connection: frame.connection,
                    sequence: frame.sequence, timeNs: frame.timeNs, context: frame.context,
                    writtenNs: frame.writtenNs, $0)
            }
        }
    }

    func close() throws { try #require(writer.close(timeoutNs: 30_000_000_000)) }
}
