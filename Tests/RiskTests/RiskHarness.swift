//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Messages
import Risk
import Rings
import Telemetry

/// Risk between real rings.
final class RiskHarness {
    private var intentMemory: RingMemory<OrderIntent>
    private var referenceMemory: RingMemory<ReferencePrice>
    private var updateMemory: RingMemory<ExecutionReport>
    private var commandMemory: RingMemory<OrderIntent>
    private var verdictMemory: RingMemory<RiskVerdict>
    private var childMemory: RingMemory<OrderIntent>
    private var childVerdictMemory: RingMemory<RiskVerdict>
    var intents: RingProducer<OrderIntent>
    var references: RingProducer<ReferencePrice>
    var updates: RingProducer<ExecutionReport>
    var commands: RingConsumer<OrderIntent>
    var verdicts: RingConsumer<RiskVerdict>
    var children: RingProducer<OrderIntent>
    var childVerdicts: RingConsumer<RiskVerdict>
    var stage: RiskStage
    let control = ControlHandle.standalone()
    let telemetry = TelemetryWriter.standalone()
    var sequence: UInt64 = 0
    var time = Fixtures.start
    private(set) var sent: [OrderIntent] = []
    private(set) var answers: [RiskVerdict] = []
    private(set) var childAnswers: [RiskVerdict] = []

    /// - Parameter hasChildren: Without them risk has three inputs and two outputs.
    init(
        outputCapacity: Int = 1_024, account: AccountLimits = AccountLimits(openOrdersMax: 50),
        behaviour: BehaviourLimits = BehaviourLimits(),
        valueAtRisk: ValueAtRiskLimits = ValueAtRiskLimits(), hasChildren: Bool = false,
        table: InstrumentTable = Fixtures.table(),
        changeLimits: (inout InstrumentLimits) -> Void = { _ in }
    ) throws {
        intentMemory = try RingMemory(capacity: 1_024)
        referenceMemory = try RingMemory(capacity: 1_024)
        updateMemory = try RingMemory(capacity: 1_024)
        commandMemory = try RingMemory(capacity: outputCapacity)
        verdictMemory = try RingMemory(capacity: outputCapacity)
        intents = try intentMemory.makeProducer()
        references = try referenceMemory.makeProducer()
        updates = try updateMemory.makeProducer()
        commands = try commandMemory.makeConsumer()
        verdicts = try verdictMemory.makeConsumer()
        childMemory = try RingMemory(capacity: 1_024)
        childVerdictMemory = try RingMemory(capacity: outputCapacity)
        children = try childMemory.makeProducer()
        childVerdicts = try childVerdictMemory.makeConsumer()
        var limits = Fixtures.limits()
        limits.openOrdersMax = 30
        changeLimits(&limits)
        stage = RiskStage(
            limits: try RiskLimits(
                account: account, instruments: Array(repeating: limits, count: table.count),
                table: table, behaviour: behaviour, valueAtRisk: valueAtRisk),
            instruments: table, intents: try intentMemory.makeConsumer(),
            references: try referenceMemory.makeConsumer(),
            updates: try updateMemory.makeConsumer(),
            commands: try commandMemory.makeProducer(),
            verdicts: try verdictMemory.makeProducer(), control: control, telemetry: telemetry,
            children: hasChildren ? try childMemory.makeConsumer() : nil,
            childVerdicts: hasChildren ? try childVerdictMemory.makeProducer() : nil)
    }

    /// Sessions up, references fresh.
    func prepare() {
        session(1, isUp: true)
        session(2, isUp: true)
        for id in 0..<2 { quoteAll(UInt32(id)) }
        run()
    }

    func quoteAll(_ id: UInt32) {
        reference(.quote, id, bid: 9_990, ask: 10_010)
        reference(.mark, id, price: 10_000)
        reference(.last, id, price: 10_000)
    }

    func reference(
        _ kind: ReferenceKind, _ id: UInt32, bid: Int64 = 0, ask: Int64 = 0, price: Int64 = 0,
        isValid: UInt8 = 1
    ) {
        sequence += 1
        guard let slot = unsafe references.claim() else { return }
        var reference = ReferencePrice()
        reference.sequence = sequence
        reference.ingressTimeNs = time
        reference.venueTimeNs = time
        reference.bid = PriceTicks(rawValue: bid)
        reference.ask = PriceTicks(rawValue: ask)
        reference.price = PriceTicks(rawValue: price)
        reference.instrumentID = id
        reference.kind = kind
        reference.isBookValid = isValid
        unsafe slot.pointee = reference
        references.publish()
        watermark(sequence)
    }

    func session(_ session: UInt8, isUp: Bool) {
        var report = ExecutionReport()
        report.execution = .session
        report.venue = .binanceUSDM
        report.session = session
        report.isUp = isUp ? 1 : 0
        update(report)
    }

    func update(_ report: ExecutionReport) {
        sequence += 1
        guard let slot = unsafe updates.claim() else { return }
        unsafe slot.pointee = report
        unsafe slot.pointee.sequence = sequence
        unsafe slot.pointee.ingressTimeNs = time
        updates.publish()
        watermark(sequence)
    }

