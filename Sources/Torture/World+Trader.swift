//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
import Simulator
import Telemetry

extension World {
    /// Trading starts or stops.
    func setTrading(_ isOn: Bool) {
        isTrading = isOn
        keepBusy(30_000_000_000)
        guard isOn else { return }
        agenda.add(nowNs, .move)
        agenda.add(nowNs + span(0, 500), .act)
        agenda.add(nowNs + span(0, 1_000), .fault)
    }

    /// An order that something can still happen to.
    func pickLive() -> UInt64? {
        oracle.live.isEmpty ? nil : oracle.live[random.below(oracle.live.count)]
    }

    // MARK: Prices

    func moveMarket() {
        guard isTrading else { return }
        keepBusy(10_000_000_000)
        wasVenueTouched = true
        var references: [ReferencePrice] = []
        for id in 0..<UInt32(instruments.count) {
            let place = instrument(id)
            let step = Int64(random.below(7)) - 3
            place.venue.move(place.local, to: place.venue.mid(place.local) + step)
            references += prices(id)
        }
        if let id = pickLive(), random.below(3) == 0, let track = oracle.tracks[id] {
            let place = instrument(track.intent.instrumentID)
            place.venue.fillSome(of: track.clientOrderID, place.local)
        }
        stepEngine(Engine.Connection.inbox, .timer, references: references)
        agenda.add(nowNs + span(300, 1_500), .move)
    }

    /// What the kernel would say of an instrument.
    private func prices(_ id: UInt32) -> [ReferencePrice] {
        let place = instrument(id)
        let mid = place.venue.mid(place.local)
        var quote = ReferencePrice()
        quote.ingressTimeNs = wallNs
        quote.venueTimeNs = wallNs
        quote.instrumentID = id
        quote.isBookValid = 1
        var mark = quote
        var last = quote
        quote.kind = .quote
        quote.bid = PriceTicks(rawValue: mid - 1)
        quote.ask = PriceTicks(rawValue: mid + 1)
        mark.kind = .mark
        mark.price = PriceTicks(rawValue: mid)
        last.kind = .last
        last.price = PriceTicks(rawValue: mid)
        return [quote, mark, last]
    }

    // MARK: Orders

    func act() {
        guard isTrading else { return }
        keepBusy(10_000_000_000)
        var intents: [OrderIntent] = []
        for _ in 0...(random.below(4) == 0 ? random.below(4) : 0) {
            let roll = random.below(100)
            if roll < 34, let id = pickLive() {
                intents.append(cancelIntent(id))
            } else if roll < 50, let id = pickLive(), let intent = modifyIntent(id) {
                intents.append(intent)
            } else if roll < 53 {
                // One that ended long ago, or never was.
                intents.append(cancelIntent(lastOrderID - UInt64(random.below(20))))
            } else if let intent = placeIntent(isWild: roll > 94, beside: intents) {
                intents.append(intent)
            }
        }
        if random.below(20) == 0 { intents += targetIntents(beside: intents) }
        if !intents.isEmpty { stepEngine(Engine.Connection.inbox, .timer, intents: intents) }
        if random.below(150) == 0 {
            agenda.add(nowNs, .flood, random.below(instruments.count), 20)
        }
        agenda.add(nowNs + span(50, 900), .act)
    }

    func cancelIntent(_ id: UInt64) -> OrderIntent {
        var intent = OrderIntent()
        intent.ingressTimeNs = wallNs
        intent.orderID = id
        intent.instrumentID = oracle.tracks[id]?.intent.instrumentID ?? 0
        intent.kind = .cancel
        return intent
    }

    /// A new order around the price; `nil` where it would meet one of our own.
    ///
    /// - Parameter isWild: One that some limit should refuse.
    private func placeIntent(isWild: Bool, beside others: [OrderIntent]) -> OrderIntent? {
        let id = UInt32(random.below(instruments.count))
        let place = instrument(id)
        let mid = place.venue.mid(place.local)
        let smallest: Int64 = instruments[id].venue == .okx ? 5 : id % 2 == 0 ? 2 : 8
        var intent = OrderIntent()
        intent.ingressTimeNs = wallNs
        intent.instrumentID = id
        intent.kind = .place
        intent.side = random.below(2) == 0 ? .buy : .sell
        intent.quantity = QuantityLots(
            rawValue: smallest + Int64(random.below(Int(smallest) * 5)))
        let away = Int64(random.below(9)) - 2
        let price = intent.side == .buy ? mid - away : mid + away
        intent.type = .limit
        intent.limitPrice = PriceTicks(rawValue: price)
        switch random.below(10) {
        case 0: intent.timeInForce = .ioc
        case 1: intent.timeInForce = .fok
        case 2, 3: intent.timeInForce = .postOnly
        case 4:
            intent.type = .market
            intent.limitPrice = PriceTicks(rawValue: 0)
            intent.timeInForce = .ioc
        case 5:
            intent.timeInForce = .gtd
            intent.expiryS = UInt32(wallNs / 1_000_000_000) + UInt32(2 + random.below(60))
        default: intent.timeInForce = .gtc
        }
        if random.below(12) == 0 { intent.isReduceOnly = 1 }
        if isWild { makeWild(&intent, mid) }
        // Now and then it tries to trade with itself: risk must refuse what it can know of.
        if meetsOwn(intent, others, isTrying: random.below(6) == 0) { return nil }
        lastOrderID += 1
        intent.orderID = lastOrderID
        return intent
    }

    private func makeWild(_ intent: inout OrderIntent, _ mid: Int64) {
        switch random.below(6) {
        case 0: intent.quantity = QuantityLots(rawValue: Int64.max - Int64(random.below(3)))
        case 1: intent.limitPrice = PriceTicks(rawValue: Int64.max)
        case 2: intent.limitPrice = PriceTicks(rawValue: mid * 2)
        case 3: intent.quantity = QuantityLots(rawValue: -5)
        case 4: intent.side = Side(rawValue: 7)
        default: intent.quantity = QuantityLots(rawValue: 100)
        }
    }

    /// - Parameter isTrying: Only what the engine cannot know of stands in the way.
    func meetsOwn(
        _ intent: OrderIntent, _ others: [OrderIntent], isTrying: Bool
    ) -> Bool {
        func meets(_ other: OrderIntent, _ prices: [PriceTicks]) -> Bool {
            guard other.instrumentID == intent.instrumentID, other.side != intent.side
            else { return false }
            if intent.type == .market || other.type == .market { return true }
            return prices.contains { price in
                intent.side == .buy
                    ? intent.limitPrice.rawValue >= price.rawValue
                    : intent.limitPrice.rawValue <= price.rawValue
            }
        }
        if !isTrying, others.contains(where: { $0.kind != .cancel && meets($0, [$0.limitPrice]) }) {
            return true
        }
        return oracle.live.contains { id in
            guard let track = oracle.tracks[id], meets(track.intent, track.prices) else {
                return false
            }
            return !isTrying || track.isGone
        }
    }
}
