//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
import Gateway
import Indicators
public import Messages
import Options
import Risk
import Strategy

extension PathSettings {
    /// The limits of every instrument of the table, checked: with them an order can pass.
    ///
    /// - Parameter watchesUnvalued: Instruments whose orders could not be valued are followed all
    ///   the same, and nothing of them is traded.
    static func risk(
        _ settings: Settings, instruments: InstrumentTable, isSessionRequired: Bool = true,
        watchesUnvalued: Bool = false
    ) throws(EngineError) -> RiskLimits {
        var own: [String: Settings] = [:]
        for item in settings.items("risk.instruments") {
            guard let symbol = item.optionalText("symbol") else {
                throw EngineError("risk.instruments: an entry without 'symbol'")
            }
            own[symbol] = item
        }
        var limits: [InstrumentLimits] = []
        var used: Set<String> = []
        for id in 0..<UInt32(instruments.count) {
            let instrument = instruments[id]
            let qualified = "\(instrument.venue.text):\(instrument.symbolText)"
            used.formUnion([qualified, instrument.symbolText])
            let item = own[qualified] ?? own[instrument.symbolText]
            var allowed = try instrumentLimits(settings, item, instrument)
            if instrument.isDataOnly != 0
                || watchesUnvalued
                    && (instrument.isInverse != 0 || instrument.tickLotValueE12 < 1)
            {
                allowed.orderQuantityMax = 0
                allowed.positionMax = 0
            }
            limits.append(allowed)
        }
        // The built-in profile has limits for every symbol of the demonstration, traded or not.
        if let unused = own.keys.sorted().first(where: { !used.contains($0) }),
            !(own[unused]?.origin("symbol") ?? "").hasPrefix(DemoProfile.source)
        {
            throw EngineError("risk.instruments: \(unused) is not traded")
        }
        // A replay may be of more instruments than the value at risk follows.
        let isLimited =
            isSessionRequired || instruments.count <= ValueAtRiskLimits.instrumentMax
        let account = try accountLimits(settings, isSessionRequired: isSessionRequired)
        do throws(RiskLimitsError) {
            return try RiskLimits(
                account: account, instruments: limits, table: instruments,
                behaviour: behaviourLimits(settings),
                valueAtRisk: valueAtRiskLimits(settings, account, isLimited: isLimited))
        } catch {
            switch error {
            case .cannotPassOneOrder(let symbol, let limit):
                throw EngineError("risk limits of \(symbol): \(limit) lets no order pass")
            case .unsupportedInstrument(let symbol):
                throw EngineError("\(symbol) is not a linear contract that can be valued")
            case .invalidAccountLimit(let limit):
                throw EngineError("risk: \(limit) is out of range")
            case .instrumentCount:
                throw EngineError("risk: not one set of limits per instrument")
            }
        }
    }

    /// An amount of the quote currency in 1e-8.
    private static func moneyE8(
        _ settings: Settings, _ key: String
    ) throws(EngineError) -> Int64 {
        guard let money = Decimals.mantissa(settings.text(key), decimals: 8) else {
            throw EngineError("\(key): 8 decimals at most")
        }
        return money
    }

