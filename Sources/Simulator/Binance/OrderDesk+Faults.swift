//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// What happens to the account without its client's doing. Client order ids of the venue's own
// orders: protocol sheet of Binance, section 8.
extension OrderDesk {
    /// Trades that no book made have ids far from those of the books.
    static let tradeIDBase: Int64 = 7_000_000_000

    /// About once a second.
    func injectFaults(_ faults: FaultInjector) {
        if faults.fires(.externalOrder, .binanceUSDM) != nil { placeForeign(faults) }
        for (name, word) in [
            (FaultName.liquidation, "autoclose-\(clock.nowMs)"), (.deleveraging, "adl_autoclose"),
        ] {
            let held = market.symbols.indices.filter { account.positions[$0].lots != 0 }
            guard !held.isEmpty, faults.fires(name, .binanceUSDM) != nil else { continue }
            close(held[faults.pick(below: held.count)], clientOrderID: word)
        }
        let resting = openOrders.keys.sorted()
        guard !resting.isEmpty, faults.fires(.selfTradeCancel, .binanceUSDM) != nil,
            let order = openOrders[resting[faults.pick(below: resting.count)]],
            market.cancel(symbol: order.symbol, orderID: order.orderID)
        else { return }
        expiredInMatch(orderID: order.orderID)
    }

    /// The smallest market order, by another client of the account.
    private func placeForeign(_ faults: FaultInjector) {
        let index = faults.pick(below: market.symbols.count)
        let one = symbol(index)
        let unit = market.markPrice(index) * one.stepSize
        guard unit.units > 0, let least = Fixed(one.notionalMin) else { return }
        var quantity = ByteWriter(capacity: 32)
        // A tenth more than the least, for a price that moves.
        let lots = least.units * 11 / 10 / unit.units + 1
        quantity.padded(one.quantity(lots), decimals: one.quantityPrecision)
        _ = try? place(
            Parameters([
                ("symbol", one.name), ("side", faults.pick(below: 2) == 0 ? "BUY" : "SELL"),
                ("type", "MARKET"),
                ("quantity", String(decoding: quantity.bytes, as: UTF8.self)),
                ("newClientOrderId", "web_\(clock.nowMs)"),
            ]))
    }

    /// Closes a position at its mark price, against no book.
    func close(_ index: Int, clientOrderID: String) {
        let lots = account.positions[index].lots
        let price = market.markPrice(index).units / symbol(index).tickSize.units
        guard price > 0 else { return }
        let order = VenueOrder(
            orderID: nextOrderID(), clientOrderID: clientOrderID, symbol: index,
            side: lots > 0 ? .ask : .bid, isMarket: false, timeInForce: .immediateOrCancel,
            price: price, lots: abs(lots), isReduceOnly: true, timeMs: clock.nowMs)
        order.isOfVenue = true
        keep(order)
        fill(order, lots: order.lots)
    }

    func fillOneLot(_ order: VenueOrder) { fill(order, lots: 1) }

    private func fill(_ order: VenueOrder, lots: Int64) {
        filled(
            orderID: order.orderID, price: order.price, lots: lots, isMaker: !order.isOfVenue,
            tradeID: nextTradeID?(order.symbol) ?? Self.tradeIDBase + Int64(fillCount))
    }
}
