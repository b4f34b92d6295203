//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Options

/// What a feature vector holds: the names, units and parameters of its values in order, and a hash
/// over all of it that a model carries, so that a model never reads features it was not made for.
public struct FeatureSchema: Sendable, Equatable {
    public struct Feature: Sendable, Equatable {
        public let kind: FeatureKind
        /// Of a column: no blank and no comma.
        public let name: String
        public let unit: String
        /// Definition in words, part of the hash: a changed definition is another feature.
        public let parameters: String
        /// Whether it changes sign when bids and asks, buys and sells change places.
        public var isDirectional: Bool { kind.isDirectional }
    }

    /// Values a vector has room for.
    public static let countMax = Int(APUS_FEATURE_COUNT_MAX)

    public let version = 1
    public let features: [Feature]
    /// 64-bit FNV-1a over `canonicalText`.
    public let hash: UInt64

    /// The standard features.
    ///
    /// - Parameter timeframeNs: Of the bars behind the indicator features: the kernel's first.
    public init(timeframeNs: UInt64 = 1_000_000_000) {
        let standard = StandardFeatures(timeframeNs: timeframeNs)
        self.init(standard.features)
    }

    /// The features declared, in their order; none: the standard ones.
    ///
    /// - Parameter timeframesNs: Of the bars there are, at least one.
    public init(
        declared: [FeatureKind], timeframesNs: [UInt64]
    ) throws(FeatureTextError) {
        let standard = StandardFeatures(timeframeNs: timeframesNs[0])
        guard !declared.isEmpty else {
            self.init(standard.features)
            return
        }
        guard declared.count <= Self.countMax else {
            throw FeatureTextError(
                declared[Self.countMax].canonicalText,
                "\(declared.count) are declared; \(Self.countMax) are possible")
        }
        var features: [Feature] = []
        for kind in declared {
            let text = kind.canonicalText
            let feature = standard.find(text) ?? Feature(
                kind: kind, name: FeatureText.columnName(text),
                unit: Self.unit(of: kind), parameters: text)
            guard !features.contains(where: { $0.name == feature.name }) else {
                throw FeatureTextError(text, "it is declared twice")
            }
            for column in kind.barColumns where !timeframesNs.contains(column.timeframeNs) {
                throw FeatureTextError(
                    text, "there are no bars of \(FeatureText.time(column.timeframeNs))")
            }
            features.append(feature)
        }
        self.init(features)
    }

    private init(_ features: [Feature]) {
        self.features = features
        hash = TextHash.fnv1a(Self.canonicalText(version: version, features))
    }

    public var names: [String] { features.map(\.name) }
    public var canonicalText: String { Self.canonicalText(version: version, features) }

    private static func canonicalText(version: Int, _ features: [Feature]) -> String {
        features.reduce("apus-features \(version)\n") {
            $0 + "\($1.name)|\($1.unit)|\($1.parameters)\n"
        }
    }

    private static func unit(of kind: FeatureKind) -> String {
        switch kind {
        case .leader(_, let inner): unit(of: inner)
        case .bar(let column):
            switch BarForm(column)?.form {
            case .level, .difference: "bps"
            default: "1"
            }
        default: FeatureCatalogue.definition(of: kind).unit
        }
    }
}

extension FeatureKind {
    /// The numbers of bars it is made from.
    public var barColumns: [BarColumn] {
        switch self {
        case .bar(let column): [column]
        case .barGap(let one, let other): [one, other]
        case .leader(_, let kind): kind.barColumns
        default: []
        }
    }

    /// The instrument it leads with, if it is another's.
    public var leaderName: String? {
        if case .leader(let instrument, _) = self { return instrument }
        return nil
    }
}

extension [FeatureKind] {
    /// As many features of a run whose only instrument is `name`: it leads itself; where that
    /// makes two alike, another stands in.
    public func ledByOne(_ name: String) -> [FeatureKind] {
        var result: [FeatureKind] = []
        for (index, kind) in enumerated() {
            let alike = kind.leaderName == nil ? kind : .leader(instrument: name, kind.own)
            result.append(
                result.contains(alike)
                    ? .leader(instrument: name, .topFlow(count: 1_000 - index)) : alike)
        }
        return result
    }
}

/// The features there are without a declaration. Names, units, texts and order are those that
/// models were fitted on: a change of any is another schema.
struct StandardFeatures {
    /// Indicators that they read.
    static let indicatorTexts = [
        "ema(12)", "ema(26)", "rsi(14)", "macd(12,26,9)", "bollinger(20,2)",
    ]

    let features: [FeatureSchema.Feature]