    private static func accountLimits(
        _ settings: Settings, isSessionRequired: Bool
    ) throws(EngineError) -> AccountLimits {
        try checkMessageRate(settings)
        var account = AccountLimits(
            openOrdersMax: settings.integer("risk.account_open_orders_max"),
            messagesPerSecond: Int64(settings.integer("risk.messages_per_second")),
            messageBurst: Int64(settings.integer("risk.message_burst")),
            cancelReserve: Int64(settings.integer("risk.cancel_reserve")),
            isSessionRequired: isSessionRequired)
        account.startEquityE8 = try moneyE8(settings, "risk.start_equity")
        account.exposureMaxE4 = Int64((settings.number("risk.exposure_max") * 10_000).rounded())
        account.equityAgeMaxNs = settings.durationNs("risk.equity_age_max")
        account.cancelsPerSecond = Int64(settings.integer("risk.cancel_budget_per_second"))
        account.cancelBurst = Int64(settings.integer("risk.cancel_budget_burst"))
        // A replay has no user stream that could be silent.
        account.streamAgeMaxNs = isSessionRequired ? settings.durationNs("risk.stream_age_max") : 0
        account.losses.dailyE4 = Int64(settings.integer("risk.daily_loss_bps"))
        account.losses.dailyMaxE8 = try moneyE8(settings, "risk.daily_loss_max")
        account.losses.drawdownE4 = Int64(settings.integer("risk.drawdown_bps"))
        account.losses.dailyFlattenE4 = Int64(settings.integer("risk.daily_loss_flatten_bps"))
        account.losses.drawdownFlattenE4 = Int64(settings.integer("risk.drawdown_flatten_bps"))
        account.marginRatioMinE4 = Int64(settings.integer("risk.margin_ratio_min_percent")) * 100
        account.maintenanceRateE4 = Int64(settings.integer("risk.maintenance_rate_bps"))
        if isSessionRequired { account.requiredGuards = requiredGuards(settings) }
        return account
    }

    /// The most that real venues take.
    private static let messageBounds = [
        ("risk.messages_per_second", 30), ("risk.message_burst", 300),
    ]

    /// Whether more messages are allowed than real venues take; their limits do not hold then.
    static func isBeyondVenues(_ settings: Settings) -> Bool {
        messageBounds.contains { settings.integer($0.0) > $0.1 }
    }

    /// Only a simulated venue may be sent more than real ones take.
    private static func checkMessageRate(_ settings: Settings) throws(EngineError) {
        if settings.text("trading.account") == "simulated" { return }
        for (key, most) in messageBounds where settings.integer(key) > most {
            throw EngineError("\(key): above \(most) on a simulated account alone")
        }
    }

    /// What must be reported to hold before the first order: of a simulated account nothing.
    private static func requiredGuards(_ settings: Settings) -> GuardSet {
        if settings.text("trading.account") != "live" { return [] }
        var guards: GuardSet = []
        for name in settings.list("risk.required_guards") {
            switch name {
            case "dead-man":
                // Nobody arms a switch that is off.
                if settings.durationNs("trading.dead_man") > 0 { guards.insert(.deadMansSwitch) }
            case "adoption": guards.insert(.adoption)
            case "reconciliation": guards.insert(.reconciliation)
            case "clock": guards.insert(.clock)
            case "instrument": guards.insert(.instrument)
            case "journal": guards.insert(.journal)
            case "permission": guards.insert(.permission)
            default: break
            }
        }
        return guards
    }

    private static func behaviourLimits(_ settings: Settings) -> BehaviourLimits {
        var limits = BehaviourLimits()
        limits.fillsMax = settings.integer("risk.repeated_fills_max")
        limits.fillsWindowNs = settings.durationNs("risk.repeated_fills_window")
        limits.duplicatesMax = settings.integer("risk.duplicate_orders_max")
        limits.duplicatesWindowNs = settings.durationNs("risk.duplicate_orders_window")
        limits.rejectsMax = settings.integer("risk.rejects_max")
        limits.rejectsWindowNs = settings.durationNs("risk.rejects_window")
        limits.ordersPerMinuteMax = settings.integer("risk.orders_per_minute_max")
        limits.orderIntervalMinNs = settings.durationNs("risk.order_interval_min")
        return limits
    }

    private static func valueAtRiskLimits(
        _ settings: Settings, _ account: AccountLimits, isLimited: Bool
    ) -> ValueAtRiskLimits {
        var limits = ValueAtRiskLimits()
        limits.shareMaxE4 = isLimited ? Int64(settings.integer("risk.var_max_bps")) : 0
        limits.confidence = settings.number("risk.var_confidence")
        limits.horizonNs = settings.durationNs("risk.var_horizon")
        limits.stepNs = settings.durationNs("risk.var_step")
        limits.sampleCount = settings.integer("risk.var_samples")
        limits.decay = settings.number("risk.var_decay")
        limits.startEquityE8 = account.startEquityE8
        return limits
    }

