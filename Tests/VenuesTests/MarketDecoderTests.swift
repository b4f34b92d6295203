//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Testing
import Venues

@Suite("Market messages")
struct MarketDecoderTests {
    static let bitcoin = instrument("BTCUSDT")

    @Test func `a trade becomes ticks, lots and the aggressor's side`() throws {
        let harness = try Harness([instrument("ETHUSDT"), Self.bitcoin])
        for (text, side) in [
            (Sample.trade, Side.buy),
            (Sample.trade.replacing("\"m\":false", with: "\"m\":true"), .sell),
        ] {
            let records = harness.parse(text)
            try #require(records.count == 1)
            let trade = records[0].trade
            #expect(trade.kind == .trade)
            #expect(trade.price == PriceTicks(618_003))
            #expect(trade.quantity == QuantityLots(6))
            #expect(trade.side == side)
            #expect(trade.tradeID == 5_266_583_935)
            #expect(trade.venueTimeNs == 1_723_161_256_321_000_000)
            #expect(trade.ingressTimeNs == 1_000)
            #expect(trade.instrumentID == 1)
            #expect(trade.flags == .last)
        }
        #expect(harness.counter("scanned") == 2)
    }

    @Test func `an aggregated trade carries its own id and the whole quantity`() throws {
        let harness = try Harness([Self.bitcoin])
        let records = harness.parse(Sample.aggTrade)
        try #require(records.count == 1)
        let trade = records[0].trade
        #expect(trade.price == PriceTicks(586_650))
        #expect(trade.quantity == QuantityLots(43))
        #expect(trade.side == .sell)
        #expect(trade.tradeID == 389_551_486)
        #expect(harness.counter("scanned") == 1)
    }

    @Test func `a best bid and offer becomes two records of one sequence, bid first`() throws {
        let harness = try Harness([Self.bitcoin])
        let records = harness.parse(Sample.bookTicker)
        try #require(records.count == 2)
        let (bid, ask) = (records[0].quote, records[1].quote)
        #expect(bid.kind == .quoteSide)
        #expect(bid.side == .buy)
        #expect(bid.price == PriceTicks(618_002))
        #expect(bid.quantity == QuantityLots(2_507))
        #expect(bid.flags == EventFlags(0))
        #expect(ask.side == .sell)
        #expect(ask.price == PriceTicks(618_003))
        #expect(ask.quantity == QuantityLots(2_510))
        #expect(ask.flags == .last)
        #expect(ask.updateID == 5_123_107_839_020)
        #expect(ask.venueTimeNs == 1_723_161_256_313_000_000)
        #expect(bid.sequence == ask.sequence)
        #expect(harness.counter("scanned") == 1)
    }

    @Test func `a book update becomes a header and levels by three, bids before asks`() throws {
        let harness = try Harness([Self.bitcoin])
        let records = harness.parse(Sample.depth)
        try #require(records.count == 4)
        let header = records[0].header
        #expect(header.kind == .bookDelta)
        #expect(header.firstUpdateID == 5_123_107_832_006)
        #expect(header.lastUpdateID == 5_123_107_837_557)
        #expect(header.previousUpdateID == 5_123_107_831_937)
        #expect(header.venueTimeNs == 1_723_161_256_298_000_000)
        #expect(header.flags == EventFlags(0))
        let levels = records[1...].map(\.levels)
        #expect(levels.map(\.count) == [3, 1, 2])
        #expect(levels.map(\.side) == [.buy, .buy, .sell])
        #expect(levels.map(\.flags) == [EventFlags(0), EventFlags(0), .last])
        #expect(levels[0].level0.price == PriceTicks(587_102))
        #expect(levels[0].level2.quantity == QuantityLots(0))
        #expect(levels[1].level0.quantity == QuantityLots(1_211))
        #expect(levels[1].level1.price == PriceTicks(0))
        #expect(levels[2].level0.quantity == QuantityLots(12_500))
        #expect(levels[2].level1.quantity == QuantityLots(1_000_000))
        #expect(harness.counter("scanned") == 1)
    }