    init(timeframeNs: UInt64) {
        let bars = "bars=\(timeframeNs)ns"
        let frame = FeatureText.time(timeframeNs)
        features = (Self.rows + Self.barRows(frame: frame, bars: bars)).map { row in
            guard let kind = try? FeatureSpecification.parse(row.0) else {
                preconditionFailure("\(row.0) is a feature")
            }
            return FeatureSchema.Feature(
                kind: kind, name: row.1, unit: row.2, parameters: row.3)
        }
    }

    func find(_ canonicalText: String) -> FeatureSchema.Feature? {
        features.first { $0.kind.canonicalText == canonicalText }
    }

    private typealias Row = (String, String, String, String)

    private static func barRows(frame: String, bars: String) -> [Row] {
        [
            ("bar(rsi(14),\(frame))", "rsi_14", "1", "(rsi-50)/50, " + bars),
            ("bar(macd(12,26,9).histogram,\(frame))", "macd_histogram", "bps",
             "12/26/9, of mid, " + bars),
            ("bar(bollinger(20,2).percent_b,\(frame))", "bollinger_percent_b", "1",
             "20, 2 sigma, minus 0.5, " + bars),
            ("bar_gap(ema(12),ema(26),\(frame))", "ema_gap_12_26", "bps",
             "ema 12 minus ema 26, of mid, " + bars),
            ("bar(ema(12),\(frame))", "close_minus_ema_12", "bps",
             "mid minus ema 12, of mid, " + bars),
        ]
    }

    private static let rows: [Row] = [
        ("imbalance(1)", "imbalance_l1", "1", "(bid-ask)/(bid+ask) quantity of the top"),
        ("imbalance(5)", "imbalance_l5", "1", "same over 5 book levels"),
        ("imbalance(10)", "imbalance_l10", "1", "same over 10 book levels"),
        ("microprice", "microprice_minus_mid", "bps",
         "(ask*bidq+bid*askq)/(bidq+askq) of the top"),
        ("spread_ticks", "spread_ticks", "ticks", "top"),
        ("spread", "spread_bps", "bps", "top, of mid"),
        ("ofi(10)", "ofi_10", "1", "order flow imbalance over bid+ask quantity, last 10 tops"),
        ("ofi(100)", "ofi_100", "1", "same, last 100 tops"),
        ("ofi(tau=1s)", "ofi_1s", "1", "same, both decayed tau=1s"),
        ("ofi(levels=5,tau=1s)", "ofi_levels_5_1s", "1",
         "sum over 5 book levels over their quantity, tau=1s"),
        ("ofi(levels=10,tau=1s)", "ofi_levels_10_1s", "1", "same, 10 levels"),
        ("trade_imbalance(100ms)", "trade_imbalance_100ms", "1",
         "(buy-sell)/(buy+sell) aggressor lots, tau=0.1s"),
        ("trade_imbalance(1s)", "trade_imbalance_1s", "1", "same, tau=1s"),
        ("trade_imbalance(10s)", "trade_imbalance_10s", "1", "same, tau=10s"),
        ("trade_rate(1s)", "trade_rate_1s", "1/s", "decayed count over tau=1s"),
        ("signed_volume(1s)", "signed_volume_1s", "1",
         "decayed buy-sell lots, tau=1s, over L5 quantity"),
        ("volume(10s)", "volume_10s", "1", "decayed buy+sell lots, tau=10s, over L5 quantity"),
        ("mid_return(100ms)", "mid_return_100ms", "bps", "against mid 0.1s ago, grid 10ms"),
        ("mid_return(500ms)", "mid_return_500ms", "bps", "against mid 0.5s ago, grid 10ms"),
        ("mid_return(1s)", "mid_return_1s", "bps", "against mid 1s ago, grid 10ms"),
        ("mid_return(5s)", "mid_return_5s", "bps", "against mid 5s ago, grid 10ms"),
        ("mid_return(10s)", "mid_return_10s", "bps", "against mid 10s ago, grid 10ms"),
        ("volatility(1s)", "volatility_1s", "bps",
         "root of decayed squared mid changes, tau=1s"),
        ("volatility(10s)", "volatility_10s", "bps", "same, tau=10s"),
        ("volatility(60s)", "volatility_60s", "bps", "same, tau=60s"),
        ("slope(bid)", "depth_slope_bid", "1/tick",
         "(Q10-Q1)/Q10 over ticks from level 1 to 10"),
        ("slope(ask)", "depth_slope_ask", "1/tick", "same"),
        ("quote_rate(1s)", "quote_rate_1s", "1/s", "decayed count of top changes over tau=1s"),
        ("book_update_rate(1s)", "book_update_rate_1s", "1/s",
         "decayed count of book updates over tau=1s"),
        ("time_since_trade", "time_since_trade", "s", "at most 60; 60 before the first"),
        ("last_trade", "last_trade_minus_mid", "bps", "of mid"),
    ]
}
