//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Takes the account's orders, keeps their states and tells the private channels.
final class OKXDesk: ExecutionSink {
    let market: OKXMarket
    private let clock: VenueClock
    private let faults: FaultInjector
    private let hasTerminalPush: Bool
    private(set) var account: OKXAccount
    /// Every order of this session by id; open ones again.
    private(set) var orders: [Int64: OKXOrder] = [:]
    private(set) var openOrders: [Int64: OKXOrder] = [:]
    private var openByClientID: [String: Int64] = [:]
    private var latestByClientID: [String: Int64] = [:]
    private var finished: [Int64] = []
    private var lastOrderID: Int64 = 3_469_373_785_093_513_216
    private var limits = OKXRateLimits()
    /// Instants of the dead man's switches, by tag; "" is for all orders.
    private(set) var switches: [String: UInt64] = [:]
    /// Orders that a switch cancels, one every 10 ms.
    private var switched: [Int64] = []
    /// Reduce-only orders that may have become too large.
    private var isReduceCheckDue = false
    private(set) var fills: [(order: OKXOrder, fill: OKXFill, billID: Int64)] = []
    /// Hears of each change of an order.
    var onOrder: (OKXOrder, OKXOrderEvent) -> Void = { _, _ in }
    private(set) var orderCount = 0
    private(set) var fillCount = 0
    private(set) var rejectCount = 0

    /// Finished orders that can still be queried.
    static let finishedMax = 10_000
    static let openOfInstrumentMax = 500
    static let openMax = 4_000
    static let tagSwitchesMax = 20

    init(
        market: OKXMarket, clock: VenueClock, wallet: Int64, hasTerminalPush: Bool = false,
        faults: FaultInjector = .none
    ) {
        self.market = market
        self.clock = clock
        self.faults = faults
        self.hasTerminalPush = hasTerminalPush
        let one = Fixed.one
        account = OKXAccount(
            cash: [
                "USDT": Fixed(units: wallet * one), "BTC": Fixed(units: 1 * one),
                "ETH": Fixed(units: 10 * one), "SOL": Fixed(units: 100 * one),
            ], instrumentCount: market.instruments.count)
        market.executions = self
    }

    func instrument(_ order: OKXOrder) -> OKXInstrument { market.instruments[order.instrument] }

    // MARK: - Requests

    /// Runs one order of a request and counts its refusal.
    func counted<Result>(
        _ body: () throws(OKXError) -> Result
    ) throws(OKXError) -> Result {
        do throws(OKXError) {
            return try body()
        } catch {
            rejectCount += 1
            throw error
        }
    }

    func count(_ kind: OKXRateLimits.Kind, _ index: Int, isBatch: Bool) throws(OKXError) {
        try limits.count(
            kind, instrument: index, isBatch: isBatch, isSpot: market.instruments[index].isSpot,
            nowMs: clock.nowMs)
    }

    func place(_ value: JSONValue, instrument index: Int) throws(OKXError) -> OKXOrder {
        guard !market.isSuspended(index) else { throw .suspended }
        let feed = market.feeds[index]
        let request = try OKXOrderRequest(value, instrument: index, feed)
        if !request.clientOrderID.isEmpty, openByClientID[request.clientOrderID] != nil {
            throw .duplicateClientOrderID
        }
        guard openOrders.count < Self.openMax else { throw .tooManyPending }
        let ofInstrument = openOrders.values.count { $0.instrument == index }
        guard ofInstrument < Self.openOfInstrumentMax else { throw .tooManyOfSymbol }
        var lots = request.lots
        if let quoteSize = request.quoteSize { lots = affordable(quoteSize, request, feed) }
        if request.isReduceOnly { lots = try reducible(request) }
        let limit =
            request.type.isMarket
            ? (request.side == .bid ? feed.buyLimit : feed.sellLimit) : request.price
        try checkFunds(request, lots: lots, price: limit, feed)
        lastOrderID += 8_192
        let order = OKXOrder(
            orderID: lastOrderID, request: request, lots: lots, timeMs: clock.nowMs)
        keep(order)
        orderCount += 1
        if lots > 0 { match(order, limit: limit) } else { announce(order) }
        complete(order)
        return order
    }

    private func keep(_ order: OKXOrder) {
        orders[order.orderID] = order
        openOrders[order.orderID] = order
        if !order.request.clientOrderID.isEmpty {
            openByClientID[order.request.clientOrderID] = order.orderID
            latestByClientID[order.request.clientOrderID] = order.orderID
        }
    }

    /// Hands the order's leaves to the market and finishes what does not rest.
    private func match(_ order: OKXOrder, limit: Int64) {
        let outcome = market.submit(
            MarketOrder(
                orderID: order.orderID, symbol: order.instrument, side: order.side, limit: limit,
                lots: order.leaves, timeInForce: order.request.type.timeInForce,
                selfTrade: order.request.selfTrade))
        switch outcome {
        case .wouldTake: finish(order, .canceled, .wouldTake)
        case .cannotFill:
            announce(order)
            finish(order, .canceled, .cannotFill)
        case .expired:
            announce(order)
            finish(order, .canceled, .selfTrade)
        case .accepted(let leaves):
            announce(order)
            if leaves > 0, !order.request.type.rests { finish(order, .canceled, .remainder) }
        }
    }

