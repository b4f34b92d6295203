//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// Binance's side of the synthetic market: its symbols' books and the streams made of them.
///
/// Update ids of futures come from one counter that all symbols share, as on the venue's matching
/// shard; on Spot each book counts its own, without holes.
final class SyntheticMarket: Market, MarketSink {
    private(set) var symbols: [VenueSymbol]
    weak var executions: (any ExecutionSink)?
    let isAtEnd = false
    let tickIntervalNs: UInt64 = 25_000_000
    let exchange: SyntheticExchange
    private let clock: VenueClock
    private let faults: FaultInjector
    private let venue: VenueName
    private(set) var books: [SyntheticBook] = []
    private var feeds: [SymbolFeed] = []
    private var waiters: [[(limit: Int, reply: ([UInt8]) -> Void)]]
    /// How far the id of a snapshot is behind, that is older than what follows it.
    private static let oldSnapshotStep: Int64 = 1_000_000
    /// One, or one a symbol.
    private var updateIDs: [Int64]
    private let isSpot: Bool

    /// - Parameters:
    ///   - exchange: Where the books stand; one of its own when there is no other venue.
    ///   - leaders: Books of another venue whose fair values lead those of the same coin.
    init(
        symbols: [VenueSymbol], seed: UInt64, rate: Double, hub: StreamHub, clock: VenueClock,
        hasFieldsOf2026: Bool = true, exchange: SyntheticExchange? = nil,
        leaders: [String: SyntheticBook] = [:], faults: FaultInjector = .none
    ) {
        self.symbols = symbols
        self.clock = clock
        self.faults = faults
        venue = hub.venue
        isSpot = hub.venue == .binanceSpot
        updateIDs = Array(repeating: 5_123_107_000_000, count: isSpot ? symbols.count : 1)
        self.exchange = exchange ?? SyntheticExchange(clock: clock)
        waiters = symbols.map { _ in [] }
        self.exchange.add(self)
        var seeds = SplitMix64(seed: seed)
        for (index, symbol) in symbols.enumerated() {
            let counter = counter(of: index)
            feeds.append(
                SymbolFeed(
                    symbolIndex: index, symbol: symbol, hub: hub, updateID: updateIDs[counter],
                    hasFieldsOf2026: hasFieldsOf2026, faults: faults))
            if !isSpot { updateIDs[counter] += 2 * Int64(SyntheticBook.seededLevels) }
            let book = SyntheticBook(
                sink: self, index: index,
                parameters: isSpot
                    ? .spot(for: symbol, rate: rate) : .standard(for: symbol, rate: rate),
                random: SplitMix64(seed: seeds.next()),
                anchor: leaders[symbol.base].map {
                    SyntheticBook.Anchor(book: $0, scale: 1 + VenueSymbol.spotBasis)
                }, startNs: clock.startNs)
            books.append(book)
            self.exchange.add(book)
        }
    }

    private func counter(of index: Int) -> Int { isSpot ? index : 0 }

    // MARK: - What happens in the books

    func traded(_ index: Int, _ trade: MarketTrade) {
        feeds[index].noteTrade(
            price: trade.price, lots: trade.lots, id: trade.tradeID,
            isBuyerMaker: trade.takerSide == .ask, timeMs: clock.shown(trade.timeMs))
    }

    func filled(orderID: Int64, price: Int64, lots: Int64, isMaker: Bool, tradeID: Int64) {
        executions?.filled(
            orderID: orderID, price: price, lots: lots, isMaker: isMaker, tradeID: tradeID)
    }

    func expiredInMatch(orderID: Int64) { executions?.expiredInMatch(orderID: orderID) }

    func changed(_ index: Int, _ change: MatchingEngine.Change, step: Int64) {
        let counter = counter(of: index)
        updateIDs[counter] += isSpot ? 1 : step
        feeds[index].noteChange(change.side, price: change.price, id: updateIDs[counter])
    }

    func settled(_ index: Int, isChanged: Bool, timeMs: Int64) {
        guard isChanged else { return }
        let timeMs = clock.shown(timeMs)
        feeds[index].noteTouch(
            books[index].touch, updateID: updateIDs[counter(of: index)], timeMs: timeMs)
        answerSnapshots(index, timeMs: timeMs)
    }

