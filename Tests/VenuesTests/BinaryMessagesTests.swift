//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
import Testing
import Venues

/// Writes binary messages from the sheet's table, section 11.1, byte by byte.
private struct Message {
    var bytes: [UInt8] = []

    mutating func put<T: FixedWidthInteger>(_ value: T) {
        for index in 0..<MemoryLayout<T>.size {
            bytes.append(UInt8(truncatingIfNeeded: value >> T(index * 8)))
        }
    }

    mutating func header(
        _ blockLength: UInt16, _ template: UInt16, schema: UInt16 = 1, version: UInt16 = 0
    ) {
        for value in [blockLength, template, schema, version] { put(value) }
    }

    mutating func symbol(_ name: String) {
        put(UInt8(name.utf8.count))
        bytes += Array(name.utf8)
    }

    mutating func levels(_ list: [(Int64, Int64)], growth: Int = 0) {
        put(UInt16(16 + growth))
        put(UInt16(list.count))
        for (price, quantity) in list {
            put(price)
            put(quantity)
            bytes += Array(repeating: 0xee, count: growth)
        }
    }

    static let timeUs: Int64 = 1_723_161_256_322_123

    /// - Parameter growth: Bytes that a later version of the schema added to each block.
    static func trades(
        _ trades: [(id: Int64, price: Int64, quantity: Int64, isBuyerMaker: UInt8)],
        exponents: (Int8, Int8) = (-8, -8), symbol: String = "BTCUSDT", growth: Int = 0
    ) -> [UInt8] {
        var message = Message()
        message.header(UInt16(18 + growth), 10_000)
        message.put(timeUs + 50)
        message.put(timeUs)
        message.put(exponents.0)
        message.put(exponents.1)
        message.bytes += Array(repeating: 0xee, count: growth)
        message.put(UInt16(25 + growth))
        message.put(UInt32(trades.count))
        for trade in trades {
            message.put(trade.id)
            message.put(trade.price)
            message.put(trade.quantity)
            message.put(trade.isBuyerMaker)
            message.bytes += Array(repeating: 0xee, count: growth)
        }
        message.symbol(symbol)
        return message.bytes
    }

    static func quote(_ values: [Int64], symbol: String = "BTCUSDT") -> [UInt8] {
        var message = Message()
        message.header(50, 10_001)
        message.put(timeUs)
        message.put(Int64(50_093_239_212))
        message.put(Int8(-2))
        message.put(Int8(-3))
        for value in values { message.put(value) }
        message.symbol(symbol)
        return message.bytes
    }

    static func partial(_ bids: [(Int64, Int64)], _ asks: [(Int64, Int64)]) -> [UInt8] {
        var message = Message()
        message.header(18, 10_002)
        message.put(timeUs)
        message.put(Int64(77))
        message.put(Int8(-1))
        message.put(Int8(0))
        message.levels(bids)
        message.levels(asks)
        message.symbol("BTCUSDT")
        return message.bytes
    }

    static func depth(
        _ bids: [(Int64, Int64)], _ asks: [(Int64, Int64)], first: Int64 = 100, last: Int64 = 105,
        growth: Int = 0
    ) -> [UInt8] {
        var message = Message()
        message.header(UInt16(26 + growth), 10_003)
        message.put(timeUs)
        message.put(first)
        message.put(last)
        message.put(Int8(-2))
        message.put(Int8(-3))
        message.bytes += Array(repeating: 0xee, count: growth)
        message.levels(bids, growth: growth)
        message.levels(asks, growth: growth)
        message.symbol("BTCUSDT")
        return message.bytes
    }
}

@Suite("Binance Spot's binary messages")
struct BinaryMessagesTests {
    private func harness() throws -> Harness {
        let instruments = [
            instrument("ETHUSDT", venue: .binanceSpot), instrument("BTCUSDT", venue: .binanceSpot),
        ]
        return try Harness(
            instruments, venue: .binanceSpot,
            roles: [
                .inbox, .market(instruments: [0, 1], venue: .binanceSpot), .orderEntry,
                .userStream,
            ])
    }

    private func parse(_ harness: Harness, _ bytes: [UInt8]) -> [Record] {
        let start = unsafe harness.bytes.place(bytes, slack: [0xff])
        let frame = harness.frame(bytes.count, Harness.market, kind: .binary)
        precondition(unsafe harness.stage.parse(frame, bytes: start), "rings with room")
        return harness.takeEvents()
    }

