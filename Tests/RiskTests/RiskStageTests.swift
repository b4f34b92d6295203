//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import CTelemetry
import Messages
import Risk
import Rings
import Telemetry
import Testing

@Suite("Risk stage")
struct RiskStageTests {
    private let approved = Verdict.approved.rawValue

    @Test func `an approved order leaves unchanged, and every intent gets one verdict`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(7))
        risk.send(Fixtures.place(8, side: Side(rawValue: 255)))
        risk.send(Fixtures.place(9, instrumentID: 99))
        risk.send(Fixtures.place(7))
        risk.run()
        #expect(risk.sent.map(\.orderID) == [7])
        #expect(risk.sent.first?.quantity.rawValue == 10)
        #expect(risk.answers.map(\.orderID) == [7, 8, 9, 7])
        #expect(risk.verdictValues == [approved, 100, 100, 100])
        #expect(risk.count("approved") == 1)
        #expect(risk.count("rejected_invalid_intent") == 3)
    }

    @Test func `without sessions and references nothing is approved`() throws {
        let risk = try RiskHarness()
        risk.send(Fixtures.place(1))
        risk.session(1, isUp: true)
        risk.send(Fixtures.place(2))
        risk.session(2, isUp: true)
        risk.send(Fixtures.place(3))
        risk.quoteAll(0)
        risk.send(Fixtures.place(4))
        risk.session(2, isUp: false)
        risk.send(Fixtures.place(5))
        risk.run()
        #expect(risk.verdictValues == [19, 19, 13, approved, 19])
    }

    @Test func `exposure follows an order from before its command to its end`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, quantity: 100))
        risk.send(Fixtures.place(2, quantity: 60))
        risk.run()
        #expect(risk.verdictValues == [approved, 5], "the first counts before any report")
        #expect(risk.stage.instrument(0).openBuyLots == 100)
        risk.update(1, .unknown, .unknown, leaves: 100, position: 0)
        risk.send(Fixtures.place(3, quantity: 60))
        risk.update(1, .fill, .partiallyFilled, leaves: 70, position: 30)
        risk.update(1, .canceled, .canceled, leaves: 0, position: 30)
        risk.send(Fixtures.place(4, quantity: 100))
        risk.run()
        #expect(risk.verdictValues == [approved, 5, 5, approved])
        #expect(risk.stage.instrument(0).position == 30)
        #expect(risk.stage.instrument(0).openBuyLots == 100)
        #expect(risk.stage.openOrderCount == 1)
    }

    @Test func `fills stated at the end and not yet delivered keep their exposure`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, quantity: 100))
        risk.update(1, .canceled, .canceled, leaves: 40, position: 0)
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 40)
        #expect(risk.stage.openOrderCount == 0)
        risk.cancel(1)
        risk.update(1, .fill, .canceled, leaves: 0, position: 40)
        risk.run()
        #expect(risk.verdictValues == [approved, 101])
        #expect(risk.stage.instrument(0).openBuyLots == 0)
        #expect(risk.stage.instrument(0).position == 40)
    }

    @Test func `cancels pass in every state and with an empty bucket`() throws {
        let risk = try RiskHarness(
            account: AccountLimits(
                openOrdersMax: 50, messagesPerSecond: 1, messageBurst: 4, cancelReserve: 1))
        risk.prepare()
        for id in 1...4 { risk.send(Fixtures.place(UInt64(id))) }
        risk.run()
        #expect(risk.verdictValues == [approved, approved, approved, 8])
        risk.control.lower(to: .halted, reason: "test")
        risk.session(1, isUp: false)
        risk.reference(.status, 0, isValid: 0)
        for id in [1, 2, 3, 1, 2] { risk.cancel(UInt64(id)) }
        risk.run()
        #expect(risk.sent.filter { $0.kind == .cancel }.count == 5)
        #expect(risk.count("cancel_overdrafts") > 0)
    }

    @Test func `a cancel of an order that is not open is answered and sent nowhere`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.cancel(5)
        risk.run()
        #expect(risk.sent.isEmpty)
        #expect(risk.verdictValues == [Verdict.unknownOrder.rawValue])
        #expect(risk.count("unknown_order") == 1)
    }

    @Test func `a cancel goes to the instrument of its order`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(5, instrumentID: 1))
        risk.cancel(5, instrumentID: 0)
        risk.run()
        #expect(risk.sent.map(\.instrumentID) == [1, 1])
    }

    @Test func `a halt in mid-stream stops every later order`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1))
        risk.run()
        risk.control.lower(to: .halted, reason: "test")
        for id in 2...5 { risk.send(Fixtures.place(UInt64(id))) }
        risk.run()
        #expect(risk.verdictValues == [approved, 19, 19, 19, 19])
        risk.control.resume()
        risk.send(Fixtures.place(6))
        risk.run()
        #expect(risk.verdictValues.last == approved)
    }

    @Test func `full outputs stall risk and lose no intent`() throws {
        let risk = try RiskHarness(outputCapacity: 2)
        risk.prepare()
        for id in 1...10 { risk.send(Fixtures.place(UInt64(id), quantity: 5)) }
        for _ in 0..<5 { _ = risk.stage.poll() }
        #expect(risk.count("stalls") > 0)
        risk.run()
        #expect(risk.answers.map(\.orderID) == Array(1...10))
        #expect(risk.sent.map(\.orderID) == Array(1...10))
    }

    @Test func `an intent waits for updates and references of its own sequence`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        let next = risk.sequence + 1
        risk.put(Fixtures.place(1), sequence: next)
        risk.intents.advanceWatermark(to: next)
        risk.run()
        #expect(risk.answers.isEmpty)
        risk.references.advanceWatermark(to: next)
        risk.run()
        #expect(risk.answers.isEmpty)
        risk.updates.advanceWatermark(to: next)
        risk.run()
        #expect(risk.verdictValues == [approved])
        #expect(risk.commands.watermark() == next)
        #expect(risk.verdicts.watermark() == next)
    }

    @Test func `of one sequence, updates come first, then references, then intents`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        let next = risk.sequence + 1
        risk.put(Fixtures.place(1), sequence: next)
        risk.sequence = next - 1
        risk.reference(.status, 0, isValid: 0)
        risk.run()
        #expect(risk.verdictValues == [13])
    }

    @Test func `refusals by value and of market data alone have counters`() throws {
        var dataOnly = Fixtures.instrument("X-USDT")
        dataOnly.isDataOnly = 1
        let risk = try RiskHarness(
            table: .standalone([Fixtures.instrument("S0-USDT"), dataOnly]))
        risk.prepare()
        risk.send(Fixtures.place(1, instrumentID: 1))
        risk.send(Fixtures.place(2, price: 10_001, quantity: 100))
        risk.run()
        #expect(risk.verdictValues == [102, 2])
        #expect(risk.count("rejected_data_only") == 1)
        #expect(risk.count("rejected_order_notional") == 1)
    }

    @Test func `a reference of no known kind changes no price, a mark stands in for the mid`()
        throws
    {
        let risk = try RiskHarness()
        risk.reference(ReferenceKind(rawValue: 255), 0, bid: 1, ask: 2, price: 3)
        risk.run()
        #expect(risk.stage.instrument(0).bid == 0)
        #expect(risk.stage.instrument(0).lotValueE12 == 0)
        risk.reference(.mark, 0, price: 10_000)
        risk.run()
        #expect(risk.stage.instrument(0).lotValueE12 == 1_000_000_000_000)
    }

    @Test func `malformed inputs are counted and change nothing`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.reference(.quote, 77, bid: 1, ask: 2)
        risk.update(1, .fill, .filled, leaves: 0, position: 5, instrumentID: .max)
        risk.update(
            1, Execution(rawValue: 255), OrderStatus(rawValue: 255), leaves: .min, position: 0)
        risk.run()
        #expect(risk.count("malformed_inputs") == 2)
        #expect(risk.stage.instrument(0).openBuyLots == 0)
    }

    /// Goal: the outcome does not depend on how polls fall. Method: one seeded stream in different
    /// batches; verdicts and commands must be the same.
    @Test(arguments: [UInt64(31), 32, 33])
    func `any batching gives the same verdicts and commands`(_ seed: UInt64) throws {
        let reference = try play(seed: seed, batch: 1)
        for batch in [2, 3, 10, 100] {
            let other = try play(seed: seed, batch: batch)
            #expect(other == reference, "seed \(seed), batch \(batch)")
        }
        #expect(Set(reference).count > 20)
    }

    private func play(seed: UInt64, batch: Int) throws -> [String] {
        let risk = try RiskHarness()
        risk.prepare()
        var random = SplitMix64(seed: seed)
        for step in 1...500 {
            risk.time += UInt64(random.below(100)) * 1_000_000
            let id = UInt64(random.below(step) + 1)
            switch random.below(8) {
            case 0, 1, 2:
                risk.send(
                    Fixtures.place(
                        UInt64(step), side: random.below(2) == 0 ? .buy : .sell,
                        quantity: Int64(random.below(60) + 1),
                        instrumentID: UInt32(random.below(2))))
            case 3: risk.cancel(id)
            case 4: risk.update(id, .canceled, .canceled, leaves: 0, position: 0)
            case 5:
                risk.update(
                    id, .fill, .partiallyFilled, leaves: 1,
                    position: Int64(random.below(100)) - 50)
            case 6: risk.quoteAll(UInt32(random.below(2)))
            default:
                risk.reference(
                    .status, UInt32(random.below(2)),
                    isValid: UInt8(random.below(4) > 0 ? 1 : 0))
            }
            if step % batch == 0 { risk.run() }
        }
        risk.run()
        return risk.answers.map { "\($0.sequence) \($0.orderID) \($0.verdict.rawValue)" }
            + risk.sent.map { "\($0.sequence) \($0.orderID) \($0.kind.rawValue)" }
    }
}
