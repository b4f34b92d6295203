//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#if DEBUG
import Configuration
import Messages
import Strategy
import Testing

@testable import TradingCore

@Suite("Settings of the strategy")
struct StrategySettingsTests {
    private func parameters(_ assignments: String...) throws -> SignalThresholdParameters {
        let configuration = try configuration(assignments)
        guard case .signalThreshold(let parameters) = configuration else {
            throw EngineError("another strategy")
        }
        return parameters
    }

    private func configuration(_ assignments: [String]) throws -> StrategyConfiguration {
        var settings = Settings(schema: EngineSchema.keys)
        for assignment in ["strategy.name=signal-threshold"] + assignments {
            try settings.read(assignment: assignment)
        }
        return try PathSettings.strategy(settings)
    }

    @Test func `signals are checked unless told otherwise`() throws {
        let plain = try parameters()
        #expect(plain.limits == SignalLimits(scoreMaxBps: 100, stuckAfter: 1_000))
        #expect(plain.buyProbability == nil)
        #expect(plain.sellProbability == nil)
        #expect(plain.turnCooldownNs == 0)
    }

    @Test func `every key of the checks reaches the strategy`() throws {
        let set = try parameters(
            "strategy.score_max=12.5", "strategy.stuck_after=0",
            "strategy.minimum_confidence=0.25", "strategy.minimum_agreement=0.55",
            "strategy.buy_probability=0.65", "strategy.sell_probability=0.35",
            "strategy.cooldown=3s", "strategy.signal_cooldown=7s")
        #expect(
            set.limits
                == SignalLimits(
                    scoreMaxBps: 12.5, stuckAfter: 0, minimumConfidence: 0.25,
                    minimumAgreementPercent: 55))
        #expect(set.buyProbability == 0.65)
        #expect(set.sellProbability == 0.35)
        #expect(set.cooldownNs == 3_000_000_000)
        #expect(set.turnCooldownNs == 7_000_000_000)
    }

    @Test func `a signal's action is what its strategy would do`() throws {
        let strategy = try configuration([
            "strategy.score_max=10", "strategy.minimum_agreement=0.6",
            "strategy.buy_probability=0.65",
        ])
        var signal = Signal()
        (signal.bid, signal.ask) = (PriceTicks(10), PriceTicks(11))
        (signal.score, signal.confidence, signal.agreement) = (2, 0.5, 100)
        #expect(strategy.action(of: signal) == "invalid")
        signal.isValid = 1
        #expect(strategy.action(of: signal) == "buy")
        signal.confidence = 0.25
        #expect(strategy.action(of: signal) == "hold", "p is 0.625")
        signal.score = -2
        #expect(strategy.action(of: signal) == "sell", "no threshold of p on this side")
        signal.agreement = 59
        #expect(strategy.action(of: signal) == "hold")
        (signal.agreement, signal.score) = (100, -11)
        #expect(strategy.action(of: signal) == "hold")
    }
}
#endif
