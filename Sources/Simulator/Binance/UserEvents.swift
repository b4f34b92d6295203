//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Writes the events of the user data stream; decimals are stripped as the venue strips them.
struct UserEvents {
    private(set) var writer = ByteWriter()
    var bytes: [UInt8] { writer.bytes }

    struct Fill {
        var price: Fixed
        var quantity: Fixed
        var tradeID: Int64
        var commission: Fixed
        var profit: Fixed
        var isMaker: Bool
    }

    private mutating func decimal(_ key: String, _ value: Fixed) {
        writer.text(key)
        writer.stripped(value)
        writer.byte(0x22)
    }

    mutating func tradeLite(
        _ order: VenueOrder, _ symbol: VenueSymbol, fill: Fill, timeMs: Int64
    ) {
        writer.clear()
        writer.text("{\"e\":\"TRADE_LITE\",\"E\":\(timeMs),\"T\":\(timeMs)")
        writer.text(",\"s\":\"\(symbol.name)\"")
        decimal(",\"q\":\"", symbol.quantity(order.lots))
        decimal(",\"p\":\"", symbol.price(order.price))
        writer.text(",\"m\":\(fill.isMaker),\"c\":\"\(order.clientOrderID)\"")
        writer.text(",\"S\":\"\(order.sideName)\"")
        decimal(",\"L\":\"", fill.price)
        decimal(",\"l\":\"", fill.quantity)
        writer.text(",\"t\":\(fill.tradeID),\"i\":\(order.orderID)}")
    }

    /// - Parameters:
    ///   - execution: `x`: NEW, TRADE, CANCELED or EXPIRED.
    ///   - expiryReason: `er`, "0" for none.
    mutating func orderUpdate(
        _ order: VenueOrder, _ symbol: VenueSymbol, execution: String, status: OrderStatus,
        fill: Fill?, expiryReason: String, bidNotional: Fixed, askNotional: Fixed, timeMs: Int64
    ) {
        let none = Fixed(units: 0)
        let isNew = execution == "NEW"
        writer.clear()
        writer.text("{\"e\":\"ORDER_TRADE_UPDATE\",\"T\":\(timeMs),\"E\":\(timeMs)")
        writer.text(",\"o\":{\"s\":\"\(symbol.name)\",\"c\":\"\(order.clientOrderID)\"")
        writer.text(",\"S\":\"\(order.sideName)\",\"o\":\"\(order.typeName)\"")
        writer.text(",\"f\":\"\(order.timeInForceName)\"")
        decimal(",\"q\":\"", symbol.quantity(order.lots))
        decimal(",\"p\":\"", symbol.price(order.price))
        decimal(",\"ap\":\"", isNew ? none : order.averagePrice(symbol))
        writer.text(",\"sp\":\"0\",\"x\":\"\(execution)\",\"X\":\"\(status.rawValue)\"")
        writer.text(",\"i\":\(order.orderID)")
        decimal(",\"l\":\"", fill?.quantity ?? none)
        decimal(",\"z\":\"", isNew ? none : symbol.quantity(order.filledLots))
        decimal(",\"L\":\"", fill?.price ?? none)
        writer.text(",\"n\":\"")
        if let fill { writer.padded(fill.commission, decimals: 8) } else { writer.text("0") }
        writer.text("\",\"N\":\"USDT\",\"T\":\(timeMs),\"t\":\(fill?.tradeID ?? 0)")
        decimal(",\"b\":\"", bidNotional)
        decimal(",\"a\":\"", askNotional)
        writer.text(",\"m\":\(fill?.isMaker ?? false),\"R\":\(order.isReduceOnly)")
        writer.text(",\"wt\":\"CONTRACT_PRICE\",\"ot\":\"\(order.typeName)\",\"ps\":\"BOTH\"")
        writer.text(",\"cp\":false")
        decimal(",\"rp\":\"", fill?.profit ?? none)
        writer.text(",\"pP\":false,\"si\":0,\"ss\":0,\"V\":\"\(order.selfTradeMode)\"")
        writer.text(",\"pm\":\"NONE\",\"gtd\":0,\"er\":\"\(expiryReason)\"")
        if execution == "AMENDMENT", let name = order.modifyID {
            writer.text(",\"M\":\(VenueOrder.identifier(name))")
        }
        writer.text("}}")
    }

    mutating func accountUpdate(
        _ account: Account, _ index: Int, _ symbol: VenueSymbol, mark: Fixed, timeMs: Int64
    ) {
        let position = account.positions[index]
        writer.clear()
        writer.text("{\"e\":\"ACCOUNT_UPDATE\",\"T\":\(timeMs),\"E\":\(timeMs),\"a\":{\"B\":[")
        decimal("{\"a\":\"USDT\",\"wb\":\"", account.wallet)
        decimal(",\"cw\":\"", account.wallet)
        writer.text(",\"bc\":\"0\"}],\"P\":[{\"s\":\"\(symbol.name)\"")
        decimal(
            ",\"pa\":\"",
            Fixed(units: position.lots * symbol.stepSize.units))
        decimal(",\"ep\":\"", account.entryPrice(index, symbol: symbol))
        decimal(",\"cr\":\"", position.realized)
        decimal(",\"up\":\"", account.unrealized(index, symbol: symbol, mark: mark))
        writer.text(",\"mt\":\"cross\",\"iw\":\"0\",\"ps\":\"BOTH\",\"ma\":\"USDT\"")
        decimal(",\"bep\":\"", account.entryPrice(index, symbol: symbol))
        writer.text("}],\"m\":\"ORDER\"}}")
    }
}