    private static func instrumentLimits(
        _ settings: Settings, _ item: Settings?, _ instrument: Instrument
    ) throws(EngineError) -> InstrumentLimits {
        func lots(_ key: String) throws(EngineError) -> Int64 {
            let text = item?.optionalText(key) ?? settings.text("risk.\(key)")
            guard let lots = Self.lots(text, instrument) else {
                throw EngineError("risk.\(key) of \(instrument.symbolText): '\(text)' does not fit")
            }
            return lots.rawValue
        }
        let notional = try moneyE8(settings, "risk.order_notional_max")
        var references: RequiredReferences = []
        for name in settings.list("risk.references") {
            references.formUnion(["mid": .mid, "mark": .mark, "last": .last][name] ?? [])
        }
        return InstrumentLimits(
            orderQuantityMax: try lots("order_quantity_max"), orderNotionalMaxE8: notional,
            collarE4: Int64(settings.integer("risk.price_collar_bps")),
            positionMax: try lots("position_max"),
            openOrdersMax: Int64(settings.integer("risk.open_orders_max")),
            requiredReferences: references,
            markAgeMaxNs: settings.durationNs("risk.mark_age_max"),
            lastAgeMaxNs: settings.durationNs("risk.last_age_max"),
            receiveAgeMaxNs: settings.durationNs("risk.market_data_age_max"),
            venueAgeMaxNs: settings.durationNs("risk.venue_age_max"),
            venueSkewMaxNs: settings.durationNs("risk.venue_skew_max"))
    }

    /// What the stages of an engine are told, and those of a replay of its journal.
    ///
    /// - Throws: `EngineError` for what cannot be traded with.
    static func trading(
        _ settings: Settings, _ setups: [VenueSetup], instruments: InstrumentTable,
        orderIDBase: UInt64, maskSeed: UInt64
    ) throws(EngineError) -> PathConfiguration {
        let kernel = try kernel(settings)
        try checkBars(kernel, of: instruments)
        try schema(settings, kernel, instruments: instruments)
        var configuration = PathConfiguration(
            kernel: kernel, models: try models(settings, kernel),
            strategy: try strategy(settings),
            risk: try risk(settings, instruments: instruments),
            gateway: gateway(settings, setups, maskSeed: maskSeed), orderIDBase: orderIDBase)
        configuration.ensembleLimits = ensembleLimits(settings)
        configuration.execution = try execution(settings)
        configuration.algorithm = algorithm(settings)
        configuration.sizing = try sizing(settings)
        return configuration
    }

    /// Everything for a replay: no keys, no sessions reported, the stand-in venue as counterparty.
    public static func replay(
        _ settings: Settings, instruments: InstrumentTable, timeframe: Timeframe
    ) throws(EngineError) -> PathConfiguration {
        var kernel = try kernel(settings)
        kernel.add(timeframe)
        try checkBars(kernel, of: instruments)
        try schema(settings, kernel, instruments: instruments)
        // The stand-in venue has no sessions, and speaks as Binance whatever the recording is of.
        var gateway = gateway(settings, [], maskSeed: 1)
        gateway.isSessionAssumedUp = true
        var configuration = PathConfiguration(
            kernel: kernel, models: try models(settings, kernel),
            strategy: try strategy(settings),
            risk: try risk(
                settings, instruments: instruments, isSessionRequired: false,
                watchesUnvalued: true),
            gateway: gateway,
            orderIDBase: 1 << 32)
        configuration.ensembleLimits = ensembleLimits(settings)
        configuration.execution = try execution(settings)
        configuration.algorithm = algorithm(settings)
        configuration.sizing = try sizing(settings)
        return configuration
    }
}
