//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

/// One stream of Binance: of a symbol, or of all of them.
public struct BinanceStream: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        case depth(BinanceStreams.DepthSpeed)
        /// The best 5, 10 or 20 levels.
        case partialDepth(levels: Int, BinanceStreams.DepthSpeed)
        /// With retail orders, every 500 ms.
        case retailDepth
        case bookTicker
        case trade
        case aggregateTrade
        case markPrice(everySecond: Bool)
        case indexPrice(everySecond: Bool)
        /// Interval as the venue writes it, "1m".
        case candle(String)
        /// Of a pair and a contract type, "perpetual".
        case continuousCandle(contractType: String, interval: String)
        case miniTicker
        case ticker
        case liquidations
        case compositeIndex
        case contractInfo
        case assetIndex
        /// Spot's binary form.
        case bestBidAsk
        case binaryDepth
        case binaryPartialDepth

        /// The route that carries it.
        public var route: BinanceStreams.Route {
            switch self {
            case .depth, .partialDepth, .retailDepth, .bookTicker, .trade, .bestBidAsk,
                .binaryDepth, .binaryPartialDepth:
                .public
            default: .market
            }
        }

        /// Its messages look like those of another stream, or do not tell their symbol.
        var needsName: Bool {
            switch self {
            case .partialDepth, .retailDepth: true
            default: false
            }
        }
    }

    /// The venue's symbol or pair in lower case; `nil`: all symbols.
    public let symbol: String?
    public let kind: Kind

    public init(symbol: String, kind: Kind, venue: Venue = .binanceUSDM) {
        self.symbol = BinanceSymbol.venueSymbol(symbol, venue: venue).lowercased()
        self.kind = kind
    }

    /// The stream of all symbols.
    public init(allSymbols kind: Kind) {
        symbol = nil
        self.kind = kind
    }

    /// As the venue writes it: "btcusdt@depth@100ms", "!markPrice@arr@1s".
    public var name: String {
        guard let symbol else { return Self.allName(kind) }
        if case .continuousCandle(let type, let interval) = kind {
            return "\(symbol)_\(type.lowercased())@continuousKline_\(interval)"
        }
        return "\(symbol)@\(Self.suffix(kind))"
    }

    private static func suffix(_ kind: Kind) -> String {
        switch kind {
        case .depth(let speed): "depth\(speed.rawValue)"
        case .partialDepth(let levels, let speed): "depth\(levels)\(speed.rawValue)"
        case .retailDepth: "rpiDepth@500ms"
        case .bookTicker: "bookTicker"
        case .trade: "trade"
        case .aggregateTrade: "aggTrade"
        case .markPrice(let everySecond): everySecond ? "markPrice@1s" : "markPrice"
        case .indexPrice(let everySecond): everySecond ? "indexPrice@1s" : "indexPrice"
        case .candle(let interval): "kline_\(interval)"
        case .continuousCandle(_, let interval): "continuousKline_\(interval)"
        case .miniTicker: "miniTicker"
        case .ticker: "ticker"
        case .liquidations: "forceOrder"
        case .compositeIndex: "compositeIndex"
        case .contractInfo: "contractInfo"
        case .assetIndex: "assetIndex"
        case .bestBidAsk: "bestBidAsk"
        case .binaryDepth: "depth"
        case .binaryPartialDepth: "depth20"
        }
    }

    /// All but quotes and contract news come as arrays, which the name says.
    private static func allName(_ kind: Kind) -> String {
        switch kind {
        case .bookTicker, .contractInfo: "!\(suffix(kind))"
        case .markPrice(let everySecond): everySecond ? "!markPrice@arr@1s" : "!markPrice@arr"
        default: "!\(suffix(kind))@arr"
        }
    }
}
