//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Rings
import Strategy
import Telemetry
import Testing

enum Fixtures {
    static let millisecond: UInt64 = 1_000_000

    static func instrument() -> Instrument {
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.symbolText = "BTC-USDT"
        instrument.priceDecimals = 2
        instrument.tickMantissa = 10
        instrument.quantityDecimals = 3
        instrument.lotMantissa = 1
        // 0.10 times 0.001 of the quote currency.
        instrument.tickLotValueE12 = 100_000_000
        return instrument
    }

    static func signal(
        sequence: UInt64 = 1, timeNs: UInt64? = nil, bid: Int64 = 1_000, ask: Int64 = 1_002,
        bidQuantity: UInt32 = 5, askQuantity: UInt32 = 5, score: Float = 0, confidence: Float = 1,
        agreement: UInt8 = 100, isValid: UInt8 = 1, instrument: UInt32 = 0
    ) -> Signal {
        var signal = Signal()
        signal.sequence = sequence
        signal.ingressTimeNs = timeNs ?? sequence * millisecond
        signal.bid = PriceTicks(bid)
        signal.ask = PriceTicks(ask)
        signal.bidQuantity = bidQuantity
        signal.askQuantity = askQuantity
        signal.score = score
        signal.confidence = confidence
        signal.agreement = agreement
        signal.instrumentID = instrument
        signal.modelID = 1
        signal.trigger = .quote
        signal.isValid = isValid
        return signal
    }

    static func report(
        sequence: UInt64, order: UInt64, _ execution: Execution, _ status: OrderStatus,
        position: Int64, leaves: Int64 = 0, instrument: UInt32 = 0
    ) -> ExecutionReport {
        var report = ExecutionReport()
        report.sequence = sequence
        report.ingressTimeNs = sequence * millisecond
        report.orderID = order
        report.instrumentID = instrument
        report.execution = execution
        report.status = status
        report.position = QuantityLots(position)
        report.leavesQuantity = QuantityLots(leaves)
        return report
    }

    static func threshold(
        style: OrderStyle = .ioc, target: StrategySize = .lots(10), order: StrategySize = .lots(4),
        cooldownMs: UInt64 = 0, turnCooldownMs: UInt64 = 0, offset: Int64 = 0,
        limits: SignalLimits = SignalLimits(minimumConfidence: 0.5)
    ) -> SignalThresholdParameters {
        SignalThresholdParameters(
            buyAboveBps: 1, sellBelowBps: -1, limits: limits,
            cooldownNs: cooldownMs * millisecond, turnCooldownNs: turnCooldownMs * millisecond,
            targetPosition: target, orderQuantity: order,
            style: style, offsetTicks: offset, restingMaxNs: 100 * millisecond)
    }

    static func reflex(
        spread: Int64 = 0, imbalance: Float = 0, intervalMs: UInt64 = 0,
        side: ReflexParameters.SideRule = .alternating, style: OrderStyle = .ioc,
        order: StrategySize = .lots(2), positionMax: StrategySize = .lots(5), working: Int = 1
    ) -> ReflexParameters {
        ReflexParameters(
            spreadTicksMin: spread, imbalanceMin: imbalance, intervalNs: intervalMs * millisecond,
            sideRule: side, style: style, orderQuantity: order, positionMax: positionMax,
            restingMaxNs: 100 * millisecond, workingOrdersMax: working)
    }
}

/// An intent in short, for comparing and printing.
struct Sent: Equatable, CustomStringConvertible {
    var sequence: UInt64
    var id: UInt64
    var instrument: UInt32
    var kind: IntentKind
    var side: Side
    var price: Int64
    var quantity: Int64
    var reason: UInt8

    init(_ intent: OrderIntent) {
        sequence = intent.sequence
        id = intent.orderID
        instrument = intent.instrumentID
        kind = intent.kind
        side = intent.side
        price = intent.limitPrice.rawValue
        quantity = intent.quantity.rawValue
        reason = intent.reason
    }

    var description: String {
        let verb = kind == .place ? "place" : "cancel"
        let way = side == .buy ? "buy" : "sell"
        return "\(sequence) \(verb) \(id) \(way) \(quantity)@\(price) "
            + StrategyReason.text(reason)
    }
}

