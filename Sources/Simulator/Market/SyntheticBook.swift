//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// One instrument's book with the made-up traders and the client in it.
final class SyntheticBook {
    /// The book whose fair value this one follows, and this one's fair value over that one's, in
    /// the ticks of both: other contracts on the same coin move together.
    struct Anchor {
        let book: SyntheticBook
        let scale: Double
    }

    static let seededLevels = 1_200

    let engine = MatchingEngine()
    unowned let sink: any MarketSink
    /// The venue's own number of the instrument.
    let index: Int
    private let anchor: Anchor?
    fileprivate(set) var flow: SyntheticFlow
    fileprivate(set) var nextActionNs: UInt64
    fileprivate var lastActionNs: UInt64
    /// Slots of the flow's resting orders, and each slot's place in that list.
    private var resting: [Int32] = []
    private var placeOfSlot: [Int32] = []
    fileprivate var clientSlots: [Int64: Int] = [:]
    private var tradeID: Int64 = 5_000_000_000
    /// The mark price, ticks.
    private(set) var mark: Double

    init(
        sink: any MarketSink, index: Int, parameters: SyntheticFlow.Parameters,
        random: SplitMix64, anchor: Anchor?, startNs: UInt64
    ) {
        self.sink = sink
        self.index = index
        self.anchor = anchor
        flow = SyntheticFlow(parameters: parameters, random: random)
        nextActionNs = startNs
        lastActionNs = startNs
        mark = flow.fair
        seedDepth()
        schedule()
    }

    /// Standing orders on every price around the fair value, larger further away.
    private func seedDepth() {
        let base = Int64(flow.fair.rounded(.down))
        for distance in 0..<Int64(Self.seededLevels) {
            let scale = 1 + Double(min(distance, 200)) / 50
            for (side, price) in [(BookSide.bid, base - distance), (.ask, base + 1 + distance)]
            where flow.hasStandingOrder() {
                _ = engine.submit(
                    side: side, price: price, lots: flow.size(scale),
                    timeInForce: .goodTillCancel, owner: 0)
            }
        }
        placeOfSlot = Array(repeating: -1, count: engine.orders.count)
    }

    private func schedule() {
        let seconds = flow.nextDelay(restingCount: resting.count)
        nextActionNs = lastActionNs + UInt64(min(seconds, 60) * 1e9) + 1
    }

    /// What the flow does next, at its instant.
    fileprivate func act(timeMs: Int64) {
        let seconds = Double(nextActionNs - lastActionNs) / 1e9
        lastActionNs = nextActionNs
        if let anchor { flow.follow(anchor.book.flow.fair * anchor.scale, seconds: seconds) }
        switch flow.next(after: seconds, restingCount: resting.count) {
        case .cancel(let place):
            _ = engine.cancel(slot: Int(resting[place]))
            forget(place: place)
            settle(takerSide: .bid, takerOwner: 0, timeMs: timeMs)
        case .limit(let side, let price, let lots):
            submitFlow(side, price, lots, .goodTillCancel, timeMs: timeMs)
        case .market(let side, let lots):
            guard let touch = engine.best(side.opposite) else { break }
            // Bounded, so that one order cannot run through a thinned book.
            let bound = side == .bid ? touch.price + 15 : max(touch.price - 15, 1)
            submitFlow(side, bound, lots, .immediateOrCancel, timeMs: timeMs)
        }
        schedule()
    }

    private func submitFlow(
        _ side: BookSide, _ price: Int64, _ lots: Int64, _ timeInForce: TimeInForce, timeMs: Int64
    ) {
        let outcome = engine.submit(
            side: side, price: price, lots: lots, timeInForce: timeInForce, owner: 0)
        settle(takerSide: side, takerOwner: 0, timeMs: timeMs)
        guard case .resting(let slot) = outcome else { return }
        while placeOfSlot.count <= slot { placeOfSlot.append(-1) }
        placeOfSlot[slot] = Int32(resting.count)
        resting.append(Int32(slot))
    }

    /// Takes an order out of the list of resting flow by moving the last one into its place.
    private func forget(place: Int) {
        let slot = Int(resting[place])
        let last = resting.removeLast()
        if Int(last) != slot {
            resting[place] = last
            placeOfSlot[Int(last)] = Int32(place)
        }
        placeOfSlot[slot] = -1
    }

    /// Tells the venue what the engine's last operation did.
    fileprivate func settle(takerSide: BookSide, takerOwner: Int64, timeMs: Int64) {
        for fill in engine.fills {
            tradeID += 1
            sink.traded(
                index,
                MarketTrade(
                    price: fill.price, lots: fill.lots, tradeID: tradeID, takerSide: takerSide,
                    timeMs: timeMs))
            if fill.makerOwner == 0, fill.makerLeaves == 0,
                placeOfSlot.indices.contains(fill.makerSlot), placeOfSlot[fill.makerSlot] >= 0
            {
                forget(place: Int(placeOfSlot[fill.makerSlot]))
            }
            report(fill, takerOwner: takerOwner)
        }
        for owner in engine.expired {
            clientSlots[owner] = nil
            sink.expiredInMatch(orderID: owner)
        }
        for change in engine.changes { sink.changed(index, change, step: flow.idStep()) }
        sink.settled(index, isChanged: !engine.changes.isEmpty, timeMs: timeMs)
    }

