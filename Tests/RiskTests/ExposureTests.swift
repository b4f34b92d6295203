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


/// Controls 6, 15 and 18 between real rings. One lot is worth 1 of the quote currency at 10,000.
@Suite("Account exposure and margin")
struct ExposureTests {
    private let ok = Verdict.approved.rawValue
    private let exposure = Verdict.accountExposure.rawValue
    private let margin = Verdict.margin.rawValue

    private func limits(_ units: Int64, _ change: (inout AccountLimits) -> Void = { _ in })
        -> AccountLimits
    {
        var limits = AccountLimits(openOrdersMax: 50)
        limits.startEquityE8 = units * 100_000_000
        change(&limits)
        return limits
    }

    @Test func `control 6 positive: all instruments together are beyond the equity`() throws {
        let risk = try RiskHarness(account: limits(60))
        risk.prepare()
        risk.send(Fixtures.place(1, quantity: 40))
        risk.send(Fixtures.place(2, quantity: 30, instrumentID: 1))
        #expect(risk.newVerdicts() == [ok, exposure])
        #expect(risk.count("rejected_account_exposure") == 1)
    }

    @Test func `control 6 negative: what an instrument's other side allows adds nothing`() throws {
        let risk = try RiskHarness(account: limits(60))
        risk.prepare()
        risk.send(Fixtures.place(1, price: 9_950, quantity: 60))
        risk.send(Fixtures.place(2, side: .sell, price: 10_050, quantity: 60))
        #expect(risk.newVerdicts() == [ok, ok])
        #expect(risk.account.exposureE12 == 60_000_000_000_000)
        risk.update(1, .canceled, .canceled, leaves: 0, position: 0)
        risk.update(2, .canceled, .canceled, leaves: 0, position: 0)
        risk.run()
        #expect(risk.account.exposureE12 == 0)
    }

    @Test func `control 6 boundary: the equity itself passes, a lot more does not`() throws {
        let risk = try RiskHarness(account: limits(60))
        risk.prepare()
        risk.send(Fixtures.place(1, quantity: 61))
        risk.send(Fixtures.place(2, quantity: 60))
        risk.send(Fixtures.place(3, quantity: 5, instrumentID: 1))
        #expect(risk.newVerdicts() == [exposure, ok, exposure])
    }

    @Test func `control 6: limits of 0 and equity of nothing allow nothing`() throws {
        for account in [limits(60) { $0.exposureMaxE4 = 0 }, limits(0)] {
            let risk = try RiskHarness(account: account)
            risk.prepare()
            risk.send(Fixtures.place(1, quantity: 5))
            #expect(risk.newVerdicts() == [exposure])
        }
        let risk = try RiskHarness(account: limits(60))
        risk.prepare()
        risk.equity(-1)
        risk.send(Fixtures.place(1, quantity: 5))
        #expect(risk.newVerdicts() == [exposure])
    }

    @Test func `control 6 bypass: market, reduce-only, changes and unknown orders all count`()
        throws
    {
        let risk = try RiskHarness(account: limits(60))
        risk.prepare()
        risk.send(Fixtures.place(1, quantity: 50, type: .limit))
        risk.update(1, .unknown, .unknown, leaves: 50, position: 0)
        risk.send(Fixtures.place(2, quantity: 11, type: .market))
        risk.send(Fixtures.place(3, quantity: 11, isReduceOnly: 1))
        risk.modify(1, quantity: 61)
        risk.time -= 1_000_000_000
        risk.send(Fixtures.place(4, quantity: 11))
        risk.modify(1, quantity: 60)
        #expect(risk.newVerdicts() == [ok, exposure, exposure, exposure, exposure, ok])
    }

    @Test func `control 6: the sum follows the mid, the position and the equity`() throws {
        let risk = try RiskHarness(account: limits(60))
        risk.prepare()
        risk.send(Fixtures.place(1, quantity: 50))
        risk.fill(1, quantity: 50, position: 50)
        risk.mid(11_000)
        risk.run()
        #expect(risk.account.exposureE12 == 55_000_000_000_000)
        risk.mid(10_000)
        risk.send(Fixtures.place(2, quantity: 11))
        risk.equity(61)
        risk.send(Fixtures.place(3, quantity: 11))
        #expect(risk.newVerdicts() == [ok, exposure, ok])
    }

