//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

/// What happens to the account, and to what it trades, without its client's doing.
extension OKXFaultTests {
    @Test func `external-order: the push names no order of the client`() throws {
        let (venue, client) = Self.trader([Self.fault(.externalOrder)])
        venue.streams.tick()
        #expect(client.story == ["live", "filled+"])
        let push = try #require(client.data("orders").last)
        #expect(push["clOrdId"]?.text == "" && push["category"]?.text == "normal")
        #expect(venue.desk.account.positions.contains { $0.lots != 0 })
    }

    @Test func `liquidation and deleveraging: the venue closes the position itself`() throws {
        for (name, category) in [
            (FaultName.liquidation, "full_liquidation"), (.deleveraging, "adl"),
        ] {
            let (venue, client) = Self.trader([Self.fault(name)])
            venue.streams.tick()
            #expect(client.story.isEmpty)
            client.place(0, "buy", "market", size: "0.03")
            client.clear()
            venue.streams.tick()
            #expect(client.story == ["filled+"] || client.story == ["live", "filled+"])
            let push = try #require(client.data("orders").last)
            #expect(push["category"]?.text == category && push["side"]?.text == "sell")
            #expect(push.integer("tradeId") < 0)
            #expect(venue.desk.account.positions[0].lots == 0)
            #expect(venue.faults.counts[name] == 1)
        }
    }

    @Test func `self-trade-cancel: an order that rests is cancelled with source 32`() throws {
        let (venue, client) = Self.trader([Self.fault(.selfTradeCancel)])
        client.place(0, "buy", "limit", size: "1", ticks: -300)
        venue.streams.tick()
        #expect(client.story == ["live", "canceled/32"])
        #expect(venue.desk.openOrders.isEmpty)
    }

    @Test func `fill-after-cancel: the fill is told behind the end and its answer`() throws {
        let (venue, client) = Self.trader([Self.fault(.fillAfterCancel)])
        client.place(0, "buy", "limit", size: "1", ticks: -300)
        let id = try #require(venue.desk.openOrders.keys.first)
        let code = venue.market.code(0)
        client.send(
            #"{"id":"9","op":"cancel-order","args":[{"instIdCode":\#(code),"ordId":"\#(id)"}]}"#)
        #expect(client.story == ["live", "canceled/1"])
        #expect(client.data("orders").last?["accFillSz"]?.text == "0.01")
        venue.run(seconds: 0.2)
        #expect(client.story == ["live", "canceled/1", "partially_filled+"])
        #expect(venue.desk.account.positions[0].lots == 1)
    }

    @Test func `tick-change and contract-change: told by the channel, and orders are checked`() {
        let venue = OKXFixture(
            faults: [
                Self.fault(.tickChange, countMax: 1), Self.fault(.contractChange, countMax: 1),
            ])
        let client = OKXClient(venue, .publicData)
        client.subscribe(#""channel":"instruments","instType":"SWAP""#)
        client.subscribe(#""channel":"instruments","instType":"SPOT""#)
        venue.run(seconds: 1.5)
        let told = client.data("instruments")
        #expect(told.count == 2)
        let one = venue.market.instruments.firstIndex { $0.ticksPerStep == 10 } ?? 0
        let instrument = venue.market.instruments[one]
        #expect(told[0]["instId"]?.text == instrument.name)
        #expect(Fixed(told[0]["tickSz"]?.text ?? "") == instrument.price(10))
        let contract = venue.market.instruments.first { $0.toldContract != nil }
        #expect(told[1]["instId"]?.text == contract?.name)
        #expect(
            Fixed(told[1]["ctVal"]?.text ?? "")
                == contract.map { Fixed(units: $0.contract.units * 10) })
        let trader = OKXClient(venue, .privateData, isLoggedIn: true)
        let mode = instrument.isSpot ? "cash" : "cross"
        for (ticks, code) in [(Int64(0), "0"), (1, "51150")] {
            let price = venue.price(one, ticks: venue.bid(one) / 10 * 10 - 300 + ticks)
            let order = #""side":"buy","ordType":"limit","tdMode":"\#(mode)","sz":"1""#
            trader.send(
                #"{"id":"1","op":"order","args":[{"instIdCode":\#(venue.market.code(one)),"#
                    + #"\#(order),"px":"\#(price)"}]}"#)
            #expect(trader.messages.last?.row("data")?["sCode"]?.text == code)
        }
    }
}
