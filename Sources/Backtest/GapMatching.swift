//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import TradingCore

/// An order as a session and the model can both tell it.
struct GapOrder: Equatable {
    let clientID: String
    let instrument: Int
    let side: Side
    /// Ticks; 0 for a market order.
    let price: Int64
    /// Lots.
    let quantity: Int64
    /// Of a session the time of what caused it, of the model that of sending.
    let placedNs: Int64
    var filled: Int64 = 0

    /// Whether both were meant to do the same.
    func isSame(as other: GapOrder) -> Bool {
        instrument == other.instrument && side == other.side && price == other.price
            && quantity == other.quantity
    }
}

/// Orders of a session beside those of the model.
public struct GapMatching: Equatable, Sendable {
    /// With one client id, and of these: of one instrument, side, price and quantity.
    public var matched = 0
    public var same = 0
    /// Of one instrument, caused by one record whatever their ids are, and of these: the same.
    public var together = 0
    public var alike = 0
    /// Of those together: filled, in part at least, by both, or by one alone.
    public var filledByBoth = 0
    public var filledLive = 0
    public var filledByModel = 0

    /// - Parameter ownMaxNs: The most that the model takes from a record to an order's bytes.
    init(live: [GapOrder], model: [GapOrder], ownMaxNs: Int64) {
        let byID = Dictionary(
            model.map { ($0.clientID, $0) }, uniquingKeysWith: { first, _ in first })
        for order in live {
            guard let other = byID[order.clientID] else { continue }
            matched += 1
            if order.isSame(as: other) { same += 1 }
        }
        for (order, other) in Self.pairs(live, model, ownMaxNs) {
            together += 1
            if order.isSame(as: other) { alike += 1 }
            switch (order.filled > 0, other.filled > 0) {
            case (true, true): filledByBoth += 1
            case (true, false): filledLive += 1
            case (false, true): filledByModel += 1
            default: break
            }
        }
    }

    /// Each order of the session with the first of the model, not paired yet, that was sent within
    /// the model's own time behind what caused it.
    private static func pairs(
        _ live: [GapOrder], _ model: [GapOrder], _ ownMaxNs: Int64
    ) -> [(live: GapOrder, model: GapOrder)] {
        var pairs: [(GapOrder, GapOrder)] = []
        for instrument in Set(live.map(\.instrument)) {
            let own = live.filter { $0.instrument == instrument }
                .sorted { $0.placedNs < $1.placedNs }
            var others = model.filter { $0.instrument == instrument }
                .sorted { $0.placedNs < $1.placedNs }[...]
            for order in own {
                others = others.drop { $0.placedNs < order.placedNs }
                guard let other = others.first,
                    other.placedNs - order.placedNs <= ownMaxNs
                else { continue }
                pairs.append((order, other))
                others = others.dropFirst()
            }
        }
        return pairs
    }
}

extension LiveSession {
    /// Its orders with what of them was filled.
    var gapOrders: [GapOrder] {
        var filled: [String: Int64] = [:]
        for fill in fills { filled[fill.clientID, default: 0] += fill.quantity }
        return orders.map {
            GapOrder(
                clientID: $0.clientID, instrument: $0.instrument, side: $0.side, price: $0.price,
                quantity: $0.quantity, placedNs: $0.placedNs, filled: filled[$0.clientID] ?? 0)
        }
    }
}

extension BacktestRun {
    var gapOrders: [GapOrder] {
        venue.orders.map {
            GapOrder(
                clientID: $0.clientID, instrument: Int($0.instrumentID), side: $0.side,
                price: $0.price, quantity: $0.quantity, placedNs: $0.placedNs, filled: $0.filled)
        }
    }
}