    @Test func `control 6: an old word on the equity allows no more than what there is`() throws {
        let risk = try RiskHarness(account: limits(60) { $0.equityAgeMaxNs = 1_000_000_000 })
        risk.prepare()
        risk.time += 2_000_000_000
        risk.send(Fixtures.place(1, quantity: 10))
        risk.equity(60)
        risk.fill(1, quantity: 10, position: 10)
        risk.time += 1_000_000_000
        risk.send(Fixtures.place(2, quantity: 5))
        risk.time += 1
        risk.quoteAll(0)
        risk.send(Fixtures.place(3, quantity: 5))
        risk.send(Fixtures.place(4, side: .sell, price: 10_010, quantity: 10))
        risk.time -= 3_000_000_000
        risk.equity(60)
        risk.send(Fixtures.place(5, quantity: 5))
        #expect(risk.newVerdicts() == [ok, ok, exposure, ok, ok])
    }

    @Test func `control 6: a position without a price keeps new risk out, not its end`() throws {
        var first = Fixtures.table()[0]
        first.percentUpE4 = 0
        first.percentDownE4 = 0
        let risk = try RiskHarness(account: limits(60), table: .standalone([first, first])) {
            $0.requiredReferences = []
        }
        risk.session(1, isUp: true)
        risk.session(2, isUp: true)
        risk.reference(.status, 0)
        risk.send(Fixtures.place(1, quantity: 5))
        #expect(risk.newVerdicts() == [exposure], "a lot of it has no value")
        risk.quoteAll(1)
        risk.update(0, .fill, .filled, leaves: 0, position: 7)
        risk.send(Fixtures.place(2, quantity: 5, instrumentID: 1))
        #expect(risk.newVerdicts() == [exposure])
        #expect(risk.account.unvaluedCount == 1)
        risk.reference(.last, 0, price: 10_000)
        risk.reference(.mark, 0, price: 10_400)
        risk.send(Fixtures.place(3, quantity: 5, instrumentID: 1))
        #expect(risk.newVerdicts() == [ok])
        #expect(risk.account.unvaluedCount == 0)
        #expect(risk.account.exposureE12 == 12_000_000_000_000, "at the last price, for want")
    }

    @Test func `control 6: numbers beyond the range count as too much and halt`() throws {
        let risk = try RiskHarness(account: limits(60)) { $0.positionMax = .max }
        risk.prepare()
        risk.update(0, .fill, .filled, leaves: 0, position: 1 << 51)
        risk.run()
        #expect(risk.control.state == .halted)
        #expect(risk.count("range_halts") == 1)
        risk.control.resume()
        risk.send(Fixtures.place(1, quantity: 5))
        #expect(risk.newVerdicts() == [exposure])
        risk.fill(0, price: .max, quantity: 1, position: 0)
        risk.run()
        #expect(risk.count("range_halts") == 2)
    }

