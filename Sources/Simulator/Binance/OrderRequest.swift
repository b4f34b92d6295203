//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A new order whose parameters are well-formed and pass the symbol's filters.
struct OrderRequest {
    var symbol: Int
    var side: BookSide
    var isMarket: Bool
    var timeInForce: TimeInForce
    /// Ticks, 0 for MARKET.
    var price: Int64
    var lots: Int64
    var isReduceOnly: Bool
    var clientOrderID: String?
    var wantsResult: Bool

    static let algoTypes: Set<String> = [
        "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET",
    ]

    /// Reads parameters in the venue's order of checks: shape, precision, filters.
    ///
    /// - Parameter mark: Mark price of a symbol, for PERCENT_PRICE and the notional of MARKET.
    init(
        _ parameters: Parameters, symbols: [VenueSymbol], mark: (Int) -> Fixed
    ) throws(VenueError) {
        let name = try parameters.required("symbol")
        guard let index = symbols.firstIndex(where: { $0.name == name }) else {
            throw .invalidSymbol
        }
        let venueSymbol = symbols[index]
        if venueSymbol.haltedUntilNs > 0 { throw .halted }
        symbol = index
        switch try parameters.required("side") {
        case "BUY": side = .bid
        case "SELL": side = .ask
        default: throw .invalidSide
        }
        let type = try parameters.required("type")
        if Self.algoTypes.contains(type) { throw .algoEndpoint }
        guard type == "LIMIT" || type == "MARKET" else { throw .invalidType }
        isMarket = type == "MARKET"
        if let positionSide = parameters["positionSide"], positionSide != "BOTH" {
            throw .positionSide
        }
        isReduceOnly = parameters["reduceOnly"]?.lowercased() == "true"
        wantsResult = parameters["newOrderRespType"] == "RESULT"
        clientOrderID = parameters["newClientOrderId"]
        if let id = clientOrderID, !Self.isClientOrderID(id) { throw .clientOrderID }
        timeInForce = try Self.timeInForce(parameters, isMarket: isMarket)
        price = 0
        lots = 0
        lots = try Self.lots(try parameters.required("quantity"), venueSymbol, isMarket: isMarket)
        if isMarket {
            if parameters["price"] != nil { throw .notRequired("price") }
        } else {
            price = try Self.ticks(try parameters.required("price"), venueSymbol)
        }
        try checkBounds(venueSymbol, mark: mark(index))
    }

    private static func timeInForce(
        _ parameters: Parameters, isMarket: Bool
    ) throws(VenueError) -> TimeInForce {
        if isMarket {
            if parameters["timeInForce"] != nil { throw .notRequired("timeInForce") }
            return .immediateOrCancel
        }
        guard let value = TimeInForce(rawValue: try parameters.required("timeInForce")) else {
            throw .invalidTimeInForce
        }
        return value
    }

    private static func lots(
        _ text: String, _ symbol: VenueSymbol, isMarket: Bool
    ) throws(VenueError) -> Int64 {
        guard let quantity = Fixed(text) else { throw .missing("quantity") }
        if Fixed.decimals(in: text) > symbol.quantityPrecision { throw .precision }
        if quantity.units <= 0 { throw .quantityTooSmall }
        let limit = isMarket ? symbol.marketQuantityMax : symbol.quantityMax
        if let min = Fixed(symbol.quantityMin), quantity < min { throw .quantityBelow }
        if let max = Fixed(limit), quantity > max { throw .quantityAbove }
        if quantity.units % symbol.stepSize.units != 0 { throw .quantityOffStep }
        return quantity.units / symbol.stepSize.units
    }

    private static func ticks(_ text: String, _ symbol: VenueSymbol) throws(VenueError) -> Int64 {
        guard let price = Fixed(text) else { throw .missing("price") }
        if Fixed.decimals(in: text) > symbol.pricePrecision { throw .precision }
        if let min = Fixed(symbol.priceMin), price < min { throw .priceBelow }
        if let max = Fixed(symbol.priceMax), price > max { throw .priceAbove }
        if price.units % symbol.toldTickSize.units != 0 { throw .priceOffTick }
        return price.units / symbol.tickSize.units
    }

    private func checkBounds(_ symbol: VenueSymbol, mark: Fixed) throws(VenueError) {
        if !isMarket, mark.units > 0 {
            let up = mark.units / 10_000 * VenueSymbol.multiplierUp
            let down = mark.units / 10_000 * VenueSymbol.multiplierDown
            if side == .bid, symbol.price(price).units > up { throw .priceTooHigh }
            if side == .ask, symbol.price(price).units < down { throw .priceTooLow }
        }
        let value = isMarket ? mark : symbol.price(price)
        if !isReduceOnly, let min = Fixed(symbol.notionalMin),
            value * symbol.quantity(lots) < min
        {
            throw .minNotional(symbol.notionalMin)
        }
    }

    static func isClientOrderID(_ id: String) -> Bool {
        (1...36).contains(id.utf8.count)
            && id.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                    || $0 == 46 || $0 == 58 || $0 == 47 || $0 == 95 || $0 == 45
            }
    }
}
