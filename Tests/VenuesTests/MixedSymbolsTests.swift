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

/// A message that names another instrument than the stream it came by is refused: its numbers are
/// one instrument's, and which one nobody can say.
@Suite("Messages of another instrument")
struct MixedSymbolsTests {
    private static let binance: [(stream: String, event: String)] = [
        ("depth@100ms", #"{"e":"depthUpdate","E":1,"T":1700000000000,"s":"BTCUSDT","U":1,"u":2,"#
            + #""pu":0,"b":[["1.00","1.000"]],"a":[]}"#),
        ("bookTicker", #"{"e":"bookTicker","u":5,"s":"BTCUSDT","b":"1.00","B":"1.000","#
            + #""a":"1.10","A":"2.000","T":1700000000000,"E":1700000000000}"#),
        ("trade", #"{"e":"trade","E":1700000000000,"T":1700000000000,"s":"BTCUSDT","t":7,"#
            + #""p":"1.00","q":"1.000","X":"MARKET","m":true}"#),
        ("aggTrade", #"{"e":"aggTrade","E":1700000000000,"a":7,"s":"BTCUSDT","p":"1.00","#
            + #""q":"1.000","f":1,"l":1,"T":1700000000000,"m":true}"#),
        ("markPrice@1s", #"{"e":"markPriceUpdate","E":1700000000000,"s":"BTCUSDT","#
            + #""p":"1.00000000","P":"1.00000000","i":"1.00000000","r":"0.00010000","#
            + #""T":1700000000000}"#),
    ]

    @Test(arguments: binance.indices)
    func `Binance's combined streams`(place: Int) throws {
        let (stream, event) = Self.binance[place]
        let harness = try Harness([
            instrument("BTCUSDT"), instrument("ETHUSDT"), instrument("BTCUSD"),
        ])
        // Again, so that a shape that was learned is asked too.
        for _ in 0..<3 {
            #expect(!harness.parse(#"{"stream":"btcusdt@\#(stream)","data":\#(event)}"#).isEmpty)
            #expect(!harness.parse(event).isEmpty)
        }
        // Another symbol, a shorter one that begins alike, a longer one, and one that is not known.
        var refused: UInt64 = 0
        for other in ["ethusdt", "btcusd", "btcusdt_240329", "xrpusdt"] {
            for text in [event, event.replacing("{\"e\"", with: "{ \"e\"")] {
                let message = #"{"stream":"\#(other)@\#(stream)","data":\#(text)}"#
                #expect(harness.parse(message).isEmpty)
                refused += 1
            }
        }
        #expect(harness.counter("mixed_symbols") == refused)
        #expect(harness.refusals == 0)
    }

    @Test func `a stream of all symbols names none`() throws {
        let harness = try Harness([instrument("BTCUSDT")])
        let ticker = Self.binance[1].event
        #expect(!harness.parse(#"{"stream":"!bookTicker","data":\#(ticker)}"#).isEmpty)
        #expect(harness.counter("mixed_symbols") == 0)
    }

    @Test(arguments: [OKXSample.trade, OKXSample.ticker])
    func `OKX's data under the argument of another instrument`(message: String) throws {
        let harness = try Harness.okx(OKXSample.instruments)
        #expect(!harness.parse(message).isEmpty)
        let name = message.contains("BTC-USDT-SWAP") ? "BTC-USDT-SWAP" : "BTC-USDT"
        for other in ["ETH-USDT", "BTC-USDT-SWA", "BTC-USDT-SWAPS"] {
            let argument = try #require(message.firstRange(of: "\"instId\":\"\(name)\""))
            let mixed = message.replacingCharacters(
                in: argument, with: "\"instId\":\"\(other)\"")
            #expect(harness.parse(mixed).isEmpty)
            #expect(harness.parse(mixed.replacing("\"ts\":", with: "\"ts\" :")).isEmpty)
        }
        #expect(harness.counter("mixed_symbols") == 6)
        #expect(harness.refusals == 0)
    }
}
