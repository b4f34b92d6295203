//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("Synthetic market")
struct SyntheticMarketTests {
    private static let second: UInt64 = 1_000_000_000

    private func make(seed: UInt64) -> (SyntheticMarket, StreamHub, VenueClock) {
        let symbols: [VenueSymbol] = [.bitcoin, .ether, .solana]
        let hub = StreamHub(symbols: symbols)
        let clock = VenueClock(startNs: 5_000, startMs: 1_700_000_000_000)
        let market = SyntheticMarket(
            symbols: symbols, seed: seed, rate: 1, hub: hub, clock: clock)
        return (market, hub, clock)
    }

    private func run(_ market: SyntheticMarket, _ clock: VenueClock, seconds: Double) {
        clock.nowNs += UInt64(seconds * Double(Self.second))
        market.advance(to: clock.nowNs)
    }

    @Test func `the same seed gives the same bytes and another seed others`() {
        var runs: [[[UInt8]]] = []
        for seed in [7, 7, 8] as [UInt64] {
            let (market, hub, clock) = make(seed: seed)
            let recorder = Recorder()
            recorder.subscribe(hub, "btcusdt@depth@0ms", "btcusdt@bookTicker", "btcusdt@trade")
            run(market, clock, seconds: 1)
            runs.append(recorder.payloads)
        }
        #expect(runs[0] == runs[1])
        #expect(runs[0] != runs[2])
    }

    @Test func `the market does not depend on how often it is advanced`() {
        var runs: [[[UInt8]]] = []
        for steps in [1, 40] {
            let (market, hub, clock) = make(seed: 3)
            let recorder = Recorder()
            recorder.subscribe(hub, "ethusdt@depth@100ms", "ethusdt@aggTrade")
            for _ in 0..<steps { run(market, clock, seconds: 1 / Double(steps)) }
            runs.append(recorder.payloads)
        }
        #expect(runs[0] == runs[1])
    }

    /// Goal: a client that follows the documented procedure has the venue's book, always.
    /// Method: subscribe, take a snapshot in flight, apply, compare with every best price.
    @Test(arguments: ["depth@0ms", "depth@100ms", "depth", "depth@500ms"])
    func `snapshot and diffs give the book whose best prices were published`(stream: String) {
        let (market, hub, clock) = make(seed: 11)
        let recorder = Recorder()
        recorder.subscribe(hub, "btcusdt@\(stream)", "btcusdt@bookTicker")
        run(market, clock, seconds: 1.03)
        var body: [UInt8] = []
        market.depth(0, limit: 1000) { body = $0 }
        run(market, clock, seconds: 5)
        guard let snapshot = JSONValue.parse(body.count < 65_536 ? body : []) else {
            Issue.record("no snapshot")
            return
        }
        let snapshotID = snapshot.integer("lastUpdateId")
        let depths = recorder.events("depthUpdate")
        let tickers = recorder.events("bookTicker")
        #expect(snapshot.levels("bids").count == 1000)
        #expect(zip(depths, depths.dropFirst()).allSatisfy { $1.integer("pu") == $0.integer("u") })
        #expect(depths.allSatisfy { $0.integer("U") <= $0.integer("u") })
        #expect(depths.allSatisfy { $0.integer("pu") < $0.integer("U") })
        let rest = depths.drop { $0.integer("u") < snapshotID }
        #expect((rest.first?.integer("U") ?? .max) <= snapshotID)
        var book = ClientBook(snapshot: snapshot)
        var compared = 0
        for event in rest {
            book.apply(event)
            guard let ticker = tickers.last(where: { $0.integer("u") <= event.integer("u") })
            else { continue }
            let wanted = ["b", "B", "a", "A"].map { ticker[$0]?.text.flatMap { Fixed($0) } }
            #expect(book.best == wanted)
            compared += 1
        }
        #expect(compared > 5)
    }

    @Test func `diff levels ascend on both sides and snapshot levels start with the best`() {
        let (market, hub, clock) = make(seed: 5)
        let recorder = Recorder()
        recorder.subscribe(hub, "solusdt@depth@100ms")
        run(market, clock, seconds: 2)
        var body: [UInt8] = []
        market.depth(2, limit: 20) { body = $0 }
        run(market, clock, seconds: 1)
        for event in recorder.events("depthUpdate") {
            for side in ["b", "a"] {
                let prices = event.levels(side).map(\.price)
                #expect(zip(prices, prices.dropFirst()).allSatisfy { $0 < $1 })
            }
        }
        let snapshot = JSONValue.parse(body) ?? .null
        let bids = snapshot.levels("bids").map(\.price)
        let asks = snapshot.levels("asks").map(\.price)
        #expect(bids.count == 20)
        #expect(zip(bids, bids.dropFirst()).allSatisfy { $0 > $1 })
        #expect(zip(asks, asks.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `aggregated trades cover every trade once`() {
        let (market, hub, clock) = make(seed: 21)
        let recorder = Recorder()
        recorder.subscribe(hub, "btcusdt@trade", "btcusdt@aggTrade")
        run(market, clock, seconds: 3.01)
        let trades = recorder.events("trade")
        let aggregates = recorder.events("aggTrade")
        #expect(trades.count > aggregates.count)
        var next = trades.first?.integer("t") ?? 0
        for one in aggregates {
            #expect(one.integer("f") == next)
            next = one.integer("l") + 1
            let parts = trades.filter {
                (one.integer("f")...one.integer("l")).contains($0.integer("t"))
            }
            let sum = parts.reduce(0) { $0 + (Fixed($1["q"]?.text ?? "")?.units ?? 0) }
            #expect(sum == Fixed(one["q"]?.text ?? "")?.units)
        }
    }

    @Test func `a lost depth event shows as a gap and in nothing else`() {
        let (market, hub, clock) = make(seed: 2)
        let recorder = Recorder()
        recorder.subscribe(hub, "btcusdt@depth@100ms")
        run(market, clock, seconds: 1)
        market.skipDepthEvent()
        run(market, clock, seconds: 1)
        let depths = recorder.events("depthUpdate")
        let gaps = zip(depths, depths.dropFirst()).filter { $1.integer("pu") != $0.integer("u") }
        #expect(gaps.count == 1)
    }

    @Test func `activity is near the rate of a real market`() {
        let (market, hub, clock) = make(seed: 1)
        let recorder = Recorder()
        for symbol in ["btcusdt", "ethusdt", "solusdt"] {
            recorder.subscribe(
                hub, "\(symbol)@depth@0ms", "\(symbol)@bookTicker", "\(symbol)@trade")
        }
        run(market, clock, seconds: 4)
        #expect((2_000...6_000).contains(recorder.messages.count))
    }
}
