//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Execution
import Messages
import Pipeline
import Rings
import Telemetry
import Testing

/// The stage between its six rings; the test holds the other ends and plays everybody else.
///
/// Every record gets the next sequence, and all inputs are complete up to it.
final class ExecutionHarness {
    static let second: UInt64 = 1_000_000_000
    static let startNs: UInt64 = 1_700_000_000 * second

    private var referenceMemory: RingMemory<ReferencePrice>
    private var updateMemory: RingMemory<ExecutionReport>
    private var parentMemory: RingMemory<OrderIntent>
    private var verdictMemory: RingMemory<RiskVerdict>
    private var childMemory: RingMemory<OrderIntent>
    private var reportMemory: RingMemory<ExecutionReport>
    private var references: RingProducer<ReferencePrice>
    private var updates: RingProducer<ExecutionReport>
    private var parents: RingProducer<OrderIntent>
    private var verdicts: RingProducer<RiskVerdict>
    private var children: RingConsumer<OrderIntent>
    private var reports: RingConsumer<ExecutionReport>
    var stage: ExecutionStage
    let control: ControlHandle
    let telemetry = TelemetryWriter.standalone()
    private(set) var sequence: UInt64 = 0
    /// Time of the next record.
    var nowNs = ExecutionHarness.startNs
    /// Every intent of the stage, in order.
    private(set) var sent: [OrderIntent] = []
    /// Every report on a parent, in order.
    private(set) var told: [ExecutionReport] = []
    /// Risk's answer.
    var judge: (OrderIntent) -> Verdict = { _ in .approved }

    init(
        _ configuration: ExecutionConfiguration = ExecutionConfiguration(), instruments: Int = 1,
        instrument: Instrument = ExecutionHarness.instrument(), state: TradingState = .ready
    ) throws {
        control = ControlHandle.standalone(state: state)
        referenceMemory = try RingMemory(capacity: 64)
        updateMemory = try RingMemory(capacity: 256)
        parentMemory = try RingMemory(capacity: 64)
        verdictMemory = try RingMemory(capacity: 1_024)
        childMemory = try RingMemory(capacity: 1_024)
        reportMemory = try RingMemory(capacity: 256)
        references = try referenceMemory.makeProducer()
        updates = try updateMemory.makeProducer()
        parents = try parentMemory.makeProducer()
        verdicts = try verdictMemory.makeProducer()
        children = try childMemory.makeConsumer()
        reports = try reportMemory.makeConsumer()
        stage = try ExecutionStage(
            configuration: configuration,
            instruments: .standalone(Array(repeating: instrument, count: instruments)),
            references: referenceMemory.makeConsumer(), updates: updateMemory.makeConsumer(),
            parents: parentMemory.makeConsumer(), childVerdicts: verdictMemory.makeConsumer(),
            children: childMemory.makeProducer(), parentReports: reportMemory.makeProducer(),
            control: control, orderIDBase: 1_000, telemetry: telemetry)
    }

    static func instrument() -> Instrument {
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.symbolText = "BTC-USDT"
        instrument.priceDecimals = 2
        instrument.tickMantissa = 10
        instrument.quantityDecimals = 3
        instrument.lotMantissa = 1
        instrument.tickLotValueE12 = 100_000_000
        return instrument
    }

    // MARK: Records in

    func quote(_ bid: Int64, _ ask: Int64, isValid: Bool = true, instrument: UInt32 = 0) {
        var reference = ReferencePrice()
        reference.kind = .quote
        reference.bid = PriceTicks(bid)
        reference.ask = PriceTicks(ask)
        reference.instrumentID = instrument
        reference.isBookValid = isValid ? 1 : 0
        push(reference)
    }

    func trade(_ price: Int64, lots: Int64, instrument: UInt32 = 0) {
        var reference = ReferencePrice()
        reference.kind = .last
        reference.price = PriceTicks(price)
        reference.tradedLots = QuantityLots(lots)
        reference.instrumentID = instrument
        reference.isBookValid = 1
        push(reference)
    }

    func timer() {
        var update = ExecutionReport()
        update.execution = .timer
        push(update)
    }

    /// Lets time pass, with a timer after each step of `everyNs`.
    func wait(_ ns: UInt64, everyNs: UInt64 = 100_000_000) {
        let end = nowNs + ns
        while nowNs < end {
            nowNs = min(end, nowNs + everyNs)
            timer()
        }
    }

