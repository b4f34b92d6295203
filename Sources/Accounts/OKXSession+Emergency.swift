//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
import VenueREST

extension OKXSession: EmergencySession {
    public func accountOrders() throws(AccountError) -> [AccountOrder] {
        try everyOpenOrder().map {
            AccountOrder(symbol: $0.symbol, venueOrderID: $0.venueOrderID, orderID: $0.orderID)
        }
    }

    public func cancel(_ order: AccountOrder) throws(AccountError) {
        let body = try signedPost(
            OKXREST.cancelOrderPath,
            OKXREST.cancelBody(symbol: order.symbol, venueOrderID: order.venueOrderID))
        // An order that has ended meanwhile is refused, which is as good.
        _ = try told { () throws(OKXReplyError) in try OKXREST.orderReplies(body) }
    }

    public func markPrice(_ instrument: Instrument) throws(AccountError) -> String {
        let symbol = instrument.venueSymbolText
        let body = try get(OKXREST.markPath(symbol: symbol, type: Self.type(symbol)))
        return try told { () throws(OKXReplyError) in try OKXREST.markPrice(body) }
    }

    public func reduce(
        _ instrument: Instrument, side: Side, quantity: QuantityLots, limit: PriceTicks,
        orderID: UInt64
    ) throws(AccountError) {
        let body = try signedPost(
            OKXREST.placeOrderPath,
            OKXREST.reduceBody(
                symbol: instrument.venueSymbolText, orderID: orderID, isBuy: side == .buy,
                price: instrument.text(price: limit),
                quantity: instrument.text(quantity: quantity)))
        let replies = try told { () throws(OKXReplyError) in try OKXREST.orderReplies(body) }
        if let refused = replies.first(where: { $0.code != 0 }) {
            throw AccountError("the venue answered \(refused.code): \(refused.message)")
        }
    }
}
