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

@Suite("Binance requests and their replies")
struct BinanceRequestTests {
    static let bitcoin = instrument("BTCUSDT")

    private func order(
        price: Int64? = 618_002, timeInForce: TimeInForce = .gtc, goodTillMs: UInt64? = nil,
        side: Side = .buy, quantity: Int64 = 10
    ) -> BinanceOrderParameters? {
        BinanceOrderParameters(
            Self.bitcoin, orderID: 0xab, side: side, quantity: QuantityLots(quantity),
            price: price.map { PriceTicks($0) }, timeInForce: timeInForce, isReduceOnly: false,
            goodTillMs: goodTillMs, nowMs: 1_700_000_000_000)
    }

    @Test func `an order says its self-trade prevention, and a date instead of a time in force`()
        throws
    {
        let limit = BinanceRequest.place(try #require(order()))
        #expect(
            limit.query == "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=61800.20"
                + "&quantity=0.010&newClientOrderId=apus00000000000000ab"
                + "&selfTradePreventionMode=EXPIRE_MAKER")
        let dated = try #require(order(goodTillMs: 1_700_000_601_999))
        let query = BinanceRequest.place(dated).query
        #expect(query.contains("timeInForce=GTD&"))
        #expect(query.hasSuffix("&goodTillDate=1700000601000"))
        let market = BinanceRequest.place(try #require(order(price: nil))).query
        #expect(market.contains("type=MARKET&quantity=0.010"))
        #expect(!market.contains("timeInForce"))
        #expect(!market.contains("price"))
    }

    @Test func `what no venue would take is not written`() {
        #expect(order(price: 0) == nil)
        #expect(order(side: .none) == nil)
        #expect(order(quantity: 0) == nil)
        #expect(order(timeInForce: TimeInForce(rawValue: 9)) == nil)
        #expect(order(price: nil, goodTillMs: 1_800_000_000_000) == nil)
        #expect(order(goodTillMs: 1_700_000_600_999) == nil)
        #expect(order(goodTillMs: 253_402_300_799_000) == nil)
    }

    @Test func `a batch is one parameter of plain JSON, percent-encoded`() throws {
        let one = try #require(order())
        let request = try #require(BinanceRequest.place(batch: [one, one]))
        let value = try #require(request.parameters.first?.value)
        let rows = try #require(
            try JSONSerialization.jsonObject(with: Data(value.utf8)) as? [[String: String]])
        #expect(rows.count == 2)
        #expect(rows[0]["price"] == "61800.20")
        #expect(rows[0]["newClientOrderId"] == "apus00000000000000ab")
        #expect(request.query.hasPrefix("batchOrders=%5B%7B%22symbol%22%3A%22BTCUSDT%22%2C"))
        #expect(request.weight == 5)
        #expect(request.orders == (5, 1))
        #expect(BinanceRequest.place(batch: []) == nil)
        #expect(BinanceRequest.place(batch: Array(repeating: one, count: 6)) == nil)
        let cancel = try #require(BinanceRequest.cancel(batch: [1, 2], of: Self.bitcoin))
        #expect(cancel.method == .delete)
        #expect(
            cancel.parameters.last?.value
                == #"["apus0000000000000001","apus0000000000000002"]"#)
        #expect(BinanceRequest.cancel(batch: Array(1...11), of: Self.bitcoin) == nil)
    }