    @Test func `an update without levels is complete by itself`() throws {
        let harness = try Harness([Self.bitcoin])
        let text =
            #"{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":2,"u":3,"pu":1,"b":[],"a":[]}"#
        for generic in [false, true] {
            let records = harness.parse(text, generic: generic)
            try #require(records.count == 1)
            #expect(records[0].header.flags == .last)
        }
    }

    @Test func `one empty side is no side`() throws {
        let harness = try Harness([Self.bitcoin])
        for sides in [#""b":[],"a":[["1.0","2"]]"#, #""b":[["1.0","2"]],"a":[]"#] {
            let head = #"{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":2,"u":3,"pu":1,"#
            let text = head + "\(sides)}"
            for generic in [false, true] {
                let records = harness.parse(text, generic: generic)
                try #require(records.count == 2)
                #expect(records[0].header.flags == EventFlags(0))
                #expect(records[1].levels.flags == .last)
                #expect(records[1].levels.count == 1)
            }
        }
    }

    @Test func `mark and index are rounded to the nearest tick, the rate keeps its sign`() throws {
        let harness = try Harness([Self.bitcoin])
        let records = harness.parse(Sample.mark)
        try #require(records.count == 1)
        let mark = records[0].mark
        #expect(mark.mark == PriceTicks(281_551))
        #expect(mark.index == PriceTicks(281_651))
        #expect(mark.fundingRateE8 == -2_760)
        #expect(mark.venueTimeNs == 1_680_652_800_010_000_000)
        #expect(harness.counter("scanned") == 1)
    }

    @Test func `a snapshot belongs to the instrument that was asked for`() throws {
        let harness = try Harness([instrument("ETHUSDT"), Self.bitcoin])
        let records = harness.parseSnapshot(Array(Sample.snapshot.utf8), instrumentID: 1)
        try #require(records.count == 3)
        let header = records[0].header
        #expect(header.kind == .bookSnapshot)
        #expect(header.instrumentID == 1)
        #expect(header.firstUpdateID == 5_123_107_852_948)
        #expect(header.lastUpdateID == 5_123_107_852_948)
        #expect(header.previousUpdateID == 0)
        #expect(records[2].levels.level0.price == PriceTicks(618_003))
        #expect(harness.counter("scanned") == 1)
        #expect(harness.parseSnapshot(Array(Sample.snapshot.utf8), instrumentID: 2).isEmpty)
        #expect(harness.counter("unknown_frames") == 1)
    }

