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
        let account = AccountLimits(
            openOrdersMax: settings.integer("risk.account_open_orders_max"),
            messagesPerSecond: Int64(settings.integer("risk.messages_per_second")),
            messageBurst: Int64(settings.integer("risk.message_burst")),
            cancelReserve: Int64(settings.integer("risk.cancel_reserve")),
            isSessionRequired: isSessionRequired)
        do throws(RiskLimitsError) {
            return try RiskLimits(account: account, instruments: limits, table: instruments)
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
        guard
            let notional = Decimals.mantissa(
                settings.text("risk.order_notional_max"), decimals: 8)
        else { throw EngineError("risk.order_notional_max: 8 decimals at most") }
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
