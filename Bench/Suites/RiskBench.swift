//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Risk
import Rings
import Telemetry

/// A risk stage with every control on: its rings, and what they were given before.
///
/// SAFETY: the stage is never freed, and its rings' memory lives as long as this.
@safe
private final class RiskBed {
    private var intentMemory: RingMemory<OrderIntent>
    private var referenceMemory: RingMemory<ReferencePrice>
    private var updateMemory: RingMemory<ExecutionReport>
    private var commandMemory: RingMemory<OrderIntent>
    private var verdictMemory: RingMemory<RiskVerdict>
    private var intents: RingProducer<OrderIntent>
    private var references: RingProducer<ReferencePrice>
    private var updates: RingProducer<ExecutionReport>
    private var sequence: UInt64 = 0
    /// Never freed.
    let stage: UnsafeMutablePointer<RiskStage>

    init() throws {
        intentMemory = try RingMemory(capacity: 256)
        referenceMemory = try RingMemory(capacity: 256)
        updateMemory = try RingMemory(capacity: 256)
        commandMemory = try RingMemory(capacity: 256)
        verdictMemory = try RingMemory(capacity: 256)
        intents = try intentMemory.makeProducer()
        references = try referenceMemory.makeProducer()
        updates = try updateMemory.makeProducer()
        var account = AccountLimits(
            openOrdersMax: 100, messagesPerSecond: 100, messageBurst: 200, cancelReserve: 20)
        account.startEquityE8 = 1_000_000_000_000_000
        account.equityAgeMaxNs = 300_000_000_000
        account.cancelsPerSecond = 5
        account.streamAgeMaxNs = 60_000_000_000
        account.marginRatioMinE4 = 20_000
        account.requiredGuards = [.deadMansSwitch, .adoption]
        var behaviour = BehaviourLimits()
        behaviour.fillsMax = 500
        behaviour.duplicatesMax = 8
        behaviour.rejectsMax = 20
        behaviour.ordersPerMinuteMax = 600
        behaviour.orderIntervalMinNs = 1_000
        var estimate = ValueAtRiskLimits()
        estimate.shareMaxE4 = 1_000
        let table = InstrumentTable.standalone([BenchMarket.instrument()])
        unsafe stage = .allocate(capacity: 1)
        let limits = try RiskLimits(
            account: account,
            instruments: [
                InstrumentLimits(
                    orderQuantityMax: 1_000, orderNotionalMaxE8: 100_000_000_000_000,
                    collarE4: 100, positionMax: 10_000, openOrdersMax: 100)
            ],
            table: table, behaviour: behaviour, valueAtRisk: estimate)
        unsafe stage.initialize(
            to: RiskStage(
                limits: limits, instruments: table, intents: try intentMemory.makeConsumer(),
                references: try referenceMemory.makeConsumer(),
                updates: try updateMemory.makeConsumer(),
                commands: try commandMemory.makeProducer(),
                verdicts: try verdictMemory.makeProducer(), control: .standalone(),
                telemetry: .standalone()))
    }

    private func run() {
        intents.advanceWatermark(to: sequence)
        references.advanceWatermark(to: sequence)
        updates.advanceWatermark(to: sequence)
        while unsafe stage.pointee.poll() > 0 {}
    }

    private func tell(_ time: UInt64, _ fill: (inout ExecutionReport) -> Void) {
        guard let slot = unsafe updates.claim() else { return }
        sequence += 1
        var report = ExecutionReport()
        report.sequence = sequence
        report.ingressTimeNs = time
        report.venue = .binanceUSDM
        fill(&report)
        unsafe slot.pointee = report
        updates.publish()
    }

    private func quote(_ kind: ReferenceKind, _ time: UInt64, _ mid: Int64) {
        guard let slot = unsafe references.claim() else { return }
        sequence += 1
        var reference = ReferencePrice()
        reference.sequence = sequence
        reference.ingressTimeNs = time
        reference.venueTimeNs = time
        reference.bid = PriceTicks(rawValue: mid)
        reference.ask = PriceTicks(rawValue: mid + 1)
        reference.price = PriceTicks(rawValue: mid)
        reference.kind = kind
        reference.isBookValid = 1
        unsafe slot.pointee = reference
        references.publish()
    }

    /// Sessions, guards and equity told, a minute of quotes, a position, and orders that rest away
    /// from the mid.
    func prepare(_ random: inout BenchRandom) {
        let start = BenchMarket.startTimeNs
        for step in 0..<60 as Range<UInt64> {
            let mid = BenchMarket.midTicks + Int64(random.next() % 100) - 50
            quote(.quote, start - (60 - step) * 1_000_000_000, mid)
        }
        for session in 1...2 as ClosedRange<UInt8> {
            tell(start) {
                $0.execution = .session
                $0.session = session
                $0.isUp = 1
            }
        }
        for guardian in [Guard.deadMansSwitch, .adoption] {
            tell(start) {
                $0.execution = .guard
                $0.guard = guardian
                $0.isUp = 1
            }
        }
        tell(start) {
            $0.execution = .account
            $0.feeE8 = 1_000_000_000_000_000
            $0.lastQuantity = QuantityLots(rawValue: 100_000)
        }
        tell(start) {
            $0.execution = .position
            $0.tradeID = 1
            $0.lastPrice = PriceTicks(rawValue: BenchMarket.midTicks)
            $0.position = QuantityLots(rawValue: 500)
        }
        for kind in [ReferenceKind.mark, .last, .quote] { quote(kind, start, BenchMarket.midTicks) }
        run()
        for index in 0..<16 {
            guard let slot = unsafe intents.claim() else { return }
            sequence += 1
            var order = benchIntent(index, &random)
            order.sequence = sequence
            order.ingressTimeNs = start + UInt64(index) * 10_000
            order.orderID = UInt64(index) + 1
            order.timeInForce = .postOnly
            order.limitPrice = PriceTicks(
                rawValue: BenchMarket.midTicks + (index % 2 == 0 ? -50 : 50))
            unsafe slot.pointee = order
            intents.publish()
        }
        run()
    }
}

/// Every control of the risk stage on orders that pass, and on one in sixteen that does not.
@Sendable func riskBench(_ bench: Bench) throws {
    var random = BenchRandom(state: 31)
    let bed = try RiskBed()
    bed.prepare(&random)
    var intents = (0..<64).map { benchIntent($0, &random) }
    for index in stride(from: 0, to: 64, by: 16) {
        intents[index].quantity = QuantityLots(rawValue: 5_000)
    }
    let approved = unsafe intents.withUnsafeBufferPointer { intents in
        var count = 0
        for index in intents.indices {
            guard let first = intents.baseAddress else { break }
            if unsafe bed.stage.pointee.judge(first + index) == .approved { count += 1 }
        }
        return count
    }
    precondition(approved == 60, "what shall pass passes, and is not refused cheaply")
    let operations = bench.parameter(smoke: 64, full: 8_192)
    let stage = unsafe bed.stage
    unsafe intents.withUnsafeBufferPointer { intents in
        guard let first = intents.baseAddress else { return }
        bench.measure(
            "risk/evaluate", samples: bench.parameter(smoke: 2, full: 100),
            operations: operations
        ) {
            var sum: UInt64 = 1
            for index in 0..<operations {
                let verdict = unsafe stage.pointee.judge(first + (index & 63))
                sum = sum &* 31 &+ UInt64(verdict.rawValue)
            }
            return sum
        }
    }
}
