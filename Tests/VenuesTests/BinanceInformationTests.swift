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

@Suite("Binance messages without a record")
struct BinanceInformationTests {
    static let bitcoin = instrument("BTCUSDT")

    struct Kind: Sendable, CustomStringConvertible {
        let counter: String
        let text: String
        var description: String { counter }
    }

    static let candle =
        #"{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1786173300000, "T":1786173359999, "#
        + #""s":"BTCUSDT", "i":"1m", "f":-1, "L":-1, "o":"1.0", "c":"1", "h":"2.50", "#
        + #""l":"0", "v":"3", "n":0, "x":false, "q":"0", "V":"0", "Q":"0", "B":"0"}}"#
    static let continuous =
        #"{"e":"continuous_kline","E":1,"ps":"BTCUSDT","ct":"PERPETUAL","k":{"t":1,"T":2,"#
        + #""i":"1s","f":1,"L":2,"o":"1","c":"1","h":"1","l":"1","v":"1","n":1,"x":true,"#
        + #""q":"1","V":"1","Q":"1","B":"0"}}"#
    static let force =
        #"{"e":"forceOrder","E":2,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","#
        + #""q":"0.014","p":"9910","ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1,"#
        + #""ps":"BTCUSDT","st":1}}"#
    static let mini =
        #"{"e":"24hrMiniTicker","E":1,"s":"BTCUSDT","c":"1","o":"1","h":"1","l":"1","#
        + #""v":"1","q":"1","ps":"BTCUSDT","st":1}"#
    static let ticker =
        #"{"e":"24hrTicker","E":1,"s":"BTCUSDT","p":"-88.17","P":"-0.855","w":"1","c":"1","#
        + #""Q":"1","o":"1","h":"1","l":"1","v":"1","q":"1","O":1,"C":2,"F":1,"L":2,"n":2}"#
    static let contract =
        #"{"e":"contractInfo","E":1,"s":"IOTAUSDT","ct":"PERPETUAL","dt":4133404800000,"#
        + #""ot":1569398400000,"cs":"TRADING","bks":[{"bs":1,"mmr":0.01}],"st":1}"#
    static let asset =
        #"{"e":"assetIndexUpdate","E":1,"s":"ADAUSD","i":"1","b":"1","a":"1","B":"1","A":"1","#
        + #""q":"1","g":"1","Q":"1","G":"1"}"#
    static let composite =
        #"{"e":"compositeIndex","E":1,"s":"DEFIUSDT","p":"5.5","C":"baseAsset","c":[{"b":"X"}]}"#

