//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Platform
import Telemetry
import Rendering
import Testing

@testable import Monitor

@Suite("Table view")
struct TableFormatTests {
    private func text(_ now: Observation, since earlier: Observation? = nil) -> [String] {
        TableFormat.lines(now, since: earlier, width: 100).map(\.text)
    }

    private func line(_ lines: [String], _ prefix: String) throws -> String {
        try #require(lines.first { $0.hasPrefix(prefix) })
    }

    @Test func `every part of the page is shown`() throws {
        let engine = try EngineFixture("table")
        try engine.fill()
        let lines = text(try engine.observe())
        #expect(try line(lines, "apus ").contains("process \(currentProcessID())"))
        #expect(try line(lines, "engine").contains("alive, heartbeat"))
        #expect(try line(lines, "trading") == "trading  READY")
        #expect(try line(lines, "intents").contains("3         8    37.5          3"))
        #expect(try line(lines, "receive_to_encrypted").contains("1,000"))
        #expect(try line(lines, "BTC-USDT").contains("61800.20  61800.50    0.30"))
        #expect(lines.contains { $0.contains("-0.025    -12.35        0.00  10000.00") })
        #expect(try line(lines, "features").hasSuffix("horizon       IC  hit rate       n"))
        #expect(try line(lines, "imbalance_l1").hasSuffix("500ms   0.2500    0.6250  12,345"))
        #expect(try line(lines, "spread_bps").hasSuffix("500ms  -0.0625         -  12,345"))
        #expect(
            try line(lines, "models").hasSuffix(
                "state       share    score  judged  accuracy      IC   slope     PSI"))
        #expect(
            try line(lines, "fast").hasSuffix(
                "on         0.6250  -1.5000  12,800    0.5625  0.2500  0.7500  0.1250"))
        #expect(
            try line(lines, "fresh").hasSuffix(
                "off        0.0000        -       0         -       -       -       -"))
        #expect(
            try line(lines, "poor").hasSuffix(
                "set aside  0.0000  -1.5000      64    0.5625  0.2500  0.7500       -"))
        #expect(try line(lines, "parser_frames_total").contains("1,234,567"))
        #expect(!lines.contains { $0.contains("parser_errors_total") }, "zero is not shown")
    }

    @Test func `rates are measured between two observations`() throws {
        let engine = try EngineFixture("table-rates")
        try engine.fill()
        let first = try engine.observe()
        engine.writer.counter("parser_frames_total").add(500)
        let second = try engine.observe()
        let rates = Rates(from: first, to: second)
        #expect(!rates.isSinceStart)
        #expect(rates.spanNs == second.timeNs - first.timeNs)
        let expected = 500 * 1e9 / Double(rates.spanNs)
        #expect(rates.perSecond(1_235_067, rates.counters()["parser_frames_total"]) == expected)
    }

    @Test func `an engine started anew is measured from its own start`() throws {
        let engine = try EngineFixture("table-restart")
        let first = try engine.observe()
        unsafe engine.writer.page.pointee.startTimeNs = first.startTimeNs + 1
        let rates = Rates(from: first, to: try engine.observe())
        #expect(rates.isSinceStart)
        #expect(rates.counters().isEmpty)
    }

    @Test func `a dead engine is said to be dead`() throws {
        let engine = try EngineFixture("table-dead")
        try engine.fill()
        unsafe engine.writer.page.pointee.processID = 0x7fff_fff0
        let lines = TableFormat.lines(try engine.observe(), since: nil, width: 100)
        let pulse = try #require(lines.first { $0.text.hasPrefix("engine") })
        #expect(pulse.text.hasPrefix("engine   DEAD: process 2147483632 is gone, last heartbeat"))
        #expect(pulse.style == .alarm)
    }

    @Test func `an old heartbeat is told as a stall`() throws {
        let engine = try EngineFixture("table-stall")
        engine.writer.stage("parser").beat(now: wallNs() - 5_000_000_000, polls: 1)
        #expect(try line(text(try engine.observe()), "engine").hasPrefix("engine   STALLED: no"))
    }

    @Test func `a lowered state is shown with who lowered it and why`() throws {
        let engine = try EngineFixture("table-halt")
        engine.control.lower(to: .halted, reason: "operator: test")
        let lines = TableFormat.lines(try engine.observe(), since: nil, width: 100)
        let state = try #require(lines.first { $0.text.hasPrefix("trading") })
        #expect(
            state.text == "trading  HALTED (operator HALTED, engine READY): operator: test")
        #expect(state.style == .alarm)
    }

    @Test func `integers that no venue could mean are shown without a trap`() throws {
        let engine = try EngineFixture("table-hostile")
        try engine.fill()
        let row = unsafe engine.writer.instrument(0)
        unsafe row.pointee.bid = Int64.min
        unsafe row.pointee.ask = Int64.max
        unsafe row.pointee.tickMantissa = Int64.min
        unsafe row.pointee.priceDecimals = 255
        unsafe row.pointee.position = Int64.min
        unsafe row.pointee.realisedE8 = Int64.min
        unsafe row.pointee.feesE8 = Int64.max
        unsafe engine.writer.page.pointee.startTimeNs = UInt64.max
        let now = try engine.observe()
        #expect(!text(now).isEmpty)
        #expect(!JSONFormat.text(now).isEmpty)
        #expect(Exposition(PrometheusFormat.text(now)).problems == [])
    }

    @Test func `a histogram whose numbers overflow is shown in every form`() throws {
        let engine = try EngineFixture("table-overflow")
        try engine.fill()
        let histogram = unsafe apus_telemetry_histograms(engine.writer.page)!
        unsafe histogram.pointee.counts.5 = UInt64.max
        unsafe histogram.pointee.counts.1055 = UInt64.max
        unsafe histogram.pointee.total = 1
        unsafe histogram.pointee.sum = UInt64.max
        unsafe histogram.pointee.maximum = UInt64.max
        let now = try engine.observe()
        #expect(try line(text(now), "receive_to_encrypted").hasSuffix("213503d23h"), "the mean")
        #expect(Exposition(PrometheusFormat.text(now)).problems == [])
        #expect(!JSONFormat.text(now).isEmpty)
        #expect(HistogramLog.sinceStart(now, only: nil).contains("Tag=receive_to_encrypted,"))
        #expect(PercentileFormat.text(now.histograms[0]).contains("Total count"))
    }
}

