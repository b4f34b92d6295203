//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Binance USD-M futures: its market, its account and its protocols.
final class BinanceVenue: Venue {
    let name = VenueName.binanceUSDM
    let clock: VenueClock
    private let market: any Market
    private let hub: StreamHub
    private let desk: OrderDesk
    private let rest: RESTInterface
    private let session: BinanceStreams
    let policy: ConnectionServer.Policy
    /// The leading book of each coin, by the coin's name; empty for a recording.
    let leaders: [String: SyntheticBook]

    /// - Parameter exchange: Where synthetic books stand, with those of other venues.
    init(
        _ options: SimulatorOptions, credentials: Credentials, exchange: SyntheticExchange,
        context: SimulatorContext
    ) throws(SimulatorError) {
        let clock = context.clock
        self.clock = clock
        if options.replayPaths.isEmpty {
            let symbols: [VenueSymbol] = [.bitcoin, .ether, .solana]
            hub = StreamHub(symbols: symbols, faults: context.faults, clock: clock)
            let synthetic = SyntheticMarket(
                symbols: symbols, seed: options.seed, rate: options.rate, hub: hub, clock: clock,
                hasFieldsOf2026: options.hasFieldsOf2026, exchange: exchange,
                faults: context.faults)
            leaders = Dictionary(
                uniqueKeysWithValues: zip(symbols.map(\.base), synthetic.books))
            market = synthetic
        } else {
            let replay = try ReplayMarket(
                paths: options.replayPaths, speed: options.speed, clock: clock, log: context.log)
            leaders = [:]
            market = replay
            hub = replay.hub
        }
        desk = OrderDesk(
            market: market, clock: clock, wallet: Fixed(units: options.wallet * Fixed.one))
        let keys = ListenKeys()
        // Of the address: what it asks by REST and by WebSocket adds up.
        let limits = RateLimits()
        rest = RESTInterface(
            desk: desk, credentials: credentials, clock: clock, listenKeys: keys, limits: limits)
        session = BinanceStreams(
            hub: hub,
            trading: BinanceStreams.Trading(
                orderEntry: OrderEntry(
                    desk: desk, credentials: credentials, clock: clock, listenKeys: keys,
                    faults: context.faults, limits: limits),
                listenKeys: keys), clock: clock, faults: context.faults, delays: context.delays)
        policy = ConnectionServer.Policy(
            messageRateMax: options.messageRateMax, pingEveryNs: 180_000_000_000)
        desk.onUserEvent = { [unowned session] in session.userEvent($0, $1, isFill: $2) }
    }

    var streams: any StreamVenue { session }
    var isAtEnd: Bool { market.isAtEnd }
    var nextDeadlineNs: UInt64 { min(market.nextDeadlineNs, desk.nextCountdownNs) }

    func run(nowNs: UInt64) {
        market.advance(to: nowNs)
        desk.runCountdowns(nowNs: nowNs)
    }

    func handle(_ request: RESTRequest, reply: @escaping (RESTReply) -> Void) {
        rest.handle(request, reply: reply)
    }

    func skipDepthEvent() { market.skipDepthEvent() }

    var summary: String {
        "messages \(hub.messageCount) requests \(rest.requestCount) "
            + "orders \(desk.orderCount) fills \(desk.fillCount) "
            + "rejects \(desk.rejectCount) open \(desk.openOrders.count)"
    }

    func endpoints(restPort: UInt16, streamPort: UInt16) -> [(key: String, value: String)] {
        Self.endpoints(restPort: restPort, streamPort: streamPort)
    }

    static func endpoints(
        restPort: UInt16, streamPort: UInt16
    ) -> [(key: String, value: String)] {
        let stream = "wss://localhost:\(streamPort)"
        return [
            ("rest", "https://localhost:\(restPort)"), ("stream", stream),
            ("api", "\(stream)/ws-fapi/v1"),
        ]
    }
}
