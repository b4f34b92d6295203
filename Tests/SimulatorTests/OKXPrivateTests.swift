//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("OKX account, positions and REST")
struct OKXPrivateTests {
    private static func client(_ venue: OKXFixture, _ arguments: String...) -> OKXClient {
        let client = OKXClient(venue, .privateData, isLoggedIn: true)
        for argument in arguments { client.subscribe(argument) }
        return client
    }

    @Test func `the account begins with a snapshot and tells what changed every 50 ms`() {
        let venue = OKXFixture()
        let client = Self.client(
            venue, #""channel":"account","extraParams":"{\"updateInterval\":\"0\"}""#)
        let snapshot = client.pushes("account")[0]
        #expect(snapshot["eventType"]?.text == "snapshot")
        #expect(snapshot["curPage"] == .number("1"))
        #expect(snapshot["lastPage"] == .bool(true))
        let names = snapshot.row("data")?.rows("details").compactMap { $0["ccy"]?.text }
        #expect(names == ["BTC", "ETH", "SOL", "USDT"])
        client.place(0, "buy", "market", size: "1")
        client.place(0, "sell", "market", size: "1")
        #expect(client.pushes("account").count == 1)
        venue.run(seconds: 0.06)
        #expect(client.pushes("account").count == 2)
        let update = client.pushes("account")[1]
        #expect(update["eventType"]?.text == "event_update")
        #expect(update.row("data")?.rows("details").count == 1)
        let cash = update.row("data")?.row("details")?.decimal("cashBal")
        #expect(cash == venue.desk.account.cash["USDT"])
        venue.run(seconds: 12)
        #expect(client.pushes("account").count == 2)
    }

    @Test func `positions tell sign, entry and close, and come again every five seconds`() {
        let venue = OKXFixture()
        let client = Self.client(venue, #""channel":"positions","instType":"SWAP""#)
        #expect(client.pushes("positions")[0].rows("data") == [])
        client.place(0, "sell", "market", size: "2")
        venue.run(seconds: 0.06)
        let short = client.data("positions").last
        #expect(short?["pos"]?.text == "-2")
        #expect(short?["posSide"]?.text == "net")
        #expect(short?["ccy"]?.text == "USDT")
        let count = client.pushes("positions").count
        venue.run(seconds: 11)
        #expect((count + 2...count + 3).contains(client.pushes("positions").count))
        client.place(0, "buy", "market", size: "2")
        venue.run(seconds: 0.06)
        #expect(client.data("positions").last?["pos"]?.text == "0")
        let late = Self.client(venue, #""channel":"positions","instType":"SWAP""#)
        #expect(late.pushes("positions")[0].rows("data") == [])
    }

    @Test func `balance and position and fills follow each trade`() {
        let venue = OKXFixture()
        let client = Self.client(venue, #""channel":"balance_and_position""#, #""channel":"fills""#)
        #expect(client.data("balance_and_position")[0]["eventType"]?.text == "snapshot")
        client.place(0, "buy", "ioc", size: "40", ticks: 100, #","clOrdId":"77""#)
        let events = client.data("balance_and_position").dropFirst()
        #expect(events.count == venue.desk.fillCount)
        #expect(events.allSatisfy { $0["eventType"]?.text == "filled" })
        let last = events.last
        #expect(last?.row("posData")?["pos"]?.text == "40")
        #expect(last?.row("trades")?["tradeId"] == last?.row("posData")?["tradeId"])
        let fills = client.data("fills")
        #expect(fills.reduce(0) { $0 + $1.decimal("fillSz").units } == 40 * Fixed.one)
        #expect(fills.reduce(0) { $0 + $1.integer("count") } == Int64(venue.desk.fillCount))
        #expect(Set(fills.map { $0["fillPx"]?.text }).count == fills.count)
        #expect(fills.allSatisfy { $0["clOrdId"]?.text == "77" })
        client.clear()
        client.place(0, "buy", "ioc", size: "1", ticks: 100, #","clOrdId":"a77""#)
        #expect(client.data("fills").allSatisfy { $0["clOrdId"]?.text == "0" })
    }

    @Test func `orders are told to those who asked for their kind`() {
        let venue = OKXFixture()
        let spot = Self.client(venue, #""channel":"orders","instType":"SPOT""#)
        let one = Self.client(
            venue, #""channel":"orders","instType":"SWAP","instId":"ETH-USDT-SWAP""#)
        let family = Self.client(
            venue, #""channel":"orders","instType":"SWAP","instFamily":"BTC-USDT""#)
        let trader = OKXClient(venue, .privateData, isLoggedIn: true)
        trader.place(0, "buy", "limit", size: "1", ticks: -300)
        trader.place(1, "buy", "limit", size: "1", ticks: -300)
        trader.place(3, "buy", "limit", size: "0.01", ticks: -300)
        #expect(spot.data("orders").map { $0["instId"]?.text } == ["BTC-USDT"])
        #expect(spot.data("orders")[0]["posSide"]?.text == "")
        #expect(one.data("orders").map { $0["instId"]?.text } == ["ETH-USDT-SWAP"])
        #expect(family.data("orders").map { $0["instId"]?.text } == ["BTC-USDT-SWAP"])
    }

    @Test func `REST shows orders, fills, positions and balance of the same account`() {
        let venue = OKXFixture()
        let body =
            #"{"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"market","#
            + #""sz":"3","clOrdId":"m1"}"#
        let placed = venue.call("POST", "/api/v5/trade/order", body: body)
        #expect(placed["code"]?.text == "0")
        #expect(placed["inTime"]?.text?.count == 16)
        let id = placed.row("data")?["ordId"]?.text ?? ""
        for query in ["ordId=\(id)", "clOrdId=m1"] {
            let order = venue.call(
                "GET", "/api/v5/trade/order", query: "instId=BTC-USDT-SWAP&\(query)")
            #expect(order.row("data")?["state"]?.text == "filled")
            #expect(order.row("data")?["posSide"]?.text == "net")
        }
        let missing = venue.call(
            "GET", "/api/v5/trade/order", query: "instId=BTC-USDT-SWAP&clOrdId=nope")
        #expect(missing["code"]?.text == "51603")
        let fills = venue.call("GET", "/api/v5/trade/fills", query: "instType=SWAP")
        let sum = fills.rows("data").reduce(0) { $0 + $1.decimal("fillSz").units }
        #expect(sum == 3 * Fixed.one)
        #expect(fills.row("data")?["feeRate"]?.text == "-0.0005")
        let position = venue.call("GET", "/api/v5/account/positions").row("data")
        #expect(position?["pos"]?.text == "3")
        let balance = venue.call("GET", "/api/v5/account/balance", query: "ccy=USDT").row("data")
        #expect(balance?.row("details")?.decimal("cashBal") == venue.desk.account.cash["USDT"])
        let limited = body.replacing("market", with: "limit").replacing(
            #""sz":"3""#, with: #""px":"60000","sz":"1""#)
        let resting = venue.call("POST", "/api/v5/trade/order", body: limited)
        let restingID = resting.row("data")?["ordId"]?.text ?? ""
        let pending = venue.call("GET", "/api/v5/trade/orders-pending")
        #expect(pending.rows("data").map { $0["ordId"]?.text } == [restingID])
        let amended = venue.call(
            "POST", "/api/v5/trade/amend-order",
            body: #"{"instId":"BTC-USDT-SWAP","ordId":"\#(restingID)","newSz":"2"}"#)
        #expect(amended["code"]?.text == "0")
        let canceled = venue.call(
            "POST", "/api/v5/trade/cancel-batch-orders",
            body: #"[{"instId":"BTC-USDT-SWAP","ordId":"\#(restingID)"}]"#)
        #expect(canceled["code"]?.text == "0")
        #expect(venue.call("GET", "/api/v5/trade/orders-pending").rows("data") == [])
    }

    @Test func `pending orders come in pages of what is older`() {
        let venue = OKXFixture()
        let client = OKXClient(venue, .privateData, isLoggedIn: true)
        for _ in 0..<5 { client.place(0, "buy", "limit", size: "1", ticks: -300) }
        let path = "/api/v5/trade/orders-pending"
        let first = venue.call("GET", path, query: "limit=3").rows("data")
        let last = first.last?["ordId"]?.text ?? ""
        let second = venue.call("GET", path, query: "limit=3&after=\(last)").rows("data")
        let ids = (first + second).map { $0.integer("ordId") }
        #expect(ids.count == 5)
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 > $1 })
    }

    @Test(arguments: [
        ("GET", "/api/v5/public/time", "", "0"),
        ("GET", "/api/v5/public/instruments", "", "50014"),
        ("GET", "/api/v5/public/instruments", "instType=X", "51000"),
        ("GET", "/api/v5/public/instruments", "instType=SPOT&instId=NO-PE", "51001"),
        ("GET", "/api/v5/market/books", "instId=NO-PE", "51001"),
        ("GET", "/api/v5/market/books", "instId=BTC-USDT&sz=401", "51000"),
        ("GET", "/api/v5/market/books-full", "instId=BTC-USDT&sz=1000", "0"),
        ("GET", "/api/v5/market/ticker", "instId=BTC-USDT", "0"),
        ("GET", "/api/v5/market/candles", "instId=BTC-USDT&bar=1m", "0"),
        ("GET", "/api/v5/market/candles", "instId=BTC-USDT&bar=9m", "51000"),
        ("GET", "/api/v5/public/price-limit", "instId=BTC-USDT", "0"),
        ("GET", "/api/v5/public/mark-price", "instId=BTC-USDT-SWAP", "0"),
        ("GET", "/api/v5/account/config", "", "0"),
        ("GET", "/api/v5/trade/account-rate-limit", "", "0"),
        ("GET", "/api/v5/trade/order", "instId=BTC-USDT", "51003"),
        ("GET", "/api/v5/nothing", "", "404"), ("DELETE", "/api/v5/trade/order", "", "404"),
    ])
    func `an endpoint answers with its code`(
        method: String, path: String, query: String, code: String
    ) {
        let venue = OKXFixture()
        #expect(venue.call(method, path, query: query)["code"]?.text == code)
    }

    @Test func `the REST book carries the number of its last change and best levels first`() {
        let venue = OKXFixture()
        venue.run(seconds: 1)
        let book = venue.call("GET", "/api/v5/market/books", query: "instId=BTC-USDT&sz=400")
            .row("data")
        #expect(book?.integer("seqId") == venue.market.feeds[3].sequence)
        #expect(book?.rows("bids").count == 400)
        guard case .array(let best) = book?.row("asks") else {
            Issue.record("no asks")
            return
        }
        #expect(best.count == 4)
        #expect(best[0].text == venue.price(3, ticks: venue.market.feeds[3].book.touch.ask))
    }

    @Test func `an unsigned request of a private endpoint is refused with 401`() {
        let venue = OKXFixture()
        let reply = venue.rest.handle(
            RESTRequest(
                method: "GET", path: "/api/v5/account/balance", query: "", body: "", apiKey: ""))
        #expect(reply.status == 401)
        #expect(JSONValue.parse(reply.body)?["code"]?.text == "50103")
    }

    @Test func `the simulator's own endpoints show the truth without a key`() {
        let venue = OKXFixture()
        let client = OKXClient(venue, .publicData)
        client.subscribe(#""channel":"books","instId":"BTC-USDT""#)
        venue.run(seconds: 1.05)
        func control(_ path: String, _ query: String = "") -> JSONValue {
            let reply = venue.rest.handle(
                RESTRequest(method: "GET", path: path, query: query, body: "", apiKey: ""))
            #expect(reply.status == 200)
            return JSONValue.parse(Array(reply.body.prefix(65_536))) ?? .null
        }
        let window = control("/apus/book", "instId=BTC-USDT&channel=books")
        #expect(window.integer("seqId") == client.data("books").last?.integer("seqId"))
        #expect(window.rows("bids").count == 400)
        #expect(control("/apus/positions")["code"]?.text == "0")
        #expect(control("/apus/orders").rows("data") == [])
    }
}
