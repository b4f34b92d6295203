//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages

// The requests that the engine's cold threads send, with their weights: protocol sheet of Binance,
// section 4.3.

extension BinanceRequest {
    private static let v1 = "/fapi/v1"
    /// Orders of one batch.
    public static let batchOrdersMax = 5
    /// Cancels of one batch.
    public static let batchCancelsMax = 10

    // MARK: Public

    public static let time = BinanceRequest(
        .get, v1 + "/time", security: .open, weight: 1)
    public static let exchangeInfo = BinanceRequest(
        .get, v1 + "/exchangeInfo", security: .open, weight: 1)

    /// - Parameter levels: Of each side: 5, 10, 20, 50, 100, 500 or 1,000.
    public static func depth(_ symbol: String, levels: Int = 1_000) -> BinanceRequest {
        let weight = levels <= 50 ? 2 : levels <= 100 ? 5 : levels <= 500 ? 10 : 20
        return BinanceRequest(
            .get, v1 + "/depth",
            [("symbol", BinanceSymbol.venueSymbol(symbol)), ("limit", "\(levels)")],
            security: .open, weight: weight)
    }

    /// Mark and index price.
    public static func mark(_ instrument: Instrument) -> BinanceRequest {
        BinanceRequest(
            .get, v1 + "/premiumIndex", [("symbol", instrument.venueSymbolText)],
            security: .open, purpose: .vital, weight: 1)
    }

    // MARK: Orders

    public static func place(_ order: BinanceOrderParameters) -> BinanceRequest {
        BinanceRequest(
            .post, v1 + "/order", order.fields.map { ($0.name, $0.value) }, purpose: .order,
            weight: 0, orders: (1, 1))
    }

    /// Changes price and total quantity of a limit order; it loses its place among equal prices.
    public static func modify(
        _ instrument: Instrument, orderID: UInt64, side: Side, quantity: QuantityLots,
        price: PriceTicks
    ) -> BinanceRequest? {
        guard side == .buy || side == .sell, quantity.rawValue > 0, price.rawValue > 0 else {
            return nil
        }
        return BinanceRequest(
            .put, v1 + "/order",
            [
                ("symbol", instrument.venueSymbolText), ("side", side == .buy ? "BUY" : "SELL"),
                ("quantity", instrument.text(quantity: quantity)),
                ("price", instrument.text(price: price)),
                ("origClientOrderId", ClientOrderID.text(orderID)),
            ], purpose: .order, weight: 0, orders: (1, 1))
    }

    public static func cancel(_ instrument: Instrument, orderID: UInt64) -> BinanceRequest {
        named(.delete, "/order", instrument, orderID)
    }

    /// One open order, of whatever client, by the venue's names.
    public static func cancel(symbol: String, venueOrderID: UInt64) -> BinanceRequest {
        BinanceRequest(
            .delete, v1 + "/order", [("symbol", symbol), ("orderId", "\(venueOrderID)")],
            purpose: .vital, weight: 1)
    }

    /// The fate of an order; may not know a young one yet.
    public static func query(_ instrument: Instrument, orderID: UInt64) -> BinanceRequest {
        named(.get, "/order", instrument, orderID)
    }

    private static func named(
        _ method: Method, _ path: String, _ instrument: Instrument, _ orderID: UInt64
    ) -> BinanceRequest {
        BinanceRequest(
            method, v1 + path,
            [
                ("symbol", instrument.venueSymbolText),
                ("origClientOrderId", ClientOrderID.text(orderID)),
            ], purpose: .vital, weight: 1)
    }

    /// - Returns: `nil` without an order, or with more than `batchOrdersMax`.
    public static func place(batch orders: [BinanceOrderParameters]) -> BinanceRequest? {
        guard (1...batchOrdersMax).contains(orders.count) else { return nil }
        let list = "[" + orders.map(\.json).joined(separator: ",") + "]"
        return BinanceRequest(
            .post, v1 + "/batchOrders", [("batchOrders", list)], purpose: .order, weight: 5,
            orders: (5, 1))
    }

