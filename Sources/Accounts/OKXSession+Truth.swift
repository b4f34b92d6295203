//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
import VenueREST

extension OKXSession {
    public func listedOrders(
        _ instruments: [Instrument]
    ) throws(AccountError) -> [ListedOrder] {
        let bySymbol = Dictionary(
            uniqueKeysWithValues: instruments.map { ($0.venueSymbolText, $0) })
        var listed: [ListedOrder] = []
        for order in try everyOpenOrder() {
            guard let instrument = bySymbol[order.symbol] else { continue }
            listed.append(try Self.listed(order, instrument))
        }
        return listed
    }

    private static func listed(
        _ order: OKXREST.Order, _ instrument: Instrument
    ) throws(AccountError) -> ListedOrder {
        try ListedOrder(
            instrument, orderID: order.orderID, venueOrderID: order.venueOrderID,
            side: order.side, price: order.price, quantity: order.quantity,
            cumulative: order.cumulativeQuantity)
    }

    public func listedPositions(
        _ instruments: [Instrument]
    ) throws(AccountError) -> [ListedPosition] {
        let rows = try positionRows()
        var listed: [ListedPosition] = []
        for instrument in instruments {
            let row = rows.first { $0.symbol == instrument.venueSymbolText }
            listed.append(
                try ListedPosition(
                    instrument, amount: row?.amount ?? "0", entry: row?.averagePrice ?? "0"))
        }
        return listed
    }

    /// Liquidations have ids below zero, which say nothing of when they were.
    public func latestTrades(
        _ instruments: [Instrument], sinceNs: UInt64
    ) throws(AccountError) -> [LatestTrades] {
        let sinceNs = clock.venueNs(of: sinceNs)
        let fills = try everyFill(sinceNs: sinceNs)
        return instruments.map { instrument in
            let ids = fills.filter { $0.symbol == instrument.venueSymbolText }.map(\.tradeID)
            return LatestTrades(
                lastID: UInt64(max(0, ids.max() ?? 0)),
                unorderedIDs: ids.filter { $0 < 0 }.map { UInt64(bitPattern: $0) },
                sinceNs: sinceNs)
        }
    }

    public func worth() throws(AccountError) -> AccountWorth {
        let body = try signedGet(OKXREST.balancePath)
        let account = try told { () throws(OKXReplyError) in try OKXREST.account(body) }
        var worth = AccountWorth(equityE8: 0, maintenanceE8: 0)
        try worth.add(equity: account.equity)
        if !account.maintenanceMargin.isEmpty {
            try worth.add(maintenance: account.maintenanceMargin)
        }
        return worth
    }

    public func funding(
        sinceNs: UInt64, of instruments: [Instrument]
    ) throws(AccountError) -> [FundingPayment] {
        let path = OKXREST.fundingPath(beginMs: clock.venueNs(of: sinceNs) / 1_000_000)
        let body = try signedGet(path)
        let bills = try told { () throws(OKXReplyError) in try OKXREST.bills(body) }
        var payments: [FundingPayment] = []
        for bill in bills.reversed() {
            let instrument = instruments.first { $0.venueSymbolText == bill.symbol }
            guard let instrument else { continue }
            payments.append(
                try FundingPayment(id: bill.billID, instrument, change: bill.balanceChange))
        }
        return payments
    }

    public func fate(
        _ instrument: Instrument, orderID: UInt64
    ) throws(AccountError) -> OrderFate {
        guard
            let order = try order(symbol: instrument.venueSymbolText, orderID: orderID)
        else { return OrderFate(.notFound) }
        let execution: Execution =
            switch order.state {
            case "canceled", "mmp_canceled": .canceled
            // It has ended; what fills are still to come, its sum tells.
            case "filled": .expired
            default: .accepted
            }
        return OrderFate(
            execution, try Self.listed(order, instrument), updateTimeNs: order.updateTimeNs)
    }
}
