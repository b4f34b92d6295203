//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Gateway
import Messages
import SeededRandom
import Testing

@Suite("Order encoder of OKX")
struct OKXOrderEncoderTests {
    static let time: Int64 = 1_702_555_533_821

    /// Golden texts: exactly these bytes leave.
    @Test func `a limit order on a swap is this text`() throws {
        var encoder = try OKXFixtures.encoder()
        var intent = Fixtures.place(0xFEDC_BA98_7654_3210, price: 618_000, quantity: 1_250)
        let length = unsafe encoder.encodePlace(&intent, timeMs: Self.time)
        #expect(length == encoder.textLength + 8)
        #expect(
            encoder.lastText
                == #"{"id":"pfedcba9876543210","op":"order","expTime":"1702555534821","args":["#
                + #"{"clOrdId":"apusfedcba9876543210","instIdCode":10459,"tdMode":"cross","#
                + #""side":"buy","ordType":"limit","stpMode":"cancel_maker","sz":"12.5","#
                + #""px":"61800"}]}"#)
    }

    @Test func `a market order on spot says that its size is of the base currency`() throws {
        var encoder = try OKXFixtures.encoder()
        var intent = Fixtures.place(
            1, instrumentID: 1, side: .buy, quantity: 100_000, type: .market)
        let length = unsafe encoder.encodePlace(&intent, timeMs: Self.time)
        #expect(length > 0)
        #expect(
            encoder.lastText
                == #"{"id":"p0000000000000001","op":"order","expTime":"1702555534821","args":["#
                + #"{"clOrdId":"apus0000000000000001","instIdCode":3,"tdMode":"cash","#
                + #""side":"buy","ordType":"market","stpMode":"cancel_maker","#
                + #""tgtCcy":"base_ccy","sz":"0.001"}]}"#)
    }

    @Test func `a cancel is this text, has the short header and never expires`() throws {
        var encoder = try OKXFixtures.encoder()
        let length = encoder.encodeCancel(orderID: 0xA0, instrumentID: 0)
        #expect(
            encoder.lastText
                == #"{"id":"c00000000000000a0","op":"cancel-order","args":["#
                + #"{"clOrdId":"apus00000000000000a0","instIdCode":10459}]}"#)
        #expect(encoder.textLength < 126)
        #expect(length == encoder.textLength + 6)
        let bytes = (0..<length).map { unsafe encoder.frameBytes[$0] }
        #expect(texts(ofFrames: bytes) == [encoder.lastText])
    }

