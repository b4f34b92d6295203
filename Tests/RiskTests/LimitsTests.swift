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
import Testing

@Suite("Risk limits")
struct LimitsTests {
    private func refusal(
        _ account: AccountLimits = AccountLimits(), behaviour: BehaviourLimits = BehaviourLimits(),
        valueAtRisk: ValueAtRiskLimits = ValueAtRiskLimits(),
        limits: InstrumentLimits = Fixtures.limits(), table: InstrumentTable = Fixtures.table(1)
    ) -> RiskLimitsError? {
        do throws(RiskLimitsError) {
            _ = try RiskLimits(
                account: account, instruments: Array(repeating: limits, count: table.count),
                table: table, behaviour: behaviour, valueAtRisk: valueAtRisk)
            return nil
        } catch { return error }
    }

    private func account(_ change: (inout AccountLimits) -> Void) -> AccountLimits {
        var account = AccountLimits()
        change(&account)
        return account
    }

    @Test func `limits of the account out of their range are refused by name`() {
        let cases: [(String, AccountLimits)] = [
            ("openOrdersMax", account { $0.openOrdersMax = 0 }),
            ("openOrdersMax", account { $0.openOrdersMax = 65_537 }),
            ("messagesPerSecond", account { $0.messagesPerSecond = 0 }),
            ("messagesPerSecond", account { $0.messagesPerSecond = 1_000_001 }),
            ("messageBurst", account { $0.messageBurst = 0 }),
            ("messageBurst", account { $0.messageBurst = 1_000_001 }),
            ("cancelReserve", account { $0.cancelReserve = -1 }),
            ("startEquityE8", account { $0.startEquityE8 = -1 }),
            ("exposureMaxE4", account { $0.exposureMaxE4 = 10_000_001 }),
            ("cancelsPerSecond", account { $0.cancelsPerSecond = -1 }),
            ("cancelBurst", account { $0.cancelBurst = 0 }),
            ("marginRatioMinE4", account { $0.marginRatioMinE4 = -1 }),
            ("maintenanceRateE4", account { $0.maintenanceRateE4 = 10_001 }),
            ("losses", account { $0.losses.dailyE4 = 10_001 }),
            ("losses", account { $0.losses.drawdownFlattenE4 = -1 }),
            ("losses", account { $0.losses.dailyMaxE8 = -1 }),
        ]
        for (name, account) in cases {
            #expect(refusal(account) == .invalidAccountLimit(name))
        }
        #expect(refusal() == nil)
    }

    @Test func `limits of behaviour and of the value at risk have ranges`() {
        func behaviour(_ change: (inout BehaviourLimits) -> Void) -> RiskLimitsError? {
            var limits = BehaviourLimits()
            change(&limits)
            return refusal(behaviour: limits)
        }
        let refused = RiskLimitsError.invalidAccountLimit("behaviour")
        #expect(behaviour { $0.duplicatesMax = 31 } == nil)
        #expect(behaviour { $0.duplicatesMax = 32 } == refused)
        #expect(behaviour { $0.fillsMax = 1_001 } == refused)
        #expect(behaviour { $0.rejectsMax = -1 } == refused)
        #expect(behaviour { $0.ordersPerMinuteMax = 1_001 } == refused)
        func estimate(_ change: (inout ValueAtRiskLimits) -> Void) -> RiskLimitsError? {
            var limits = ValueAtRiskLimits()
            change(&limits)
            return refusal(valueAtRisk: limits)
        }
        let unfit = RiskLimitsError.invalidAccountLimit("valueAtRisk")
        #expect(estimate { $0.shareMaxE4 = 100_000 } == nil)
        #expect(estimate { $0.shareMaxE4 = 100_001 } == unfit)
        #expect(estimate { $0.confidence = 0.89 } == unfit)
        #expect(estimate { $0.confidence = 0.9999 } == unfit)
        #expect(estimate { $0.sampleCount = 31 } == unfit)
        #expect(estimate { $0.decay = 0.4 } == unfit)
        #expect(estimate { $0.decay = 1 } == unfit)
        #expect(estimate { $0.stepNs = 999_999 } == unfit)
        #expect(estimate { $0.horizonNs = $0.stepNs - 1 } == unfit)
    }

    @Test func `a limited value at risk is of at most 64 instruments that are traded`() {
        var limits = ValueAtRiskLimits()
        let many = Fixtures.table(65)
        #expect(refusal(valueAtRisk: limits, table: many) == nil)
        limits.shareMaxE4 = 1
        #expect(refusal(valueAtRisk: limits, table: Fixtures.table(64)) == nil)
        #expect(
            refusal(valueAtRisk: limits, table: many)
                == .invalidAccountLimit("valueAtRisk of more than 64 instruments"))
        var none = Fixtures.limits()
        none.orderQuantityMax = 0
        #expect(refusal(valueAtRisk: limits, limits: none, table: many) == nil)
    }

    @Test func `instruments that cannot be valued are refused, those of data alone are not`() {
        var instrument = Fixtures.instrument()
        instrument.isInverse = 1
        #expect(
            refusal(table: .standalone([instrument])) == .unsupportedInstrument(symbol: "BTC-USDT"))
        instrument.isDataOnly = 1
        #expect(refusal(table: .standalone([instrument])) == nil)
        instrument = Fixtures.instrument()
        instrument.tickLotValueE12 = 0
        #expect(refusal(table: .standalone([instrument])) != nil)
        var limits = Fixtures.limits()
        limits.positionMax = 1
        #expect(
            refusal(limits: limits)
                == .cannotPassOneOrder(symbol: "S0-USDT", limit: "positionMax"))
    }
}
