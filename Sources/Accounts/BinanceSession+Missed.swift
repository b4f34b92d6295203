//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import Messages
import VenueREST

extension BinanceSession {
    public func missedPushes(
        sinceNs: UInt64, of instruments: [Instrument]
    ) throws(AccountError) -> [String] {
        let sinceMs = clock.venueNs(of: sinceNs) / 1_000_000
        var pushes: [String] = []
        for instrument in instruments {
            // Orders after trades: an order of every trade told is among them.
            let tradesBody = try send(.userTrades(instrument, startMs: sinceMs))
            let ordersBody = try send(.allOrders(instrument, startMs: sinceMs))
            let trades = try told("userTrades") { () throws(BinanceError) in
                try BinanceREST.trades(tradesBody)
            }
            let orders = try told("allOrders") { () throws(BinanceError) in
                try BinanceREST.orders(ordersBody)
            }
            let known = Dictionary(orders.map { ($0.venueOrderID, $0) }) { $1 }
#if APUS_PLANTED_BUGS
            if apus_is_planted(24) != 0 { continue }
#endif
            for trade in trades {
                // Another client's too: it moved the position.
                pushes.append(BinanceMissedPush.text(known[trade.venueOrderID], trade))
            }
            for order in orders where order.orderID != 0 {
                if let push = BinanceMissedPush.end(order) { pushes.append(push) }
            }
        }
        return pushes
    }
}
