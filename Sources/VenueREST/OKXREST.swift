//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages

/// Paths and replies of OKX's REST interface. Cold code. Source: protocol sheet of OKX, section 9.
public enum OKXREST {
    public static let timePath = "/api/v5/public/time"
    public static let accountConfigurationPath = "/api/v5/account/config"
    public static let balancePath = "/api/v5/account/balance"
    public static let positionsPath = "/api/v5/account/positions"

    /// Rows of one page, of those that have pages.
    public static let pageRowsMax = 100

    /// Open orders, the newest first.
    ///
    /// - Parameter after: The last order of the page before; `nil` asks for the first page.
    public static func openOrdersPath(after: UInt64? = nil) -> String {
        "/api/v5/trade/orders-pending?limit=\(pageRowsMax)" + (after.map { "&after=\($0)" } ?? "")
    }

    /// One order of ours, open or lately ended.
    public static func orderPath(symbol: String, orderID: UInt64) -> String {
        "/api/v5/trade/order?instId=\(symbol)&clOrdId=\(ClientOrderID.text(orderID))"
    }

    /// Fills of the last three days, the newest first.
    ///
    /// - Parameter after: `billID` of the last row of the page before; `nil` asks for the first.
    public static func fillsPath(after: UInt64? = nil) -> String {
        "/api/v5/trade/fills?limit=\(pageRowsMax)" + (after.map { "&after=\($0)" } ?? "")
    }

    /// Funding fees, the latest first; bill type 8.
    public static func fundingPath(beginMs: UInt64) -> String {
        "/api/v5/account/bills?type=8&begin=\(beginMs)&limit=\(pageRowsMax)"
    }

    /// Levels of each side that a book is asked for.
    public static let bookLevels = 400

    public static func bookPath(symbol: String) -> String {
        "/api/v5/market/books?instId=\(symbol)&sz=\(bookLevels)&source=0"
    }

    /// The order that a client order id names; 0 when it is none of ours.
    static func orderID(_ text: String?) -> UInt64 {
        text.map(ClientOrderID.orderID) ?? 0
    }

    /// - Parameter type: "SWAP", "FUTURES", "OPTION".
    public static func markPath(symbol: String, type: String) -> String {
        "/api/v5/public/mark-price?instType=\(type)&instId=\(symbol)"
    }

    // MARK: - Requests that end orders and positions

    public static let placeOrderPath = "/api/v5/trade/order"
    public static let cancelOrderPath = "/api/v5/trade/cancel-order"
    public static let cancelBatchPath = "/api/v5/trade/cancel-batch-orders"
    public static let cancelAllAfterPath = "/api/v5/trade/cancel-all-after"
    /// Orders of one `cancelBatchPath` request.
    public static let cancelBatchMax = 20

    public static func cancelBody(symbol: String, venueOrderID: UInt64) -> String {
        "{\"instId\":\(OKXText.quoted(symbol)),\"ordId\":\"\(venueOrderID)\"}"
    }

    /// A limit order of a derivative that takes what it can at once and only reduces the position.
    ///
    /// - Parameters:
    ///   - price: As the venue writes it; so is `quantity`.
    public static func reduceBody(
        symbol: String, orderID: UInt64, isBuy: Bool, price: String, quantity: String
    ) -> String {
        "{\"instId\":\(OKXText.quoted(symbol)),\"tdMode\":\"cross\","
            + "\"clOrdId\":\"\(ClientOrderID.text(orderID))\","
            + "\"side\":\"\(isBuy ? "buy" : "sell")\",\"ordType\":\"ioc\","
            + "\"px\":\"\(price)\",\"sz\":\"\(quantity)\",\"reduceOnly\":true}"
    }

    /// - Precondition: 1...`cancelBatchMax` orders.
    public static func cancelBatchBody(_ orders: [Order]) -> String {
        precondition((1...cancelBatchMax).contains(orders.count), "orders that fit one batch")
        let items = orders.map { cancelBody(symbol: $0.symbol, venueOrderID: $0.venueOrderID) }
        return "[" + items.joined(separator: ",") + "]"
    }

    /// Arms the switch that ends all orders unless it is armed again in time.
    ///
    /// - Parameter seconds: 10...120, or 0 to disarm.
    public static func cancelAllAfterBody(seconds: Int) -> String {
        precondition(seconds == 0 || (10...120).contains(seconds), "a time-out the venue takes")
        return "{\"timeOut\":\"\(seconds)\"}"
    }

    // MARK: - Replies

    /// The error that a body tells, if it is one.
    public static func error(_ body: [UInt8]) -> OKXReplyError? {
        do throws(OKXReplyError) { _ = try rows(body) } catch {
            if case .venue = error { return error }
        }
        return nil
    }

    /// The rows of a reply.
    static func rows(_ body: [UInt8]) throws(OKXReplyError) -> [JSONDocument] {
        guard let document = JSONDocument(body) else { throw .notJSON }
        guard let code = document["code"]?.integer else { throw .missing("code") }
        guard code == 0 else {
            throw .venue(code: Int(code), message: document["msg"]?.text ?? "")
        }
        guard let rows = document["data"]?.elements else { throw .missing("data") }
        return rows
    }

    static func row(_ body: [UInt8]) throws(OKXReplyError) -> JSONDocument {
        guard let row = try rows(body).first else { throw .missing("data") }
        return row
    }

    static func text(
        _ row: JSONDocument, _ member: String
    ) throws(OKXReplyError) -> String {
        guard let text = row[member]?.text else { throw .missing(member) }
        return text
    }

    /// A decimal as the venue wrote it; an empty one stands for 0.
    static func decimal(
        _ row: JSONDocument, _ member: String
    ) throws(OKXReplyError) -> String {
        let text = try text(row, member)
        if text.isEmpty { return "0" }
        guard JSONText.decimal(text).isValid else { throw .missing(member) }
        return text
    }

    /// Milliseconds since 1970 UTC, as nanoseconds.
    static func time(
        _ row: JSONDocument, _ member: String
    ) throws(OKXReplyError) -> UInt64 {
        guard let time = row[member]?.integer, time > 0,
            UInt64(time) <= VenueTime.millisecondsMax
        else { throw .missing(member) }
        return UInt64(time) * 1_000_000
    }

    /// The venue's clock, nanoseconds since 1970 UTC.
    public static func serverTime(_ body: [UInt8]) throws(OKXReplyError) -> UInt64 {
        try time(row(body), "ts")
    }

    /// The mark price that `markPath` asks for.
    public static func markPrice(_ body: [UInt8]) throws(OKXReplyError) -> String {
        try decimal(row(body), "markPx")
    }

    /// When the switch of `cancelAllAfterPath` will end all orders, nanoseconds since 1970 UTC;
    /// `nil`: it is off. The venue's examples write seconds, so both are taken.
    public static func cancelAllAfter(_ body: [UInt8]) throws(OKXReplyError) -> UInt64? {
        guard let time = try row(body)["triggerTime"]?.integer, time >= 0 else {
            throw .missing("triggerTime")
        }
        if time == 0 { return nil }
        // Thirteen digits are milliseconds of this century, ten are seconds.
        let milliseconds = time < 100_000_000_000 ? time * 1_000 : time
        guard UInt64(milliseconds) <= VenueTime.millisecondsMax else {
            throw .missing("triggerTime")
        }
        return UInt64(milliseconds) * 1_000_000
    }
}
