//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Testing

@testable import Simulator

@Suite("Faults of Binance", .serialized)
struct BinanceFaultTests {
    /// Two seconds of depth with one fault that begins after the first.
    private static func depths(_ name: FaultName, durationNs: UInt64? = nil) -> [JSONValue] {
        let clock = VenueClock(startNs: 5_000, startMs: 1_700_000_000_000)
        var fault = Fault(name)
        fault.countMax = 1
        fault.fromNs = 1_000_000_000
        if let durationNs { fault.durationNs = durationNs }
        let faults = FaultInjector([fault], seed: 1, clock: clock)
        let symbols: [VenueSymbol] = [.bitcoin]
        let hub = StreamHub(symbols: symbols, faults: faults, clock: clock)
        let market = SyntheticMarket(
            symbols: symbols, seed: 3, rate: 1, hub: hub, clock: clock, faults: faults)
        let recorder = Recorder()
        recorder.subscribe(hub, "btcusdt@depth@100ms")
        for _ in 0..<80 {
            clock.nowNs += 25_000_000
            market.advance(to: clock.nowNs)
        }
        return recorder.events("depthUpdate")
    }

    private static func gaps(_ depths: [JSONValue]) -> Int {
        zip(depths, depths.dropFirst()).count { $1.integer("pu") != $0.integer("u") }
    }

    @Test func `gap: one depth event is lost`() {
        let depths = Self.depths(.gap)
        #expect(depths.count == 19)
        #expect(Self.gaps(depths) == 1)
    }

    @Test func `silent-channel: several are`() {
        let depths = Self.depths(.silentChannel, durationNs: 500_000_000)
        #expect((14...16).contains(depths.count))
        #expect(Self.gaps(depths) == 1)
    }

    @Test func `stale-time: one event is five seconds old`() {
        let times = Self.depths(.staleTime).map { $0.integer("E") }
        #expect(times.count { $0 < 1_700_000_000_000 } == 1)
    }

