//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// What the orders channel would have pushed, made from what REST knows.
public enum OKXMissedPush {
    /// A push of one fill of an order, or without a fill of the state the order is in.
    public static func text(_ order: OKXREST.Order, _ fill: OKXREST.Fill?) -> String {
        var members = [
            ("instId", order.symbol), ("ordId", "\(order.venueOrderID)"),
            ("clOrdId", ClientOrderID.text(order.orderID)),
            ("side", order.side == .buy ? "buy" : "sell"), ("sz", order.quantity),
            ("accFillSz", order.cumulativeQuantity),
            ("uTime", "\((fill?.timeNs ?? order.updateTimeNs) / 1_000_000)"),
            // Of a fill, that the order lives: its end comes by itself.
            ("state", fill == nil ? order.state : "partially_filled"),
        ]
        if let fill { members += trade(fill) }
        return push(members)
    }

    /// A push of one fill of an order that is none of ours, or that the venue does not list.
    public static func text(_ fill: OKXREST.Fill) -> String {
        let order = [
            ("instId", fill.symbol), ("ordId", "\(fill.venueOrderID)"), ("clOrdId", ""),
            ("side", fill.side == .buy ? "buy" : "sell"), ("sz", fill.quantity),
            ("accFillSz", fill.quantity), ("uTime", "\(fill.timeNs / 1_000_000)"),
            ("state", "partially_filled"),
        ]
        return push(order + trade(fill))
    }

    private static func trade(_ fill: OKXREST.Fill) -> [(String, String)] {
        [
            ("tradeId", "\(fill.tradeID)"), ("fillPx", fill.price), ("fillSz", fill.quantity),
            ("fillFee", fill.fee), ("fillFeeCcy", fill.feeCurrency),
            ("execType", fill.isMaker ? "M" : "T"), ("fillTime", "\(fill.timeNs / 1_000_000)"),
        ]
    }

    private static func push(_ members: [(String, String)]) -> String {
        let item = members.map { "\"\($0.0)\":\(OKXText.quoted($0.1))" }.joined(separator: ",")
        return "{\"arg\":{\"channel\":\"orders\",\"instType\":\"ANY\"},\"data\":[{\(item)}]}"
    }
}
