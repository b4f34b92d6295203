//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Simulator

@Suite("Numbers and JSON")
struct TextTests {
    @Test(
        arguments: [
            ("0", 0), ("1", 100_000_000), ("61800.20", 6_180_020_000_000), ("-0.00000001", -1),
            ("0.5000000000", 50_000_000),
        ] as [(String, Int64)])
    func `a decimal text becomes units of ten to the minus eight`(text: String, units: Int64) {
        #expect(Fixed(text)?.units == units)
    }

    @Test(arguments: ["", ".", "-", "1.2.3", "1e3", " 1", "1 ", "0.000000001", "99999999999999"])
    func `what is not a plain decimal in range is refused`(text: String) {
        #expect(Fixed(text) == nil)
    }

    @Test(
        arguments: [
            (6_180_020_000_000, 2, "61800.20"), (0, 3, "0.000"), (-150_000_000, 1, "-1.5"),
            (123_456_789, 0, "1"), (-1, 2, "0.00"),
        ] as [(Int64, Int, String)])
    func `a decimal is padded to its precision`(units: Int64, decimals: Int, text: String) {
        var writer = ByteWriter()
        writer.padded(Fixed(units: units), decimals: decimals)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test(
        arguments: [(50_000_000, "0.5"), (0, "0"), (-300_000_000, "-3"), (1, "0.00000001")]
            as [(Int64, String)])
    func `a stripped decimal has no trailing zeros`(units: Int64, text: String) {
        var writer = ByteWriter()
        writer.stripped(Fixed(units: units))
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test func `numbers keep the text that was sent`() {
        let value = JSONValue.parse(Array(#"{"a":0.100,"b":"x\"y","c":[1,true,null]}"#.utf8))
        #expect(value?["a"]?.text == "0.100")
        #expect(value?["b"]?.text == "x\"y")
        #expect(value?["c"] == .array([.number("1"), .bool(true), .null]))
    }

    @Test(arguments: [
        "", "{", "{\"a\":}", "[1,]", "{\"a\":1}x", "\"\\u12\"", "\"\\ud800\"", "nul", "--1",
        "{1:2}",
        "\"\u{1}\"",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(JSONValue.parse(Array(text.utf8)) == nil)
    }

    @Test func `deep nesting is refused and not followed`() {
        let deep = String(repeating: "[", count: 30_000)
        #expect(JSONValue.parse(Array(deep.utf8)) == nil)
    }
}