    private func report(_ fill: MatchingEngine.Fill, takerOwner: Int64) {
        if fill.makerOwner != 0 {
            if fill.makerLeaves == 0 { clientSlots[fill.makerOwner] = nil }
            sink.filled(
                orderID: fill.makerOwner, price: fill.price, lots: fill.lots, isMaker: true,
                tradeID: tradeID)
        }
        if takerOwner != 0 {
            sink.filled(
                orderID: takerOwner, price: fill.price, lots: fill.lots, isMaker: false,
                tradeID: tradeID)
        }
    }

    var touch: Touch {
        let bid = engine.best(.bid)
        let ask = engine.best(.ask)
        return Touch(
            bid: bid?.price ?? 0, bidLots: bid?.lots ?? 0, ask: ask?.price ?? 0,
            askLots: ask?.lots ?? 0)
    }

    /// Moves the mark price towards the middle by the share `weight`.
    func updateMark(weight: Double) {
        let now = touch
        guard now.bid > 0, now.ask > 0 else { return }
        mark += (Double(now.bid + now.ask) / 2 - mark) * weight
    }
}

/// Books of any number of venues traded by made-up traders and the client on one line of time.
///
/// Actions happen at exact instants computed from the seed; `advance` replays all that are due,
/// so the market does not depend on how often it is called.
final class SyntheticExchange {
    private struct Grid {
        let sink: any MarketSink
        var count: UInt64 = 0
    }

    let clock: VenueClock
    private var books: [SyntheticBook] = []
    private var grids: [Grid] = []
    private var pausedNs: UInt64?

    init(clock: VenueClock) { self.clock = clock }

    func add(_ sink: any MarketSink) { grids.append(Grid(sink: sink)) }

    func add(_ book: SyntheticBook) { books.append(book) }

    private func nextTickNs(_ grid: Grid) -> UInt64 {
        clock.startNs + (grid.count + 1) * grid.sink.tickIntervalNs
    }

    var nextDeadlineNs: UInt64 {
        let ticks = grids.reduce(UInt64.max) { min($0, nextTickNs($1)) }
        return isPaused ? ticks : books.reduce(ticks) { min($0, $1.nextActionNs) }
    }

    /// While true the flow does nothing, so that clients and books can be compared at rest.
    /// Ticks go on, and so do clients' orders.
    var isPaused: Bool {
        get { pausedNs != nil }
        set {
            guard newValue != isPaused else { return }
            if let since = pausedNs {
                for book in books {
                    book.nextActionNs += clock.nowNs - since
                    book.lastActionNs += clock.nowNs - since
                }
                pausedNs = nil
            } else {
                advance(to: clock.nowNs)
                pausedNs = clock.nowNs
            }
        }
    }

    func advance(to nowNs: UInt64) {
        while true {
            guard
                let place = grids.indices.min(by: { nextTickNs(grids[$0]) < nextTickNs(grids[$1]) })
            else { return }
            let tickNs = nextTickNs(grids[place])
            let book = isPaused ? nil : books.min(by: { $0.nextActionNs < $1.nextActionNs })
            if let book, book.nextActionNs < tickNs {
                guard book.nextActionNs <= nowNs else { return }
                book.act(timeMs: clock.milliseconds(at: book.nextActionNs))
            } else {
                guard tickNs <= nowNs else { return }
                grids[place].count += 1
                grids[place].sink.tick(grids[place].count, nowNs: tickNs)
            }
        }
    }

    /// Matches a client's order; fills reach the sink before this returns.
    func submit(_ order: MarketOrder, to book: SyntheticBook) -> MarketOutcome {
        advance(to: clock.nowNs)
        let outcome = book.engine.submit(
            side: order.side, price: order.limit, lots: order.lots,
            timeInForce: order.timeInForce, owner: order.orderID, selfTrade: order.selfTrade)
        let didExpire = book.engine.didExpireTaker
        if case .resting(let slot) = outcome { book.clientSlots[order.orderID] = slot }
        book.settle(takerSide: order.side, takerOwner: order.orderID, timeMs: clock.nowMs)
        switch outcome {
        case .resting(let slot): return .accepted(leaves: book.engine.orders[slot].leaves)
        case .done(let leaves):
            return didExpire ? .expired(leaves: leaves) : .accepted(leaves: leaves)
        case .wouldTake: return .wouldTake
        case .cannotFill: return .cannotFill
        }
    }

    /// Takes a resting order out; false when it does not rest.
    func cancel(_ orderID: Int64, in book: SyntheticBook) -> Bool {
        guard let slot = book.clientSlots.removeValue(forKey: orderID) else { return false }
        _ = book.engine.cancel(slot: slot)
        book.settle(takerSide: .bid, takerOwner: 0, timeMs: clock.nowMs)
        return true
    }

    /// Makes a resting order smaller without losing its place.
    func reduce(_ orderID: Int64, to lots: Int64, in book: SyntheticBook) -> Bool {
        guard let slot = book.clientSlots[orderID], book.engine.reduce(slot: slot, to: lots) else {
            return false
        }
        book.settle(takerSide: .bid, takerOwner: 0, timeMs: clock.nowMs)
        return true
    }
}

enum MarketOutcome: Equatable {
    /// Taken in; `leaves` lots rest, or are gone when the time in force lets nothing rest.
    case accepted(leaves: Int64)
    /// Taken in; `leaves` lots went because the account would have traded with itself.
    case expired(leaves: Int64)
    case wouldTake
    case cannotFill
}
