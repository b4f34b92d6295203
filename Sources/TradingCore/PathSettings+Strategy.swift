//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Messages
import Strategy

extension PathSettings {
    static func strategy(_ settings: Settings) throws(EngineError) -> StrategyConfiguration {
        let order = try notional(settings, "strategy.order_notional")
        let position = try notional(settings, "strategy.position_notional")
        let style: OrderStyle = settings.text("strategy.order") == "ioc" ? .ioc : .postOnly
        let offset = Int64(settings.integer("strategy.offset_ticks"))
        let restingNs = settings.durationNs("strategy.resting_max")
        let configuration: StrategyConfiguration
        if settings.text("strategy.name") == "reflex" {
            configuration = .reflex(
                ReflexParameters(
                    spreadTicksMin: Int64(settings.integer("strategy.spread_ticks_min")),
                    imbalanceMin: Float(settings.number("strategy.imbalance_min")),
                    intervalNs: settings.durationNs("strategy.interval"),
                    sideRule: settings.text("strategy.side") == "imbalance"
                        ? .imbalance : .alternating,
                    style: style, offsetTicks: offset, orderQuantity: order,
                    positionMax: position, restingMaxNs: restingNs,
                    workingOrdersMax: settings.integer("strategy.working_orders_max")))
        } else {
            configuration = .signalThreshold(
                SignalThresholdParameters(
                    buyAboveBps: Float(settings.number("strategy.buy_above_bps")),
                    sellBelowBps: Float(settings.number("strategy.sell_below_bps")),
                    buyProbability: optionalNumber(settings, "strategy.buy_probability"),
                    sellProbability: optionalNumber(settings, "strategy.sell_probability"),
                    limits: signalLimits(settings),
                    cooldownNs: settings.durationNs("strategy.cooldown"),
                    turnCooldownNs: settings.durationNs("strategy.signal_cooldown"),
                    targetPosition: position, orderQuantity: order, style: style,
                    offsetTicks: offset, restingMaxNs: restingNs))
        }
        if let problem = configuration.problem { throw EngineError("strategy: \(problem)") }
        return configuration
    }

    private static func notional(
        _ settings: Settings, _ path: String
    ) throws(EngineError) -> StrategySize {
        guard let value = Decimals.mantissa(settings.text(path), decimals: 8), value > 0 else {
            throw EngineError(
                "\(settings.origin(path)): \(path) must be above 0, 8 decimals at most")
        }
        return .quoteNotionalE8(value)
    }

    /// How large one order may be.
    static func sizing(_ settings: Settings) throws(EngineError) -> SizingParameters {
        let key = "strategy.sizing"
        let methods: [String: SizingMethod] = [
            "equity": .equity, "volatility": .volatility, "kelly": .kelly,
        ]
        guard let equity = Decimals.mantissa(settings.text("\(key).equity"), decimals: 8) else {
            throw EngineError("\(settings.origin("\(key).equity")): 8 decimals at most")
        }
        let sizing = SizingParameters(
            method: methods[settings.text("\(key).method")] ?? .fixed,
            equityShare: settings.number("\(key).equity_share"),
            volatilityTarget: settings.number("\(key).volatility_target"),
            kellyFraction: settings.number("\(key).kelly_fraction"),
            shareMax: settings.number("\(key).share_max"),
            stepNs: settings.durationNs("\(key).step"),
            decay: settings.number("\(key).decay"),
            warmUpSteps: settings.integer("\(key).warm_up"),
            horizonNs: settings.durationNs("\(key).horizon"), equityE8: equity)
        if let problem = sizing.problem { throw EngineError("\(key): \(problem)") }
        if case .kelly = sizing.method, settings.text("strategy.name") == "reflex" {
            throw EngineError("\(key): kelly needs a score, which reflex has not")
        }
        return sizing
    }

    private static func signalLimits(_ settings: Settings) -> SignalLimits {
        let agreement = settings.number("strategy.minimum_agreement")
        return SignalLimits(
            scoreMaxBps: Float(settings.number("strategy.score_max")),
            stuckAfter: UInt32(settings.integer("strategy.stuck_after")),
            minimumConfidence: Float(settings.number("strategy.minimum_confidence")),
            minimumAgreementPercent: UInt8((agreement * 100).rounded()))
    }

    private static func optionalNumber(_ settings: Settings, _ path: String) -> Float? {
        settings.optionalText(path) == nil ? nil : Float(settings.number(path))
    }
}
