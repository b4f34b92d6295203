//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Platform
import Telemetry
import Testing

@Suite("Telemetry page")
struct TelemetryPageTests {
    private final class Directory {
        let instance: InstanceDirectory

        init(_ name: String) throws {
            instance = InstanceDirectory(name: "test-\(currentProcessID())-telemetry-\(name)")!
            try instance.claim()
        }

        deinit { instance.remove() }
    }

    @Test func `a name has one place, however often it is asked for`() {
        let writer = TelemetryWriter.standalone()
        let first = writer.counter("parser_frames_total")
        let second = writer.counter("parser_frames_total")
        let other = writer.counter("parser_frames")
        first.add(2)
        second.increment()
        other.increment()
        #expect(first.value == 3)
        #expect(writer.reader.counters.map(\.name) == ["parser_frames_total", "parser_frames"])
        #expect(writer.reader.counters.map(\.value) == [3, 1])
        writer.histogram("x").record(1)
        writer.histogram("x").record(2)
        #expect(writer.reader.histograms.map(\.total) == [2])
        _ = writer.stage("risk")
        _ = writer.stage("risk")
        #expect(writer.reader.stages.map(\.name) == ["risk"])
    }

    @Test func `a name longer than its place is cut, and found again`() {
        let writer = TelemetryWriter.standalone()
        let name = String(repeating: "n", count: 80)
        writer.counter(name).increment()
        writer.counter(name).increment()
        #expect(writer.reader.counters.count == 1)
        #expect(writer.reader.counters[0].name == String(repeating: "n", count: 55))
        #expect(writer.reader.counters[0].value == 2)
    }

    @Test func `a full table is a programmer error`() async {
        await #expect(processExitsWith: .failure) {
            let writer = TelemetryWriter.standalone()
            for index in 0...Int(APUS_TELEMETRY_COUNTER_MAX) { _ = writer.counter("c\(index)") }
        }
    }

    @Test func `a counter's word for C is the counter`() {
        let writer = TelemetryWriter.standalone()
        let counter = writer.counter("x_total")
        unsafe counter.word.pointee = 41
        counter.increment()
        #expect(counter.value == 42)
        #expect(writer.reader.counters[0].value == 42)
    }

    @Test func `a pulse counts calls, busy calls and work`() {
        let writer = TelemetryWriter.standalone()
        let pulse = writer.stage("kernel")
        pulse.setPlace(core: 3, thread: 1)
        pulse.count(work: 7)
        pulse.count(work: 1)
        pulse.beat(now: 99, polls: 1_000)
        let seen = writer.reader.stages[0].pulse
        #expect(seen.core == 3)
        #expect(seen.threadIndex == 1)
        #expect(seen.busyPolls == 2)
        #expect(seen.work == 8)
        #expect(seen.heartbeatNs == 99)
        #expect(seen.polls == 1_000)
    }

    @Test func `an observer in another mapping sees what the engine writes`() throws {
        let directory = try Directory("attach")
        let path = directory.instance.segment("telemetry")
        let writer = try TelemetryWriter(path: path, instance: "x", startTimeNs: 5)
        let reader = try TelemetryReader(path: path)
        writer.counter("x_total").add(9)
        #expect(reader.instance == "x")
        #expect(reader.startTimeNs == 5)
        #expect(reader.processID == currentProcessID())
        #expect(reader.counters.map(\.value) == [9])
    }

    /// A monitor lives longer than many engines.
    @Test func `an observer's mapping goes with its last copy`() throws {
        let directory = try Directory("mapping")
        let path = directory.instance.segment("telemetry")
        _ = try TelemetryWriter(path: path, instance: "x", startTimeNs: 5)
        func mappings() throws -> Int {
            try #require(SystemFile.text("/proc/self/maps")).split(separator: "\n")
                .count { $0.hasSuffix(path) }
        }
        let before = try mappings()
        var readers = [try TelemetryReader(path: path)]
        readers.append(readers[0])
        #expect(try mappings() == before + 1)
        readers.removeFirst()
        #expect(readers.map(\.instance) == ["x"])
        #expect(try mappings() == before + 1)
        readers = []
        #expect(try mappings() == before)
    }

    @Test func `a foreign, truncated or missing page is refused`() throws {
        let directory = try Directory("refuse")
        let path = directory.instance.segment("telemetry")
        #expect(throws: PlatformError(operation: "open \(path)", code: 2)) {
            try TelemetryReader(path: path)
        }
        let size = MemoryLayout<TelemetryPage>.size
        _ = try MemorySegment.create(path, size: size)
        #expect(throws: PlatformError(operation: "read \(path)", code: 22)) {
            try TelemetryReader(path: path)
        }
        let short = try MemorySegment.create(path, size: 4_096)
        unsafe short.base.storeBytes(of: 0x4150_5553_5445_4c01, as: UInt64.self)
        #expect(throws: PlatformError(operation: "read \(path)", code: 22)) {
            try TelemetryReader(path: path)
        }
        let other = try MemorySegment.create(path, size: size)
        unsafe other.base.storeBytes(of: 0x4150_5553_5445_4c01, as: UInt64.self)
        unsafe other.base.storeBytes(of: UInt64(size - 64), toByteOffset: 8, as: UInt64.self)
        #expect(throws: PlatformError(operation: "read \(path)", code: 22)) {
            try TelemetryReader(path: path)
        }
    }
}

