//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Binance USD-M futures as the measurement needs it: the production protocols over a market that
/// stands still, without limits on orders.
final class EchoVenue: Venue {
    let name = VenueName.binanceUSDM
    let clock: VenueClock
    let echo: EchoStreams
    let policy = ConnectionServer.Policy(messageRateMax: 0, pingEveryNs: 0)
    let isAtEnd = false
    private let market = EchoMarket()
    private let hub: StreamHub
    private let desk: OrderDesk
    private let rest: RESTInterface
    private var events = MarketEvents(symbol: .bitcoin, hasFieldsOf2026: true)
    /// No mark prices are told any more.
    var isQuiet = false
    private var nextMarkNs: UInt64 = 0
    private static let wallet = Fixed(units: 100_000 * Fixed.one)

    init(credentials: Credentials, context: SimulatorContext) {
        let clock = context.clock
        self.clock = clock
        hub = StreamHub(symbols: market.symbols, clock: clock)
        desk = OrderDesk(market: market, clock: clock, wallet: Self.wallet)
        let listenKeys = ListenKeys()
        let limits = Self.unlimited()
        // Finished orders are forgotten in small portions, so that none takes long.
        desk.finishedMax = 64
        rest = RESTInterface(
            desk: desk, credentials: credentials, clock: clock, listenKeys: listenKeys,
            limits: limits)
        let entry = OrderEntry(
            desk: desk, credentials: credentials, clock: clock, listenKeys: listenKeys,
            limits: limits)
        let inner = BinanceStreams(
            hub: hub, trading: BinanceStreams.Trading(orderEntry: entry, listenKeys: listenKeys),
            clock: clock, faults: context.faults, delays: context.delays)
        echo = EchoStreams(inner) {
            let own = OrderDesk(market: EchoMarket(), clock: clock, wallet: Self.wallet)
            own.finishedMax = 64
            return OrderEntry(
                desk: own, credentials: credentials, clock: clock, listenKeys: ListenKeys(),
                limits: Self.unlimited())
        }
        desk.onUserEvent = { [unowned inner] in inner.userEvent($0, $1, isFill: $2) }
    }

    private static func unlimited() -> RateLimits {
        let limits = RateLimits()
        limits.ordersShort = RateLimits.Counter(
            type: "ORDERS", interval: "SECOND", intervalNum: 10, intervalMs: 10_000,
            limit: .max)
        limits.ordersLong = RateLimits.Counter(
            type: "ORDERS", interval: "MINUTE", intervalNum: 1, intervalMs: 60_000,
            limit: .max)
        return limits
    }

    /// What a snapshot of the book connects to.
    func setSnapshotID(_ source: @escaping () -> Int64) { market.snapshotID = source }

    /// Mark prices published so far.
    var markPriceCount: Int { hub.messageCount }

    var streams: any StreamVenue { echo }
    var nextDeadlineNs: UInt64 {
        min(isQuiet ? .max : nextMarkNs, desk.nextCountdownNs)
    }

    func run(nowNs: UInt64) {
        desk.runCountdowns(nowNs: nowNs)
        guard nowNs >= nextMarkNs, !isQuiet else { return }
        nextMarkNs = nowNs + 1_000_000_000
        events.markPrice(market.markPrice(0), eventMs: clock.nowMs)
        for kind in [StreamKind.mark1s, .mark3s] {
            hub.publish(events.bytes, to: Topic(symbol: 0, kind: kind))
        }
    }

    func handle(_ request: RESTRequest, reply: @escaping (RESTReply) -> Void) {
        rest.handle(request, reply: reply)
    }

    func skipDepthEvent() {}

    var summary: String {
        "requests \(rest.requestCount) orders \(desk.orderCount) rejects \(desk.rejectCount)"
    }

    func endpoints(restPort: UInt16, streamPort: UInt16) -> [(key: String, value: String)] {
        BinanceVenue.endpoints(restPort: restPort, streamPort: streamPort)
    }
}
