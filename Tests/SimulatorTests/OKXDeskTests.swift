//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom
import Testing

@testable import Simulator

@Suite("OKX orders")
struct OKXDeskTests {
    private static func client(
        _ options: OKXOptions = OKXOptions(), wallet: Int64 = 1_000_000
    ) -> (OKXFixture, OKXClient) {
        let venue = OKXFixture(options, wallet: wallet)
        let client = OKXClient(venue, .privateData, isLoggedIn: true)
        client.subscribe(#""channel":"orders","instType":"ANY""#)
        return (venue, client)
    }

    @Test func `an accepted order is answered first and pushed after`() {
        let (venue, client) = Self.client()
        client.clear()
        let reply = client.place(
            0, "buy", "limit", size: "1", ticks: -300, #","clOrdId":"apus1","tag":"t1""#)
        #expect(reply["code"]?.text == "0")
        #expect(reply["msg"]?.text == "")
        let row = reply.row("data")
        #expect(row?["sCode"]?.text == "0")
        #expect(row?["sMsg"]?.text == "Order successfully placed.")
        #expect(row?["clOrdId"]?.text == "apus1")
        #expect(row?["tag"]?.text == "t1")
        #expect(row?["subCode"]?.text == "")
        #expect(reply["inTime"]?.text?.count == 16)
        #expect(reply["outTime"]?.text?.count == 16)
        #expect(row?["ordId"]?.text?.count == 19)
        #expect(client.messages.map { $0["op"]?.text ?? "push" } == ["order", "push"])
        let push = client.data("orders")[0]
        #expect(push["state"]?.text == "live")
        #expect(push["ordId"] == row?["ordId"])
        #expect(push["avgPx"]?.text == "0")
        #expect(push["fillSz"]?.text == "0")
        #expect(push["tradeId"]?.text == "")
        #expect(push["reduceOnly"] == .string("false"))
        #expect(client.pushes("orders")[0]["arg"]?["uid"]?.text == OKXPrivateText.userID)
        #expect(venue.desk.openOrders.count == 1)
    }

    struct Ending: Sendable {
        var type: String
        var ticks: Int64
        var size = "1"
        var more = ""
        var story: [String]
    }

    @Test(arguments: [
        Ending(type: "ioc", ticks: -100, story: ["live", "canceled/14"]),
        Ending(type: "fok", ticks: -100, story: ["live", "canceled/13"]),
        Ending(type: "fok", ticks: 2, size: "9000", story: ["live", "canceled/13"]),
        Ending(type: "post_only", ticks: 50, story: ["canceled/31"]),
        Ending(type: "post_only", ticks: -5, story: ["live"]),
        Ending(type: "ioc", ticks: 60, size: "0.01", story: ["live", "filled+"]),
        Ending(type: "market", ticks: 0, size: "0.01", story: ["live", "filled+"]),
        Ending(type: "optimal_limit_ioc", ticks: 0, size: "0.01", story: ["live", "filled+"]),
        Ending(type: "limit", ticks: 60, size: "0.01", story: ["live", "filled+"]),
    ])
    func `each type of order ends as the venue's state machine says`(one: Ending) {
        let (_, client) = Self.client()
        client.place(0, "buy", one.type, size: one.size, ticks: one.ticks, one.more)
        #expect(client.story == one.story)
    }

    @Test func `each fill is a push of its own and the last one fills`() {
        let (_, client) = Self.client(wallet: 900_000_000)
        client.place(0, "buy", "ioc", size: "60", ticks: 200)
        let story = client.story
        #expect(story.first == "live")
        #expect(story.last == "filled+")
        #expect(story.count > 3)
        #expect(story.dropFirst().dropLast().allSatisfy { $0 == "partially_filled+" })
        let fills = client.data("orders").dropFirst()
        var sum: Int64 = 0
        for fill in fills {
            sum += fill.decimal("fillSz").units
            #expect(fill.decimal("accFillSz").units == sum)
        }
        #expect(sum == 60 * Fixed.one)
        #expect(Set(fills.map { $0["tradeId"]?.text }).count == fills.count)
    }

    @Test func `the terminal push without a fill comes when asked for`() {
        var options = OKXOptions()
        options.hasTerminalPush = true
        let (_, client) = Self.client(options)
        client.place(0, "buy", "market", size: "0.01")
        #expect(client.story == ["live", "partially_filled+", "filled"])
        let last = client.data("orders")[2]
        #expect(last["fillSz"]?.text == "0")
        #expect(last["uTime"] == client.data("orders")[1]["uTime"])
        #expect(last["accFillSz"] == client.data("orders")[1]["accFillSz"])
    }

    @Test func `a spot market buy is sized in quote currency and ends without a fill`() {
        let (venue, client) = Self.client()
        let before = venue.desk.account.cash
        client.place(3, "buy", "market", size: "1000")
        #expect(client.story.first == "live")
        #expect(client.story.last == "filled")
        #expect(client.data("orders")[0]["sz"]?.text == "1000")
        #expect(client.data("orders")[0]["tgtCcy"]?.text == "quote_ccy")
        let spent = before["USDT"]!.units - venue.desk.account.cash["USDT"]!.units
        #expect((99_900_000_000...100_000_000_000).contains(spent))
        let fill = client.data("orders")[1]
        #expect(fill["feeCcy"]?.text == "BTC")
        #expect(fill.decimal("fillFee").units < 0)
        client.clear()
        client.place(3, "sell", "market", size: "0.001")
        #expect(client.story.last == "filled+")
        #expect(client.data("orders").last?["feeCcy"]?.text == "USDT")
    }

    struct Refusal: Sendable {
        var index = 0
        var part: String
        var change: String
        var code: String
    }

    @Test(arguments: [
        Refusal(part: #""instIdCode":10459,"#, change: "", code: "50014"),
        Refusal(part: "10459", change: "99", code: "51001"),
        Refusal(part: #""tdMode":"cross""#, change: #""tdMode":"cash""#, code: "51000"),
        Refusal(part: #""tdMode":"cross","#, change: "", code: "50014"),
        Refusal(part: "buy", change: "long", code: "51000"),
        Refusal(part: "limit", change: "stop", code: "51000"),
        Refusal(part: #""sz":"1""#, change: #""sz":"1.001""#, code: "51121"),
        Refusal(part: #""sz":"1""#, change: #""sz":"0""#, code: "51000"),
        Refusal(part: #""sz":"1""#, change: #""sz":"x""#, code: "51000"),
        Refusal(part: #""sz":"1""#, change: #""sz":"200000000""#, code: "51203"),
        Refusal(part: #""px":"60000""#, change: #""px":"60000.05""#, code: "51150"),
        Refusal(part: #""px":"60000""#, change: #""px":"90000""#, code: "51006"),
        Refusal(part: #","px":"60000""#, change: "", code: "51204"),
        Refusal(part: #""px":"60000""#, change: #""px":"-1""#, code: "51000"),
        Refusal(part: #"apus"#, change: "ap-us", code: "51000"),
        Refusal(part: #"apus"#, change: String(repeating: "a", count: 33), code: "51000"),
        Refusal(part: #"apus"#, change: #"apus","posSide":"long"#, code: "51000"),
        Refusal(part: #"apus"#, change: #"apus","posSide":"net"#, code: "0"),
        Refusal(part: #"apus"#, change: #"apus","stpMode":"none"#, code: "51000"),
        Refusal(part: #"apus"#, change: #"apus","tag":"a b"#, code: "51000"),
        Refusal(part: #"apus""#, change: #"apus","reduceOnly":true"#, code: "51169"),
        Refusal(part: #"apus""#, change: #"apus","reduceOnly":"maybe""#, code: "51000"),
        Refusal(part: #""sz":"1""#, change: #""sz":"90000""#, code: "51008"),
        Refusal(
            index: 3, part: #""sz":"1""#, change: #""sz":"0.000001""#, code: "51020"),
        Refusal(index: 3, part: #""px":"60000""#, change: #""px":"90000""#, code: "51137"),
        Refusal(
            index: 3, part: #"buy","ordType":"limit","sz":"1","px":"60000""#,
            change: #"sell","ordType":"limit","sz":"1","px":"100""#, code: "51138"),
        Refusal(
            index: 3, part: #"buy","ordType":"limit","sz":"1""#,
            change: #"sell","ordType":"limit","sz":"2""#, code: "51008"),
        Refusal(part: "apus", change: "apus", code: "0"),
    ])
    func `a faulty order is refused with the venue's code and nothing is pushed`(one: Refusal) {
        let (venue, client) = Self.client()
        let isSpot = venue.market.instruments[one.index].isSpot
        let item =
            #""instIdCode":\#(venue.market.code(one.index)),"#
            + #""tdMode":"\#(isSpot ? "cash" : "cross")","#
            + #""side":"buy","ordType":"limit","sz":"1","px":"60000","clOrdId":"apus""#
        #expect(item.contains(one.part))
        client.clear()
        let reply = client.call("order", [item.replacing(one.part, with: one.change)])
        #expect(reply.row("data")?["sCode"]?.text == one.code)
        #expect(reply["code"]?.text == (one.code == "0" ? "0" : "1"))
        #expect(client.story == (one.code == "0" ? ["live"] : []))
    }

    @Test func `a price beyond the limit is brought back when the client lets it`() {
        let (venue, client) = Self.client()
        client.place(0, "buy", "post_only", size: "1", ticks: -1)
        let item =
            #""instIdCode":10459,"tdMode":"cross","side":"sell","ordType":"limit","sz":"1","#
            + #""px":"100","pxAmendType":"1""#
        #expect(client.call("order", [item]).row("data")?["sCode"]?.text == "0")
        let limit = venue.market.feeds[0].sellLimit
        #expect(
            client.data("orders").last?["px"]?.text == venue.price(0, ticks: limit))
    }

    @Test func `a client id is free again when its order is done`() {
        let (_, client) = Self.client()
        let named = #","clOrdId":"same""#
        #expect(client.place(0, "buy", "limit", size: "1", ticks: -300, named)["code"]?.text == "0")
        let again = client.place(0, "buy", "limit", size: "1", ticks: -300, named)
        #expect(again.row("data")?["sCode"]?.text == "51016")
        let cancel = #""instIdCode":10459,"clOrdId":"same""#
        #expect(client.call("cancel-order", [cancel]).row("data")?["sCode"]?.text == "0")
        #expect(client.call("cancel-order", [cancel]).row("data")?["sCode"]?.text == "51400")
        #expect(client.place(0, "buy", "limit", size: "1", ticks: -300, named)["code"]?.text == "0")
        #expect(client.story == ["live", "canceled/1", "live"])
    }

    @Test func `batches are wholly right, partly right or wholly wrong`() {
        let (_, client) = Self.client()
        let good =
            #""instIdCode":10459,"tdMode":"cross","side":"buy","ordType":"limit","sz":"1","#
            + #""px":"60000""#
        let bad = good.replacing("10459", with: "1")
        #expect(client.call("batch-orders", [good, good])["code"]?.text == "0")
        let mixed = client.call("batch-orders", [bad, good])
        #expect(mixed["code"]?.text == "2")
        #expect(mixed.rows("data").map { $0["sCode"]?.text } == ["51001", "0"])
        #expect(mixed.rows("data")[0]["ordId"]?.text == "")
        #expect(client.call("batch-orders", [bad])["code"]?.text == "1")
        let many = client.call("batch-orders", Array(repeating: good, count: 21))
        #expect(many["code"]?.text == "51111")
        #expect(many.rows("data") == [])
        let ids = client.data("orders").compactMap { $0["ordId"]?.text }
        let cancels = ids.map { #""instIdCode":10459,"ordId":"\#($0)""# }
        #expect(client.call("batch-cancel-orders", cancels)["code"]?.text == "0")
        #expect(client.story.suffix(3) == ["canceled/1", "canceled/1", "canceled/1"])
        #expect(client.call("order", [good, good])["code"]?.text == "60013")
        #expect(client.call("order", [])["code"]?.text == "60013")
    }

    @Test func `a request past its expiry changes nothing; a cancel has none`() {
        let (venue, client) = Self.client()
        let item =
            #""instIdCode":10459,"tdMode":"cross","side":"buy","ordType":"limit","sz":"1","#
            + #""px":"60000""#
        let past = #","expTime":"\#(OKXFixture.startMs - 1)""#
        let late = client.call("order", [item], more: past)
        #expect(late["code"]?.text == "50036")
        #expect(late.rows("data") == [])
        #expect(venue.desk.orders.isEmpty)
        let future = #","expTime":"\#(OKXFixture.startMs + 500)""#
        let placed = client.call("order", [item], more: future)
        let id = placed.row("data")?["ordId"]?.text ?? ""
        let cancel = client.call(
            "cancel-order", [#""instIdCode":10459,"ordId":"\#(id)""#], more: past)
        #expect(cancel["code"]?.text == "0")
    }

    @Test func `the buckets of two seconds are apart for placing and cancelling`() {
        let (venue, client) = Self.client()
        var codes: [String] = []
        for _ in 0..<61 {
            let reply = client.place(0, "buy", "ioc", size: "1", ticks: -100)
            codes.append(reply.row("data")?["sCode"]?.text ?? "?")
        }
        #expect(codes.dropLast().allSatisfy { $0 == "0" })
        #expect(codes.last == "50011")
        let other = client.place(1, "buy", "ioc", size: "1", ticks: -100)
        #expect(other["code"]?.text == "0")
        let cancel = client.call("cancel-order", [#""instIdCode":10459,"ordId":"5""#])
        #expect(cancel.row("data")?["sCode"]?.text == "51400")
        venue.run(seconds: 2)
        #expect(client.place(0, "buy", "ioc", size: "1", ticks: -100)["code"]?.text == "0")
    }

    @Test func `the account's own bucket holds a thousand orders of swaps`() {
        let (_, client) = Self.client()
        let codes = [10_459, 10_461, 10_530, 10_458]
        var refusals: Set<String> = []
        for round in 0..<60 {
            let item =
                #""instIdCode":\#(codes[round % 4]),"tdMode":"cross","side":"buy","ordType":"ioc","#
                + #""sz":"1","px":"1""#
            let reply = client.call("batch-orders", Array(repeating: item, count: 20))
            for row in reply.rows("data") { refusals.insert(row["sCode"]?.text ?? "?") }
        }
        #expect(refusals.contains("50061"))
    }

    @Test(arguments: [
        ("cancel_maker", "canceled/32", "filled+"), ("cancel_taker", "live", "canceled/32"),
        ("cancel_both", "canceled/32", "canceled/32"),
    ])
    func `an account that meets itself loses the order it chose`(
        mode: String, maker: String, taker: String
    ) {
        let (venue, client) = Self.client()
        let bid = venue.bid(0)
        client.place(0, "sell", "limit", size: "1", ticks: 1)
        // What stands in front of the own order at its price is taken first.
        let front = venue.market.feeds[0].book.engine.lots(.ask, at: bid + 1) - 100
        if front > 0 {
            let size = String(decoding: Self.text(venue, 0, lots: front), as: UTF8.self)
            client.place(0, "buy", "ioc", size: size, ticks: 1)
        }
        client.place(0, "buy", "ioc", size: "1", ticks: 60, #","stpMode":"\#(mode)""#)
        let ids = client.data("orders").map { $0.integer("ordId") }
        func end(_ id: Int64?) -> String? {
            Array(zip(ids, client.story)).last { $0.0 == id }?.1
        }
        #expect(end(ids.min()) == maker)
        #expect(end(ids.max()) == taker)
    }

    private static func text(_ venue: OKXFixture, _ index: Int, lots: Int64) -> [UInt8] {
        var writer = ByteWriter()
        writer.stripped(venue.market.instruments[index].size(lots))
        return writer.bytes
    }

    @Test func `amending changes size in place and price by a new place`() {
        let (venue, client) = Self.client()
        client.place(0, "buy", "limit", size: "2", ticks: -300, #","clOrdId":"a1""#)
        let target = #""instIdCode":10459,"clOrdId":"a1""#
        let smaller = client.call("amend-order", [target + #","newSz":"1","reqId":"q1""#])
        #expect(smaller.row("data")?["sCode"]?.text == "0")
        #expect(smaller.row("data")?["reqId"]?.text == "q1")
        #expect(client.data("orders").last?["sz"]?.text == "1")
        #expect(client.data("orders").last?["amendResult"]?.text == "0")
        #expect(client.data("orders").last?["reqId"]?.text == "q1")
        let price = venue.price(0, ticks: venue.bid(0) - 310)
        client.call("amend-order", [target + #","newPx":"\#(price)""#])
        #expect(client.data("orders").last?["px"]?.text == price)
        #expect(client.story == ["live", "live", "live"])
        let crossing = venue.price(0, ticks: venue.bid(0) + 100)
        client.call("amend-order", [target + #","newPx":"\#(crossing)""#])
        #expect(client.story.last == "filled+")
        let done = client.call("amend-order", [target + #","newSz":"3""#])
        #expect(done.row("data")?["sCode"]?.text == "51503")
    }

    @Test(arguments: [
        (#""clOrdId":"a1""#, "51500"), (#""clOrdId":"a1","newSz":"0.001""#, "51121"),
        (#""clOrdId":"a1","newPx":"0.01""#, "51150"), (#""clOrdId":"zz","newSz":"1""#, "51503"),
        (#""newSz":"1""#, "51003"), (#""clOrdId":"a1","newPx":"61900""#, "51511"),
        (#""clOrdId":"a1","newPx":"99000""#, "51006"),
        (#""clOrdId":"a1","newSz":"90000""#, "51008"),
    ])
    func `an amendment that cannot be has its code and the order stays`(
        change: String, code: String
    ) {
        let (venue, client) = Self.client()
        client.place(0, "buy", "post_only", size: "2", ticks: -300, #","clOrdId":"a1""#)
        let reply = client.call("amend-order", [#""instIdCode":10459,"# + change])
        #expect(reply.row("data")?["sCode"]?.text == code)
        #expect(venue.desk.openOrders.count == 1)
        #expect(client.story == ["live"])
    }

    @Test func `an amendment to what is already filled ends the order, and cxlOnFail cancels it`() {
        let (venue, client) = Self.client()
        client.place(0, "buy", "limit", size: "8000", ticks: 60, #","clOrdId":"a1""#)
        #expect(client.story.last == "partially_filled+")
        let target = #""instIdCode":10459,"clOrdId":"a1""#
        client.call("amend-order", [target + #","newSz":"0.01""#])
        #expect(client.story.last == "filled")
        #expect(venue.desk.openOrders.isEmpty)
        client.place(0, "buy", "limit", size: "1", ticks: -300, #","clOrdId":"a2""#)
        client.call(
            "amend-order",
            [#""instIdCode":10459,"clOrdId":"a2","newPx":"99000","cxlOnFail":true"#])
        #expect(client.story.last == "canceled/1")
    }

    @Test func `reduce-only orders shrink and go with the position`() {
        let (venue, client) = Self.client()
        client.place(0, "buy", "market", size: "1")
        let more = #","reduceOnly":true"#
        let wrong = client.place(0, "buy", "limit", size: "1", ticks: -300, more)
        #expect(wrong.row("data")?["sCode"]?.text == "51170")
        client.place(0, "sell", "limit", size: "5", ticks: 400, more)
        #expect(client.data("orders").last?["sz"]?.text == "1")
        client.place(0, "sell", "market", size: "0.4")
        venue.run(seconds: 0.02)
        #expect(client.data("orders").last?["sz"]?.text == "0.6")
        #expect(client.data("orders").last?["amendSource"]?.text == "4")
        client.place(0, "sell", "market", size: "0.6")
        venue.run(seconds: 0.02)
        #expect(client.story.last == "canceled/17")
        #expect(venue.desk.account.positions[0].lots == 0)
    }

    @Test func `the dead man's switch outlives the socket and cancels one by one`() {
        let (venue, client) = Self.client()
        for _ in 0..<3 { client.place(0, "buy", "limit", size: "1", ticks: -400) }
        client.place(0, "buy", "limit", size: "1", ticks: -400, #","tag":"keep""#)
        let path = "/api/v5/trade/cancel-all-after"
        #expect(venue.call("POST", path, body: #"{"timeOut":"5"}"#)["code"]?.text == "51000")
        let armed = venue.call("POST", path, body: #"{"timeOut":"10","tag":"keep"}"#).row("data")
        #expect(armed?["triggerTime"]?.text == "\(OKXFixture.startMs + 10_000)")
        #expect(
            venue.call("POST", path, body: #"{"timeOut":"0","tag":"keep"}"#).row("data")?[
                "triggerTime"]?.text == "0")
        _ = venue.call("POST", path, body: #"{"timeOut":"10"}"#)
        venue.streams.forget(client.session)
        venue.run(seconds: 9.9)
        #expect(venue.desk.openOrders.count == 4)
        venue.run(seconds: 0.2)
        #expect(venue.desk.openOrders.isEmpty)
        #expect(
            venue.desk.orders.values.allSatisfy { $0.cancelSource == .cancelAllAfter })
    }

    /// Goal: no order, no size and no cent is lost or made, whatever a client does.
    /// Method: random requests; an own account of the pushes alone is compared with the venue's.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `pushes add up to the venue's positions and cash`(seed: UInt64) {
        let venue = OKXFixture(seed: seed, wallet: 5_000_000)
        let client = OKXClient(venue, .privateData, isLoggedIn: true)
        client.subscribe(#""channel":"orders","instType":"ANY""#)
        let before = venue.desk.account.cash
        var random = SplitMix64(seed: seed)
        let types = ["limit", "ioc", "fok", "post_only", "market"]
        for _ in 0..<250 {
            let index = random.below(7)
            let one = venue.market.instruments[index]
            let least = Fixed(one.sizeMin)!.units / one.lotSize.units
            let lots = Int64(1 + random.below(3)) * least * 3
            let size = String(decoding: Self.text(venue, index, lots: lots), as: UTF8.self)
            switch random.below(6) {
            case 0:
                if let order = venue.desk.openOrders.values.min(by: { $0.orderID < $1.orderID }) {
                    let code = venue.market.code(order.instrument)
                    client.call(
                        "cancel-order", [#""instIdCode":\#(code),"ordId":"\#(order.orderID)""#])
                }
            case 1:
                if let order = venue.desk.openOrders.values.max(by: { $0.orderID < $1.orderID }) {
                    let code = venue.market.code(order.instrument)
                    let price = venue.price(
                        order.instrument,
                        ticks: venue.bid(order.instrument) + Int64(random.below(11)) - 5)
                    client.call(
                        "amend-order",
                        [#""instIdCode":\#(code),"ordId":"\#(order.orderID)","newPx":"\#(price)""#])
                }
            default:
                let isBuy = random.below(2) == 0
                let isQuoteSized = index > 2 && index < 6 && isBuy
                client.place(
                    index, isBuy ? "buy" : "sell",
                    isQuoteSized ? types[random.below(4)] : types[random.below(5)], size: size,
                    ticks: Int64(random.below(21)) - 10)
            }
            venue.run(seconds: 0.03)
        }
        var cash = before.mapValues(\.units)
        var lots: [String: Int64] = [:]
        var filled: [String: Int64] = [:]
        var states: [String: String] = [:]
        var trades: Set<String> = []
        for push in client.data("orders") {
            let id = push["ordId"]?.text ?? ""
            let previous = states[id] ?? ""
            #expect(!["filled", "canceled"].contains(previous), "\(id) after its end")
            states[id] = push["state"]?.text ?? ""
            let size = push.decimal("fillSz").units
            filled[id, default: 0] += size
            #expect(push.decimal("accFillSz").units == filled[id])
            guard size > 0 else { continue }
            let name = push["instId"]?.text ?? ""
            let isNew = trades.insert("\(name) \(push["tradeId"]?.text ?? "")").inserted
            #expect(isNew)
            let sign: Int64 = push["side"]?.text == "buy" ? 1 : -1
            cash[push["fillFeeCcy"]?.text ?? "", default: 0] += push.decimal("fillFee").units
            guard push["instType"]?.text == "SPOT" else {
                lots[name, default: 0] += sign * size
                let settle = name == "BTC-USD-SWAP" ? "BTC" : "USDT"
                cash[settle, default: 0] += push.decimal("fillPnl").units
                continue
            }
            let value = push.decimal("fillPx") * push.decimal("fillSz")
            cash[String(name.prefix(3)), default: 0] += sign * size
            cash["USDT", default: 0] -= sign * value.units
        }
        #expect(trades.count > 30)
        #expect(cash == venue.desk.account.cash.mapValues(\.units))
        for (index, one) in venue.market.instruments.enumerated() where !one.isSpot {
            let held = venue.desk.account.positions[index].lots * one.lotSize.units
            #expect(lots[one.name, default: 0] == held, "\(one.name)")
        }
        let open = states.filter { ["live", "partially_filled"].contains($0.value) }.keys
        #expect(Set(open) == Set(venue.desk.openOrders.keys.map { "\($0)" }))
    }

    @Test func `an inverse long gains in coins when the price rises`() {
        let one = OKXInstrument.all[6]
        var account = OKXAccount(cash: ["BTC": Fixed(units: 0)], instrumentCount: 7)
        let open = account.book(
            6, one, price: 500_000, signedLots: 1_000, isMaker: true, tradeID: 1, timeMs: 1)
        // 100 contracts of 100 USD at 50,000: 0.2 BTC.
        #expect(open.fee.units == -20_000_000 * 200 / 1_000_000)
        #expect(account.entryPrice(6, one).units == 50_000 * Fixed.one)
        let close = account.book(
            6, one, price: 625_000, signedLots: -1_000, isMaker: false, tradeID: 2, timeMs: 2)
        #expect(close.profit.units == 20_000_000 - 16_000_000)
        #expect(account.positions[6].lots == 0)
        #expect(account.positions[6].cost.units == 0)
    }
}
