//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What an account did since the start, as `/apus/account` tells it: counts, and its cash.
enum OrderTally {
    /// - Parameter wallet: USDT: what was there at the start, realised profit, fees.
    static func json(
        wallet: Fixed, orders: Int, fills: Int, rejects: Int, open: Int, repeatedIDs: Int
    ) -> String {
        "{\"walletE8\":\(wallet.units),\"orders\":\(orders),\"fills\":\(fills)"
            + ",\"rejects\":\(rejects),\"open\":\(open),\"repeatedIDs\":\(repeatedIDs)}"
    }
}

extension OrderDesk {
    var tally: String {
        OrderTally.json(
            wallet: account.wallet, orders: orderCount, fills: fillCount, rejects: rejectCount,
            open: openOrders.count, repeatedIDs: repeatedIDCount)
    }
}

extension OKXDesk {
    var tally: String {
        OrderTally.json(
            wallet: account.cash["USDT"] ?? Fixed(units: 0), orders: orderCount,
            fills: fillCount, rejects: rejectCount, open: openOrders.count,
            repeatedIDs: repeatedIDCount)
    }
}
