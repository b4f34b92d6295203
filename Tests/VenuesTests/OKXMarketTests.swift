//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import SeededRandom
import Testing
import Venues

@Suite("OKX market messages")
struct OKXMarketTests {
    private func harness() throws -> Harness { try .okx(OKXSample.instruments) }

    @Test func `a trade names the aggressor, and its number may be negative`() throws {
        let harness = try harness()
        let records = harness.parse(OKXSample.trade)
        try #require(records.count == 1)
        let trade = records[0].trade
        #expect(trade.kind == .trade && trade.side == .buy && trade.instrumentID == 1)
        #expect(trade.price == PriceTicks(639_135) && trade.quantity == QuantityLots(100))
        #expect(trade.tradeID == 2_832_749_635)
        #expect(trade.venueTimeNs == 1_786_540_435_948_000_000)
        #expect(trade.flags == .last)
        let liquidation = OKXSample.trade
            .replacing("2832749635", with: "-17").replacing("buy", with: "sell")
        let other = harness.parse(liquidation)
        try #require(other.count == 1)
        #expect(other[0].trade.tradeID == UInt64(bitPattern: -17))
        #expect(other[0].trade.side == .sell)
        #expect(harness.counter("scanned") == 2)
    }

    @Test func `a ticker is a quote at its time, an empty side is zero`() throws {
        let harness = try harness()
        let records = harness.parse(OKXSample.ticker)
        try #require(records.count == 2)
        #expect(records.map(\.quote.side) == [.buy, .sell])
        #expect(records[0].quote.price == PriceTicks(637_072))
        #expect(records[1].quote.quantity == QuantityLots(15_455_902))
        #expect(records.allSatisfy { $0.quote.updateID == 1_786_613_174_873 })
        let oneSided = OKXSample.ticker
            .replacing("\"63707.2\"", with: "\"\"").replacing("\"1.70080521\"", with: "\"\"")
        let half = harness.parse(oneSided)
        try #require(half.count == 2)
        #expect(half[0].quote.price == PriceTicks(0) && half[0].quote.quantity == QuantityLots(0))
        #expect(half[1].quote.price == PriceTicks(637_073))
    }

