//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Merges trades of the same price and taker side, for the 100 ms of one aggTrade interval.
struct AggregateTrades {
    struct Aggregate: Equatable {
        var price: Int64
        var lots: Int64
        var firstID: Int64
        var lastID: Int64
        var timeMs: Int64
        var isBuyerMaker: Bool
    }

    private(set) var pending: [Aggregate] = []

    mutating func add(price: Int64, lots: Int64, id: Int64, timeMs: Int64, isBuyerMaker: Bool) {
        if let last = pending.last, last.price == price, last.isBuyerMaker == isBuyerMaker {
            pending[pending.count - 1].lots += lots
            pending[pending.count - 1].lastID = id
            pending[pending.count - 1].timeMs = timeMs
        } else {
            pending.append(
                Aggregate(
                    price: price, lots: lots, firstID: id, lastID: id, timeMs: timeMs,
                    isBuyerMaker: isBuyerMaker))
        }
    }

    mutating func clear() { pending.removeAll(keepingCapacity: true) }
}
