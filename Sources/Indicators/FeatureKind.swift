//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Technical

/// A side of the book a feature looks at.
public enum BookHalf: String, Equatable, Sendable, CaseIterable {
    case bid, ask
}

/// A number of an indicator on the bars of one time frame.
public struct BarColumn: Equatable, Sendable {
    public let indicator: IndicatorSpecification
    /// Place among the indicator's numbers.
    public let output: Int
    public let timeframeNs: UInt64
    /// Of the bar that still forms, as if it closed as it stands; otherwise of the last closed one.
    public var isForming = false

    public static func == (left: BarColumn, right: BarColumn) -> Bool {
        left.text == right.text && left.timeframeNs == right.timeframeNs
            && left.isForming == right.isForming
    }

    /// "macd(12,26,9).histogram".
    public var text: String {
        let name = indicator.definition.outputs[output]
        return indicator.canonicalText + (name.isEmpty ? "" : ".\(name)")
    }
}

/// A feature with its parameters, complete and in range. Times are nanoseconds.
///
/// What each one is stands in `FeatureCatalogue`.
public indirect enum FeatureKind: Equatable, Sendable {
    case imbalance(levels: Int)
    case microprice
    case stoikov(memory: Int)
    case spreadTicks
    case spread
    case topFlow(count: Int)
    case flow(tauNs: UInt64)
    case levelFlow(levels: Int, tauNs: UInt64)
    case tradeImbalance(tauNs: UInt64)
    case tradeRate(tauNs: UInt64)
    case signedVolume(tauNs: UInt64)
    case volume(tauNs: UInt64)
    case midReturn(ageNs: UInt64)
    case volatility(tauNs: UInt64)
    case slope(BookHalf)
    case quoteRate(tauNs: UInt64)
    case bookUpdateRate(tauNs: UInt64)
    case timeSinceTrade
    case lastTrade
    case effectiveSpread(tauNs: UInt64)
    case realisedSpread(horizonNs: UInt64, tauNs: UInt64)
    /// `bucketE9`: quantity of a bucket in 1e-9 coins or contracts.
    case vpin(bucketE9: Int64, count: Int)
    case kyleLambda(intervalNs: UInt64, tauNs: UInt64)
    case queueDepletion(BookHalf, tauNs: UInt64)
    case bar(BarColumn)
    case barGap(BarColumn, BarColumn)
    case leader(instrument: String, FeatureKind)

    /// Complete, with every parameter: the same for the same feature however it was written.
    public var canonicalText: String {
        switch self {
        case .imbalance(let levels): "imbalance(\(levels))"
        case .microprice: "microprice"
        case .stoikov(let memory): "stoikov(\(memory))"
        case .spreadTicks: "spread_ticks"
        case .spread: "spread"
        case .topFlow(let count): "ofi(\(count))"
        case .flow(let tau): "ofi(tau=\(FeatureText.time(tau)))"
        case .levelFlow(let levels, let tau):
            "ofi(levels=\(levels),tau=\(FeatureText.time(tau)))"
        case .tradeImbalance(let tau): "trade_imbalance(\(FeatureText.time(tau)))"
        case .tradeRate(let tau): "trade_rate(\(FeatureText.time(tau)))"
        case .signedVolume(let tau): "signed_volume(\(FeatureText.time(tau)))"
        case .volume(let tau): "volume(\(FeatureText.time(tau)))"
        case .midReturn(let age): "mid_return(\(FeatureText.time(age)))"
        case .volatility(let tau): "volatility(\(FeatureText.time(tau)))"
        case .slope(let half): "slope(\(half.rawValue))"
        case .quoteRate(let tau): "quote_rate(\(FeatureText.time(tau)))"
        case .bookUpdateRate(let tau): "book_update_rate(\(FeatureText.time(tau)))"
        case .timeSinceTrade: "time_since_trade"
        case .lastTrade: "last_trade"
        case .effectiveSpread(let tau): "effective_spread(\(FeatureText.time(tau)))"
        case .realisedSpread(let horizon, let tau):
            "realised_spread(horizon=\(FeatureText.time(horizon)),tau=\(FeatureText.time(tau)))"
        case .vpin(let bucket, let count):
            "vpin(bucket=\(FeatureText.decimal(bucket)),count=\(count))"
        case .kyleLambda(let interval, let tau):
            "kyle_lambda(interval=\(FeatureText.time(interval)),tau=\(FeatureText.time(tau)))"
        case .queueDepletion(let half, let tau):
            "queue_depletion(\(half.rawValue),\(FeatureText.time(tau)))"
        case .bar(let column):
            "\(column.isForming ? "bar_forming" : "bar")(\(column.text),"
                + "\(FeatureText.time(column.timeframeNs)))"
        case .barGap(let one, let other):
            "bar_gap(\(one.text),\(other.text),\(FeatureText.time(one.timeframeNs)))"
        case .leader(let instrument, let kind): "leader(\(instrument),\(kind.canonicalText))"
        }
    }

    /// Whether it changes sign when bids and asks, buys and sells change places. Those of one side
    /// exchange.
    public var isDirectional: Bool {
        switch self {
        case .imbalance, .microprice, .stoikov, .topFlow, .flow, .levelFlow, .tradeImbalance,
            .signedVolume, .midReturn, .lastTrade, .barGap:
            true
        case .spreadTicks, .spread, .tradeRate, .volume, .volatility, .slope, .quoteRate,
            .bookUpdateRate, .timeSinceTrade, .effectiveSpread, .realisedSpread, .vpin,
            .kyleLambda, .queueDepletion:
            false
        case .bar(let column): BarForm(column)?.isDirectional ?? false
        case .leader(_, let kind): kind.isDirectional
        }
    }
}

/// Numbers as the canonical text writes them.
enum FeatureText {
    /// "1s", "1500ms": whole, of the largest unit that allows it.
    static func time(_ ns: UInt64) -> String {
        let units: [(UInt64, String)] = [
            (3_600_000_000_000, "h"), (60_000_000_000, "m"), (1_000_000_000, "s"),
            (1_000_000, "ms"), (1_000, "us"),
        ]
        for (size, unit) in units where ns % size == 0 && ns > 0 { return "\(ns / size)\(unit)" }
        return "\(ns)ns"
    }

    /// "2", "0.5" of billionths.
    static func decimal(_ valueE9: Int64) -> String {
        let (whole, rest) = valueE9.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest == 0 { return "\(whole)" }
        let digits = "\(rest)"
        let padded = String(repeating: "0", count: 9 - digits.count) + digits
        return "\(whole)." + padded.prefix(padded.lastIndex { $0 != "0" }.map {
            padded.distance(from: padded.startIndex, to: $0) + 1
        } ?? 0)
    }

    /// What may be a column: letters, digits, `_`, `-` and `.`.
    static func columnName(_ canonicalText: String) -> String {
        String(
            canonicalText.compactMap { character -> Character? in
                switch character {
                case "(", ",", ":": "_"
                case ")", "=": nil
                default: character
                }
            })
    }
}
