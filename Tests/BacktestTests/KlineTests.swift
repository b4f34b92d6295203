//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Foundation
import TestSupport
import Testing
import TradingCore

@testable import Backtest

/// The stated way through a bar.
struct KlinePathTests {
    private static func bar(
        _ open: Int64, _ high: Int64, _ low: Int64, _ close: Int64, lots: Int64 = 8
    ) -> KlinePath.Bar {
        KlinePath.Bar(
            openMs: 60_000, closeMs: 119_999, open: open, high: high, low: low, close: close,
            lots: lots)
    }

    private static let shapes: [(String, KlinePath.Bar, [Int64])] = [
        ("up, low nearer", bar(100, 120, 95, 115), [100, 95, 120, 115]),
        ("up, high nearer", bar(100, 116, 80, 115), [100, 116, 80, 115]),
        ("down, high nearer", bar(100, 104, 80, 85), [100, 104, 80, 85]),
        ("down, low nearer", bar(100, 130, 84, 85), [100, 84, 130, 85]),
        ("both as near, up", bar(100, 110, 90, 101), [100, 90, 110, 101]),
        ("both as near, down", bar(100, 110, 90, 99), [100, 110, 90, 99]),
        ("doji", bar(100, 110, 90, 100), [100, 90, 110, 100]),
        ("no lower shadow", bar(100, 120, 100, 120), [100, 100, 120, 120]),
        ("one price", bar(100, 100, 100, 100), [100, 100, 100, 100]),
    ]

    @Test(arguments: shapes.indices)
    func `go by the nearer extreme first`(_ index: Int) {
        let (name, bar, expected) = Self.shapes[index]
        var path = KlinePath()
        let points = path.points(bar)
        #expect(points.map(\.price) == expected, "\(name)")
        #expect(points.map(\.timeMs) == [60_000, 79_999, 99_999, 119_999], "\(name)")
        #expect(points.map(\.lots) == [2, 2, 2, 2], "\(name)")
    }

    @Test func `let buyers trade where the price rose to, over a gap too`() {
        var path = KlinePath()
        func rises(_ bar: KlinePath.Bar) -> [Bool] { path.points(bar).map(\.isRise) }
        #expect(rises(Self.bar(100, 120, 95, 115)) == [true, false, true, false])
        // A gap up, then nothing moves: as before.
        #expect(rises(Self.bar(130, 130, 130, 130)) == [true, true, true, true])
        // A gap down.
        #expect(rises(Self.bar(90, 90, 90, 90)) == [false, false, false, false])
    }

    @Test(arguments: [
        (0, [0, 0, 0, 0]), (1, [1, 0, 0, 0]), (7, [2, 2, 2, 1]), (9, [3, 2, 2, 2]),
    ] as [(Int64, [Int64])])
    func `give lots that four do not divide to the first prices`(lots: Int64, split: [Int64]) {
        var path = KlinePath()
        #expect(path.points(Self.bar(100, 101, 99, 100, lots: lots)).map(\.lots) == split)
    }

    @Test func `keep one tick between bid and ask, and what was left behind`() {
        var path = KlinePath()
        var book = KlineBook()
        var levels: [Bool: Set<Int64>] = [true: [], false: []]
        for point in path.points(Self.bar(100, 130, 60, 110)) {
            for change in book.move(to: point, shown: 5) {
                #expect(change.lots == 0 || change.lots == 5)
                if change.lots > 0 {
                    levels[change.isBid]?.insert(change.price)
                } else {
                    #expect(levels[change.isBid]?.remove(change.price) != nil)
                }
            }
            let bid = levels[true]?.max() ?? 0
            #expect(bid == (point.isRise ? point.price - 1 : point.price))
            #expect(levels[false]?.min() == bid + 1)
        }
        // 100 by a rise, 130, 60 by a fall, 110: the highest ask stays where the market turned.
        #expect(levels[true] == [60, 109])
        #expect(levels[false] == [110, 130])
    }

    @Test func `keep twenty prices of a side`() {
        var path = KlinePath()
        var book = KlineBook()
        var bids: Set<Int64> = []
        for step in Int64(0)..<50 {
            let price = 100 + step
            for point in path.points(Self.bar(price, price, price, price)) {
                for change in book.move(to: point, shown: 1) where change.isBid {
                    bids.remove(change.price)
                    if change.lots > 0 { bids.insert(change.price) }
                }
            }
        }
        #expect(bids == Set(129...148))
    }
}

/// Lines of Binance's archives.
struct KlineTableTests {
    static let header = "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
        + "taker_buy_volume,taker_buy_quote_volume,ignore"

    static func line(
        _ minute: Int, _ prices: String, _ volume: String, unit: Int = 1_000
    ) -> String {
        let open = (1_700_000_000 + minute * 60) * unit
        return "\(open),\(prices),\(volume),\(open + 60 * unit - 1),1,2,3,4,0"
    }

    private static func table(_ lines: [String]) throws -> KlineTable {
        try KlineTable(contents: [Array(lines.joined(separator: "\n").utf8)])
    }

