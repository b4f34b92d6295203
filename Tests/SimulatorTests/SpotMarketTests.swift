//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Looks inside TradingCore, which release builds do not allow: they optimise what nobody sees.
#if DEBUG

import Foundation
import Testing

@testable import Simulator

/// Goal: whoever reads Spot as the production code does has the simulator's books.
///
/// Method: the market's messages go to the production decoder and book in the process; the market
/// is stopped and both books are compared, level by level.
@Suite("Binance Spot's market data", .serialized)
struct SpotMarketTests {
    /// Hands messages to a client as a connection would write them.
    private final class Line: StreamSubscriber {
        let client: ProductionClient
        let isBinary: Bool
        let backlog = 0

        init(_ client: ProductionClient, isBinary: Bool) {
            self.client = client
            self.isBinary = isBinary
        }

        func deliver(_ payload: [UInt8], stream name: [UInt8]) {
            let text = "{\"stream\":\"\(String(decoding: name, as: UTF8.self))\",\"data\":"
            client.take(
                isBinary ? payload : Array(text.utf8) + payload + Array("}".utf8),
                isBinary: isBinary)
        }
    }

    private struct Fixture {
        let clock = VenueClock(startNs: 5_000, startMs: 1_700_000_000_000)
        let hub: StreamHub
        let market: SyntheticMarket

        init(seed: UInt64 = 9, faults: [Fault] = []) {
            let injector = FaultInjector(faults, seed: 1, clock: clock)
            hub = StreamHub(
                symbols: VenueSymbol.spot, venue: .binanceSpot, faults: injector, clock: clock)
            market = SyntheticMarket(
                symbols: VenueSymbol.spot, seed: seed, rate: 1, hub: hub, clock: clock,
                faults: injector)
        }

        func run(seconds: Double) {
            for _ in 0..<Int((seconds / 0.025).rounded()) {
                clock.nowNs += 25_000_000
                market.advance(to: clock.nowNs)
            }
        }

        func rest(_ path: String, _ query: String = "") -> RESTReply? {
            let rest = SpotREST(market: market, clock: clock)
            var answer: RESTReply?
            rest.handle(
                RESTRequest(method: "GET", path: path, query: query, body: "", apiKey: "")
            ) { answer = $0 }
            if answer == nil { run(seconds: 1) }
            return answer
        }

        func book(_ index: Int) -> ProductionClient.Book {
            func side(_ side: BookSide) -> [[Int64]] {
                market.books[index].engine.levels(side).reversed().map { [$0.price, $0.lots] }
            }
            return ProductionClient.Book(bids: side(.bid), asks: side(.ask))
        }
    }

    @Test(arguments: [false, true])
    func `the production code has the simulator's books, as JSON and binary`(
        isBinary: Bool
    ) throws {
        let fixture = Fixture()
        let information = try #require(fixture.rest("/api/v3/exchangeInfo"))
        let client = try ProductionClient(
            exchangeInfo: information.body, symbols: ["BTC-USDT", "ETH-USDT", "SOL-USDT"])
        let line = Line(client, isBinary: isBinary)
        let suffixes =
            isBinary ? ["depth", "bestBidAsk", "trade"] : ["depth@100ms", "bookTicker", "trade"]
        for symbol in VenueSymbol.spot {
            for suffix in suffixes {
                let name = "\(symbol.lowerName)@\(suffix)"
                let topic = try #require(fixture.hub.topic(named: name, isBinary: isBinary))
                fixture.hub.subscribe(line, to: topic, name: name)
            }
        }
        fixture.run(seconds: 1.05)
        func takeSnapshots() throws {
            for (index, symbol) in VenueSymbol.spot.enumerated() {
                let reply = try #require(
                    fixture.rest("/api/v3/depth", "symbol=\(symbol.name)&limit=5000"))
                client.take(snapshot: reply.body, of: UInt32(index))
            }
        }
        func expectBooks() {
            fixture.market.exchange.isPaused = true
            fixture.run(seconds: 0.2)
            for index in VenueSymbol.spot.indices {
                #expect(client.isInSync(UInt32(index)))
                #expect(client.book(UInt32(index)) == fixture.book(index))
            }
            fixture.market.exchange.isPaused = false
        }
        try takeSnapshots()
        fixture.run(seconds: 5)
        expectBooks()
        #expect(client.counter("kernel_gaps_total") == 0)

