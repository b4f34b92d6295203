//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("OKX market data")
struct OKXMarketTests {
    /// Goal: a client that follows the documentation has the venue's window, always.
    /// Method: subscribe at once and late, apply every message, compare with the book at rest.
    @Test(arguments: [("books", 400, 0), ("books-l2-tbt", 400, 1), ("books50-l2-tbt", 50, 6)])
    func `snapshot and updates give exactly the top of the book`(
        channel: String, levels: Int, index: Int
    ) {
        let venue = OKXFixture()
        let early = OKXClient(venue, .publicData, isLoggedIn: true)
        let late = OKXClient(venue, .publicData, isLoggedIn: true)
        let instrument = venue.market.instruments[index]
        let argument = #""channel":"\#(channel)","instId":"\#(instrument.name)""#
        early.subscribe(argument)
        venue.run(seconds: 2.34)
        late.subscribe(argument)
        venue.run(seconds: 2)
        venue.exchange.isPaused = true
        venue.run(seconds: 0.2)
        var expected: [Fixed: Fixed] = [:]
        for level in venue.market.feeds[index].book.engine.levels(.bid).suffix(levels) {
            expected[instrument.price(level.price)] = instrument.size(level.lots)
        }
        for client in [early, late] {
            var book = OKXClientBook()
            for push in client.pushes(channel) { book.take(push) }
            #expect(client.pushes(channel).first?["action"]?.text == "snapshot")
            #expect(client.data(channel).first?.integer("prevSeqId") == -1)
            #expect(book.gaps == 0)
            #expect(book.updates > 10)
            #expect(book.bids.count == levels)
            #expect(book.asks.count == levels)
            #expect(book.bids == expected)
            #expect((book.unknownDeletes > 0) == (channel == "books"))
        }
    }

