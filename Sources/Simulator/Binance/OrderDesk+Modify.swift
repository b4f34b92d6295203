//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension OrderDesk {
    /// Changes of one order.
    static let modificationsMax = 10_000

    /// Changes price and total quantity of a limit order, which goes to the end of its level. What
    /// fails a check leaves it as it was; one that would have nothing left, or that is post-only
    /// and would take, is cancelled.
    ///
    /// Source: protocol sheet of Binance, section 6.4.
    func modify(_ parameters: Parameters) throws(VenueError) -> VenueOrder {
        do throws(VenueError) {
            return try modifyChecked(parameters)
        } catch {
            rejectCount += 1
            throw error
        }
    }

    private func modifyChecked(_ parameters: Parameters) throws(VenueError) -> VenueOrder {
        let quantity = try parameters.required("quantity")
        let price = try parameters.required("price")
        let side = try parameters.required("side")
        guard let order = try find(parameters), order.status.isOpen else { throw .noSuchOrder }
        guard !order.isMarket else { throw .limitOnly }
        guard side == order.sideName else { throw .invalidSide }
        let request = try checked(order, quantity: quantity, price: price)
        guard request.price != order.price || request.lots != order.lots else {
            throw .nothingToModify
        }
        guard order.modificationCount < Self.modificationsMax else { throw .tooManyModifications }
        try checkMargin(request, limit: request.price, inPlaceOf: order)
        guard market.cancel(symbol: order.symbol, orderID: order.orderID) else {
            throw .noSuchOrder
        }
        order.modifyID = parameters["modifyId"]
        order.selfTradeMode = "NONE"
        apply(request, to: order)
        return order
    }

    /// The changed order through the checks of a new one.
    private func checked(
        _ order: VenueOrder, quantity: String, price: String
    ) throws(VenueError) -> OrderRequest {
        let parameters = Parameters([
            ("symbol", symbol(order.symbol).name), ("side", order.sideName), ("type", "LIMIT"),
            ("timeInForce", order.timeInForce.rawValue), ("quantity", quantity),
            ("price", price), ("reduceOnly", "\(order.isReduceOnly)"),
        ])
        do throws(VenueError) {
            return try OrderRequest(parameters, symbols: market.symbols) { market.markPrice($0) }
        } catch {
            let minNotional = VenueError.minNotional(symbol(order.symbol).notionalMin)
            throw error == minNotional ? VenueError(-5029, minNotional.message) : error
        }
    }

    /// The order is out of the market, and comes back as it is wanted now.
    private func apply(_ request: OrderRequest, to order: VenueOrder) {
        guard request.lots > order.filledLots else { return finish(canceled: order) }
        let (price, lots) = (order.price, order.lots)
        order.price = request.price
        order.lots = request.lots
        let touch = market.touch(order.symbol)
        let best = order.side == .bid ? touch.ask : touch.bid
        let takes = best != 0 && (order.side == .bid ? order.price >= best : order.price <= best)
        if order.timeInForce == .postOnly, takes {
            order.price = price
            order.lots = lots
            return finish(canceled: order)
        }
        order.modificationCount += 1
        order.updateMs = clock.nowMs
        tell(amendmentOf: order)
        let outcome = market.submit(
            MarketOrder(
                orderID: order.orderID, symbol: order.symbol, side: order.side,
                limit: order.price, lots: order.leaves, timeInForce: order.timeInForce))
        if outcome == .wouldTake { finish(canceled: order) }
    }
}