/// The stage between its rings; the test holds the other ends and plays risk and execution.
final class StrategyHarness {
    private var signalMemory: RingMemory<Signal>
    private var updateMemory: RingMemory<ExecutionReport>
    private var verdictMemory: RingMemory<RiskVerdict>
    private var intentMemory: RingMemory<OrderIntent>
    private var parentMemory: RingMemory<OrderIntent>
    private var parentReportMemory: RingMemory<ExecutionReport>
    var signals: RingProducer<Signal>
    var updates: RingProducer<ExecutionReport>
    var verdicts: RingProducer<RiskVerdict>
    var intents: RingConsumer<OrderIntent>
    var parents: RingConsumer<OrderIntent>
    var parentReports: RingProducer<ExecutionReport>
    var stage: StrategyStage
    let telemetry = TelemetryWriter.standalone()
    var sent: [Sent] = []

    /// - Parameter dataOnly: Instruments that bring market data alone.
    init(
        _ configuration: StrategyConfiguration, instruments: Int = 2, orderIDBase: UInt64 = 100,
        intentCapacity: Int = 64, dataOnly: Set<Int> = [],
        algorithm: ExecutionAlgorithm = .none, sizing: SizingParameters = SizingParameters()
    ) throws {
        signalMemory = try RingMemory(capacity: 1_024)
        updateMemory = try RingMemory(capacity: 1_024)
        verdictMemory = try RingMemory(capacity: 64)
        intentMemory = try RingMemory(capacity: intentCapacity)
        parentMemory = try RingMemory(capacity: 64)
        parentReportMemory = try RingMemory(capacity: 64)
        parents = try parentMemory.makeConsumer()
        parentReports = try parentReportMemory.makeProducer()
        signals = try signalMemory.makeProducer()
        updates = try updateMemory.makeProducer()
        verdicts = try verdictMemory.makeProducer()
        intents = try intentMemory.makeConsumer()
        let table = InstrumentTable.standalone(
            (0..<instruments).map { id in
                var instrument = Fixtures.instrument()
                instrument.isDataOnly = dataOnly.contains(id) ? 1 : 0
                return instrument
            })
        stage = try StrategyStage(
            configuration: configuration, instruments: table,
            signals: signalMemory.makeConsumer(), updates: updateMemory.makeConsumer(),
            verdicts: verdictMemory.makeConsumer(), intents: intentMemory.makeProducer(),
            parents: parentMemory.makeProducer(),
            parentReports: parentReportMemory.makeConsumer(), algorithm: algorithm,
            sizing: sizing,
            orderIDBase: orderIDBase, telemetry: telemetry)
    }

    func push(_ signal: Signal) {
        guard let place = unsafe signals.claim() else {
            Issue.record("a full signal ring")
            return
        }
        unsafe place.pointee = signal
        signals.publish()
    }

    func push(_ report: ExecutionReport) {
        guard let place = unsafe updates.claim() else {
            Issue.record("a full report ring")
            return
        }
        unsafe place.pointee = report
        updates.publish()
    }

    /// States that both inputs are complete up to `sequence`.
    func advance(to sequence: UInt64) {
        signals.advanceWatermark(to: sequence)
        updates.advanceWatermark(to: sequence)
    }

    /// A report of the execution stage.
    func tell(_ report: ExecutionReport) {
        guard let place = unsafe parentReports.claim() else {
            Issue.record("a full ring of parents' reports")
            return
        }
        unsafe place.pointee = report
        parentReports.publish()
    }

    func takeParent() -> OrderIntent? {
        guard let parent = unsafe parents.peek() else { return nil }
        let copy = unsafe parent.pointee
        parents.release()
        return copy
    }

    func take() -> OrderIntent? {
        guard let intent = unsafe intents.peek() else { return nil }
        let copy = unsafe intent.pointee
        intents.release()
        return copy
    }

    func answer(_ intent: OrderIntent, _ verdict: Verdict = .approved) {
        guard let place = unsafe verdicts.claim() else {
            Issue.record("a full verdict ring")
            return
        }
        var answer = RiskVerdict()
        answer.sequence = intent.sequence
        answer.orderID = intent.orderID
        answer.instrumentID = intent.instrumentID
        answer.kind = intent.kind
        answer.verdict = verdict
        unsafe place.pointee = answer
        verdicts.publish()
    }

    /// Polls until nothing moves, answering each intent with `judge`.
    func run(_ judge: (OrderIntent) -> Verdict = { _ in .approved }) {
        while true {
            let handled = stage.poll()
            var taken = 0
            while let intent = take() {
                sent.append(Sent(intent))
                answer(intent, judge(intent))
                taken += 1
            }
            if handled == 0, taken == 0 { return }
        }
    }

    func count(_ name: String) -> UInt64 { telemetry.counter("strategy_\(name)_total").value }
}
