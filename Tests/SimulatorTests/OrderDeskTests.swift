//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("Order entry and user events")
struct OrderDeskTests {
    private typealias Fixture = OrderDeskFixture

    @Test func `an order that fills at once tells its story in the venue's order`() {
        let venue = Fixture()
        let reply = venue.place("BUY", ticks: 20, quantity: "0.010", "IOC")
        #expect(reply["status"]?.text == "200")
        #expect(reply["id"]?.text == "a1")
        #expect(reply["result"]?["status"]?.text == "NEW")
        #expect(reply["result"]?["executedQty"]?.text == "0.000")
        #expect(reply["result"]?["avgPrice"] == nil)
        #expect(reply["result"]?["cumQuote"] == nil)
        #expect(
            venue.story == [
                "TRADE_LITE", "ORDER_TRADE_UPDATE NEW/NEW", "ACCOUNT_UPDATE",
                "ORDER_TRADE_UPDATE TRADE/FILLED",
            ])
        let trade = venue.events[3]["o"]
        #expect(trade?["z"]?.text == "0.01")
        #expect(trade?["m"]?.text == "false")
        let notional = (Fixed(trade?["L"]?.text ?? "") ?? Fixed(units: 0)) * Fixed(units: 1_000_000)
        #expect(Fixed(trade?["n"]?.text ?? "")?.units == notional.units * 5 / 10_000)
    }

    @Test func `several fills come one event each and the rest of an IOC expires with reason 2`() {
        let venue = Fixture()
        let reply = venue.place(
            "BUY", ticks: 2, quantity: "900.000", "IOC", ["newOrderRespType": "RESULT"])
        #expect(reply["error"]?["code"]?.text == "-2019")
        let rich = Fixture(wallet: 900_000_000)
        let result = rich.place(
            "BUY", ticks: 2, quantity: "900.000", "IOC", ["newOrderRespType": "RESULT"])
        #expect(result["result"]?["status"]?.text == "EXPIRED")
        let story = rich.story
        #expect(story.first == "TRADE_LITE")
        #expect(story.last == "ORDER_TRADE_UPDATE EXPIRED/EXPIRED")
        #expect(rich.events.last?["o"]?["er"]?.text == "2")
        #expect(story.filter { $0 == "ORDER_TRADE_UPDATE NEW/NEW" }.count == 1)
        let fills = story.filter { $0 == "ORDER_TRADE_UPDATE TRADE/PARTIALLY_FILLED" }.count
        #expect(story.filter { $0 == "TRADE_LITE" }.count == fills)
        #expect(story.filter { $0 == "ACCOUNT_UPDATE" }.count == fills)
    }

    @Test func `an IOC that meets nobody is new and expires`() {
        let venue = Fixture()
        _ = venue.place("BUY", ticks: -30, quantity: "0.010", "IOC")
        #expect(
            venue.story == ["ORDER_TRADE_UPDATE NEW/NEW", "ORDER_TRADE_UPDATE EXPIRED/EXPIRED"])
    }

    @Test func `refused post-only and fill-or-kill orders are silent and unknown afterwards`() {
        let venue = Fixture()
        let taker = venue.place(
            "BUY", ticks: 5, quantity: "0.010", "GTX", ["newClientOrderId": "g1"])
        #expect(taker["error"]?["code"]?.text == "-5022")
        let whole = venue.place("BUY", ticks: 1, quantity: "20.000", "FOK")
        #expect(whole["error"]?["code"]?.text == "-5021")
        #expect(venue.events.isEmpty)
        let query = venue.call(
            "order.status", ["symbol": "BTCUSDT", "origClientOrderId": "g1"])
        #expect(query["error"]?["code"]?.text == "-2013")
    }

    @Test func `an order rests, is found, is cancelled once and then unknown to cancel`() {
        let venue = Fixture()
        let id = ["symbol": "BTCUSDT", "origClientOrderId": "r1"]
        _ = venue.place("BUY", ticks: -900, quantity: "0.010", "GTC", ["newClientOrderId": "r1"])
        let again = venue.place(
            "BUY", ticks: -900, quantity: "0.010", "GTC", ["newClientOrderId": "r1"])
        #expect(again["error"]?["code"]?.text == "-4116")
        #expect(venue.call("order.status", id)["result"]?["status"]?.text == "NEW")
        #expect(venue.call("order.cancel", id)["result"]?["status"]?.text == "CANCELED")
        #expect(venue.call("order.cancel", id)["error"]?["code"]?.text == "-2011")
        #expect(
            venue.story == ["ORDER_TRADE_UPDATE NEW/NEW", "ORDER_TRADE_UPDATE CANCELED/CANCELED"])
    }

    @Test func `a resting order fills as maker at its own price and fee`() {
        let venue = Fixture()
        _ = venue.place("BUY", ticks: 0, quantity: "0.002", "GTX", ["newClientOrderId": "m1"])
        for _ in 0..<600 where venue.story.last != "ORDER_TRADE_UPDATE TRADE/FILLED" {
            venue.run(seconds: 0.5)
        }
        let trade = venue.events.last?["o"]
        #expect(trade?["X"]?.text == "FILLED")
        #expect(trade?["m"]?.text == "true")
        #expect(venue.story.first == "ORDER_TRADE_UPDATE NEW/NEW")
        #expect(venue.desk.openOrders.isEmpty)
    }

    @Test func `a market order pays the spread and closing it shows the profit without fees`() {
        let venue = Fixture()
        let buy = ["symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.003"]
        let reply = venue.call("order.place", buy.merging(["newOrderRespType": "RESULT"]) { $1 })
        #expect(reply["result"]?["status"]?.text == "FILLED")
        _ = venue.call(
            "order.place", buy.merging(["side": "SELL", "reduceOnly": "true"]) { $1 })
        #expect(venue.desk.account.positions[0].lots == 0)
        #expect(venue.desk.account.positions[0].cost.units == 0)
        let last = venue.events.last?["o"]
        let profit = Fixed(last?["rp"]?.text ?? "")
        #expect(profit == venue.desk.account.positions[0].realized)
        let flat = venue.call(
            "order.place", buy.merging(["side": "SELL", "reduceOnly": "true"]) { $1 })
        #expect(flat["error"]?["code"]?.text == "-2022")
    }

    @Test func `the countdown cancels what is open`() {
        let venue = Fixture()
        _ = venue.place("BUY", ticks: -900, quantity: "0.010", "GTC")
        venue.desk.setCountdown(symbol: 0, milliseconds: 200)
        venue.run(seconds: 0.1)
        #expect(venue.desk.openOrders.count == 1)
        venue.run(seconds: 0.15)
        #expect(venue.desk.openOrders.isEmpty)
        #expect(venue.story.last == "ORDER_TRADE_UPDATE CANCELED/CANCELED")
    }

    @Test(arguments: [
        (["price": "61800.15"], "-4014"), (["price": "61800.123"], "-1111"),
        (["price": "1.0"], "-4013"), (["price": "9999999"], "-4002"),
        (["price": "70000.0"], "-4016"), (["price": "61800.1", "quantity": "0.0011"], "-1111"),
        (["quantity": "0"], "-4003"), (["quantity": "2000"], "-4005"),
        (["quantity": "0.001"], "-4164"), (["timeInForce": "GTD"], "-1115"),
        (["type": "STOP"], "-4120"), (["type": "X"], "-1116"), (["side": "B"], "-1117"),
        (["symbol": "XRPUSDT"], "-1121"), (["positionSide": "LONG"], "-4061"),
        (["newClientOrderId": "a b"], "-4015"), (["quantity": "abc"], "-1102"),
        (["type": "MARKET"], "-1106"), (["price": ""], "-1102"),
        (["price": "-5"], "-4013"), (["price": "99999999999999999999"], "-1102"),
    ])
    func `a faulty order is refused with the venue's code`(
        change: [String: String], code: String
    ) {
        let venue = Fixture()
        let reply = venue.place("BUY", ticks: 0, quantity: "0.010", "GTC", change)
        #expect(reply["status"]?.text == "400")
        #expect(reply["error"]?["code"]?.text == code)
        #expect(venue.events.isEmpty)
        #expect(venue.desk.openOrders.isEmpty)
    }

    @Test func `bytes that are no request are answered and change nothing`() {
        let venue = Fixture()
        for text in ["", "{bad", "[1]", "null", "{\"id\":1}", "{\"method\":\"order.place\"}"] {
            let reply = JSONValue.parse(venue.entry.handle(Array(text.utf8), venue.session).bytes)
            #expect(reply?["error"] != nil, "\(text)")
        }
        #expect(venue.desk.orders.isEmpty)
    }

    @Test func `the three hundred and first order in ten seconds is refused`() {
        let venue = Fixture()
        var codes: [String] = []
        for _ in 0..<301 {
            let reply = venue.place("BUY", ticks: -30, quantity: "0.010", "IOC")
            codes.append(reply["error"]?["code"]?.text ?? "ok")
        }
        #expect(codes.last == "-1015")
        #expect(codes.dropLast().allSatisfy { $0 == "ok" })
    }
}
