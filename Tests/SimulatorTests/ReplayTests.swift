//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Testing

@testable import Simulator

@Suite("Client orders on a recorded book")
struct RestingOrdersTests {
    private func bid(_ id: Int64, _ price: Int64, _ lots: Int64, ahead: Int64)
        -> RestingOrders.Order
    {
        RestingOrders.Order(orderID: id, side: .bid, price: price, leaves: lots, ahead: ahead)
    }

    @Test func `what was displayed trades first and then the order`() {
        var resting = RestingOrders()
        resting.join(bid(1, 100, 5, ahead: 10))
        #expect(resting.trade(price: 100, lots: 7, isBuyerMaker: true).isEmpty)
        #expect(resting.trade(price: 100, lots: 4, isBuyerMaker: true).map(\.lots) == [1])
        #expect(resting.trade(price: 100, lots: 9, isBuyerMaker: true).map(\.lots) == [4])
        #expect(resting.orders.isEmpty)
    }

    @Test func `a trade on the other side or at a worse price does not reach the order`() {
        var resting = RestingOrders()
        resting.join(bid(1, 100, 5, ahead: 0))
        #expect(resting.trade(price: 100, lots: 9, isBuyerMaker: false).isEmpty)
        #expect(resting.trade(price: 101, lots: 9, isBuyerMaker: true).isEmpty)
    }

    @Test func `a trade through the price fills at the order's price`() {
        var resting = RestingOrders()
        resting.join(bid(1, 100, 5, ahead: 1_000))
        let fills = resting.trade(price: 99, lots: 1, isBuyerMaker: true)
        #expect(fills == [RestingOrders.Fill(orderID: 1, price: 100, lots: 5)])
    }

    @Test func `a level that shrinks below what is ahead moves the order forward`() {
        var resting = RestingOrders()
        resting.join(bid(1, 100, 5, ahead: 10))
        resting.level(.bid, price: 100, lots: 20)
        #expect(resting.orders[0].ahead == 10)
        resting.level(.bid, price: 100, lots: 3)
        #expect(resting.orders[0].ahead == 3)
    }

    @Test func `two own orders at a price share what reaches them in order of arrival`() {
        var resting = RestingOrders()
        resting.join(bid(1, 100, 5, ahead: 4))
        resting.join(bid(2, 100, 5, ahead: 4))
        let fills = resting.trade(price: 100, lots: 11, isBuyerMaker: true)
        #expect(fills.map(\.orderID) == [1, 2])
        #expect(fills.map(\.lots) == [5, 2])
    }

    @Test func `an opposite best price that reaches the order fills what it shows`() {
        var resting = RestingOrders()
        resting.join(bid(1, 100, 5, ahead: 50))
        let fills = resting.touch(Touch(bid: 98, bidLots: 1, ask: 100, askLots: 3))
        #expect(fills.map(\.lots) == [3])
        #expect(resting.orders[0].leaves == 2)
    }

    @Test func `the touch counts before older levels and worse levels follow it`() {
        var book = RecordedBook()
        book.set(.ask, price: 100, lots: 9)
        book.set(.ask, price: 101, lots: 9)
        book.set(.ask, price: 102, lots: 9)
        book.touch = Touch(bid: 99, bidLots: 1, ask: 101, askLots: 2)
        let taken = book.displayed(.ask, limit: 102, wanted: 7)
        #expect(taken == [.init(price: 101, lots: 2), .init(price: 102, lots: 5)])
        #expect(book.displayed(.ask, limit: 100, wanted: 7).isEmpty)
    }
}

