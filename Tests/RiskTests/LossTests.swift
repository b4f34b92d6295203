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


/// Control 17. One lot is worth 1 of the quote currency at 10,000 ticks.
@Suite("Loss limits")
struct LossTests {
    private let ok = Verdict.approved.rawValue
    private let loss = Verdict.lossLimit.rawValue
    private let dayNs: UInt64 = 86_400_000_000_000

    private func harness(
        _ change: (inout LossLimits) -> Void, equity: Int64 = 1_000
    ) throws -> RiskHarness {
        var account = AccountLimits(openOrdersMax: 50)
        account.startEquityE8 = equity * 100_000_000
        account.losses.dailyE4 = 0
        account.losses.drawdownE4 = 0
        account.losses.dailyFlattenE4 = 0
        account.losses.drawdownFlattenE4 = 0
        change(&account.losses)
        let risk = try RiskHarness(account: account) { $0.collarE4 = 5_000 }
        risk.prepare()
        return risk
    }

    /// Holds 100 lots bought at 10,000 ticks, for 100.
    private func hold(_ risk: RiskHarness) {
        risk.send(Fixtures.place(1, quantity: 100))
        risk.fill(1, quantity: 100, position: 100)
        risk.run()
    }

    @Test func `control 17 positive and boundary: the daily loss, to the tick`() throws {
        // 1 % of 1,000 is 10, which 100 lots lose at 9,000.
        let risk = try harness { $0.dailyE4 = 100 }
        hold(risk)
        risk.mid(9_001)
        risk.run()
        #expect(risk.control.state == .ready)
        risk.mid(9_000)
        risk.mid(8_000)
        risk.run()
        #expect(risk.control.state == .reducing)
        #expect(risk.control.haltReason == "loss limit")
        #expect(risk.count("loss_limits") == 1)
        #expect(risk.control.flattenEpoch == 0)
        risk.mid(10_000)
        risk.send(Fixtures.place(2, quantity: 10))
        risk.send(Fixtures.place(3, quantity: 10, type: .market))
        risk.send(Fixtures.place(4, side: .sell, quantity: 101))
        risk.send(Fixtures.place(5, side: .sell, quantity: 50))
        risk.modify(5, side: .sell, quantity: 101)
        #expect(risk.newVerdicts() == [ok, loss, loss, loss, ok, loss])
    }

    @Test func `control 17 negative: gains, and losses without a limit, lower nothing`() throws {
        let risk = try harness { _ in }
        hold(risk)
        risk.mid(11_000)
        risk.mid(7_000)
        risk.run()
        #expect(risk.control.state == .ready)
        let other = try harness { $0.dailyE4 = 100 }
        hold(other)
        other.mid(11_000)
        other.mid(9_001)
        other.run()
        #expect(other.control.state == .ready)
    }

    @Test func `control 17: an amount of money is a limit as well`() throws {
        let risk = try harness { $0.dailyMaxE8 = 500_000_000 }
        hold(risk)
        risk.mid(9_501)
        risk.run()
        #expect(risk.control.state == .ready)
        risk.mid(9_500)
        risk.run()
        #expect(risk.control.state == .reducing)
    }

    @Test func `control 17: the drawdown counts from the best moment`() throws {
        let risk = try harness { $0.drawdownE4 = 100 }
        hold(risk)
        risk.mid(12_000)
        risk.mid(11_001)
        risk.run()
        #expect(risk.control.state == .ready)
        risk.mid(11_000)
        risk.run()
        #expect(risk.control.state == .reducing, "in profit, and down by the limit")
    }

    @Test func `control 17: beyond the second limit flat positions are asked for, once`() throws {
        let risk = try harness {
            $0.dailyE4 = 100
            $0.dailyFlattenE4 = 200
        }
        hold(risk)
        risk.mid(8_000)
        risk.mid(7_900)
        risk.run()
        #expect(risk.control.flattenEpoch == 1)
        #expect(risk.control.state == .reducing)
        #expect(risk.count("flatten_requests") == 1)
        let deep = try harness {
            $0.drawdownE4 = 100
            $0.drawdownFlattenE4 = 200
        }
        hold(deep)
        deep.mid(9_000)
        deep.run()
        #expect(deep.control.flattenEpoch == 0)
        deep.mid(8_000)
        deep.run()
        #expect(deep.control.flattenEpoch == 1)
    }

