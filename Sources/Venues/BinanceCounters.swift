//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Telemetry

/// Binance messages that are checked and counted, but that no record is made of.
public struct BinanceCounters: Sendable {
    /// Klines and continuous klines.
    public let candles: Counter
    /// Forced orders.
    public let liquidations: Counter
    /// 24-hour tickers and mini tickers.
    public let dayTickers: Counter
    /// Index prices, composite and asset indices.
    public let indexPrices: Counter
    public let contractInfos: Counter
    /// Partial books: their best levels become a quote.
    public let partialBooks: Counter
    /// Books with retail orders, which must not be mixed with the book.
    public let retailBooks: Counter
    public let tradingSessions: Counter
    /// Instruments of all-market messages that are none of ours.
    public let unlistedSymbols: Counter
    /// The venue says that it is about to stop a server.
    public let serverShutdowns: Counter
    /// Errors after which the venue closes the connection.
    public let closingErrors: Counter
    /// Binary messages made records of.
    public let binaryMessages: Counter
    /// Binary messages of a template that is not known.
    public let unknownTemplates: Counter
    /// Binary messages of another schema, or of a version before the first.
    public let unknownSchemas: Counter

    public init(_ telemetry: TelemetryWriter) {
        func counter(_ name: String) -> Counter { telemetry.counter("parser_\(name)_total") }
        candles = counter("candles")
        liquidations = counter("liquidations")
        dayTickers = counter("day_tickers")
        indexPrices = counter("index_prices")
        contractInfos = counter("contract_infos")
        partialBooks = counter("partial_books")
        retailBooks = counter("retail_books")
        tradingSessions = counter("trading_sessions")
        unlistedSymbols = counter("unlisted_symbols")
        serverShutdowns = counter("server_shutdowns")
        closingErrors = counter("closing_errors")
        binaryMessages = counter("binary_messages")
        unknownTemplates = counter("unknown_templates")
        unknownSchemas = counter("unknown_schemas")
    }
}
