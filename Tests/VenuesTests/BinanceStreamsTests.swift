//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Testing
import Venues

@Suite("Binance streams")
struct BinanceStreamsTests {
    static let names: [(BinanceStream, String, BinanceStreams.Route)] = [
        (BinanceStream(symbol: "BTC-USDT", kind: .depth(.ms100)), "btcusdt@depth@100ms", .public),
        (BinanceStream(symbol: "BTCUSDT", kind: .depth(.ms250)), "btcusdt@depth", .public),
        (
            BinanceStream(symbol: "BTC-USDT", kind: .partialDepth(levels: 20, .ms500)),
            "btcusdt@depth20@500ms", .public
        ),
        (BinanceStream(symbol: "BTC-USDT", kind: .retailDepth), "btcusdt@rpiDepth@500ms", .public),
        (BinanceStream(symbol: "BTC-USDT", kind: .bookTicker), "btcusdt@bookTicker", .public),
        (BinanceStream(symbol: "BTC-USDT", kind: .trade), "btcusdt@trade", .public),
        (BinanceStream(allSymbols: .bookTicker), "!bookTicker", .public),
        (BinanceStream(symbol: "BTC-USDT", kind: .aggregateTrade), "btcusdt@aggTrade", .market),
        (
            BinanceStream(symbol: "BTC-USDT", kind: .markPrice(everySecond: true)),
            "btcusdt@markPrice@1s", .market
        ),
        (BinanceStream(allSymbols: .markPrice(everySecond: true)), "!markPrice@arr@1s", .market),
        (BinanceStream(allSymbols: .markPrice(everySecond: false)), "!markPrice@arr", .market),
        (BinanceStream(symbol: "BTC-USDT", kind: .candle("1m")), "btcusdt@kline_1m", .market),
        (
            BinanceStream(
                symbol: "BTC-USDT",
                kind: .continuousCandle(contractType: "PERPETUAL", interval: "1s")),
            "btcusdt_perpetual@continuousKline_1s", .market
        ),
        (BinanceStream(allSymbols: .miniTicker), "!miniTicker@arr", .market),
        (BinanceStream(allSymbols: .ticker), "!ticker@arr", .market),
        (BinanceStream(symbol: "BTC-USDT", kind: .liquidations), "btcusdt@forceOrder", .market),
        (BinanceStream(allSymbols: .liquidations), "!forceOrder@arr", .market),
        (BinanceStream(allSymbols: .contractInfo), "!contractInfo", .market),
        (BinanceStream(allSymbols: .assetIndex), "!assetIndex@arr", .market),
        (
            BinanceStream(
                symbol: "BTC-USD", kind: .indexPrice(everySecond: true), venue: .binanceUSDM),
            "btcusd@indexPrice@1s", .market
        ),
        (
            BinanceStream(symbol: "BTC-USD", kind: .trade, venue: .binanceCOINM),
            "btcusd_perp@trade", .public
        ),
        (
            BinanceStream(symbol: "BTC-USDT", kind: .binaryPartialDepth, venue: .binanceSpot),
            "btcusdt@depth20", .public
        ),
        (
            BinanceStream(symbol: "BTC-USDT", kind: .bestBidAsk, venue: .binanceSpot),
            "btcusdt@bestBidAsk", .public
        ),
    ]

    @Test(arguments: names)
    func `a stream has the venue's name and its route`(
        stream: BinanceStream, name: String, route: BinanceStreams.Route
    ) {
        #expect(stream.name == name)
        #expect(stream.kind.route == route)
    }

    @Test func `paths say route, form and names`() {
        let streams = BinanceStreams.streams(["BTC-USDT"], [.depth(.ms0), .bookTicker])
        #expect(
            BinanceStreams.path(.public, streams)
                == "/public/stream?streams=btcusdt@depth@0ms/btcusdt@bookTicker")
        #expect(
            BinanceStreams.path(.public, streams, form: .raw)
                == "/public/ws/btcusdt@depth@0ms/btcusdt@bookTicker")
        #expect(
            BinanceStreams.spotPath(streams) == "/stream?streams=btcusdt@depth@0ms/"
                + "btcusdt@bookTicker")
        #expect(BinanceStreams.spotPath(streams, form: .raw).hasPrefix("/ws/btcusdt@depth"))
        #expect(BinanceStreams.emptyPath(.market) == "/market/stream")
        #expect(BinanceStreams.emptyPath(nil, form: .raw) == "/ws")
    }

    @Test func `what needs its name is not asked for raw, nor on another route`() async {
        await #expect(processExitsWith: .failure) {
            _ = BinanceStreams.path(
                .public,
                [BinanceStream(symbol: "BTC-USDT", kind: .partialDepth(levels: 5, .ms100))],
                form: .raw)
        }
        await #expect(processExitsWith: .failure) {
            _ = BinanceStreams.path(
                .public, [BinanceStream(symbol: "BTC-USDT", kind: .aggregateTrade)])
        }
    }

    @Test func `every stream is on one connection of its route, none holding too many`() {
        let symbols = (0..<700).map { "S\($0)-USDT" }
        let streams = BinanceStreams.streams(
            symbols, [.depth(.ms100), .bookTicker, .markPrice(everySecond: true)])
        let connections = BinanceStreams.connections(streams)
        #expect(connections.map(\.route) == [.public, .public, .market])
        #expect(connections.map(\.streams.count) == [1_024, 376, 700])
        let all = connections.flatMap { $0.streams.map(\.name) }
        #expect(all.count == streams.count)
        #expect(Set(all) == Set(streams.map(\.name)))
        for connection in connections {
            #expect(connection.streams.allSatisfy { $0.kind.route == connection.route })
        }
        let spot = BinanceStreams.connections(streams, venue: .binanceSpot, perConnectionMax: 1_000)
        #expect(spot.map(\.streams.count) == [1_000, 1_000, 100])
        #expect(spot.allSatisfy { $0.route == nil })
        #expect(BinanceStreams.connections([]).isEmpty)
    }

    @Test func `a subscription is cut into numbered requests`() {
        let streams = BinanceStreams.streams(["BTC-USDT", "ETH-USDT"], [.trade])
        #expect(
            BinanceStreams.subscribe(streams, firstID: 7) == [
                #"{"method":"SUBSCRIBE","params":["btcusdt@trade","ethusdt@trade"],"id":7}"#
            ])
        let many = BinanceStreams.streams((0..<450).map { "S\($0)-USDT" }, [.trade])
        let requests = BinanceStreams.unsubscribe(many, firstID: 1)
        #expect(requests.count == 3)
        #expect(requests[2].hasSuffix(#""s449usdt@trade"],"id":3}"#))
        #expect(requests[0].hasPrefix(#"{"method":"UNSUBSCRIBE","params":["s0usdt@trade""#))
        #expect(BinanceStreams.subscribe([], firstID: 1).isEmpty)
    }
}
