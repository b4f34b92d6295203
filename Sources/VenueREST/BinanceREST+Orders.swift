//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// Rows that Binance's REST replies hold about orders. Numbers stay the venue's own text: who needs
/// ticks and lots has the instrument.
extension BinanceREST {
    public struct Order: Equatable, Sendable {
        /// The venue's.
        public let symbol: String
        public let venueOrderID: UInt64
        public let clientOrderID: String
        /// "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH" …
        public let status: String
        public let side: String
        public let type: String
        public let price: String
        public let quantity: String
        public let executed: String
        public let updateTimeMs: UInt64

        /// Ours; 0 when it is none of ours.
        public var orderID: UInt64 { ClientOrderID.orderID(clientOrderID) }
        /// Nothing more will happen to it.
        public var isEnded: Bool { !["NEW", "PARTIALLY_FILLED"].contains(status) }

        init(_ row: JSONDocument) throws(BinanceError) {
            symbol = try text(row, "symbol")
            venueOrderID = try unsigned(row, "orderId")
            clientOrderID = try text(row, "clientOrderId")
            status = try text(row, "status")
            side = try text(row, "side")
            type = try text(row, "type")
            price = try decimal(row, "price")
            quantity = try decimal(row, "origQty")
            executed = try decimal(row, "executedQty")
            updateTimeMs = try unsigned(row, "updateTime")
        }
    }

    public struct Trade: Equatable, Sendable {
        public let symbol: String
        public let tradeID: UInt64
        public let venueOrderID: UInt64
        public let side: String
        public let price: String
        public let quantity: String
        /// Positive: a cost.
        public let commission: String
        public let commissionAsset: String
        public let isMaker: Bool
        public let timeMs: UInt64

        init(_ row: JSONDocument) throws(BinanceError) {
            symbol = try text(row, "symbol")
            tradeID = try unsigned(row, "id")
            venueOrderID = try unsigned(row, "orderId")
            side = try text(row, "side")
            price = try decimal(row, "price")
            quantity = try decimal(row, "qty")
            commission = try decimal(row, "commission")
            commissionAsset = try text(row, "commissionAsset")
            guard case .boolean(let isMaker) = row["maker"] else { throw .missing("maker") }
            self.isMaker = isMaker
            timeMs = try unsigned(row, "time")
        }
    }

    /// What became of one order of a batch.
    public enum BatchResult: Equatable, Sendable {
        case order(Order)
        case refused(code: Int, message: String)
    }

    /// One count that the venue keeps of us.
    public struct RateLimit: Equatable, Sendable {
        /// "REQUEST_WEIGHT", "ORDERS", "RAW_REQUESTS".
        public let type: String
        public let intervalMs: UInt64
        /// -1 where the venue does not say.
        public let limit: Int64
        /// Used so far; `nil` where only limits are told.
        public let count: Int64?

        init(_ row: JSONDocument) throws(BinanceError) {
            type = try text(row, "rateLimitType")
            let units: [String: UInt64] = [
                "SECOND": 1_000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000,
            ]
            guard let unit = units[try text(row, "interval")] else { throw .missing("interval") }
            let number = try unsigned(row, "intervalNum")
            guard number > 0, number < 100_000 else { throw .missing("intervalNum") }
            intervalMs = unit * number
            guard let limit = row["limit"]?.integer else { throw .missing("limit") }
            self.limit = limit
            count = row["count"]?.integer
        }
    }

    // MARK: Replies

    /// One order: the reply to a place, modify, cancel or query.
    public static func order(_ body: [UInt8]) throws(BinanceError) -> Order {
        try Order(document(body))
    }

    /// Open orders or all orders.
    public static func orders(_ body: [UInt8]) throws(BinanceError) -> [Order] {
        var result: [Order] = []
        for row in try rows(body) { result.append(try Order(row)) }
        return result
    }

    /// The results of a batch, in the order of its request; some may be refusals.
    ///
    /// - Parameter count: Orders of the request: a reply of any other length is refused, since it
    ///   could not be told which order is which.
    public static func batch(
        _ body: [UInt8], count: Int
    ) throws(BinanceError) -> [BatchResult] {
        var result: [BatchResult] = []
        for row in try rows(body) {
            if case .venue(let code, let message) = error(row) {
                result.append(.refused(code: code, message: message))
            } else {
                result.append(.order(try Order(row)))
            }
        }
        guard result.count == count else { throw .missing("result for each of \(count) orders") }
        return result
    }

    public static func trades(_ body: [UInt8]) throws(BinanceError) -> [Trade] {
        var result: [Trade] = []
        for row in try rows(body) { result.append(try Trade(row)) }
        return result
    }

    /// `{"symbol":…,"countdownTime":"30000"}`: the countdown that now runs, ms; 0: none.
    public static func countdown(_ body: [UInt8]) throws(BinanceError) -> UInt64 {
        try unsigned(document(body), "countdownTime")
    }

    /// The mark price of a premiumIndex reply.
    public static func markPrice(_ body: [UInt8]) throws(BinanceError) -> String {
        try decimal(document(body), "markPrice")
    }

    /// The limits of exchangeInfo, or the counts of a rateLimit reply.
    public static func rateLimits(_ body: [UInt8]) throws(BinanceError) -> [RateLimit] {
        let whole = try document(body)
        guard let rows = whole.elements ?? whole["rateLimits"]?.elements else {
            throw .missing("rateLimits")
        }
        var result: [RateLimit] = []
        for row in rows { result.append(try RateLimit(row)) }
        return result
    }

    // MARK: Members

    static func rows(_ body: [UInt8]) throws(BinanceError) -> [JSONDocument] {
        guard let rows = try document(body).elements else { throw .missing("rows") }
        return rows
    }

    static func text(
        _ row: JSONDocument, _ name: String
    ) throws(BinanceError) -> String {
        guard let text = row[name]?.text, !text.isEmpty else { throw .missing(name) }
        return text
    }

    static func unsigned(
        _ row: JSONDocument, _ name: String
    ) throws(BinanceError) -> UInt64 {
        guard let value = row[name]?.integer.flatMap({ UInt64(exactly: $0) }) else {
            throw .missing(name)
        }
        return value
    }

    static func decimal(
        _ row: JSONDocument, _ name: String
    ) throws(BinanceError) -> String {
        let text = try text(row, name)
        guard JSONText.decimal(text).isValid else { throw .missing(name) }
        return text
    }
}
