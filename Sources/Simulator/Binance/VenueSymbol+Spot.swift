//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension VenueSymbol {
    /// How far Spot's fair values lie from those of the futures.
    static let spotBasis = -0.0002

    /// The symbols of Spot. Ticks are those of the futures, so that the same made-up traders fit
    /// (the venue's own tick of BTCUSDT is 0.01); texts have eight decimals, as on the venue.
    static let spot: [VenueSymbol] = [
        spot("BTC", tick: 10_000_000, step: 1_000, quantityMin: "0.00001000"),
        spot("ETH", tick: 1_000_000, step: 10_000, quantityMin: "0.00010000"),
        spot("SOL", tick: 1_000_000, step: 100_000, quantityMin: "0.00100000"),
    ]

    private static func spot(
        _ base: String, tick: Int64, step: Int64, quantityMin: String
    ) -> VenueSymbol {
        VenueSymbol(
            name: "\(base)USDT", base: base, underlyingSubType: "", tickSize: Fixed(units: tick),
            stepSize: Fixed(units: step), pricePrecision: 8, quantityPrecision: 8,
            priceMin: "0.01000000", priceMax: "1000000.00000000", quantityMin: quantityMin,
            quantityMax: "9000.00000000", marketQuantityMax: "100.00000000",
            notionalMin: "5.00000000")
    }

    /// This symbol's entry of Spot's exchangeInfo.
    func writeSpotInformation(to writer: inout ByteWriter) {
        writer.text("{\"symbol\":\"\(name)\",\"status\":\"\(status)\",\"baseAsset\":\"\(base)\"")
        writer.text(",\"baseAssetPrecision\":8,\"quoteAsset\":\"USDT\",\"quotePrecision\":8")
        writer.text(",\"quoteAssetPrecision\":8,\"baseCommissionPrecision\":8")
        writer.text(",\"quoteCommissionPrecision\":8")
        writer.text(",\"orderTypes\":[\"LIMIT\",\"LIMIT_MAKER\",\"MARKET\"]")
        writer.text(",\"icebergAllowed\":true,\"ocoAllowed\":true,\"isSpotTradingAllowed\":true")
        writer.text(",\"isMarginTradingAllowed\":true,\"filters\":[")
        writer.text("{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"\(priceMin)\"")
        writer.text(",\"maxPrice\":\"\(priceMax)\",\"tickSize\":\"")
        writer.padded(toldTickSize, decimals: pricePrecision)
        writer.text("\"},{\"filterType\":\"LOT_SIZE\",\"minQty\":\"\(quantityMin)\"")
        writer.text(",\"maxQty\":\"\(quantityMax)\",\"stepSize\":\"")
        writer.padded(stepSize, decimals: quantityPrecision)
        writer.text("\"},{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"0.00000000\"")
        writer.text(",\"maxQty\":\"\(marketQuantityMax)\",\"stepSize\":\"0.00000000\"}")
        writer.text(",{\"filterType\":\"PERCENT_PRICE_BY_SIDE\",\"bidMultiplierUp\":\"5\"")
        writer.text(",\"bidMultiplierDown\":\"0.2\",\"askMultiplierUp\":\"5\"")
        writer.text(",\"askMultiplierDown\":\"0.2\",\"avgPriceMins\":5}")
        writer.text(",{\"filterType\":\"NOTIONAL\",\"minNotional\":\"\(notionalMin)\"")
        writer.text(",\"applyMinToMarket\":true,\"maxNotional\":\"9000000.00000000\"")
        writer.text(",\"applyMaxToMarket\":false,\"avgPriceMins\":5}")
        writer.text(",{\"filterType\":\"MAX_NUM_ORDERS\",\"maxNumOrders\":\(orderCountMax)}]")
        writer.text(",\"permissions\":[],\"permissionSets\":[[\"SPOT\",\"MARGIN\"]]}")
    }
}
