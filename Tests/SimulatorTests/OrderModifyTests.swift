//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("Changes of orders")
struct OrderModifyTests {
    private let venue = OrderDeskFixture()

    private func modify(
        _ side: String = "BUY", ticks: Int64, quantity: String, _ more: [String: String] = [:]
    ) -> JSONValue {
        let wanted = venue.limit(side, ticks: ticks, quantity: quantity, "GTC")
        let values = wanted.filter { ["symbol", "side", "price", "quantity"].contains($0.key) }
            .merging(["origClientOrderId": "m"]) { $1 }
        return venue.call("order.modify", values.merging(more) { $1 })
    }

    /// An order to buy 0.010 far from the market.
    private func place(_ timeInForce: String = "GTC") {
        let reply = venue.place(
            "BUY", ticks: -900, quantity: "0.010", timeInForce, ["newClientOrderId": "m"])
        #expect(reply["status"]?.text == "200")
    }

    private func code(_ reply: JSONValue) -> String {
        reply["error"]?["code"]?.text ?? reply["status"]?.text ?? "none"
    }

    @Test func `price and quantity change, the order and its id stay`() throws {
        place()
        let id = try #require(venue.desk.openOrders.keys.first)
        let reply = modify(ticks: -800, quantity: "0.020")
        #expect(reply["result"]?["orderId"]?.text == "\(id)")
        #expect(reply["result"]?["status"]?.text == "NEW")
        #expect(reply["result"]?["origQty"]?.text == "0.020")
        #expect(
            venue.story == ["ORDER_TRADE_UPDATE NEW/NEW", "ORDER_TRADE_UPDATE AMENDMENT/NEW"])
        #expect(venue.events[1]["o"]?["q"]?.text == "0.02")
        let order = try #require(venue.desk.openOrders[id])
        #expect(order.lots == 20)
        // It still rests, under its new price.
        let cancel = venue.call("order.cancel", ["symbol": "BTCUSDT", "orderId": "\(id)"])
        #expect(cancel["result"]?["status"]?.text == "CANCELED")
    }

    @Test func `the name of a change comes back, and the event has it`() {
        place()
        let reply = modify(ticks: -800, quantity: "0.020", ["modifyId": "77"])
        #expect(reply["result"]?["modifyId"] == .number("77"))
        #expect(reply["result"]?["selfTradePreventionMode"]?.text == "NONE")
        #expect(venue.events.last?["o"]?["M"] == .number("77"))
        let unnamed = modify(ticks: -700, quantity: "0.020")
        #expect(unnamed["result"]?["modifyId"] == nil)
        #expect(venue.events.last?["o"]?["M"] == nil)
    }

    @Test func `a reply to a place or a change hides the weight, that to a cancel tells it`() {
        func counts(_ reply: JSONValue) -> [String] {
            reply.rows("rateLimits").map { $0["count"]?.text ?? "" }
        }
        let placed = venue.place(
            "BUY", ticks: -900, quantity: "0.010", "GTC", ["newClientOrderId": "m"])
        #expect(counts(placed) == ["-1", "1", "1"])
        #expect(counts(modify(ticks: -800, quantity: "0.020")) == ["-1", "2", "2"])
        let canceled = venue.call(
            "order.cancel", ["symbol": "BTCUSDT", "origClientOrderId": "m"])
        #expect(counts(canceled) == ["1"])
    }

    @Test func `an order that is moved through the book takes`() {
        place()
        let reply = modify(ticks: 20, quantity: "0.010")
        #expect(reply["result"]?["status"]?.text == "FILLED")
        #expect(venue.story[1] == "ORDER_TRADE_UPDATE AMENDMENT/NEW")
        #expect(venue.story.last == "ORDER_TRADE_UPDATE TRADE/FILLED")
        #expect(venue.desk.account.positions[0].lots == 10)
        #expect(venue.desk.openOrders.isEmpty)
    }

    @Test func `a post-only order that would take is cancelled`() {
        place("GTX")
        let reply = modify(ticks: 20, quantity: "0.010")
        #expect(reply["result"]?["status"]?.text == "CANCELED")
        #expect(venue.story.last == "ORDER_TRADE_UPDATE CANCELED/CANCELED")
        #expect(venue.desk.account.positions[0].lots == 0)
        #expect(venue.desk.openOrders.isEmpty)
    }

    @Test func `an order with no more than its fills left is cancelled`() throws {
        let rich = OrderDeskFixture(wallet: 900_000_000)
        let all = rich.limit("BUY", ticks: 2, quantity: "900.000", "GTC")
        _ = rich.call("order.place", all.merging(["newClientOrderId": "m"]) { $1 })
        let order = try #require(rich.desk.openOrders.values.first)
        #expect(order.filledLots > 0)
        let values = all.filter { $0.key != "timeInForce" && $0.key != "type" }
        let reply = rich.call(
            "order.modify",
            values.merging(["orderId": "\(order.orderID)", "quantity": "0.100"]) { $1 })
        #expect(reply["result"]?["status"]?.text == "CANCELED")
        #expect(rich.desk.openOrders.isEmpty)
    }

    @Test func `what cannot be is refused and changes nothing`() {
        place()
        #expect(code(modify(ticks: -900, quantity: "0.010")) == "-5027")
        #expect(code(modify(ticks: -900, quantity: "0.001")) == "-5029")
        #expect(code(modify(ticks: -900, quantity: "0.0101")) == "-1111")
        #expect(code(modify(ticks: -900, quantity: "900.000")) == "-2019")
        #expect(code(modify("SELL", ticks: 900, quantity: "0.010")) == "-1117")
        #expect(code(modify(ticks: -900, quantity: "0.020", ["price": ""])) == "-1102")
        #expect(
            code(modify(ticks: -900, quantity: "0.020", ["origClientOrderId": "n"])) == "-2013")
        #expect(venue.story == ["ORDER_TRADE_UPDATE NEW/NEW"])
        #expect(venue.desk.openOrders.values.map(\.lots) == [10])
    }

    @Test func `an order that has ended is not changed`() {
        place("IOC")
        #expect(code(modify(ticks: -800, quantity: "0.010")) == "-2013")
    }
}
