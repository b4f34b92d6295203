//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Takes the account's orders, keeps their states and tells the user data stream.
final class OrderDesk: ExecutionSink {
    let market: any Market
    let clock: VenueClock
    /// Receives the name and bytes of each user event, and whether it tells of a fill.
    var onUserEvent: (String, [UInt8], Bool) -> Void = { _, _, _ in }
    private(set) var account: Account
    /// Every order of this session by id; open ones again by client id.
    private(set) var orders: [Int64: VenueOrder] = [:]
    private(set) var openOrders: [Int64: VenueOrder] = [:] {
        didSet { times.noteOpen(count: openOrders.count, nowNs: clock.nowNs) }
    }
    private(set) var times = OrderTimes()
    /// The order that had a client id last on a symbol: the open one, where there is one.
    private var latest: [ClientOrder: Int64] = [:]
    private var recentOrders: [Int64] = []
    /// The latest fills, the oldest first.
    private(set) var trades: [(order: VenueOrder, fill: UserEvents.Fill, timeMs: Int64)] = []
    private var lastOrderID: Int64 = 22_542_179_000
    private var events = UserEvents()
    private var countdowns: [Int: UInt64] = [:]
    private(set) var orderCount = 0
    private(set) var fillCount = 0
    var rejectCount = 0
    /// Orders with a client id that an order still remembered had before.
    private(set) var repeatedIDCount = 0
    /// Finished orders that can still be queried.
    var finishedMax = 10_000
    /// Ids of trades that no book made, by symbol; `nil`: far from those of the books.
    var nextTradeID: ((Int) -> Int64)?
    /// One lot of an order that is cancelled is filled before.
    var fillsBeforeCancel = false

    init(market: any Market, clock: VenueClock, wallet: Fixed) {
        self.market = market
        self.clock = clock
        account = Account(wallet: wallet, symbolCount: market.symbols.count)
        market.executions = self
    }

    /// A client's name for an order.
    private struct ClientOrder: Hashable {
        let symbol: Int
        let id: String

        init(_ order: VenueOrder) {
            symbol = order.symbol
            id = order.clientOrderID
        }

        init(symbol: Int, id: String) {
            self.symbol = symbol
            self.id = id
        }
    }

    func symbol(_ index: Int) -> VenueSymbol { market.symbols[index] }

    // MARK: - Requests

    func place(_ parameters: Parameters) throws(VenueError) -> (VenueOrder, isACK: Bool) {
        times.notePlace(nowNs: clock.nowNs)
        do throws(VenueError) {
            return try placeChecked(parameters)
        } catch {
            rejectCount += 1
            throw error
        }
    }

    private func placeChecked(
        _ parameters: Parameters
    ) throws(VenueError) -> (VenueOrder, isACK: Bool) {
        let request = try OrderRequest(parameters, symbols: market.symbols) {
            market.markPrice($0)
        }
        let symbol = symbol(request.symbol)
        if let id = request.clientOrderID,
            openOrders.values.contains(where: { $0.clientOrderID == id })
        {
            throw .duplicateClientOrderID
        }
        if openOrders.values.count(where: { $0.symbol == request.symbol }) >= symbol.orderCountMax {
            throw .tooManyOpenOrders
        }
        let limit = try limitPrice(request)
        var lots = request.lots
        if request.isReduceOnly { lots = try reducible(request) }
        try checkMargin(request, limit: limit)
        let orderID = nextOrderID()
        let order = VenueOrder(
            orderID: orderID, clientOrderID: request.clientOrderID ?? "sim\(orderID)",
            symbol: request.symbol, side: request.side, isMarket: request.isMarket,
            timeInForce: request.timeInForce, price: request.price, lots: lots,
            isReduceOnly: request.isReduceOnly, timeMs: clock.nowMs)
        try submit(order, limit: limit)
        return (order, isACK: !request.wantsResult)
    }

    func nextOrderID() -> Int64 {
        lastOrderID += 1
        return lastOrderID
    }

    /// Takes an order in that no book holds.
    func keep(_ order: VenueOrder) {
        orders[order.orderID] = order
        openOrders[order.orderID] = order
        if latest[ClientOrder(order)] != nil { repeatedIDCount += 1 }
        latest[ClientOrder(order)] = order.orderID
    }

    /// As if it had never been.
    private func drop(_ order: VenueOrder) {
        orders[order.orderID] = nil
        openOrders[order.orderID] = nil
        let name = ClientOrder(order)
        if latest[name] == order.orderID { latest[name] = nil }
    }

