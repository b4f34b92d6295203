//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CMessages
import CTLS
import CTelemetry
import Gateway
import Messages
import Rings
import Telemetry

/// A gateway between real rings, with memory as its channel.
///
/// SAFETY: used by one test on one thread; rings and channel live as long as the stage.
final class GatewayHarness {
    private var reportMemory: RingMemory<ExecutionReport>
    private var commandMemory: RingMemory<OrderIntent>
    private var riskMemory: RingMemory<ExecutionReport>
    private var strategyMemory: RingMemory<ExecutionReport>
    private var executionMemory: RingMemory<ExecutionReport>
    private var queryMemory: RingMemory<OrderIntent>
    private var fillMemory: RingMemory<ExecutionReport>
    var reports: RingProducer<ExecutionReport>
    var commands: RingProducer<OrderIntent>
    var riskUpdates: RingConsumer<ExecutionReport>
    var strategyUpdates: RingConsumer<ExecutionReport>
    var executionUpdates: RingConsumer<ExecutionReport>
    var queries: RingConsumer<OrderIntent>
    var fills: RingConsumer<ExecutionReport>
    var stage: GatewayStage
    let sink = MemoryOrderChannel(capacity: 1 << 20)
    let control: ControlHandle
    let telemetry: TelemetryWriter
    var sequence: UInt64 = 0
    var time = Fixtures.start
    /// Every update seen by risk so far; strategy and execution have seen the same.
    private(set) var updates: [Update] = []
    /// The same, as they came.
    private(set) var reported: [ExecutionReport] = []
    private(set) var differences = 0
    private(set) var tapped: [Update] = []

    /// - Parameter venue: Of the table's first instruments; that of OKX has its own table.
    init(
        updateCapacity: Int = 1_024, areSessionsUp: Bool = true, venue: Venue = .binanceUSDM,
        hasQueries: Bool = true,
        change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = Fixtures.configuration()
        if venue == .okx { configuration.okx = OKXFixtures.configuration() }
        change(&configuration)
        reportMemory = try RingMemory(capacity: 4_096)
        commandMemory = try RingMemory(capacity: 4_096)
        riskMemory = try RingMemory(capacity: updateCapacity)
        strategyMemory = try RingMemory(capacity: updateCapacity)
        executionMemory = try RingMemory(capacity: updateCapacity)
        queryMemory = try RingMemory(capacity: 4)
        fillMemory = try RingMemory(capacity: updateCapacity)
        control = .standalone()
        telemetry = .standalone()
        reports = try reportMemory.makeProducer()
        commands = try commandMemory.makeProducer()
        riskUpdates = try riskMemory.makeConsumer()
        strategyUpdates = try strategyMemory.makeConsumer()
        executionUpdates = try executionMemory.makeConsumer()
        queries = try queryMemory.makeConsumer()
        fills = try fillMemory.makeConsumer()
        stage = unsafe try GatewayStage(
            configuration: configuration,
            instruments: venue == .okx ? OKXFixtures.table() : Fixtures.table(),
            commands: try commandMemory.makeConsumer(), reports: try reportMemory.makeConsumer(),
            riskUpdates: try riskMemory.makeProducer(),
            strategyUpdates: try strategyMemory.makeProducer(),
            executionUpdates: try executionMemory.makeProducer(),
            fills: try fillMemory.makeProducer(),
            queries: hasQueries ? try queryMemory.makeProducer() : nil,
            routes: [OrderRoute(venue: venue, channel: sink.channel)], control: control,
            clock: nil, telemetry: telemetry)
        if areSessionsUp {
            send(Fixtures.session(1, isUp: true, venue: venue))
            send(Fixtures.session(2, isUp: true, venue: venue))
            _ = drain()
        }
    }

    /// Puts one report in, with the next sequence and the current time, and runs.
    func send(_ report: ExecutionReport, run: Bool = true) {
        sequence += 1
        put(report, sequence: sequence)
        watermark(sequence)
        if run { self.run() }
    }

    /// Puts several reports of one packet in.
    func sendPacket(_ packet: [ExecutionReport]) {
        sequence += 1
        for report in packet { put(report, sequence: sequence) }
        watermark(sequence)
        run()
    }

    func put(_ report: ExecutionReport, sequence: UInt64) {
        guard let slot = unsafe reports.claim() else { return }
        unsafe slot.pointee = report
        unsafe slot.pointee.sequence = sequence
        unsafe slot.pointee.ingressTimeNs = time
        reports.publish()
    }

    /// Puts one command in, with the next sequence, and runs.
    func send(_ intent: OrderIntent, run: Bool = true) {
        sequence += 1
        put(intent, sequence: sequence)
        watermark(sequence)
        if run { self.run() }
    }

    func put(_ intent: OrderIntent, sequence: UInt64) {
        guard let slot = unsafe commands.claim() else { return }
        unsafe slot.pointee = intent
        unsafe slot.pointee.sequence = sequence
        unsafe slot.pointee.ingressTimeNs = time
        commands.publish()
    }

    func watermark(_ sequence: UInt64) {
        reports.advanceWatermark(to: sequence)
        commands.advanceWatermark(to: sequence)
    }

    /// Passes time, as the reader's timer does.
    func pass(ms: UInt64) {
        time += ms * 1_000_000
        send(Fixtures.report(.timer))
    }

    /// Polls until nothing is left to do, and collects the updates.
    func run() {
        for _ in 0..<10_000 {
            let before = updates.count
            let work = stage.poll()
            collect()
            if work == 0 && updates.count == before { return }
        }
    }

    func collect() {
        while let update = unsafe riskUpdates.peek() {
            let toRisk = unsafe Update(update.pointee)
            unsafe reported.append(update.pointee)
            updates.append(toRisk)
            riskUpdates.release()
            guard let toStrategy = unsafe strategyUpdates.peek(),
                let toExecution = unsafe executionUpdates.peek()
            else {
                differences += 1
                continue
            }
            if unsafe Update(toStrategy.pointee) != toRisk { differences += 1 }
            if unsafe Update(toExecution.pointee) != toRisk { differences += 1 }
            strategyUpdates.release()
            executionUpdates.release()
        }
        while let fill = unsafe fills.peek() {
            unsafe tapped.append(Update(fill.pointee))
            fills.release()
        }
    }

    /// The updates since the last call.
    func drain() -> [Update] {
        defer { updates = [] }
        return updates
    }

    /// The requests sent since the last call, unmasked.
    func sent() -> [String] {
        defer { sink.clear() }
        return texts(ofFrames: sink.bytes) ?? ["malformed"]
    }

    /// The orders a cold thread was asked for since the last call.
    func asked() -> [UInt64] {
        var result: [UInt64] = []
        while let question = unsafe queries.peek() {
            unsafe result.append(question.pointee.orderID)
            queries.release()
        }
        return result
    }

    func count(_ name: String) -> UInt64 { telemetry.counter("gateway_\(name)_total").value }
}