    func start(
        _ id: UInt64, _ algorithm: ExecutionAlgorithm, _ side: Side = .buy, lots: Int64,
        limit: Int64 = 0, isReduceOnly: Bool = false, instrument: UInt32 = 0
    ) {
        var intent = OrderIntent()
        intent.kind = .place
        intent.orderID = id
        intent.algorithm = algorithm
        intent.side = side
        intent.quantity = QuantityLots(lots)
        intent.limitPrice = PriceTicks(limit)
        intent.isReduceOnly = isReduceOnly ? 1 : 0
        intent.instrumentID = instrument
        push(intent)
    }

    func ask(_ kind: IntentKind, _ id: UInt64, lots: Int64 = 0) {
        var intent = OrderIntent()
        intent.kind = kind
        intent.orderID = id
        intent.quantity = QuantityLots(lots)
        push(intent)
    }

    func push(_ reference: ReferencePrice) {
        var reference = reference
        sequence += 1
        reference.sequence = sequence
        reference.ingressTimeNs = nowNs
        guard let slot = unsafe references.claim() else {
            Issue.record("a full ring of references")
            return
        }
        unsafe slot.pointee = reference
        references.publish()
        run()
    }

    func push(_ update: ExecutionReport) {
        var update = update
        sequence += 1
        update.sequence = sequence
        update.ingressTimeNs = nowNs
        guard let slot = unsafe updates.claim() else {
            Issue.record("a full ring of updates")
            return
        }
        unsafe slot.pointee = update
        updates.publish()
        run()
    }

    private func push(_ intent: OrderIntent) {
        var intent = intent
        sequence += 1
        intent.sequence = sequence
        intent.ingressTimeNs = nowNs
        guard let slot = unsafe parents.claim() else {
            Issue.record("a full ring of parents")
            return
        }
        unsafe slot.pointee = intent
        parents.publish()
        run()
    }

    // MARK: Records out

    /// Every child up to this sequence has been sent.
    func childrenWatermark() -> UInt64 { children.watermark() }

    /// False: children are left unanswered in their ring.
    var answersChildren = true

    /// Polls until nothing moves, judging each child.
    private func run() {
        references.advanceWatermark(to: sequence)
        updates.advanceWatermark(to: sequence)
        parents.advanceWatermark(to: sequence)
        while true {
            let handled = stage.poll()
            var taken = 0
            while answersChildren, let child = unsafe children.peek() {
                let intent = unsafe child.pointee
                children.release()
                sent.append(intent)
                answer(intent, judge(intent))
                taken += 1
            }
            while let report = unsafe reports.peek() {
                unsafe told.append(report.pointee)
                reports.release()
            }
            if handled == 0, taken == 0 { return }
        }
    }

    private func answer(_ intent: OrderIntent, _ verdict: Verdict) {
        guard let slot = unsafe verdicts.claim() else {
            Issue.record("a full ring of verdicts")
            return
        }
        var answer = RiskVerdict()
        answer.sequence = intent.sequence
        answer.orderID = intent.orderID
        answer.kind = intent.kind
        answer.verdict = verdict
        unsafe slot.pointee = answer
        verdicts.publish()
    }

    /// The intents since the last call.
    func take() -> [OrderIntent] {
        defer { taken = sent.count }
        return Array(sent[taken...])
    }
    private var taken = 0

    func count(_ name: String) -> UInt64 { telemetry.counter("execution_\(name)").value }

    /// The last report on a parent.
    func end(of id: UInt64) -> ExecutionReport? {
        told.last { $0.orderID == id && $0.status.rawValue >= OrderStatus.filled.rawValue }
    }
}

extension OrderIntent {
    /// In short, for comparing and printing.
    var short: String {
        let verbs: [UInt8: String] = [1: "place", 2: "cancel", 3: "modify"]
        let verb = verbs[kind.rawValue] ?? "?"
        if kind == .cancel { return "cancel \(orderID & 0xFFFF)" }
        let ways: [UInt8: String] = [1: "gtc", 2: "ioc", 3: "fok", 4: "post"]
        return "\(verb) \(orderID & 0xFFFF) \(side == .buy ? "buy" : "sell") "
            + "\(quantity.rawValue)@\(limitPrice.rawValue) \(ways[timeInForce.rawValue] ?? "?")"
            + (isReduceOnly == 1 ? " reduce" : "")
    }
}