    @Test func `cash that leaves its range halts`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        var position: Int64 = 0
        for _ in 0..<200 {
            position = position == 0 ? 1 << 50 : 0
            risk.fill(0, price: position == 0 ? 1 : 1 << 35, quantity: 1 << 50, position: position)
            risk.run()
        }
        #expect(risk.control.state == .halted)
        #expect(risk.count("range_halts") > 0)
    }

    @Test func `a lot that is worth too much has no value`() throws {
        let risk = try RiskHarness()
        risk.prepare()
        risk.reference(.quote, 0, bid: .max, ask: .max)
        risk.run()
        #expect(risk.stage.instrument(0).lotValueE12 == 0)
        var instrument = Fixtures.instrument()
        instrument.tickLotValueE12 = 0
        var row = InstrumentRisk(limits: Fixtures.limits(), instrument: instrument)
        row.bid = 10
        row.ask = 12
        let hasChanged = row.revalue()
        #expect(!hasChanged)
        #expect(row.lotValueE12 == 0)
    }

    @Test func `control 15: an order of unknown outcome counts in controls 5, 6 and 7`() throws {
        let risk = try RiskHarness(account: limits(120)) { $0.openOrdersMax = 2 }
        risk.prepare()
        risk.send(Fixtures.place(1, quantity: 100))
        risk.update(1, .unknown, .unknown, leaves: 100, position: 0)
        risk.send(Fixtures.place(2, quantity: 51))
        risk.send(Fixtures.place(3, quantity: 21))
        risk.send(Fixtures.place(4, quantity: 20))
        risk.update(4, .unknown, .unknown, leaves: 20, position: 0)
        risk.send(Fixtures.place(5, side: .sell, price: 10_010, quantity: 5))
        #expect(
            risk.newVerdicts() == [
                ok, Verdict.positionLimit.rawValue, exposure, ok,
                Verdict.openOrderCount.rawValue,
            ])
        #expect(risk.stage.openOrderCount == 2)
    }

    @Test func `control 18 positive: our own estimate keeps an order out`() throws {
        // Of 2 % maintenance and a floor of 1,000 %, exposure is at most 5 times the equity.
        let risk = try RiskHarness(
            account: limits(10) {
                $0.exposureMaxE4 = 1_000_000
                $0.maintenanceRateE4 = 200
                $0.marginRatioMinE4 = 100_000
            })
        risk.prepare()
        risk.send(Fixtures.place(1, quantity: 51))
        risk.send(Fixtures.place(2, quantity: 50))
        risk.send(Fixtures.place(3, quantity: 5, type: .market))
        risk.modify(2, quantity: 51)
        #expect(risk.newVerdicts() == [margin, ok, margin, margin])
        #expect(risk.count("rejected_margin") == 3)
        #expect(risk.control.state == .ready)
    }

    @Test func `control 18: a fall of the equity leaves only what reduces, until resume`() throws {
        let risk = try RiskHarness(
            account: limits(100) {
                $0.exposureMaxE4 = 1_000_000
                $0.marginRatioMinE4 = 100_000
                $0.maintenanceRateE4 = 1_000
            })
        risk.prepare()
        risk.send(Fixtures.place(1, quantity: 100))
        risk.fill(1, quantity: 100, position: 100)
        risk.run()
        #expect(risk.control.state == .ready, "at the floor exactly")
        risk.equity(99)
        risk.equity(99)
        risk.send(Fixtures.place(2, quantity: 5))
        risk.send(Fixtures.place(3, side: .sell, quantity: 100))
        #expect(risk.newVerdicts() == [ok, margin, ok])
        #expect(risk.control.state == .reducing)
        #expect(risk.count("margin_floors") == 1)
        risk.fill(3, .sell, quantity: 100, position: 0)
        risk.run()
        risk.control.resume()
        risk.send(Fixtures.place(4, quantity: 5))
        #expect(risk.newVerdicts() == [ok])
    }

    @Test func `control 18 boundary: the venue's ratio at the floor passes, below does not`() throws
    {
        let risk = try RiskHarness(account: limits(100) { $0.marginRatioMinE4 = 20_000 })
        risk.prepare()
        risk.equity(100, ratioE4: 0)
        risk.equity(100, ratioE4: 20_000)
        risk.run()
        #expect(risk.control.state == .ready)
        risk.equity(100, ratioE4: 19_999)
        risk.run()
        #expect(risk.control.state == .reducing)
        #expect(risk.control.haltReason == "margin ratio below its floor")
    }

    @Test func `control 18 negative: without a floor no ratio matters`() throws {
        let risk = try RiskHarness(account: limits(100))
        risk.prepare()
        risk.equity(100, ratioE4: 1)
        risk.send(Fixtures.place(1, quantity: 5))
        #expect(risk.newVerdicts() == [ok])
    }

    @Test func `control 18 bypass: a market order in the short state is none`() throws {
        let risk = try RiskHarness(account: limits(100) { $0.marginRatioMinE4 = 20_000 })
        risk.prepare()
        risk.equity(100, ratioE4: 10_000)
        risk.send(Fixtures.place(1, quantity: 5, type: .market))
        risk.send(Fixtures.place(2, quantity: 5, isReduceOnly: 1))
        #expect(risk.newVerdicts() == [margin, margin])
    }
}
