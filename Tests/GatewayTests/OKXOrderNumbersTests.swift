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

/// Numbers on the wire, and that what is sent is what was decided.
@Suite("Order encoder of OKX: numbers and batches")
struct OKXOrderNumbersTests {
    /// The text without zeros at the end of its fraction, made the slow way.
    private func minimal(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = text
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// Goal: no order is ever placed at another price or size than decided.
    /// Method: every number of decimals with several ticks and lots, from one to the largest that
    /// fits, against the cold printer, and read back by a decimal parser.
    @Test(arguments: 0...12)
    func `every tick and lot exponent is printed exactly and minimally`(_ decimals: Int) throws {
        let units: [Int64] = [1, 2, 5, 10, 25, 100, 1_000]
        let table = InstrumentTable.standalone(
            units.map {
                OKXFixtures.instrument(
                    priceDecimals: UInt8(decimals), tick: $0, quantityDecimals: UInt8(decimals),
                    lot: $0)
            })
        var encoder = try OKXFixtures.encoder(table)
        var random = SplitMix64(seed: UInt64(decimals) + 1)
        for (id, unit) in units.enumerated() {
            var values: [Int64] = [1, 2, 9, 10, 11, 99, 100, 101, Int64.max / unit]
            var power: Int64 = 1
            for _ in 1..<18 {
                power *= 10
                if power / unit > 0 { values.append(power / unit) }
            }
            for _ in 0..<50 { values.append(Int64(random.next() >> 12) / unit + 1) }
            for value in values {
                var intent = Fixtures.place(
                    5, instrumentID: UInt32(id), price: value, quantity: value)
                let length = unsafe encoder.encodePlace(&intent, timeMs: 1_702_555_533_821)
                #expect(length > 0)
                let isSame = unsafe encoder.isPlace(&intent)
                #expect(isSame)
                let item = try OKXRequestText(encoder.lastText).items[0]
                let shown = minimal(table[UInt32(id)].text(price: intent.limitPrice))
                #expect(item["px"] == shown)
                #expect(item["sz"] == shown)
                #expect(Decimals.mantissa(shown, decimals: decimals) == value * unit)
            }
        }
    }

    /// Goal: an order read back from its frame is the order that was decided.
    /// Method: random orders, unmasked, parsed by another JSON parser, and turned back into ticks
    /// and lots by another decimal parser. The seed is in the failure.
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `a frame decodes to the order it was made from`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let table = OKXFixtures.table()
        var encoder = try OKXFixtures.encoder(table)
        let ids: [UInt32] = [0, 1, 3]
        for round in 0..<500 {
            let isMarket = random.next() % 8 == 0
            var intent = Fixtures.place(
                random.next() | 1, instrumentID: ids[Int(random.next() % 3)],
                side: random.next() % 2 == 0 ? .buy : .sell,
                price: Int64(random.next() >> (2 + random.next() % 60)) + 1,
                quantity: Int64(random.next() >> (2 + random.next() % 60)) + 1,
                type: isMarket ? .market : .limit,
                timeInForce: TimeInForce(rawValue: UInt8(1 + random.next() % 4)),
                isReduceOnly: 0)
            let length = unsafe encoder.encodePlace(&intent, timeMs: 1_702_555_533_821)
            try #require(length > 0, "seed \(seed) round \(round)")
            let bytes = (0..<length).map { unsafe encoder.frameBytes[$0] }
            let text = try #require(texts(ofFrames: bytes)).first ?? ""
            let request = try OKXRequestText(text)
            let item = request.items[0]
            let instrument = table[intent.instrumentID]
            let hex = String(intent.orderID, radix: 16)
            let id = String(repeating: "0", count: 16 - hex.count) + hex
            #expect(request.id == "p" + id)
            #expect(item["clOrdId"] == "apus" + id)
            #expect(item["instIdCode"] == "#\(instrument.venueCode)")
            #expect(item["side"] == (intent.side == .buy ? "buy" : "sell"))
            #expect(
                Decimals.mantissa(
                    item["sz"] ?? "", decimals: Int(instrument.quantityDecimals))
                    == intent.quantity.rawValue * instrument.lotMantissa)
            if isMarket {
                #expect(item["px"] == nil)
            } else {
                #expect(
                    Decimals.mantissa(item["px"] ?? "", decimals: Int(instrument.priceDecimals))
                        == intent.limitPrice.rawValue * instrument.tickMantissa)
                let kind = ["", "limit", "ioc", "fok", "post_only"]
                #expect(item["ordType"] == kind[Int(intent.timeInForce.rawValue)])
            }
        }
    }

    /// Goal: control 27, outbound equals approved. Method: every field in turn differs.
    @Test func `an encoded order is told apart from one that differs in any field`() throws {
        var encoder = try OKXFixtures.encoder()
        var intent = Fixtures.place(9)
        let length = unsafe encoder.encodePlace(&intent, timeMs: 0)
        #expect(length > 0)
        var others = [
            Fixtures.place(10), Fixtures.place(9, instrumentID: 1),
            Fixtures.place(9, instrumentID: 3), Fixtures.place(9, side: .sell),
            Fixtures.place(9, price: 618_003), Fixtures.place(9, price: 61_800),
            Fixtures.place(9, quantity: 11), Fixtures.place(9, quantity: 100),
            Fixtures.place(9, type: .market), Fixtures.place(9, timeInForce: .ioc),
            Fixtures.place(9, isReduceOnly: 1),
        ]
        for index in others.indices {
            let isSame = unsafe encoder.isPlace(&others[index])
            #expect(!isSame)
        }
        let isSame = unsafe encoder.isPlace(&intent)
        #expect(isSame)
        let isSecond = unsafe encoder.isPlace(&intent, at: 1)
        #expect(!isSecond)
        let isBefore = unsafe encoder.isPlace(&intent, at: -1)
        #expect(!isBefore)
    }

    @Test func `each frame has a masking key of its own`() throws {
        var encoder = try OKXFixtures.encoder()
        var intent = Fixtures.place(77)
        var frames: Set<[UInt8]> = []
        for _ in 0..<8 {
            let length = unsafe encoder.encodePlace(&intent, timeMs: 0)
            let bytes = (0..<length).map { unsafe encoder.frameBytes[$0] }
            #expect(texts(ofFrames: bytes) == [encoder.lastText])
            frames.insert(bytes)
        }
        #expect(frames.count == 8)
    }

    // MARK: - Batches

    private func ladder(_ count: Int, step: UInt64 = 1) -> [OrderIntent] {
        (0..<count).map {
            Fixtures.place(
                0x100 + UInt64($0) * step, instrumentID: [UInt32(0), 1, 3][$0 % 3],
                price: 618_000 + Int64($0), quantity: 10 + Int64($0))
        }
    }

    @Test(arguments: 1...20)
    func `a batch carries each of its orders`(count: Int) throws {
        var encoder = try OKXFixtures.encoder()
        let intents = ladder(count)
        let length = unsafe intents.withUnsafeBufferPointer {
            unsafe encoder.encodePlaces(
                $0.baseAddress!, count: count, timeMs: 1_702_555_533_821)
        }
        let bytes = (0..<length).map { unsafe encoder.frameBytes[$0] }
        #expect(texts(ofFrames: bytes) == [encoder.lastText])
        let request = try OKXRequestText(encoder.lastText)
        #expect(request.operation == (count == 1 ? "order" : "batch-orders"))
        let number = count < 10 ? "0\(count)" : "\(count)"
        #expect(request.id == (count == 1 ? "p0000000000000100" : "P0000000000000100\(number)"))
        #expect(request.expiry == "1702555534821")
        #expect(request.items.count == count)
        for (index, var intent) in intents.enumerated() {
            var single = try OKXFixtures.encoder()
            _ = unsafe single.encodePlace(&intent, timeMs: 0)
            #expect(request.items[index] == (try OKXRequestText(single.lastText)).items[0])
            for other in 0..<count {
                let isSame = unsafe encoder.isPlace(&intent, at: other)
                #expect(isSame == (other == index))
            }
        }
    }

    @Test(arguments: 1...20)
    func `a batch of cancels names each of its orders`(count: Int) throws {
        var encoder = try OKXFixtures.encoder()
        let intents = ladder(count)
        let length = unsafe intents.withUnsafeBufferPointer {
            unsafe encoder.encodeCancels($0.baseAddress!, count: count)
        }
        let bytes = (0..<length).map { unsafe encoder.frameBytes[$0] }
        #expect(texts(ofFrames: bytes) == [encoder.lastText])
        let request = try OKXRequestText(encoder.lastText)
        #expect(request.operation == (count == 1 ? "cancel-order" : "batch-cancel-orders"))
        #expect(request.expiry == nil)
        #expect(request.items.count == count)
        for (index, item) in request.items.enumerated() {
            let hex = String(0x100 + index, radix: 16)
            #expect(item["clOrdId"] == "apus0000000000000\(hex)")
            #expect(item["instIdCode"] == ["#10459", "#3", "#2021032601102993"][index % 3])
            #expect(item.count == 2)
        }
    }

    @Test func `a batch of ids that are not consecutive names its first order alone`() throws {
        var encoder = try OKXFixtures.encoder()
        let intents = ladder(5, step: 2)
        _ = unsafe intents.withUnsafeBufferPointer {
            unsafe encoder.encodePlaces($0.baseAddress!, count: 5, timeMs: 0)
        }
        #expect(try OKXRequestText(encoder.lastText).id == "P000000000000010001")
        _ = unsafe intents.withUnsafeBufferPointer {
            unsafe encoder.encodeCancels($0.baseAddress!, count: 5)
        }
        #expect(try OKXRequestText(encoder.lastText).id == "C000000000000010001")
    }

    @Test func `a batch of none, of too many, or with a bad order is refused`() throws {
        var encoder = try OKXFixtures.encoder()
        let many = ladder(21)
        for count in [0, -1, 21, Int.max] {
            let places = unsafe many.withUnsafeBufferPointer {
                unsafe encoder.encodePlaces($0.baseAddress!, count: count, timeMs: 0)
            }
            let cancels = unsafe many.withUnsafeBufferPointer {
                unsafe encoder.encodeCancels($0.baseAddress!, count: count)
            }
            #expect(places == 0)
            #expect(cancels == 0)
        }
        for bad in 0..<4 {
            var intents = ladder(4)
            intents[bad].instrumentID = 2
            let places = unsafe intents.withUnsafeBufferPointer {
                unsafe encoder.encodePlaces($0.baseAddress!, count: 4, timeMs: 0)
            }
            let cancels = unsafe intents.withUnsafeBufferPointer {
                unsafe encoder.encodeCancels($0.baseAddress!, count: 4)
            }
            #expect(places == 0)
            #expect(cancels == 0)
            let isSame = unsafe encoder.isPlace(&intents[0])
            #expect(!isSame)
        }
    }

    /// Goal: the longest batch stays inside its memory.
    /// Method: every field at its longest; under a bounds checker this would show.
    @Test func `the longest batch fits`() throws {
        let longest = OKXFixtures.instrument(
            kind: .futures, code: .max, priceDecimals: 18, quantityDecimals: 18)
        var configuration = OKXFixtures.configuration(selfTradePrevention: .cancelTaker)
        configuration.tradeModes = [0: .isolated]
        var encoder = try OKXFixtures.encoder(.standalone([longest]), configuration)
        let intents = (0..<20).map {
            Fixtures.place(
                .max - UInt64($0), side: .sell, price: .max, quantity: .max,
                timeInForce: .postOnly, isReduceOnly: 1)
        }
        let length = unsafe intents.withUnsafeBufferPointer {
            unsafe encoder.encodePlaces($0.baseAddress!, count: 20, timeMs: .max)
        }
        let bytes = (0..<length).map { unsafe encoder.frameBytes[$0] }
        #expect(texts(ofFrames: bytes) == [encoder.lastText])
        let items = try OKXRequestText(encoder.lastText).items
        #expect(items.count == 20)
        #expect(items.allSatisfy { $0["px"] == "9.223372036854775807" })
    }
}