    @Test func `an amend is this text, with what changes and nothing else`() throws {
        var encoder = try OKXFixtures.encoder()
        let head = #"{"id":"m00000000000000a0","op":"amend-order","expTime":"1702555534821","#
            + #""args":[{"clOrdId":"apus00000000000000a0","instIdCode":10459,"#
        for (price, quantity, changes) in [
            (Int64(618_005), Int64(7), #""newSz":"0.07","newPx":"61800.5"}]}"#),
            (618_010, 0, #""newPx":"61801"}]}"#), (0, 100, #""newSz":"1"}]}"#),
        ] {
            let length = encoder.encodeAmend(
                orderID: 0xA0, instrumentID: 0, price: PriceTicks(rawValue: price),
                quantity: QuantityLots(rawValue: quantity), timeMs: Self.time)
            #expect(length > 0)
            #expect(encoder.lastText == head + changes)
            let isSame = encoder.isAmend(
                orderID: 0xA0, instrumentID: 0, price: PriceTicks(rawValue: price),
                quantity: QuantityLots(rawValue: quantity))
            #expect(isSame)
            for (other, instrumentID, changedPrice, changedQuantity) in [
                (UInt64(0xA1), UInt32(0), price, quantity), (0xA0, 1, price, quantity),
                (0xA0, 0, price + 1, quantity), (0xA0, 0, price, quantity + 1),
            ] {
                let isOther = encoder.isAmend(
                    orderID: other, instrumentID: instrumentID,
                    price: PriceTicks(rawValue: changedPrice),
                    quantity: QuantityLots(rawValue: changedQuantity))
                #expect(!isOther)
            }
            var intent = Fixtures.place(0xA0, price: price, quantity: quantity)
            let isPlace = unsafe encoder.isPlace(&intent)
            #expect(!isPlace)
        }
    }

    @Test(arguments: OrderEncoderTests.kinds, [UInt32(0), 1, 3])
    func `a place carries exactly its order`(
        _ kind: OrderEncoderTests.Kind, _ instrumentID: UInt32
    ) throws {
        var encoder = try OKXFixtures.encoder()
        var intent = Fixtures.place(
            0x1234, instrumentID: instrumentID, side: kind.side, price: 123_456,
            quantity: 1_500, type: kind.type, timeInForce: kind.timeInForce,
            isReduceOnly: kind.isReduceOnly)
        let length = unsafe encoder.encodePlace(&intent, timeMs: Self.time)
        let isSpot = instrumentID == 1
        let isMarket = kind.type == .market
        if isSpot && kind.isReduceOnly == 1 && kind.side == .buy {
            #expect(length == 0, "a purchase for cash cannot promise to reduce")
            return
        }
        try #require(length > 0)
        let isSame = unsafe encoder.isPlace(&intent)
        #expect(isSame)
        let request = try OKXRequestText(encoder.lastText)
        #expect(request.id == "p0000000000001234")
        #expect(request.operation == "order")
        #expect(request.expiry == "1702555534821")
        var expected = [
            "clOrdId": "apus0000000000001234", "tdMode": isSpot ? "cash" : "cross",
            "instIdCode": ["#10459", "#3", "", "#2021032601102993"][Int(instrumentID)],
            "side": kind.side == .buy ? "buy" : "sell", "stpMode": "cancel_maker",
            "sz": isSpot ? "0.000015" : "15",
        ]
        switch kind.text {
        case "GTC": expected["ordType"] = "limit"
        case "IOC": expected["ordType"] = "ioc"
        case "FOK": expected["ordType"] = "fok"
        case "GTX": expected["ordType"] = "post_only"
        default: expected["ordType"] = isSpot ? "market" : "optimal_limit_ioc"
        }
        if !isMarket { expected["px"] = "12345.6" }
        if isMarket && isSpot { expected["tgtCcy"] = "base_ccy" }
        if kind.isReduceOnly == 1 && !isSpot { expected["reduceOnly"] = "true" }
        #expect(request.items == [expected])
    }

    struct Mode: Sendable {
        let account: OKXAccountMode
        let kind: InstrumentKind
        let text: String?

        init(_ account: OKXAccountMode, _ kind: InstrumentKind, _ text: String?) {
            self.account = account
            self.kind = kind
            self.text = text
        }
    }

    static let modes = [
        Mode(.spot, .spot, "cash"), Mode(.spot, .swap, nil), Mode(.spot, .futures, nil),
        Mode(.futures, .spot, "cash"), Mode(.futures, .swap, "cross"),
        Mode(.futures, .futures, "cross"), Mode(.multiCurrency, .spot, "cross"),
        Mode(.multiCurrency, .swap, "cross"), Mode(.portfolio, .spot, "cross"),
        Mode(.portfolio, .futures, "cross"), Mode(.portfolio, .option, nil),
    ]

    @Test(arguments: modes)
    func `the account's mode and the kind of instrument make the trade mode`(
        mode: Mode
    ) throws {
        let expected = mode.text
        let table = InstrumentTable.standalone([OKXFixtures.instrument(kind: mode.kind)])
        var encoder = try OKXFixtures.encoder(table, OKXFixtures.configuration(mode.account))
        var intent = Fixtures.place(1)
        let length = unsafe encoder.encodePlace(&intent, timeMs: Self.time)
        #expect((length > 0) == (expected != nil))
        let isTradable = encoder.isTradable(0)
        #expect(isTradable == (expected != nil))
        if let expected {
            #expect(try OKXRequestText(encoder.lastText).items[0]["tdMode"] == expected)
        }
        intent = Fixtures.place(1, type: .market)
        let market = unsafe encoder.encodePlace(&intent, timeMs: Self.time)
        let isMarginSpot = mode.kind == .spot && expected == "cross"
        #expect((market > 0) == (expected != nil && !isMarginSpot))
    }

    @Test func `a single instrument can have a trade mode of its own`() throws {
        var configuration = OKXFixtures.configuration()
        configuration.tradeModes = [0: .isolated, 1: .cross, 3: .cash]
        var encoder = try OKXFixtures.encoder(OKXFixtures.table(), configuration)
        for (id, mode) in [(UInt32(0), "isolated"), (1, "cross")] {
            var intent = Fixtures.place(1, instrumentID: id)
            let length = unsafe encoder.encodePlace(&intent, timeMs: Self.time)
            #expect(length > 0)
            #expect(try OKXRequestText(encoder.lastText).items[0]["tdMode"] == mode)
        }
        let isTradable = encoder.isTradable(3)
        #expect(!isTradable, "contracts have no cash mode")
    }

    @Test(arguments: [
        OKXSelfTradePrevention.cancelMaker, .cancelTaker, .cancelBoth,
    ])
    func `self-trade prevention is always told, and never both with fill-or-kill`(
        mode: OKXSelfTradePrevention
    ) throws {
        var encoder = try OKXFixtures.encoder(
            OKXFixtures.table(), OKXFixtures.configuration(selfTradePrevention: mode))
        for timeInForce in [TimeInForce.gtc, .ioc, .fok, .postOnly] {
            var intent = Fixtures.place(1, timeInForce: timeInForce)
            let length = unsafe encoder.encodePlace(&intent, timeMs: Self.time)
            if mode == .cancelBoth && timeInForce == .fok {
                #expect(length == 0)
            } else {
                #expect(length > 0)
                #expect(
                    try OKXRequestText(encoder.lastText).items[0]["stpMode"] == mode.rawValue)
            }
        }
    }

    @Test func `orders that cannot be written are refused, not mangled`() throws {
        var encoder = try OKXFixtures.encoder()
        var market = Fixtures.place(1, type: .market)
        market.limitPrice = PriceTicks(rawValue: 5)
        let cases = [
            Fixtures.place(1, instrumentID: 2), Fixtures.place(1, instrumentID: 4),
            Fixtures.place(1, instrumentID: .max), Fixtures.place(1, side: .none),
            Fixtures.place(1, side: Side(rawValue: 255)),
            Fixtures.place(1, type: OrderType(rawValue: 255)),
            Fixtures.place(1, timeInForce: TimeInForce(rawValue: 0)),
            Fixtures.place(1, timeInForce: TimeInForce(rawValue: 255)),
            Fixtures.place(1, isReduceOnly: 2), Fixtures.place(1, quantity: 0),
            Fixtures.place(1, quantity: .min), Fixtures.place(1, price: 0),
            Fixtures.place(1, price: .min), market,
        ]
        for var intent in cases {
            let length = unsafe encoder.encodePlace(&intent, timeMs: 0)
            #expect(length == 0)
            let isSame = unsafe encoder.isPlace(&intent)
            #expect(!isSame, "nothing was encoded that could be compared")
        }
        for id in [UInt32(2), 4, .max] {
            let cancel = encoder.encodeCancel(orderID: 1, instrumentID: id)
            #expect(cancel == 0)
            let amend = encoder.encodeAmend(
                orderID: 1, instrumentID: id, price: PriceTicks(rawValue: 1),
                quantity: QuantityLots(rawValue: 1), timeMs: 0)
            #expect(amend == 0)
        }
        for (price, quantity) in [(Int64(0), Int64(0)), (-1, 1), (1, -1), (.min, 0)] {
            let amend = encoder.encodeAmend(
                orderID: 1, instrumentID: 0, price: PriceTicks(rawValue: price),
                quantity: QuantityLots(rawValue: quantity), timeMs: 0)
            #expect(amend == 0)
        }
    }

    @Test func `an instrument that the venue has no number of is not tradable`() throws {
        for code in [Int64(0), -1, .min] {
            let table = InstrumentTable.standalone([OKXFixtures.instrument(code: code)])
            var encoder = try OKXFixtures.encoder(table)
            let isTradable = encoder.isTradable(0)
            #expect(!isTradable)
            var intent = Fixtures.place(1)
            let length = unsafe encoder.encodePlace(&intent, timeMs: 0)
            #expect(length == 0)
            let cancel = encoder.encodeCancel(orderID: 1, instrumentID: 0)
            #expect(cancel == 0)
        }
        let largest = InstrumentTable.standalone([OKXFixtures.instrument(code: .max)])
        var encoder = try OKXFixtures.encoder(largest)
        var intent = Fixtures.place(1)
        let length = unsafe encoder.encodePlace(&intent, timeMs: 0)
        #expect(length > 0)
        #expect(encoder.lastText.contains("\"instIdCode\":9223372036854775807,"))
    }

    @Test func `a product beyond 64 bits is refused`() throws {
        let table = InstrumentTable.standalone([OKXFixtures.instrument(tick: 10, lot: 10)])
        var encoder = try OKXFixtures.encoder(table)
        let most = Int64.max / 10
        for (price, quantity, isWritten) in [
            (most, most, true), (most + 1, 1, false), (1, most + 1, false),
        ] {
            var intent = Fixtures.place(1, price: price, quantity: quantity)
            let length = unsafe encoder.encodePlace(&intent, timeMs: 0)
            #expect((length > 0) == isWritten)
            let amend = encoder.encodeAmend(
                orderID: 1, instrumentID: 0, price: PriceTicks(rawValue: price),
                quantity: QuantityLots(rawValue: quantity), timeMs: 0)
            #expect((amend > 0) == isWritten)
        }
    }

    @Test func `the expiry keeps to thirteen digits at the ends of time`() throws {
        var encoder = try OKXFixtures.encoder()
        var intent = Fixtures.place(1)
        for (time, text) in [
            (Int64.min, "1000000000000"), (0, "1000000000000"), (.max, "9999999999999"),
            (Self.time, "1702555534821"),
        ] {
            let length = unsafe encoder.encodePlace(&intent, timeMs: time)
            #expect(length > 0)
            #expect(try OKXRequestText(encoder.lastText).expiry == text)
        }
    }

    @Test(arguments: [0, -1, 60_001, .max])
    func `a window that makes no sense is refused at start`(window: Int) {
        var configuration = OKXFixtures.configuration()
        configuration.expiryWindowMs = window
        #expect(throws: GatewayError.invalidReceiveWindow(window)) {
            _ = try OKXOrderEncoder(
                configuration: configuration, instruments: OKXFixtures.table())
        }
    }

    @Test func `a tick or lot that cannot be printed is refused at start`() {
        for (tick, lot, decimals) in [(Int64(0), Int64(1), UInt8(1)), (1, 0, 1), (1, 1, 19)] {
            let table = InstrumentTable.standalone([
                OKXFixtures.instrument(
                    priceDecimals: decimals, tick: tick, quantityDecimals: 2, lot: lot)
            ])
            #expect(throws: GatewayError.invalidPrecision(symbol: "BTC-USDT-SWAP")) {
                _ = try OKXOrderEncoder(
                    configuration: OKXFixtures.configuration(), instruments: table)
            }
        }
    }
}
