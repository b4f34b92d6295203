//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Messages

/// One symbol of an exchangeInfo reply and its filters.
struct ExchangeInfoRow {
    private let row: JSONDocument
    private let venue: Venue
    private let name: String
    private let filters: [JSONDocument]

    init(_ row: JSONDocument, _ venue: Venue) throws(BinanceError) {
        guard let name = row["symbol"]?.text else { throw .missing("symbol") }
        guard let filters = row["filters"]?.elements else { throw .missing("filters of \(name)") }
        self.row = row
        self.venue = venue
        self.name = name
        self.filters = filters
    }

    /// Market data prints prices with `pricePrecision` decimals even where the tick is coarser, so
    /// the finer of both counts.
    func instrument() throws(BinanceError) -> Instrument {
        let tickSize = try decimal("PRICE_FILTER", "tickSize")
        let stepSize = try decimal("LOT_SIZE", "stepSize")
        var result = Instrument()
        result.venue = venue
        try setNames(&result)
        let isSpot = venue == .binanceSpot
        let priceDecimals = max(
            try integer(isSpot ? "quotePrecision" : "pricePrecision"), Int(tickSize.decimals))
        let quantityDecimals = max(
            try integer(isSpot ? "baseAssetPrecision" : "quantityPrecision"),
            Int(stepSize.decimals))
        guard (0...18).contains(priceDecimals) else { throw bad("PRICE_FILTER", "tickSize") }
        guard (0...18).contains(quantityDecimals) else { throw bad("LOT_SIZE", "stepSize") }
        result.priceDecimals = UInt8(priceDecimals)
        result.quantityDecimals = UInt8(quantityDecimals)
        result.tickMantissa = try positive(tickSize, priceDecimals, "PRICE_FILTER", "tickSize")
        result.lotMantissa = try positive(stepSize, quantityDecimals, "LOT_SIZE", "stepSize")
        try setBounds(&result)
        try setMoney(&result)
        setKind(&result)
        if venue == .binanceCOINM {
            result.isInverse = 1
            result.contractValueE9 = try contractValueE9()
        } else if !result.deriveTickLotValue(), venue == .binanceUSDM {
            throw bad("PRICE_FILTER", "tickSize")
        }
        return result
    }

    private func setKind(_ result: inout Instrument) {
        result.contractValueE9 = 1_000_000_000
        if venue == .binanceSpot {
            result.kind = .spot
        } else {
            let isPerpetual = (row["contractType"]?.text ?? "").contains("PERPETUAL")
            result.kind = isPerpetual ? .swap : .futures
        }
    }

    /// COIN-M: what one contract stands for, in the quote currency.
    private func contractValueE9() throws(BinanceError) -> Int64 {
        let written: String? = switch row["contractSize"] {
        case .number(let text), .string(let text): text
        default: nil
        }
        guard let written, let value = JSONText.decimal(written).scaled(decimals: 9), value > 0
        else { throw .missing("contractSize of \(name)") }
        return value
    }

    private func setNames(_ result: inout Instrument) throws(BinanceError) {
        let quote = row["quoteAsset"]?.text ?? ""
        guard let base = row["baseAsset"]?.text, !quote.isEmpty else {
            throw .missing("assets of \(name)")
        }
        let symbol = "\(base)-\(quote)\(date)"
        guard name.utf8.count < 32, symbol.utf8.count < 32, quote.utf8.count < 16 else {
            throw .missing("short name of \(name)")
        }
        result.venueSymbolText = name
        result.symbolText = symbol
        result.quoteAssetText = quote
    }

    /// "-250926" of a contract that is delivered, "BTCUSDT_250926".
    private var date: String {
        guard let mark = name.lastIndex(of: "_") else { return "" }
        let suffix = name[name.index(after: mark)...]
        return suffix == "PERP" || suffix.isEmpty ? "" : "-\(suffix)"
    }

