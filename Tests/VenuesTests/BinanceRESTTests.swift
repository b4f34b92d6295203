//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Messages
import Testing
import Venues

@Suite("REST replies and stream paths")
struct BinanceRESTTests {
    /// The body that was recorded, without the recorder's envelope.
    private static func recorded(_ file: String) throws -> [UInt8] {
        let data = try Data(contentsOf: URL(filePath: "\(samples)/rest_recorded_gct/\(file)"))
        let rows = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        let body = try #require(rows.first?["response"])
        return Array(try JSONSerialization.data(withJSONObject: body))
    }

    @Test(.enabled(if: haveSamples, "the venue samples are not here"))
    func `BTCUSDT is read with every filter`() throws {
        let body = try Self.recorded("fapi_v1_exchangeInfo_GET.json")
        let instruments = try BinanceREST.instruments(body, symbols: ["BTC-USDT"])
        try #require(instruments.count == 1)
        let bitcoin = instruments[0]
        #expect(bitcoin.symbolText == "BTC-USDT")
        #expect(bitcoin.venueSymbolText == "BTCUSDT")
        #expect(bitcoin.quoteAssetText == "USDT")
        #expect(bitcoin.venue == .binanceUSDM)
        #expect(bitcoin.priceDecimals == 2)
        #expect(bitcoin.tickMantissa == 10)
        #expect(bitcoin.quantityDecimals == 3)
        #expect(bitcoin.lotMantissa == 1)
        #expect(bitcoin.tickLotValueE12 == 100_000_000)
        #expect(bitcoin.priceMin == PriceTicks(5_568))
        #expect(bitcoin.priceMax == PriceTicks(45_297_640))
        #expect(bitcoin.quantityMin == QuantityLots(1))
        #expect(bitcoin.quantityMax == QuantityLots(1_000_000))
        #expect(bitcoin.marketQuantityMax == QuantityLots(120_000))
        #expect(bitcoin.notionalMinE8 == 10_000_000_000)
        #expect(bitcoin.percentUpE4 == 10_500)
        #expect(bitcoin.percentDownE4 == 9_500)
        #expect(bitcoin.openOrdersMax == 200)
        #expect(bitcoin.isInverse == 0)
        #expect(bitcoin.text(price: bitcoin.priceMin) == "556.80")
    }

    @Test(.enabled(if: haveSamples, "the venue samples are not here"))
    func `every perpetual that trades is read when none is named`() throws {
        let body = try Self.recorded("fapi_v1_exchangeInfo_GET.json")
        let instruments = try BinanceREST.instruments(body, symbols: [])
        #expect(instruments.contains { $0.symbolText == "ETH-USDT" })
        #expect(instruments.allSatisfy { $0.tickLotValueE12 > 0 && $0.tickMantissa > 0 })
        let spot = try BinanceREST.instruments(
            try Self.recorded("api_v3_exchangeInfo_GET.json"), symbols: ["BTC-USDT"],
            venue: .binanceSpot)
        #expect(spot[0].priceDecimals == 8)
        #expect(spot[0].tickMantissa == 1_000_000)
    }

