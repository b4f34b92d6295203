//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Takes the account's orders, keeps their states and tells the private channels.
final class OKXDesk: ExecutionSink {
    let market: OKXMarket
    let clock: VenueClock
    let faults: FaultInjector
    private let hasTerminalPush: Bool
    private(set) var account: OKXAccount
    /// Every order of this session by id; open ones again.
    private(set) var orders: [Int64: OKXOrder] = [:]
    private(set) var openOrders: [Int64: OKXOrder] = [:] {
        didSet { times.noteOpen(count: openOrders.count, nowNs: clock.nowNs) }
    }
    private(set) var times = OrderTimes()
    private var openByClientID: [String: Int64] = [:]
    private var latestByClientID: [String: Int64] = [:]
    private var finished: [Int64] = []
    private var lastOrderID: Int64 = 3_469_373_785_093_513_216
    private var limits = OKXRateLimits()
    /// Instants of the dead man's switches, by tag; "" is for all orders.
    var switches: [String: UInt64] = [:]
    /// Orders that a switch cancels, one every 10 ms.
    var switched: [Int64] = []
    /// Reduce-only orders that may have become too large.
    var isReduceCheckDue = false
    private(set) var fills: [(order: OKXOrder, fill: OKXFill, billID: Int64)] = []
    /// Hears of each change of an order.
    var onOrder: (OKXOrder, OKXOrderEvent) -> Void = { _, _ in }
    private(set) var orderCount = 0
    private(set) var fillCount = 0
    private(set) var rejectCount = 0
    /// Orders with a client id that an order still remembered had before.
    private(set) var repeatedIDCount = 0

    /// Finished orders that can still be queried.
    var finishedMax = 10_000
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
        times.notePlace(nowNs: clock.nowNs)
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
        let order = keep(request, lots: lots)
        orderCount += 1
        if lots > 0 { match(order, limit: limit) } else { announce(order) }
        complete(order)
        return order
    }

    /// Runs `body` as if the order were not open; for the funds that it holds itself.
    func without<Result>(
        _ order: OKXOrder, _ body: () throws(OKXError) -> Result
    ) throws(OKXError) -> Result {
        openOrders[order.orderID] = nil
        defer { openOrders[order.orderID] = order }
        return try body()
    }

    /// Takes an order in.
    func keep(_ request: OKXOrderRequest, lots: Int64) -> OKXOrder {
        lastOrderID += 8_192
        let order = OKXOrder(
            orderID: lastOrderID, request: request, lots: lots, timeMs: clock.nowMs)
        orders[order.orderID] = order
        openOrders[order.orderID] = order
        if !order.request.clientOrderID.isEmpty {
            openByClientID[order.request.clientOrderID] = order.orderID
            if latestByClientID[order.request.clientOrderID] != nil { repeatedIDCount += 1 }
            latestByClientID[order.request.clientOrderID] = order.orderID
        }
        return order
    }

    /// Hands the order's leaves to the market and finishes what does not rest.
    func match(_ order: OKXOrder, limit: Int64) {
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
        if fills.count > 2 * finishedMax { fills.removeFirst(finishedMax) }
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

    func retire(_ order: OKXOrder) {
        openOrders[order.orderID] = nil
        let name = order.request.clientOrderID
        if openByClientID[name] == order.orderID { openByClientID[name] = nil }
        finished.append(order.orderID)
        guard finished.count > 2 * finishedMax else { return }
        for id in finished.prefix(finishedMax) {
            if let old = orders.removeValue(forKey: id),
                latestByClientID[old.request.clientOrderID] == id
            {
                latestByClientID[old.request.clientOrderID] = nil
            }
        }
        finished.removeFirst(finishedMax)
    }
}
