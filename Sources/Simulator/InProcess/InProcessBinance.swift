//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Binance USD-M futures in process.
public final class InProcessBinance: InProcessVenue {
    public static let apiKey = Credentials.demonstration.key
    public static let apiSecret = Credentials.demonstrationSecret
    public static let symbolNames = ["BTC-USDT", "ETH-USDT"]

    private let clock: VenueClock
    private let market: ScriptedMarket
    private let desk: OrderDesk
    private let entry: OrderEntry
    private let interface: RESTInterface
    private let keys: ListenKeys
    private let credentials = Credentials.demonstration
    private var sessions: [Int: OrderSession] = [:]

    public var onPush: ([UInt8]) -> Void = { _ in }
    private var held: [[UInt8]] = []
    private var isHolding = false
    /// Connections are logged on: requests need no signature.
    private let isLoggedOn: Bool

    /// - Parameters:
    ///   - startMs: Since 1970, at virtual time 0.
    ///   - isLoggedOn: Connections are logged on, so that requests need no signature.
    public init(seed: UInt64, startMs: Int64, isLoggedOn: Bool) {
        self.isLoggedOn = isLoggedOn
        clock = VenueClock(startNs: 0, startMs: startMs)
        market = ScriptedMarket(
            symbols: [.bitcoin, .ether], mids: [600_000, 300_000], seed: seed)
        desk = OrderDesk(
            market: market, clock: clock, wallet: Fixed(units: 1_000_000_000 * Fixed.one))
        desk.finishedMax = 500
        desk.nextTradeID = { [market] in market.nextTradeID($0) }
        var keyCount = 0
        keys = ListenKeys {
            keyCount += 1
            return "key\(keyCount)"
        }
        let limits = RateLimits()
        entry = OrderEntry(
            desk: desk, credentials: credentials, clock: clock, listenKeys: keys,
            limits: limits)
        interface = RESTInterface(
            desk: desk, credentials: credentials, clock: clock, listenKeys: keys,
            limits: limits)
        desk.onUserEvent = { [unowned self] _, bytes, _ in
            if isHolding { held.append(bytes) } else { onPush(bytes) }
        }
    }

    // MARK: Time

    public func advance(to nowNs: UInt64) {
        clock.nowNs = nowNs
        desk.runCountdowns(nowNs: nowNs)
    }

    public var nextDeadlineNs: UInt64 { desk.nextCountdownNs }
    public var nowMs: Int64 { clock.nowMs }
    public func stepClock(byNs step: Int64) { clock.step(byNs: step) }

    // MARK: Connections

    public func open(session: Int) {
        let opened = OrderSession(connectedMs: clock.nowMs)
        if isLoggedOn { opened.authorizedMs = clock.nowMs }
        sessions[session] = opened
    }

    public func close(session: Int) { sessions[session] = nil }

    public func handle(_ request: [UInt8], session: Int) -> InProcessReply? {
        guard let opened = sessions[session] else { return nil }
        isHolding = true
        let reply = entry.handle(request, opened)
        return InProcessReply(bytes: reply.bytes, isRefused: reply.isRefused)
    }

    public func release() {
        isHolding = false
        let waiting = held
        held = []
        for bytes in waiting { onPush(bytes) }
    }

    public func unknownOutcome(_ request: [UInt8]) -> [UInt8] {
        OrderEntry.unknownOutcome(request)
    }

    public func orders(in request: [UInt8]) -> [WireOrder] {
        WireOrder(binance: request).map { [$0] } ?? []
    }

    public func isListenKeyActive(_ key: String) -> Bool {
        keys.isActive(key, nowMs: clock.nowMs)
    }

    public func expireListenKey() { keys.expire() }

    public func rest(
        _ method: String, _ target: String, headers: [(String, String)], body: [UInt8]
    ) -> (status: Int, body: [UInt8]) {
        let (path, query) = Self.parts(target)
        let key = headers.first { $0.0 == "X-MBX-APIKEY" }?.1 ?? ""
        var result = (status: 503, body: [UInt8]())
        interface.handle(
            RESTRequest(
                method: method, path: path, query: query,
                body: String(decoding: body, as: UTF8.self), apiKey: key)
        ) { result = ($0.status, $0.body) }
        return result
    }

    // MARK: What happens at the venue

    public func mid(_ symbol: Int) -> Int64 { market.mid(symbol) }

    public func move(_ symbol: Int, to mid: Int64) { market.move(symbol, to: mid) }

    public func fillSome(of clientOrderID: String, _ symbol: Int) {
        guard let order = order(clientOrderID, symbol), order.status.isOpen else { return }
        market.fillSome(symbol, order.orderID)
    }

    public func expire(_ clientOrderID: String, _ symbol: Int) {
        guard let order = order(clientOrderID, symbol), order.status.isOpen,
            market.cancel(symbol: symbol, orderID: order.orderID)
        else { return }
        desk.expiredInMatch(orderID: order.orderID)
    }

    public func placeForeign(_ symbol: Int, isBuy: Bool, count: Int) {
        market.isForeign = true
        defer { market.isForeign = false }
        _ = try? desk.place(
            Parameters([
                ("symbol", market.symbols[symbol].name), ("side", isBuy ? "BUY" : "SELL"),
                ("type", "MARKET"), ("quantity", symbol == 0 ? "0.003" : "0.020"),
                ("newClientOrderId", "web_\(count)"),
            ]))
    }

    public func liquidate(_ symbol: Int) {
        guard position(symbol) != 0 else { return }
        desk.close(symbol, clientOrderID: "autoclose-\(clock.nowMs)")
    }

    // MARK: The truth

    private func order(_ clientOrderID: String, _ symbol: Int) -> VenueOrder? {
        let name = market.symbols[symbol].name
        let found = try? desk.find(
            Parameters([("symbol", name), ("origClientOrderId", clientOrderID)]))
        return found ?? nil
    }

    public func truth(_ clientOrderID: String, _ symbol: Int) -> OrderTruth? {
        guard let order = order(clientOrderID, symbol) else { return nil }
        return OrderTruth(
            leaves: order.leaves, filled: order.filledLots,
            isOpen: order.status.isOpen, isFilled: order.status == .filled)
    }

    public var openOrders: [String] {
        desk.openOrders.values.sorted { $0.orderID < $1.orderID }.map(\.clientOrderID)
    }

    public func position(_ symbol: Int) -> Int64 { desk.account.positions[symbol].lots }

    public var selfTradeCount: Int { market.selfTradeCount }
}
