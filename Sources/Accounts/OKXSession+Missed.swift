//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
import VenueREST

extension OKXSession {
    public func missedPushes(
        sinceNs: UInt64, of instruments: [Instrument]
    ) throws(AccountError) -> [String] {
        let symbols = Set(instruments.map(\.venueSymbolText))
        let fills = try fills(sinceNs: clock.venueNs(of: sinceNs)).filter {
            symbols.contains($0.symbol)
        }
        var pushes: [String] = []
        var orders: [UInt64: OKXREST.Order] = [:]
        for fill in fills {
            // Another client's, which moved the position all the same.
            if fill.orderID == 0 {
                pushes.append(OKXMissedPush.text(fill))
                continue
            }
            if orders[fill.orderID] == nil {
                orders[fill.orderID] = try order(symbol: fill.symbol, orderID: fill.orderID)
            }
            guard let order = orders[fill.orderID] else {
                pushes.append(OKXMissedPush.text(fill))
                continue
            }
            pushes.append(OKXMissedPush.text(order, fill))
        }
        for order in orders.values.sorted(by: { $0.venueOrderID < $1.venueOrderID })
        where !order.isOpen {
            pushes.append(OKXMissedPush.text(order, nil))
        }
        return pushes
    }
}
