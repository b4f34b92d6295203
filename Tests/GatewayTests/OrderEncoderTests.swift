//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import SeededRandom
import CMessages
import CTLS
import Foundation
import Gateway
import Messages
import Testing

@Suite("Order encoder")
struct OrderEncoderTests {
    /// The request's method, id and parameters as text, by a JSON parser of its own.
    private func parse(_ text: String) throws -> (String, String, [String: String]) {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let parameters = object?["params"] as? [String: Any] ?? [:]
        var values: [String: String] = [:]
        for (name, value) in parameters {
            values[name] = (value as? String) ?? (value as? NSNumber)?.stringValue ?? "?"
        }
        return (object?["method"] as? String ?? "", object?["id"] as? String ?? "", values)
    }

    /// The signature the venue computes from the JSON's values.
    private func expectedSignature(_ values: [String: String]) -> String {
        let fields = values.filter { $0.key != "signature" }.sorted { $0.key < $1.key }
        let payload = fields.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        return signature(payload, secret: Fixtures.secret)
    }

    private func makeEncoder(_ table: InstrumentTable = Fixtures.table()) throws
        -> BinanceOrderEncoder
    {
        try BinanceOrderEncoder(configuration: Fixtures.configuration(), instruments: table)
    }

    struct Kind: Sendable {
        let side: Side
        let type: OrderType
        let timeInForce: TimeInForce
        let isReduceOnly: UInt8
        let text: String?
    }

    static let kinds: [Kind] = [Side.buy, .sell].flatMap { side in
        [UInt8(0), 1].flatMap { isReduceOnly in
            [
                Kind(
                    side: side, type: .limit, timeInForce: .gtc, isReduceOnly: isReduceOnly,
                    text: "GTC"),
                Kind(
                    side: side, type: .limit, timeInForce: .ioc, isReduceOnly: isReduceOnly,
                    text: "IOC"),
                Kind(
                    side: side, type: .limit, timeInForce: .fok, isReduceOnly: isReduceOnly,
                    text: "FOK"),
                Kind(
                    side: side, type: .limit, timeInForce: .postOnly, isReduceOnly: isReduceOnly,
                    text: "GTX"),
                Kind(
                    side: side, type: .market, timeInForce: .ioc, isReduceOnly: isReduceOnly,
                    text: nil),
            ]
        }
    }

    @Test(arguments: kinds)
    func `a place carries exactly its order, signed over the values it shows`(
        _ kind: Kind
    ) throws {
        var encoder = try makeEncoder()
        var intent = Fixtures.place(
            0xFEDC_BA98_7654_3210, instrumentID: 1, side: kind.side, price: 123_456,
            quantity: 1_500, type: kind.type, timeInForce: kind.timeInForce,
            isReduceOnly: kind.isReduceOnly)
        let length = unsafe encoder.encodePlace(&intent, timeMs: 1_702_555_533_821)
        #expect(length > 0)
        let outcome1 = unsafe encoder.isPlace(&intent)
        #expect(outcome1)
        let (method, id, values) = try parse(encoder.lastText(isCancel: false))
        #expect(method == "order.place")
        #expect(id == "pfedcba9876543210")
        var expected = [
            "apiKey": "TESTKEY", "newClientOrderId": "apusfedcba9876543210",
            "quantity": "1.500", "recvWindow": "5000", "selfTradePreventionMode": "EXPIRE_MAKER",
            "side": kind.side == .buy ? "BUY" : "SELL", "symbol": "ETHUSDT",
            "timestamp": "1702555533821", "type": kind.type == .limit ? "LIMIT" : "MARKET",
        ]
        if let text = kind.text {
            expected["timeInForce"] = text
            expected["price"] = "1234.56"
        }
        if kind.isReduceOnly == 1 { expected["reduceOnly"] = "true" }
        var shown = values
        #expect(shown.removeValue(forKey: "signature") == expectedSignature(values))
        #expect(shown == expected)
    }

