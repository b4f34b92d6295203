//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A symbol with the venue's own filters. Prices are ticks and quantities lots inside the
/// simulator; texts on the wire carry `pricePrecision` and `quantityPrecision` decimals.
///
/// Source of BTCUSDT and ETHUSDT: exchangeInfo as recorded in 2025-08; SOLUSDT: tick and step of
/// 2025, the other limits chosen in proportion.
struct VenueSymbol: Sendable {
    var name: String
    var base: String
    var underlyingSubType: String
    var tickSize: Fixed
    var stepSize: Fixed
    var pricePrecision: Int
    var quantityPrecision: Int
    var priceMin: String
    var priceMax: String
    var quantityMin: String
    var quantityMax: String
    var marketQuantityMax: String
    var notionalMin: String
    var orderCountMax = 200
    /// Ticks of the book that a price of a new order must be a multiple of.
    var ticksPerStep: Int64 = 1
    /// No order is taken until then; 0: none is refused.
    var haltedUntilNs: UInt64 = 0

    /// PERCENT_PRICE and the market order bound, as parts of 10,000 around the mark price.
    static let multiplierUp: Int64 = 10_500
    static let multiplierDown: Int64 = 9_500

    /// The tick as the venue tells it.
    var toldTickSize: Fixed { price(ticksPerStep) }
    var status: String { haltedUntilNs == 0 ? "TRADING" : "PRE_SETTLE" }

    var lowerName: String { name.lowercased() }

    func price(_ ticks: Int64) -> Fixed { Fixed(units: ticks * tickSize.units) }
    func quantity(_ lots: Int64) -> Fixed { Fixed(units: lots * stepSize.units) }
    func notional(ticks: Int64, lots: Int64) -> Fixed { price(ticks) * quantity(lots) }

    static let bitcoin = VenueSymbol(
        name: "BTCUSDT", base: "BTC", underlyingSubType: "PoW", tickSize: Fixed(units: 10_000_000),
        stepSize: Fixed(units: 100_000), pricePrecision: 2, quantityPrecision: 3,
        priceMin: "556.80", priceMax: "4529764", quantityMin: "0.001", quantityMax: "1000",
        marketQuantityMax: "120", notionalMin: "100")
    static let ether = VenueSymbol(
        name: "ETHUSDT", base: "ETH", underlyingSubType: "Layer-1",
        tickSize: Fixed(units: 1_000_000), stepSize: Fixed(units: 100_000), pricePrecision: 2,
        quantityPrecision: 3, priceMin: "39.86", priceMax: "306177", quantityMin: "0.001",
        quantityMax: "10000", marketQuantityMax: "2000", notionalMin: "20")
    static let solana = VenueSymbol(
        name: "SOLUSDT", base: "SOL", underlyingSubType: "Layer-1",
        tickSize: Fixed(units: 1_000_000), stepSize: Fixed(units: 1_000_000), pricePrecision: 4,
        quantityPrecision: 2, priceMin: "0.4200", priceMax: "6857", quantityMin: "0.01",
        quantityMax: "1000000", marketQuantityMax: "50000", notionalMin: "5")

    static func known(_ name: String) -> VenueSymbol? {
        [bitcoin, ether, solana].first { $0.name == name }
    }
}

extension VenueSymbol {
    /// This symbol's entry of exchangeInfo, keys as recorded.
    func writeInformation(to writer: inout ByteWriter) {
        writer.text("{\"symbol\":\"\(name)\",\"pair\":\"\(name)\",\"contractType\":\"PERPETUAL\"")
        writer.text(",\"deliveryDate\":4133404800000,\"onboardDate\":1569398400000")
        writer.text(",\"status\":\"\(status)\",\"maintMarginPercent\":\"2.5000\"")
        writer.text(",\"requiredMarginPercent\":\"5.0000\",\"baseAsset\":\"\(base)\"")
        writer.text(",\"quoteAsset\":\"USDT\",\"marginAsset\":\"USDT\"")
        writer.text(",\"pricePrecision\":\(pricePrecision)")
        writer.text(",\"quantityPrecision\":\(quantityPrecision)")
        writer.text(",\"baseAssetPrecision\":8,\"quotePrecision\":8,\"underlyingType\":\"COIN\"")
        writer.text(",\"underlyingSubType\":[\"\(underlyingSubType)\"]")
        writer.text(",\"triggerProtect\":\"0.0500\",\"liquidationFee\":\"0.012500\"")
        writer.text(",\"marketTakeBound\":\"0.05\",\"maxMoveOrderLimit\":10000,\"filters\":[")
        writer.text("{\"filterType\":\"PRICE_FILTER\",\"maxPrice\":\"\(priceMax)\"")
        writer.text(",\"minPrice\":\"\(priceMin)\",\"tickSize\":\"")
        writer.padded(toldTickSize, decimals: pricePrecision)
        writer.text("\"}")
        writeLotSize("LOT_SIZE", max: quantityMax, to: &writer)
        writeLotSize("MARKET_LOT_SIZE", max: marketQuantityMax, to: &writer)
        writer.text(",{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":\(orderCountMax)}")
        writer.text(",{\"filterType\":\"MAX_NUM_ALGO_ORDERS\",\"limit\":10}")
        writer.text(",{\"filterType\":\"MIN_NOTIONAL\",\"notional\":\"\(notionalMin)\"}")
        writer.text(",{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":\"1.0500\"")
        writer.text(",\"multiplierDown\":\"0.9500\",\"multiplierDecimal\":\"4\"}")
        writer.text(",{\"filterType\":\"POSITION_RISK_CONTROL\"")
        writer.text(",\"positionControlSide\":\"NONE\"}]")
        writer.text(",\"orderTypes\":[\"LIMIT\",\"MARKET\"]")
        writer.text(",\"timeInForce\":[\"GTC\",\"IOC\",\"FOK\",\"GTX\"]")
        writer.text(",\"permissionSets\":[\"GRID\",\"COPY\"]}")
    }

    private func writeLotSize(_ type: String, max: String, to writer: inout ByteWriter) {
        writer.text(",{\"filterType\":\"\(type)\",\"maxQty\":\"\(max)\"")
        writer.text(",\"minQty\":\"\(quantityMin)\",\"stepSize\":\"")
        writer.padded(stepSize, decimals: quantityPrecision)
        writer.text("\"}")
    }
}