    private func submit(_ order: VenueOrder, limit: Int64) throws(VenueError) {
        keep(order)
        let outcome = market.submit(
            MarketOrder(
                orderID: order.orderID, symbol: order.symbol, side: order.side, limit: limit,
                lots: order.lots, timeInForce: order.timeInForce))
        switch outcome {
        case .wouldTake, .cannotFill:
            drop(order)
            throw outcome == .wouldTake ? .wouldTake : .cannotFill
        case .accepted(let leaves), .expired(let leaves):
            orderCount += 1
            announce(order)
            let rests = order.timeInForce == .goodTillCancel || order.timeInForce == .postOnly
            if leaves > 0, !rests {
                finish(
                    order, .expired, execution: "EXPIRED", reason: order.isMarket ? "9" : "2")
            }
        }
    }

    func cancel(_ parameters: Parameters) throws(VenueError) -> VenueOrder {
        guard let order = try find(parameters), order.status.isOpen else { throw .unknownOrder }
        if fillsBeforeCancel, order.leaves > 1 { fillOneLot(order) }
        guard cancel(order) else { throw .unknownOrder }
        return order
    }

    func query(_ parameters: Parameters) throws(VenueError) -> VenueOrder {
        guard let order = try find(parameters) else { throw .noSuchOrder }
        return order
    }

    /// Cancels every open order of a symbol; of all symbols with `nil`.
    func cancelAll(symbol: Int?) {
        for order in openOrders.values.sorted(by: { $0.orderID < $1.orderID })
        where symbol == nil || order.symbol == symbol {
            _ = cancel(order)
        }
    }

    private func cancel(_ order: VenueOrder) -> Bool {
        guard market.cancel(symbol: order.symbol, orderID: order.orderID) else { return false }
        finish(canceled: order)
        return true
    }

    /// Ends an order that is out of the market already.
    func finish(canceled order: VenueOrder) {
        finish(order, .canceled, execution: "CANCELED", reason: "0")
    }

    /// Tells of an order's new price and quantity.
    func tell(amendmentOf order: VenueOrder) {
        sendUpdate(order, execution: "AMENDMENT", status: order.status, fill: nil, reason: "0")
    }

    /// By order id, or else by client order id: the open one, or the latest.
    func find(_ parameters: Parameters) throws(VenueError) -> VenueOrder? {
        let name = try parameters.required("symbol")
        guard let index = market.symbols.firstIndex(where: { $0.name == name }) else {
            throw .invalidSymbol
        }
        if let text = parameters["orderId"] {
            guard let id = Int64(text), let order = orders[id] else { return nil }
            return order.symbol == index ? order : nil
        }
        let id = try parameters.required("origClientOrderId")
        return latest[ClientOrder(symbol: index, id: id)].flatMap { orders[$0] }
    }

    // MARK: - Checks that need the account

    /// The price up to which an order may trade; for MARKET 5 % around the mark price.
    private func limitPrice(_ request: OrderRequest) throws(VenueError) -> Int64 {
        guard request.isMarket else { return request.price }
        let mark = market.markPrice(request.symbol).units
        let multiplier =
            request.side == .bid ? VenueSymbol.multiplierUp : VenueSymbol.multiplierDown
        let bound = mark / 10_000 * multiplier / symbol(request.symbol).tickSize.units
        let touch = market.touch(request.symbol)
        let best = request.side == .bid ? touch.ask : touch.bid
        if mark == 0 || best == 0 || request.side.rank(best) > request.side.rank(bound) {
            throw .marketBound
        }
        return bound
    }

    private func reducible(_ request: OrderRequest) throws(VenueError) -> Int64 {
        let position = account.positions[request.symbol].lots
        let isReducing = request.side == .bid ? position < 0 : position > 0
        guard isReducing else { throw .reduceOnly }
        return min(request.lots, abs(position))
    }

    /// Initial margin of position, open orders and the new order must fit the wallet.
    ///
    /// - Parameter replaced: An open order that the new one takes the place of.
    func checkMargin(
        _ request: OrderRequest, limit: Int64, inPlaceOf replaced: VenueOrder? = nil
    ) throws(VenueError) {
        guard !request.isReduceOnly else { return }
        let symbol = symbol(request.symbol)
        let held = account.positions[request.symbol].lots
        let signed = request.side == .bid ? request.lots : -request.lots
        guard abs(held + signed) > abs(held) else { return }
        let price = request.isMarket ? market.markPrice(request.symbol) : symbol.price(limit)
        var used = (price * symbol.quantity(request.lots)).units
        var profit: Int64 = 0
        for order in openOrders.values where !order.isReduceOnly && order !== replaced {
            let other = self.symbol(order.symbol)
            used += other.notional(ticks: order.price, lots: order.leaves).units
        }
        for index in market.symbols.indices {
            used += account.positions[index].cost.units
            profit +=
                account.unrealized(
                    index, symbol: self.symbol(index), mark: market.markPrice(index)
                ).units
        }
        if used / Account.leverage > account.wallet.units + profit { throw .margin }
    }