    /// What a client of the WebSocket API reads after an unsigned order and then a ping.
    private static func answers(_ name: FaultName) throws -> String {
        var fault = Fault(name)
        fault.durationNs = 50_000_000
        var options = SimulatorOptions()
        options.faults = [fault]
        let venue = try RunningVenue(options)
        defer { venue.stop() }
        let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
        defer { client.end() }
        client.upgrade("/ws-fapi/v1")
        _ = try client.until("\r\n\r\n")
        client.sendText(#"{"id":"o1","method":"order.place","params":{}}"#)
        client.sendText(#"{"id":"p1","method":"ping"}"#)
        if name == .ackLost { return try client.until("p1") }
        _ = try client.until("p1")
        return try client.until("o1")
    }

    @Test(
        .enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `ack-lost, reject-late and unknown-outcome: never, after, or -1007`() throws {
        #expect(try !Self.answers(.ackLost).contains("o1"))
        let late = try Self.answers(.rejectLate)
        let order = try #require(late.range(of: "o1"))
        let ping = try #require(late.range(of: "p1"))
        #expect(ping.lowerBound < order.lowerBound)
        #expect(try Self.answers(.unknownOutcome).contains(#""code":-1007"#))
    }

    @Test(
        .enabled(if: EndToEndTests.tool != nil, "no openssl program"), .timeLimit(.minutes(1)))
    func `subscribe-refused and subscribe-silent: an error, or nothing after the answer`() throws {
        for name in [FaultName.subscribeRefused, .subscribeSilent] {
            var options = SimulatorOptions()
            options.faults = [Fault(name)]
            let venue = try RunningVenue(options)
            defer { venue.stop() }
            let client = try TLSClient(port: venue.streamPort, ca: venue.caPath)
            defer { client.end() }
            client.upgrade("/public/ws")
            _ = try client.until("\r\n\r\n")
            client.sendText(#"{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1}"#)
            _ = try client.until(
                name == .subscribeRefused ? #"{"error":{"code":2"# : #"{"result":null,"id":1}"#)
            client.sendText(#"{"method":"LIST_SUBSCRIPTIONS","id":2}"#)
            _ = try client.until(#"{"result":[],"id":2}"#)
        }
    }

    /// What one second's faults do to the account of a fixture.
    private static func inject(_ name: FaultName, _ venue: OrderDeskFixture) {
        venue.desk.injectFaults(FaultInjector([Fault(name)], seed: 2, clock: venue.clock))
    }

    @Test func `external-order: a client id that is not ours fills`() throws {
        let venue = OrderDeskFixture()
        Self.inject(.externalOrder, venue)
        let last = try #require(venue.events.last?["o"])
        #expect(last["X"]?.text == "FILLED")
        #expect(last["c"]?.text?.hasPrefix("web_") == true)
        #expect(venue.desk.account.positions.contains { $0.lots != 0 })
    }

    @Test func `liquidation and deleveraging: the venue's own order closes the position`() throws {
        for (name, word) in [(FaultName.liquidation, "autoclose-"), (.deleveraging, "adl_")] {
            let venue = OrderDeskFixture()
            Self.inject(name, venue)
            #expect(venue.events.isEmpty)
            _ = venue.call(
                "order.place",
                ["symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.005"])
            Self.inject(name, venue)
            let last = try #require(venue.events.last?["o"])
            #expect(last["x"]?.text == "CALCULATED" && last["X"]?.text == "FILLED")
            #expect(last["c"]?.text?.hasPrefix(word) == true)
            #expect(venue.desk.account.positions[0].lots == 0)
            #expect(venue.desk.openOrders.isEmpty)
        }
    }

    @Test func `self-trade-cancel: a resting order expires in match`() {
        let venue = OrderDeskFixture()
        _ = venue.place("BUY", ticks: -900, quantity: "0.010", "GTC")
        Self.inject(.selfTradeCancel, venue)
        #expect(venue.story.last == "ORDER_TRADE_UPDATE EXPIRED/EXPIRED_IN_MATCH")
        #expect(venue.desk.openOrders.isEmpty)
    }

    @Test func `instrument-halt and tick-change: orders are refused, and REST tells why`() throws {
        for (name, code) in [(FaultName.instrumentHalt, "-4140"), (.tickChange, "-4014")] {
            let clock = VenueClock(startNs: 5_000, startMs: 1_700_000_000_000)
            var fault = Fault(name)
            fault.countMax = 1
            let faults = FaultInjector([fault], seed: 1, clock: clock)
            let symbols: [VenueSymbol] = [.bitcoin]
            let market = SyntheticMarket(
                symbols: symbols, seed: 3, rate: 1, hub: StreamHub(symbols: symbols),
                clock: clock, faults: faults)
            let desk = OrderDesk(
                market: market, clock: clock, wallet: Fixed(units: 100_000 * Fixed.one))
            let odd = market.touch(0).bid / 10 * 10 - 299
            func refusal() -> String {
                var price = ByteWriter()
                price.padded(symbols[0].price(odd), decimals: 2)
                do {
                    _ = try desk.place(
                        Parameters([
                            ("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "LIMIT"),
                            ("timeInForce", "GTC"), ("quantity", "0.010"),
                            ("price", String(decoding: price.bytes, as: UTF8.self)),
                        ]))
                } catch { return "\(error.code)" }
                return "none"
            }
            #expect(refusal() == "none")
            clock.nowNs += 1_100_000_000
            market.advance(to: clock.nowNs)
            #expect(refusal() == code)
            var told = ByteWriter()
            market.symbols[0].writeInformation(to: &told)
            let text = String(decoding: told.bytes, as: UTF8.self)
            #expect(text.contains(#""status":"TRADING""#) == (name == .tickChange))
            #expect(text.contains(#""tickSize":"1.00""#) == (name == .tickChange))
            clock.nowNs += 6_000_000_000
            market.advance(to: clock.nowNs)
            #expect(refusal() == (name == .tickChange ? code : "none"))
        }
    }

    @Test func `duplicate-fill and missing-fill mark events of fills only`() {
        let clock = VenueClock(startNs: 1, startMs: 1_700_000_000_000)
        let symbols: [VenueSymbol] = [.bitcoin]
        let market = SyntheticMarket(
            symbols: symbols, seed: 4, rate: 1, hub: StreamHub(symbols: symbols), clock: clock)
        let desk = OrderDesk(
            market: market, clock: clock, wallet: Fixed(units: 100_000 * Fixed.one))
        var events: [String] = []
        desk.onUserEvent = { name, _, isFill in events.append("\(name) \(isFill)") }
        _ = try? desk.place(
            Parameters([
                ("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "MARKET"), ("quantity", "0.002"),
            ]))
        #expect(
            events == [
                "TRADE_LITE true", "ORDER_TRADE_UPDATE false", "ACCOUNT_UPDATE true",
                "ORDER_TRADE_UPDATE true",
            ])
    }
}