@Suite("Control page")
struct ControlPageTests {
    @Test func `software only lowers the operator's state`() {
        let control = ControlHandle.standalone()
        #expect(control.state == .ready)
        control.lower(to: .halted, reason: "watchdog: stall")
        #expect(control.state == .halted)
        control.lower(to: .reducing, reason: "risk: loss limit")
        #expect(control.state == .halted)
        control.lower(to: .ready, reason: "nobody")
        #expect(control.state == .halted)
        #expect(control.haltReason == "watchdog: stall")
    }

    @Test func `the effective state is the worst of both sides`() {
        let states: [TradingState] = [.ready, .reducing, .halted, .notReady]
        for wanted in states {
            for found in states {
                let control = ControlHandle.standalone(state: found)
                control.lower(to: wanted, reason: "test")
                #expect(control.state.rawValue == max(wanted.rawValue, found.rawValue))
                #expect(control.engineState == found)
                #expect(control.operatorState == wanted)
            }
        }
    }

    @Test func `a person raises the operator's state but not the engine's finding`() {
        let control = ControlHandle.standalone(state: .notReady)
        control.lower(to: .halted, reason: "test")
        control.resume()
        #expect(control.operatorState == .ready)
        #expect(control.haltReason == "")
        #expect(control.state == .notReady)
    }

    @Test func `the first reason given is kept, cut to its place`() {
        let control = ControlHandle.standalone()
        control.lower(to: .reducing, reason: String(repeating: "r", count: 500))
        control.lower(to: .halted, reason: "second")
        #expect(control.haltReason == String(repeating: "r", count: 127))
        #expect(control.state == .halted)
    }

    @Test func `requests to cancel all and to stop are seen`() {
        let control = ControlHandle.standalone()
        let epoch = control.cancelAllEpoch
        control.cancelAll()
        control.cancelAll()
        #expect(control.cancelAllEpoch == epoch + 2)
        #expect(!control.isStopRequested)
        control.requestStop()
        #expect(control.isStopRequested)
    }

    @Test func `a new page is not ready, and a foreign one is refused`() throws {
        let name = "test-\(currentProcessID())-control"
        let instance = try #require(InstanceDirectory(name: name))
        try instance.claim()
        defer { instance.remove() }
        let path = instance.segment("control")
        let engine = try ControlHandle.create(path)
        #expect(engine.state == .notReady)
        let person = try ControlHandle.open(path)
        engine.setEngineState(.ready)
        person.lower(to: .halted, reason: "operator")
        #expect(engine.state == .halted)
        #expect(engine.haltReason == "operator")
        _ = try MemorySegment.create(path, size: 64)
        #expect(throws: PlatformError(operation: "read \(path)", code: 22)) {
            _ = try ControlHandle.open(path)
        }
    }
}
