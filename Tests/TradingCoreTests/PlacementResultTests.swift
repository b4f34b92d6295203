//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Inference
import Messages
import Pipeline
import Platform
import Synchronization
import Telemetry
import Testing
import TradingCore

/// Goal: what the stages put out depends on the order of frames alone, not on how the stages are
/// placed on threads or how many frames wait at once.
///
/// Method: one fused run, in which the stand-in venue answers orders, gives the list of frames in
/// their merge order. The same list then goes through the stages in other placements and batch
/// sizes; features, signals, intents, verdicts and the order bytes must be the same.
@Suite("Placement does not change the result")
struct PlacementResultTests {
    static let seed: UInt64 = 20_261_120
    static let instruments = InstrumentTable.standalone([DryMarket.instrument])

    /// Where the market data come from.
    enum Source: Sendable {
        case synthetic
        case recording

        func frames(seed: UInt64) throws -> [RecordedFrame] {
            switch self {
            case .synthetic:
                var feed = SyntheticFeed(seed: seed)
                return feed.frames(3_000)
            case .recording: return try RecordedFeed.frames(lines: 8_000)
            }
        }
    }

    /// Everything a run put out, in order.
    struct Output: Equatable {
        var features: [UInt8] = []
        var signals: [UInt8] = []
        var intents: [UInt8] = []
        var verdicts: [UInt8] = []
        var children: [UInt8] = []
        var childVerdicts: [UInt8] = []
        var orderBytes: [UInt8] = []
    }

    /// Collects records; each array is written by one thread and read after the threads ended.
    ///
    /// SAFETY: see above.
    final class Recorder: @unchecked Sendable {
        var output = Output()
        /// Bytes so far, for whoever waits for them while the threads run.
        let featureCount = Atomic<Int>(0)
        let verdictCount = Atomic<Int>(0)
        let childVerdictCount = Atomic<Int>(0)

        var sinks: ReplaySinks {
            var sinks = ReplaySinks()
            unsafe sinks.feature = { [unowned self] in
                unsafe output.features += bytes($0)
                featureCount.store(output.features.count, ordering: .releasing)
            }
            unsafe sinks.signal = { [unowned self] in unsafe output.signals += bytes($0) }
            unsafe sinks.intent = { [unowned self] in unsafe output.intents += bytes($0) }
            unsafe sinks.verdict = { [unowned self] in
                unsafe output.verdicts += bytes($0)
                verdictCount.store(output.verdicts.count, ordering: .releasing)
            }
            unsafe sinks.child = { [unowned self] in unsafe output.children += bytes($0) }
            unsafe sinks.childVerdict = { [unowned self] in
                unsafe output.childVerdicts += bytes($0)
                childVerdictCount.store(output.childVerdicts.count, ordering: .releasing)
            }
            return sinks
        }

        private func bytes<Record>(_ record: UnsafePointer<Record>) -> [UInt8] {
            unsafe Array(UnsafeRawBufferPointer(start: record, count: MemoryLayout<Record>.size))
        }
    }

    private func makePath(
        _ recorder: Recorder, strategy: String, models: [EnsembleMember]
    ) throws -> ReplayPath {
        var settings = Settings(schema: EngineSchema.keys)
        try settings.read(yaml: DemoProfile.replay, source: "profile")
        for assignment in strategy.split(separator: " ") {
            try settings.read(assignment: String(assignment))
        }
        var configuration = try PathSettings.replay(
            settings, instruments: Self.instruments, timeframe: .time(ns: 1_000_000_000))
        configuration.models = models
        return try ReplayPath(
            configuration, instruments: Self.instruments, sinks: recorder.sinks)
    }

    /// Runs fused, one frame at a time, letting the venue answer; returns output and frame list.
    func record(
        _ strategy: String, _ source: Source = .synthetic, models: [EnsembleMember] = []
    ) throws -> (Output, [RecordedFrame]) {
        let recorder = Recorder()
        let path = try makePath(recorder, strategy: strategy, models: models)
        var venue = ReplayVenue(instruments: Self.instruments)
        var merged: [RecordedFrame] = []
        var waiting = try source.frames(seed: Self.seed)[...]
        while let frame = waiting.popFirst() {
            merged.append(frame)
            #expect(path.feed(frame))
            path.drain()
            let sent = path.takeOrderFrames()
            recorder.output.orderBytes += sent
            var answers: [RecordedFrame] = []
            for request in OrderFrameText.decode(sent) {
                for answer in venue.answer(request: request, timeNs: frame.timeNs) {
                    answers.append(
                        RecordedFrame(
                            connectionID: answer.isReply
                                ? ConnectionID.orderEntry : ConnectionID.userStream,
                            kind: .text, timeNs: frame.timeNs, bytes: Array(answer.text.utf8)))
                }
            }
            waiting = (answers + waiting)[...]
        }
        let malformed = path.telemetry.reader.counters.first {
            $0.name == "parser_malformed_total"
        }
        #expect(malformed?.value == 0)
        return (recorder.output, merged)
    }

