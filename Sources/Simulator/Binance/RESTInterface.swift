//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The venue's REST endpoints.
final class RESTInterface {
    private let desk: OrderDesk
    private let credentials: Credentials
    private let clock: VenueClock
    private let listenKeys: ListenKeys
    private let limits: RateLimits
    private(set) var requestCount = 0

    static let depthLimits: [Int64] = [5, 10, 20, 50, 100, 500, 1000]
    static let countdownMaxMs: Int64 = 86_400_000

    init(
        desk: OrderDesk, credentials: Credentials, clock: VenueClock, listenKeys: ListenKeys,
        limits: RateLimits = RateLimits()
    ) {
        self.limits = limits
        self.desk = desk
        self.credentials = credentials
        self.clock = clock
        self.listenKeys = listenKeys
    }

    /// Handles one request; `reply` is called once, at once or when the market has the answer.
    func handle(_ request: RESTRequest, reply: @escaping (RESTReply) -> Void) {
        requestCount += 1
        _ = limits.weight.add(RequestWeight.futures(request), nowMs: clock.nowMs)
        let weight = limits.weight.count
        func answer(_ writer: ByteWriter) {
            reply(RESTReply(status: 200, body: writer.bytes, usedWeight: weight))
        }
        do throws(VenueError) {
            if request.path.hasPrefix("/apus/") {
                var writer = ByteWriter(capacity: 1024)
                try control(request, into: &writer)
                return answer(writer)
            }
            if request.method == "GET", request.path == "/fapi/v1/depth" {
                let (symbol, limit) = try depthParameters(request.parameters)
                desk.market.depth(symbol, limit: limit) { body in
                    reply(RESTReply(status: 200, body: body, usedWeight: weight))
                }
                return
            }
            var writer = ByteWriter(capacity: 1024)
            if try publicRequest(request, into: &writer) { return answer(writer) }
            if try keyRequest(request, into: &writer) { return answer(writer) }
            if try signedRequest(request, into: &writer) { return answer(writer) }
            throw VenueError(
                -5000, "Path \(request.path), Method \(request.method) is invalid", status: 404)
        } catch {
            var writer = ByteWriter()
            error.write(to: &writer)
            reply(RESTReply(status: error.status, body: writer.bytes, usedWeight: weight))
        }
    }

    private func symbol(_ parameters: Parameters) throws(VenueError) -> Int {
        let name = try parameters.required("symbol")
        guard let index = desk.market.symbols.firstIndex(where: { $0.name == name }) else {
            throw .invalidSymbol
        }
        return index
    }

    private func depthParameters(
        _ parameters: Parameters
    ) throws(VenueError) -> (symbol: Int, limit: Int) {
        let index = try symbol(parameters)
        guard let text = parameters["limit"] else { return (index, 500) }
        guard let limit = Int64(text), Self.depthLimits.contains(limit) else {
            throw VenueError(-4021, "\(text.prefix(20)) is not valid depth limit.")
        }
        return (index, Int(limit))
    }

    /// The symbols a request is about: the named one, or all.
    private func chosen(_ parameters: Parameters) throws(VenueError) -> [Int] {
        parameters["symbol"] == nil
            ? Array(desk.market.symbols.indices) : [try symbol(parameters)]
    }

    private func writeList(
        _ parameters: Parameters, to writer: inout ByteWriter,
        _ body: (Int, inout ByteWriter) -> Void
    ) throws(VenueError) {
        let indices = try chosen(parameters)
        let isOne = parameters["symbol"] != nil
        if !isOne { writer.text("[") }
        for (place, index) in indices.enumerated() {
            if place > 0 { writer.text(",") }
            body(index, &writer)
        }
        if !isOne { writer.text("]") }
    }

    // MARK: - The simulator's own

    /// `/apus/book`, `/apus/positions`, `/apus/account`, `/apus/orders` and `/apus/times`: the
    /// truth, for tests of clients. No key.
    private func control(
        _ request: RESTRequest, into writer: inout ByteWriter
    ) throws(VenueError) {
        switch request.path {
        case "/apus/book":
            writer.text(desk.market.book(try symbol(request.parameters)) ?? [])
        case "/apus/positions": try writePositions(request.parameters, to: &writer)
        case "/apus/account": writer.text(desk.tally)
        case "/apus/times":
            writer.text(desk.times.json(open: desk.openOrders.count, nowNs: clock.nowNs))
        case "/apus/orders":
            writer.text("[")
            for (place, order) in desk.orders.values.sorted(by: { $0.orderID < $1.orderID })
                .enumerated()
            {
                if place > 0 { writer.text(",") }
                order.write(to: &writer, symbol: desk.symbol(order.symbol), isQuery: true)
            }
            writer.text("]")
        default: throw VenueError(-5000, "Path \(request.path) is invalid", status: 404)
        }
    }

