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
import Telemetry
import Testing


@Suite("Changes of resting orders")
struct ModifyTests {
    private let ok = Verdict.approved.rawValue
    private let invalid = Verdict.invalidIntent.rawValue
    private let unknown = Verdict.unknownOrder.rawValue

    private func modified(
        _ orderID: UInt64, price: Int64, total: Int64, leaves: Int64, position: Int64 = 0
    ) -> ExecutionReport {
        var report = ExecutionReport()
        report.orderID = orderID
        report.execution = .modified
        report.status = .open
        report.lastPrice = PriceTicks(rawValue: price)
        report.lastQuantity = QuantityLots(rawValue: total)
        report.leavesQuantity = QuantityLots(rawValue: leaves)
        report.position = QuantityLots(rawValue: position)
        return report
    }

    @Test func `a change goes out once with one verdict, and the larger counts till told`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, price: 9_950, quantity: 20))
        risk.modify(1, price: 9_960, quantity: 30)
        #expect(risk.newVerdicts() == [ok, ok])
        #expect(risk.sent.map(\.kind.rawValue) == [1, 3])
        #expect(risk.answers.last?.kind == .modify)
        #expect(risk.stage.instrument(0).openBuyLots == 30)
        #expect(risk.stage.openOrderCount == 1)
        risk.update(modified(1, price: 9_960, total: 30, leaves: 30))
        risk.modify(1, price: 9_955, quantity: 10)
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 30, "the smaller is not known yet")
        #expect(risk.stage.instrument(0).ownBid == 9_960)
        risk.update(modified(1, price: 9_955, total: 10, leaves: 10))
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 10)
        #expect(risk.stage.instrument(0).ownBid == 9_955)
    }

    @Test func `a refused change brings the old order back`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, price: 9_950, quantity: 20))
        risk.modify(1, price: 9_990, quantity: 50)
        risk.update(1, .modifyRejected, .open, leaves: 20, position: 0)
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 20)
        #expect(risk.stage.instrument(0).ownBid == 9_950)
        risk.update(1, .modifyRejected, .open, leaves: 20, position: 0)
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 20)
    }

    /// Goal: what others make of an order frees nothing that a change of ours may still bring.
    @Test func `a restatement counts at once, and a change on its way goes on counting`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, price: 9_950, quantity: 20))
        risk.modify(1, price: 9_960, quantity: 30)
        var others = modified(1, price: 9_950, total: 9, leaves: 30)
        others.execution = .restated
        risk.update(others)
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 30)
        #expect(risk.stage.instrument(0).ownBid == 9_960)
        risk.update(modified(1, price: 9_960, total: 30, leaves: 30))
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 30)
        #expect(risk.stage.instrument(0).ownBid == 9_960)
        others.lastPrice = PriceTicks(rawValue: 9_945)
        others.leavesQuantity = QuantityLots(rawValue: 7)
        others.cumulativeQuantity = QuantityLots(rawValue: 2)
        risk.update(others)
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 7)
        #expect(risk.stage.instrument(0).ownBid == 9_945)
        risk.modify(1, price: 9_945, quantity: 2)
        risk.modify(1, price: 9_945, quantity: 12)
        #expect(risk.newVerdicts() == [ok, ok, invalid, ok], "2 are executed already")
    }

    @Test func `of two changes on their way the worst counts until both are known`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, side: .sell, price: 10_100, quantity: 20))
        risk.modify(1, side: .sell, price: 10_050, quantity: 40)
        risk.modify(1, side: .sell, price: 10_080, quantity: 30)
        risk.update(modified(1, price: 10_050, total: 40, leaves: 40))
        risk.run()
        #expect(risk.stage.instrument(0).openSellLots == 40)
        #expect(risk.stage.instrument(0).ownAsk == 10_050)
        risk.update(modified(1, price: 10_080, total: 30, leaves: 30))
        risk.run()
        #expect(risk.stage.instrument(0).openSellLots == 30)
        #expect(risk.stage.instrument(0).ownAsk == 10_080)
    }

    @Test func `fills while a change is on its way come off what is counted`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, price: 9_950, quantity: 20))
        risk.modify(1, price: 9_950, quantity: 40)
        risk.fill(1, price: 9_950, quantity: 5, leaves: 15, position: 5)
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 35)
        risk.update(modified(1, price: 0, total: 40, leaves: 35, position: 5))
        risk.modify(1, price: 9_950, quantity: 5)
        risk.modify(1, price: 9_950, quantity: 45)
        #expect(risk.newVerdicts() == [ok, ok, invalid, ok], "5 are executed already")
        #expect(risk.stage.instrument(0).openBuyLots == 40)
        risk.update(1, .canceled, .canceled, leaves: 0, position: 5)
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 0)
        #expect(risk.stage.instrument(0).ownBid == 0)
    }

    @Test func `only what rests can be changed, by who names it rightly`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.modify(9, quantity: 20)
        var ioc = Fixtures.place(1, quantity: 20)
        ioc.timeInForce = .ioc
        risk.send(ioc)
        risk.modify(1, quantity: 30)
        risk.send(Fixtures.place(2, price: 9_950, quantity: 20))
        risk.modify(2, side: .sell, quantity: 30)
        risk.modify(2, quantity: 30, instrumentID: 1)
        risk.modify(2, quantity: .min)
        risk.modify(2, price: 0, quantity: 30)
        risk.update(2, .canceled, .canceled, leaves: 3, position: 0)
        risk.modify(2, quantity: 30)
        var market = Fixtures.place(3, quantity: 20, type: .market)
        market.kind = .modify
        risk.send(market)
        #expect(
            risk.newVerdicts() == [
                unknown, ok, invalid, ok, invalid, invalid, invalid, invalid, unknown, unknown,
            ])
        #expect(risk.sent.count == 2)
        #expect(risk.count("rejected_invalid_intent") == 5)
    }

    @Test func `a change meets the limits of a new order by what it adds`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, price: 9_950, quantity: 90))
        risk.send(Fixtures.place(2, price: 9_950, quantity: 50))
        risk.modify(2, price: 9_950, quantity: 61)
        risk.modify(2, price: 9_950, quantity: 60)
        risk.modify(1, price: 9_950, quantity: 101)
        risk.modify(1, price: 9_799, quantity: 90)
        risk.modify(1, price: 8_999, quantity: 90)
        risk.modify(1, price: 9_950, quantity: .max)
        #expect(risk.newVerdicts() == [ok, ok, 5, ok, 1, 3, 4, 1])
        risk.reference(.status, 0, isValid: 0)
        risk.modify(1, price: 9_950, quantity: 80)
        risk.control.lower(to: .halted, reason: "test")
        #expect(risk.newVerdicts() == [19], "the state is looked at first")
    }

    @Test func `changes use up the throttle`() throws {
        let risk = try RiskHarness(
            account: AccountLimits(
                openOrdersMax: 50, messagesPerSecond: 1, messageBurst: 4, cancelReserve: 1))
        risk.prepare()
        risk.send(Fixtures.place(1, price: 9_950, quantity: 20))
        for price in [9_951, 9_952, 9_953] as [Int64] { risk.modify(1, price: price, quantity: 20) }
        risk.cancel(1)
        #expect(risk.newVerdicts() == [ok, ok, ok, 8, ok])
    }

    @Test func `in REDUCING a change may not add, nor keep what grows alive at another price`()
        throws
    {
        let risk = try RiskHarness()
        risk.prepare()
        risk.update(0, .fill, .filled, leaves: 0, position: 30)
        risk.send(Fixtures.place(1, side: .sell, price: 10_050, quantity: 20))
        risk.send(Fixtures.place(2, price: 9_950, quantity: 20))
        risk.run()
        risk.control.lower(to: .reducing, reason: "test")
        risk.modify(1, side: .sell, price: 10_040, quantity: 30)
        risk.modify(1, side: .sell, price: 10_040, quantity: 31)
        risk.modify(2, price: 9_960, quantity: 20)
        #expect(risk.newVerdicts() == [ok, ok, ok, 19, 19])
    }

    @Test func `good till date needs a time to come, and nothing else has one`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        let now = UInt32(Fixtures.start / 1_000_000_000)
        func order(_ id: UInt64, _ timeInForce: TimeInForce, _ expiryS: UInt32) -> OrderIntent {
            var intent = Fixtures.place(id, price: 9_950)
            intent.timeInForce = timeInForce
            intent.expiryS = expiryS
            return intent
        }
        risk.send(order(1, .gtd, 0))
        risk.send(order(2, .gtd, now))
        risk.send(order(3, .gtd, now + 1))
        risk.send(order(4, .gtc, now + 1))
        var market = Fixtures.place(5, type: .market)
        market.expiryS = now + 1
        risk.send(market)
        market.orderID = 6
        market.expiryS = 0
        market.timeInForce = .gtd
        risk.send(market)
        var other = Fixtures.place(7)
        other.strategyID = 8
        risk.send(other)
        other = Fixtures.place(8)
        other.algorithm = .twap
        risk.send(other)
        #expect(
            risk.newVerdicts() == [
                invalid, invalid, ok, invalid, invalid, invalid, invalid, invalid,
            ])
        #expect(risk.stage.instrument(0).ownBid == 9_950, "it rests")
    }
}