    @Test func `best levels and five levels are quotes, numbered or by time`() throws {
        let harness = try harness()
        let best = harness.parse(OKXSample.best)
        try #require(best.count == 2)
        #expect(best[0].quote.updateID == 4_400)
        #expect(best[0].quote.price == PriceTicks(317_746))
        let old = harness.parse(OKXSample.best.replacing(",\"seqId\":4400", with: ""))
        #expect(old.map(\.quote.updateID) == [1_654_032_991_947, 1_654_032_991_947])
        let five = harness.parse(
            #"{"arg":{"channel":"books5","instId":"BTC-USDT"},"data":[{"asks":[["2.5","1","#
                + #""0","4"],"#
                + #"["2.6","9","0","1"]],"bids":[],"instId":"BTC-USDT","ts":"1786541241006","#
                + #""seqId":7}]}"#)
        try #require(five.count == 2)
        #expect(five[0].quote.price == PriceTicks(0) && five[1].quote.price == PriceTicks(25))
        #expect(five.allSatisfy { $0.market.kind == .quoteSide && $0.quote.updateID == 7 })
        #expect(harness.refusals == 0)
    }

    @Test func `a snapshot stands in the stream and an update names what it follows`() throws {
        let harness = try harness()
        let snapshot = harness.parse(OKXSample.snapshot)
        try #require(snapshot.count == 4)
        let header = snapshot[0].header
        #expect(header.kind == .bookSnapshot && header.flags == .inStream)
        #expect(header.lastUpdateID == 333_794_734_980 && header.previousUpdateID == 0)
        #expect(snapshot.dropFirst().map(\.market.side) == [.sell, .buy, .buy])
        #expect(snapshot.map(\.market.count) == [0, 2, 3, 1])
        #expect(snapshot[2].levels.level1.price == PriceTicks(639_210))
        #expect(snapshot[2].levels.level1.quantity == QuantityLots(700))
        #expect(snapshot[3].market.flags == .last)
        let update = harness.parse(OKXSample.update)
        try #require(update.count == 2)
        #expect(update[0].header.kind == .bookDelta)
        #expect(update[0].header.previousUpdateID == 333_794_734_980)
        #expect(update[0].header.lastUpdateID == 333_794_734_990)
        #expect(update[1].levels.level0.quantity == QuantityLots(0))
        let empty = harness.parse(
            OKXSample.update.replacing(#"[["63921.5","0","0","0"]]"#, with: "[]"))
        try #require(empty.count == 1)
        #expect(empty[0].market.flags == .last)
        #expect(harness.counter("generic") == 0)
    }

    @Test func `a book without an action is what its link says`() throws {
        let harness = try harness()
        for (text, kind) in [
            (
                OKXSample.snapshot.replacing(#""action":"snapshot","#, with: ""),
                EventKind.bookSnapshot
            ),
            (OKXSample.update.replacing(#""action":"update","#, with: ""), .bookDelta),
            (OKXSample.snapshot.replacing("snapshot", with: "partial"), EventKind(0)),
        ] {
            #expect(harness.parse(text).first?.market.kind ?? EventKind(0) == kind)
        }
        #expect(harness.counter("malformed") == 1)
    }

    @Test func `an empty snapshot keeps both of its flags`() throws {
        let harness = try harness()
        let records = harness.parse(
            #"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"#
                + #""asks":[],"bids":[],"ts":"1786541241006","seqId":5}]}"#)
        try #require(records.count == 1)
        #expect(records[0].market.flags.rawValue == 3)
    }

    @Test func `books without numbers are numbered, and a refused one leaves a gap`() throws {
        let harness = try harness()
        let snapshot = OKXSample.legacy.replacing("update", with: "snapshot")
        func ids(_ text: String) -> [UInt64] {
            let records = harness.parse(text)
            guard records.count > 0 else { return [] }
            return [records[0].header.previousUpdateID, records[0].header.lastUpdateID]
        }
        #expect(ids(snapshot) == [0, 1])
        #expect(ids(OKXSample.legacy) == [1, 2])
        #expect(ids(OKXSample.legacy) == [2, 3])
        // Another instrument is counted by itself.
        let other = OKXSample.legacy.replacing("BTC-USDT-SWAP", with: "BTC-USDT")
        #expect(ids(other) == [0, 1])
        #expect(ids(OKXSample.legacy.replacing("0.5", with: "0.505")) == [])
        #expect(ids(OKXSample.legacy) == [5, 6])
        #expect(ids(snapshot) == [0, 7])
    }

    @Test func `a mark price carries the funding rate told before`() throws {
        let harness = try harness()
        let rate =
            #"{"arg":{"channel":"funding-rate","instId":"BTC-USDT-SWAP"},"data":[{"fundingRate":"#
            + #""-0.0000734174532791","fundingTime":"1646323200000","instId":"BTC-USDT-SWAP"}]}"#
        #expect(harness.parse(rate).isEmpty)
        let records = harness.parse(
            #"{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{"instType":"SWAP","#
                + #""instId":"BTC-USDT-SWAP","markPx":"63913.56","ts":"1786540435948"}]}"#)
        try #require(records.count == 1)
        #expect(records[0].mark.mark == PriceTicks(639_136))
        #expect(records[0].mark.fundingRateE8 == -7_342)
        #expect(harness.counter("funding_rates") == 1)
    }

    static let passed: [(channel: String, item: String, counter: String)] = [
        ("candle1m", #"["1786540440000","1.0","2.0","0.5","1.5","9","0.9","1.35","0"]"#, "candles"),
        ("candle3Mutc", #"["1597026383085","3.7","3.7","3.6","3.7","0"]"#, "candles"),
        ("index-candle1D", #"["1597026383085","3.7","3.7","3.6","3.7","0"]"#, "candles"),
        ("mark-price-candle1D", #"["1597026383085","3.7","3.7","3.6","3.7","0"]"#, "candles"),
        ("index-tickers", #"{"instId":"BTC-USDT","idxPx":"0.1","ts":"1597026383085"}"#,
            "reference_pushes"),
        ("price-limit", #"{"instId":"BTC-USDT","buyLmt":"2","sellLmt":"1","#
            + #""ts":"1597026383085","enabled":true}"#, "reference_pushes"),
        ("open-interest", #"{"instId":"BTC-USDT-SWAP","oi":"5","oiCcy":"0.5","#
            + #""ts":"1597026383085"}"#, "reference_pushes"),
        ("estimated-price", #"{"instId":"BTC-USD-170310","settlePx":"200","#
            + #""ts":"1597026383085"}"#, "reference_pushes"),
        ("opt-summary", #"{"instId":"BTC-USD-200103-5500-C","delta":"0.7","#
            + #""ts":"1597026383085"}"#, "reference_pushes"),
        ("instruments", #"{"instId":"NEW-USDT","instType":"SPOT","state":"preopen","#
            + #""tickSz":""}"#, "instrument_pushes"),
        ("status", #"{"title":"Upgrade","state":"scheduled","ts":"1672826038470"}"#,
            "status_pushes"),
        ("liquidation-orders", #"{"instId":"BTC-USDT-SWAP","details":[{"side":"buy"}]}"#,
            "liquidations"),
        ("adl-warning", #"{"instType":"FUTURES","state":"warning","ts":"1777284161402"}"#,
            "deleveraging_warnings"),
    ]

    @Test(arguments: passed.indices)
    func `a channel that no record is made from is checked and counted`(index: Int) throws {
        let harness = try harness()
        let row = Self.passed[index]
        let text = #"{"arg":{"channel":"\#(row.channel)","instId":"BTC-USDT"},"#
            + #""data":[\#(row.item)]}"#
        #expect(harness.parse(text).isEmpty)
        #expect(harness.counter(row.counter) == 1)
        #expect(harness.refusals == 0 && harness.counter("ignored") == 0)
        // The same with an item of the wrong kind.
        #expect(harness.parse(text.replacing(row.item, with: "7")).isEmpty)
        #expect(harness.counter("malformed") == 1)
    }

    @Test(arguments: [
        (#"{"event":"subscribe","arg":{"channel":"books","instId":"X"},"connId":"a"}"#,
            "control_replies"),
        (#"{"id":"a","event":"unsubscribe","arg":{"channel":"books","instId":"X"}}"#,
            "control_replies"),
        (#"{"event":"login","code":"0","msg":"","connId":"a4d3ae55"}"#, "control_replies"),
        (#"{"event":"error","msg":"Wrong URL","code":"60018","connId":"a"}"#, "venue_errors"),
        (#"{"event":"notice","code":"64008","msg":"soon","connId":"a"}"#,
            "service_upgrade_notices"),
        (#"{"event":"notice","code":"64009","msg":"soon","connId":"a"}"#, "other_notices"),
        (#"{"event":"channel-conn-count","channel":"orders","connCount":"1"}"#, "channel_counts"),
        (#"{"event":"channel-conn-count-error","channel":"orders","connCount":"30"}"#,
            "channel_count_errors"),
        (#"{"event":"news"}"#, "ignored"), ("pong", "pongs"),
        (#"{"arg":{"channel":"books-rpi","instId":"BTC-USDT"},"data":[{}]}"#, "ignored"),
    ] as [(String, String)])
    func `an event is counted by its name`(text: String, counter: String) throws {
        let harness = try harness()
        #expect(harness.parse(text).isEmpty)
        #expect(harness.counter(counter) == 1)
        #expect(harness.counter("malformed") == 0)
    }

    @Test(arguments: [
        "", "pon", "pongs", "ping", "{}", "[]", #"{"event":1}"#, #"{"arg":{},"data":[]}"#,
        #"{"arg":{"channel":"trades","instId":"BTC-USDT"}}"#,
        #"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":{}}"#,
        #"{"arg":{"channel":"books","instId":"BTC-USDT"},"data":[{"asks":[],"bids":[]}]}"#,
        OKXSample.update.replacing(#""prevSeqId":333794734980,"#, with: ""),
        OKXSample.update.replacing("1786541241016", with: "18446744073710"),
        OKXSample.trade.replacing("buy", with: "hold"),
        OKXSample.trade.replacing("2832749635", with: "18446744073709551616"),
    ])
    func `what the venue does not write is malformed`(text: String) throws {
        let harness = try harness()
        #expect(harness.parse(text).isEmpty)
        #expect(harness.counter("malformed") == 1, "\(text)")
    }

    @Test func `an instrument that nobody asked for is told apart`() throws {
        let harness = try harness()
        for text in OKXSample.all {
            let other = text.replacing("BTC-USDT-SWAP", with: "XYZ-EUR").replacing(
                "BTC-USDT", with: "XYZ-EUR")
            #expect(harness.parse(other).isEmpty)
        }
        #expect(harness.counter("unknown_symbols") == UInt64(OKXSample.all.count))
    }

    @Test func `names of any length are found`() throws {
        let harness = try harness()
        for text in [OKXSample.trade, OKXSample.update] {
            let option = text.replacing("BTC-USDT-SWAP", with: "ETH-USD-220624-20000-C")
                .replacing("63913.5", with: "0.0065").replacing("63921.5", with: "0.0065")
            let records = harness.parse(option)
            try #require(!records.isEmpty)
            #expect(records[0].market.instrumentID == 2)
        }
        #expect(harness.counter("scanned") == 2)
    }

    @Test func `several items of one message are taken in their order`() throws {
        let harness = try harness()
        let item = #"{"instId":"BTC-USDT","tradeId":"ID","px":"2","sz":"3","side":"sell","#
            + #""ts":"1786540435948"}"#
        let items = (1...5).map { item.replacing("ID", with: "\($0)") }.joined(separator: ",")
        let records = harness.parse(
            #"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[\#(items)]}"#)
        #expect(records.map(\.trade.tradeID) == [1, 2, 3, 4, 5])
    }

    @Test func `a book by REST is a snapshot outside of the stream`() throws {
        let harness = try harness()
        let text =
            #"{"code":"0","msg":"","data":[{"asks":[["29692.5","0.10951348","0","5"]],"#
            + #""bids":[["29692.4","0.43986254","0","2"]],"ts":"1654328918680","seqId":99}]}"#
        let records = harness.parseSnapshot(Array(text.utf8))
        try #require(records.count == 3)
        #expect(records[0].header.kind == .bookSnapshot && records[0].header.flags.rawValue == 0)
        #expect(records[0].header.lastUpdateID == 99)
        let refusal = #"{"code":"51001","msg":"no","data":[]}"#
        #expect(harness.parseSnapshot(Array(refusal.utf8)).isEmpty)
        #expect(harness.counter("venue_errors") == 1)
        #expect(harness.parseSnapshot(Array(text.dropLast().utf8)).isEmpty)
        #expect(harness.counter("malformed") == 1)
    }

    // MARK: - Scanner and generic path

    @Test(arguments: OKXSample.all.indices)
    func `members in any order, blanks, escapes and unknown ones change nothing`(
        index: Int
    ) throws {
        let seed: UInt64 = 311 &+ UInt64(index)
        var random = SplitMix64(seed: seed)
        let sample = OKXSample.all[index]
        let document = WrittenJSON(sample)
        for round in 0..<300 {
            // Books without numbers count on; each round begins anew.
            let (first, second) = (try harness(), try harness())
            let usual = first.parse(sample)
            #expect(first.counter("scanned") == 1)
            let text = document.rewritten(&random)
            #expect(
                sameRecords(second.parse(text), usual), "seed \(seed) round \(round): \(text)")
            #expect(second.refusals == 0)
            if round > 20 { break }
        }
    }

    @Test(arguments: [
        ("candle1m", UInt32(60)), ("candle1s", 1), ("candle4H", 14_400), ("candle6Hutc", 21_600),
        ("candle1Dutc", 86_400),
    ])
    func `a closed candle is two records`(channel: String, length: UInt32) throws {
        let harness = try Harness.okx([okxInstrument("BTC-USDT")])
        func message(_ confirm: String, _ channel: String) -> String {
            #"{"arg":{"channel":"\#(channel)","instId":"BTC-USDT"},"data":[["1786538760000","#
                + #""64040.2","64041","64025.7","64033.5","2.16787395","138825.2","138825.2","#
                + #""\#(confirm)"]]}"#
        }
        #expect(harness.parse(message("0", channel)).isEmpty)
        let records = harness.parse(message("1", channel))
        try #require(records.count == 2)
        let (range, end) = (records[0].view(CandleRange.self), records[1].view(CandleClose.self))
        let scale = okxInstrument("BTC-USDT")
        func ticks(_ text: String) -> Int64? {
            Decimals.mantissa(text, decimals: Int(scale.priceDecimals)).map {
                $0 / scale.tickMantissa
            }
        }
        #expect(range.kind == .candleRange && end.kind == .candleClose)
        #expect(range.open.rawValue == ticks("64040.2") && range.high.rawValue == ticks("64041"))
        #expect(range.low.rawValue == ticks("64025.7") && end.close.rawValue == ticks("64033.5"))
        #expect(end.openTimeS == 1_786_538_760 && end.lengthS == length)
        #expect(end.flags.rawValue & EventFlags.last.rawValue != 0)
        // Of other prices and other zones none is made.
        for other in ["mark-price-candle1m", "index-candle1m", "candle1D", "candle6H", "candle1W"] {
            #expect(harness.parse(message("1", other)).isEmpty, "\(other)")
        }
        #expect(harness.refusals == 0)
    }

    /// Goal: the scanner never takes what the generic path refuses, nor reads it otherwise.
    /// Method: bytes changed, removed, doubled and exchanged at random.
    @Test(arguments: OKXSample.all.indices)
    func `a damaged message is the same to both paths`(index: Int) throws {
        let seed: UInt64 = 911 &+ UInt64(index)
        var random = SplitMix64(seed: seed)
        let (first, second) = (try harness(), try harness())
        let alphabet = Array("0123456789.\"{}[],:eEtTrue-+\\u /abX\u{7f}\u{0}\n".utf8)
        for round in 0..<2_000 {
            var text = Array(OKXSample.all[index].utf8)
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: text[place] = alphabet.randomElement(using: &random)!
                case 1: text.remove(at: place)
                case 2: text.insert(alphabet.randomElement(using: &random)!, at: place)
                case 3: text.insert(text[place], at: place)
                default: text[place] = UInt8.random(in: .min ... .max, using: &random)
                }
            }
            let scanned = first.parse(text)
            let generic = second.parse(text, generic: true)
            #expect(
                sameRecords(scanned, generic),
                "seed \(seed) round \(round): \(String(decoding: text, as: UTF8.self))")
        }
        for name in ["malformed", "inexact_decimals", "overflows", "unknown_symbols", "ignored"] {
            #expect(first.counter(name) == second.counter(name), "\(name)")
        }
        #expect(first.refusals > 500)
    }

    @Test(arguments: OKXSample.all)
    func `every cut of a message is refused, whatever lies behind it`(text: String) throws {
        let harness = try harness()
        let whole = Array(text.utf8)
        var refusals: UInt64 = 0
        for count in 0..<whole.count {
            for slack in [[], Array(whole.suffix(from: count)), Array("9".utf8)] {
                #expect(harness.parse(whole.prefix(count), slack: slack).isEmpty, "cut at \(count)")
                refusals += 1
            }
        }
        #expect(harness.counter("malformed") == refusals)
    }
}
