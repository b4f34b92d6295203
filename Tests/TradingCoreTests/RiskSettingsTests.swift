//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#if DEBUG
import Configuration
import Messages
import Risk
import Testing

@testable import TradingCore

@Suite("Settings of risk")
struct RiskSettingsTests {
    private func limits(
        _ assignments: [String] = [], isSessionRequired: Bool = true
    ) throws -> RiskLimits {
        var settings = Settings(schema: EngineSchema.keys)
        for assignment in assignments { try settings.read(assignment: assignment) }
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.symbolText = "BTC-USDT"
        instrument.priceDecimals = 1
        instrument.quantityDecimals = 3
        instrument.tickMantissa = 1
        instrument.lotMantissa = 1
        _ = instrument.deriveTickLotValue()
        return try PathSettings.risk(
            settings, instruments: .standalone([instrument]),
            isSessionRequired: isSessionRequired)
    }

    @Test func `by default losses, margin, duplicates and storms are limited`() throws {
        let limits = try limits()
        #expect(limits.account.losses == LossLimits())
        #expect(limits.account.exposureMaxE4 == 10_000)
        #expect(limits.account.startEquityE8 == 10_000_000_000_000)
        #expect(limits.account.marginRatioMinE4 == 20_000)
        #expect(limits.account.requiredGuards == [], "a simulated account")
        #expect(limits.behaviour.duplicatesMax == 8)
        #expect(limits.behaviour.rejectsMax == 20)
        #expect(limits.valueAtRisk.shareMaxE4 == 1_000)
    }

    @Test func `more messages than a venue takes are for simulated accounts alone`() throws {
        let wanted = ["risk.messages_per_second=4000", "risk.message_burst=400"]
        #expect(try limits(wanted).account.messagesPerSecond == 4_000)
        #expect(try limits(wanted).account.messageBurst == 400)
        for key in wanted {
            #expect(throws: EngineError.self) { try limits(["trading.account=live", key]) }
        }
        #expect(throws: Never.self) {
            try limits([
                "trading.account=live", "risk.messages_per_second=30", "risk.message_burst=300",
            ])
        }
    }

    @Test func `every key of the account reaches risk`() throws {
        let set = try limits([
            "risk.start_equity=1234.5", "risk.exposure_max=2.5", "risk.equity_age_max=7s",
            "risk.cancel_budget_per_second=9", "risk.cancel_budget_burst=11",
            "risk.stream_age_max=13s", "risk.daily_loss_bps=1", "risk.daily_loss_max=2",
            "risk.drawdown_bps=3", "risk.daily_loss_flatten_bps=4",
            "risk.drawdown_flatten_bps=5", "risk.margin_ratio_min_percent=150",
            "risk.maintenance_rate_bps=50",
        ]).account
        #expect(set.startEquityE8 == 123_450_000_000)
        #expect(set.exposureMaxE4 == 25_000)
        #expect(set.equityAgeMaxNs == 7_000_000_000)
        #expect(set.cancelsPerSecond == 9)
        #expect(set.cancelBurst == 11)
        #expect(set.streamAgeMaxNs == 13_000_000_000)
        var losses = LossLimits()
        losses.dailyE4 = 1
        losses.dailyMaxE8 = 200_000_000
        losses.drawdownE4 = 3
        losses.dailyFlattenE4 = 4
        losses.drawdownFlattenE4 = 5
        #expect(set.losses == losses)
        #expect(set.marginRatioMinE4 == 15_000)
        #expect(set.maintenanceRateE4 == 50)
    }

    @Test func `every key of behaviour and of the value at risk reaches risk`() throws {
        let set = try limits([
            "risk.repeated_fills_max=1", "risk.repeated_fills_window=2s",
            "risk.duplicate_orders_max=3", "risk.duplicate_orders_window=4s",
            "risk.rejects_max=5", "risk.rejects_window=6s", "risk.orders_per_minute_max=7",
            "risk.order_interval_min=8s", "risk.var_max_bps=9", "risk.var_confidence=0.95",
            "risk.var_horizon=10s", "risk.var_step=2s", "risk.var_samples=40",
            "risk.var_decay=0.9", "risk.start_equity=11",
        ])
        var behaviour = BehaviourLimits()
        behaviour.fillsMax = 1
        behaviour.fillsWindowNs = 2_000_000_000
        behaviour.duplicatesMax = 3
        behaviour.duplicatesWindowNs = 4_000_000_000
        behaviour.rejectsMax = 5
        behaviour.rejectsWindowNs = 6_000_000_000
        behaviour.ordersPerMinuteMax = 7
        behaviour.orderIntervalMinNs = 8_000_000_000
        #expect(set.behaviour == behaviour)
        var estimate = ValueAtRiskLimits()
        estimate.shareMaxE4 = 9
        estimate.confidence = 0.95
        estimate.horizonNs = 10_000_000_000
        estimate.stepNs = 2_000_000_000
        estimate.sampleCount = 40
        estimate.decay = 0.9
        estimate.startEquityE8 = 1_100_000_000
        #expect(set.valueAtRisk == estimate)
    }

    @Test func `a live account waits for its guards, a replay for none`() throws {
        let live = "trading.account=live"
        #expect(try limits([live]).account.requiredGuards == [.adoption], "nobody arms a switch")
        #expect(
            try limits([live, "trading.dead_man=30s"]).account.requiredGuards
                == [.deadMansSwitch, .adoption])
        let all: GuardSet = [
            .adoption, .reconciliation, .clock, .instrument, .journal, .permission,
        ]
        let words = "adoption,reconciliation,clock,instrument,journal,permission"
        #expect(
            try limits([live, "risk.required_guards=\(words)"]).account.requiredGuards == all)
        #expect(try limits([live, "risk.required_guards=none"]).account.requiredGuards == [])
        #expect(
            try limits([live, "risk.stream_age_max=1s"], isSessionRequired: false).account
                .streamAgeMaxNs == 0)
    }

    @Test func `limits that contradict each other are refused at start`() {
        #expect(throws: EngineError.self) { try limits(["risk.var_horizon=1ms"]) }
        #expect(throws: EngineError.self) { try limits(["risk.start_equity=0.123456789"]) }
    }
}
#endif