    @Test func `control 17: fees, funding and closed trades are losses like others`() throws {
        let risk = try harness { $0.dailyE4 = 100 }
        risk.send(Fixtures.place(1, quantity: 100))
        risk.fill(1, quantity: 100, position: 100, feeE8: 300_000_000)
        var funding = ExecutionReport()
        funding.execution = .funding
        funding.feeE8 = 200_000_000
        risk.update(funding)
        risk.fill(0, .sell, price: 9_501, quantity: 100, position: 0)
        risk.run()
        #expect(risk.control.state == .ready, "9.99 lost")
        #expect(risk.account.profitE12 == -9_990_000_000_000)
        funding.feeE8 = 1_000_000
        risk.update(funding)
        risk.run()
        #expect(risk.control.state == .reducing)
    }

    @Test func `control 17: the day of record time ends at midnight UTC, and never begins again`()
        throws
    {
        let risk = try harness { $0.dailyE4 = 100 }
        hold(risk)
        risk.mid(9_100)
        risk.time = (Fixtures.start / dayNs + 1) * dayNs - 1
        risk.mid(9_050)
        risk.run()
        #expect(risk.control.state == .ready)
        risk.time += 1
        risk.mid(9_049)
        risk.mid(8_100)
        risk.run()
        #expect(risk.control.state == .ready, "the loss of a new day")
        risk.time -= dayNs
        risk.mid(8_060)
        risk.time += 1
        risk.mid(8_050)
        risk.run()
        #expect(risk.control.state == .reducing, "from 9,050, where the day began")
    }

    @Test func `control 17: a person's resume counts anew from there`() throws {
        let risk = try harness { $0.dailyE4 = 100 }
        hold(risk)
        risk.mid(8_900)
        risk.run()
        #expect(risk.control.state == .reducing)
        risk.control.resume()
        risk.mid(7_901)
        risk.send(Fixtures.place(2, price: 8_000, quantity: 10))
        risk.run()
        #expect(risk.control.state == .ready)
        risk.mid(7_900)
        risk.run()
        #expect(risk.control.state == .reducing)
    }

    @Test func `control 17: the venue's first word on the equity replaces the configured one`()
        throws
    {
        let risk = try harness { $0.dailyE4 = 100 }
        hold(risk)
        risk.equity(500)
        risk.equity(5_000)
        risk.mid(9_501)
        risk.run()
        #expect(risk.control.state == .ready)
        risk.mid(9_500)
        risk.run()
        #expect(risk.control.state == .reducing)
    }

    @Test func `control 17: without equity there is no share of it to lose`() throws {
        let risk = try harness({ $0.dailyE4 = 1 }, equity: 0)
        risk.update(0, .fill, .filled, leaves: 0, position: 100)
        risk.mid(5_000)
        risk.run()
        #expect(risk.control.state == .ready)
    }

    @Test func `control 17: a position found at start is worth what it is then`() throws {
        let risk = try harness { $0.dailyE4 = 100 }
        var report = ExecutionReport()
        report.execution = .position
        report.position = QuantityLots(rawValue: 100)
        report.lastPrice = PriceTicks(rawValue: 10_000)
        report.tradeID = 1
        risk.update(report)
        report.position = QuantityLots(rawValue: 55)
        report.tradeID = 0
        risk.update(report)
        risk.run()
        #expect(risk.stage.instrument(0).position == 100, "what is only compared changes nothing")
        #expect(risk.account.profitE12 == 0)
        risk.mid(9_000)
        risk.run()
        #expect(risk.control.state == .reducing)
    }
}
