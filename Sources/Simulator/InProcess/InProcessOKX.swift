//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// OKX's linear swaps in process.
public final class InProcessOKX: InProcessVenue {
    public static let symbolNames = ["BTC-USDT-SWAP", "ETH-USDT-SWAP"]
    private static let foreignSizes = ["0.05", "0.05"]

    private let clock: VenueClock
    private let market: OKXMarket
    private let scripted: ScriptedMarket
    private let desk: OKXDesk
    private let feed: OKXPrivateFeed
    private let entry: OKXOrderEntry
    private let interface: OKXREST
    private var sessions: [Int: OKXSession] = [:]

    public var onPush: ([UInt8]) -> Void = { _ in }

    /// - Parameter startMs: Since 1970, at virtual time 0.
    public init(seed: UInt64, startMs: Int64) {
        clock = VenueClock(startNs: 0, startMs: startMs)
        market = OKXMarket(
            seed: 1, rate: 1, options: OKXOptions(), exchange: SyntheticExchange(clock: clock),
            clock: clock)
        scripted = ScriptedMarket(mids: market.feeds.map { Int64($0.book.mark) }, seed: seed)
        market.scripted = scripted
        desk = OKXDesk(market: market, clock: clock, wallet: 1_000_000_000)
        desk.finishedMax = 500
        feed = OKXPrivateFeed(desk: desk, clock: clock, faults: .none)
        entry = OKXOrderEntry(desk: desk, clock: clock)
        interface = OKXREST(
            desk: desk, entry: entry, credentials: .demonstration, options: OKXOptions(),
            clock: clock)
    }

    // MARK: Time

    public func advance(to nowNs: UInt64) {
        clock.nowNs = nowNs
        while desk.isReduceCheckDue || !desk.switched.isEmpty
            || desk.switches.contains(where: { $0.value <= nowNs })
        { desk.tick() }
    }

    public var nextDeadlineNs: UInt64 {
        desk.isReduceCheckDue ? clock.nowNs : desk.switches.values.min() ?? .max
    }

    public func stepClock(byNs step: Int64) { clock.step(byNs: step) }

    // MARK: Connections

    public func open(session: Int) {
        let opened = OKXSession(
            route: .privateData, connectionID: "0000000\(session % 10)",
            send: { [unowned self] bytes, _ in onPush(bytes) }, close: { _, _ in })
        opened.isLoggedIn = true
        let argument = JSONValue.object([
            JSONValue.Member(name: "channel", value: .string("orders")),
            JSONValue.Member(name: "instType", value: .string("ANY")),
        ])
        if let orders = OKXPrivateArgument(argument), opened.add(orders) { feed.add(opened) }
        // One connection hears the pushes: the latest.
        for other in sessions.values { feed.remove(other) }
        sessions[session] = opened
    }

    public func close(session: Int) {
        guard let closed = sessions.removeValue(forKey: session) else { return }
        feed.remove(closed)
    }

    public func handle(_ request: [UInt8], session: Int) -> InProcessReply? {
        guard sessions[session] != nil, let value = JSONValue.parse(request),
            let name = value["op"]?.text, let known = OKXOperation.named(name),
            let id = value["id"]?.text, case .array(let items) = value["args"]
        else { return nil }
        let inTime = clock.nowMicroseconds
        feed.hold()
        let outcome = entry.perform(
            known.operation, isBatch: known.isBatch, items, expiry: value["expTime"]?.text,
            byCode: true)
        return InProcessReply(
            bytes: entry.reply(id: id, name: name, outcome, inTime: inTime),
            isRefused: outcome.isRefused)
    }

    public func release() { feed.release() }

    public func unknownOutcome(_ request: [UInt8]) -> [UInt8] {
        let value = JSONValue.parse(request)
        return entry.reply(
            id: value?["id"]?.text ?? "", name: value?["op"]?.text ?? "",
            OKXOrderEntry.Outcome(
                code: "\(OKXError.unknownOutcome.code)",
                message: OKXError.unknownOutcome.message, rows: [], isRefused: true),
            inTime: clock.nowMicroseconds)
    }

    public func orders(in request: [UInt8]) -> [WireOrder] {
        WireOrder.okx(request) { [market] code in
            market.index(code: code).map { market.instruments[$0].name }
        }
    }

    public func rest(
        _ method: String, _ target: String, headers: [(String, String)], body: [UInt8]
    ) -> (status: Int, body: [UInt8]) {
        let (path, query) = Self.parts(target)
        let reply = interface.handle(
            RESTRequest(
                method: method, path: path, query: query,
                body: String(decoding: body, as: UTF8.self), apiKey: "",
                headers: Dictionary(headers) { $1 }))
        return (reply.status, reply.body)
    }

    // MARK: What happens at the venue

    public func mid(_ instrument: Int) -> Int64 { scripted.mid(instrument) }

    public func move(_ instrument: Int, to mid: Int64) { scripted.move(instrument, to: mid) }

    public func fillSome(of clientOrderID: String, _ instrument: Int) {
        guard let order = order(clientOrderID, instrument), order.state.isOpen else { return }
        scripted.fillSome(instrument, order.orderID)
    }

    public func expire(_ clientOrderID: String, _ instrument: Int) {
        guard let order = order(clientOrderID, instrument), order.state.isOpen else { return }
        _ = desk.cancel(order, .selfTrade)
    }

    public func placeForeign(_ instrument: Int, isBuy: Bool, count: Int) {
        scripted.isForeign = true
        defer { scripted.isForeign = false }
        _ = try? desk.place(
            OKXDesk.request(
                side: isBuy ? .bid : .ask, type: .market, size: Self.foreignSizes[instrument]),
            instrument: instrument)
    }

    public func liquidate(_ instrument: Int) {
        guard position(instrument) != 0 else { return }
        desk.close(instrument, category: "full_liquidation")
    }

    // MARK: The truth

    private func order(_ clientOrderID: String, _ instrument: Int) -> OKXOrder? {
        let found = try? desk.find(
            .object([JSONValue.Member(name: "clOrdId", value: .string(clientOrderID))]),
            instrument: instrument)
        return found ?? nil
    }

    public func truth(_ clientOrderID: String, _ instrument: Int) -> OrderTruth? {
        guard let order = order(clientOrderID, instrument) else { return nil }
        return OrderTruth(
            leaves: order.leaves, filled: order.filledLots,
            isOpen: order.state.isOpen, isFilled: order.state == .filled)
    }

    public var openOrders: [String] {
        desk.openOrders.values.sorted { $0.orderID < $1.orderID }
            .map(\.request.clientOrderID)
    }

    public func position(_ instrument: Int) -> Int64 {
        desk.account.positions[instrument].lots
    }

    public var selfTradeCount: Int { scripted.selfTradeCount }
}
