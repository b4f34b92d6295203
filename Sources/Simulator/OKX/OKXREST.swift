//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// OKX's REST endpoints.
final class OKXREST {
    private let desk: OKXDesk
    private let entry: OKXOrderEntry
    private let credentials: OKXCredentials
    private let options: OKXOptions
    private let clock: VenueClock
    private let text: OKXPrivateText
    private(set) var requestCount = 0

    static let pageMax = 100

    init(
        desk: OKXDesk, entry: OKXOrderEntry, credentials: OKXCredentials, options: OKXOptions,
        clock: VenueClock
    ) {
        self.desk = desk
        self.entry = entry
        self.credentials = credentials
        self.options = options
        self.clock = clock
        text = OKXPrivateText(desk: desk, clock: clock)
    }

    /// What `data` holds; trade endpoints say more about the whole.
    private struct Answer {
        var code = "0"
        var message = ""
        var rows: [UInt8] = []
        var inTime: Int64?

        init(_ writer: ByteWriter) { rows = writer.bytes }
        init(_ rows: [UInt8]) { self.rows = rows }
    }

    func handle(_ request: RESTRequest) -> RESTReply {
        requestCount += 1
        do throws(OKXError) {
            if request.path.hasPrefix("/apus/") { return try control(request) }
            if let answer = try publicAnswer(request) { return reply(answer) }
            if let answer = try signedAnswer(request) { return reply(answer) }
            throw OKXError(404, "Not Found", status: 404)
        } catch {
            var writer = ByteWriter()
            writer.text("{\"code\":\"\(error.code)\",\"msg\":")
            writer.quoted(error.message)
            writer.text(",\"data\":[]}")
            return RESTReply(status: error.status, body: writer.bytes)
        }
    }

    private func reply(_ answer: Answer) -> RESTReply {
        var writer = ByteWriter(capacity: answer.rows.count + 128)
        writer.text("{\"code\":\"\(answer.code)\",\"msg\":")
        writer.quoted(answer.message)
        writer.text(",\"data\":[")
        writer.text(answer.rows)
        writer.text("]")
        if let inTime = answer.inTime {
            writer.text(",\"inTime\":\"\(inTime)\",\"outTime\":\"\(clock.nowMicroseconds)\"")
        }
        writer.text("}")
        return RESTReply(status: 200, body: writer.bytes)
    }

    private func instrument(_ parameters: Parameters) throws(OKXError) -> Int {
        guard let name = parameters["instId"], !name.isEmpty else { throw .empty("instId") }
        guard let index = desk.market.index(named: name) else { throw .noInstrument }
        return index
    }

    /// A count between 1 and `max`.
    private func count(
        _ parameters: Parameters, _ name: String, default value: Int, max: Int
    ) throws(OKXError) -> Int {
        guard let text = parameters[name] else { return value }
        guard let number = Int(text), (1...max).contains(number) else { throw .parameter(name) }
        return number
    }

    private func list<Item>(
        _ items: some Sequence<Item>, _ body: (Item, inout ByteWriter) -> Void
    ) -> Answer {
        var writer = ByteWriter(capacity: 4096)
        for (place, item) in items.enumerated() {
            if place > 0 { writer.text(",") }
            body(item, &writer)
        }
        return Answer(writer)
    }

    // MARK: - Public

    private func publicAnswer(_ request: RESTRequest) throws(OKXError) -> Answer? {
        guard request.method == "GET" else { return nil }
        let parameters = request.parameters
        switch request.path {
        case "/api/v5/public/time": return Answer(Array("{\"ts\":\"\(clock.nowMs)\"}".utf8))
        case "/api/v5/public/instruments": return try instruments(parameters)
        case "/api/v5/public/price-limit":
            return Answer(desk.market.feeds[try instrument(parameters)].restLimits())
        case "/api/v5/public/mark-price":
            let index = try instrument(parameters)
            var writer = ByteWriter()
            writer.text("{\"instType\":\"\(desk.market.instruments[index].kind.rawValue)\"")
            writer.text(",\"instId\":\"\(desk.market.instruments[index].name)\",\"markPx\":\"")
            writer.stripped(desk.market.feeds[index].mark)
            writer.text("\",\"ts\":\"\(clock.nowMs)\"}")
            return Answer(writer)
        case "/api/v5/market/books":
            let levels = try count(parameters, "sz", default: 1, max: 400)
            return Answer(desk.market.feeds[try instrument(parameters)].restBook(levels: levels))
        case "/api/v5/market/books-full":
            let levels = try count(parameters, "sz", default: 1, max: 5_000)
            return Answer(desk.market.feeds[try instrument(parameters)].restBook(levels: levels))
        case "/api/v5/market/ticker":
            return Answer(desk.market.feeds[try instrument(parameters)].restTicker())
        case "/api/v5/market/candles": return try candles(parameters)
        default: return nil
        }
    }

