//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// OKX: spot and swaps, one account, public, private and business streams, REST.
final class OKXVenue: Venue {
    let name = VenueName.okx
    let clock: VenueClock
    private let market: OKXMarket
    private let desk: OKXDesk
    private let feed: OKXPrivateFeed
    private let session: OKXStreams
    private let rest: OKXREST
    let policy = ConnectionServer.Policy()

    /// - Parameter leaders: Books of another venue whose fair values lead those of the same coin.
    init(
        _ options: SimulatorOptions, credentials: OKXCredentials, exchange: SyntheticExchange,
        leaders: [String: SyntheticBook], context: SimulatorContext
    ) {
        clock = context.clock
        market = OKXMarket(
            seed: options.seed, rate: options.rate, options: options.okx, exchange: exchange,
            clock: context.clock, leaders: leaders, faults: context.faults)
        desk = OKXDesk(
            market: market, clock: context.clock, wallet: options.wallet,
            hasTerminalPush: options.okx.hasTerminalPush, faults: context.faults)
        feed = OKXPrivateFeed(desk: desk, clock: context.clock, faults: context.faults)
        let entry = OKXOrderEntry(desk: desk, clock: context.clock)
        session = OKXStreams(
            market: market, entry: entry, feed: feed, credentials: credentials,
            options: options.okx, context: context)
        rest = OKXREST(
            desk: desk, entry: entry, credentials: credentials, options: options.okx,
            clock: context.clock)
        market.onTick = { [unowned desk, unowned feed, unowned session] count in
            desk.tick()
            if count % 5 == 0 { feed.tick() }
            if count % 10 == 0 { session.closeIdle() }
        }
    }

    var streams: any StreamVenue { session }
    let isAtEnd = false
    var nextDeadlineNs: UInt64 { market.nextDeadlineNs }

    func run(nowNs: UInt64) { market.advance(to: nowNs) }

    func handle(_ request: RESTRequest, reply: @escaping (RESTReply) -> Void) {
        reply(rest.handle(request))
    }

    func skipDepthEvent() { market.skipBookEvent() }

    var summary: String {
        "messages \(market.hub.messageCount) requests \(rest.requestCount) "
            + "orders \(desk.orderCount) fills \(desk.fillCount) "
            + "rejects \(desk.rejectCount) open \(desk.openOrders.count)"
    }

    func endpoints(restPort: UInt16, streamPort: UInt16) -> [(key: String, value: String)] {
        let base = "wss://localhost:\(streamPort)/ws/v5"
        return [
            ("rest", "https://localhost:\(restPort)"), ("stream", base),
            ("public", "\(base)/public"), ("private", "\(base)/private"),
            ("business", "\(base)/business"),
        ]
    }
}