    @Test func `an error in place of a snapshot is counted as the venue's`() throws {
        let harness = try Harness([Self.bitcoin])
        let body = Array(#"{"code":-1121,"msg":"Invalid symbol."}"#.utf8)
        #expect(harness.parseSnapshot(body).isEmpty)
        #expect(harness.counter("venue_errors") == 1)
        #expect(harness.counter("malformed") == 0)
    }

    @Test func `raw and combined messages give the same records`() throws {
        let harness = try Harness([Self.bitcoin])
        for text in Sample.all {
            #expect(sameRecords(harness.parse(text), harness.parse(unwrapped(text))))
        }
        #expect(harness.counter("generic") == 0)
    }

    @Test(arguments: ["INSURANCE_FUND", "ADL", "NA", "MARKETS", ""])
    func `a trade that is no market trade is filtered and counted`(kind: String) throws {
        let harness = try Harness([Self.bitcoin])
        let text = Sample.trade.replacing("MARKET", with: kind)
        #expect(harness.parse(text).isEmpty)
        #expect(harness.parse(text, generic: true).isEmpty)
        #expect(harness.counter("trades_filtered") == 2)
        #expect(harness.refusals == 0)
    }

    @Test func `a trade of no quantity or price is filtered`() throws {
        let harness = try Harness([Self.bitcoin])
        #expect(harness.parse(Sample.trade.replacing("0.006", with: "0.000")).isEmpty)
        #expect(harness.parse(Sample.aggTrade.replacing("58665.00", with: "0")).isEmpty)
        #expect(harness.counter("trades_filtered") == 2)
    }

    @Test func `a trade of 2019 without X is a market trade`() throws {
        let harness = try Harness([Self.bitcoin])
        let text = Sample.trade.replacing(#","X":"MARKET""#, with: "")
        #expect(harness.parse(text).count == 1)
        #expect(harness.counter("generic") == 0)
    }

    @Test func `an unknown symbol is counted and makes nothing`() throws {
        let harness = try Harness([Self.bitcoin])
        for text in Sample.all {
            let other = text.replacing("BTCUSDT", with: "BTCUSDC")
                .replacing("btcusdt@", with: "btcusdc@")
            #expect(harness.parse(other).isEmpty)
        }
        #expect(harness.counter("unknown_symbols") == UInt64(Sample.all.count))
    }

    @Test func `symbols of any length up to 31 bytes are found, and only whole ones`() throws {
        let names = [
            "A", "AB", "BTCUSDT_240628", "1000000MOGUSDT_", "1000000MOGUSDT_2",
            "1000000MOGUSDT_240628X", String(repeating: "Z", count: 31), "币安人生USDT",
        ]
        let harness = try Harness(names.map { instrument($0) })
        for (index, name) in names.enumerated() {
            func trade(_ name: String) -> String {
                Sample.trade.replacing("BTCUSDT", with: name)
                    .replacing("btcusdt@", with: "\(name.lowercased())@")
            }
            let records = harness.parse(trade(name))
            try #require(records.count == 1, "\(name)")
            #expect(records[0].trade.instrumentID == UInt32(index))
            #expect(harness.parse(trade(name + "Q")).isEmpty)
        }
    }

    @Test func `replies and messages of no interest are counted and make nothing`() throws {
        let harness = try Harness([Self.bitcoin])
        #expect(harness.parse(#"{"result":null,"id":1}"#).isEmpty)
        #expect(harness.parse(#"{"id":1,"result":null}"#).isEmpty)
        #expect(harness.counter("control_replies") == 2)
        #expect(harness.parse(#"{"error":{"code":2,"msg":"x"},"id":1}"#).isEmpty)
        #expect(harness.counter("venue_errors") == 1)
        #expect(harness.parse(#"{"e":"novelty","E":1,"s":"BTCUSDT","p":"1"}"#).isEmpty)
        #expect(harness.parse(#"{"stream":"!novelty@arr","data":[{"e":"x"}]}"#).isEmpty)
        #expect(harness.parse(#"[{"e":"novelty"}]"#).isEmpty)
        #expect(harness.counter("ignored") == 3)
        #expect(harness.refusals == 0)
    }

    @Test func `an update of too many levels is refused whole`() throws {
        let harness = try Harness([Self.bitcoin])
        func update(_ bids: Int, _ asks: Int) -> String {
            let level = #"["1.0","0"]"#
            let b = Array(repeating: level, count: bids).joined(separator: ",")
            let a = Array(repeating: level, count: asks).joined(separator: ",")
            return #"{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":2,"u":3,"pu":1,"b":[\#(b)],"#
                + #""a":[\#(a)]}"#
        }
        let most = ParserStage.levelsMax
        #expect(harness.parse(update(most / 2, most / 2)).count == 1 + most / 3)
        #expect(harness.parse(update(1, most - 1)).count == ParserStage.recordsMax - 1)
        #expect(harness.parse(update(most, most)).isEmpty)
        #expect(harness.parse(update(10_000, 0)).isEmpty)
        #expect(harness.counter("oversized") == 2)
        #expect(harness.counter("malformed") == 0)
    }
}
