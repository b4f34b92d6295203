//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What the user stream would have pushed, made from what REST knows.
public enum BinanceMissedPush {
    /// The push of one fill.
    ///
    /// - Parameter order: Its order; `nil` where the venue does not list it: the fill is then told
    ///   as another client's, for it moves the position all the same.
    public static func text(_ order: BinanceREST.Order?, _ trade: BinanceREST.Trade) -> String {
        let subject = order.map(Self.subject) ?? Subject(
            symbol: trade.symbol, clientOrderID: "", side: trade.side,
            venueOrderID: trade.venueOrderID, executed: trade.quantity)
        return message(
            subject, execution: "TRADE", status: "PARTIALLY_FILLED", timeMs: trade.timeMs,
            "\"l\":\"\(trade.quantity)\",\"L\":\"\(trade.price)\",\"t\":\(trade.tradeID),"
                + "\"n\":\"\(trade.commission)\",\"N\":\"\(trade.commissionAsset)\","
                + "\"m\":\(trade.isMaker)")
    }

    /// The push of how an order ended; `nil` for one that is open. One that was filled has ended as
    /// well, maybe for less than was asked for.
    public static func end(_ order: BinanceREST.Order) -> String? {
        let execution: String
        switch order.status {
        case "CANCELED": execution = "CANCELED"
        case "EXPIRED", "EXPIRED_IN_MATCH", "FILLED": execution = "EXPIRED"
        default: return nil
        }
        return message(
            subject(order), execution: execution, status: order.status,
            timeMs: order.updateTimeMs, "\"l\":\"0\",\"L\":\"0\",\"t\":0,\"m\":false")
    }

    /// The order that a push is about.
    private struct Subject {
        var symbol: String
        var clientOrderID: String
        var side: String
        var venueOrderID: UInt64
        var executed: String
    }

    private static func subject(_ order: BinanceREST.Order) -> Subject {
        Subject(
            symbol: order.symbol, clientOrderID: order.clientOrderID, side: order.side,
            venueOrderID: order.venueOrderID, executed: order.executed)
    }

    /// Texts of the venue are symbols, numbers and names that need no escape.
    private static func message(
        _ order: Subject, execution: String, status: String, timeMs: UInt64, _ fill: String
    ) -> String {
        "{\"e\":\"ORDER_TRADE_UPDATE\",\"T\":\(timeMs),\"E\":\(timeMs),\"o\":{"
            + "\"s\":\"\(order.symbol)\",\"c\":\"\(order.clientOrderID)\","
            + "\"S\":\"\(order.side)\",\"x\":\"\(execution)\",\"X\":\"\(status)\","
            + "\"i\":\(order.venueOrderID),\"z\":\"\(order.executed)\",\(fill),\"T\":\(timeMs)}}"
    }
}
