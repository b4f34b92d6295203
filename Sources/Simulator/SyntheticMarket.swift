//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// Three symbols traded by made-up traders and the client in the same books.
///
/// Actions happen at exact instants computed from the seed; `advance` replays all that are due,
/// so the market does not depend on how often it is called. Update ids come from one counter that
/// all symbols share, as on the venue's matching shard.
final class SyntheticMarket: Market {
    private final class Book {
        let symbol: VenueSymbol
        let engine = MatchingEngine()
        var flow: SyntheticFlow
        var feed: MarketFeed
        var nextActionNs: UInt64
        var lastActionNs: UInt64
        /// Slots of the flow's resting orders, and each slot's place in that list.
        var resting: [Int32] = []
        var placeOfSlot: [Int32] = []
        var clientSlots: [Int64: Int] = [:]
        var tradeID: Int64 = 5_000_000_000
        var mark: Double
        var snapshotWaiters: [(limit: Int, reply: ([UInt8]) -> Void)] = []

        init(symbol: VenueSymbol, flow: SyntheticFlow, feed: MarketFeed, startNs: UInt64) {
            self.symbol = symbol
            self.flow = flow
            self.feed = feed
            nextActionNs = startNs
            lastActionNs = startNs
            mark = flow.fair
        }
    }

    static let flushIntervalNs: UInt64 = 25_000_000
    static let seededLevels = 1_200

    let symbols: [VenueSymbol]
    weak var executions: (any ExecutionSink)?
    let isAtEnd = false
    private let clock: VenueClock
    private var books: [Book] = []
    private var updateID: Int64 = 5_123_107_000_000
    private var flushCount: UInt64 = 0

    init(
        symbols: [VenueSymbol], seed: UInt64, rate: Double, hub: StreamHub, clock: VenueClock,
        hasFieldsOf2026: Bool = true
    ) {
        self.symbols = symbols
        self.clock = clock
        var seeds = SplitMix64(seed: seed)
        for (index, symbol) in symbols.enumerated() {
            let flow = SyntheticFlow(
                parameters: .standard(for: symbol, rate: rate),
                random: SplitMix64(seed: seeds.next()))
            let feed = MarketFeed(
                symbolIndex: index, symbol: symbol, hub: hub, updateID: updateID,
                hasFieldsOf2026: hasFieldsOf2026)
            let book = Book(symbol: symbol, flow: flow, feed: feed, startNs: clock.startNs)
            seedDepth(book)
            schedule(book)
            books.append(book)
        }
    }

    /// Standing orders on every price around the fair value, larger further away.
    private func seedDepth(_ book: Book) {
        let base = Int64(book.flow.fair.rounded(.down))
        for distance in 0..<Int64(Self.seededLevels) {
            let scale = 1 + Double(min(distance, 200)) / 50
            for (side, price) in [(BookSide.bid, base - distance), (.ask, base + 1 + distance)] {
                _ = book.engine.submit(
                    side: side, price: price, lots: book.flow.size(scale),
                    timeInForce: .goodTillCancel, owner: 0)
                updateID += 1
            }
        }
        book.placeOfSlot = Array(repeating: -1, count: book.engine.orders.count)
    }

    private func schedule(_ book: Book) {
        let seconds = book.flow.nextDelay(restingCount: book.resting.count)
        book.nextActionNs = book.lastActionNs + UInt64(min(seconds, 60) * 1e9) + 1
    }

    private var nextFlushNs: UInt64 { clock.startNs + (flushCount + 1) * Self.flushIntervalNs }

    var nextDeadlineNs: UInt64 {
        books.reduce(nextFlushNs) { min($0, $1.nextActionNs) }
    }

    func advance(to nowNs: UInt64) {
        while true {
            let flushNs = nextFlushNs
            guard let book = books.min(by: { $0.nextActionNs < $1.nextActionNs }) else { return }
            let dueNs = min(flushNs, book.nextActionNs)
            guard dueNs <= nowNs else { return }
            if book.nextActionNs < flushNs { act(book) } else { flush(flushNs) }
        }
    }