    // MARK: - No key

    private func publicRequest(
        _ request: RESTRequest, into writer: inout ByteWriter
    ) throws(VenueError) -> Bool {
        switch (request.method, request.path) {
        case ("GET", "/fapi/v1/ping"): writer.text("{}")
        case ("GET", "/fapi/v1/time"): writer.text("{\"serverTime\":\(clock.nowMs)}")
        case ("GET", "/fapi/v1/exchangeInfo"): writeExchangeInformation(to: &writer)
        case ("GET", "/fapi/v1/premiumIndex"):
            try writeList(request.parameters, to: &writer) { index, writer in
                let mark = desk.market.markPrice(index)
                writer.text("{\"symbol\":\"\(desk.symbol(index).name)\"")
                for key in ["markPrice", "indexPrice", "estimatedSettlePrice"] {
                    writer.text(",\"\(key)\":\"")
                    writer.padded(mark, decimals: 8)
                    writer.text("\"")
                }
                writer.text(",\"lastFundingRate\":\"0.00010000\",\"interestRate\":\"0.00010000\"")
                writer.text(",\"nextFundingTime\":\(nextFundingMs(after: clock.nowMs))")
                writer.text(",\"time\":\(clock.nowMs)}")
            }
        case ("GET", "/fapi/v1/ticker/bookTicker"):
            try writeList(request.parameters, to: &writer) { index, writer in
                writeTicker(index, to: &writer)
            }
        default: return false
        }
        return true
    }

    private func writeTicker(_ index: Int, to writer: inout ByteWriter) {
        let symbol = desk.symbol(index)
        let touch = desk.market.touch(index)
        writer.text("{\"symbol\":\"\(symbol.name)\"")
        for (name, price, lots) in [
            ("bid", touch.bid, touch.bidLots), ("ask", touch.ask, touch.askLots),
        ] {
            writer.text(",\"\(name)Price\":\"")
            writer.padded(symbol.price(price), decimals: symbol.pricePrecision)
            writer.text("\",\"\(name)Qty\":\"")
            writer.padded(symbol.quantity(lots), decimals: symbol.quantityPrecision)
            writer.text("\"")
        }
        writer.text(",\"time\":\(clock.nowMs)}")
    }

    private func writeExchangeInformation(to writer: inout ByteWriter) {
        writer.text("{\"timezone\":\"UTC\",\"serverTime\":\(clock.nowMs)")
        writer.text(",\"futuresType\":\"U_MARGINED\",\"rateLimits\":[")
        for (place, limit) in [limits.weight, limits.ordersLong, limits.ordersShort].enumerated() {
            if place > 0 { writer.text(",") }
            writer.text("{\"rateLimitType\":\"\(limit.type)\",\"interval\":\"\(limit.interval)\"")
            writer.text(",\"intervalNum\":\(limit.intervalNum),\"limit\":\(limit.limit)}")
        }
        writer.text("],\"exchangeFilters\":[],\"assets\":[{\"asset\":\"USDT\"")
        writer.text(",\"marginAvailable\":true,\"autoAssetExchange\":\"-10000\"}],\"symbols\":[")
        for (place, symbol) in desk.market.symbols.enumerated() {
            if place > 0 { writer.text(",") }
            symbol.writeInformation(to: &writer)
        }
        writer.text("]}")
    }

    // MARK: - Key only

    private func keyRequest(
        _ request: RESTRequest, into writer: inout ByteWriter
    ) throws(VenueError) -> Bool {
        guard request.path == "/fapi/v1/listenKey" else { return false }
        try credentials.checkKey(request.apiKey)
        switch request.method {
        case "POST":
            writer.text("{\"listenKey\":\"\(listenKeys.start(nowMs: clock.nowMs))\"}")
        case "PUT":
            writer.text("{\"listenKey\":\"\(try listenKeys.prolong(nowMs: clock.nowMs))\"}")
        case "DELETE":
            listenKeys.stop()
            writer.text("{}")
        default: return false
        }
        return true
    }

    // MARK: - Signed

