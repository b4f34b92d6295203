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


/// Controls 9, 10, 11, 30 and the pace of orders.
@Suite("What follows from earlier orders")
struct BreakerTests {
    private let ok = Verdict.approved.rawValue
    private let repeated = Verdict.repeatedExecution.rawValue
    private let duplicate = Verdict.duplicateOrder.rawValue
    private let storm = Verdict.rejectStorm.rawValue
    private let throttle = Verdict.messageThrottle.rawValue
    private let second: UInt64 = 1_000_000_000

    private func behaviour(_ change: (inout BehaviourLimits) -> Void) -> BehaviourLimits {
        var limits = BehaviourLimits()
        change(&limits)
        return limits
    }

    private func order(_ id: UInt64, strategyID: UInt8 = 0, instrumentID: UInt32 = 0)
        -> OrderIntent
    {
        var order = Fixtures.place(
            id, price: 9_950, quantity: 5 + Int64(id), instrumentID: instrumentID)
        order.strategyID = strategyID
        return order
    }

    // MARK: Control 9

    @Test func `control 9: cancels beyond the budget go out, warned, and once told to widen`()
        throws
    {
        var account = AccountLimits(openOrdersMax: 50)
        account.cancelsPerSecond = 1
        account.cancelBurst = 2
        let risk = try RiskHarness(account: account)
        risk.prepare()
        for id in 1...8 as ClosedRange<UInt64> { risk.send(order(id)) }
        risk.cancel(1)
        risk.cancel(2)
        risk.run()
        #expect(risk.count("cancel_budget_warnings") == 0, "the burst exactly")
        risk.cancel(3)
        risk.cancel(4)
        risk.cancel(5, instrumentID: 1)
        risk.run()
        #expect(risk.count("cancel_budget_warnings") == 3)
        #expect(risk.count("widen_signals") == 1)
        risk.time += second
        risk.cancel(6)
        risk.run()
        #expect(risk.count("cancel_budget_warnings") == 3)
        risk.time -= 10 * second
        risk.cancel(7)
        risk.run()
        #expect(risk.count("widen_signals") == 2)
        #expect(risk.count("cancels") == 7)
        #expect(risk.sent.count == 15)
    }

