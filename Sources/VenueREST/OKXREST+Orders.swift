//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
public import Messages

extension OKXREST {
    /// An order as the venue has it; decimals are the venue's own text.
    public struct Order: Equatable, Sendable {
        /// The venue's name of the instrument.
        public let symbol: String
        public let venueOrderID: UInt64
        /// Ours; 0: of another client.
        public let orderID: UInt64
        public let side: Side
        /// "live", "partially_filled", "filled", "canceled", "mmp_canceled".
        public let state: String
        /// Of orders at market: "0".
        public let price: String
        public let quantity: String
        /// Sum of its fills.
        public let cumulativeQuantity: String
        public let updateTimeNs: UInt64

        public init(
            symbol: String, venueOrderID: UInt64, orderID: UInt64, side: Side, state: String,
            price: String, quantity: String, cumulativeQuantity: String, updateTimeNs: UInt64
        ) {
            self.symbol = symbol
            self.venueOrderID = venueOrderID
            self.orderID = orderID
            self.side = side
            self.state = state
            self.price = price
            self.quantity = quantity
            self.cumulativeQuantity = cumulativeQuantity
            self.updateTimeNs = updateTimeNs
        }

        public var isOpen: Bool { state == "live" || state == "partially_filled" }
    }

    private static func order(_ row: JSONDocument) throws(OKXReplyError) -> Order {
        Order(
            symbol: try text(row, "instId"), venueOrderID: try identifier(row, "ordId"),
            orderID: orderID(row["clOrdId"]?.text), side: try side(row),
            state: try text(row, "state"), price: try decimal(row, "px"),
            quantity: try decimal(row, "sz"), cumulativeQuantity: try decimal(row, "accFillSz"),
            updateTimeNs: try time(row, "uTime"))
    }

    static func identifier(
        _ row: JSONDocument, _ member: String
    ) throws(OKXReplyError) -> UInt64 {
        guard let text = row[member]?.text, let value = UInt64(text) else {
            throw .missing(member)
        }
        return value
    }

    private static func side(_ row: JSONDocument) throws(OKXReplyError) -> Side {
        switch row["side"]?.text {
        case "buy": return .buy
        case "sell": return .sell
        default: throw .missing("side")
        }
    }

    /// One page of open orders. A full page may have another behind it, which begins after the
    /// last of this one.
    public static func openOrders(
        _ body: [UInt8]
    ) throws(OKXReplyError) -> (orders: [Order], next: UInt64?) {
        var orders: [Order] = []
        for row in try rows(body) { orders.append(try order(row)) }
        return (orders, orders.count < pageRowsMax ? nil : orders.last?.venueOrderID)
    }

    /// The order that was asked for; `nil`: the venue does not know it.
    public static func order(_ body: [UInt8]) throws(OKXReplyError) -> Order? {
        do {
            return try order(try row(body))
        } catch .venue(code: 51_603, message: _) {
            return nil
        }
    }

    /// One fill; decimals are the venue's own text.
    public struct Fill: Equatable, Sendable {
        public let symbol: String
        public let venueOrderID: UInt64
        /// Ours; 0: of another client.
        public let orderID: UInt64
        /// Negative for liquidations.
        public let tradeID: Int64
        public let billID: UInt64
        public let side: Side
        public let price: String
        public let quantity: String
        /// As the venue writes it: what is charged is negative.
        public let fee: String
        public let feeCurrency: String
        public let isMaker: Bool
        public let timeNs: UInt64
    }

    /// One page of fills. A full page may have another behind it.
    public static func fills(
        _ body: [UInt8]
    ) throws(OKXReplyError) -> (fills: [Fill], next: UInt64?) {
        var fills: [Fill] = []
        for row in try rows(body) {
            guard let tradeID = row["tradeId"]?.integer else { throw .missing("tradeId") }
            fills.append(
                Fill(
                    symbol: try text(row, "instId"), venueOrderID: try identifier(row, "ordId"),
                    orderID: orderID(row["clOrdId"]?.text), tradeID: tradeID,
                    billID: try identifier(row, "billId"), side: try side(row),
                    price: try decimal(row, "fillPx"), quantity: try decimal(row, "fillSz"),
                    fee: try decimal(row, "fee"), feeCurrency: try text(row, "feeCcy"),
                    isMaker: row["execType"]?.text == "M", timeNs: try time(row, "ts")))
        }
        return (fills, fills.count < pageRowsMax ? nil : fills.last?.billID)
    }

    /// What became of one order of a request that places, cancels or changes orders.
    public struct OrderReply: Equatable, Sendable {
        /// 0: the venue named none.
        public let venueOrderID: UInt64
        /// Ours; 0: of another client.
        public let orderID: UInt64
        /// 0: taken on.
        public let code: Int32
        public let message: String

        public var outcome: RequestOutcome { OKXCode.outcome(code) }
    }

    /// The replies, one for each order that was named. A reply whose orders all failed has a code
    /// that is not 0 and tells of each all the same.
    public static func orderReplies(_ body: [UInt8]) throws(OKXReplyError) -> [OrderReply] {
        guard let document = JSONDocument(body) else { throw .notJSON }
        guard let code = document["code"]?.integer else { throw .missing("code") }
        let rows = document["data"]?.elements ?? []
        if rows.isEmpty, code != 0 {
            throw .venue(code: Int(code), message: document["msg"]?.text ?? "")
        }
        if rows.isEmpty { throw .missing("data") }
        var replies: [OrderReply] = []
        for row in rows {
            guard let code = row["sCode"]?.integer.flatMap({ Int32(exactly: $0) }) else {
                throw .missing("sCode")
            }
            replies.append(
                OrderReply(
                    venueOrderID: row["ordId"]?.text.flatMap { UInt64($0) } ?? 0,
                    orderID: orderID(row["clOrdId"]?.text), code: code,
                    message: row["sMsg"]?.text ?? ""))
        }
        return replies
    }
}