    func update(
        _ orderID: UInt64, _ execution: Execution, _ status: OrderStatus, leaves: Int64,
        position: Int64, instrumentID: UInt32 = 0
    ) {
        var report = ExecutionReport()
        report.orderID = orderID
        report.execution = execution
        report.status = status
        report.leavesQuantity = QuantityLots(rawValue: leaves)
        report.position = QuantityLots(rawValue: position)
        report.instrumentID = instrumentID
        update(report)
    }

    /// A fill of `quantity` lots that leaves `leaves` of the order, and `position` lots held.
    func fill(
        _ orderID: UInt64, _ side: Side = .buy, price: Int64 = 10_000, quantity: Int64,
        leaves: Int64 = 0, position: Int64, feeE8: Int64 = 0, strategyID: UInt8 = 0,
        instrumentID: UInt32 = 0
    ) {
        var report = ExecutionReport()
        report.orderID = orderID
        report.execution = .fill
        report.status = leaves == 0 ? .filled : .partiallyFilled
        report.side = side
        report.lastPrice = PriceTicks(rawValue: price)
        report.lastQuantity = QuantityLots(rawValue: quantity)
        report.leavesQuantity = QuantityLots(rawValue: leaves)
        report.position = QuantityLots(rawValue: position)
        report.feeE8 = feeE8
        report.strategyID = strategyID
        report.instrumentID = instrumentID
        update(report)
    }

    /// The venue's word on the account, in whole units of its currency.
    func equity(_ units: Int64, ratioE4: Int64 = 0, venue: Venue = .binanceUSDM) {
        var report = ExecutionReport()
        report.execution = .account
        report.venue = venue
        report.feeE8 = units * 100_000_000
        report.lastQuantity = QuantityLots(rawValue: ratioE4)
        update(report)
    }

    func tell(_ guardian: Guard, holds: Bool, instrumentID: UInt32? = nil) {
        var report = ExecutionReport()
        report.execution = .guard
        report.venue = .binanceUSDM
        report.guard = guardian
        report.isUp = holds ? 1 : 0
        report.tradeID = instrumentID == nil ? 0 : 1
        report.instrumentID = instrumentID ?? 0
        update(report)
    }

    func modify(
        _ orderID: UInt64, side: Side = .buy, price: Int64 = 10_000, quantity: Int64,
        instrumentID: UInt32 = 0
    ) {
        var intent = Fixtures.place(
            orderID, side: side, price: price, quantity: quantity, instrumentID: instrumentID)
        intent.kind = .modify
        send(intent)
    }

    func sendChild(_ intent: OrderIntent) {
        sequence += 1
        putChild(intent, sequence: sequence)
        watermark(sequence)
    }

    func putChild(_ intent: OrderIntent, sequence: UInt64) {
        guard let slot = unsafe children.claim() else { return }
        unsafe slot.pointee = intent
        unsafe slot.pointee.sequence = sequence
        unsafe slot.pointee.ingressTimeNs = time
        children.publish()
    }

    /// A level quote of the instrument.
    func mid(_ price: Int64, _ id: UInt32 = 0) {
        reference(.quote, id, bid: price - 10, ask: price + 10)
    }

    /// Runs and gives the verdicts since the last call.
    func newVerdicts() -> [UInt8] {
        run()
        defer { judged = answers.count }
        return answers[judged...].map(\.verdict.rawValue)
    }
    private var judged = 0

    var account: AccountRisk { stage.account(.binanceUSDM) }

    func send(_ intent: OrderIntent) {
        sequence += 1
        put(intent, sequence: sequence)
        watermark(sequence)
    }

    func put(_ intent: OrderIntent, sequence: UInt64) {
        guard let slot = unsafe intents.claim() else { return }
        unsafe slot.pointee = intent
        unsafe slot.pointee.sequence = sequence
        unsafe slot.pointee.ingressTimeNs = time
        intents.publish()
    }

    func cancel(_ orderID: UInt64, instrumentID: UInt32 = 0) {
        var intent = Fixtures.place(orderID, instrumentID: instrumentID)
        intent.kind = .cancel
        send(intent)
    }

    func watermark(_ sequence: UInt64) {
        intents.advanceWatermark(to: sequence)
        references.advanceWatermark(to: sequence)
        updates.advanceWatermark(to: sequence)
        children.advanceWatermark(to: sequence)
    }

    func run() {
        for _ in 0..<10_000 {
            let before = sent.count + answers.count + childAnswers.count
            let work = stage.poll()
            collect()
            if work == 0 && sent.count + answers.count + childAnswers.count == before { return }
        }
    }

    func collect() {
        while let command = unsafe commands.peek() {
            unsafe sent.append(command.pointee)
            commands.release()
        }
        while let verdict = unsafe verdicts.peek() {
            unsafe answers.append(verdict.pointee)
            verdicts.release()
        }
        while let verdict = unsafe childVerdicts.peek() {
            unsafe childAnswers.append(verdict.pointee)
            childVerdicts.release()
        }
    }

    var verdictValues: [UInt8] { answers.map(\.verdict.rawValue) }

    func count(_ name: String) -> UInt64 { telemetry.counter("risk_\(name)_total").value }
}
