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


/// Controls 14, 21...26, 31 and 32, which cold threads watch.
@Suite("Guards and the user stream")
struct GuardTests {
    private let ok = Verdict.approved.rawValue
    private let stale = Verdict.stalePrivateStream.rawValue

    static let guards: [Guard] = [
        .deadMansSwitch, .adoption, .reconciliation, .clock, .instrument, .journal, .permission,
    ]
    static let names = [
        "dead_mans_switch", "adoption", "reconciliation", "clock_guard", "instrument_guard",
        "journal_guard", "permission_guard",
    ]

    @Test(arguments: zip(guards, names))
    func `a broken guard of the venue lets only cancels pass`(
        _ guardian: Guard, _ name: String
    ) throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.send(Fixtures.place(1))
        risk.tell(guardian, holds: false)
        risk.send(Fixtures.place(2))
        risk.send(Fixtures.place(3, type: .market))
        risk.send(Fixtures.place(4, side: .sell, price: 10_010, isReduceOnly: 1))
        risk.modify(1, price: 9_990, quantity: 10)
        risk.send(Fixtures.place(5, instrumentID: 1))
        risk.cancel(1)
        risk.tell(guardian, holds: true)
        risk.send(Fixtures.place(6))
        let refused = guardian.rawValue
        #expect(
            risk.newVerdicts() == [ok, refused, refused, refused, refused, refused, ok, ok])
        #expect(risk.count("rejected_\(name)") == 5)
    }

    @Test(arguments: guards)
    func `a broken guard is named of its venue until it holds`(_ guardian: Guard) throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.run()
        let before = risk.stage.guardsRefusing(.binanceUSDM)
        #expect(!before.contains(GuardSet(guardian)))
        risk.tell(guardian, holds: false)
        risk.run()
        #expect(risk.stage.guardsRefusing(.binanceUSDM) == before.union(GuardSet(guardian)))
        #expect(!risk.stage.guardsRefusing(.okx).contains(GuardSet(guardian)))
        risk.tell(guardian, holds: true)
        risk.run()
        #expect(risk.stage.guardsRefusing(.binanceUSDM) == before)
    }

    /// What is measured as the cost of all controls is what an order gets.
    @Test func `a judgement alone is the verdict, and counts nothing`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.run()
        for (intent, verdict) in [
            (Fixtures.place(1), ok), (Fixtures.place(0), Verdict.invalidIntent.rawValue),
        ] {
            var order = intent
            let open = risk.stage.instrument(0).openBuyLots
            for _ in 0..<2 { #expect(unsafe risk.stage.judge(&order).rawValue == verdict) }
            #expect(risk.stage.instrument(0).openBuyLots == open)
            risk.send(order)
            #expect(risk.newVerdicts() == [verdict])
        }
    }

    @Test func `a broken guard of an instrument lets the others trade`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.tell(.instrument, holds: false, instrumentID: 1)
        risk.send(Fixtures.place(1))
        risk.send(Fixtures.place(2, instrumentID: 1))
        risk.tell(.instrument, holds: true)
        risk.send(Fixtures.place(3, instrumentID: 1))
        risk.tell(.instrument, holds: true, instrumentID: 1)
        risk.send(Fixtures.place(4, instrumentID: 1))
        #expect(risk.newVerdicts() == [ok, 26, 26, ok])
    }

    @Test func `of several broken guards the lowest number answers`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.tell(.permission, holds: false)
        risk.tell(.journal, holds: false, instrumentID: 0)
        risk.send(Fixtures.place(1))
        #expect(risk.newVerdicts() == [31])
    }

    @Test func `guards that are required refuse until each was reported to hold`() throws {
        var account = AccountLimits(openOrdersMax: 50)
        account.requiredGuards = [.deadMansSwitch, .adoption]
        let risk = try RiskHarness(account: account)
        risk.prepare()
        risk.send(Fixtures.place(1))
        risk.tell(.adoption, holds: true, instrumentID: 0)
        risk.tell(.deadMansSwitch, holds: true)
        risk.send(Fixtures.place(2))
        risk.tell(.adoption, holds: true)
        risk.send(Fixtures.place(3))
        #expect(risk.newVerdicts() == [21, 23, ok])
    }

    @Test func `guards nobody knows are counted and change nothing`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        for number in [0, 22, 27, 64, 255] as [UInt8] {
            risk.tell(Guard(rawValue: number), holds: false)
        }
        risk.tell(.clock, holds: false, instrumentID: 99)
        risk.send(Fixtures.place(1))
        #expect(risk.newVerdicts() == [ok])
        #expect(risk.count("malformed_inputs") == 6)
        let all: GuardSet = [
            .deadMansSwitch, .adoption, .reconciliation, .clock, .instrument, .journal,
            .permission,
        ]
        for guardian in Self.guards { #expect(all.contains(GuardSet(guardian))) }
    }

    // MARK: Control 14

    private func streamed(_ ageMaxNs: UInt64) throws -> RiskHarness {
        var account = AccountLimits(openOrdersMax: 50)
        account.streamAgeMaxNs = ageMaxNs
        return try RiskHarness(account: account)
    }

    private func pushed(
        _ execution: Execution, isReply: UInt8 = 0, venue: Venue = .binanceUSDM
    ) -> ExecutionReport {
        var report = ExecutionReport()
        report.execution = execution
        report.status = .open
        report.isReply = isReply
        report.venue = venue
        return report
    }

    @Test func `control 14: a silent user stream lets only cancels pass, to the nanosecond`() throws
    {
        let risk = try streamed(1_000_000_000)
        risk.prepare()
        risk.time += 1_000_000_000
        risk.send(Fixtures.place(1))
        risk.time += 1
        risk.send(Fixtures.place(2))
        risk.send(Fixtures.place(3, type: .market))
        risk.modify(1, price: 9_990, quantity: 10)
        risk.cancel(1)
        risk.session(2, isUp: true)
        risk.send(Fixtures.place(4))
        #expect(risk.newVerdicts() == [ok, stale, stale, stale, ok, ok])
        #expect(risk.count("rejected_stale_private_stream") == 3)
        risk.time -= 5_000_000_000
        risk.send(Fixtures.place(5))
        #expect(risk.newVerdicts() == [ok], "evidence of later counts")
    }

    @Test func `control 14: only what the venue pushed proves that the stream lives`() throws {
        let cases: [(ExecutionReport, UInt8)] = [
            (pushed(.accepted), ok), (pushed(.fill), ok), (pushed(.canceled), ok),
            (pushed(.rejected), ok), (pushed(.modified), ok),
            (pushed(.accepted, isReply: 1), stale), (pushed(.unknown), stale),
            (pushed(.notFound), stale), (pushed(.timer), stale), (pushed(.account), stale),
            (pushed(.clockOffset), stale),
        ]
        for (report, verdict) in cases {
            let risk = try streamed(1_000_000_000)
            risk.prepare()
            risk.time += 1_000_000_001
            var report = report
            if report.execution == .clockOffset { report.lastPrice = PriceTicks(rawValue: 0) }
            if report.execution == .account { report.feeE8 = 100_000_000_000 }
            risk.update(report)
            risk.send(Fixtures.place(1))
            #expect(risk.newVerdicts() == [verdict], "\(report.execution.rawValue)")
        }
    }

    @Test func `control 14: what is never up is not alive, whatever is pushed`() throws {
        var account = AccountLimits(openOrdersMax: 50, isSessionRequired: false)
        account.streamAgeMaxNs = 1_000_000_000
        let risk = try RiskHarness(account: account)
        risk.quoteAll(0)
        risk.update(pushed(.accepted))
        risk.send(Fixtures.place(1))
        risk.session(2, isUp: true)
        risk.send(Fixtures.place(2))
        #expect(risk.newVerdicts() == [stale, ok])
    }

    @Test func `control 22: the loss of either session lets only cancels pass`() throws {
        for session in [1, 2] as [UInt8] {
            let risk = try RiskHarness()
            risk.prepare()
            risk.send(Fixtures.place(1, price: 9_950))
            risk.session(session, isUp: false)
            risk.send(Fixtures.place(2))
            risk.modify(1, price: 9_951, quantity: 10)
            risk.cancel(1)
            risk.session(session, isUp: true)
            risk.session(3, isUp: false)
            risk.send(Fixtures.place(3))
            #expect(risk.newVerdicts() == [ok, 19, 19, ok, ok])
        }
    }

    // MARK: Control 23, orders of an earlier run

    private func adopted(
        _ orderID: UInt64, side: Side = .sell, price: Int64 = 10_050, total: Int64 = 30,
        done: Int64 = 10
    ) -> ExecutionReport {
        var report = ExecutionReport()
        report.execution = .adopted
        report.orderID = orderID
        report.side = side
        report.lastPrice = PriceTicks(rawValue: price)
        report.lastQuantity = QuantityLots(rawValue: total)
        report.cumulativeQuantity = QuantityLots(rawValue: done)
        report.status = .partiallyFilled
        return report
    }

    @Test func `an adopted order counts, can be changed and cancelled, and is in the way`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.update(adopted(41))
        risk.update(adopted(42, price: 0))
        risk.update(adopted(43, side: .buy, price: 9_000))
        risk.run()
        #expect(risk.stage.instrument(0).openSellLots == 40)
        #expect(risk.stage.instrument(0).openBuyLots == 20)
        #expect(risk.stage.openOrderCount == 3)
        risk.send(Fixtures.place(1, price: 10_050))
        risk.modify(41, side: .sell, price: 10_040, quantity: 40)
        risk.cancel(43)
        risk.send(Fixtures.place(41))
        #expect(risk.newVerdicts() == [12, ok, ok, 100])
        #expect(risk.stage.instrument(0).openSellLots == 50)
    }

    @Test func `an order that had ended and lives all the same counts anew`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        for price in [9_900, 9_910] as [Int64] {
            risk.send(Fixtures.place(UInt64(price), price: price, quantity: 30))
        }
        #expect(risk.newVerdicts() == [ok, ok])
        // Of one, fills are to come.
        risk.update(9_900, .canceled, .canceled, leaves: 5, position: 0)
        risk.update(9_910, .canceled, .canceled, leaves: 0, position: 0)
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 5)
        #expect(risk.stage.openOrderCount == 0)
        risk.update(adopted(9_900, side: .buy, price: 9_900, total: 30, done: 0))
        risk.update(adopted(9_910, side: .buy, price: 9_910, total: 30, done: 0))
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 60)
        #expect(risk.stage.openOrderCount == 2)
        risk.send(Fixtures.place(2, side: .sell, price: 9_910))
        #expect(risk.newVerdicts() == [12], "it is in the way again")
        for id in [9_900, 9_910] as [UInt64] {
            risk.update(id, .canceled, .canceled, leaves: 0, position: 0)
        }
        risk.run()
        #expect(risk.stage.instrument(0).openBuyLots == 0)
        #expect(risk.stage.openOrderCount == 0)
        #expect(risk.count("malformed_inputs") == 0)
    }

    @Test func `what cannot be adopted is counted`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.update(adopted(0))
        risk.update(adopted(41))
        risk.update(adopted(41))
        risk.update(adopted(42, side: .none))
        risk.update(adopted(43, done: 30))
        risk.update(adopted(44, done: -1))
        risk.update(adopted(45, total: .max))
        risk.run()
        #expect(risk.count("foreign_orders") == 1)
        #expect(risk.count("malformed_inputs") == 5)
        #expect(risk.stage.openOrderCount == 1)
    }

    @Test func `more orders than risk can follow halt, new ones are refused`() throws {
        let risk = try RiskHarness(account: AccountLimits(openOrdersMax: 1))
        risk.prepare()
        risk.send(Fixtures.place(1))
        risk.update(1, .canceled, .canceled, leaves: 1, position: 0)
        risk.send(Fixtures.place(2))
        risk.update(2, .canceled, .canceled, leaves: 1, position: 0)
        risk.send(Fixtures.place(3))
        #expect(risk.newVerdicts() == [ok, ok, 7])
        risk.update(adopted(41))
        risk.run()
        #expect(risk.control.state == .halted)
    }
}