    /// Bounds of price and quantity, rounded inwards to whole ticks and lots.
    private func setBounds(_ result: inout Instrument) throws(BinanceError) {
        let prices = (Int(result.priceDecimals), result.tickMantissa)
        let lots = (Int(result.quantityDecimals), result.lotMantissa)
        result.priceMin = PriceTicks(try minimum("PRICE_FILTER", "minPrice", prices))
        result.priceMax = PriceTicks(try maximum("PRICE_FILTER", "maxPrice", prices))
        result.quantityMin = QuantityLots(try minimum("LOT_SIZE", "minQty", lots))
        result.quantityMax = QuantityLots(try maximum("LOT_SIZE", "maxQty", lots))
        result.marketQuantityMax = result.quantityMax
        if filter("MARKET_LOT_SIZE") != nil {
            let most = try maximum("MARKET_LOT_SIZE", "maxQty", lots)
            result.marketQuantityMax = QuantityLots(min(most, result.quantityMax.rawValue))
        }
        if let limit = filter("MAX_NUM_ORDERS").flatMap({ $0["limit"] ?? $0["maxNumOrders"] }) {
            result.openOrdersMax = limit.integer.flatMap { UInt32(exactly: $0) } ?? 0
        }
    }

    private func setMoney(_ result: inout Instrument) throws(BinanceError) {
        if let found = filter("MIN_NOTIONAL") ?? filter("NOTIONAL") {
            let field = found["notional"] != nil ? "notional" : "minNotional"
            result.notionalMinE8 = try scaled(found[field], 8, "MIN_NOTIONAL", field)
        }
        if filter("PERCENT_PRICE") != nil {
            result.percentUpE4 = try percent("PERCENT_PRICE", "multiplierUp")
            result.percentDownE4 = try percent("PERCENT_PRICE", "multiplierDown")
        } else if filter("PERCENT_PRICE_BY_SIDE") != nil {
            // Spot bounds each side both ways; what keeps an order from paying too much counts.
            result.percentUpE4 = try percent("PERCENT_PRICE_BY_SIDE", "bidMultiplierUp")
            result.percentDownE4 = try percent("PERCENT_PRICE_BY_SIDE", "askMultiplierDown")
        }
    }

    private func percent(_ filter: String, _ field: String) throws(BinanceError) -> Int32 {
        let value = try scaled(self.filter(filter)?[field], 4, filter, field)
        guard let fits = Int32(exactly: value) else { throw bad(filter, field) }
        return fits
    }

    // MARK: - Members

    private func filter(_ type: String) -> JSONDocument? {
        filters.first { $0["filterType"]?.text == type }
    }

    private func bad(_ filter: String, _ field: String) -> BinanceError {
        .badFilter(symbol: name, filter: filter, field: field)
    }

    private func integer(_ member: String) throws(BinanceError) -> Int {
        guard let value = row[member]?.integer else { throw .missing("\(member) of \(name)") }
        return Int(value)
    }

    private func decimal(
        _ filter: String, _ field: String
    ) throws(BinanceError) -> JSONText.Decimal {
        guard let text = self.filter(filter)?[field]?.text else { throw bad(filter, field) }
        let decimal = JSONText.decimal(text)
        guard decimal.isValid, !decimal.isNegative, !decimal.overflows else {
            throw bad(filter, field)
        }
        return decimal
    }

    private func positive(
        _ decimal: JSONText.Decimal, _ decimals: Int, _ filter: String, _ field: String
    ) throws(BinanceError) -> Int64 {
        guard let value = decimal.scaled(decimals: UInt32(decimals)), value > 0 else {
            throw bad(filter, field)
        }
        return value
    }

    private func scaled(
        _ value: JSONDocument?, _ decimals: UInt32, _ filter: String, _ field: String
    ) throws(BinanceError) -> Int64 {
        guard let text = value?.text,
            let result = JSONText.decimal(text).scaled(decimals: decimals), result >= 0
        else { throw bad(filter, field) }
        return result
    }

    /// A lower bound in units of `grid`, rounded up; at least one.
    private func minimum(
        _ filter: String, _ field: String, _ grid: (decimals: Int, unit: Int64)
    ) throws(BinanceError) -> Int64 {
        let value = try scaled(
            self.filter(filter)?[field], UInt32(grid.decimals), filter, field)
        return max(1, value / grid.unit + (value % grid.unit == 0 ? 0 : 1))
    }

    /// An upper bound in units of `grid`, rounded down; the largest there is when it is zero.
    private func maximum(
        _ filter: String, _ field: String, _ grid: (decimals: Int, unit: Int64)
    ) throws(BinanceError) -> Int64 {
        let value = try scaled(
            self.filter(filter)?[field], UInt32(grid.decimals), filter, field)
        return value == 0 ? .max : value / grid.unit
    }
}