        fixture.market.skipDepthEvent()
        fixture.run(seconds: 1)
        #expect(client.counter("kernel_gaps_total") == 3)
        #expect(!client.isInSync(0))
        try takeSnapshots()
        fixture.run(seconds: 1)
        expectBooks()
        for name in ["malformed", "unknown_symbols", "ignored", "inexact_decimals", "overflows"] {
            #expect(client.counter("parser_\(name)_total") == 0, "\(name)")
        }
        #expect((client.counter("parser_binary_messages_total") > 0) == isBinary)
    }

    @Test func `messages have Spot's keys, and update ids have no holes`() {
        let fixture = Fixture()
        let recorder = Recorder()
        recorder.subscribe(
            fixture.hub, "btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade",
            "btcusdt@aggTrade")
        fixture.run(seconds: 3)
        let depths = recorder.events("depthUpdate")
        #expect(depths.count > 20)
        for (before, after) in zip(depths, depths.dropFirst()) {
            #expect(after.integer("U") == before.integer("u") + 1)
        }
        for event in depths {
            #expect(event["pu"] == nil && event["T"] == nil)
            let bids = event.levels("b").map(\.price)
            #expect(zip(bids, bids.dropFirst()).allSatisfy { $0 > $1 })
        }
        let quotes = recorder.messages.filter { $0.stream == "btcusdt@bookTicker" }.map(\.json)
        #expect(!quotes.isEmpty)
        #expect(quotes.allSatisfy { $0["e"] == nil && $0["E"] == nil && $0["u"] != nil })
        for type in ["trade", "aggTrade"] {
            let events = recorder.events(type)
            #expect(!events.isEmpty)
            #expect(events.allSatisfy { $0["M"] == .bool(true) && $0["st"] == nil })
        }
        #expect(fixture.hub.topic(named: "btcusdt@markPrice") == nil)
        #expect(fixture.hub.topic(named: "btcusdt@depth@0ms") == nil)
    }

    @Test func `a fault is of the venue that it names`() {
        for (venue, hasGap) in [(VenueName.binanceSpot, true), (.binanceUSDM, false)] {
            var fault = Fault(.gap, venue: venue)
            fault.countMax = 1
            fault.fromNs = 1_000_000_000
            let fixture = Fixture(faults: [fault])
            let recorder = Recorder()
            recorder.subscribe(fixture.hub, "ethusdt@depth@100ms")
            fixture.run(seconds: 2)
            let depths = recorder.events("depthUpdate")
            let gaps = zip(depths, depths.dropFirst()).count {
                $1.integer("U") != $0.integer("u") + 1
            }
            #expect(gaps == (hasGap ? 1 : 0))
        }
    }

    @Test func `REST answers what it has and refuses the rest`() throws {
        let fixture = Fixture()
        #expect(fixture.rest("/api/v3/time")?.status == 200)
        #expect(fixture.rest("/api/v3/depth", "symbol=SOLUSDT&limit=5")?.status == 200)
        #expect(fixture.rest("/api/v3/exchangeInfo", "symbol=DOGEUSDT")?.status == 400)
        #expect(fixture.rest("/api/v3/depth", "symbol=SOLUSDT&limit=0")?.status == 400)
        #expect(fixture.rest("/api/v3/order")?.status == 404)
    }

    private static func options() -> SimulatorOptions {
        var options = SimulatorOptions()
        options.venues = [.binanceSpot]
        return options
    }

    @Test(.enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `a client subscribes over TLS, by a request with a word for its id`() throws {
        let venue = try RunningVenue(Self.options())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/ws")
        #expect(try client.until("\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
        client.sendText(
            #"{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@depth"],"id":"a1"}"#)
        _ = try client.until(#"{"result":null,"id":"a1"}"#)
        _ = try client.until(#"{"e":"trade""#)
        _ = try client.until(#"{"e":"depthUpdate""#)
    }

    @Test(
        .enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)),
        arguments: [
            ("/public/ws", "400"), ("/ws-fapi/v1", "400"), ("/sbe/ws/btcusdt@trade", "401"),
        ])
    func `routes, order entry and binary streams without a key are refused`(
        path: String, status: String
    ) throws {
        let venue = try RunningVenue(Self.options())
        defer { venue.stop() }
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade(path)
        #expect(try client.until("\r\n\r\n").hasPrefix("HTTP/1.1 \(status) "))
    }
}

#endif
