//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// What own orders took of shown levels since the venue last told those levels.
struct TakenLevels {
    private var bids: [Int64: Int64] = [:]
    private var asks: [Int64: Int64] = [:]

    func lots(_ side: Side, _ price: Int64) -> Int64 {
        (side == .buy ? bids[price] : asks[price]) ?? 0
    }

    mutating func add(_ side: Side, _ price: Int64, _ lots: Int64) {
        if side == .buy { bids[price, default: 0] += lots } else { asks[price, default: 0] += lots }
    }

    mutating func forget(_ side: Side, _ price: Int64) {
        if side == .buy {
            if !bids.isEmpty { bids[price] = nil }
        } else {
            if !asks.isEmpty { asks[price] = nil }
        }
    }

    mutating func forget(_ side: Side) {
        if side == .buy { bids = [:] } else { asks = [:] }
    }
}