    /// Weights of the sheet, section 4.3.
    @Test func `each request costs what the venue counts`() {
        #expect([5, 50, 100, 500, 1_000].map { BinanceRequest.depth("BTC-USDT", levels: $0).weight }
            == [2, 2, 5, 10, 20])
        #expect(BinanceRequest.openOrders(nil).weight == 40)
        #expect(BinanceRequest.openOrders(Self.bitcoin).weight == 1)
        #expect(BinanceRequest.countdownCancelAll(Self.bitcoin, countdownMs: 120_000).weight == 10)
        #expect(BinanceRequest.userTrades(Self.bitcoin, fromID: 5, startMs: 3).query
            == "symbol=BTCUSDT&fromId=5&limit=1000")
        #expect(BinanceRequest.userTrades(Self.bitcoin, startMs: 3).query
            == "symbol=BTCUSDT&startTime=3&limit=1000")
        #expect(BinanceRequest.openOrders(nil).query.isEmpty)
        #expect(BinanceRequest.listenKey.security == .key)
    }

    @Test func `the signature stands last and is over the bytes that are sent`() throws {
        let unusual = instrument("币安人生USDT")
        var signed = ""
        let query = BinanceRequest.cancelAll(unusual).signedQuery(timeMs: 1_591_702_613_943) {
            signed = $0
            return "a+b/c=="
        }
        #expect(
            signed == "symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT&recvWindow=5000"
                + "&timestamp=1591702613943")
        #expect(query == signed + "&signature=a%2Bb%2Fc%3D%3D")
    }

    @Test func `a change of an order names both price and quantity`() throws {
        let request = try #require(BinanceRequest.modify(
            Self.bitcoin, orderID: 0xab, side: .sell, quantity: QuantityLots(1),
            price: PriceTicks(1)))
        #expect(request.method == .put)
        #expect(
            request.query == "symbol=BTCUSDT&side=SELL&quantity=0.001&price=0.10"
                + "&origClientOrderId=apus00000000000000ab")
        #expect(BinanceRequest.modify(
            Self.bitcoin, orderID: 1, side: .none, quantity: QuantityLots(1),
            price: PriceTicks(1)) == nil)
    }

    @Test func `a client id is ours, or it is 0`() {
        for id in [UInt64(1), 0xab, .max] {
            #expect(ClientOrderID.orderID(ClientOrderID.text(id)) == id)
        }
        for text in ["", "apus", "autoclose-1", "apus00000000000000aX", "apus0000000000000000ab"] {
            #expect(ClientOrderID.orderID(text) == 0)
        }
    }

    static let row =
        #"{"orderId":22542179,"symbol":"BTCUSDT","status":"NEW","#
        + #""clientOrderId":"apus00000000000000ff","price":"0","origQty":"10","executedQty":"0","#
        + #""side":"SELL","type":"LIMIT","updateTime":1566818724722}"#

    @Test func `a batch's results are in order, refusals inline, none missing`() throws {
        let refusal = #"{"code":-2022,"msg":"ReduceOnly Order is rejected."}"#
        let body = Array("[\(Self.row),\(refusal)]".utf8)
        let results = try BinanceREST.batch(body, count: 2)
        guard case .order(let order) = results[0] else {
            Issue.record("no order")
            return
        }
        #expect(order.orderID == 0xff)
        #expect(!order.isEnded)
        #expect(results[1] == .refused(code: -2022, message: "ReduceOnly Order is rejected."))
        #expect(throws: BinanceError.self) { _ = try BinanceREST.batch(body, count: 3) }
        #expect(throws: BinanceError.venue(code: -1102, message: "x")) {
            _ = try BinanceREST.batch(Array(#"{"code":-1102,"msg":"x"}"#.utf8), count: 1)
        }
    }

    @Test(arguments: [
        "orderId", "symbol", "status", "clientOrderId", "origQty", "executedQty", "side",
        "updateTime", "price", "type",
    ])
    func `an order row without a member is refused by its name`(member: String) {
        let text = Self.row.replacing("\"\(member)\"", with: "\"x\(member)\"")
        #expect(throws: BinanceError.missing(member)) {
            _ = try BinanceREST.order(Array(text.utf8))
        }
    }

    @Test func `limits and counts are read in milliseconds`() throws {
        let text =
            #"{"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","#
            + #""intervalNum":1,"limit":2400},{"rateLimitType":"ORDERS","interval":"SECOND","#
            + #""intervalNum":10,"limit":300,"count":3}]}"#
        let limits = try BinanceREST.rateLimits(Array(text.utf8))
        #expect(limits.map(\.intervalMs) == [60_000, 10_000])
        #expect(limits.map(\.count) == [nil, 3])
        #expect(try BinanceREST.countdown(
            Array(#"{"symbol":"X","countdownTime":"30000"}"#.utf8)) == 30_000)
    }
}