    @Test func `trades become one record each, by their mantissas and exponents`() throws {
        let harness = try harness()
        let records = parse(
            harness,
            Message.trades([
                (3_735_683_259, 6_183_760_000_000, 2_000_000, 1),
                (3_735_683_260, 6_183_770_000_000, 150_000_000, 0),
            ]))
        try #require(records.map(\.market.kind) == [.trade, .trade])
        #expect(records.map(\.trade.price) == [PriceTicks(618_376), PriceTicks(618_377)])
        #expect(records.map(\.trade.quantity) == [QuantityLots(20), QuantityLots(1_500)])
        #expect(records.map(\.trade.side) == [.sell, .buy])
        #expect(records.map(\.trade.tradeID) == [3_735_683_259, 3_735_683_260])
        #expect(records[0].trade.venueTimeNs == 1_723_161_256_322_123_000)
        #expect(records[0].trade.instrumentID == 1)
        #expect(harness.counter("binary_messages") == 1)
    }

    /// Goal: a message of many trades has room. Method: as many as one frame may hold.
    @Test func `every trade of a long message has a record`() throws {
        let harness = try harness()
        let trades = (1...300).map { (id: Int64($0), price: Int64(100), quantity: Int64(1000),
            isBuyerMaker: UInt8(0)) }
        let records = parse(harness, Message.trades(trades, exponents: (-1, -3)))
        #expect(records.map(\.trade.tradeID) == (1...300).map { UInt64($0) })
        #expect(harness.refusals == 0)
    }

    @Test func `a best bid and ask becomes a quote`() throws {
        let harness = try harness()
        let records = parse(harness, Message.quote([6_180_020, 2_507, 6_180_030, 2_510]))
        try #require(records.map(\.quote.side) == [.buy, .sell])
        #expect(records.map(\.quote.price) == [PriceTicks(618_002), PriceTicks(618_003)])
        #expect(records.map(\.quote.quantity) == [QuantityLots(2_507), QuantityLots(2_510)])
        #expect(records[1].quote.updateID == 50_093_239_212)
        #expect(records[1].quote.flags == .last)
    }

    @Test func `a change of the book follows the one before without a hole`() throws {
        let harness = try harness()
        let message = Message.depth(
            [(6_180_020, 1_000), (6_180_010, 0), (6_180_000, 5), (6_179_990, 7)], [(6_180_030, 2)])
        let records = parse(harness, message)
        try #require(records.count == 4)
        let header = records[0].header
        #expect(header.kind == .bookDelta)
        #expect(header.firstUpdateID == 100)
        #expect(header.lastUpdateID == 105)
        #expect(header.previousUpdateID == 99)
        #expect(records[1...].map(\.levels.count) == [3, 1, 1])
        #expect(records[1].levels.level1.quantity == QuantityLots(0))
        #expect(records[3].levels.level0.price == PriceTicks(618_003))
        #expect(records[3].levels.flags == .last)
        #expect(parse(harness, Message.depth([], [])).map(\.header.flags) == [.last])
    }

    @Test func `the best 20 levels become a quote`() throws {
        let harness = try harness()
        let records = parse(
            harness, Message.partial([(618_002, 3), (618_001, 1)], [(618_003, 4), (618_010, 2)]))
        #expect(records.map(\.quote.price) == [PriceTicks(618_002), PriceTicks(618_003)])
        #expect(records.map(\.quote.quantity) == [QuantityLots(3_000), QuantityLots(4_000)])
        let empty = parse(harness, Message.partial([], [(618_003, 4)]))
        #expect(empty.map(\.quote.price) == [PriceTicks(0), PriceTicks(618_003)])
        #expect(harness.counter("partial_books") == 2)
    }

    @Test func `blocks that a later version made longer are skipped by their length`() throws {
        let harness = try harness()
        let trade = [(id: Int64(1), price: Int64(10), quantity: Int64(1), isBuyerMaker: UInt8(0))]
        for growth in [0, 1, 7, 40] {
            let records = parse(
                harness, Message.trades(trade + trade, exponents: (0, 0), growth: growth))
            #expect(records.map(\.trade.price) == [PriceTicks(100), PriceTicks(100)])
            let depth = parse(harness, Message.depth([(10, 1), (20, 2)], [], growth: growth))
            #expect(depth.count == 2)
            #expect(depth[1].levels.level1.quantity == QuantityLots(2))
        }
        #expect(harness.refusals == 0)
    }

    @Test func `exponents of either sign are exact, or the message is refused`() throws {
        let harness = try harness()
        func price(_ mantissa: Int64, _ exponent: Int8) -> [Record] {
            let trade = (id: Int64(1), price: mantissa, quantity: Int64(1), isBuyerMaker: UInt8(0))
            return parse(harness, Message.trades([trade], exponents: (exponent, 0)))
        }
        #expect(price(6, 4).map(\.trade.price) == [PriceTicks(600_000)])
        #expect(price(123_000, -4).map(\.trade.price) == [PriceTicks(123)])
        #expect(harness.refusals == 0)
        #expect(price(123, -4).isEmpty)
        #expect(price(1, -128).isEmpty)
        #expect(harness.counter("inexact_decimals") == 2)
        #expect(price(1, 127).isEmpty)
        #expect(price(.max, 1).isEmpty)
        #expect(harness.counter("overflows") == 2)
        #expect(price(-1, 0).isEmpty)
        #expect(harness.counter("malformed") == 1)
        #expect(price(0, -8).isEmpty)
        #expect(harness.counter("trades_filtered") == 1)
    }

