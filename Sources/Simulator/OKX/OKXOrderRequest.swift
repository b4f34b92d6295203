//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A new order whose parameters are well-formed and pass the instrument's rules.
struct OKXOrderRequest {
    var instrument: Int
    var side: BookSide
    var type: OKXOrderType
    var tradeMode: String
    /// Ticks, 0 for market orders.
    var price: Int64
    /// 0 when the size is in quote currency.
    var lots: Int64
    /// The size of a spot market order that is in quote currency.
    var quoteSize: Fixed?
    var targetCurrency: String
    var clientOrderID: String
    var tag: String
    var isReduceOnly: Bool
    var selfTrade: SelfTradeRule

    var isQuoteSized: Bool { quoteSize != nil }

    var selfTradeWord: String {
        switch selfTrade {
        case .expireMaker: "cancel_maker"
        case .expireTaker: "cancel_taker"
        case .expireBoth: "cancel_both"
        }
    }

    /// - Parameter instrument: Already found, by code on WebSocket and by name on REST.
    init(_ value: JSONValue, instrument index: Int, _ feed: OKXFeed) throws(OKXError) {
        let venue = feed.instrument
        instrument = index
        tradeMode = try Self.word(value, "tdMode")
        guard venue.isSpot ? tradeMode == "cash" : ["cross", "isolated"].contains(tradeMode) else {
            throw .parameter("tdMode")
        }
        switch try Self.word(value, "side") {
        case "buy": side = .bid
        case "sell": side = .ask
        default: throw .parameter("side")
        }
        guard let kind = OKXOrderType(rawValue: try Self.word(value, "ordType")) else {
            throw .parameter("ordType")
        }
        type = kind
        if kind == .optimalLimit, venue.isSpot { throw .parameter("ordType") }
        clientOrderID = value["clOrdId"]?.text ?? ""
        guard clientOrderID.isEmpty || Self.isPlain(clientOrderID, max: 32) else {
            throw .parameter("clOrdId")
        }
        tag = value["tag"]?.text ?? ""
        guard tag.isEmpty || Self.isPlain(tag, max: 16) else { throw .parameter("tag") }
        let positionSide = value["posSide"]?.text ?? ""
        guard positionSide.isEmpty || positionSide == "net" else { throw .parameter("posSide") }
        isReduceOnly = try Self.flag(value["reduceOnly"]) && !venue.isSpot
        selfTrade = try Self.selfTrade(value["stpMode"]?.text ?? "", kind)
        targetCurrency = ""
        price = 0
        lots = 0
        try takeSize(try Self.word(value, "sz"), value["tgtCcy"]?.text ?? "", venue)
        if !kind.isMarket { try takePrice(value, feed) }
    }

    private static func word(_ value: JSONValue, _ name: String) throws(OKXError) -> String {
        guard let text = value[name]?.text, !text.isEmpty else { throw .empty(name) }
        return text
    }

    private static func flag(_ value: JSONValue?) throws(OKXError) -> Bool {
        switch value?.text ?? "false" {
        case "true": return true
        case "false", "": return false
        default: throw .parameter("reduceOnly")
        }
    }

    private static func selfTrade(
        _ word: String, _ type: OKXOrderType
    ) throws(OKXError) -> SelfTradeRule {
        switch word {
        case "", "cancel_maker": return .expireMaker
        case "cancel_taker": return .expireTaker
        case "cancel_both":
            if type == .fillOrKill { throw .parameter("stpMode") }
            return .expireBoth
        default: throw .parameter("stpMode")
        }
    }

    static func isPlain(_ text: String, max: Int) -> Bool {
        (1...max).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
            }
    }

    private mutating func takeSize(
        _ text: String, _ target: String, _ venue: OKXInstrument
    ) throws(OKXError) {
        guard ["", "base_ccy", "quote_ccy"].contains(target) else { throw .parameter("tgtCcy") }
        targetCurrency = venue.isSpot && type == .market ? "base_ccy" : ""
        if venue.isSpot, type == .market,
            target == "quote_ccy" || (target.isEmpty && side == .bid)
        {
            guard let amount = Fixed(text), amount.units > 0 else { throw .parameter("sz") }
            if let max = Fixed(venue.marketSizeMax), amount > max { throw .marketTooBig }
            quoteSize = amount
            return
        }
        lots = try Self.lots(text, venue)
        let limit = type.isMarket && !venue.isSpot ? venue.marketSizeMax : venue.limitSizeMax
        if let max = Fixed(limit), venue.size(lots) > max {
            throw type.isMarket ? .marketTooBig : .limitTooBig
        }
    }

    /// Reads a size; it must be a multiple of the lot and no smaller than the minimum.
    static func lots(_ text: String, _ venue: OKXInstrument) throws(OKXError) -> Int64 {
        guard let size = Fixed(text), size.units > 0 else { throw .parameter("sz") }
        guard size.units % venue.lotSize.units == 0 else { throw .offLot }
        if let min = Fixed(venue.sizeMin), size < min { throw .belowMinimum }
        return size.units / venue.lotSize.units
    }

    /// Reads a price; it must be a multiple of the tick.
    static func ticks(_ text: String, _ venue: OKXInstrument) throws(OKXError) -> Int64 {
        guard let price = Fixed(text), price.units > 0 else { throw .parameter("px") }
        guard price.units % venue.toldTickSize.units == 0 else { throw .pricePrecision }
        return price.units / venue.tickSize.units
    }

    private mutating func takePrice(_ value: JSONValue, _ feed: OKXFeed) throws(OKXError) {
        guard let text = value["px"]?.text, !text.isEmpty else { throw .priceMissing }
        price = try Self.ticks(text, feed.instrument)
        price = try Self.bounded(price, side, feed, clips: value["pxAmendType"]?.text == "1")
    }

    /// A price within the venue's limits, or brought back to them.
    static func bounded(
        _ price: Int64, _ side: BookSide, _ feed: OKXFeed, clips: Bool
    ) throws(OKXError) -> Int64 {
        let isOutside = side == .bid ? price > feed.buyLimit : price < feed.sellLimit
        guard isOutside else { return price }
        if clips { return side == .bid ? feed.buyLimit : feed.sellLimit }
        guard feed.instrument.isSpot else { throw .priceOutsideLimit }
        throw side == .bid ? .buyTooHigh : .sellTooLow
    }
}
