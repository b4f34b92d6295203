//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// The production client, as in ProductionClient.swift.
#if DEBUG

import Messages

@testable import Simulator

/// A simulated venue whose market data the production client reads, in one process and in a time
/// that the test makes.
protocol ClientRig: AnyObject {
    var client: ProductionClient { get }
    var faults: FaultInjector { get }
    /// Symbols that the client has, from 0.
    var symbolCount: Int { get }
    var exchange: SyntheticExchange { get }
    func run(seconds: Double)
    /// Gives the client a snapshot of every book, as it would ask for them.
    func takeSnapshots()
    /// Best bid and ask of a book, `[price, quantity]` in ticks and lots.
    func best(_ index: Int) -> [[Int64]]
}

extension ClientRig {
    /// The symbols whose book the client does not hold for the venue's.
    var lost: [Int] { (0..<symbolCount).filter { !client.isInSync(UInt32($0)) } }

    /// The symbols whose best prices at the client are not the venue's while nobody trades.
    func wrong() -> [Int] {
        exchange.isPaused = true
        run(seconds: 0.3)
        defer { exchange.isPaused = false }
        return (0..<symbolCount).filter { index in
            let book = client.book(UInt32(index))
            return [book.bids.first, book.asks.first].map { $0 ?? [] } != best(index)
        }
    }
}

final class BinanceRig: ClientRig, StreamSubscriber {
    private static let symbols: [VenueSymbol] = [.bitcoin, .ether, .solana]

    let clock = VenueClock(startNs: 5_000, startMs: 1_700_000_000_000)
    let faults: FaultInjector
    let hub: StreamHub
    let market: SyntheticMarket
    var exchange: SyntheticExchange { market.exchange }
    let client: ProductionClient
    private let rest: RESTInterface
    let backlog = 0
    let symbolCount = 3

    init(_ list: [Fault], streams: [String] = ["depth@100ms"]) throws {
        faults = FaultInjector(list, seed: 1, clock: clock)
        hub = StreamHub(symbols: Self.symbols, faults: faults, clock: clock)
        market = SyntheticMarket(
            symbols: Self.symbols, seed: 3, rate: 1, hub: hub, clock: clock, faults: faults)
        rest = RESTInterface(
            desk: OrderDesk(market: market, clock: clock, wallet: Fixed(units: Fixed.one)),
            credentials: Credentials(key: "key", secret: "secret"), clock: clock,
            listenKeys: ListenKeys())
        var information: [UInt8] = []
        rest.handle(
            RESTRequest(
                method: "GET", path: "/fapi/v1/exchangeInfo", query: "", body: "", apiKey: "")
        ) { information = $0.body }
        client = try ProductionClient(
            exchangeInfo: information, symbols: ["BTC-USDT", "ETH-USDT", "SOL-USDT"],
            venue: .binanceUSDM)
        for symbol in Self.symbols {
            for suffix in streams {
                let name = "\(symbol.lowerName)@\(suffix)"
                if let topic = hub.topic(named: name) { hub.subscribe(self, to: topic, name: name) }
            }
        }
    }

    func deliver(_ payload: [UInt8], stream name: [UInt8]) {
        client.advance(to: clock.nowNs)
        let text = "{\"stream\":\"\(String(decoding: name, as: UTF8.self))\",\"data\":"
        client.take(Array(text.utf8) + payload + Array("}".utf8), isBinary: false)
    }

    func run(seconds: Double) {
        for _ in 0..<Int((seconds / 0.025).rounded()) {
            clock.nowNs += 25_000_000
            market.advance(to: clock.nowNs)
        }
    }

    /// Asks for a snapshot; the client gets it when it comes.
    func ask(_ index: Int) {
        rest.handle(
            RESTRequest(
                method: "GET", path: "/fapi/v1/depth",
                query: "symbol=\(Self.symbols[index].name)&limit=1000", body: "", apiKey: "")
        ) { [unowned self] in client.take(snapshot: $0.body, of: UInt32(index)) }
    }

    func takeSnapshots() {
        for index in Self.symbols.indices { ask(index) }
        run(seconds: 0.5)
    }

    func best(_ index: Int) -> [[Int64]] {
        let touch = market.touch(index)
        return [[touch.bid, touch.bidLots], [touch.ask, touch.askLots]]
    }
}

final class OKXRig: ClientRig, OKXSubscriber {
    private static let symbols = ["BTC-USDT-SWAP", "ETH-USDT-SWAP", "SOL-USDT-SWAP"]

    let venue: OKXFixture
    let client: ProductionClient
    let symbolCount = 3
    /// Messages of the business connection come later than they might, by one step of the time.
    var delaysMatches = false
    private var late: [[UInt8]] = []
    private let channels: [OKXChannel]

    var faults: FaultInjector { venue.faults }
    var exchange: SyntheticExchange { venue.exchange }

    init(_ list: [Fault], channels: [OKXChannel] = [.books]) throws {
        venue = OKXFixture(faults: list)
        self.channels = channels
        let answer = venue.rest.handle(
            RESTRequest(
                method: "GET", path: "/api/v5/public/instruments", query: "instType=SWAP",
                body: "", apiKey: ""))
        client = try ProductionClient(okx: answer.body, symbols: Self.symbols)
        for channel in channels {
            for index in Self.symbols.indices {
                venue.market.feeds[index].prepare(channel)
                venue.market.hub.subscribe(
                    self, to: OKXTopic(channel: channel, instrument: index))
            }
        }
    }

    func push(_ bytes: [UInt8]) {
        if delaysMatches, String(decoding: bytes.prefix(40), as: UTF8.self).contains("trades-all") {
            return late.append(bytes)
        }
        client.advance(to: venue.clock.nowNs)
        client.take(bytes, isBinary: false)
    }

    func run(seconds: Double) {
        for _ in 0..<Int((seconds / 0.01).rounded()) {
            venue.run(seconds: 0.01)
            for bytes in late { client.take(bytes, isBinary: false) }
            late = []
        }
    }

    func takeSnapshots() {
        for channel in channels {
            for index in Self.symbols.indices {
                if let bytes = venue.market.feeds[index].first(channel) { push(bytes) }
            }
        }
        run(seconds: 0.5)
    }

    func best(_ index: Int) -> [[Int64]] {
        let touch = venue.market.feeds[index].book.touch
        return [[touch.bid, touch.bidLots], [touch.ask, touch.askLots]]
    }
}

#endif
