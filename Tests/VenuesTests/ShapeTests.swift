//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import CMessages
import Foundation
import SeededRandom
import Testing

@Suite("Message shapes")
struct ShapeTests {
    static let instruments = [instrument("BTCUSDT"), instrument("ETHUSDT", tick: 1)]

    /// A message, and one of the same shape in which every number is another.
    struct Pair: Sendable {
        let first: String
        let second: String
    }

    static let pairs = [
        Pair(
            first: Sample.trade,
            second: #"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723100000000,"#
                + #""T":1723199999998,"s":"BTCUSDT","t":5299999999,"p":"00000.10","q":"9.999","#
                + #""X":"MARKET","m":false}}"#),
        Pair(
            first: Sample.aggTrade,
            second: #"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1723100000000,"#
                + #""a":300000000,"s":"BTCUSDT","p":"99999.90","q":"1.000","nq":"9.999","#
                + #""f":699999999,"l":600000000,"T":1723199999999,"m":true,"st":1}}"#),
        Pair(
            first: Sample.bookTicker,
            second: #"{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123199999999,"#
                + #""s":"BTCUSDT","ps":"BTCUSDT","b":"00000.00","B":"0.000","a":"99999.90","#
                + #""A":"9.999","T":1723100000000,"E":1723199999999,"st":1}}"#),
    ]

    @Test(arguments: pairs)
    func `a message of a known shape needs no scan and gives the same records`(
        pair: Pair
    ) throws {
        let (harness, oracle) = (try Harness(Self.instruments), try Harness(Self.instruments))
        for (text, count) in [(pair.first, 1), (pair.second, 1), (pair.first, 1)] {
            let records = harness.parse(text)
            #expect(!records.isEmpty)
            #expect(sameRecords(records, oracle.parse(text, generic: true)), "\(text)")
            #expect(harness.counter("shapes_learned") == UInt64(count), "\(text)")
        }
        #expect(harness.counter("scanned") == 3)
    }

    @Test func `the raw form of a message, and a long or rescaled number, teach no shape`() throws {
        let harness = try Harness(Self.instruments)
        for text in [
            unwrapped(Sample.trade),
            Sample.trade.replacing("61800.30", with: "1234567.30"),
            Sample.trade.replacing("61800.30", with: "61800.3"),
            Sample.trade.replacing("0.006", with: "0.0060"),
            Sample.trade.replacing(
                "btcusdt@trade", with: "btcusdt@" + String(repeating: "x", count: 87)),
        ] {
            #expect(harness.parse(text).count == 1, "\(text)")
        }
        #expect(harness.counter("shapes_learned") == 1, "the long name alone")
    }

    @Test func `a digit ahead of the last eight teaches the shape again`() throws {
        let harness = try Harness(Self.instruments)
        for (id, learned) in [("5266583935", 1), ("5300000000", 2), ("5366583935", 2)] {
            let trade = Sample.trade.replacing("5266583935", with: id)
            #expect(harness.parse(trade).first?.trade.tradeID == UInt64(id))
            #expect(harness.counter("shapes_learned") == UInt64(learned))
        }
    }

    /// Goal: a shape takes nothing that the generic path refuses, nor reads it otherwise.
    /// Method: every byte of a message whose shape is known takes every value that is near it or
    /// has a meaning in JSON.
    @Test(arguments: pairs)
    func `a known shape with one byte changed is the same to both paths`(pair: Pair) throws {
        let (harness, oracle) = (try Harness(Self.instruments), try Harness(Self.instruments))
        let whole = Array(pair.first.utf8)
        let marks = Array("0123456789/:.\",{}[]\\ -+eEa".utf8) + [0, 0x7f, 0x80, 0xb0, 0xff]
        var refusedCount = 0
        for place in whole.indices {
            let near = (0..<8).map { whole[place] ^ (1 << $0) }
            for value in Set(marks + near) where value != whole[place] {
                var changed = whole
                changed[place] = value
                // Learned anew, because a change that is good may have replaced the shape.
                #expect(!harness.parse(whole).isEmpty)
                let records = harness.parse(changed)
                if records.isEmpty { refusedCount += 1 }
                #expect(
                    sameRecords(records, oracle.parse(changed, generic: true)),
                    "place \(place) value \(value)")
            }
        }
        #expect(refusedCount > whole.count * 10)
    }

    // MARK: - Paths

    static let message =
        #"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256321,"#
        + #""s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}"#

    private static func place(_ text: String) -> UInt64 {
        let range = message.range(of: text)!
        return UInt64(message.utf8.distance(from: message.startIndex, to: range.lowerBound))
            + UInt64(text.utf8.count)
    }

    /// The numbers that a path reads; `nil`: another shape.
    private static func read(
        _ shape: inout MessageShape, _ message: [UInt8], _ path: ScanPath
    ) -> [UInt32]? {
        var numbers = ShapeNumbers()
        let padded = message + [UInt8](repeating: UInt8(ascii: "7"), count: 64)
        let found = unsafe padded.withUnsafeBufferPointer { bytes in
            unsafe apus_shape_find(
                &shape, 0, bytes.baseAddress!, UInt64(message.count), &numbers, path)
        }
        guard unsafe found.shape != nil else { return nil }
        let pair = unsafe found.firstPair
        #expect(pair == UInt64(numbers.second) << 32 | UInt64(numbers.first))
        return [numbers.first, numbers.second, numbers.third, numbers.fourth]
    }

    /// Goal: all paths are one function, whatever the bytes, and the numbers are the text's.
    /// Method: digits replaced at random, and a byte changed in half of the messages; what the
    /// shape shall take is told byte by byte.
    @Test func `the paths agree on whole and damaged messages`() {
        let seed: UInt64 = 1_404
        var random = SplitMix64(seed: seed)
        var shape = MessageShape()
        let whole = Array(Self.message.utf8)
        let price = Self.place(#""p":""#)
        let quantity = Self.place(#""q":""#)
        let time = Self.place(#""T":"#)
        let id = Self.place(#""t":"#)
        unsafe whole.withUnsafeBufferPointer { bytes in
            let start = bytes.baseAddress!
            unsafe apus_shape_begin(&shape, start, UInt64(whole.count))
            unsafe apus_shape_take_decimal(
                &shape, 0, price, ScannedDecimal(whole: 5, decimals: 2, length: 8))
            unsafe apus_shape_take_decimal(
                &shape, 1, quantity, ScannedDecimal(whole: 1, decimals: 3, length: 5))
            unsafe #expect(apus_shape_take_integer(&shape, 2, time, 13) == 100_000_000)
            unsafe #expect(apus_shape_take_integer(&shape, 3, id, 10) == 100_000_000)
            unsafe #expect(
                apus_shape_end(&shape, apus_shape_key(start, UInt64(whole.count))) == 1)
        }
        let fields = [
            [0, 1, 2, 3, 4, 6, 7].map { Int(price) + $0 }, [0, 2, 3, 4].map { Int(quantity) + $0 },
            (5..<13).map { Int(time) + $0 }, (2..<10).map { Int(id) + $0 },
        ]
        let free = Set(fields.joined())
        for round in 0..<20_000 {
            var bytes = whole
            for place in free { bytes[place] = UInt8.random(in: 48...57, using: &random) }
            if Bool.random(using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            }
            let isOfShape = bytes.indices.allSatisfy {
                free.contains($0) ? (48...57).contains(bytes[$0]) : bytes[$0] == whole[$0]
            }
            let expected = isOfShape
                ? fields.map { $0.reduce(UInt32(0)) { $0 * 10 + UInt32(bytes[$1] - 48) } } : nil
            for path in ScanPath.portable.rawValue...apus_scan_path_best().rawValue {
                let found = Self.read(&shape, bytes, ScanPath(rawValue: path))
                #expect(found == expected, "seed \(seed) round \(round) path \(path)")
            }
        }
    }
}