    private func signedRequest(
        _ request: RESTRequest, into writer: inout ByteWriter
    ) throws(VenueError) -> Bool {
        let known = [
            "DELETE /fapi/v1/allOpenOrders", "GET /fapi/v1/openOrders", "GET /fapi/v1/order",
            "POST /fapi/v1/order", "DELETE /fapi/v1/order", "PUT /fapi/v1/order",
            "GET /fapi/v3/positionRisk", "GET /fapi/v2/positionRisk",
            "GET /fapi/v3/balance", "GET /fapi/v2/balance", "POST /fapi/v1/countdownCancelAll",
            "GET /fapi/v1/userTrades", "GET /fapi/v1/allOrders", "GET /fapi/v1/income",
        ]
        let name = "\(request.method) \(request.path)"
        guard known.contains(name) else { return false }
        let parameters = request.parameters
        try credentials.checkKey(request.apiKey)
        try credentials.checkSigned(
            parameters, payload: request.signedPayload, nowMs: clock.nowMs)
        switch name {
        case "DELETE /fapi/v1/allOpenOrders":
            desk.cancelAll(symbol: try symbol(parameters))
            writer.text("{\"code\":200,\"msg\":")
            writer.quoted("The operation of cancel all open order is done.")
            writer.text("}")
        case "GET /fapi/v1/openOrders":
            try writeOpenOrders(parameters, to: &writer)
        // Funding is never paid here.
        case "GET /fapi/v1/income": writer.text("[]")
        case "GET /fapi/v1/userTrades": try writeTrades(parameters, to: &writer)
        case "GET /fapi/v1/allOrders": try writeOrders(parameters, to: &writer)
        case "GET /fapi/v1/order":
            let order = try desk.query(parameters)
            order.write(to: &writer, symbol: desk.symbol(order.symbol), isQuery: true)
        case "POST /fapi/v1/order":
            try limits.countOrder(nowMs: clock.nowMs)
            let placed = try desk.place(parameters)
            placed.0.write(
                to: &writer, symbol: desk.symbol(placed.0.symbol), isACK: placed.isACK)
        case "DELETE /fapi/v1/order":
            let order = try desk.cancel(parameters)
            order.write(to: &writer, symbol: desk.symbol(order.symbol))
        case "PUT /fapi/v1/order":
            try limits.countOrder(nowMs: clock.nowMs)
            let order = try desk.modify(parameters)
            order.writeChanged(parameters, to: &writer, symbol: desk.symbol(order.symbol))
        case "POST /fapi/v1/countdownCancelAll":
            let index = try symbol(parameters)
            let time = try parameters.requiredInteger("countdownTime")
            guard (0...Self.countdownMaxMs).contains(time) else {
                throw .missing("countdownTime")
            }
            desk.setCountdown(symbol: index, milliseconds: time)
            writer.text("{\"symbol\":\"\(desk.symbol(index).name)\"")
            writer.text(",\"countdownTime\":\"\(time)\"}")
        case "GET /fapi/v3/positionRisk", "GET /fapi/v2/positionRisk":
            try writePositions(parameters, to: &writer)
        default: writeBalance(to: &writer)
        }
        return true
    }

    /// Fills of a symbol from `startTime` on, the latest `limit` of them, the oldest first.
    private func writeTrades(
        _ parameters: Parameters, to writer: inout ByteWriter
    ) throws(VenueError) {
        let index = try symbol(parameters)
        let symbol = desk.symbol(index)
        let startMs = Int64(parameters["startTime"] ?? "0") ?? 0
        let limit = min(1_000, Int(parameters["limit"] ?? "500") ?? 500)
        let found = desk.trades.filter { $0.order.symbol == index && $0.timeMs >= startMs }
        writer.text("[")
        for (place, trade) in found.suffix(limit).enumerated() {
            if place > 0 { writer.text(",") }
            writer.text("{\"symbol\":\"\(symbol.name)\",\"id\":\(trade.fill.tradeID)")
            writer.text(",\"orderId\":\(trade.order.orderID)")
            writer.text(",\"side\":\"\(trade.order.side == .bid ? "BUY" : "SELL")\",\"price\":\"")
            writer.padded(trade.fill.price, decimals: symbol.pricePrecision)
            writer.text("\",\"qty\":\"")
            writer.padded(trade.fill.quantity, decimals: symbol.quantityPrecision)
            writer.text("\",\"commission\":\"")
            writer.padded(trade.fill.commission, decimals: 8)
            writer.text("\",\"commissionAsset\":\"USDT\",\"maker\":\(trade.fill.isMaker)")
            writer.text(",\"time\":\(trade.timeMs),\"positionSide\":\"BOTH\"}")
        }
        writer.text("]")
    }