    @Test func `sequence numbers rise in irregular steps and rows stand best first`() {
        let venue = OKXFixture()
        let client = OKXClient(venue, .publicData)
        client.subscribe(#""channel":"books","instId":"BTC-USDT-SWAP""#)
        venue.run(seconds: 3)
        let steps = client.data("books").dropFirst().map {
            $0.integer("seqId") - $0.integer("prevSeqId")
        }
        #expect(Set(steps).count > 5)
        #expect(steps.allSatisfy { $0 > 0 })
        for data in client.data("books") {
            #expect(data["checksum"] == .number("0"))
            for (side, sign) in [("bids", -1), ("asks", 1)] {
                let prices = data.rows(side).compactMap { row -> Int64? in
                    guard case .array(let parts) = row else { return nil }
                    return Fixed(parts[0].text ?? "").map { $0.units * Int64(sign) }
                }
                #expect(zip(prices, prices.dropFirst()).allSatisfy { $0 < $1 })
            }
        }
    }

    @Test(arguments: [
        ("3366.1:7:3366.8:9:3366:6:3368:8", -1_881_014_294),
        ("3366.1:7:3366.8:9:3368:8:3372:8", 831_078_360),
        ("0.034:1001:0.038:1506:0.0325:505", -1_328_280_565),
        ("0.034:1001:0.0375:500:0.0325:505:0.038:1006", 356_118_983),
    ] as [(String, Int32)])
    func `the checksum of old is that of the venue's samples`(text: String, expected: Int32) {
        #expect(OKXChecksum.value(Array(text.utf8)) == expected)
    }

    /// Method: rebuild the text from the client's book, which is another path than the venue's.
    @Test func `the checksum of old covers the client's book`() {
        var options = OKXOptions()
        options.hasChecksum = true
        let venue = OKXFixture(options)
        let client = OKXClient(venue, .publicData)
        client.subscribe(#""channel":"books","instId":"ETH-USDT""#)
        venue.run(seconds: 1.5)
        var book = OKXClientBook()
        for push in client.pushes("books") {
            book.take(push)
            var writer = ByteWriter()
            let bids = book.bids.sorted { $0.key > $1.key }.prefix(25)
            let asks = book.asks.sorted { $0.key < $1.key }.prefix(25)
            for (place, pair) in zip(bids, asks).enumerated() {
                for level in [pair.0, pair.1] {
                    if !writer.bytes.isEmpty { writer.text(":") }
                    writer.stripped(level.key)
                    writer.text(":")
                    writer.stripped(level.value)
                }
                #expect(place < 25)
            }
            let wanted = Int64(OKXChecksum.value(writer.bytes))
            #expect(push.row("data")?.integer("checksum") == wanted)
        }
    }

    @Test func `trades merge the matches of one taker at one price`() {
        let venue = OKXFixture()
        let client = OKXClient(venue, .publicData)
        let all = OKXClient(venue, .business)
        client.subscribe(#""channel":"trades","instId":"BTC-USDT-SWAP""#)
        all.subscribe(#""channel":"trades-all","instId":"BTC-USDT-SWAP""#)
        venue.run(seconds: 5)
        let single = all.data("trades-all")
        var next = 0
        for trade in client.data("trades") {
            let count = Int(trade.integer("count"))
            let parts = single[next..<min(next + count, single.count)]
            next += count
            #expect(parts.count == count)
            #expect(parts.last?["tradeId"] == trade["tradeId"])
            #expect(parts.allSatisfy { $0["px"] == trade["px"] && $0["side"] == trade["side"] })
            let sum = parts.reduce(0) { $0 + $1.decimal("sz").units }
            #expect(sum == trade.decimal("sz").units)
            #expect(trade["source"]?.text == "0")
            #expect(trade.integer("seqId") > 0)
        }
        #expect(next == single.count)
        #expect(client.data("trades").contains { $0.integer("count") > 1 })
        #expect(single.allSatisfy { $0["count"] == nil })
    }

    @Test func `channels of one instant come in the venue's order`() {
        let venue = OKXFixture()
        let first = OKXClient(venue, .publicData, isLoggedIn: true)
        for channel in ["books5", "books", "books50-l2-tbt", "bbo-tbt"] {
            first.subscribe(#""channel":"\#(channel)","instId":"BTC-USDT-SWAP""#)
        }
        venue.run(seconds: 0.095)
        first.clear()
        venue.run(seconds: 0.006)
        let order = first.messages.compactMap { $0["arg"]?["channel"]?.text }
        let wanted = ["bbo-tbt", "books50-l2-tbt", "books", "books5"]
        #expect(order == wanted.filter { order.contains($0) })
        #expect(order.suffix(2) == ["books", "books5"])
    }

    @Test func `an idle book says so with an empty message and the same number`() {
        let venue = OKXFixture()
        let client = OKXClient(venue, .publicData)
        client.subscribe(#""channel":"books","instId":"SOL-USDT""#)
        venue.exchange.isPaused = true
        venue.run(seconds: 61)
        let last = client.data("books").last
        #expect(last?.rows("bids") == [])
        #expect(last?.rows("asks") == [])
        #expect(last?["seqId"] == last?["prevSeqId"])
        #expect(client.data("books").count == 2)
    }

    @Test func `candles close once and their parts come from the trades`() {
        let venue = OKXFixture()
        let client = OKXClient(venue, .business)
        client.subscribe(#""channel":"candle1s","instId":"BTC-USDT""#)
        client.subscribe(#""channel":"trades-all","instId":"BTC-USDT""#)
        venue.run(seconds: 6.5)
        var closed: [[String]] = []
        for push in client.pushes("candle1s") {
            guard case .array(let parts) = push.row("data") else { continue }
            let texts = parts.compactMap(\.text)
            #expect(texts.count == 9)
            if texts[8] == "1" { closed.append(texts) }
        }
        #expect(closed.count >= 5)
        let openings = closed.compactMap { Int64($0[0]) }
        #expect(zip(openings, openings.dropFirst()).allSatisfy { $1 == $0 + 1_000 })
        for candle in closed {
            let start = Int64(candle[0]) ?? 0
            let trades = client.data("trades-all").filter {
                (start..<start + 1_000).contains($0.integer("ts"))
            }
            let volume = trades.reduce(0) { $0 + $1.decimal("sz").units }
            #expect(Fixed(candle[5])?.units == volume)
            guard let last = trades.last else { continue }
            #expect(Fixed(candle[4]) == last.decimal("px"))
            let prices = trades.map { $0.decimal("px") } + [Fixed(candle[1])!]
            #expect(Fixed(candle[2]) == prices.max())
        }
    }

    @Test func `tickers, marks, limits and funding are pushed when subscribed`() {
        let venue = OKXFixture()
        let client = OKXClient(venue, .publicData)
        for channel in ["tickers", "mark-price", "price-limit", "funding-rate", "books5"] {
            client.subscribe(#""channel":"\#(channel)","instId":"BTC-USD-SWAP""#)
            #expect(client.pushes(channel).count == 1, "\(channel)")
        }
        venue.run(seconds: 2)
        #expect(client.data("tickers").count > 3)
        #expect(client.data("tickers").count <= 22)
        #expect(client.data("mark-price").count > 1)
        let limit = client.data("price-limit").last
        let mark = client.data("mark-price").last?.decimal("markPx").units ?? 0
        #expect((limit?.decimal("buyLmt").units ?? 0) > mark)
        #expect((limit?.decimal("sellLmt").units ?? 0) < mark)
        #expect(client.data("books5").last?["instId"]?.text == "BTC-USD-SWAP")
    }

    @Test func `the same seed gives the same bytes and another seed others`() {
        var runs: [[String]] = []
        for seed in [7, 7, 8] as [UInt64] {
            let venue = OKXFixture(seed: seed)
            let client = OKXClient(venue, .publicData)
            for channel in ["books", "trades", "tickers"] {
                client.subscribe(#""channel":"\#(channel)","instId":"ETH-USDT-SWAP""#)
            }
            venue.run(seconds: 1)
            runs.append(client.texts)
        }
        #expect(runs[0] == runs[1])
        #expect(runs[0] != runs[2])
    }

    @Test func `contracts on one coin move together`() {
        let venue = OKXFixture()
        venue.run(seconds: 8)
        for (leader, follower) in [(0, 3), (0, 6), (1, 4), (2, 5)] {
            let marks = [follower, leader].map { venue.market.feeds[$0].book.mark }
            #expect(abs(marks[0] / marks[1] - 1) < 0.002, "\(follower)")
        }
    }

    @Test func `another venue's books lead and do not notice`() {
        func binance(_ hasOKX: Bool) -> [[UInt8]] {
            let clock = VenueClock(startNs: 5, startMs: 1_700_000_000_000)
            let exchange = SyntheticExchange(clock: clock)
            let symbols: [VenueSymbol] = [.bitcoin, .ether, .solana]
            let hub = StreamHub(symbols: symbols)
            let market = SyntheticMarket(
                symbols: symbols, seed: 7, rate: 1, hub: hub, clock: clock, exchange: exchange)
            var okx: OKXMarket?
            if hasOKX {
                okx = OKXMarket(
                    seed: 7, rate: 1, options: OKXOptions(), exchange: exchange,
                    leaders: ["BTC": market.books[0], "ETH": market.books[1]])
            }
            let recorder = Recorder()
            recorder.subscribe(hub, "btcusdt@depth@100ms", "btcusdt@trade")
            clock.nowNs += 3_000_000_000
            exchange.advance(to: clock.nowNs)
            if let okx {
                let ratio = okx.feeds[0].book.mark / market.books[0].mark
                #expect(abs(ratio - 1) < 0.002)
            }
            return recorder.payloads
        }
        #expect(binance(false) == binance(true))
    }

    @Test func `instruments show the venue's steps and codes of five or sixteen digits`() {
        for hasLongCodes in [false, true] {
            var options = OKXOptions()
            options.hasLongCodes = hasLongCodes
            let venue = OKXFixture(options)
            let reply = venue.call("GET", "/api/v5/public/instruments", query: "instType=SWAP")
            let swap = reply.rows("data").first { $0["instId"]?.text == "BTC-USDT-SWAP" }
            #expect(
                swap?["instIdCode"] == .number(hasLongCodes ? "2021032601102993" : "10459"))
            #expect(swap?["tickSz"]?.text == "0.1")
            #expect(swap?["lotSz"]?.text == "0.01")
            #expect(swap?["ctVal"]?.text == "0.01")
            let inverse = reply.rows("data").first { $0["instId"]?.text == "BTC-USD-SWAP" }
            #expect(inverse?["ctType"]?.text == "inverse")
            #expect(inverse?["settleCcy"]?.text == "BTC")
            let spot = venue.call("GET", "/api/v5/public/instruments", query: "instType=SPOT")
            #expect(spot.rows("data").first?["lotSz"]?.text == "0.00000001")
        }
    }
}