    private func instruments(_ parameters: Parameters) throws(OKXError) -> Answer {
        guard let kind = parameters["instType"] else { throw .empty("instType") }
        guard ["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"].contains(kind) else {
            throw .parameter("instType")
        }
        let market = desk.market
        let indices = market.instruments.indices.filter { index in
            let one = market.instruments[index]
            return one.kind.rawValue == kind
                && (parameters["instId"].map { $0 == one.name } ?? true)
                && (parameters["instFamily"].map { $0 == one.family } ?? true)
        }
        if parameters["instId"] != nil, indices.isEmpty { throw .noInstrument }
        return list(indices) { index, writer in
            market.instruments[index].write(
                code: market.code(index), state: market.state(index), to: &writer)
        }
    }

    private func candles(_ parameters: Parameters) throws(OKXError) -> Answer {
        let index = try instrument(parameters)
        guard let channel = OKXChannel(rawValue: "candle\(parameters["bar"] ?? "1m")") else {
            throw .parameter("bar")
        }
        let limit = try count(parameters, "limit", default: 100, max: 300)
        return list(desk.market.feeds[index].restCandles(channel, limit: limit)) { row, writer in
            writer.text(row)
        }
    }

    // MARK: - Signed

    private func signedAnswer(_ request: RESTRequest) throws(OKXError) -> Answer? {
        let name = "\(request.method) \(request.path)"
        let known = Self.orderPaths[name] != nil || Self.signedPaths.contains(name)
        guard known else { return nil }
        try credentials.checkSigned(request, nowMs: clock.nowMs)
        if let (operation, isBatch) = Self.orderPaths[name] {
            return try order(request, operation, isBatch: isBatch)
        }
        let parameters = request.parameters
        switch name {
        case "GET /api/v5/account/config": return Answer(configuration())
        case "GET /api/v5/account/balance":
            let wanted = parameters["ccy"]?.split(separator: ",").map(String.init)
            let currencies = desk.account.cash.keys.sorted().filter {
                (wanted?.contains($0) ?? true) && desk.account.cash[$0]?.units != 0
            }
            var writer = ByteWriter(capacity: 4096)
            text.account(currencies, to: &writer)
            return Answer(writer)
        case "GET /api/v5/account/positions": return positions(parameters)
        case "GET /api/v5/trade/orders-pending": return try pending(parameters)
        case "GET /api/v5/trade/order": return try order(parameters)
        case "GET /api/v5/trade/fills": return try fills(parameters)
        // Funding is never paid here.
        case "GET /api/v5/account/bills": return list([Int]()) { _, _ in }
        case "GET /api/v5/trade/account-rate-limit":
            return Answer(
                Array(
                    ("{\"accRateLimit\":\"1000\",\"fillRatio\":\"\",\"mainFillRatio\":\"\""
                        + ",\"nextAccRateLimit\":\"\",\"ts\":\"\(clock.nowMs)\"}").utf8))
        case "POST /api/v5/trade/cancel-all-after": return try cancelAllAfter(request)
        default: return nil
        }
    }

    private static let signedPaths: Set<String> = [
        "GET /api/v5/account/config", "GET /api/v5/account/balance",
        "GET /api/v5/account/positions", "GET /api/v5/trade/orders-pending",
        "GET /api/v5/trade/order", "GET /api/v5/trade/fills",
        "GET /api/v5/account/bills", "GET /api/v5/trade/account-rate-limit",
        "POST /api/v5/trade/cancel-all-after",
    ]

    private static let orderPaths: [String: (OKXOperation, Bool)] = [
        "POST /api/v5/trade/order": (.place, false),
        "POST /api/v5/trade/batch-orders": (.place, true),
        "POST /api/v5/trade/cancel-order": (.cancel, false),
        "POST /api/v5/trade/cancel-batch-orders": (.cancel, true),
        "POST /api/v5/trade/amend-order": (.amend, false),
        "POST /api/v5/trade/amend-batch-orders": (.amend, true),
    ]