    private func act(_ book: Book) {
        let nowNs = book.nextActionNs
        let seconds = Double(nowNs - book.lastActionNs) / 1e9
        book.lastActionNs = nowNs
        let timeMs = clock.milliseconds(at: nowNs)
        switch book.flow.next(after: seconds, restingCount: book.resting.count) {
        case .cancel(let place):
            _ = book.engine.cancel(slot: Int(book.resting[place]))
            forget(book, place: place)
            settle(book, takerSide: .bid, takerOwner: 0, timeMs: timeMs)
        case .limit(let side, let price, let lots):
            submitFlow(book, side, price, lots, .goodTillCancel, timeMs: timeMs)
        case .market(let side, let lots):
            guard let touch = book.engine.best(side.opposite) else { break }
            // Bounded, so that one order cannot run through a thinned book.
            let bound = side == .bid ? touch.price + 15 : max(touch.price - 15, 1)
            submitFlow(book, side, bound, lots, .immediateOrCancel, timeMs: timeMs)
        }
        schedule(book)
    }

    private func submitFlow(
        _ book: Book, _ side: BookSide, _ price: Int64, _ lots: Int64, _ timeInForce: TimeInForce,
        timeMs: Int64
    ) {
        let outcome = book.engine.submit(
            side: side, price: price, lots: lots, timeInForce: timeInForce, owner: 0)
        settle(book, takerSide: side, takerOwner: 0, timeMs: timeMs)
        guard case .resting(let slot) = outcome else { return }
        while book.placeOfSlot.count <= slot { book.placeOfSlot.append(-1) }
        book.placeOfSlot[slot] = Int32(book.resting.count)
        book.resting.append(Int32(slot))
    }

    /// Takes an order out of the list of resting flow by moving the last one into its place.
    private func forget(_ book: Book, place: Int) {
        let slot = Int(book.resting[place])
        let last = book.resting.removeLast()
        if Int(last) != slot {
            book.resting[place] = last
            book.placeOfSlot[Int(last)] = Int32(place)
        }
        book.placeOfSlot[slot] = -1
    }

    /// Tells the world what the engine's last operation did.
    private func settle(_ book: Book, takerSide: BookSide, takerOwner: Int64, timeMs: Int64) {
        for fill in book.engine.fills {
            book.tradeID += 1
            book.feed.noteTrade(
                price: fill.price, lots: fill.lots, id: book.tradeID,
                isBuyerMaker: takerSide == .ask, timeMs: timeMs)
            if fill.makerOwner == 0, fill.makerLeaves == 0,
                book.placeOfSlot.indices.contains(fill.makerSlot),
                book.placeOfSlot[fill.makerSlot] >= 0
            {
                forget(book, place: Int(book.placeOfSlot[fill.makerSlot]))
            }
            report(book, fill, takerOwner: takerOwner)
        }
        for owner in book.engine.expired {
            book.clientSlots[owner] = nil
            executions?.expiredInMatch(orderID: owner)
        }
        for change in book.engine.changes {
            updateID += book.flow.idStep()
            book.feed.noteChange(change.side, price: change.price, id: updateID)
        }
        guard !book.engine.changes.isEmpty else { return }
        book.feed.noteTouch(touch(of: book), updateID: updateID, timeMs: timeMs)
        answerSnapshots(book, timeMs: timeMs)
    }

    private func report(_ book: Book, _ fill: MatchingEngine.Fill, takerOwner: Int64) {
        if fill.makerOwner != 0 {
            if fill.makerLeaves == 0 { book.clientSlots[fill.makerOwner] = nil }
            executions?.filled(
                orderID: fill.makerOwner, price: fill.price, lots: fill.lots, isMaker: true,
                tradeID: book.tradeID)
        }
        if takerOwner != 0 {
            executions?.filled(
                orderID: takerOwner, price: fill.price, lots: fill.lots, isMaker: false,
                tradeID: book.tradeID)
        }
    }