    /// A spot market order sized in quote currency ends with a push that is no fill.
    private func complete(_ order: OKXOrder) {
        guard order.request.isQuoteSized, order.state.isOpen else { return }
        if order.filledLots > 0 { finish(order, .filled, nil) } else {
            finish(order, .canceled, .remainder)
        }
    }

    func cancel(_ order: OKXOrder, _ source: OKXCancelSource) -> Bool {
        guard order.state.isOpen, market.cancel(order.orderID, instrument: order.instrument)
        else { return false }
        finish(order, .canceled, source)
        return true
    }

    /// The order that `ordId` or else `clOrdId` names; the open one, or the latest.
    func find(_ value: JSONValue, instrument index: Int) throws(OKXError) -> OKXOrder? {
        if let text = value["ordId"]?.text, !text.isEmpty {
            guard let order = Int64(text).flatMap({ orders[$0] }) else { return nil }
            return order.instrument == index ? order : nil
        }
        guard let name = value["clOrdId"]?.text, !name.isEmpty else { throw .noOrderID }
        guard let id = openByClientID[name] ?? latestByClientID[name], let order = orders[id]
        else { return nil }
        return order.instrument == index ? order : nil
    }

    // MARK: - Amending

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
        openOrders[order.orderID] = nil
        defer { openOrders[order.orderID] = order }
        try checkFunds(order.request, lots: lots - order.filledLots, price: price, feed)
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

    // MARK: - Checks that need the account

    /// Lots that an amount of quote currency buys now.
    private func affordable(_ amount: Fixed, _ request: OKXOrderRequest, _ feed: OKXFeed) -> Int64 {
        var left = amount.units
        var lots: Int64 = 0
        for level in feed.book.engine.levels(request.side.opposite).reversed() {
            let price = feed.instrument.price(level.price)
            let most = Int64(
                clamping: Int128(left) * Int128(Fixed.one) / Int128(price.units)
                    / Int128(feed.instrument.lotSize.units))
            let taken = min(most, level.lots)
            lots += taken
            left -= (price * feed.instrument.size(taken)).units
            if taken < level.lots { break }
        }
        return lots
    }

    private func reducible(_ request: OKXOrderRequest) throws(OKXError) -> Int64 {
        let position = account.positions[request.instrument].lots
        guard position != 0 else { throw .noPosition }
        guard request.side == .bid ? position < 0 : position > 0 else { throw .wrongSide }
        return min(request.lots, abs(position))
    }

    /// Cash that open spot orders hold, by currency.
    func frozen(_ currency: String) -> Fixed {
        var sum: Int64 = 0
        for order in openOrders.values {
            let instrument = instrument(order)
            guard instrument.isSpot else { continue }
            if order.side == .bid, instrument.quote == currency {
                sum += instrument.value(ticks: order.price, lots: order.leaves).units
            } else if order.side == .ask, instrument.base == currency {
                sum += instrument.size(order.leaves).units
            }
        }
        return Fixed(units: sum)
    }

    /// Margin that positions and open orders of swaps hold, by settlement currency.
    func margin(_ currency: String) -> Fixed {
        var sum: Int64 = 0
        for (index, instrument) in market.instruments.enumerated()
        where !instrument.isSpot && instrument.settle == currency {
            sum += instrument.value(
                price: market.feeds[index].mark, lots: abs(account.positions[index].lots)).units
        }
        for order in openOrders.values where !order.request.isReduceOnly {
            let instrument = instrument(order)
            guard !instrument.isSpot, instrument.settle == currency else { continue }
            sum += instrument.value(ticks: order.price, lots: order.leaves).units
        }
        return Fixed(units: sum / OKXAccount.leverage)
    }

    func unrealized(_ currency: String) -> Fixed {
        var sum: Int64 = 0
        for (index, instrument) in market.instruments.enumerated()
        where !instrument.isSpot && instrument.settle == currency {
            sum += account.unrealized(index, instrument, mark: market.feeds[index].mark).units
        }
        return Fixed(units: sum)
    }

    /// What of a currency no order and no position holds.
    func available(_ currency: String) -> Fixed {
        let cash = account.cash[currency] ?? Fixed(units: 0)
        return Fixed(
            units: cash.units - frozen(currency).units - margin(currency).units
                + min(unrealized(currency).units, 0))
    }

    private func checkFunds(
        _ request: OKXOrderRequest, lots: Int64, price: Int64, _ feed: OKXFeed
    ) throws(OKXError) {
        let instrument = feed.instrument
        if instrument.isSpot {
            let isBuy = request.side == .bid
            let value = request.quoteSize ?? instrument.value(
                price: request.type.isMarket ? feed.mark : instrument.price(price), lots: lots)
            let needed = isBuy ? value : instrument.size(lots)
            let currency = isBuy ? instrument.quote : instrument.base
            guard needed <= available(currency) else { throw .balance }
            return
        }
        guard !request.isReduceOnly else { return }
        let held = account.positions[request.instrument].lots
        let signed = request.side == .bid ? lots : -lots
        let added = max(abs(held + signed) - abs(held), 0)
        let value = instrument.value(price: instrument.price(price), lots: added)
        guard value.units / OKXAccount.leverage <= available(instrument.settle).units else {
            throw .balance
        }
    }

