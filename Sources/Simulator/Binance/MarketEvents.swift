//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Writes market events with the venue's keys in the venue's order.
///
/// The fields of 2026 (`ps`, `st`, `nq`, `ap`) are written unless the venue is told to be older.
/// Spot has none of them, and other keys: `MarketEvents+Spot`.
struct MarketEvents {
    let symbol: VenueSymbol
    let hasFieldsOf2026: Bool
    let isSpot: Bool
    var writer = ByteWriter(capacity: 1 << 16)

    init(symbol: VenueSymbol, hasFieldsOf2026: Bool, venue: VenueName = .binanceUSDM) {
        self.symbol = symbol
        isSpot = venue == .binanceSpot
        self.hasFieldsOf2026 = hasFieldsOf2026 && !isSpot
    }

    var bytes: [UInt8] { writer.bytes }

    mutating func begin(_ type: String, eventMs: Int64) {
        writer.clear()
        writer.text("{\"e\":\"")
        writer.text(type)
        writer.text("\",\"E\":")
        writer.integer(eventMs)
    }

    private mutating func end() { writer.text(hasFieldsOf2026 ? ",\"st\":1}" : "}") }

    mutating func name(hasPair: Bool) {
        writer.text(",\"s\":\"")
        writer.text(symbol.name)
        if hasPair, hasFieldsOf2026 {
            writer.text("\",\"ps\":\"")
            writer.text(symbol.name)
        }
        writer.byte(0x22)
    }

    mutating func price(_ key: String, _ ticks: Int64) {
        writer.text(key)
        writer.padded(symbol.price(ticks), decimals: symbol.pricePrecision)
        writer.byte(0x22)
    }

    mutating func quantity(_ key: String, _ lots: Int64) {
        writer.text(key)
        writer.padded(symbol.quantity(lots), decimals: symbol.quantityPrecision)
        writer.byte(0x22)
    }

    mutating func number(_ key: String, _ value: Int64) {
        writer.text(key)
        writer.integer(value)
    }

    mutating func depth(
        _ batcher: inout DepthBatcher, of engine: MatchingEngine, eventMs: Int64, timeMs: Int64
    ) {
        if isSpot { return spotDepth(&batcher, of: engine, eventMs: eventMs) }
        begin("depthUpdate", eventMs: eventMs)
        number(",\"T\":", timeMs)
        name(hasPair: true)
        number(",\"U\":", batcher.firstID)
        number(",\"u\":", batcher.lastID)
        number(",\"pu\":", batcher.previousID)
        writer.text(",\"b\":[")
        let bids = batcher.changedPrices(.bid)
        symbol.writeLevels(bids.lazy.map { ($0, engine.lots(.bid, at: $0)) }, to: &writer)
        writer.text("],\"a\":[")
        let asks = batcher.changedPrices(.ask)
        symbol.writeLevels(asks.lazy.map { ($0, engine.lots(.ask, at: $0)) }, to: &writer)
        writer.byte(UInt8(ascii: "]"))
        end()
    }

    /// One level as depth events write it.
    func level(_ ticks: Int64, _ lots: Int64) -> String {
        var writer = ByteWriter(capacity: 64)
        symbol.writeLevels(CollectionOfOne((price: ticks, lots: lots)), to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    mutating func bookTicker(_ touch: Touch, updateID: Int64, timeMs: Int64) {
        if isSpot { return spotBookTicker(touch, updateID: updateID) }
        writer.clear()
        writer.text("{\"e\":\"bookTicker\",\"u\":")
        writer.integer(updateID)
        name(hasPair: true)
        price(",\"b\":\"", touch.bid)
        quantity(",\"B\":\"", touch.bidLots)
        price(",\"a\":\"", touch.ask)
        quantity(",\"A\":\"", touch.askLots)
        number(",\"T\":", timeMs)
        number(",\"E\":", timeMs)
        end()
    }

    mutating func trade(
        price ticks: Int64, lots: Int64, id: Int64, isBuyerMaker: Bool, timeMs: Int64
    ) {
        begin("trade", eventMs: timeMs)
        if !isSpot { number(",\"T\":", timeMs) }
        name(hasPair: false)
        number(",\"t\":", id)
        price(",\"p\":\"", ticks)
        quantity(",\"q\":\"", lots)
        if isSpot { return endSpotTrade(isBuyerMaker: isBuyerMaker, timeMs: timeMs) }
        writer.text(isBuyerMaker ? ",\"X\":\"MARKET\",\"m\":true" : ",\"X\":\"MARKET\",\"m\":false")
        end()
    }

    mutating func aggregate(_ one: AggregateTrades.Aggregate, id: Int64, eventMs: Int64) {
        begin("aggTrade", eventMs: eventMs)
        if isSpot {
            name(hasPair: false)
            number(",\"a\":", id)
        } else {
            number(",\"a\":", id)
            name(hasPair: false)
        }
        price(",\"p\":\"", one.price)
        quantity(",\"q\":\"", one.lots)
        if hasFieldsOf2026 { quantity(",\"nq\":\"", one.lots) }
        number(",\"f\":", one.firstID)
        number(",\"l\":", one.lastID)
        if isSpot { return endSpotTrade(isBuyerMaker: one.isBuyerMaker, timeMs: one.timeMs) }
        number(",\"T\":", one.timeMs)
        writer.text(one.isBuyerMaker ? ",\"m\":true" : ",\"m\":false")
        end()
    }

    mutating func markPrice(_ mark: Fixed, eventMs: Int64) {
        begin("markPriceUpdate", eventMs: eventMs)
        name(hasPair: false)
        for key in hasFieldsOf2026 ? ["p", "ap", "P", "i"] : ["p", "P", "i"] {
            writer.text(",\"\(key)\":\"")
            writer.padded(mark, decimals: 8)
            writer.byte(0x22)
        }
        writer.text(",\"r\":\"0.00010000\"")
        number(",\"T\":", nextFundingMs(after: eventMs))
        end()
    }
}

/// Funding is paid at 00:00, 08:00 and 16:00 UTC.
func nextFundingMs(after timeMs: Int64) -> Int64 { (timeMs / 28_800_000 + 1) * 28_800_000 }