    func tick(_ count: UInt64, nowNs: UInt64) {
        let timeMs = clock.milliseconds(at: nowNs)
        if count % 40 == 0, !faults.isEmpty { changeSymbols(nowNs: nowNs) }
        for (index, book) in books.enumerated() {
            book.updateMark(weight: 0.05)
            for kind in StreamKind.depths
            where count % (kind.depthIntervalNs / tickIntervalNs) == 0 {
                feeds[index].flushDepth(kind, engine: book.engine, timeMs: timeMs)
            }
            if count % 4 == 0 { feeds[index].flushAggregates(timeMs: timeMs) }
            if count % 40 == 0 {
                feeds[index].publishMark(markPrice(index), to: .mark1s, timeMs: timeMs)
            }
            if count % 120 == 0 {
                feeds[index].publishMark(markPrice(index), to: .mark3s, timeMs: timeMs)
            }
        }
    }

    // MARK: - What clients ask for

    var nextDeadlineNs: UInt64 { exchange.nextDeadlineNs }

    func advance(to nowNs: UInt64) { exchange.advance(to: nowNs) }

    func touch(_ symbol: Int) -> Touch { books[symbol].touch }

    func markPrice(_ symbol: Int) -> Fixed {
        Fixed(units: Int64(books[symbol].mark * Double(symbols[symbol].tickSize.units)))
    }

    /// The snapshot is taken at the next change, so that its id lies inside a later depth event.
    func depth(_ symbol: Int, limit: Int, reply: @escaping ([UInt8]) -> Void) {
        if faults.fires(.missingSnapshot, venue) != nil { return }
        waiters[symbol].append((limit, reply))
        if feeds[symbol].hasPendingDepth { answerSnapshots(symbol, timeMs: clock.nowMs) }
    }

    private func answerSnapshots(_ index: Int, timeMs: Int64) {
        guard !waiters[index].isEmpty else { return }
        let waiting = waiters[index]
        waiters[index] = []
        for waiter in waiting {
            let isOld = faults.fires(.oldSnapshot, venue) != nil
            waiter.reply(
                snapshot(
                    index, limit: waiter.limit, timeMs: timeMs,
                    updateID: feeds[index].lastUpdateID - (isOld ? Self.oldSnapshotStep : 0)))
        }
    }

    private func snapshot(
        _ index: Int, limit: Int, timeMs: Int64, updateID: Int64
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: 64 * min(limit, 5_000) + 128)
        let bids = books[index].engine.levels(.bid).suffix(limit).reversed().lazy
        let asks = books[index].engine.levels(.ask).suffix(limit).reversed().lazy
        symbols[index].writeDepth(
            updateID: updateID, timeMs: isSpot ? nil : timeMs,
            bids: bids.map { ($0.price, $0.lots) }, asks: asks.map { ($0.price, $0.lots) },
            to: &writer)
        return writer.bytes
    }

    func book(_ symbol: Int) -> [UInt8]? {
        snapshot(
            symbol, limit: .max, timeMs: clock.nowMs, updateID: feeds[symbol].lastUpdateID)
    }

    func submit(_ order: MarketOrder) -> MarketOutcome {
        exchange.submit(order, to: books[order.symbol])
    }

    func cancel(symbol: Int, orderID: Int64) -> Bool {
        exchange.cancel(orderID, in: books[symbol])
    }

    /// Halts and changes of symbols, which a fault wants or that are over.
    private func changeSymbols(nowNs: UInt64) {
        for index in symbols.indices where nowNs >= symbols[index].haltedUntilNs {
            symbols[index].haltedUntilNs = 0
        }
        if let halt = faults.fires(.instrumentHalt, venue) {
            symbols[faults.pick(below: symbols.count)].haltedUntilNs = nowNs + halt.durationNs
        }
        if faults.fires(.tickChange, venue) != nil {
            symbols[faults.pick(below: symbols.count)].ticksPerStep *= 10
        }
    }

    func skipDepthEvent() {
        for index in feeds.indices { feeds[index].skipDepthEvent() }
    }
}