    @Test(arguments: [
        ("BTC-USDT", "TRADING", "PERPETUAL", nil as BinanceError?),
        ("XRP-USDT", "TRADING", "PERPETUAL", .unknownSymbol("XRP-USDT")),
        ("BTC-USDT", "SETTLING", "PERPETUAL", .notTrading(symbol: "BTC-USDT", status: "SETTLING")),
        (
            "BTC-USDT", "TRADING", "CURRENT_QUARTER",
            .notPerpetual(symbol: "BTC-USDT", type: "CURRENT_QUARTER")
        ),
    ])
    func `only perpetual contracts that trade are taken`(
        symbol: String, status: String, type: String, error: BinanceError?
    ) throws {
        let body = Array(Self.exchangeInfo(status: status, type: type).utf8)
        if let error {
            #expect(throws: error) {
                _ = try BinanceREST.instruments(body, symbols: [symbol])
            }
        } else {
            #expect(try BinanceREST.instruments(body, symbols: [symbol]).count == 1)
        }
    }

    private static func exchangeInfo(
        status: String = "TRADING", type: String = "PERPETUAL", tick: String = "0.10",
        minPrice: String = "0"
    ) -> String {
        #"{"symbols":[{"symbol":"BTCUSDT","status":"\#(status)","contractType":"\#(type)","#
            + #""baseAsset":"BTC","quoteAsset":"USDT","pricePrecision":2,"quantityPrecision":3,"#
            + #""filters":[{"filterType":"PRICE_FILTER","minPrice":"\#(minPrice)","maxPrice":"0","#
            + #""tickSize":"\#(tick)"},{"filterType":"LOT_SIZE","minQty":"0.0015","maxQty":"10","#
            + #""stepSize":"0.001"}]}]}"#
    }

    @Test func `a bound that is open is the widest, one between ticks is drawn inwards`() throws {
        let body = Array(Self.exchangeInfo(minPrice: "1.25").utf8)
        let found = try BinanceREST.instruments(body, symbols: ["BTC-USDT"])[0]
        #expect(found.priceMin == PriceTicks(13))
        #expect(found.priceMax == PriceTicks(.max))
        #expect(found.quantityMin == QuantityLots(2))
        #expect(found.marketQuantityMax == found.quantityMax)
        #expect(found.percentUpE4 == 0)
        #expect(found.openOrdersMax == 0)
    }

    @Test(arguments: ["0", "-1", "x", "", "1e-5", "0.0000000000000000000001"])
    func `a tick size that makes no sense is refused by name`(tick: String) throws {
        let body = Array(Self.exchangeInfo(tick: tick).utf8)
        #expect(
            throws: BinanceError.badFilter(
                symbol: "BTCUSDT", filter: "PRICE_FILTER", field: "tickSize")
        ) { _ = try BinanceREST.instruments(body, symbols: ["BTC-USDT"]) }
    }

    @Test func `a tick finer than the printed precision sets the decimals`() throws {
        let body = Array(Self.exchangeInfo(tick: "0.0025").utf8)
        let found = try BinanceREST.instruments(body, symbols: ["BTC-USDT"])[0]
        #expect(found.priceDecimals == 4)
        #expect(found.tickMantissa == 25)
    }

    private func readEach(_ text: String, _ wanted: BinanceError?) {
        let body = Array(text.utf8)
        var errors: [BinanceError] = []
        do { _ = try BinanceREST.listenKey(body) } catch { errors.append(error) }
        do { _ = try BinanceREST.serverTime(body) } catch { errors.append(error) }
        do { _ = try BinanceREST.instruments(body, symbols: []) } catch { errors.append(error) }
        #expect(errors.count == 3)
        if let wanted { #expect(errors.allSatisfy { $0 == wanted }) }
    }

    @Test func `a body that is no JSON, or that is an error of the venue, is told`() {
        for text in ["", "<html>", "{", "{}x"] { readEach(text, .notJSON) }
        readEach(
            #"{"code":-1125,"msg":"This listenKey \"x\""}"#,
            .venue(code: -1125, message: "This listenKey \"x\""))
        for text in ["{}", "[]", "null", "7"] { readEach(text, nil) }
    }

    @Test func `listen key and server time are read`() throws {
        #expect(try BinanceREST.listenKey(Array(#"{"listenKey":"pqia\u0039"}"#.utf8)) == "pqia9")
        #expect(
            try BinanceREST.serverTime(Array(#"{ "serverTime": 1499827319559 }"#.utf8))
                == 1_499_827_319_559_000_000)
        #expect(throws: BinanceError.missing("serverTime")) {
            _ = try BinanceREST.serverTime(Array(#"{"serverTime":99999999999999999}"#.utf8))
        }
        #expect(BinanceREST.error(Array(#"{"code":200,"msg":"done"}"#.utf8)) == nil)
    }

    @Test func `each path carries the streams of its route only`() {
        #expect(
            BinanceStreams.publicPath(symbols: ["BTC-USDT", "ETHUSDT"], depthSpeed: .ms100)
                == "/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@trade"
                + "/ethusdt@depth@100ms/ethusdt@bookTicker/ethusdt@trade")
        #expect(
            BinanceStreams.publicPath(symbols: ["BTC-USDT"], depthSpeed: .ms250, trades: false)
                == "/public/stream?streams=btcusdt@depth/btcusdt@bookTicker")
        #expect(
            BinanceStreams.marketPath(symbols: ["BTC-USDT"])
                == "/market/stream?streams=btcusdt@markPrice@1s")
        #expect(
            BinanceStreams.marketPath(symbols: ["BTC-USDT"], aggregateTrades: true)
                == "/market/stream?streams=btcusdt@markPrice@1s/btcusdt@aggTrade")
        #expect(BinanceStreams.privatePath(listenKey: "abc") == "/private/ws/abc")
    }

    @Test(arguments: [
        ("BTC-USDT", "BTCUSDT", Venue.binanceUSDM), ("1000PEPE-USDC", "1000PEPEUSDC", .binanceUSDM),
        ("BTC-USDT-240628", "BTCUSDT_240628", .binanceUSDM),
        ("BTC-USD", "BTCUSD_PERP", .binanceCOINM),
        ("ETH-BTC", "ETHBTC", .binanceSpot),
    ])
    func `names go both ways`(ours: String, venues: String, venue: Venue) {
        #expect(BinanceSymbol.venueSymbol(ours, venue: venue) == venues)
        #expect(BinanceSymbol.symbol(venueSymbol: venues) == ours)
    }
}