    @Test func `another schema or template is counted and passed over`() throws {
        let harness = try harness()
        var schema = Message.depth([], [])
        schema[4] = 2
        var template = Message.depth([], [])
        template[2] = 0xff
        #expect(parse(harness, schema).isEmpty)
        #expect(parse(harness, template).isEmpty)
        #expect(harness.counter("unknown_schemas") == 1)
        #expect(harness.counter("unknown_templates") == 1)
        var later = Message.depth([], [])
        later[6] = 3
        #expect(parse(harness, later).count == 1)
        #expect(harness.refusals == 0)
        #expect(parse(harness, Message.quote([1, 1, 1, 1], symbol: "XRPUSDT")).isEmpty)
        #expect(harness.counter("unknown_symbols") == 1)
    }

    static let wholes = [
        Message.trades([(1, 100, 1, 0), (2, 100, 1, 1)], exponents: (-1, -3)),
        Message.quote([10, 1, 20, 1]), Message.partial([(1, 1)], [(2, 2)]),
        Message.depth([(10, 1)], [(20, 2)]),
    ]

    @Test(arguments: wholes)
    func `a message cut anywhere is malformed`(whole: [UInt8]) throws {
        let harness = try harness()
        for length in 0..<whole.count {
            #expect(parse(harness, Array(whole[..<length])).isEmpty, "\(length) bytes")
        }
        #expect(harness.counter("malformed") == UInt64(whole.count))
        #expect(!parse(harness, whole).isEmpty)
    }

    /// Goal: no message makes the parser leave its bytes, which end before a page that must not be
    /// touched, or write a record that says nothing true. Method: random bytes in good messages.
    @Test(arguments: [UInt64(1), 2, 3])
    func `bytes changed at random never lead outside of the message`(seed: UInt64) throws {
        let harness = try harness()
        var random = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            var bytes = Self.wholes[Int(random.next() % UInt64(Self.wholes.count))]
            for _ in 0...random.next() % 3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: random.next() % 2 == 0 ? 0xff : random.next())
            }
            for record in parse(harness, bytes) {
                switch record.market.kind {
                case .trade: #expect(record.trade.price.rawValue > 0)
                case .quoteSide: #expect(record.quote.price.rawValue >= 0)
                case .bookDelta: #expect(record.header.lastUpdateID >= record.header.firstUpdateID)
                case .bookLevels: #expect(record.levels.level0.price.rawValue >= 0)
                default: Issue.record("seed \(seed): kind \(record.market.kind.rawValue)")
                }
                #expect(record.market.instrumentID < 2)
            }
        }
        #expect(harness.stage.sequence == 20_000)
    }

    @Test func `a connection that is not Spot's takes no binary message`() throws {
        let harness = try Harness([instrument("BTCUSDT")])
        #expect(parse(harness, Message.depth([(10, 1)], [])).isEmpty)
        #expect(harness.counter("binary_frames") == 1)
        #expect(harness.counter("binary_messages") == 0)
    }
}

@Suite("Two venues of one symbol")
struct MixedVenueTests {
    /// Goal: BTCUSDT of Spot is never BTCUSDT of the futures. Method: the same text on connections
    /// of both venues, in turn.
    @Test func `a symbol is that of its connection's venue`() throws {
        let instruments = [
            instrument("BTCUSDT", venue: .binanceCOINM),
            instrument("BTCUSDT", tick: 1, venue: .binanceSpot), instrument("BTCUSDT", tick: 5),
        ]
        let harness = try Harness(
            instruments, venue: nil,
            roles: [
                .inbox, .market(instruments: [0], venue: .binanceCOINM),
                .market(instruments: [1], venue: .binanceSpot), .market(instruments: [2]),
                .orderEntry,
            ])
        for connection in [1, 2, 3, 2, 1, 3, 3, 1] as [UInt16] {
            let text = Array(Sample.trade.utf8)
            let start = unsafe harness.bytes.place(text, slack: [])
            let frame = harness.frame(text.count, connection)
            let isTaken = unsafe harness.stage.parse(frame, bytes: start)
            #expect(isTaken)
            let records = harness.takeEvents()
            try #require(records.count == 1)
            #expect(records[0].trade.instrumentID == UInt32(connection - 1))
            #expect(records[0].trade.price == PriceTicks([618_003, 6_180_030, 1_236_006][
                Int(connection - 1)]))
        }
        let bytes = Message.quote([10, 1, 20, 1])
        let start = unsafe harness.bytes.place(bytes, slack: [])
        let isTaken = unsafe harness.stage.parse(
            harness.frame(bytes.count, 2, kind: .binary), bytes: start)
        #expect(isTaken)
        #expect(harness.takeEvents().map(\.quote.instrumentID) == [1, 1])
    }
}
