//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

enum OrderStatus: String {
    case new = "NEW"
    case partiallyFilled = "PARTIALLY_FILLED"
    case filled = "FILLED"
    case canceled = "CANCELED"
    case expired = "EXPIRED"
    case expiredInMatch = "EXPIRED_IN_MATCH"

    var isOpen: Bool { self == .new || self == .partiallyFilled }
}

/// One order of the client and its life.
final class VenueOrder {
    let orderID: Int64
    let clientOrderID: String
    let symbol: Int
    let side: BookSide
    let isMarket: Bool
    let timeInForce: TimeInForce
    /// Ticks as sent; 0 for MARKET.
    var price: Int64
    var lots: Int64
    var modificationCount = 0
    /// What the client called its last change; `nil`: nothing.
    var modifyID: String?
    /// "NONE" once it was changed.
    var selfTradeMode = "EXPIRE_MAKER"
    let isReduceOnly: Bool
    var filledLots: Int64 = 0
    var filledNotional = Fixed(units: 0)
    var status = OrderStatus.new
    var updateMs: Int64
    /// The venue made it itself, to close a position.
    var isOfVenue = false
    /// The NEW event has been sent.
    var isAnnounced = false

    init(
        orderID: Int64, clientOrderID: String, symbol: Int, side: BookSide, isMarket: Bool,
        timeInForce: TimeInForce, price: Int64, lots: Int64, isReduceOnly: Bool, timeMs: Int64
    ) {
        self.orderID = orderID
        self.clientOrderID = clientOrderID
        self.symbol = symbol
        self.side = side
        self.isMarket = isMarket
        self.timeInForce = timeInForce
        self.price = price
        self.lots = lots
        self.isReduceOnly = isReduceOnly
        updateMs = timeMs
    }

    var sideName: String { side == .bid ? "BUY" : "SELL" }
    var typeName: String { isOfVenue ? "LIQUIDATION" : isMarket ? "MARKET" : "LIMIT" }
    var leaves: Int64 { lots - filledLots }

    /// Mean price of the fills, 0 without any.
    func averagePrice(_ symbol: VenueSymbol) -> Fixed {
        guard filledLots > 0 else { return Fixed(units: 0) }
        return Fixed(
            units: Int64(
                clamping: Int128(filledNotional.units) * Int128(Fixed.one)
                    / Int128(symbol.quantity(filledLots).units)))
    }

    /// The order as the replies show it. `isQuery` adds what queries have and replies lost in
    /// 2026-06; an ACK shows the order as it was when it was taken in.
    func write(
        to writer: inout ByteWriter, symbol: VenueSymbol, isQuery: Bool = false,
        isACK: Bool = false, modifyID: String? = nil
    ) {
        let filled = symbol.quantity(isACK ? 0 : filledLots)
        writer.text("{\"orderId\":\(orderID),\"symbol\":\"\(symbol.name)\",\"status\":\"")
        writer.text(isACK ? OrderStatus.new.rawValue : status.rawValue)
        writer.text("\",\"clientOrderId\":\"\(clientOrderID)\",\"price\":\"")
        writer.padded(symbol.price(price), decimals: symbol.pricePrecision)
        if isQuery {
            writer.text("\",\"avgPrice\":\"")
            writer.padded(averagePrice(symbol), decimals: symbol.pricePrecision)
        }
        writer.text("\",\"origQty\":\"")
        writer.padded(symbol.quantity(lots), decimals: symbol.quantityPrecision)
        writer.text("\",\"executedQty\":\"")
        writer.padded(filled, decimals: symbol.quantityPrecision)
        if isQuery {
            writer.text("\",\"cumQuote\":\"")
            writer.padded(filledNotional, decimals: 8)
        } else {
            writer.text("\",\"cumQty\":\"")
            writer.padded(filled, decimals: symbol.quantityPrecision)
        }
        writer.text("\",\"timeInForce\":\"\(timeInForceName)\",\"type\":\"\(typeName)\"")
        writer.text(",\"reduceOnly\":\(isReduceOnly),\"closePosition\":false")
        writer.text(",\"side\":\"\(sideName)\",\"positionSide\":\"BOTH\",\"stopPrice\":\"")
        writer.padded(Fixed(units: 0), decimals: symbol.pricePrecision)
        writer.text("\",\"workingType\":\"CONTRACT_PRICE\",\"priceProtect\":false")
        writer.text(",\"origType\":\"\(typeName)\",\"priceMatch\":\"NONE\"")
        writer.text(",\"selfTradePreventionMode\":\"\(selfTradeMode)\"")
        writer.text(",\"goodTillDate\":0")
        if isQuery { writer.text(",\"time\":\(updateMs)") }
        if let modifyID { writer.text(",\"modifyId\":\(Self.identifier(modifyID))") }
        writer.text(",\"updateTime\":\(updateMs)}")
    }

    /// The order as the reply to a change shows it, with what the client called the change.
    func writeChanged(
        _ parameters: Parameters, to writer: inout ByteWriter, symbol: VenueSymbol
    ) {
        write(to: &writer, symbol: symbol, modifyID: parameters["modifyId"])
    }

    /// A number as one, anything else as a text.
    static func identifier(_ text: String) -> String {
        if Int64(text) != nil { return text }
        var writer = ByteWriter(capacity: 64)
        writer.quoted(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// MARKET orders are shown as GTC.
    var timeInForceName: String { isMarket ? "GTC" : timeInForce.rawValue }
}