    /// Orders of a symbol that were changed from `startTime` on, the oldest first.
    private func writeOrders(
        _ parameters: Parameters, to writer: inout ByteWriter
    ) throws(VenueError) {
        let index = try symbol(parameters)
        let startMs = Int64(parameters["startTime"] ?? "0") ?? 0
        let limit = min(1_000, Int(parameters["limit"] ?? "500") ?? 500)
        let found = desk.orders.values.filter { $0.symbol == index && $0.updateMs >= startMs }
            .sorted { $0.orderID < $1.orderID }
        writer.text("[")
        for (place, order) in found.suffix(limit).enumerated() {
            if place > 0 { writer.text(",") }
            order.write(to: &writer, symbol: desk.symbol(index), isQuery: true)
        }
        writer.text("]")
    }

    private func writeOpenOrders(
        _ parameters: Parameters, to writer: inout ByteWriter
    ) throws(VenueError) {
        let indices = try chosen(parameters)
        let open = desk.openOrders.values.filter { indices.contains($0.symbol) }
            .sorted { $0.orderID < $1.orderID }
        writer.text("[")
        for (place, order) in open.enumerated() {
            if place > 0 { writer.text(",") }
            order.write(to: &writer, symbol: desk.symbol(order.symbol), isQuery: true)
        }
        writer.text("]")
    }

    /// Version 3 lists symbols with a position only.
    private func writePositions(
        _ parameters: Parameters, to writer: inout ByteWriter
    ) throws(VenueError) {
        let indices = try chosen(parameters).filter { desk.account.positions[$0].lots != 0 }
        writer.text("[")
        for (place, index) in indices.enumerated() {
            if place > 0 { writer.text(",") }
            writePosition(index, to: &writer)
        }
        writer.text("]")
    }

    private func writePosition(_ index: Int, to writer: inout ByteWriter) {
        let symbol = desk.symbol(index)
        let position = desk.account.positions[index]
        let entry = desk.account.entryPrice(index, symbol: symbol)
        let mark = desk.market.markPrice(index)
        let profit = desk.account.unrealized(index, symbol: symbol, mark: mark)
        let margin = Fixed(units: position.cost.units / Account.leverage)
        let quantity = Fixed(units: position.lots * symbol.stepSize.units)
        func field(_ name: String, _ value: Fixed, decimals: Int) {
            writer.text(",\"\(name)\":\"")
            writer.padded(value, decimals: decimals)
            writer.text("\"")
        }
        writer.text("{\"symbol\":\"\(symbol.name)\",\"positionSide\":\"BOTH\"")
        field("positionAmt", quantity, decimals: symbol.quantityPrecision)
        field("entryPrice", entry, decimals: 8)
        field("breakEvenPrice", entry, decimals: 8)
        field("markPrice", mark, decimals: 8)
        field("unRealizedProfit", profit, decimals: 8)
        writer.text(",\"liquidationPrice\":\"0\",\"isolatedMargin\":\"0\"")
        field("notional", mark * quantity, decimals: 8)
        writer.text(",\"marginAsset\":\"USDT\",\"isolatedWallet\":\"0\"")
        field("initialMargin", margin, decimals: 8)
        writer.text(",\"maintMargin\":\"0\"")
        field("positionInitialMargin", margin, decimals: 8)
        writer.text(",\"openOrderInitialMargin\":\"0\",\"adl\":1,\"bidNotional\":\"0\"")
        writer.text(",\"askNotional\":\"0\",\"updateTime\":\(position.updateMs)}")
    }

    private func writeBalance(to writer: inout ByteWriter) {
        var profit = Fixed(units: 0)
        var used = Fixed(units: 0)
        for index in desk.market.symbols.indices {
            profit.units +=
                desk.account.unrealized(
                    index, symbol: desk.symbol(index), mark: desk.market.markPrice(index)
                ).units
            used.units += desk.account.positions[index].cost.units / Account.leverage
        }
        let wallet = desk.account.wallet
        let available = Fixed(units: max(wallet.units + profit.units - used.units, 0))
        writer.text("[{\"accountAlias\":\"apus\",\"asset\":\"USDT\"")
        for (name, value) in [
            ("balance", wallet), ("crossWalletBalance", wallet), ("crossUnPnl", profit),
            ("availableBalance", available), ("maxWithdrawAmount", available),
        ] {
            writer.text(",\"\(name)\":\"")
            writer.padded(value, decimals: 8)
            writer.text("\"")
        }
        writer.text(",\"marginAvailable\":true,\"updateTime\":\(clock.nowMs)}]")
    }
}
