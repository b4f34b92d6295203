//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What one of OKX's market data channels carries.
enum OKXChannel: UInt8 {
    case trades
    case tickers
    /// `bbo-tbt`: the best level of each side.
    case bestLevels
    /// `books5`: a quote source, never the book.
    case fiveLevels
    /// `books`, `books50-l2-tbt`, `books-l2-tbt`: a snapshot, then changes.
    case book
    case markPrice
    case fundingRate
    /// `trades-all`: every match by itself, where `trades` merges those of a price.
    case allTrades
    /// Candles of trades, index and mark price in all lengths.
    case candles
    /// `index-tickers`, `price-limit`, `open-interest`, `estimated-price`, `opt-summary`.
    case reference
    case instruments
    case status
    case liquidations
    case deleveraging
    case unknown

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inline(__always)
    static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }

    /// What its messages belong to among the lines.
    var stream: LineStream {
        @_noAllocation @_noLocks
        get {
            switch self {
            case .trades: .trade
            case .tickers: .ticker
            case .bestLevels: .quote
            case .fiveLevels: .fiveLevels
            case .markPrice: .markPrice
            default: .book
            }
        }
    }

    /// The channel that the members of `arg` name.
    @_noAllocation @_noLocks
    init(_ argument: JSONFields) {
        if argument.has("channel", "trades") {
            self = .trades
        } else if argument.has("channel", "tickers") {
            self = .tickers
        } else if argument.has("channel", "bbo-tbt") {
            self = .bestLevels
        } else if argument.has("channel", "books5") {
            self = .fiveLevels
        } else if argument.has("channel", "books") || argument.has("channel", "books-l2-tbt")
            || argument.has("channel", "books50-l2-tbt")
        {
            self = .book
        } else {
            self = Self.slow(argument)
        }
    }

    @_noAllocation @_noLocks
    private static func slow(_ argument: JSONFields) -> OKXChannel {
        if argument.has("channel", "mark-price") { return .markPrice }
        if argument.has("channel", "funding-rate") { return .fundingRate }
        if argument.has("channel", "trades-all") { return .allTrades }
        if argument.begins("channel", "candle") || argument.begins("channel", "index-candle")
            || argument.begins("channel", "mark-price-candle")
        {
            return .candles
        }
        if argument.has("channel", "index-tickers") || argument.has("channel", "price-limit")
            || argument.has("channel", "open-interest")
            || argument.has("channel", "estimated-price")
            || argument.has("channel", "opt-summary")
        {
            return .reference
        }
        if argument.has("channel", "instruments") { return .instruments }
        if argument.has("channel", "status") { return .status }
        if argument.has("channel", "liquidation-orders") { return .liquidations }
        if argument.has("channel", "adl-warning") { return .deleveraging }
        return .unknown
    }
}
