//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a feature is called, what it takes and what it is.
///
/// Common terms. *Top* is the newer of the book's and the best bid/offer message's best levels, by
/// update id; L5 and L10 are levels of the book alone. *Decayed tau* is a sum whose terms lose
/// weight as exp(-age / tau), ages by ingress time. *mid* is (bid + ask) / 2. A ratio whose
/// divisor is 0 is 0. What has its history only after a break of the book or a loss of the
/// connection is 0 until then, and the vector is not warm.
public struct FeatureDefinition: Sendable {
    public let name: String
    /// As a user writes them, with ranges; empty: none.
    public let parameters: String
    public let unit: String
    /// Formula, conventions and source in one line.
    public let summary: String
    let make: @Sendable (inout FeatureArguments) throws(FeatureTextError) -> FeatureKind

    init(
        _ name: String, _ parameters: String = "", unit: String, _ summary: String,
        make: @escaping @Sendable (inout FeatureArguments) throws(FeatureTextError) -> FeatureKind
    ) {
        self.name = name
        self.parameters = parameters
        self.unit = unit
        self.summary = summary
        self.make = make
    }
}

/// Every feature there is.
public enum FeatureCatalogue {
    public static let all: [FeatureDefinition] = book + flow + trades + others

    public static func find(_ name: some StringProtocol) -> FeatureDefinition? {
        all.first { $0.name == name }
    }

    /// The definition behind a feature; of a leader's, the leader's own.
    static func definition(of kind: FeatureKind) -> FeatureDefinition {
        guard let found = find(kind.canonicalText.prefix { $0 != "(" }) else {
            preconditionFailure("a definition for every feature")
        }
        return found
    }

    static let levels = 1...LevelHistory.depth
    static let flowCounts = 1...1_000
    /// Multiples of the grid's step.
    static let ages: ClosedRange<UInt64> = 10_000_000...10_000_000_000

    static let book: [FeatureDefinition] = [
        FeatureDefinition(
            "imbalance", "levels 1...10", unit: "1",
            "(bid - ask) / (bid + ask) quantity: of the top for 1, else over so many book levels"
        ) { arguments throws(FeatureTextError) in
            .imbalance(levels: try arguments.whole("levels", 1, levels))
        },
        FeatureDefinition(
            "microprice", unit: "bps",
            "(ask bidq + bid askq) / (bidq + askq) of the top, minus mid, of mid"
        ) { _ in .microprice },
        FeatureDefinition(
            "stoikov", "memory=1000, 10...1000000 mid changes", unit: "bps",
            """
            expected change of the mid when it next moves, of mid: first step G1 of Stoikov's \
            micro-price (The micro-price, 2018), learnt as it goes: ten classes of the top's \
            imbalance by spreads of 1, 2, 3 and more ticks, both sides as one by symmetry; a class \
            seen since the last change of the mid takes the new change in once, with weight \
            1/min(n, memory); ready after 100 changes
            """
        ) { arguments throws(FeatureTextError) in
            .stoikov(memory: try arguments.whole("memory", 1_000, 10...1_000_000))
        },
        FeatureDefinition("spread_ticks", unit: "ticks", "ask - bid of the top") { _ in
            .spreadTicks
        },
        FeatureDefinition("spread", unit: "bps", "ask - bid of the top, of mid") { _ in .spread },
        FeatureDefinition(
            "slope", "side bid or ask", unit: "1/tick",
            "(Q10 - Q1) / Q10 over the ticks from level 1 to 10, Qn the quantity of n levels"
        ) { arguments throws(FeatureTextError) in .slope(try arguments.half("side")) },
        FeatureDefinition(
            "queue_depletion", "side bid or ask, tau", unit: "1/s",
            """
            quantity taken from the best level by trades and cancels, decayed, over tau and the \
            quantity there now: what a smaller quantity at the same price lost, all of a level \
            that went
            """
        ) { arguments throws(FeatureTextError) in
            .queueDepletion(try arguments.half("side"), tauNs: try arguments.time("tau", nil))
        },
    ]

