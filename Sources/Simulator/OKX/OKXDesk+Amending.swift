//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension OKXDesk {
    /// Changes price or total size. A smaller size keeps the order's place; another price or a
    /// larger size sends it to the end of its level.
    func amend(_ order: OKXOrder, _ value: JSONValue) throws(OKXError) {
        guard order.state.isOpen else { throw .amendFailed }
        guard !order.request.type.isMarket else { throw .amendType }
        let feed = market.feeds[order.instrument]
        let sizeText = value["newSz"]?.text ?? ""
        let priceText = value["newPx"]?.text ?? ""
        guard !sizeText.isEmpty || !priceText.isEmpty else { throw .nothingToAmend }
        let requestID = value["reqId"]?.text ?? ""
        guard requestID.isEmpty || OKXOrderRequest.isPlain(requestID, max: 32) else {
            throw .parameter("reqId")
        }
        var lots = order.lots
        if !sizeText.isEmpty { lots = try OKXOrderRequest.lots(sizeText, feed.instrument) }
        var price = order.price
        if !priceText.isEmpty {
            price = try OKXOrderRequest.ticks(priceText, feed.instrument)
            price = try OKXOrderRequest.bounded(
                price, order.side, feed, clips: value["pxAmendType"]?.text == "1")
        }
        if order.request.type == .postOnly { try checkPostOnly(order, price: price, feed) }
        try checkAmended(order, lots: lots, price: price, feed)
        apply(order, lots: lots, price: price, requestID: requestID)
    }

    private func checkPostOnly(_ order: OKXOrder, price: Int64, _ feed: OKXFeed) throws(OKXError) {
        let touch = feed.book.touch
        let best = order.side == .bid ? touch.ask : touch.bid
        guard best == 0 || (order.side == .bid ? price < best : price > best) else {
            throw .amendWouldTake
        }
    }

    private func checkAmended(
        _ order: OKXOrder, lots: Int64, price: Int64, _ feed: OKXFeed
    ) throws(OKXError) {
        guard lots > order.lots || price != order.price, lots > order.filledLots else { return }
        try without(order) { () throws(OKXError) in
            try checkFunds(order.request, lots: lots - order.filledLots, price: price, feed)
        }
    }

    private func apply(_ order: OKXOrder, lots: Int64, price: Int64, requestID: String) {
        let index = order.instrument
        let isSmaller = price == order.price && lots < order.lots
        order.updateMs = clock.nowMs
        func tell() {
            onOrder(
                order,
                OKXOrderEvent(
                    state: order.state, amendResult: "0", amendSource: "1", requestID: requestID,
                    filledLots: order.filledLots))
        }
        if lots <= order.filledLots {
            _ = market.cancel(order.orderID, instrument: index)
            order.lots = order.filledLots
            order.state = .filled
            retire(order)
            return tell()
        }
        if isSmaller, market.reduce(order.orderID, to: lots - order.filledLots, instrument: index) {
            order.lots = lots
            return tell()
        }
        _ = market.cancel(order.orderID, instrument: index)
        order.lots = lots
        order.price = price
        tell()
        match(order, limit: price)
    }
}
