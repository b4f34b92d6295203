//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Configuration
import Gateway
import Indicators
import Inference
import Messages
import Options
import Pipeline
import Platform
import Risk
import Technical
import Telemetry

/// From checked settings to what the stages are told. Refusals name key and origin.
public enum PathSettings {
    // MARK: Placement

    static func placement(_ settings: Settings) throws(EngineError) -> [ThreadPlan] {
        var custom: [ThreadPlan] = []
        for item in settings.items("placement.threads") {
            var stages: StageSet = []
            for name in item.list("stages") {
                if let stage = StageSet(name: name) { stages.formUnion(stage) }
            }
            let core = item.integer("core")
            custom.append(
                ThreadPlan(
                    name: item.text("name"), core: core < 0 ? nil : core, stages: stages,
                    priority: item.integer("priority")))
        }
        let mode = PlacementMode(rawValue: settings.text("placement.mode")) ?? .auto
        do throws(PlacementError) {
            return try Placement.resolve(
                mode, cores: usableCores(), custom: custom,
                isStrict: settings.text("system.mode") == "production")
        } catch { throw EngineError("\(error)") }
    }

    // MARK: Endpoints

    /// The addresses given for a venue; `nil` when none is given.
    ///
    /// - Parameter takesOrders: Whether an address for orders is needed.
    static func endpoints(
        _ settings: Settings, _ venue: Venue, takesOrders: Bool = true
    ) throws(EngineError) -> Endpoints? {
        let prefix = "endpoints.\(venue.text)"
        for name in settings.names(at: "endpoints.*.rest") where Venue(text: name) == nil {
            throw EngineError("endpoints.\(name): no such venue")
        }
        let rest = settings.optionalText("\(prefix).rest")
        let isBinary = venue == .binanceSpot && SpotEncoding(settings) == .sbe
        let streamKey = isBinary ? "sbe" : "stream"
        let stream = settings.optionalText("\(prefix).\(streamKey)")
        let api = settings.optionalText("\(prefix).api")
        if rest == nil, stream == nil, api == nil { return nil }
        // OKX takes orders on its private stream.
        let isOneStream = venue == .okx || !takesOrders
        guard let rest, let stream, let api = isOneStream ? stream : api else {
            throw EngineError(
                "\(prefix) needs rest and \(streamKey)\(isOneStream ? "" : " and api")")
        }
        guard rest.hasPrefix("https://") else {
            throw EngineError("\(prefix).rest must begin with https://")
        }
        let userStream = settings.optionalText("\(prefix).private") ?? stream
        for (key, address) in [(streamKey, stream), ("private", userStream), ("api", api)]
        where !address.hasPrefix("wss://") {
            throw EngineError("\(prefix).\(key) must begin with wss://")
        }
        return Endpoints(
            rest: rest, stream: stream, userStream: userStream, api: api,
            caFile: settings.optionalText("\(prefix).ca_file"))
    }

    // MARK: Stages

    /// What can be told without instruments; `checkBars` does the rest.
    static func kernel(_ settings: Settings) throws(EngineError) -> KernelConfiguration {
        var timeframes: [Timeframe] = []
        let key = "trading.timeframes"
        for text in settings.list(key) {
            guard let timeframe = Timeframe(text) else {
                throw EngineError("\(settings.origin(key)): \(key): no time frame '\(text)'")
            }
            timeframes.append(timeframe)
        }
        guard Set(timeframes).count == timeframes.count else {
            throw EngineError("\(settings.origin(key)): \(key): a time frame is listed twice")
        }
        var timeframesNs: [UInt64] = []
        var sampledBars: [SampledBar] = []
        for timeframe in timeframes {
            switch timeframe {
            case .time(let ns): timeframesNs.append(ns)
            case .sampled(let bar): sampledBars.append(bar)
            }
        }
        let triggers: [String: Trigger] = [
            "quote": .quote, "trade": .trade, "interval": .interval, "bar": .bar,
        ]
        let features = try features(settings)
        let indicators: IndicatorPlan
        do throws(IndicatorTextError) {
            indicators = try IndicatorPlan(
                settings.list("features.indicators"),
                hidden: features.flatMap(\.barColumns).map(\.indicator.canonicalText))
        } catch {
            let origin = settings.origin("features.indicators")
            throw EngineError("\(origin): features.indicators: \(error)")
        }
        var kernel = KernelConfiguration(
            trigger: triggers[settings.text("features.trigger")] ?? .quote,
            intervalNs: settings.durationNs("features.interval"), timeframesNs: timeframesNs,
            sampledBars: sampledBars, indicators: indicators)
        // "none" is no duration.
        kernel.candleNs = Durations.nanoseconds(settings.text("trading.klines")) ?? 0
        kernel.features = features
        try checkBars(kernel, of: .standalone([]))
        _ = try schema(settings, kernel)
        return kernel
    }