    /// - Returns: `nil` without an order, or with more than `batchCancelsMax`.
    public static func cancel(
        batch orderIDs: [UInt64], of instrument: Instrument
    ) -> BinanceRequest? {
        guard (1...batchCancelsMax).contains(orderIDs.count) else { return nil }
        let names = orderIDs.map { "\"\(ClientOrderID.text($0))\"" }
        return BinanceRequest(
            .delete, v1 + "/batchOrders",
            [
                ("symbol", instrument.venueSymbolText),
                ("origClientOrderIdList", "[" + names.joined(separator: ",") + "]"),
            ], purpose: .vital, weight: 1)
    }

    public static func cancelAll(_ instrument: Instrument) -> BinanceRequest {
        BinanceRequest(
            .delete, v1 + "/allOpenOrders", [("symbol", instrument.venueSymbolText)],
            purpose: .vital, weight: 1)
    }

    /// The venue cancels every open order of the instrument when this is not asked again in time.
    ///
    /// - Parameter countdownMs: 0 stops the countdown.
    public static func countdownCancelAll(
        _ instrument: Instrument, countdownMs: UInt64
    ) -> BinanceRequest {
        BinanceRequest(
            .post, v1 + "/countdownCancelAll",
            [("symbol", instrument.venueSymbolText), ("countdownTime", "\(countdownMs)")],
            purpose: .vital, weight: 10)
    }

    // MARK: Account

    /// Of one instrument, or of all for forty times the weight.
    public static func openOrders(_ instrument: Instrument?) -> BinanceRequest {
        BinanceRequest(
            .get, v1 + "/openOrders", [("symbol", instrument?.venueSymbolText)],
            purpose: .vital, weight: instrument == nil ? 40 : 1)
    }

    /// Fills of an instrument: from trade `fromID` on, or in the seven days from `startMs` on.
    public static func userTrades(
        _ instrument: Instrument, fromID: UInt64? = nil, startMs: UInt64? = nil, limit: Int = 1_000
    ) -> BinanceRequest {
        BinanceRequest(
            .get, v1 + "/userTrades",
            [
                ("symbol", instrument.venueSymbolText), ("fromId", fromID.map { "\($0)" }),
                ("startTime", fromID == nil ? startMs.map { "\($0)" } : nil),
                ("limit", "\(limit)"),
            ], purpose: .vital, weight: 5)
    }

    /// Orders of an instrument, ended ones too, that were made or changed from `startMs` on.
    public static func allOrders(
        _ instrument: Instrument, startMs: UInt64, limit: Int = 1_000
    ) -> BinanceRequest {
        BinanceRequest(
            .get, v1 + "/allOrders",
            [
                ("symbol", instrument.venueSymbolText), ("startTime", "\(startMs)"),
                ("limit", "\(limit)"),
            ], purpose: .vital, weight: 5)
    }

    /// Funding of positions that was paid or received from `startMs` on.
    public static func funding(startMs: UInt64) -> BinanceRequest {
        BinanceRequest(
            .get, v1 + "/income",
            [
                ("incomeType", "FUNDING_FEE"), ("startTime", "\(startMs)"), ("limit", "1000"),
            ], purpose: .vital, weight: 30)
    }

    public static let positions = BinanceRequest(.get, "/fapi/v3/positionRisk", weight: 5)
    public static let balances = BinanceRequest(.get, "/fapi/v3/balance", weight: 5)
    public static let orderLimits = BinanceRequest(.get, v1 + "/rateLimit/order", weight: 1)

    /// A user stream's key, or an hour more for the one there is. Nothing here ever deletes one:
    /// all processes of an account share it.
    public static let listenKey = BinanceRequest(
        .post, v1 + "/listenKey", security: .key, purpose: .vital, weight: 1)
    public static let keepListenKeyAlive = BinanceRequest(
        .put, v1 + "/listenKey", security: .key, purpose: .vital, weight: 1)
}
