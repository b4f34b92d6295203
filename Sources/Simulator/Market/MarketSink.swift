//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Best bid and ask of an instrument, ticks and lots; 0 where a side is empty.
struct Touch: Equatable {
    var bid: Int64 = 0
    var bidLots: Int64 = 0
    var ask: Int64 = 0
    var askLots: Int64 = 0

    /// The same with the bid one tick above the ask.
    var crossed: Touch {
        Touch(bid: ask + 1, bidLots: bidLots, ask: ask, askLots: askLots)
    }
}

/// A client's order as the market sees it. A market order is IOC at the bound of its price.
struct MarketOrder {
    var orderID: Int64
    var symbol: Int
    var side: BookSide
    var limit: Int64
    var lots: Int64
    var timeInForce: TimeInForce
    var selfTrade = SelfTradeRule.expireMaker
}

/// One match, as the world sees it.
struct MarketTrade {
    var price: Int64
    var lots: Int64
    var tradeID: Int64
    var takerSide: BookSide
    var timeMs: Int64
}

/// A venue's side of the market: hears what happens in its books, in order, in no venue's words.
///
/// `index` is the venue's own number of the instrument.
protocol MarketSink: AnyObject {
    /// Nanoseconds between two calls of `tick`.
    var tickIntervalNs: UInt64 { get }
    func traded(_ index: Int, _ trade: MarketTrade)
    /// A client's order was filled.
    func filled(orderID: Int64, price: Int64, lots: Int64, isMaker: Bool, tradeID: Int64)
    /// A resting client's order went because the account would have traded with itself.
    func expiredInMatch(orderID: Int64)
    /// A level changed. `step` says how far the venue's counter of updates moves.
    func changed(_ index: Int, _ change: MatchingEngine.Change, step: Int64)
    /// One operation is complete: everything above has been said.
    func settled(_ index: Int, isChanged: Bool, timeMs: Int64)
    /// The `count`th instant of the venue's grid, from 1.
    func tick(_ count: UInt64, nowNs: UInt64)
}
