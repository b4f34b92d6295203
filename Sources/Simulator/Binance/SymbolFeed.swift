//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Publishes one symbol's market: depth in batches, best prices at once, trades at once and merged.
/// What nobody subscribed to is not written, but its chain goes on.
struct SymbolFeed {
    let symbolIndex: Int
    private let hub: StreamHub
    private var events: MarketEvents
    private var binary: BinaryEvents
    private var batchers: [DepthBatcher]
    private var isSkipping: [Bool]
    private var aggregates = AggregateTrades()
    private var aggregateID: Int64 = 1_000_000
    private var lastTouch = Touch()
    private let faults: FaultInjector

    init(
        symbolIndex: Int, symbol: VenueSymbol, hub: StreamHub, updateID: Int64,
        hasFieldsOf2026: Bool, faults: FaultInjector = .none
    ) {
        self.faults = faults
        self.symbolIndex = symbolIndex
        self.hub = hub
        events = MarketEvents(
            symbol: symbol, hasFieldsOf2026: hasFieldsOf2026, venue: hub.venue)
        binary = BinaryEvents(symbol: symbol)
        batchers = StreamKind.depths.map { _ in DepthBatcher(previousID: updateID) }
        isSkipping = StreamKind.depths.map { _ in false }
    }

    private func topic(_ kind: StreamKind) -> Topic { Topic(symbol: symbolIndex, kind: kind) }

    /// A change waits in the fastest depth stream, and so in the slower ones too: they are flushed
    /// at a subset of its instants.
    var hasPendingDepth: Bool { !batchers[0].isEmpty }

    /// The id of the symbol's last change.
    var lastUpdateID: Int64 { batchers[0].isEmpty ? batchers[0].previousID : batchers[0].lastID }

    mutating func noteChange(_ side: BookSide, price: Int64, id: Int64) {
        for index in batchers.indices { batchers[index].note(side, price: price, id: id) }
    }

    mutating func noteTrade(
        price: Int64, lots: Int64, id: Int64, isBuyerMaker: Bool, timeMs: Int64
    ) {
        aggregates.add(
            price: price, lots: lots, id: id, timeMs: timeMs, isBuyerMaker: isBuyerMaker)
        if hub.hasSubscribers(topic(.trade)) {
            events.trade(
                price: price, lots: lots, id: id, isBuyerMaker: isBuyerMaker,
                timeMs: told(timeMs))
            hub.publish(events.bytes, to: topic(.trade))
        }
        if hub.hasSubscribers(topic(.binaryTrade)) {
            binary.trade(
                price: price, lots: lots, id: id, isBuyerMaker: isBuyerMaker, timeMs: timeMs)
            hub.publish(binary.bytes, to: topic(.binaryTrade))
        }
    }

    /// Publishes the touch when it differs from the one before.
    mutating func noteTouch(_ touch: Touch, updateID: Int64, timeMs: Int64) {
        guard touch != lastTouch, touch.bid > 0, touch.ask > 0 else { return }
        lastTouch = touch
        if hub.hasSubscribers(topic(.bookTicker)) {
            let shown = faults.fires(.crossedBook, hub.venue) == nil ? touch : touch.crossed
            events.bookTicker(shown, updateID: updateID, timeMs: told(timeMs))
            hub.publish(events.bytes, to: topic(.bookTicker))
        }
        if hub.hasSubscribers(topic(.binaryQuote)) {
            binary.bestBidAsk(touch, updateID: updateID, timeMs: timeMs)
            hub.publish(binary.bytes, to: topic(.binaryQuote))
        }
    }

    /// Ends the batch of a depth stream and publishes it when it holds anything.
    mutating func flushDepth(_ kind: StreamKind, engine: MatchingEngine, timeMs: Int64) {
        let index = kind.rawValue
        guard !batchers[index].isEmpty else { return }
        if isSkipping[index] {
            isSkipping[index] = false
        } else {
            publishDepth(kind, topic(kind), engine, timeMs)
            if kind == .depth0 { publishDepth(kind, topic(.binaryDepth), engine, timeMs) }
        }
        batchers[index].close()
    }

    private mutating func publishDepth(
        _ kind: StreamKind, _ topic: Topic, _ engine: MatchingEngine, _ timeMs: Int64
    ) {
        guard hub.hasSubscribers(topic), faults.fires(.gap, hub.venue) == nil else { return }
        let toldMs = told(timeMs)
        if topic.kind == .binaryDepth {
            binary.depth(&batchers[kind.rawValue], of: engine, timeMs: toldMs)
            hub.publish(binary.bytes, to: topic)
        } else {
            events.depth(
                &batchers[kind.rawValue], of: engine, eventMs: toldMs, timeMs: toldMs)
            hub.publish(crossed(events.bytes, engine) ?? events.bytes, to: topic)
        }
    }

    /// A fault may make what is told look old.
    private func told(_ timeMs: Int64) -> Int64 {
        let staleNs = faults.fires(.staleTime, hub.venue)?.durationNs ?? 0
        return timeMs - Int64(staleNs / 1_000_000)
    }

    /// A depth event with a bid above the best ask, when a fault wants it.
    private func crossed(_ bytes: [UInt8], _ engine: MatchingEngine) -> [UInt8]? {
        guard let ask = engine.best(.ask), faults.fires(.crossedBook, hub.venue) != nil else {
            return nil
        }
        return MarketMutation.withLevel(bytes, in: "b", events.level(ask.price + 1, ask.lots))
    }

    mutating func flushAggregates(timeMs: Int64) {
        for one in aggregates.pending {
            aggregateID += 1
            guard hub.hasSubscribers(topic(.aggTrade)) else { continue }
            events.aggregate(one, id: aggregateID, eventMs: timeMs)
            hub.publish(events.bytes, to: topic(.aggTrade))
        }
        aggregates.clear()
    }

    mutating func publishMark(_ mark: Fixed, to kind: StreamKind, timeMs: Int64) {
        guard hub.hasSubscribers(topic(kind)), mark.units > 0 else { return }
        events.markPrice(mark, eventMs: timeMs)
        hub.publish(events.bytes, to: topic(kind))
    }

    /// The next event of every depth stream will be lost.
    mutating func skipDepthEvent() {
        for index in isSkipping.indices { isSkipping[index] = true }
    }
}
