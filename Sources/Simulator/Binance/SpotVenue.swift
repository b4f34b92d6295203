//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Binance Spot: market data over REST and streams, as JSON and binary; no account, no orders.
final class SpotVenue: Venue {
    let name = VenueName.binanceSpot
    let clock: VenueClock
    private let market: SyntheticMarket
    private let hub: StreamHub
    private let rest: SpotREST
    private let session: BinanceStreams
    let policy: ConnectionServer.Policy

    /// Messages a second that the venue takes from one client.
    private static let messageRateMax = 5

    /// - Parameters:
    ///   - key: What connections of binary messages must show.
    ///   - leaders: Books of another venue whose fair values lead those of the same coin.
    init(
        _ options: SimulatorOptions, key: String, exchange: SyntheticExchange,
        leaders: [String: SyntheticBook], context: SimulatorContext
    ) {
        clock = context.clock
        hub = StreamHub(
            symbols: VenueSymbol.spot, venue: name, faults: context.faults, clock: context.clock)
        market = SyntheticMarket(
            // Another stream of numbers than the one that other venues draw from.
            symbols: VenueSymbol.spot, seed: options.seed ^ 0x7370_6F74_0000_0001,
            rate: options.rate, hub: hub, clock: context.clock, exchange: exchange,
            leaders: leaders, faults: context.faults)
        rest = SpotREST(market: market, clock: context.clock)
        session = BinanceStreams(
            hub: hub, trading: nil, binaryKey: key, clock: context.clock,
            faults: context.faults, delays: context.delays)
        policy = ConnectionServer.Policy(
            messageRateMax: min(options.messageRateMax, Self.messageRateMax),
            pingEveryNs: 20_000_000_000, pongWithinNs: 60_000_000_000)
    }

    var streams: any StreamVenue { session }
    let isAtEnd = false
    var nextDeadlineNs: UInt64 { market.nextDeadlineNs }

    func run(nowNs: UInt64) { market.advance(to: nowNs) }

    func handle(_ request: RESTRequest, reply: @escaping (RESTReply) -> Void) {
        rest.handle(request, reply: reply)
    }

    func skipDepthEvent() { market.skipDepthEvent() }

    var summary: String { "messages \(hub.messageCount) requests \(rest.requestCount)" }

    func endpoints(restPort: UInt16, streamPort: UInt16) -> [(key: String, value: String)] {
        [
            ("rest", "https://localhost:\(restPort)"),
            ("stream", "wss://localhost:\(streamPort)"),
            ("sbe", "wss://localhost:\(streamPort)/sbe"),
        ]
    }
}
