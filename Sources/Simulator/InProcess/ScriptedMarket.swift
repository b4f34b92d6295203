//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// A market that moves when it is told to: one price a symbol, and liquidity from a seed. Between
/// two moves nothing happens, so virtual hours without a move cost nothing.
///
/// A client's order trades at once with what a seed puts at the touch, rests, and is filled in
/// parts when the price reaches it.
final class ScriptedMarket: Market {
    private struct Resting {
        let orderID: Int64
        let side: BookSide
        let price: Int64
        var leaves: Int64
    }

    private struct Book {
        var mid: Int64
        var resting: [Resting] = []
        /// The same numbers on every symbol: a trade is known by both.
        var lastTradeID: Int64 = 700_000
    }

    private(set) var symbols: [VenueSymbol]
    weak var executions: (any ExecutionSink)?
    let nextDeadlineNs = UInt64.max
    let isAtEnd = false
    private var books: [Book]
    private let starts: [Int64]
    private static let distanceMax: Int64 = 400
    private var random: SplitMix64
    /// Resting orders that went because another one of the account would have met them.
    private(set) var selfTradeCount = 0
    /// The order under way is another client's: whom it meets is not counted.
    var isForeign = false
    /// Half of the spread, ticks.
    private static let halfSpread: Int64 = 1

    /// - Parameters:
    ///   - symbols: Of Binance; empty for another venue.
    ///   - mids: Ticks, one an instrument. A price comes back to it in time.
    init(symbols: [VenueSymbol] = [], mids: [Int64], seed: UInt64) {
        self.symbols = symbols
        starts = mids
        books = mids.map { Book(mid: $0) }
        random = SplitMix64(seed: seed)
    }

    func advance(to nowNs: UInt64) {}

    func touch(_ symbol: Int) -> Touch {
        let mid = books[symbol].mid
        return Touch(
            bid: mid - Self.halfSpread, bidLots: 50, ask: mid + Self.halfSpread, askLots: 50)
    }

    func markPrice(_ symbol: Int) -> Fixed { symbols[symbol].price(books[symbol].mid) }

    func depth(_ symbol: Int, limit: Int, reply: @escaping ([UInt8]) -> Void) {}

    func book(_ symbol: Int) -> [UInt8]? { nil }

    func skipDepthEvent() {}

    func submit(_ order: MarketOrder) -> MarketOutcome {
        let now = touch(order.symbol)
        let best = order.side == .bid ? now.ask : now.bid
        let takes = order.side.rank(order.limit) >= order.side.rank(best)
        if order.timeInForce == .postOnly, takes { return .wouldTake }
        let available = takes ? Int64(random.below(Int(order.lots) + 2)) : 0
        if order.timeInForce == .fillOrKill, available < order.lots { return .cannotFill }
        expireOwn(against: order)
        var leaves = order.lots
        var left = min(available, order.lots)
        while left > 0 {
            let lots = 1 + Int64(random.below(Int(left)))
            left -= lots
            leaves -= lots
            fill(order.symbol, order.orderID, price: best, lots: lots, isMaker: false)
        }
        let rests = order.timeInForce == .goodTillCancel || order.timeInForce == .postOnly
        if leaves > 0, rests {
            books[order.symbol].resting.append(
                Resting(
                    orderID: order.orderID, side: order.side, price: order.limit,
                    leaves: leaves))
        }
        return .accepted(leaves: leaves)
    }

    private func expireOwn(against order: MarketOrder) {
        let crossed = books[order.symbol].resting.filter {
            $0.side != order.side
                && order.side.rank(order.limit) >= order.side.rank($0.price)
        }
        for resting in crossed {
            if !isForeign { selfTradeCount += 1 }
            books[order.symbol].resting.removeAll { $0.orderID == resting.orderID }
            executions?.expiredInMatch(orderID: resting.orderID)
        }
    }

    /// The id of a trade that happens elsewhere.
    func nextTradeID(_ symbol: Int) -> Int64 {
        books[symbol].lastTradeID += 1
        return books[symbol].lastTradeID
    }

    private func fill(
        _ symbol: Int, _ orderID: Int64, price: Int64, lots: Int64, isMaker: Bool
    ) {
        books[symbol].lastTradeID += 1
        executions?.filled(
            orderID: orderID, price: price, lots: lots, isMaker: isMaker,
            tradeID: books[symbol].lastTradeID)
    }

    func cancel(symbol: Int, orderID: Int64) -> Bool {
        guard let place = books[symbol].resting.firstIndex(where: { $0.orderID == orderID })
        else { return false }
        books[symbol].resting.remove(at: place)
        return true
    }

    /// Makes a resting order smaller.
    func reduce(_ orderID: Int64, to lots: Int64, symbol: Int) -> Bool {
        guard let place = books[symbol].resting.firstIndex(where: { $0.orderID == orderID }),
            lots > 0, lots < books[symbol].resting[place].leaves
        else { return false }
        books[symbol].resting[place].leaves = lots
        return true
    }

    /// The price moves, and fills what it reaches, some of it in parts.
    func move(_ symbol: Int, to mid: Int64) {
        let start = starts[symbol]
        books[symbol].mid = min(max(mid, start - Self.distanceMax), start + Self.distanceMax)
        let now = touch(symbol)
        for resting in books[symbol].resting {
            let opposite = resting.side == .bid ? now.ask : now.bid
            guard resting.side.rank(resting.price) >= resting.side.rank(opposite) else { continue }
            fillSome(symbol, resting.orderID)
        }
    }

    /// Fills a resting order, whole or in part, in up to three trades.
    func fillSome(_ symbol: Int, _ orderID: Int64) {
        for _ in 0...random.below(3) {
            guard let place = books[symbol].resting.firstIndex(where: { $0.orderID == orderID })
            else { return }
            let resting = books[symbol].resting[place]
            let lots = 1 + Int64(random.below(Int(resting.leaves)))
            books[symbol].resting[place].leaves -= lots
            if resting.leaves == lots { books[symbol].resting.remove(at: place) }
            fill(symbol, orderID, price: resting.price, lots: lots, isMaker: true)
        }
    }

    func mid(_ symbol: Int) -> Int64 { books[symbol].mid }
}