    private func touch(of book: Book) -> Touch {
        let bid = book.engine.best(.bid)
        let ask = book.engine.best(.ask)
        return Touch(
            bid: bid?.price ?? 0, bidLots: bid?.lots ?? 0, ask: ask?.price ?? 0,
            askLots: ask?.lots ?? 0)
    }

    private func flush(_ nowNs: UInt64) {
        flushCount += 1
        let timeMs = clock.milliseconds(at: nowNs)
        for book in books {
            let now = touch(of: book)
            if now.bid > 0, now.ask > 0 {
                book.mark += (Double(now.bid + now.ask) / 2 - book.mark) * 0.05
            }
            for kind in StreamKind.depths
            where flushCount % (kind.depthIntervalNs / Self.flushIntervalNs) == 0 {
                book.feed.flushDepth(kind, engine: book.engine, timeMs: timeMs)
            }
            if flushCount % 4 == 0 { book.feed.flushAggregates(timeMs: timeMs) }
            if flushCount % 40 == 0 {
                book.feed.publishMark(mark(of: book), to: .mark1s, timeMs: timeMs)
            }
            if flushCount % 120 == 0 {
                book.feed.publishMark(mark(of: book), to: .mark3s, timeMs: timeMs)
            }
        }
    }

    private func mark(of book: Book) -> Fixed {
        Fixed(units: Int64(book.mark * Double(book.symbol.tickSize.units)))
    }

    // MARK: - What clients ask for

    func touch(_ symbol: Int) -> Touch { touch(of: books[symbol]) }

    func markPrice(_ symbol: Int) -> Fixed { mark(of: books[symbol]) }

    /// The snapshot is taken at the next change, so that its id lies inside a later depth event.
    func depth(_ symbol: Int, limit: Int, reply: @escaping ([UInt8]) -> Void) {
        let book = books[symbol]
        book.snapshotWaiters.append((limit, reply))
        if book.feed.hasPendingDepth { answerSnapshots(book, timeMs: clock.nowMs) }
    }

    private func answerSnapshots(_ book: Book, timeMs: Int64) {
        guard !book.snapshotWaiters.isEmpty else { return }
        let waiters = book.snapshotWaiters
        book.snapshotWaiters = []
        for waiter in waiters {
            var writer = ByteWriter(capacity: 64 * waiter.limit + 128)
            let bids = book.engine.levels(.bid).suffix(waiter.limit).reversed().lazy
            let asks = book.engine.levels(.ask).suffix(waiter.limit).reversed().lazy
            book.symbol.writeDepth(
                updateID: book.feed.lastUpdateID, timeMs: timeMs,
                bids: bids.map { ($0.price, $0.lots) }, asks: asks.map { ($0.price, $0.lots) },
                to: &writer)
            waiter.reply(writer.bytes)
        }
    }

    func submit(_ order: MarketOrder) -> MarketOutcome {
        let book = books[order.symbol]
        advance(to: clock.nowNs)
        let outcome = book.engine.submit(
            side: order.side, price: order.limit, lots: order.lots,
            timeInForce: order.timeInForce, owner: order.orderID)
        if case .resting(let slot) = outcome { book.clientSlots[order.orderID] = slot }
        settle(book, takerSide: order.side, takerOwner: order.orderID, timeMs: clock.nowMs)
        switch outcome {
        case .resting(let slot): return .accepted(leaves: book.engine.orders[slot].leaves)
        case .done(let leaves): return .accepted(leaves: leaves)
        case .wouldTake: return .wouldTake
        case .cannotFill: return .cannotFill
        }
    }

    func cancel(symbol: Int, orderID: Int64) -> Bool {
        let book = books[symbol]
        guard let slot = book.clientSlots.removeValue(forKey: orderID) else { return false }
        _ = book.engine.cancel(slot: slot)
        settle(book, takerSide: .bid, takerOwner: 0, timeMs: clock.nowMs)
        return true
    }

    func skipDepthEvent() {
        for book in books { book.feed.skipDepthEvent() }
    }
}