@Suite("Instances")
struct InstanceChoiceTests {
    @Test(arguments: [
        (nil, ["a"], "a"), (nil, ["a", "default"], "default"), ("a", ["a", "b"], "a"),
    ] as [(String?, [String], String)])
    func `the instance is the one meant`(
        _ requested: String?, _ names: [String], _ chosen: String
    ) throws {
        #expect(try InstanceChoice.choose(requested, among: names) == chosen)
    }

    @Test(arguments: [
        (nil, [], "no instance is running"),
        (nil, ["a", "b"], "several instances, name one with --instance: a, b"),
        ("c", ["a", "b"], "no instance 'c'; there is: a, b"),
        ("c", [], "no instance 'c': none is running"),
    ] as [(String?, [String], String)])
    func `an ambiguous or wrong name lists what there is`(
        _ requested: String?, _ names: [String], _ message: String
    ) {
        #expect(throws: InstanceError(description: message)) {
            try InstanceChoice.choose(requested, among: names)
        }
    }

    @Test func `a present engine is found by its page`() throws {
        let engine = try EngineFixture("present")
        #expect(InstanceChoice.present().contains(engine.directory.name))
    }

    @Test func `a missing instance ends with status 1`() {
        #expect(MonitorCommand.run(["--instance", "there-is-none", "--once"]) == 1)
    }

    @Test func `an engine started anew under the same name is taken over`() throws {
        let engine = try EngineFixture("again")
        var observer = try InstanceObserver(engine.directory)
        #expect(observer.observe().stages.isEmpty)
        let second = try TelemetryWriter(
            path: engine.directory.segment("telemetry"), instance: engine.directory.name,
            startTimeNs: 1)
        _ = second.stage("reader")
        #expect(observer.observe().stages.map(\.name) == ["reader"])
        #expect(observer.observe().startTimeNs == 1)
    }

    @Test func `observing writes nothing`() throws {
        let engine = try EngineFixture("read-only")
        try engine.fill()
        let size = MemoryLayout<TelemetryPage>.size
        let page = unsafe UnsafeRawBufferPointer(start: engine.writer.page, count: size)
        let before = unsafe [UInt8](page)
        _ = JSONFormat.text(try engine.observe())
        #expect(unsafe [UInt8](page) == before)
    }
}
