//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
import Testing
import Venues

/// A decimal as digits, for arithmetic that cannot overflow.
private struct Exact {
    /// Most significant first, without leading zeros.
    var digits: [UInt8]
    var decimals: Int

    /// Nil for anything but digits, and a point between digits.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }),
            text.utf8.allSatisfy({ $0 == 46 || (48...57).contains($0) })
        else { return nil }
        digits = parts.joined().utf8.map { $0 - 48 }
        decimals = parts.count == 2 ? parts[1].count : 0
    }

    /// The whole number of `10^-places * unit` in it; nil when it is none, or when the mantissa at
    /// `places` decimals exceeds Int64.
    func count(places: Int, unit: Int64) -> Int64? {
        if unit != 1, count(places: places, unit: 1) == nil { return nil }
        var all = digits
        if decimals < places {
            all += Array(repeating: 0, count: places - decimals)
        } else {
            let tail = all.suffix(decimals - places)
            if tail.contains(where: { $0 != 0 }) { return nil }
            all.removeLast(tail.count)
        }
        var quotient: [UInt8] = []
        var rest: UInt64 = 0
        for digit in all {
            let (high, low) = rest.multipliedFullWidth(by: 10)
            precondition(high == 0, "a unit far below 2^60")
            let value = low + UInt64(digit)
            quotient.append(UInt8(value / UInt64(unit)))
            rest = value % UInt64(unit)
        }
        guard rest == 0 else { return nil }
        return Int64(String(decoding: quotient.map { $0 + 48 }, as: UTF8.self)) ?? (
            quotient.allSatisfy { $0 == 0 } ? 0 : nil)
    }
}

@Suite("Decimals")
struct DecimalsTests {
    private func level(_ price: String, _ quantity: String) -> String {
        #"{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":2,"u":3,"pu":1,"#
            + #""b":[["\#(price)","\#(quantity)"]],"a":[]}"#
    }

    private func quote(_ price: String, _ quantity: String) -> String {
        #"{"e":"bookTicker","u":2,"s":"BTCUSDT","b":"\#(price)","B":"\#(quantity)","a":"1","#
        + #""A":"1","#
            + #""T":1,"E":1}"#
    }

