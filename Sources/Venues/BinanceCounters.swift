//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Telemetry

/// Binance messages that are checked and counted, but that no record is made of; and what messages
/// say beside their record.
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
    public let marginCalls: Counter
    /// Leverage or margin mode changed.
    public let configurationUpdates: Counter
    /// Of conditional orders.
    public let conditionalUpdates: Counter
    /// Of the venue's own strategies and grids.
    public let toolUpdates: Counter
    /// Changed orders.
    public let amendments: Counter
    /// Changes that the venue refused: the order is as it was.
    public let modifyRefusals: Counter
    /// Liquidations, deleveraging, settlement: orders that the venue placed for us.
    public let forcedOrders: Counter
    /// Expired in order not to trade with ourselves.
    public let expiredSelfTrade: Counter
    /// What an immediate order left.
    public let expiredRemainder: Counter
    public let expiredReduceOnly: Counter
    public let expiredLiquidation: Counter
    public let expiredOther: Counter
    /// Requests refused because there were too many.
    public let limitRefusals: Counter
    /// Requests refused because the venue is overloaded.
    public let throttledRefusals: Counter
    public let bans: Counter
    /// Requests whose time stamp was outside the venue's window.
    public let clockRefusals: Counter
    /// Of the running minute, as the venue told last.
    public let requestWeight: Counter
    public let ordersTenSeconds: Counter
    public let ordersMinute: Counter

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
        marginCalls = counter("margin_calls")
        configurationUpdates = counter("configuration_updates")
        conditionalUpdates = counter("conditional_updates")
        toolUpdates = counter("tool_updates")
        amendments = counter("amendments")
        modifyRefusals = counter("modify_refusals")
        forcedOrders = counter("forced_orders")
        expiredSelfTrade = counter("expired_self_trade")
        expiredRemainder = counter("expired_remainder")
        expiredReduceOnly = counter("expired_reduce_only")
        expiredLiquidation = counter("expired_liquidation")
        expiredOther = counter("expired_other")
        limitRefusals = counter("limit_refusals")
        throttledRefusals = counter("throttled_refusals")
        bans = counter("bans")
        clockRefusals = counter("clock_refusals")
        requestWeight = telemetry.counter("parser_request_weight_used")
        ordersTenSeconds = telemetry.counter("parser_orders_ten_seconds_used")
        ordersMinute = telemetry.counter("parser_orders_minute_used")
    }
}