@Suite("Replay")
struct ReplayMarketTests {
    static let captures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "../shared/data/captures")
    static let bitcoin = captures.appending(path: "binance-usdm_btcusdt_20240808.gz").path
    static let ether = captures.appending(path: "binance-usdm_ethusdt_20240808.gz").path
    /// By number of events applied, from `expected_books.json`.
    static let checkpoints: [Int: (best: [String], levels: [Int])] = [
        1: (["61800.20", "2.909", "61800.30", "1.072"], [1_005, 1_003]),
        100: (["61809.40", "4.586", "61809.50", "2.009"], [1_265, 1_101]),
        1_000: (["61819.90", "4.035", "61820.00", "11.501"], [2_296, 1_996]),
    ]
    static let hasCaptures = FileManager.default.fileExists(atPath: bitcoin)

    private final class Fills: ExecutionSink {
        var list: [[Int64]] = []
        func filled(orderID: Int64, price: Int64, lots: Int64, isMaker: Bool, tradeID: Int64) {
            list.append([orderID, price, lots, isMaker ? 1 : 0])
        }
        func expiredInMatch(orderID: Int64) {}
    }

    private static func trade(_ timeNs: Int, id: Int, quantity: String) -> String {
        "\(timeNs) {\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1,\"T\":1,"
            + "\"s\":\"BTCUSDT\",\"t\":\(id),\"p\":\"100.00\",\"q\":\"\(quantity)\","
            + "\"X\":\"MARKET\",\"m\":true}}"
    }

    private static func depth(_ timeNs: Int, ids: [Int], bids: String, asks: String) -> String {
        "\(timeNs) {\"stream\":\"btcusdt@depth@0ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1,"
            + "\"T\":1,\"s\":\"BTCUSDT\",\"U\":\(ids[0]),\"u\":\(ids[1]),\"pu\":\(ids[2]),"
            + "\"b\":[\(bids)],\"a\":[\(asks)]}}"
    }

    private static let lines = [
        #"1000000000 {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":9,"#
            + #""s":"BTCUSDT","b":"100.00","B":"0.004","a":"100.10","A":"0.002","T":1,"E":1}}"#,
        depth(
            1_000_001_000, ids: [8, 10, 7], bids: #"["99.90","0.009"]"#,
            asks: #"["100.20","0.005"]"#),
        "1000001500 broken",
        #"1000002000 {"lastUpdateId":10,"E":1,"T":1,"#
            + #""bids":[["100.00","0.004"],["99.90","0.009"]],"#
            + #""asks":[["100.10","0.002"],["100.20","0.005"]]}"#,
        trade(1_000_003_000, id: 5, quantity: "0.003"),
        trade(1_000_004_000, id: 6, quantity: "0.002"),
        depth(1_000_005_000, ids: [11, 13, 10], bids: #"["100.00","0.001"]"#, asks: ""),
    ]

    /// A replay of the lines above, and its file, which is gone when the test ends.
    private func make(_ speed: Double?) throws -> (ReplayMarket, VenueClock, Fills) {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "apus-replay-\(UInt64.random(in: 0...UInt64.max)).txt").path
        try Self.lines.joined(separator: "\n").write(
            toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let clock = VenueClock(startNs: 0, startMs: 0)
        let market = try ReplayMarket(paths: [path], speed: speed, clock: clock, log: { _ in })
        let fills = Fills()
        market.executions = fills
        return (market, clock, fills)
    }

    private func advance(_ market: ReplayMarket, _ clock: VenueClock, to ns: UInt64) {
        clock.nowNs = ns
        market.advance(to: ns)
    }

    @Test func `nothing is sent before a subscription and then all byte for byte`() throws {
        let (market, clock, _) = try make(1)
        advance(market, clock, to: 5_000_000_000)
        #expect(!market.isAtEnd)
        let recorder = Recorder()
        recorder.subscribe(
            market.hub, "btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade")
        advance(market, clock, to: 5_000_000_000)
        advance(market, clock, to: 6_000_000_000)
        #expect(market.isAtEnd)
        let expected = Self.lines.compactMap { line -> String? in
            guard let data = line.range(of: "\"data\":") else { return nil }
            return String(line[data.upperBound...].dropLast())
        }
        #expect(recorder.payloads.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test func `a depth request waits for the recorded snapshot and gets its bytes`() throws {
        let (market, clock, _) = try make(1)
        let recorder = Recorder()
        recorder.subscribe(market.hub, "btcusdt@depth@0ms")
        var body: [UInt8] = []
        market.depth(0, limit: 1000) { body = $0 }
        advance(market, clock, to: 0)
        advance(market, clock, to: ReplayMarket.startDelayNs + 1_500)
        #expect(body.isEmpty)
        advance(market, clock, to: ReplayMarket.startDelayNs + 2_000)
        #expect(String(decoding: body, as: UTF8.self) == String(Self.lines[3].dropFirst(11)))
        // A second client comes later: the book as it stands after the next event.
        var late: [UInt8] = []
        market.depth(0, limit: 5) { late = $0 }
        advance(market, clock, to: ReplayMarket.startDelayNs + 5_000)
        let snapshot = JSONValue.parse(late)
        #expect(snapshot?.integer("lastUpdateId") == 13)
        #expect(snapshot?.levels("bids").first?.quantity.units == 100_000)
    }

    @Test func `an order joins behind what is displayed and recorded trades reach it`() throws {
        let (market, clock, fills) = try make(1)
        let recorder = Recorder()
        recorder.subscribe(market.hub, "btcusdt@trade")
        advance(market, clock, to: 0)
        advance(market, clock, to: ReplayMarket.startDelayNs + 2_000)
        let order = MarketOrder(
            orderID: 77, symbol: 0, side: .bid, limit: 1_000, lots: 3, timeInForce: .postOnly)
        #expect(market.submit(order) == .accepted(leaves: 3))
        advance(market, clock, to: ReplayMarket.startDelayNs + 3_000)
        #expect(fills.list.isEmpty)
        advance(market, clock, to: ReplayMarket.startDelayNs + 4_000)
        #expect(fills.list == [[77, 1_000, 1, 1]])
        #expect(market.cancel(symbol: 0, orderID: 77))
        #expect(!market.cancel(symbol: 0, orderID: 77))
    }

    @Test func `an order through the spread takes what is displayed`() throws {
        let (market, clock, fills) = try make(1)
        let recorder = Recorder()
        recorder.subscribe(market.hub, "btcusdt@trade")
        advance(market, clock, to: 0)
        advance(market, clock, to: ReplayMarket.startDelayNs + 2_000)
        var order = MarketOrder(
            orderID: 78, symbol: 0, side: .bid, limit: 1_002, lots: 9,
            timeInForce: .immediateOrCancel)
        #expect(market.submit(order) == .accepted(leaves: 2))
        #expect(fills.list == [[78, 1_001, 2, 0], [78, 1_002, 5, 0]])
        order.timeInForce = .fillOrKill
        #expect(market.submit(order) == .cannotFill)
        order.timeInForce = .postOnly
        #expect(market.submit(order) == .wouldTake)
    }

    @Test func `files that cannot be replayed are refused with their names`() {
        let clock = VenueClock(startNs: 0, startMs: 0)
        #expect(throws: SimulatorError.self) {
            _ = try ReplayMarket(paths: ["/nonexistent.gz"], speed: 1, clock: clock, log: { _ in })
        }
        #expect(throws: SimulatorError.self) {
            _ = try ReplayMarket(paths: [#filePath], speed: 1, clock: clock, log: { _ in })
        }
    }

    /// Goal: a client of the replay ends up with the book that an independent program computed.
    @Test(.enabled(if: hasCaptures, "the recorded captures are not on this machine"))
    func `a recorded replay gives the expected book at its checkpoints`() throws {
        let clock = VenueClock(startNs: 0, startMs: 0)
        let market = try ReplayMarket(
            paths: [Self.bitcoin, Self.ether], speed: nil, clock: clock, log: { _ in })
        let recorder = Recorder()
        recorder.subscribe(market.hub, "btcusdt@depth@0ms")
        var body: [UInt8] = []
        market.depth(0, limit: 1000) { body = $0 }
        clock.nowNs = 1
        market.advance(to: 1)
        clock.nowNs += ReplayMarket.startDelayNs
        for _ in 0..<120 {
            clock.nowNs += ReplayMarket.snapshotHoldNs
            market.advance(to: clock.nowNs)
        }
        let snapshot = try #require(JSONValue.parse(body))
        #expect(snapshot.integer("lastUpdateId") == 5_123_107_852_948)
        var book = ClientBook(snapshot: snapshot)
        let rest = recorder.events("depthUpdate").drop { $0.integer("u") < 5_123_107_852_948 }
        #expect(rest.first?.integer("U") == 5_123_107_850_310)
        #expect(rest.first?.integer("u") == 5_123_107_853_551)
        #expect(zip(rest, rest.dropFirst()).allSatisfy { $1.integer("pu") == $0.integer("u") })
        #expect(rest.count > 1_000)
        for (number, event) in rest.prefix(1_000).enumerated() {
            book.apply(event)
            guard let expected = Self.checkpoints[number + 1] else { continue }
            let best = expected.best.map { Fixed($0) }
            #expect(book.best == best)
            #expect(book.bids.count == expected.levels[0])
            #expect(book.asks.count == expected.levels[1])
        }
        #expect(market.touch(0).bid > 0)
    }
}