    // MARK: - Executions

    func filled(orderID: Int64, price: Int64, lots: Int64, isMaker: Bool, tradeID: Int64) {
        guard let order = orders[orderID] else { return }
        let symbol = symbol(order.symbol)
        let timeMs = clock.nowMs
        fillCount += 1
        let booking = account.book(
            order.symbol, symbol: symbol, price: price,
            signedLots: order.side == .bid ? lots : -lots, isMaker: isMaker, timeMs: timeMs)
        let fill = UserEvents.Fill(
            price: symbol.price(price), quantity: symbol.quantity(lots), tradeID: tradeID,
            commission: booking.commission, profit: booking.profit, isMaker: isMaker)
        trades.append((order: order, fill: fill, timeMs: timeMs))
        if trades.count > 2 * finishedMax { trades.removeFirst(finishedMax) }
        events.tradeLite(order, symbol, fill: fill, timeMs: timeMs)
        onUserEvent("TRADE_LITE", events.bytes, true)
        announce(order)
        order.filledLots += lots
        order.filledNotional.units += symbol.notional(ticks: price, lots: lots).units
        order.status = order.leaves == 0 ? .filled : .partiallyFilled
        order.updateMs = timeMs
        if order.leaves == 0 { retire(order) }
        events.accountUpdate(
            account, order.symbol, symbol, mark: market.markPrice(order.symbol), timeMs: timeMs)
        onUserEvent("ACCOUNT_UPDATE", events.bytes, true)
        sendUpdate(
            order, execution: order.isOfVenue ? "CALCULATED" : "TRADE", status: order.status,
            fill: fill, reason: "0")
    }

    func expiredInMatch(orderID: Int64) {
        guard let order = openOrders[orderID] else { return }
        finish(order, .expiredInMatch, execution: "EXPIRED", reason: "1")
    }

    /// Sends the NEW event once. It shows the order as it was taken in, whatever came after.
    private func announce(_ order: VenueOrder) {
        guard !order.isAnnounced else { return }
        order.isAnnounced = true
        sendUpdate(order, execution: "NEW", status: .new, fill: nil, reason: "0")
    }

    private func finish(
        _ order: VenueOrder, _ status: OrderStatus, execution: String, reason: String
    ) {
        order.status = status
        order.updateMs = clock.nowMs
        retire(order)
        sendUpdate(order, execution: execution, status: status, fill: nil, reason: reason)
    }

    private func retire(_ order: VenueOrder) {
        openOrders[order.orderID] = nil
        recentOrders.append(order.orderID)
        if recentOrders.count > 2 * finishedMax {
            for id in recentOrders.prefix(finishedMax) {
                if let old = orders[id] { drop(old) }
            }
            recentOrders.removeFirst(finishedMax)
        }
    }

    private func sendUpdate(
        _ order: VenueOrder, execution: String, status: OrderStatus, fill: UserEvents.Fill?,
        reason: String
    ) {
        var notional = [Fixed(units: 0), Fixed(units: 0)]
        for other in openOrders.values where other.symbol == order.symbol {
            notional[other.side.rawValue].units +=
                symbol(other.symbol).notional(ticks: other.price, lots: other.leaves).units
        }
        events.orderUpdate(
            order, symbol(order.symbol), execution: execution, status: status, fill: fill,
            expiryReason: reason, bidNotional: notional[0], askNotional: notional[1],
            timeMs: clock.nowMs)
        onUserEvent("ORDER_TRADE_UPDATE", events.bytes, fill != nil)
    }

    // MARK: - Dead man's switch

    /// Starts, renews or with 0 stops the countdown of a symbol.
    func setCountdown(symbol: Int, milliseconds: Int64) {
        countdowns[symbol] =
            milliseconds == 0 ? nil : clock.nowNs + UInt64(milliseconds) * 1_000_000
    }

    var nextCountdownNs: UInt64 { countdowns.values.min() ?? .max }

    func runCountdowns(nowNs: UInt64) {
        for (symbol, due) in countdowns.sorted(by: { $0.key < $1.key }) where due <= nowNs {
            countdowns[symbol] = nil
            cancelAll(symbol: symbol)
        }
    }
}