    @Test func `a cancel names the order and is signed over the values it shows`() throws {
        var encoder = try makeEncoder()
        let length = encoder.encodeCancel(
            orderID: 0xA0, instrumentID: 0, timeMs: 1_702_555_533_821)
        #expect(length > 0)
        let (method, id, values) = try parse(encoder.lastText(isCancel: true))
        #expect(method == "order.cancel")
        #expect(id == "c00000000000000a0")
        var shown = values
        #expect(shown.removeValue(forKey: "signature") == expectedSignature(values))
        #expect(
            shown == [
                "apiKey": "TESTKEY", "origClientOrderId": "apus00000000000000a0",
                "recvWindow": "5000", "symbol": "BTCUSDT", "timestamp": "1702555533821",
            ])
    }

    /// Goal: no order is ever placed at another price or size than decided.
    /// Method: every number of decimals with several tick sizes, from one tick to the largest that
    /// fits, against the cold printer, and read back by a decimal parser.
    @Test(arguments: 0...12)
    func `prices and quantities are printed exactly at every precision`(_ decimals: Int) throws {
        let ticks: [Int64] = [1, 2, 5, 10, 25, 100]
        let table = InstrumentTable.standalone(
            ticks.map {
                Fixtures.instrument(
                    priceDecimals: UInt8(decimals), tick: $0, quantityDecimals: UInt8(decimals),
                    lot: $0)
            })
        var encoder = try makeEncoder(table)
        var random = SplitMix64(seed: UInt64(decimals) + 1)
        for (id, tick) in ticks.enumerated() {
            var values: [Int64] = [1, 2, 9, 10, 11, 99, 100, 101, Int64.max / tick]
            for power in 1..<18 { values.append(Int64(pow(10.0, Double(power))) / tick) }
            for _ in 0..<50 { values.append(Int64(random.next() >> 12) / tick + 1) }
            for value in values where value >= 1 {
                var intent = Fixtures.place(
                    5, instrumentID: UInt32(id), price: value, quantity: value)
                let outcome2 = unsafe encoder.encodePlace(&intent, timeMs: 1_702_555_533_821)
                #expect(outcome2 > 0)
                let outcome3 = unsafe encoder.isPlace(&intent)
                #expect(outcome3)
                let text = encoder.lastText(isCancel: false)
                let shown = table[UInt32(id)].text(price: intent.limitPrice)
                #expect(text.contains("\"price\":\"\(shown)\""))
                #expect(text.contains("\"quantity\":\"\(shown)\""))
                #expect(Decimals.mantissa(shown, decimals: decimals) == value * tick)
            }
        }
    }

    @Test func `a frame is one masked final text frame of the request`() throws {
        var encoder = try makeEncoder()
        var intent = Fixtures.place(77)
        let length = unsafe encoder.encodePlace(&intent, timeMs: 1_702_555_533_821)
        let bytes = (0..<length).map { unsafe encoder.frameBytes[$0] }
        #expect(texts(ofFrames: bytes) == [encoder.lastText(isCancel: false)])
        let second = unsafe encoder.encodePlace(&intent, timeMs: 1_702_555_533_821)
        let others = (0..<second).map { unsafe encoder.frameBytes[$0] }
        #expect(texts(ofFrames: others) == texts(ofFrames: bytes))
        #expect(others != bytes, "each frame has a masking key of its own")
    }

    @Test func `orders that cannot be written are refused, not mangled`() throws {
        var encoder = try makeEncoder()
        var cases: [OrderIntent] = []
        cases.append(Fixtures.place(1, instrumentID: 2))
        cases.append(Fixtures.place(1, instrumentID: .max))
        cases.append(Fixtures.place(1, side: .none))
        cases.append(Fixtures.place(1, side: Side(rawValue: 255)))
        cases.append(Fixtures.place(1, type: OrderType(rawValue: 255)))
        cases.append(Fixtures.place(1, timeInForce: TimeInForce(rawValue: 0)))
        cases.append(Fixtures.place(1, timeInForce: TimeInForce(rawValue: 255)))
        cases.append(Fixtures.place(1, isReduceOnly: 2))
        cases.append(Fixtures.place(1, quantity: 0))
        cases.append(Fixtures.place(1, quantity: -5))
        cases.append(Fixtures.place(1, price: 0))
        cases.append(Fixtures.place(1, price: .min))
        var market = Fixtures.place(1, type: .market)
        market.limitPrice = PriceTicks(rawValue: 5)
        cases.append(market)
        for var intent in cases {
            let isSame = unsafe encoder.encodePlace(&intent, timeMs: 0)
            #expect(isSame == 0)
        }
        let outcome5 = encoder.encodeCancel(orderID: 1, instrumentID: 2, timeMs: 0)
        #expect(outcome5 == 0)
    }

    @Test func `a product beyond 64 bits is refused`() throws {
        let table = InstrumentTable.standalone([Fixtures.instrument(tick: 10)])
        var encoder = try makeEncoder(table)
        var intent = Fixtures.place(1, price: Int64.max / 10 + 1)
        let outcome6 = unsafe encoder.encodePlace(&intent, timeMs: 0)
        #expect(outcome6 == 0)
        intent.limitPrice = PriceTicks(rawValue: Int64.max / 10)
        let outcome7 = unsafe encoder.encodePlace(&intent, timeMs: 0)
        #expect(outcome7 > 0)
    }

    /// Goal: control 27, outbound equals approved. Method: every field in turn differs.
    @Test func `an encoded order is told apart from one that differs in any field`() throws {
        var encoder = try makeEncoder()
        var intent = Fixtures.place(9)
        let outcome8 = unsafe encoder.encodePlace(&intent, timeMs: 0)
        #expect(outcome8 > 0)
        var others = [
            Fixtures.place(10), Fixtures.place(9, instrumentID: 1),
            Fixtures.place(9, side: .sell), Fixtures.place(9, price: 618_003),
            Fixtures.place(9, quantity: 11), Fixtures.place(9, type: .market),
            Fixtures.place(9, timeInForce: .ioc), Fixtures.place(9, isReduceOnly: 1),
        ]
        for index in others.indices {
            let isSame = unsafe encoder.isPlace(&others[index])
            #expect(!isSame)
        }
        let outcome9 = unsafe encoder.isPlace(&intent)
        #expect(outcome9)
    }

    @Test(arguments: ["", "a\"b", "a&b", "a b", "ключ", String(repeating: "k", count: 129)])
    func `a key that would need an escape is refused at start`(_ key: String) {
        var configuration = Fixtures.configuration()
        configuration.apiKey = key
        #expect(throws: GatewayError.invalidAPIKey) {
            _ = try BinanceOrderEncoder(
                configuration: configuration, instruments: Fixtures.table())
        }
    }

    @Test(arguments: ["", "BTC\"", "BTC\\", "BTC&x=1", "BTC USDT"])
    func `a symbol that would need an escape is refused at start`(_ symbol: String) {
        let table = InstrumentTable.standalone([Fixtures.instrument("X-USDT", symbol)])
        #expect(throws: GatewayError.invalidSymbol(symbol)) {
            _ = try BinanceOrderEncoder(
                configuration: Fixtures.configuration(), instruments: table)
        }
    }
}
