//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Risk
import SeededRandom
import Simulator

/// What the trader does to get past limits.
extension World {
    /// A resting order away from the price, so that it stays.
    private func farIntent(
        _ id: UInt32, isBuy: Bool, quantity: Int64, _ timeInForce: TimeInForce
    ) -> OrderIntent {
        let place = instrument(id)
        let away = Int64(20 + random.below(40))
        let mid = place.venue.mid(place.local)
        var intent = OrderIntent()
        intent.ingressTimeNs = wallNs
        intent.instrumentID = id
        intent.kind = .place
        intent.side = isBuy ? .buy : .sell
        intent.type = .limit
        intent.timeInForce = timeInForce
        intent.quantity = QuantityLots(rawValue: quantity)
        intent.limitPrice = PriceTicks(rawValue: isBuy ? mid - away : mid + away)
        lastOrderID += 1
        intent.orderID = lastOrderID
        return intent
    }

    /// A reduce-only order for the whole of a position, away from the price as a target is, and one
    /// that takes half of the position off: the venue makes the first as small as what is left.
    /// None without a position of a fitting size.
    func targetIntents(beside others: [OrderIntent]) -> [OrderIntent] {
        let id = UInt32(random.below(instruments.count))
        let position = oracle.rows[Int(id)].position
        guard abs(position) >= 10, abs(position) <= limits.instruments[Int(id)].orderQuantityMax
        else { return [] }
        var target = farIntent(id, isBuy: position < 0, quantity: abs(position), .gtc)
        target.isReduceOnly = 1
        var half = farIntent(id, isBuy: position < 0, quantity: abs(position) / 2, .ioc)
        half.type = .market
        half.limitPrice = PriceTicks(rawValue: 0)
        let isFree = !meetsOwn(target, others, isTrying: false)
            && !meetsOwn(half, others, isTrying: false)
        return isFree ? [target, half] : []
    }

    /// Orders of one side up to the position limit, the largest first.
    func press(_ id: UInt32, isBuy: Bool) {
        guard isTrading else { return }
        let largest = limits.instruments[Int(id)].orderQuantityMax
        let intents = [largest, largest, largest, largest / 2, largest / 4].map {
            farIntent(id, isBuy: isBuy, quantity: $0, .gtc)
        }
        stepEngine(Engine.Connection.inbox, .timer, intents: intents)
        // Room again for the rest of the trading.
        for intent in intents where oracle.tracks[intent.orderID] != nil {
            if random.below(4) == 0 { continue }
            stepEngine(
                Engine.Connection.inbox, .timer, intents: [cancelIntent(intent.orderID)])
        }
    }

    /// As many orders and changes as go: the venue's budget must hold.
    func flood(_ id: UInt32, left: Int) {
        guard isTrading, left > 0 else { return }
        keepBusy(10_000_000_000)
        let smallest: Int64 = instruments[id].venue == .okx ? 5 : id % 2 == 0 ? 2 : 8
        let intents = (0..<10).map { _ in
            farIntent(id, isBuy: true, quantity: smallest, .ioc)
        }
        stepEngine(Engine.Connection.inbox, .timer, intents: intents)
        agenda.add(nowNs + span(20, 120), .flood, Int(id), left - 1)
    }

    /// Another price and total for a resting order; `nil` where it could meet one of our own.
    func modifyIntent(_ id: UInt64) -> OrderIntent? {
        guard let track = oracle.tracks[id], track.intent.type == .limit, !track.isGone else {
            return nil
        }
        let place = instrument(track.intent.instrumentID)
        let mid = place.venue.mid(place.local)
        var intent = track.intent
        intent.ingressTimeNs = wallNs
        intent.kind = .modify
        intent.timeInForce = .gtc
        intent.expiryS = 0
        intent.isReduceOnly = 0
        let away = Int64(random.below(9))
        intent.limitPrice = PriceTicks(rawValue: track.isBuy ? mid - away : mid + away)
        let change = Int64(random.below(9)) - 3
        intent.quantity = QuantityLots(rawValue: max(1, intent.quantity.rawValue + change))
        return meetsOwn(intent, [], isTrying: random.below(6) == 0) ? nil : intent
    }
}