    @Test func `control 9: a budget of 0 is none`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        for id in 1...8 as ClosedRange<UInt64> { risk.send(order(id)) }
        for id in 1...8 as ClosedRange<UInt64> { risk.cancel(id) }
        risk.run()
        #expect(risk.count("cancel_budget_warnings") == 0)
        #expect(risk.count("cancels") == 8)
    }

    // MARK: Control 10

    private func fills(_ risk: RiskHarness, _ count: Int, strategyID: UInt8 = 3) {
        for _ in 0..<count {
            risk.fill(99, quantity: 1, leaves: 1, position: 0, strategyID: strategyID)
        }
    }

    @Test func `control 10 positive: a strategy of many fills is off until a person resumes`()
        throws
    {
        let risk = try RiskHarness(behaviour: behaviour { $0.fillsMax = 3 })
        risk.prepare()
        fills(risk, 3)
        risk.send(order(1, strategyID: 3))
        risk.time += 100 * second
        for id in 0..<2 as Range<UInt32> { risk.quoteAll(id) }
        risk.send(order(2, strategyID: 3))
        #expect(risk.newVerdicts() == [repeated, repeated])
        #expect(risk.count("rejected_repeated_execution") == 2)
        risk.control.resume()
        risk.send(order(3, strategyID: 3))
        fills(risk, 2)
        risk.send(order(4, strategyID: 3))
        #expect(risk.newVerdicts() == [ok, ok], "fills of before no longer count")
    }

    @Test func `control 10 negative: other strategies, instruments and clients are not off`() throws
    {
        let risk = try RiskHarness(behaviour: behaviour { $0.fillsMax = 3 })
        risk.prepare()
        fills(risk, 3)
        for _ in 0..<3 { risk.fill(0, quantity: 1, position: 0) }
        risk.send(order(1, strategyID: 0))
        risk.send(order(2, strategyID: 4))
        risk.send(order(3, strategyID: 3, instrumentID: 1))
        #expect(risk.newVerdicts() == [ok, ok, ok])
    }

    @Test func `control 10 boundary: the window's end is outside of it`() throws {
        for (elapsed, verdict) in [(10 * second, ok), (10 * second - 1, repeated)] {
            let risk = try RiskHarness(behaviour: behaviour { $0.fillsMax = 3 })
            risk.prepare()
            fills(risk, 1)
            risk.time += elapsed
            fills(risk, 2)
            risk.quoteAll(0)
            risk.send(order(1, strategyID: 3))
            #expect(risk.newVerdicts() == [verdict])
        }
    }

    @Test func `control 10 bypass: changes, reduce-only, market orders and time going back`() throws
    {
        let risk = try RiskHarness(behaviour: behaviour { $0.fillsMax = 3 })
        risk.prepare()
        risk.send(order(1))
        fills(risk, 2, strategyID: 0)
        risk.time -= 100 * second
        fills(risk, 1, strategyID: 0)
        risk.time += 100 * second
        risk.modify(1, price: 9_951, quantity: 6)
        risk.send(Fixtures.place(2, side: .sell, quantity: 10, isReduceOnly: 1))
        risk.send(Fixtures.place(3, quantity: 10, type: .market))
        risk.cancel(1)
        #expect(risk.newVerdicts() == [ok, repeated, repeated, repeated, ok])
    }

    // MARK: Control 11

    @Test func `control 11: the same order too often, and then again`() throws {
        let risk = try RiskHarness(behaviour: behaviour { $0.duplicatesMax = 2 })
        risk.prepare()
        for id in 1...3 as ClosedRange<UInt64> { risk.send(Fixtures.place(id)) }
        risk.send(Fixtures.place(4, price: 10_001))
        risk.send(Fixtures.place(5, quantity: 11))
        risk.send(Fixtures.place(6, instrumentID: 1))
        risk.time += second - 1
        risk.send(Fixtures.place(8))
        risk.time += 1
        risk.send(Fixtures.place(9))
        #expect(risk.newVerdicts() == [ok, ok, duplicate, ok, ok, ok, duplicate, ok])
        #expect(risk.count("rejected_duplicate_order") == 2)
    }

    @Test func `control 11 negative: without a limit any number, and the other side is another`()
        throws
    {
        let risk = try RiskHarness()
        risk.prepare()
        for id in 1...5 as ClosedRange<UInt64> { risk.send(Fixtures.place(id)) }
        #expect(risk.newVerdicts() == [ok, ok, ok, ok, ok])
        let other = try RiskHarness(behaviour: behaviour { $0.duplicatesMax = 1 })
        other.prepare()
        var sell = Fixtures.place(1, side: .sell)
        sell.timeInForce = .ioc
        other.send(sell)
        other.send(Fixtures.place(2))
        #expect(other.newVerdicts() == [ok, ok])
    }

    @Test func `control 11 bypass: market orders, changes, refused ones and time going back`()
        throws
    {
        let risk = try RiskHarness(behaviour: behaviour { $0.duplicatesMax = 1 })
        risk.prepare()
        risk.send(Fixtures.place(1, type: .market))
        risk.send(Fixtures.place(2, type: .market))
        risk.send(Fixtures.place(3, price: 9_950))
        risk.modify(3, price: 9_950, quantity: 10)
        risk.time -= 50 * second
        risk.send(Fixtures.place(4, price: 9_950))
        #expect(risk.newVerdicts() == [ok, duplicate, ok, duplicate, duplicate])
    }

    // MARK: Control 30

    private func reject(_ risk: RiskHarness, code: Int32 = -2010, instrumentID: UInt32 = 0) {
        var report = ExecutionReport()
        report.execution = .rejected
        report.status = .rejected
        report.venueCode = code
        report.orderID = 77
        report.instrumentID = instrumentID
        risk.update(report)
    }

    @Test func `control 30 positive: an instrument of many rejects is off until resume`() throws {
        let risk = try RiskHarness(behaviour: behaviour { $0.rejectsMax = 3 })
        risk.prepare()
        risk.send(order(1))
        for _ in 0..<3 { reject(risk) }
        risk.send(order(2))
        risk.send(Fixtures.place(3, quantity: 10, type: .market))
        risk.modify(1, price: 9_951, quantity: 6)
        risk.cancel(1)
        risk.send(order(4, instrumentID: 1))
        #expect(risk.newVerdicts() == [ok, storm, storm, storm, ok, ok])
        #expect(risk.count("reject_storms") == 1)
        #expect(risk.count("rejected_reject_storm") == 3)
        risk.control.resume()
        risk.send(order(5))
        #expect(risk.newVerdicts() == [ok])
    }

    @Test func `control 30 negative and boundary: too few in the window, or not by the venue`()
        throws
    {
        let risk = try RiskHarness(behaviour: behaviour { $0.rejectsMax = 3 })
        risk.prepare()
        for _ in 0..<2 { reject(risk) }
        for _ in 0..<9 { reject(risk, code: 0) }
        risk.time += 10 * second
        reject(risk)
        risk.quoteAll(0)
        risk.send(order(1))
        #expect(risk.newVerdicts() == [ok])
        risk.time -= 100 * second
        for _ in 0..<2 { reject(risk) }
        risk.send(order(2))
        #expect(risk.newVerdicts() == [storm], "time that goes back hides none")
    }

    // MARK: Pace

    @Test func `orders of a strategy and instrument keep their pace`() throws {
        let risk = try RiskHarness(
            behaviour: behaviour {
                $0.ordersPerMinuteMax = 3
                $0.orderIntervalMinNs = second
            })
        risk.prepare()
        risk.send(order(1))
        risk.time += second - 1
        risk.send(order(2))
        risk.modify(1, price: 9_950, quantity: 7)
        risk.modify(1, price: 9_951, quantity: 6)
        risk.send(order(3, strategyID: 1))
        risk.send(order(4, instrumentID: 1))
        risk.time += 1
        risk.send(order(5))
        risk.time += second
        risk.modify(1, price: 9_950, quantity: 7)
        #expect(risk.newVerdicts() == [ok, throttle, throttle, ok, ok, ok, ok, ok])
        risk.time += 58 * second - 1
        risk.quoteAll(0)
        risk.send(order(6))
        risk.time += 1
        risk.send(order(7))
        #expect(risk.newVerdicts() == [throttle, ok], "a minute after the first")
        risk.time -= 30 * second
        risk.send(order(8))
        risk.cancel(1)
        #expect(risk.newVerdicts() == [throttle, ok])
    }
}