    // MARK: - Executions

    func filled(orderID: Int64, price: Int64, lots: Int64, isMaker: Bool, tradeID: Int64) {
        guard let order = orders[orderID] else { return }
        let instrument = instrument(order)
        announce(order)
        fillCount += 1
        let fill = account.book(
            order.instrument, instrument, price: price,
            signedLots: order.side == .bid ? lots : -lots, isMaker: isMaker, tradeID: tradeID,
            timeMs: clock.nowMs)
        order.add(fill)
        fills.append((order, fill, orderID + Int64(order.fills.count)))
        if fills.count > 2 * Self.finishedMax { fills.removeFirst(Self.finishedMax) }
        let isDone = order.leaves == 0 && !order.request.isQuoteSized
        let hasMore =
            isDone && (hasTerminalPush || faults.fires(.terminalPush, .okx) != nil)
        order.state = isDone && !hasMore ? .filled : .partiallyFilled
        if isDone { retire(order) }
        onOrder(
            order, OKXOrderEvent(state: order.state, fill: fill, filledLots: order.filledLots))
        if hasMore {
            order.state = .filled
            onOrder(order, OKXOrderEvent(state: .filled, filledLots: order.filledLots))
        }
        if !instrument.isSpot { isReduceCheckDue = true }
    }

    func expiredInMatch(orderID: Int64) {
        guard let order = openOrders[orderID] else { return }
        finish(order, .canceled, .selfTrade)
    }

    /// Sends `live` once. It shows the order as it was taken in, whatever came after.
    private func announce(_ order: OKXOrder) {
        guard !order.isAnnounced else { return }
        order.isAnnounced = true
        onOrder(order, OKXOrderEvent(state: .live, filledLots: 0))
    }

    private func finish(
        _ order: OKXOrder, _ state: OKXOrderState, _ source: OKXCancelSource?
    ) {
        order.isAnnounced = true
        order.state = state
        order.cancelSource = source
        if state == .canceled { order.updateMs = clock.nowMs }
        retire(order)
        onOrder(order, OKXOrderEvent(state: state, filledLots: order.filledLots))
    }

    private func retire(_ order: OKXOrder) {
        openOrders[order.orderID] = nil
        let name = order.request.clientOrderID
        if openByClientID[name] == order.orderID { openByClientID[name] = nil }
        finished.append(order.orderID)
        guard finished.count > 2 * Self.finishedMax else { return }
        for id in finished.prefix(Self.finishedMax) {
            if let old = orders.removeValue(forKey: id),
                latestByClientID[old.request.clientOrderID] == id
            {
                latestByClientID[old.request.clientOrderID] = nil
            }
        }
        finished.removeFirst(Self.finishedMax)
    }

    // MARK: - What happens with time

    /// Starts, renews or with 0 stops a dead man's switch. Returns its instant, milliseconds.
    func setSwitch(tag: String, seconds: Int64) throws(OKXError) -> Int64 {
        guard seconds == 0 || (10...120).contains(seconds) else { throw .parameter("timeOut") }
        guard seconds > 0 else {
            switches[tag] = nil
            return 0
        }
        if !tag.isEmpty, switches[tag] == nil {
            guard switches.keys.count(where: { !$0.isEmpty }) < Self.tagSwitchesMax else {
                throw OKXError(51071, "The number of tag-level countdowns reached the maximum.")
            }
        }
        switches[tag] = clock.nowNs + UInt64(seconds) * 1_000_000_000
        return clock.nowMs + seconds * 1_000
    }

    /// Switches that are due, the next order that one of them cancels, reduce-only orders that the
    /// position no longer covers. Every 10 ms.
    func tick() {
        for (tag, due) in switches where due <= clock.nowNs {
            switches[tag] = nil
            switched += openOrders.values.filter { tag.isEmpty || $0.request.tag == tag }
                .map(\.orderID).sorted()
        }
        while !switched.isEmpty {
            let id = switched.removeFirst()
            if let order = openOrders[id], cancel(order, .cancelAllAfter) { break }
        }
        if isReduceCheckDue {
            isReduceCheckDue = false
            checkReduceOnly()
        }
    }

    private func checkReduceOnly() {
        for order in openOrders.values.sorted(by: { $0.orderID < $1.orderID })
        where order.request.isReduceOnly {
            let position = account.positions[order.instrument].lots
            let isReducing = order.side == .bid ? position < 0 : position > 0
            if !isReducing {
                _ = cancel(order, .positionClosed)
            } else if order.leaves > abs(position) {
                _ = market.reduce(
                    order.orderID, to: abs(position), instrument: order.instrument)
                order.lots = order.filledLots + abs(position)
                order.updateMs = clock.nowMs
                onOrder(
                    order,
                    OKXOrderEvent(
                        state: order.state, amendResult: "0", amendSource: "4",
                        filledLots: order.filledLots))
            }
        }
    }
}