    @Test func `read bars with and without a header, in milliseconds and microseconds`() throws {
        let prices = "60000.10,60010.20,59990.00,60005.00"
        let plain = try Self.table([Self.line(0, prices, "1.500"), Self.line(1, prices, "2")])
        #expect(plain.refused.isEmpty)
        #expect(plain.bars.count == 2)
        #expect(plain.bars[1].openMs == 1_700_000_060_000)
        #expect(plain.bars[1].closeMs == 1_700_000_119_999)
        #expect(plain.bars[0].high == 60_010.2)
        // Trailing zeros are no digits.
        #expect(plain.priceDecimals == 1)
        #expect(plain.quantityDecimals == 1)
        let micro = try Self.table([
            Self.header, Self.line(0, prices, "1.500", unit: 1_000_000) + "\r",
            Self.line(1, prices, "2", unit: 1_000_000), "",
        ])
        #expect(micro.bars == plain.bars)
        #expect(micro.refused.isEmpty)
        let other = try Self.table([
            "Volume,Close time,Open time,Open,High,Low,Close",
            "1.5,1700000059999,1700000000000,60000.10,60010.20,59990.00,60005.00",
        ])
        #expect(other.bars == [plain.bars[0]])
    }

    @Test func `leave out what is no bar, and count it by reason`() throws {
        let good = "100,110,90,105"
        let cases: [(String, Kline.Fault)] = [
            ("1700000060000,100,110,90,105,1", .columns),
            ("a line that is none", .columns),
            (Self.line(1, "100,110,90,x", "1"), .number),
            (Self.line(1, "100,110,90,1e2", "1"), .number),
            (Self.line(1, "100,110,90,-105", "1"), .number),
            (Self.line(1, good, "nan"), .number),
            (Self.line(1, good, ""), .number),
            ("1700000060000,\(good),1,1700000060000,1", .time),
            ("1700000060000,\(good),1,1700000119999000,1", .time),
            ("x,\(good),1,1700000119999,1", .time),
            (Self.line(0, good, "1"), .order),
            (Self.line(-1, good, "1"), .order),
            (Self.line(1, "100,99,90,95", "1"), .price),
            (Self.line(1, "100,110,101,105", "1"), .price),
            (Self.line(1, "100,110,0,105", "1"), .price),
            (Self.line(1, "100,99999999999999999,90,105", "1"), .size),
            (Self.line(1, good, "99999999999999999999"), .size),
        ]
        for (line, fault) in cases {
            let table = try Self.table([Self.line(0, good, "1"), line, Self.line(2, good, "1")])
            #expect(table.refused == [fault: 1], "\(line)")
            #expect(table.bars.count == 2, "\(line)")
        }
        let text = try KlineSource(
            Self.table([Self.line(0, good, "1"), "none", "nor this"]), symbol: "BTC-USDT")
        #expect(text.malformedCount == 2)
        #expect(text.refusedLines == ["too few columns": 2])
    }

    @Test func `refuse files without a bar, and precision that no amount holds`() throws {
        #expect(throws: EngineError.self) {
            try KlineSource(Self.table([Self.header]), symbol: "BTC-USDT")
        }
        let fine = Self.line(0, "1.1234567,1.2,1.1,1.15", "1.123456")
        #expect(throws: EngineError.self) {
            try KlineSource(Self.table([fine]), symbol: "BTC-USDT")
        }
    }

    @Test func `tell klines from other tables by the first line`() throws {
        let folder = try Workplace()
        let bars = [Self.line(0, "100,110,90,105", "1"), Self.line(1, "105,110,90,105", "1")]
            .joined(separator: "\n")
        func source(_ text: String, _ name: String) throws -> any MarketSource {
            try MarketSources.open(
                [folder.write(text, to: name)], venue: .binanceUSDM, symbol: "BTC-USDT",
                instrumentsFile: nil, counts: false)
        }
        #expect(try source(bars, "a.csv") is KlineSource)
        #expect(try source("\(Self.header)\n\(bars)", "b.csv") is KlineSource)
        let tardis = """
            exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
            binance-futures,BTCUSDT,1700000000000000,1700000000001000,true,bid,60000.1,1.5
            binance-futures,BTCUSDT,1700000000030000,1700000000031000,false,ask,60000.2,1
            """
        #expect(try source(tardis, "c.csv") is RowSource)
        // A member that is stored: local header, content, directory, end.
        let content = Array(bars.utf8)
        func le(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let sizes = le(0, 4) + le(content.count, 4) + le(content.count, 4) + le(1, 2)
        let local = le(0x0403_4b50, 4) + le(20, 2) + le(0, 8) + sizes + le(0, 2)
            + Array("a".utf8) + content
        let directory = le(0x0201_4b50, 4) + le(20, 2) + le(20, 2) + le(0, 8) + sizes
            + le(0, 16) + Array("a".utf8)
        let end = le(0x0605_4b50, 4) + le(0, 4) + le(1, 2) + le(1, 2) + le(directory.count, 4)
            + le(local.count, 4) + le(0, 2)
        let zip = folder.file("d.zip")
        try Data(local + directory + end).write(to: URL(filePath: zip))
        let table = try KlineTable([zip])
        #expect(table.bars.count == 2)
        #expect(table.refused.isEmpty)
    }
}
