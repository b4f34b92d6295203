//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
import Messages
import Options
import TradingCore
public import VenueModel

/// What the venue model of a run is told.
public struct BacktestConfiguration {
    public var rules: VenueRules
    public var own: LatencyLaw
    public var entry: LatencyLaw
    public var response: LatencyLaw
    public var seed: UInt64
    /// 1e-12 of the quote currency.
    public var initialEquityE12: Int128
    public var fees: FeeSchedule
    /// Orders in ten seconds; 0: any number.
    public var orderRateMax: Int
    public var intervalNs: Int64

    /// - Throws: `EngineError` that names the key and where it was set.
    public init(_ settings: Settings) throws {
        let name = settings.text("backtest.queue_model")
        guard let model = QueueModel(name: name, power: settings.number("backtest.queue_power"))
        else { throw EngineError("backtest.queue_model: no model '\(name)'") }
        let exchange = VenueRules.Exchange(rawValue: settings.text("backtest.exchange"))
        rules = VenueRules(
            exchange: exchange ?? .partialFill, queue: model,
            sharesQueue: settings.boolean("backtest.shared_queue"),
            consumesShown: settings.boolean("backtest.consume_shown"))
        if rules.exchange == .noPartialFill {
            rules.sharesQueue = false
            rules.consumesShown = false
        }
        own = try Self.law(settings, "backtest.own_latency")
        entry = try Self.law(settings, "backtest.entry_latency")
        response = try Self.law(settings, "backtest.response_latency")
        seed = UInt64(settings.integer("backtest.seed"))
        initialEquityE12 = try Self.amountE12(settings, "backtest.initial_equity")
        var tiers: [FeeSchedule.Tier] = []
        for item in settings.items("backtest.fee_tiers") {
            tiers.append(
                FeeSchedule.Tier(
                    volumeMin: try Self.whole(item, "volume_min"),
                    makerPpm: Int64(item.integer("maker_ppm")),
                    takerPpm: Int64(item.integer("taker_ppm"))))
        }
        if tiers.isEmpty { tiers = [Self.firstTier] }
        fees = FeeSchedule(
            tiers: tiers, volumeBefore: try Self.whole(settings, "backtest.volume_30d"))
        orderRateMax = settings.integer("backtest.order_rate_10s")
        intervalNs = Int64(clamping: settings.durationNs("backtest.interval"))
        guard intervalNs >= 1_000_000 else { throw EngineError("backtest.interval: 1ms or more") }
    }

    /// Binance USD-M, regular users. Source: its fee page, August 2024.
    private static let firstTier = FeeSchedule.Tier(volumeMin: 0, makerPpm: 200, takerPpm: 500)

    private static func law(_ settings: Settings, _ key: String) throws -> LatencyLaw {
        let text = settings.text(key)
        do {
            return try LatencyText.law(text, histogram: settings.text("backtest.histogram"))
        } catch { throw EngineError("\(settings.origin(key)): \(key): \(error)") }
    }

    private static func amountE12(_ settings: Settings, _ key: String) throws -> Int128 {
        guard let e6 = Decimals.mantissa(settings.text(key), decimals: 6) else {
            throw EngineError("\(settings.origin(key)): \(key): at most six decimals")
        }
        return Int128(e6) * 1_000_000
    }

    private static func whole(_ settings: Settings, _ key: String) throws -> Int64 {
        guard let value = Decimals.mantissa(settings.text(key), decimals: 0) else {
            throw EngineError("\(settings.origin(key)): \(key): a whole number")
        }
        return value
    }
}
