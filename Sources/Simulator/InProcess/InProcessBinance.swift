//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Binance's order code without a network: requests are handed over as bytes, replies and pushes
/// come back as bytes, and time is what the caller says. The same order desk, order entry, REST
/// endpoints and texts as behind the simulator's sockets, on a market that moves when told to.
public final class InProcessBinance {
    /// One order as the venue knows it.
    public struct Truth: Sendable {
        public let symbol: Int
        public let isBuy: Bool
        public let leaves: Int64
        public let filled: Int64
        public let isOpen: Bool
        /// "NEW", "FILLED", "CANCELED", …
        public let status: String
    }

    public static let apiKey = Credentials.demonstration.key
    public static let symbolNames = ["BTC-USDT", "ETH-USDT"]

    private let clock: VenueClock
    private let market: ScriptedMarket
    private let desk: OrderDesk
    private let entry: OrderEntry
    private let interface: RESTInterface
    private let keys: ListenKeys
    private let credentials = Credentials.demonstration
    private var sessions: [Int: OrderSession] = [:]

    /// Hears each push of the account's stream, and whether it tells of a fill.
    public var onPush: ([UInt8], Bool) -> Void = { _, _ in }

    /// - Parameters:
    ///   - startMs: Since 1970, at virtual time 0.
    ///   - wallet: USDT.
    public init(seed: UInt64, startMs: Int64, wallet: Int64 = 1_000_000_000) {
        clock = VenueClock(startNs: 0, startMs: startMs)
        market = ScriptedMarket(
            symbols: [.bitcoin, .ether], mids: [600_000, 300_000], seed: seed)
        desk = OrderDesk(
            market: market, clock: clock, wallet: Fixed(units: wallet * Fixed.one))
        desk.finishedMax = 500
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
        desk.onUserEvent = { [unowned self] _, bytes, isFill in onPush(bytes, isFill) }
    }

    // MARK: Time

    /// Virtual time, ns; runs what is due by then.
    public func advance(to nowNs: UInt64) {
        clock.nowNs = nowNs
        desk.runCountdowns(nowNs: nowNs)
    }

    /// When the venue next does something by itself; `UInt64.max`: never.
    public var nextDeadlineNs: UInt64 { desk.nextCountdownNs }

    public var nowMs: Int64 { clock.nowMs }

    /// The venue's clock jumps.
    public func stepClock(byNs step: Int64) { clock.step(byNs: step) }

    // MARK: Connections

    /// A new connection for orders.
    ///
    /// - Parameter isLoggedOn: Its requests need no signature.
    public func open(session: Int, isLoggedOn: Bool) {
        let opened = OrderSession(connectedMs: clock.nowMs)
        if isLoggedOn { opened.authorizedMs = clock.nowMs }
        sessions[session] = opened
    }

    public func close(session: Int) { sessions[session] = nil }

    public struct Reply {
        public let bytes: [UInt8]
        /// It answers a request that places, changes or cancels.
        public let isOrder: Bool
        public let isRefused: Bool
    }

    /// Carries out one request of a connection; `nil` when the connection is gone.
    public func handle(_ request: [UInt8], session: Int) -> Reply? {
        guard let opened = sessions[session] else { return nil }
        let reply = entry.handle(request, opened)
        return Reply(bytes: reply.bytes, isOrder: reply.isOrder, isRefused: reply.isRefused)
    }

    /// What a venue answers that does not know what became of a request.
    public static func unknownOutcome(_ request: [UInt8]) -> [UInt8] {
        OrderEntry.unknownOutcome(request)
    }

    public func isListenKeyActive(_ key: String) -> Bool {
        keys.isActive(key, nowMs: clock.nowMs)
    }

    public func expireListenKey() { keys.expire() }

    /// One REST request: status and body.
    public func rest(
        _ method: String, _ path: String, query: String, apiKey: String
    ) -> (status: Int, body: [UInt8]) {
        var result = (status: 503, body: [UInt8]())
        interface.handle(
            RESTRequest(method: method, path: path, query: query, body: "", apiKey: apiKey)
        ) { result = ($0.status, $0.body) }
        return result
    }

    // MARK: What happens at the venue

    public func mid(_ symbol: Int) -> Int64 { market.mid(symbol) }

    public func move(_ symbol: Int, to mid: Int64) { market.move(symbol, to: mid) }

    /// Fills some of a resting order of the client.
    public func fillSome(of clientOrderID: String, symbol: Int) {
        guard let order = order(clientOrderID, symbol), order.status.isOpen else { return }
        market.fillSome(symbol, order.orderID)
    }

    /// The venue takes a resting order out by itself.
    public func expire(_ clientOrderID: String, symbol: Int) {
        guard let order = order(clientOrderID, symbol), order.status.isOpen,
            market.cancel(symbol: symbol, orderID: order.orderID)
        else { return }
        desk.expiredInMatch(orderID: order.orderID)
    }

    /// The smallest market order by another client of the account.
    public func placeForeign(_ symbol: Int, isBuy: Bool, count: Int) {
        _ = try? desk.place(
            Parameters([
                ("symbol", market.symbols[symbol].name), ("side", isBuy ? "BUY" : "SELL"),
                ("type", "MARKET"), ("quantity", symbol == 0 ? "0.003" : "0.020"),
                ("newClientOrderId", "web_\(count)"),
            ]))
    }

    /// The venue closes a position; false without one.
    public func liquidate(_ symbol: Int) -> Bool {
        guard position(symbol) != 0 else { return false }
        desk.close(symbol, clientOrderID: "autoclose-\(clock.nowMs)")
        return true
    }

    // MARK: The truth

    private func order(_ clientOrderID: String, _ symbol: Int) -> VenueOrder? {
        let name = market.symbols[symbol].name
        let found = try? desk.find(
            Parameters([("symbol", name), ("origClientOrderId", clientOrderID)]))
        return found ?? nil
    }

    public func truth(_ clientOrderID: String, symbol: Int) -> Truth? {
        guard let order = order(clientOrderID, symbol) else { return nil }
        return Self.truth(order)
    }

    private static func truth(_ order: VenueOrder) -> Truth {
        Truth(
            symbol: order.symbol, isBuy: order.side == .bid, leaves: order.leaves,
            filled: order.filledLots, isOpen: order.status.isOpen,
            status: order.status.rawValue)
    }

    /// Client ids of open orders, in order of placing.
    public var openOrders: [(clientOrderID: String, truth: Truth)] {
        desk.openOrders.values.sorted { $0.orderID < $1.orderID }
            .map { ($0.clientOrderID, Self.truth($0)) }
    }

    public func position(_ symbol: Int) -> Int64 { desk.account.positions[symbol].lots }

    public var fillCount: Int { desk.fillCount }
    public var orderCount: Int { desk.orderCount }
    /// Resting orders that met another one of the account.
    public var selfTradeCount: Int { market.selfTradeCount }
}
