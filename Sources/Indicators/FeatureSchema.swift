//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a feature vector holds: the names, units and parameters of its values in order, and a hash
/// over all of it that a model carries, so that a model never reads features it was not made for.
///
/// Common terms. *Top* is the newer of the book's and the best bid/offer message's best levels, by
/// update id; L5 and L10 are levels of the book alone. *Decayed tau* is a sum whose terms lose
/// weight as exp(-age / tau), ages by ingress time. *mid* is (bid + ask) / 2. A ratio whose
/// divisor is 0 is 0.
public struct FeatureSchema: Sendable, Equatable {
    public struct Feature: Sendable, Equatable {
        public let name: String
        public let unit: String
        /// Definition in words, part of the hash: a changed definition is another feature.
        public let parameters: String
        /// Whether it changes sign when bids and asks, buys and sells change places.
        public let isDirectional: Bool
    }

    /// Levels a side that features look at.
    public static var depthLevels: Int {
        @_noAllocation @_noLocks
        get { 10 }
    }
    public static var count: Int {
        @_noAllocation @_noLocks
        get { 36 }
    }

    public let version = 1
    public let features: [Feature]
    /// 64-bit FNV-1a over `canonicalText`.
    public let hash: UInt64

    /// - Parameter timeframeNs: Of the bars behind the indicator features: the kernel's first.
    public init(timeframeNs: UInt64 = 1_000_000_000) {
        features = Self.makeFeatures(bars: "bars=\(timeframeNs)ns")
        precondition(features.count == Self.count, "a name for every feature")
        hash = Self.fnv1a(Self.canonicalText(version: version, features))
    }

    public var names: [String] { features.map(\.name) }
    public var canonicalText: String { Self.canonicalText(version: version, features) }

    private static func canonicalText(version: Int, _ features: [Feature]) -> String {
        features.reduce("apus-features \(version)\n") {
            $0 + "\($1.name)|\($1.unit)|\($1.parameters)\n"
        }
    }

    /// The hash of `text`'s UTF-8 bytes.
    public static func fnv1a(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Features that a mirrored market leaves as they are (or, of the slopes, exchanges).
    private static let undirected: Set<String> = [
        "spread_ticks", "spread_bps", "trade_rate_1s", "volume_10s", "volatility_1s",
        "volatility_10s", "volatility_60s", "depth_slope_bid", "depth_slope_ask", "quote_rate_1s",
        "book_update_rate_1s", "time_since_trade",
    ]

    private static func makeFeatures(bars: String) -> [Feature] {
        let rows: [(String, String, String)] = [
            ("imbalance_l1", "1", "(bid-ask)/(bid+ask) quantity of the top"),
            ("imbalance_l5", "1", "same over 5 book levels"),
            ("imbalance_l10", "1", "same over 10 book levels"),
            ("microprice_minus_mid", "bps", "(ask*bidq+bid*askq)/(bidq+askq) of the top"),
            ("spread_ticks", "ticks", "top"),
            ("spread_bps", "bps", "top, of mid"),
            ("ofi_10", "1", "order flow imbalance over bid+ask quantity, last 10 tops"),
            ("ofi_100", "1", "same, last 100 tops"),
            ("ofi_1s", "1", "same, both decayed tau=1s"),
            ("ofi_levels_5_1s", "1", "sum over 5 book levels over their quantity, tau=1s"),
            ("ofi_levels_10_1s", "1", "same, 10 levels"),
            ("trade_imbalance_100ms", "1", "(buy-sell)/(buy+sell) aggressor lots, tau=0.1s"),
            ("trade_imbalance_1s", "1", "same, tau=1s"),
            ("trade_imbalance_10s", "1", "same, tau=10s"),
            ("trade_rate_1s", "1/s", "decayed count over tau=1s"),
            ("signed_volume_1s", "1", "decayed buy-sell lots, tau=1s, over L5 quantity"),
            ("volume_10s", "1", "decayed buy+sell lots, tau=10s, over L5 quantity"),
            ("mid_return_100ms", "bps", "against mid 0.1s ago, grid 10ms"),
            ("mid_return_500ms", "bps", "against mid 0.5s ago, grid 10ms"),
            ("mid_return_1s", "bps", "against mid 1s ago, grid 10ms"),
            ("mid_return_5s", "bps", "against mid 5s ago, grid 10ms"),
            ("mid_return_10s", "bps", "against mid 10s ago, grid 10ms"),
            ("volatility_1s", "bps", "root of decayed squared mid changes, tau=1s"),
            ("volatility_10s", "bps", "same, tau=10s"),
            ("volatility_60s", "bps", "same, tau=60s"),
            ("depth_slope_bid", "1/tick", "(Q10-Q1)/Q10 over ticks from level 1 to 10"),
            ("depth_slope_ask", "1/tick", "same"),
            ("quote_rate_1s", "1/s", "decayed count of top changes over tau=1s"),
            ("book_update_rate_1s", "1/s", "decayed count of book updates over tau=1s"),
            ("time_since_trade", "s", "at most 60; 60 before the first"),
            ("last_trade_minus_mid", "bps", "of mid"),
            ("rsi_14", "1", "(rsi-50)/50, " + bars),
            ("macd_histogram", "bps", "12/26/9, of mid, " + bars),
            ("bollinger_percent_b", "1", "20, 2 sigma, minus 0.5, " + bars),
            ("ema_gap_12_26", "bps", "ema 12 minus ema 26, of mid, " + bars),
            ("close_minus_ema_12", "bps", "mid minus ema 12, of mid, " + bars),
        ]
        return rows.map { row in
            Feature(
                name: row.0, unit: row.1, parameters: row.2,
                isDirectional: !undirected.contains(row.0))
        }
    }
}
