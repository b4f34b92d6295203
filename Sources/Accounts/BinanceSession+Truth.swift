//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP
public import Messages
import VenueREST

extension BinanceSession {
    /// Assets that count as the quote currency when the account is valued.
    private static let dollarAssets: Set<String> = ["USDT", "USDC", "FDUSD", "BUSD"]
    /// "Order does not exist."
    private static let noSuchOrder = -2013

    public func listedOrders(
        _ instruments: [Instrument]
    ) throws(AccountError) -> [ListedOrder] {
        var listed: [ListedOrder] = []
        for instrument in instruments {
            let body = try send(.openOrders(instrument))
            let orders = try told("openOrders") { () throws(BinanceError) in
                try BinanceREST.orders(body)
            }
            for order in orders { listed.append(try Self.listed(order, instrument)) }
        }
        return listed
    }

    private static func listed(
        _ order: BinanceREST.Order, _ instrument: Instrument
    ) throws(AccountError) -> ListedOrder {
        try ListedOrder(
            instrument, orderID: order.orderID, venueOrderID: order.venueOrderID,
            side: order.side == "BUY" ? .buy : .sell, price: order.price,
            quantity: order.quantity, cumulative: order.executed)
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
                    instrument, amount: row?.amount ?? "0", entry: row?.entryPrice ?? "0"))
        }
        return listed
    }

    private func positionRows() throws(AccountError) -> [BinanceREST.Position] {
        let body = try send(.positions)
        return try told("positionRisk") { () throws(BinanceError) in
            try BinanceREST.positions(body)
        }
    }

    /// The venue numbers all trades of a symbol in one order.
    public func latestTrades(
        _ instruments: [Instrument], sinceNs: UInt64
    ) throws(AccountError) -> [LatestTrades] {
        var latest: [LatestTrades] = []
        for instrument in instruments {
            let body = try send(.userTrades(instrument, limit: 1))
            let trades = try told("userTrades") { () throws(BinanceError) in
                try BinanceREST.trades(body)
            }
            latest.append(LatestTrades(lastID: trades.last?.tradeID ?? 0))
        }
        return latest
    }

    public func worth() throws(AccountError) -> AccountWorth {
        let body = try send(.balances)
        let balances = try told("balance") { () throws(BinanceError) in
            try BinanceREST.balances(body)
        }
        var worth = AccountWorth(equityE8: 0, maintenanceE8: 0)
        for balance in balances where Self.dollarAssets.contains(balance.asset) {
            try worth.add(equity: balance.wallet)
            try worth.add(equity: balance.unrealised)
        }
        for position in try positionRows() {
            try worth.add(maintenance: position.maintenanceMargin)
        }
        return worth
    }

    public func funding(
        sinceNs: UInt64, of instruments: [Instrument]
    ) throws(AccountError) -> [FundingPayment] {
        let sinceMs = clock.venueNs(of: sinceNs) / 1_000_000
        let body = try send(.funding(startMs: sinceMs))
        let incomes = try told("income") { () throws(BinanceError) in
            try BinanceREST.incomes(body)
        }
        var payments: [FundingPayment] = []
        for income in incomes where income.type == "FUNDING_FEE" {
            let instrument = instruments.first { $0.venueSymbolText == income.symbol }
            guard let instrument else { continue }
            payments.append(
                try FundingPayment(
                    id: income.transactionID, instrument, change: income.amount))
        }
        return payments
    }

    public func fate(
        _ instrument: Instrument, orderID: UInt64
    ) throws(AccountError) -> OrderFate {
        let request = BinanceRequest.query(instrument, orderID: orderID)
        let (response, verdict) = try exchange(request)
        if verdict == .rejected(code: Self.noSuchOrder) { return OrderFate(.notFound) }
        try http.check(request, response, verdict)
        let order = try told("order") { () throws(BinanceError) in
            try BinanceREST.order(response.body)
        }
        let execution: Execution
        switch order.status {
        case "CANCELED": execution = .canceled
        // One that was filled has ended; what fills are still to come, its sum tells.
        case "EXPIRED", "EXPIRED_IN_MATCH", "FILLED": execution = .expired
        case "REJECTED": execution = .rejected
        default: execution = .accepted
        }
        return OrderFate(
            execution, try Self.listed(order, instrument),
            updateTimeNs: min(order.updateTimeMs, VenueTime.millisecondsMax) * 1_000_000)
    }
}