    private static func body(_ request: RESTRequest) throws(OKXError) -> JSONValue {
        guard let value = JSONValue.parse(Array(request.body.utf8)) else {
            throw OKXError(50002, "JSON syntax error", status: 400)
        }
        return value
    }

    private func order(
        _ request: RESTRequest, _ operation: OKXOperation, isBatch: Bool
    ) throws(OKXError) -> Answer {
        let inTime = clock.nowMicroseconds
        let value = try Self.body(request)
        var items = [value]
        if isBatch {
            guard case .array(let all) = value else {
                throw OKXError(50002, "JSON syntax error", status: 400)
            }
            items = all
        }
        let outcome = entry.perform(
            operation, isBatch: isBatch, items, expiry: request.headers["expTime"], byCode: false)
        var answer = Answer(outcome.rows)
        answer.code = outcome.code
        answer.message = outcome.message
        answer.inTime = inTime
        return answer
    }

    private func configuration() -> [UInt8] {
        Array(
            ("{\"acctLv\":\"2\",\"acctStpMode\":\"cancel_maker\",\"autoLoan\":false"
                + ",\"ctIsoMode\":\"automatic\",\"enableSpotBorrow\":false,\"greeksType\":\"PA\""
                + ",\"ip\":\"127.0.0.1\",\"kycLv\":\"3\",\"label\":\"apus\",\"level\":\"\(level)\""
                + ",\"levelTmp\":\"\",\"liquidationGear\":\"-1\""
                + ",\"mainUid\":\"\(OKXPrivateText.userID)\""
                + ",\"mgnIsoMode\":\"automatic\",\"opAuth\":\"0\",\"perm\":\"read_only,trade\""
                + ",\"posMode\":\"net_mode\",\"roleType\":\"0\",\"spotOffsetType\":\"\""
                + ",\"spotRoleType\":\"0\",\"spotTraderInsts\":[],\"traderInsts\":[],\"type\":\"0\""
                + ",\"uid\":\"\(OKXPrivateText.userID)\"}").utf8)
    }

    private var level: String { options.vipLevel == 0 ? "Lv1" : "VIP\(options.vipLevel)" }

    private func positions(_ parameters: Parameters) -> Answer {
        let market = desk.market
        let names = parameters["instId"]?.split(separator: ",").map(String.init)
        let indices = market.instruments.indices.filter { index in
            let one = market.instruments[index]
            return desk.account.positions[index].lots != 0
                && (parameters["instType"].map { $0 == one.kind.rawValue } ?? true)
                && (names?.contains(one.name) ?? true)
        }
        return list(indices) { text.position($0, to: &$1) }
    }

    private func write(_ order: OKXOrder, to writer: inout ByteWriter) {
        order.write(
            nil, desk.instrument(order),
            last: desk.market.feeds[order.instrument].ticker.last, to: &writer)
    }

    private func isWanted(_ order: OKXOrder, _ parameters: Parameters) -> Bool {
        let one = desk.instrument(order)
        return (parameters["instType"].map { $0 == one.kind.rawValue } ?? true)
            && (parameters["instId"].map { $0 == one.name } ?? true)
            && (parameters["ordType"].map {
                $0.split(separator: ",").contains { $0 == order.request.type.rawValue }
            } ?? true)
            && (parameters["state"].map { $0 == order.state.rawValue } ?? true)
    }

    /// Newest first; `after` goes on with what is older than that order.
    private func pending(_ parameters: Parameters) throws(OKXError) -> Answer {
        let limit = try count(parameters, "limit", default: Self.pageMax, max: Self.pageMax)
        let after = parameters["after"].flatMap { Int64($0) } ?? .max
        let before = parameters["before"].flatMap { Int64($0) } ?? .min
        let open = desk.openOrders.values
            .filter { $0.orderID < after && $0.orderID > before && isWanted($0, parameters) }
            .sorted { $0.orderID > $1.orderID }
        return list(open.prefix(limit)) { write($0, to: &$1) }
    }

    private func order(_ parameters: Parameters) throws(OKXError) -> Answer {
        let index = try instrument(parameters)
        let names = ["ordId", "clOrdId"].compactMap { name in
            parameters[name].map { JSONValue.Member(name: name, value: .string($0)) }
        }
        guard let order = try desk.find(.object(names), instrument: index) else { throw .noOrder }
        return list([order]) { write($0, to: &$1) }
    }