    static let flow: [FeatureDefinition] = [
        FeatureDefinition(
            "ofi", "count 1...1000, or tau, or levels 1...10 and tau", unit: "1",
            """
            order flow imbalance (Cont, Kukanov, Stoikov, The price impact of order book events, \
            2014) over bid + ask quantity: of the last count tops; of tops, both decayed; or \
            summed over so many book levels over their quantity, both decayed
            """
        ) { arguments throws(FeatureTextError) in
            if arguments.has("levels") {
                let levels = try arguments.whole("levels", nil, levels)
                return .levelFlow(levels: levels, tauNs: try arguments.time("tau", nil))
            }
            if arguments.has("tau") { return .flow(tauNs: try arguments.time("tau", nil)) }
            return .topFlow(count: try arguments.whole("count", nil, flowCounts))
        },
        FeatureDefinition(
            "quote_rate", "tau", unit: "1/s", "count of changes of the top, decayed, over tau"
        ) { arguments throws(FeatureTextError) in
            .quoteRate(tauNs: try arguments.time("tau", nil))
        },
        FeatureDefinition(
            "book_update_rate", "tau", unit: "1/s", "count of book updates, decayed, over tau"
        ) { arguments throws(FeatureTextError) in
            .bookUpdateRate(tauNs: try arguments.time("tau", nil))
        },
    ]

    static let trades: [FeatureDefinition] = [
        FeatureDefinition(
            "trade_imbalance", "tau", unit: "1",
            "(buy - sell) / (buy + sell) aggressor quantity, decayed"
        ) { arguments throws(FeatureTextError) in
            .tradeImbalance(tauNs: try arguments.time("tau", nil))
        },
        FeatureDefinition(
            "trade_rate", "tau", unit: "1/s", "count of trades, decayed, over tau"
        ) { arguments throws(FeatureTextError) in
            .tradeRate(tauNs: try arguments.time("tau", nil))
        },
        FeatureDefinition(
            "signed_volume", "tau", unit: "1",
            "buy - sell aggressor quantity, decayed, over L5 quantity"
        ) { arguments throws(FeatureTextError) in
            .signedVolume(tauNs: try arguments.time("tau", nil))
        },
        FeatureDefinition(
            "volume", "tau", unit: "1", "traded quantity, decayed, over L5 quantity"
        ) { arguments throws(FeatureTextError) in
            .volume(tauNs: try arguments.time("tau", nil))
        },
        FeatureDefinition(
            "time_since_trade", unit: "s", "at most 60; 60 before the first"
        ) { _ in .timeSinceTrade },
        FeatureDefinition("last_trade", unit: "bps", "last trade's price minus mid, of mid") {
            _ in .lastTrade
        },
        FeatureDefinition(
            "effective_spread", "tau", unit: "bps",
            "2 |price - mid| / mid, mid when the trade arrived: mean of trades, decayed"
        ) { arguments throws(FeatureTextError) in
            .effectiveSpread(tauNs: try arguments.time("tau", nil))
        },
        FeatureDefinition(
            "realised_spread", "horizon 10ms...10m, tau", unit: "bps",
            """
            2 s (price - mid') / mid, s 1 for a buyer and -1 for a seller as aggressor, mid when \
            the trade arrived and mid' a horizon later (Huang, Stoll, 1996): mean of trades, \
            decayed from the first record behind the horizon on; of the last 1024 trades
            """
        ) { arguments throws(FeatureTextError) in
            let horizon = try arguments.time("horizon", nil, 10_000_000...600_000_000_000)
            return .realisedSpread(horizonNs: horizon, tauNs: try arguments.time("tau", nil))
        },
        FeatureDefinition(
            "vpin", "bucket in coins or contracts, count=50, 1...1000", unit: "1",
            """
            sum |buy - sell| / (n bucket) of the last n = count full buckets of volume, sides as \
            the venue says; a trade fills as many buckets as it takes (Easley, Lopez de Prado, \
            O'Hara, Flow toxicity and liquidity in a high-frequency world, 2012); ready when full
            """
        ) { arguments throws(FeatureTextError) in
            let bucket = try arguments.quantityE9("bucket")
            return .vpin(bucketE9: bucket, count: try arguments.whole("count", 50, 1...1_000))
        },
        FeatureDefinition(
            "kyle_lambda", "interval=1s, 10ms...10m, tau", unit: "bps",
            """
            price impact of one coin or contract (Kyle, Continuous auctions and insider trading, \
            1985): sum xy / sum xx, decayed, x the signed volume of an interval, y the change of \
            the mid in it; an interval the book broke in is left out
            """
        ) { arguments throws(FeatureTextError) in
            let interval = arguments.has("interval")
                ? try arguments.time("interval", nil, 10_000_000...600_000_000_000)
                : 1_000_000_000
            return .kyleLambda(intervalNs: interval, tauNs: try arguments.time("tau", nil))
        },
    ]