    static let kinds = [
        Kind(counter: "candles", text: candle), Kind(counter: "candles", text: continuous),
        Kind(counter: "liquidations", text: force), Kind(counter: "day_tickers", text: mini),
        Kind(counter: "day_tickers", text: ticker),
        Kind(counter: "index_prices", text: #"{"e":"indexPriceUpdate","E":1,"i":"X","p":"1.5"}"#),
        Kind(counter: "index_prices", text: #"{"E":1,"s":"BTCUSDT","p":"1.5","e":"IndexUpdate"}"#),
        Kind(counter: "index_prices", text: asset), Kind(counter: "index_prices", text: composite),
        Kind(counter: "contract_infos", text: contract),
        Kind(
            counter: "trading_sessions",
            text: #"{"e":"EquityUpdate","E":1,"t":1,"T":2,"S":"OVERNIGHT"}"#),
        Kind(counter: "server_shutdowns", text: #"{"e":"serverShutdown","E":1}"#),
    ]

    @Test(arguments: kinds)
    func `raw, combined and in an array it is counted, and makes nothing`(kind: Kind) throws {
        let harness = try Harness([Self.bitcoin])
        let forms = [
            kind.text, #"{"stream":"x@y","data":\#(kind.text)}"#,
            #"{"data":\#(kind.text),"stream":"x@y"}"#, "[\(kind.text),\(kind.text)]",
            #"{"stream":"!x@arr","data":[\#(kind.text)]}"#,
        ]
        for form in forms { #expect(harness.parse(form).isEmpty) }
        #expect(harness.counter(kind.counter) == 6)
        #expect(harness.refusals == 0)
        #expect(harness.counter("ignored") == 0)
        #expect(harness.counter("unknown_keys") == 0)
    }

    /// Goal: what is counted was checked. Method: each member in turn taken away or made a text.
    @Test(arguments: kinds)
    func `a member that is missing or of another type makes it malformed`(kind: Kind) throws {
        let harness = try Harness([Self.bitcoin])
        var count: UInt64 = 0
        // Members that a venue may leave out or that nobody reads.
        let free = ["ps", "st", "B", "bs", "bks", "c", "k", "o", "e"]
        let isNumber = { (text: Substring) in text.allSatisfy { $0.isNumber || $0 == "-" } }
        for match in kind.text.matches(of: /"([A-Za-z]+)":\s*(-?[0-9]+|false|true)(?=[,}])/) {
            let name = String(match.output.1)
            if free.contains(name) { continue }
            #expect(harness.parse(kind.text.replacingCharacters(
                in: match.range, with: "\"\(name)\":\"text\"")).isEmpty)
            count += 1
            if isNumber(match.output.2) {
                _ = harness.parse(kind.text.replacingCharacters(
                    in: match.range, with: "\"\(name)x\":1"))
                count += 1
            }
        }
        #expect(count > 0)
        #expect(harness.counter("malformed") == count)
        #expect(harness.counter(kind.counter) == 0)
    }

    @Test func `a candle that the venue closed becomes two records`() throws {
        let harness = try Harness([Self.bitcoin])
        let text = Self.candle.replacing("\"x\":false", with: "\"x\":true")
            .replacing("\"E\":1,", with: "\"E\":1786173360012,")
            .replacing("\"l\":\"0\"", with: "\"l\":\"0.90\"")
        for form in [text, #"{"stream":"btcusdt@kline_1m","data":\#(text)}"#] {
            let records = harness.parse(form)
            #expect(records.map(\.market.kind) == [.candleRange, .candleClose])
            #expect(records.map(\.market.flags) == [EventFlags(0), .last])
            guard records.count == 2 else { continue }
            let (range, end) = (records[0].candleRange, records[1].candleClose)
            #expect(range.sequence == end.sequence)
            #expect(range.venueTimeNs == 1_786_173_360_012_000_000)
            #expect(end.venueTimeNs == range.venueTimeNs)
            // Ticks of 0.10, lots of 0.001.
            let prices = [range.open, range.high, range.low, end.close].map(\.rawValue)
            #expect(prices == [10, 25, 9, 10])
            #expect(end.volume.rawValue == 3_000)
            #expect((end.openTimeS, end.lengthS) == (1_786_173_300, 60))
        }
        #expect(harness.counter("candles") == 2)
        #expect(harness.counter("unknown_keys") == 0)
        // Of a price between ticks, and of an instrument that is not ours, there are none.
        #expect(harness.parse(text.replacing("2.50", with: "2.55")).isEmpty)
        #expect(harness.parse(text.replacing("BTCUSDT", with: "DOGEUSDT")).isEmpty)
        #expect(harness.refusals == 1)
        #expect(harness.counter("candles") == 3)
    }

    @Test func `an unknown member of it is counted, never refused`() throws {
        let harness = try Harness([Self.bitcoin])
        #expect(harness.parse(Self.mini.replacing("\"E\":1", with: "\"E\":1,\"zz\":[{}]")).isEmpty)
        #expect(harness.counter("unknown_keys") == 1)
        #expect(harness.counter("day_tickers") == 1)
    }

    @Test func `mark prices of all symbols become records of those that are ours`() throws {
        let harness = try Harness([Self.bitcoin, instrument("ETHUSDT")])
        func mark(_ symbol: String) -> String {
            Sample.mark.replacing("BTCUSDT", with: symbol)
        }
        let elements = ["DOGEUSDT", "ETHUSDT", "XRPUSDT", "BTCUSDT"]
            .map { unwrapped(mark($0)) }.joined(separator: ",")
        for text in ["[\(elements)]", #"{"stream":"!markPrice@arr@1s","data":[\#(elements)]}"#] {
            let records = harness.parse(text)
            #expect(records.map(\.mark.instrumentID) == [1, 0])
            #expect(records.allSatisfy { $0.mark.kind == .markPrice })
        }
        #expect(harness.counter("unlisted_symbols") == 4)
        #expect(harness.refusals == 0)
    }

    @Test func `a broken element refuses the array whole`() throws {
        let harness = try Harness([Self.bitcoin])
        let good = unwrapped(Sample.mark)
        for bad in [#"{"e":"markPriceUpdate"}"#, "1", #"{"e":1}"#, "[]"] {
            #expect(harness.parse("[\(good),\(bad)]").isEmpty)
        }
        for text in ["[\(good),]", "[\(good)", "[\(good)]x"] {
            #expect(harness.parse(text).isEmpty)
        }
        #expect(harness.counter("malformed") == 7)
    }

    @Test(arguments: [
        (#"{"error":{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}}"#, 1),
        (#"{"error":{"code":2,"msg":"Invalid request: missing field `method`"},"id":4}"#, 0),
        (#"{"id":4,"error":{"code":0,"msg":"Unknown property"}}"#, 0),
        (#"{"error":null,"id":1}"#, 0),
    ])
    func `an error that closes the connection is told from one that does not`(
        text: String, closing: UInt64
    ) throws {
        let harness = try Harness([Self.bitcoin])
        #expect(harness.parse(text).isEmpty)
        #expect(harness.counter("venue_errors") == 1)
        #expect(harness.counter("closing_errors") == closing)
    }

    @Test(arguments: [
        #"{"result":null,"id":1}"#, #"{"id":1,"result":null}"#, #"{"result":["a@b"],"id":3}"#,
        #"{"result":true,"id":2}"#, #"{"id":"x","result":null}"#,
    ])
    func `control replies are counted in any order of their members`(text: String) throws {
        let harness = try Harness([Self.bitcoin])
        #expect(harness.parse(text).isEmpty)
        #expect(harness.counter("control_replies") == 1)
        #expect(harness.refusals == 0)
    }
}

@Suite("Binance partial books")
struct PartialBookTests {
    static let bitcoin = instrument("BTCUSDT")

    static func partial(_ stream: String) -> String {
        #"{"stream":"\#(stream)","data":{"e":"depthUpdate","E":1653864801536,"#
            + #""T":1653864801453,"s":"BTCUSDT","U":1,"u":9,"pu":0,"b":[["61800.20","1.5"],"#
            + #"["61800.10","2"]],"a":[["61800.30","0.25"],["61800.40","3"]],"st":1}}"#
    }

    @Test(arguments: ["btcusdt@depth5", "btcusdt@depth10@100ms", "btcusdt@depth20@500ms"])
    func `a partial book is a quote of its best levels, never a change of the book`(
        stream: String
    ) throws {
        let harness = try Harness([Self.bitcoin])
        for generic in [false, true] {
            let records = harness.parse(Self.partial(stream), generic: generic)
            try #require(records.map(\.market.kind) == [.quoteSide, .quoteSide])
            #expect(records.map(\.quote.side) == [.buy, .sell])
            #expect(records[0].quote.price == PriceTicks(618_002))
            #expect(records[0].quote.quantity == QuantityLots(1_500))
            #expect(records[1].quote.price == PriceTicks(618_003))
            #expect(records[1].quote.updateID == 9)
            #expect(records[1].quote.venueTimeNs == 1_653_864_801_453_000_000)
        }
        #expect(harness.counter("partial_books") == 2)
    }

    @Test func `a retail book is counted and kept out of the book`() throws {
        let harness = try Harness([Self.bitcoin])
        for generic in [false, true] {
            let text = Self.partial("btcusdt@rpiDepth@500ms")
            #expect(harness.parse(text, generic: generic).isEmpty)
        }
        #expect(harness.counter("retail_books") == 2)
        #expect(harness.refusals == 0)
    }

    @Test(arguments: ["@depth", "@depth@0ms", "@depth@100ms", "@depth@500ms", "@depth@250ms", ""])
    func `any other name is that of changes, and the scanner takes those in use`(
        suffix: String
    ) throws {
        let harness = try Harness([Self.bitcoin])
        let text = Self.partial("btcusdt\(suffix)")
        for generic in [false, true] {
            #expect(harness.parse(text, generic: generic).first?.market.kind == .bookDelta)
        }
        let isUsual = !suffix.isEmpty && suffix != "@depth@250ms"
        #expect(harness.counter("scanned") == (isUsual ? 1 : 0))
    }

    @Test func `Spot's partial book is whose the stream's name says`() throws {
        let harness = try Harness(
            [instrument("BTCUSDT"), instrument("ETHUSDT")].map {
                var spot = $0
                spot.venue = .binanceSpot
                return spot
            }, venue: .binanceSpot)
        let data = #"{"lastUpdateId":77,"bids":[["1782.00","6.483"]],"asks":[]}"#
        let records = harness.parse(#"{"stream":"ethusdt@depth20","data":\#(data)}"#)
        try #require(records.count == 2)
        #expect(records.map(\.quote.instrumentID) == [1, 1])
        #expect(records[0].quote.price == PriceTicks(17_820))
        #expect(records[0].quote.updateID == 77)
        #expect(records[1].quote.price == PriceTicks(0))
        #expect(harness.parse(data).isEmpty)
        #expect(harness.counter("partial_books") == 2)
        #expect(harness.refusals == 0)
        for stream in ["xrpusdt@depth20", "@depth20", ""] {
            #expect(harness.parse(#"{"stream":"\#(stream)","data":\#(data)}"#).isEmpty)
        }
        #expect(harness.counter("unknown_symbols") == 3)
    }

    @Test(arguments: [
        (#"[["1.0"]]"#, "malformed"), (#"[["1.0","2","3"]]"#, "malformed"),
        (#"[[1.0,"2"]]"#, "malformed"), (#"[["1.05","2"]]"#, "inexact_decimals"),
        (#"[["1.0","2"],["x","2"]]"#, "malformed"), ("{}", "malformed"),
    ])
    func `every level of a partial book is checked`(levels: String, counter: String) throws {
        let harness = try Harness([Self.bitcoin])
        let text = Self.partial("btcusdt@depth5")
            .replacing(#"[["61800.30","0.25"],["61800.40","3"]]"#, with: levels)
        #expect(harness.parse(text).isEmpty)
        #expect(harness.counter(counter) == 1)
        #expect(harness.counter("partial_books") == 0)
    }
}
