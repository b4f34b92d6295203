//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Risk
import Testing

/// Control 12 between real rings.
@Suite("Self-match prevention")
struct SelfMatchTests {
    private let ok = Verdict.approved.rawValue
    private let selfMatch = Verdict.selfMatch.rawValue

    @Test func `control 12: what crosses our own resting order is refused, what is behind not`()
        throws
    {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, side: .sell, price: 10_050))
        risk.send(Fixtures.place(2, side: .sell, price: 10_040))
        risk.send(Fixtures.place(3, price: 10_039))
        risk.send(Fixtures.place(4, price: 10_040))
        risk.send(Fixtures.place(5, side: .sell, price: 10_039))
        risk.cancel(2)
        risk.update(2, .canceled, .canceled, leaves: 0, position: 0)
        risk.send(Fixtures.place(6, price: 10_049))
        risk.send(Fixtures.place(7, price: 10_050))
        risk.send(Fixtures.place(8, price: 10_050, instrumentID: 1))
        #expect(
            risk.newVerdicts() == [
                ok, ok, ok, selfMatch, selfMatch, ok, ok, selfMatch, ok,
            ])
        #expect(risk.count("rejected_self_match") == 3)
        #expect(risk.stage.instrument(0).ownBid == 10_049)
        #expect(risk.stage.instrument(0).ownAsk == 10_050)
    }

    @Test func `control 12 bypass: market, immediate and changed orders meet it too`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, price: 9_960))
        risk.send(Fixtures.place(2, side: .sell, quantity: 5, type: .market))
        for (id, timeInForce) in [(3, TimeInForce.ioc), (4, .fok), (5, .postOnly)] {
            var order = Fixtures.place(UInt64(id), side: .sell, price: 9_960)
            order.timeInForce = timeInForce
            risk.send(order)
        }
        risk.send(Fixtures.place(6, side: .sell, price: 10_100))
        risk.modify(6, side: .sell, price: 9_960, quantity: 10)
        risk.update(1, .unknown, .unknown, leaves: 10, position: 0)
        risk.send(Fixtures.place(7, side: .sell, price: 9_960, isReduceOnly: 1))
        #expect(
            risk.newVerdicts() == [
                ok, selfMatch, selfMatch, selfMatch, selfMatch, ok, selfMatch, selfMatch,
            ])
    }

    @Test func `control 12 negative: orders that cannot rest are in nobody's way`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        for (id, timeInForce) in [(1, TimeInForce.ioc), (2, .fok)] {
            var order = Fixtures.place(UInt64(id))
            order.timeInForce = timeInForce
            risk.send(order)
        }
        risk.send(Fixtures.place(3, quantity: 10, type: .market))
        risk.send(Fixtures.place(4, side: .sell))
        risk.update(4, .fill, .filled, leaves: 0, position: 0)
        risk.send(Fixtures.place(5))
        #expect(risk.newVerdicts() == [ok, ok, ok, ok, ok])
    }

    @Test func `control 12: an ended order with fills to come no longer rests`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1, side: .sell))
        risk.send(Fixtures.place(2, side: .sell, price: 10_020))
        risk.send(Fixtures.place(3, side: .sell, price: 10_030))
        risk.update(2, .canceled, .canceled, leaves: 0, position: 0)
        risk.update(1, .canceled, .canceled, leaves: 3, position: 0)
        risk.run()
        #expect(risk.stage.instrument(0).ownAsk == 10_030)
        risk.update(3, .canceled, .canceled, leaves: 0, position: 0)
        risk.run()
        #expect(risk.stage.instrument(0).ownAsk == 0)
    }
}