    private func random(_ generator: inout SplitMix64) -> String {
        func digits(_ count: Int) -> String {
            (0..<count).map { _ in
                String(Int.random(in: 0...9, using: &generator))
            }.joined()
        }
        let longest = Bool.random(using: &generator) ? 6 : 19
        let whole = digits(Int.random(in: 1...longest, using: &generator))
        let zeros = String(repeating: "0", count: Int.random(in: 0...3, using: &generator))
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: return whole
        case 1: return whole + "." + zeros + "0"
        default:
            let most = Bool.random(using: &generator) ? 4 : 18
            return whole + "." + digits(Int.random(in: 1...most, using: &generator)) + zeros
        }
    }

    @Test(arguments: [
        (0, Int64(1), 0, Int64(1)), (2, 10, 3, 1), (2, 1, 3, 1), (1, 5, 0, 1), (8, 1, 8, 1),
        (4, 25, 2, 10), (5, 10, 3, 1_000), (18, 1, 18, 1), (10, 1 << 20, 6, 7), (0, 3, 1, 96),
    ])
    func `a decimal becomes ticks exactly or not at all`(
        priceDecimals: Int, tick: Int64, quantityDecimals: Int, lot: Int64
    ) throws {
        let seed: UInt64 = 99 &+ UInt64(priceDecimals)
        var generator = SplitMix64(seed: seed)
        let harness = try Harness([
            instrument(
                "BTCUSDT", priceDecimals: UInt8(priceDecimals), tick: tick,
                quantityDecimals: UInt8(quantityDecimals), lot: lot)
        ])
        var taken = 0
        for round in 0..<1_500 {
            var (price, quantity) = (random(&generator), random(&generator))
            if round % 3 == 0 {
                price = Decimals.text(
                    mantissa: Int64.random(in: 0..<10_000_000, using: &generator) * tick,
                    decimals: priceDecimals)
                quantity = Decimals.text(
                    mantissa: Int64.random(in: 0..<100_000, using: &generator) * lot,
                    decimals: quantityDecimals)
            }
            let wantedPrice = Exact(price)!.count(places: priceDecimals, unit: tick)
            let wantedQuantity = Exact(quantity)!.count(places: quantityDecimals, unit: lot)
            let wanted = wantedPrice.flatMap { p in wantedQuantity.map { (p, $0) } }
            let book = harness.parse(level(price, quantity))
            #expect(
                (book.count == 2) == (wanted != nil), "seed \(seed): \(price) \(quantity)")
            if let wanted, book.count == 2 {
                taken += 1
                #expect(book[1].levels.level0.price.rawValue == wanted.0)
                #expect(book[1].levels.level0.quantity.rawValue == wanted.1)
            }
            let generic = harness.parse(level(price, quantity), generic: true)
            #expect(sameRecords(book, generic), "\(price) \(quantity)")
        }
        #expect(taken >= 500)
        #expect(harness.counter("malformed") == 0)
    }

    @Test(arguments: [
        "", ".", "1.", ".1", "-1", "+1", "1e5", "1E5", " 1", "1 ", "1,5", "0x10", "1.2.3", "--1",
        "NaN",
        "1_0", "１", "1.-2", "-",
    ])
    func `anything but a plain decimal is refused`(text: String) throws {
        let harness = try Harness([instrument("BTCUSDT", tick: 1)])
        #expect(harness.parse(level(text, "1")).isEmpty)
        #expect(harness.parse(level("1", text)).isEmpty)
        #expect(harness.parse(quote(text, "1")).isEmpty)
        #expect(harness.parse(quote("1", text)).isEmpty)
        #expect(harness.counter("malformed") == 4)
    }

    @Test func `a price between two ticks refuses the whole message`() throws {
        let harness = try Harness([instrument("BTCUSDT")])
        #expect(harness.parse(level("61800.25", "1")).isEmpty)
        #expect(harness.parse(level("61800.201", "1")).isEmpty)
        #expect(harness.parse(level("61800.2", "0.0001")).isEmpty)
        #expect(harness.parse(Sample.trade.replacing("61800.30", with: "61800.31")).isEmpty)
        #expect(harness.counter("inexact_decimals") == 4)
        #expect(harness.parse(level("61800.2", "1")).count == 2)
        #expect(harness.parse(level("61800.20000000", "1.000000")).count == 2)
        #expect(harness.parse(level("061800.2", "01")).count == 2)
    }

    @Test func `what does not fit 63 bits is refused as overflow`() throws {
        let harness = try Harness([instrument("BTCUSDT", priceDecimals: 0, tick: 1)])
        #expect(harness.parse(level("9223372036854775807", "1")).count == 2)
        #expect(harness.parse(level("9223372036854775808", "1")).isEmpty)
        #expect(harness.parse(level("18446744073709551616", "1")).isEmpty)
        #expect(harness.parse(level("99999999999999999999999999", "1")).isEmpty)
        #expect(harness.parse(level("1", "9223372036854775807")).isEmpty)
        #expect(harness.counter("overflows") == 4)
    }

    @Test func `zero is zero in any form`() throws {
        let harness = try Harness([instrument("BTCUSDT", tick: 25)])
        for zero in ["0", "0.0", "0.000", "0.00000000", "0.000000000000000000", "00.0"] {
            let records = harness.parse(level("1.00", zero))
            try #require(records.count == 2, "\(zero)")
            #expect(records[1].levels.level0.quantity == QuantityLots(0))
        }
    }

    @Test(arguments: [
        ("0.05", Int64(1)), ("0.049999999", 0), ("61800.14999999", 618_001),
        ("61800.15000000", 618_002), ("61800.2", 618_002), ("0", 0), ("0.00000000", 0),
    ])
    func `a mark price goes to the nearest tick, halves up`(text: String, ticks: Int64) throws {
        let harness = try Harness([instrument("BTCUSDT")])
        let message = Sample.mark.replacing("28155.14000000", with: text)
        for generic in [false, true] {
            let records = harness.parse(message, generic: generic)
            try #require(records.count == 1)
            #expect(records[0].mark.mark.rawValue == ticks)
        }
    }
}
