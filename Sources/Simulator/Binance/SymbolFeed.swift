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
        guard hub.hasSubscribers(topic(.trade)) else { return }
        events.trade(price: price, lots: lots, id: id, isBuyerMaker: isBuyerMaker, timeMs: timeMs)
        hub.publish(events.bytes, to: topic(.trade))
    }

    /// Publishes the touch when it differs from the one before.
    mutating func noteTouch(_ touch: Touch, updateID: Int64, timeMs: Int64) {
        guard touch != lastTouch, touch.bid > 0, touch.ask > 0 else { return }
        lastTouch = touch
        guard hub.hasSubscribers(topic(.bookTicker)) else { return }
        events.bookTicker(touch, updateID: updateID, timeMs: timeMs)
        hub.publish(events.bytes, to: topic(.bookTicker))
    }

    /// Ends the batch of a depth stream and publishes it when it holds anything.
    mutating func flushDepth(_ kind: StreamKind, engine: MatchingEngine, timeMs: Int64) {
        let index = kind.rawValue
        guard !batchers[index].isEmpty else { return }
        if isSkipping[index] {
            isSkipping[index] = false
        } else if hub.hasSubscribers(topic(kind)), faults.fires(.gap, hub.venue) == nil {
            let staleNs = faults.fires(.staleTime, hub.venue)?.durationNs ?? 0
            let staleMs = Int64(staleNs / 1_000_000)
            events.depth(
                &batchers[index], of: engine, eventMs: timeMs - staleMs, timeMs: timeMs - staleMs)
            hub.publish(events.bytes, to: topic(kind))
        }
        batchers[index].close()
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
