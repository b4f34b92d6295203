//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Testing
import TradingCore
import VenueModel

@testable import Backtest

/// What the model answers to requests in the venue's own words.
struct ModelVenueTests {
    private static let secondNs: Int64 = 1_000_000_000

    private func venue(_ values: [String: String] = [:]) throws -> ModelVenue {
        var instrument = Instrument()
        instrument.venue = .binanceUSDM
        instrument.symbolText = "BTC-USDT"
        instrument.venueSymbolText = "BTCUSDT"
        instrument.quoteAssetText = "USDT"
        instrument.priceDecimals = 1
        instrument.tickMantissa = 1
        instrument.quantityDecimals = 3
        instrument.lotMantissa = 1
        instrument.tickLotValueE12 = 100_000_000
        instrument.quantityMin = QuantityLots(rawValue: 1)
        instrument.quantityMax = QuantityLots(rawValue: 1_000)
        instrument.notionalMinE8 = 5 * 100_000_000
        var venue = ModelVenue(
            instruments: [instrument],
            configuration: try BacktestConfiguration(makerSettings(values)))
        for (side, price) in [(Side.buy, 600_000), (.sell, 600_001)] {
            var header = BookHeader()
            header.kind = .bookSnapshot
            header.flags = .inStream
            header.lastUpdateID = 1
            if side == .buy {
                _ = venue.market(unsafe unsafeBitCast(header, to: MarketEvent.self), timeNs: 0)
            }
            var levels = BookLevels()
            levels.kind = .bookLevels
            levels.side = side
            levels.count = 1
            levels.level0 = BookLevel(
                price: PriceTicks(rawValue: Int64(price)), quantity: QuantityLots(rawValue: 500))
            _ = venue.market(unsafe unsafeBitCast(levels, to: MarketEvent.self), timeNs: 0)
        }
        return venue
    }

    private func place(
        _ number: Int, price: String = "60000.0", quantity: String = "0.010",
        timeInForce: String = "GTX", symbol: String = "BTCUSDT"
    ) -> String {
        """
        {"id":"p\(number)","method":"order.place","params":{"newClientOrderId":"a\(number)",\
        "timestamp":1,"symbol":"\(symbol)","side":"BUY","type":"LIMIT",\
        "timeInForce":"\(timeInForce)","quantity":"\(quantity)","price":"\(price)"}}
        """
    }

    @Test func `answer a resting order, its fill by a trade and a cancel too late`() throws {
        var venue = try venue()
        let answers = venue.request(place(1), placedNs: 0, timeNs: 5)
        #expect(answers.map(\.isReply) == [true, false])
        #expect(answers[0].text.contains(#""status":200"#))
        #expect(answers[1].text.contains(#""x":"NEW""#))
        var trade = Trade()
        trade.kind = .trade
        trade.side = .sell
        trade.price = PriceTicks(rawValue: 599_999)
        trade.quantity = QuantityLots(rawValue: 4)
        let event = unsafe unsafeBitCast(trade, to: MarketEvent.self)
        let part = venue.market(event, timeNs: Self.secondNs)
        #expect(part.count == 1)
        #expect(part[0].text.contains(#""X":"PARTIALLY_FILLED""#))
        #expect(part[0].text.contains(#""l":"0.004","z":"0.004","L":"60000.0""#))
        // 240 at 200 millionths.
        #expect(part[0].text.contains(#""n":"0.04800000","N":"USDT""#))
        _ = venue.market(event, timeNs: Self.secondNs)
        let last = venue.market(event, timeNs: Self.secondNs)
        #expect(last[0].text.contains(#""l":"0.002","z":"0.010""#))
        #expect(last[0].text.contains(#""X":"FILLED""#))
        let late = venue.request(
            #"{"id":"c1","method":"order.cancel","params":{"origClientOrderId":"a1"}}"#,
            placedNs: 0, timeNs: 2 * Self.secondNs)
        #expect(late.map(\.text).joined().contains("-2011"))
        #expect(venue.orders[0].end == .filled)
        #expect(venue.accounts[0].position == 10)
    }

    @Test func `refuse what filters and limits forbid, with the venue's codes`() throws {
        let cases: [(String, Int, VenueRefusal?)] = [
            (place(1, price: "60000.1"), -5022, .postOnly),
            (place(1, price: "60000.05"), -4014, .priceFilter),
            (place(1, quantity: "2.000"), -4023, .lotSize),
            (place(1, price: "1.0"), -4164, .minNotional),
            (place(1, symbol: "ETHUSDT"), -1121, nil),
        ]
        for (request, code, refusal) in cases {
            var venue = try venue()
            let answers = venue.request(request, placedNs: 0, timeNs: 5)
            #expect(answers.count == 1)
            #expect(answers.first?.text.contains("\"code\":\(code),") == true, "\(code)")
            #expect(venue.orders.first?.refusal == refusal)
            #expect(venue.counters.refused == 1)
        }
    }

    @Test func `take no more orders than the rate allows`() throws {
        var venue = try venue(["backtest.order_rate_10s": "2"])
        for number in 1...3 {
            _ = venue.request(place(number), placedNs: 0, timeNs: Int64(number))
        }
        #expect(venue.orders.map(\.refusal) == [nil, nil, .rateLimit])
        _ = venue.request(place(4), placedNs: 0, timeNs: 11 * Self.secondNs)
        #expect(venue.orders[3].refusal == nil)
    }

    @Test func `pay funding at its time, by the rate told before`() throws {
        var venue = try venue()
        _ = venue.request(
            place(1, price: "60000.1", timeInForce: "IOC"), placedNs: 0, timeNs: 5)
        #expect(venue.accounts[0].position == 10)
        let eightHoursNs = 28_800 * Self.secondNs
        for (timeNs, rate) in [(eightHoursNs - 1, 10_000), (eightHoursNs, 90_000)] {
            var mark = MarkPrice()
            mark.kind = .markPrice
            mark.mark = PriceTicks(rawValue: 600_000)
            mark.fundingRateE8 = Int64(rate)
            _ = venue.market(unsafe unsafeBitCast(mark, to: MarketEvent.self), timeNs: timeNs)
        }
        // 600 at 0.0001.
        #expect(venue.accounts[0].fundingE12 == 60_000_000_000)
    }

    @Test func `write amounts exactly`() {
        #expect(ExactText.e12(12_500_000_000_000) == "12.5")
        #expect(ExactText.e12(-1) == "-0.000000000001")
        #expect(ExactText.e12(0) == "0")
        #expect(ExactText.e8(ofE12: 15_000) == "0.00000002")
        #expect(ExactText.e8(ofE12: -15_000) == "-0.00000002")
    }
}