    /// Newest first; `after` goes on with what is older than that bill.
    private func fills(_ parameters: Parameters) throws(OKXError) -> Answer {
        let limit = try count(parameters, "limit", default: Self.pageMax, max: Self.pageMax)
        let orderID = parameters["ordId"].flatMap { Int64($0) }
        var all = Array(desk.fills.reversed())
        if let after = parameters["after"].flatMap({ Int64($0) }),
            let place = all.firstIndex(where: { $0.billID == after })
        {
            all.removeFirst(place + 1)
        }
        let wanted = all.lazy.filter { one in
            (orderID.map { $0 == one.order.orderID } ?? true)
                && self.isWanted(one.order, parameters)
        }
        return list(wanted.prefix(limit)) { one, writer in
            writeFill(one.order, one.fill, billID: one.billID, to: &writer)
        }
    }

    private func writeFill(
        _ order: OKXOrder, _ fill: OKXFill, billID: Int64, to writer: inout ByteWriter
    ) {
        let one = desk.instrument(order)
        let rate = OKXAccount.rate(isSpot: one.isSpot, isMaker: fill.isMaker)
        func decimal(_ key: String, _ value: Fixed) {
            writer.text(",\"\(key)\":\"")
            writer.stripped(value)
            writer.text("\"")
        }
        writer.text("{\"instType\":\"\(one.kind.rawValue)\",\"instId\":\"\(one.name)\"")
        writer.text(",\"tradeId\":\"\(fill.tradeID)\",\"ordId\":\"\(order.orderID)\"")
        writer.text(",\"clOrdId\":\"\(order.request.clientOrderID)\",\"billId\":\"\(billID)\"")
        writer.text(",\"subType\":\"1\",\"tag\":\"\(order.request.tag)\"")
        decimal("fillPx", one.price(fill.price))
        decimal("fillSz", one.size(fill.lots))
        decimal("fillPnl", fill.profit)
        writer.text(",\"fillIdxPx\":\"\",\"fillPxVol\":\"\",\"fillPxUsd\":\"\"")
        writer.text(",\"side\":\"\(order.side == .bid ? "buy" : "sell")\",\"posSide\":\"net\"")
        writer.text(",\"execType\":\"\(fill.isMaker ? "M" : "T")\"")
        writer.text(",\"feeCcy\":\"\(fill.feeCurrency)\"")
        decimal("fee", fill.fee)
        decimal("feeRate", Fixed(units: -rate * 100))
        writer.text(",\"fillTime\":\"\(fill.timeMs)\",\"ts\":\"\(fill.timeMs)\"}")
    }

    private func cancelAllAfter(_ request: RESTRequest) throws(OKXError) -> Answer {
        let value = try Self.body(request)
        guard let word = value["timeOut"]?.text, let seconds = Int64(word) else {
            throw .parameter("timeOut")
        }
        let tag = value["tag"]?.text ?? ""
        guard tag.isEmpty || OKXOrderRequest.isPlain(tag, max: 16) else { throw .parameter("tag") }
        let trigger = try desk.setSwitch(tag: tag, seconds: seconds)
        return Answer(
            Array(
                ("{\"triggerTime\":\"\(trigger)\",\"tag\":\"\(tag)\",\"ts\":\"\(clock.nowMs)\"}")
                    .utf8))
    }

    // MARK: - The simulator's own

    /// `/apus/book?instId=…[&channel=books]`, `/apus/positions`, `/apus/account` and
    /// `/apus/orders`: the truth, for tests of clients. No key.
    private func control(_ request: RESTRequest) throws(OKXError) -> RESTReply {
        let parameters = request.parameters
        switch request.path {
        case "/apus/book":
            let feed = desk.market.feeds[try instrument(parameters)]
            guard let word = parameters["channel"] else {
                return RESTReply(status: 200, body: feed.control())
            }
            guard let channel = OKXChannel(rawValue: word), let body = feed.control(channel) else {
                throw .parameter("channel")
            }
            return RESTReply(status: 200, body: body)
        case "/apus/positions": return reply(positions(parameters))
        case "/apus/account": return RESTReply(status: 200, body: Array(desk.tally.utf8))
        case "/apus/times":
            let text = desk.times.json(open: desk.openOrders.count, nowNs: clock.nowNs)
            return RESTReply(status: 200, body: Array(text.utf8))
        case "/apus/orders":
            let all = desk.orders.values.filter { isWanted($0, parameters) }
                .sorted { $0.orderID < $1.orderID }
            return reply(list(all) { write($0, to: &$1) })
        default: throw OKXError(404, "Not Found", status: 404)
        }
    }
}
