//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Platform
import Rings
import SeededRandom
import Telemetry
import Testing

@testable import Monitor

@Suite("History")
struct HistoryTests {
    /// An engine, and the history of one who looks at it each time `look` is called.
    private final class Watched {
        let engine: EngineFixture
        var history: History

        init(_ name: String, _ history: History = History()) throws {
            engine = try EngineFixture("history-\(name)")
            try engine.fill()
            self.history = history
        }

        @discardableResult
        func look() throws -> Interval? {
            history.add(try engine.observe())
            return history.intervals.last
        }
    }

    @Test func `an interval holds what was recorded in it and nothing else`() throws {
        let watched = try Watched("difference")
        let writer = watched.engine.writer
        #expect(try watched.look() == nil, "nobody knows how the first figures came about")
        let latency = writer.histogram("receive_to_encrypted")
        for value in [100, 100, 5_000] as [UInt64] { latency.record(value) }
        writer.counter("parser_frames_total").add(500)
        writer.counter("late_total").add(2)
        let interval = try #require(try watched.look())
        let histogram = try #require(interval.histogram("receive_to_encrypted"))
        #expect(histogram.total == 3)
        #expect(histogram.sum == 5_200)
        #expect(histogram.counts == [2, 1])
        #expect(histogram.maximum == 5_000, "it grew, so the true one is known")
        #expect(interval.growth == ["parser_frames_total": 500, "late_total": 2])
        #expect(interval.gauges == ["memory_bytes": UInt64.max])
        #expect(!interval.isNewRun)
        #expect(interval.tradingState == "READY")
        let quiet = try #require(try watched.look())
        #expect(quiet.growth.isEmpty)
        #expect(quiet.histogram("receive_to_encrypted")?.total == 0)
        #expect(quiet.startNs == interval.endNs)
    }

    @Test func `a maximum that did not grow is told by the highest bucket`() throws {
        let watched = try Watched("maximum")
        try watched.look()
        watched.engine.writer.histogram("receive_to_encrypted").record(700)
        let interval = try #require(try watched.look())
        let bound = apus_histogram_highest(apus_histogram_index(700))
        #expect(interval.histogram("receive_to_encrypted")?.maximum == bound)
        #expect(bound < 1_000)
    }

    /// Goal: no percentile of an interval depends on what came before. Method: the same values
    /// recorded alone, with a seed.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `an interval's percentiles are those of its own values`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let both = TelemetryWriter.standalone()
        let alone = TelemetryWriter.standalone()
        for _ in 0..<5_000 { both.histogram("x").record(generator.next() >> 30) }
        let earlier = try #require(both.reader.histograms.first)
        for _ in 0..<3_000 {
            let value = generator.next() >> (20 + generator.next() % 40)
            both.histogram("x").record(value)
            alone.histogram("x").record(value)
        }
        let difference = try #require(both.reader.histograms.first).subtracting(earlier)
        let expected = try #require(alone.reader.histograms.first)
        #expect(difference.counts == expected.counts)
        #expect(difference.total == expected.total)
        #expect(difference.sum == expected.sum)
        let sparse = SparseHistogram(difference, name: "x")
        #expect(sparse.snapshot.counts == difference.counts)
        for fraction in [0, 0.5, 0.9, 0.99, 0.999, 1] {
            #expect(difference.value(atFraction: fraction) == expected.value(atFraction: fraction))
            #expect(sparse.value(atFraction: fraction) == difference.value(atFraction: fraction))
        }
    }

    @Test func `a histogram that began anew counts from nothing`() {
        let old = HistogramSnapshot(counts: [5, 7], total: 12, maximum: 1)
        let new = HistogramSnapshot(counts: [6, 1], total: 7, maximum: 1)
        #expect(new.subtracting(old).counts == [6, 1])
    }

    @Test func `an engine started anew makes an interval of its own run`() throws {
        let watched = try Watched("restart")
        try watched.look()
        let first = try #require(watched.history.latest)
        let page = unsafe watched.engine.writer.page
        unsafe page.pointee.startTimeNs = first.timeNs + 1
        let second = try #require(try watched.look())
        #expect(second.isNewRun)
        #expect(second.startNs == first.timeNs + 1)
        #expect(second.histogram("receive_to_encrypted")?.total == 1_000)
        #expect(second.growth["parser_frames_total"] == 1_234_567)
        #expect(try watched.look()?.isNewRun == false)
    }

    @Test func `a counter that went down begins anew and never counts below nothing`() throws {
        let watched = try Watched("down")
        try watched.look()
        watched.engine.writer.counter("parser_frames_total").set(10)
        watched.engine.writer.counter("memory_bytes").set(3)
        let interval = try #require(try watched.look())
        #expect(interval.growth == ["parser_frames_total": 10])
        #expect(interval.gauges == ["memory_bytes": 3])
    }

    @Test func `duty is the share of polls that found work`() throws {
        let watched = try Watched("duty")
        let stage = watched.engine.writer.stage("parser")
        try watched.look()
        for _ in 0..<25 { stage.count(work: 4) }
        stage.beat(now: wallNs(), polls: 1_100)
        let interval = try #require(try watched.look())
        let parser = try #require(interval.stages.first)
        #expect(parser.duty == 0.25)
        #expect(parser.name == "parser")
        #expect(parser.workPerSecond == interval.perSecond(100))
        #expect(parser.pollsPerSecond == interval.perSecond(100))
        #expect(try watched.look()?.stages.first?.duty == 0)
    }

    @Test func `the deepest sight of a ring is kept`() throws {
        let watched = try Watched("depth")
        try watched.look()
        var consumer = try watched.engine.ring.makeConsumer()
        for _ in 0..<2 {
            _ = unsafe consumer.peek()
            consumer.release()
        }
        let ring = try #require(try watched.look()?.rings.first)
        #expect(ring.name == "intents")
        #expect(ring.depth == 1)
        #expect(ring.depthMax == 3)
        watched.history.notice([
            Observation.Ring(name: "intents", depth: 7, capacity: 8, messageSize: 56, published: 9)
        ])
        #expect(try watched.look()?.rings.first?.depthMax == 7)
    }

    @Test func `profit is what is left after fees and funding`() throws {
        let watched = try Watched("profit")
        try watched.look()
        let row = unsafe watched.engine.writer.instrument(0)
        unsafe row.pointee.fundingE8 = 10
        let interval = try #require(try watched.look())
        let expected: Int64 = -1_234_567_890 + 5 - 1_000_000_000_000 - 10
        #expect(interval.profitE8 == expected)
        #expect(interval.positions.map(\.lots) == [-25])
        #expect(interval.positions.map(\.symbol) == ["BTC-USDT"])
        unsafe row.pointee.realisedE8 = Int64.min
        unsafe row.pointee.feesE8 = Int64.max
        #expect(try watched.look()?.profitE8 == Int64.min, "a damaged page does not trap")
    }

    @Test func `the oldest intervals make room`() throws {
        let watched = try Watched("capacity", History(capacity: 3))
        for count in 0..<6 {
            watched.engine.writer.counter("parser_frames_total").add(count)
            try watched.look()
        }
        #expect(watched.history.intervals.map { $0.growth["parser_frames_total"] } == [3, 4, 5])
    }

    @Test func `many buckets make room as well`() throws {
        let watched = try Watched("buckets", History(capacity: 100, bucketsMax: 50))
        let histogram = watched.engine.writer.histogram("receive_to_encrypted")
        for _ in 0..<10 {
            for value in 0..<20 { histogram.record(UInt64(value)) }
            try watched.look()
        }
        #expect(watched.history.intervals.count == 2)
    }
}
