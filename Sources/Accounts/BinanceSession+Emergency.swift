//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
import VenueREST

extension BinanceSession: EmergencySession {
    /// No such order is open.
    private static let unknownOrder = -2011

    public func accountOrders() throws(AccountError) -> [AccountOrder] {
        let body = try send(.openOrders(nil))
        return try told("openOrders") { () throws(BinanceError) in
            try BinanceREST.orders(body)
        }.map {
            AccountOrder(symbol: $0.symbol, venueOrderID: $0.venueOrderID, orderID: $0.orderID)
        }
    }

    public func cancel(_ order: AccountOrder) throws(AccountError) {
        let request = BinanceRequest.cancel(
            symbol: order.symbol, venueOrderID: order.venueOrderID)
        try perform(request, unless: Self.unknownOrder)
    }

    public func markPrice(_ instrument: Instrument) throws(AccountError) -> String {
        let body = try send(.mark(instrument))
        return try told("premiumIndex") { () throws(BinanceError) in
            try BinanceREST.markPrice(body)
        }
    }

    public func reduce(
        _ instrument: Instrument, side: Side, quantity: QuantityLots, limit: PriceTicks,
        orderID: UInt64
    ) throws(AccountError) {
        let order = BinanceOrderParameters(
            instrument, orderID: orderID, side: side, quantity: quantity, price: limit,
            timeInForce: .ioc, isReduceOnly: true)
        guard let order else {
            throw AccountError("no order of \(instrument.venueSymbolText) to be sent")
        }
        _ = try send(.place(order))
    }
}