    static let strategies = [
        "strategy.name=reflex strategy.interval=100ms",
        "strategy.name=reflex strategy.order=post-only strategy.interval=200ms"
            + " strategy.resting_max=300ms",
        "strategy.name=reflex strategy.interval=1s execution.algorithm=twap"
            + " execution.algorithms.twap.duration=2s execution.algorithms.twap.slices=4",
        "strategy.name=reflex strategy.interval=1s execution.algorithm=iceberg"
            + " execution.algorithms.iceberg.duration=3s"
            + " execution.algorithms.iceberg.remainder=cross"
            + " execution.algorithms.iceberg.display=0.4",
        "strategy.name=reflex strategy.interval=1s execution.algorithm=chase"
            + " execution.algorithms.chase.duration=2s execution.algorithms.chase.interval=50ms"
            + " exits.stop_loss=0.000005 exits.trailing=0.000005 exits.holding_max=700ms",
        "strategy.name=reflex strategy.interval=200ms exits.holding_max=500ms"
            + " exits.target_rests=true exits.take_profit=0.0001"
            + " strategy.sizing.method=volatility strategy.sizing.step=100ms",
    ]

    @Test(arguments: strategies, [1, 7, 400])
    func `waiting frames are handled as if they came one by one`(
        _ strategy: String, _ batch: Int
    ) throws {
        try batches(strategy, batch)
    }

    func batches(_ strategy: String, _ batch: Int, models: [EnsembleMember] = []) throws {
        let (expected, frames) = try record(strategy, models: models)
        if strategy.contains("execution.") || strategy.contains("exits.") {
            #expect(expected.children.count > 56 * 10, "seed \(Self.seed)")
        }
        #expect(expected.intents.count + expected.children.count > 56 * 10, "seed \(Self.seed)")
        let recorder = Recorder()
        let path = try makePath(recorder, strategy: strategy, models: models)
        for (index, frame) in frames.enumerated() {
            while !path.feed(frame) { path.drain() }
            if index % batch == batch - 1 { path.drain() }
            recorder.output.orderBytes += path.takeOrderFrames()
        }
        path.drain()
        recorder.output.orderBytes += path.takeOrderFrames()
        #expect(recorder.output == expected, "seed \(Self.seed)")
    }

    static let placements: [[StageSet]] = [
        [[.reader, .gateway], [.parser, .kernel], [.inference, .strategy, .execution, .risk]],
        [
            [.reader, .gateway], [.parser], [.kernel], [.inference], [.strategy], [.execution],
            [.risk],
        ],
    ]

    @Test(.timeLimit(.minutes(2)), arguments: strategies, placements)
    func `several threads give the same bytes as one`(
        _ strategy: String, _ threads: [StageSet]
    ) throws {
        try compare(strategy, threads, .synthetic)
    }

    @Test(
        .enabled(if: RecordedFeed.isPresent, "../shared/data/captures is not there"),
        .timeLimit(.minutes(2)), arguments: placements)
    func `several threads give the same bytes as one on a recording`(
        _ threads: [StageSet]
    ) throws {
        try compare(Self.strategies[0], threads, .recording)
    }

    func compare(
        _ strategy: String, _ threads: [StageSet], _ source: Source,
        models: [EnsembleMember] = []
    ) throws {
        let (expected, frames) = try record(strategy, source, models: models)
        #expect(expected.intents.count + expected.children.count > 56 * 10)
        let recorder = Recorder()
        let path = try makePath(recorder, strategy: strategy, models: models)
        let flag = Flag()
        var running: [PlatformThread] = []
        for (index, stages) in threads.enumerated() {
            running.append(
                try PlatformThread(name: "stages-\(index)") {
                    // Threads outnumber cores: whoever has nothing to do gives way.
                    while !flag.isSet { if path.poll(stages) == 0 { CurrentThread.yield() } }
                })
        }
        for frame in frames {
            while !path.feed(frame) { CurrentThread.yield() }
        }
        // The last frame's sequence has passed every stage when as many verdicts are out as the
        // expected run gave and the features are all there.
        while recorder.featureCount.load(ordering: .acquiring) < expected.features.count
            || recorder.verdictCount.load(ordering: .acquiring) < expected.verdicts.count
            || recorder.childVerdictCount.load(ordering: .acquiring)
                < expected.childVerdicts.count
        {
            CurrentThread.yield()
        }
        flag.set()
        for thread in running { thread.join() }
        path.drain()
        recorder.output.orderBytes = path.takeOrderFrames()
        #expect(recorder.output.features == expected.features)
        #expect(recorder.output.signals == expected.signals)
        #expect(recorder.output.intents == expected.intents)
        #expect(recorder.output.verdicts == expected.verdicts)
        #expect(recorder.output.children == expected.children)
        #expect(recorder.output.childVerdicts == expected.childVerdicts)
        #expect(recorder.output.orderBytes == expected.orderBytes)
    }

    /// Set once, seen by every thread.
    final class Flag: Sendable {
        private let word = Atomic<Bool>(false)
        var isSet: Bool { word.load(ordering: .acquiring) }
        func set() { word.store(true, ordering: .releasing) }
    }
}