    static let others: [FeatureDefinition] = [
        FeatureDefinition(
            "mid_return", "age 10ms...10s, whole 10ms", unit: "bps",
            "mid against the mid that long ago, on a grid of 10ms"
        ) { arguments throws(FeatureTextError) in
            let age = try arguments.time("age", nil, ages)
            guard age % ages.lowerBound == 0 else {
                throw FeatureTextError(arguments.feature, "age is no multiple of 10ms")
            }
            return .midReturn(ageNs: age)
        },
        FeatureDefinition(
            "volatility", "tau", unit: "bps", "root of the decayed squares of the mid's changes"
        ) { arguments throws(FeatureTextError) in
            .volatility(tauNs: try arguments.time("tau", nil))
        },
        FeatureDefinition(
            "bar", "indicator, time frame", unit: "bps or 1",
            """
            the indicator's number of the last closed bar: a price as (mid - value) / mid and a \
            difference of prices as value / mid in bps, others centred and of width 1
            """
        ) { arguments throws(FeatureTextError) in
            let (indicator, output) = try arguments.column("indicator")
            return .bar(
                try scaled(
                    BarColumn(
                        indicator: indicator, output: output,
                        timeframeNs: try arguments.time("timeframe", nil, timeframes)),
                    arguments))
        },
        FeatureDefinition(
            "bar_forming", "indicator, time frame", unit: "bps or 1",
            "as bar, of the bar that still forms, as if it closed as it stands"
        ) { arguments throws(FeatureTextError) in
            let (indicator, output) = try arguments.column("indicator")
            return .bar(
                try scaled(
                    BarColumn(
                        indicator: indicator, output: output,
                        timeframeNs: try arguments.time("timeframe", nil, timeframes),
                        isForming: true),
                    arguments))
        },
        FeatureDefinition(
            "bar_gap", "indicator, indicator, time frame", unit: "bps",
            "the first indicator's price minus the second's, of mid, of the last closed bar"
        ) { arguments throws(FeatureTextError) in
            let (one, oneOutput) = try arguments.column("indicator")
            let (other, otherOutput) = try arguments.column("indicator")
            let frame = try arguments.time("timeframe", nil, timeframes)
            let columns = [(one, oneOutput), (other, otherOutput)].map {
                BarColumn(indicator: $0.0, output: $0.1, timeframeNs: frame)
            }
            for column in columns {
                guard BarForm(column)?.form == .level else {
                    throw FeatureTextError(arguments.feature, "\(column.text) is no price")
                }
            }
            return .barGap(columns[0], columns[1])
        },
        FeatureDefinition(
            "leader", "instrument as in BTC-USDT or okx:BTC-USDT-SWAP, feature",
            unit: "the feature's",
            "a feature of another instrument of the run, as known when this one decides; 0 while "
                + "that one's book is not valid"
        ) { arguments throws(FeatureTextError) in
            let instrument = try arguments.text("instrument")
            let kind = try FeatureSpecification.parse(try arguments.text("feature"))
            if case .leader = kind {
                throw FeatureTextError(arguments.feature, "a leader has no leader")
            }
            return .leader(instrument: instrument, kind)
        },
    ]

    private static let timeframes: ClosedRange<UInt64> = 1...31_536_000_000_000_000

    private static func scaled(
        _ column: BarColumn, _ arguments: FeatureArguments
    ) throws(FeatureTextError) -> BarColumn {
        if BarForm(column) == nil {
            throw FeatureTextError(
                arguments.feature, "\(column.text) has no bounds to be scaled by")
        }
        return column
    }
}
