//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Spot's messages: no transaction time of a book, no `pu`, bids from the best down.
// Source: protocol sheet of Binance, section 11.

extension MarketEvents {
    mutating func spotDepth(
        _ batcher: inout DepthBatcher, of engine: MatchingEngine, eventMs: Int64
    ) {
        begin("depthUpdate", eventMs: eventMs)
        name(hasPair: false)
        number(",\"U\":", batcher.firstID)
        number(",\"u\":", batcher.lastID)
        writer.text(",\"b\":[")
        let bids = batcher.changedPrices(.bid).reversed()
        symbol.writeLevels(bids.lazy.map { ($0, engine.lots(.bid, at: $0)) }, to: &writer)
        writer.text("],\"a\":[")
        let asks = batcher.changedPrices(.ask)
        symbol.writeLevels(asks.lazy.map { ($0, engine.lots(.ask, at: $0)) }, to: &writer)
        writer.text("]}")
    }

    /// Tells neither its kind nor a time.
    mutating func spotBookTicker(_ touch: Touch, updateID: Int64) {
        writer.clear()
        writer.text("{\"u\":")
        writer.integer(updateID)
        name(hasPair: false)
        price(",\"b\":\"", touch.bid)
        quantity(",\"B\":\"", touch.bidLots)
        price(",\"a\":\"", touch.ask)
        quantity(",\"A\":\"", touch.askLots)
        writer.byte(UInt8(ascii: "}"))
    }

    /// Ends a trade or an aggregated one; `M` is of no use, says the venue.
    mutating func endSpotTrade(isBuyerMaker: Bool, timeMs: Int64) {
        number(",\"T\":", timeMs)
        writer.text(isBuyerMaker ? ",\"m\":true,\"M\":true}" : ",\"m\":false,\"M\":true}")
    }
}