    /// That the bars of `kernel` can be built.
    static func checkBars(
        _ kernel: KernelConfiguration, of instruments: InstrumentTable
    ) throws(EngineError) {
        if let problem = kernel.problem(of: instruments) {
            throw EngineError("trading.timeframes: \(problem)")
        }
    }

    /// The features declared; none: the standard ones.
    private static func features(_ settings: Settings) throws(EngineError) -> [FeatureKind] {
        var features: [FeatureKind] = []
        for text in FeatureSpecification.joined(settings.list("features.schema")) {
            do throws(FeatureTextError) {
                features.append(try FeatureSpecification.parse(text))
            } catch { throw refusal(settings, error) }
        }
        return features
    }

    /// What the kernel's vectors hold.
    ///
    /// - Parameter instruments: Those of the run, to find leaders among; `nil`: not known yet.
    @discardableResult
    static func schema(
        _ settings: Settings, _ kernel: KernelConfiguration, instruments: InstrumentTable? = nil
    ) throws(EngineError) -> FeatureSchema {
        do throws(FeatureTextError) {
            guard let instruments else { return try kernel.schema() }
            return try kernel.schema(instruments: instruments)
        } catch { throw refusal(settings, error) }
    }

    private static func refusal(
        _ settings: Settings, _ error: FeatureTextError
    ) -> EngineError {
        EngineError("\(settings.origin("features.schema")): features.schema: \(error)")
    }

    static func gateway(
        _ settings: Settings, _ setups: [VenueSetup], maskSeed: UInt64
    ) -> GatewayConfiguration {
        let binance =
            setups.first { $0.venue == .binanceUSDM }?.credentials ?? .replay
        let windowMs = Int(settings.durationNs("execution.recv_window") / 1_000_000)
        let okx = setups.first { $0.venue == .okx }.map { setup in
            OKXOrderConfiguration(
                accountMode: OKXAccountMode(rawValue: setup.accountMode) ?? .spot,
                expiryWindowMs: windowMs, maskSeed: maskSeed &+ 1)
        }
        return GatewayConfiguration(
            apiKey: binance.apiKey, secret: binance.secret,
            recvWindowMs: windowMs,
            inFlightTimeoutNs: settings.durationNs("execution.in_flight_timeout"),
            unknownPolicy: settings.text("execution.unknown_orders") == "keep" ? .keep : .cancel,
            isAdoptedKept: settings.text("trading.orders_at_start") == "adopt",
            orderRates: setups.isEmpty || isBeyondVenues(settings) ? [] : OrderRate.documented,
            maskSeed: maskSeed, isSessionAuthenticated: binance.privateKey != nil, okx: okx)
    }

    /// A quantity in the base currency as whole lots, rounded down; contracts are worth what the
    /// instrument says.
    static func lots(_ text: String, _ instrument: Instrument) -> QuantityLots? {
        // Digits beyond a billionth are dropped: a limit is never rounded up.
        let parts = text.split(separator: ".")
        let kept = parts.count == 2 ? parts[0] + "." + parts[1].prefix(9) : parts[0]
        let shown = kept.last == "." ? kept.dropLast() : kept
        guard let baseE9 = Decimals.mantissa(shown, decimals: 9) else { return nil }
        let value = instrument.contractValueE9
        let contract = Int128(value == 0 ? 1_000_000_000 : value)
        var scale: Int128 = 1
        for _ in 0..<instrument.quantityDecimals { scale *= 10 }
        let lots = Int128(baseE9) * scale / (Int128(instrument.lotMantissa) * contract)
        return Int64(exactly: lots).map { QuantityLots(rawValue: $0) }
    }
}
