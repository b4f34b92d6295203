//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Testing
import Venues

/// RFC 8259's grammar on the generic path: what must be taken, what must be refused, and what the
/// RFC leaves open, with the choice made here. Names begin with the section.
@Suite("RFC 8259")
struct RFC8259Tests {
    private static func isTaken(_ text: String) -> Bool { JSONDocument(Array(text.utf8)) != nil }

    private static func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    // MARK: Must be taken

    static let taken: [String] = [
        // 2: any value is a document; four kinds of blanks around every token.
        "null", "true", "false", "0", "\"\"", "[]", "{}", " \t\r\n[ \t\r\n] \t\r\n", " 1 ",
        "[ null , true , false ]", "{ \"a\" : 1 , \"b\" : 2 }", "\n\n{\n}\n",
        // 4: names are strings, and need not differ.
        "{\"\":0}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":1}", "{\"\\u0061\":1,\"a\":2}",
        "{\"a\\u0000b\":1}", "{\"a\":{\"a\":{\"a\":[]}}}",
        // 5: elements need not be of one kind.
        "[1,\"1\",[1],{\"1\":1},null]", "[[],[[]],{}]", "[-0]", "[\"\"]",
        // 6: numbers.
        "-0", "-1", "10", "1.0", "0.1", "-0.0", "1e0", "1E0", "1e+0", "1e-0", "0e0", "0E+12",
        "1.5e10", "123456789012345678901234567890", "-1.25E-7", "0.000000000000000000001",
        "1e400", "-1e-400", "1.7976931348623157e308",
        // 7: strings.
        #""\"""#, #""\\""#, #""\/""#, #""\b\f\n\r\t""#, #""\u0000""#, #""\u001f""#, #""\uFFFF""#,
        #""\uabCD""#, #""\ud83d\ude00""#, "\"/\"", "\"\u{7f}\"", "\"\u{80}\"", "\"é€😀\"",
        "\"\u{2028}\u{2029}\"", "\"\u{feff}\"", "\"\u{10ffff}\"", "\"\u{fffe}\"", "\"a b\"",
    ]

    @Test(arguments: taken)
    func `2 a text of the grammar is taken`(text: String) { #expect(Self.isTaken(text)) }

    // MARK: Must be refused

    static let refused: [String] = [
        // 2: a document is one value, and nothing else stands around it.
        "", " ", "\n", "1 2", "{} {}", "[] x", "null,", ",null", "[]]", "{}}", "\"a\"\"b\"", "1,",
        "\u{0b}1", "\u{0c}[]", "\u{a0}1", "[1]\u{0}", "\u{0}", "[\u{0b}1]", "\u{2060}[]",
        "\u{feff}{}",
        "// x\n1", "/* */1", "1//", "1/**/", "#x\n1", "<null>", "undefined", "()", "*",
        // 3: words in lower case, whole.
        "nul", "nulll", "tru", "truee", "fals", "True", "NULL", "FALSE", "nUll", "t", "f", "n",
        // 4: objects.
        "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,\"a\":1}", "{a:1}",
        "{1:1}", "{'a':1}", "{\"a\" 1}", "{\"a\"::1}", "{\"a\":1 \"b\":2}", "{\"a\":1,,\"b\":2}",
        "{\"a\",1}", "{\"a\"}", "{null:1}", "{[]:1}", "{\"a\":1]", "{\"a\":a}", "{\"a\"=1}",
        "{\"a\":\"b\":\"c\"}", "{\"a\":1;\"b\":2}", "{{}}", "{\"a\":}",
        // 5: arrays.
        "[", "]", "[1", "[1,", "[,", "[,1]", "[1,]", "[1,,2]", "[1 2]", "[1}", "[\"a\":1]", "[:1]",
        "[1;2]", "[[]", "[]]", "[1]2]", "[1,2}", "[\"a\" \"b\"]", "[-]", "[\\n]",
        // 6: numbers.
        "+1", "01", "-01", "00", "-", "--1", "+", ".5", "-.5", "1.", "-1.", "1.e1", "1e", "1e+",
        "1e-", "1E", "1ee1", "1e1.5", "1e1e1", "1.2.3", "0x1", "0b1", "1_000", "1,000", "1 000",
        "NaN", "nan", "-NaN", "Infinity", "-Infinity", "inf", "1f", "1d", "1a", "0a", "-a", "١",
        "1\u{ff11}", "2.e3", "0.e1", "0e", "0e+", "-0x1", "e1", ".e1", "1.0e", "1+1", "1/2",
        // 7: strings.
        "\"", "\"a", "a\"", "'a'", "\"\\\"", "\"\\", "\"\\a\"", "\"\\x00\"", "\"\\0\"", "\"\\'\"",
        "\"\\U0041\"", "\"\\u\"", "\"\\u0\"", "\"\\u00\"", "\"\\u004\"", "\"\\u004g\"",
        "\"\\u 041\"",
        "\"\\u+041\"", "\"\\uD83D\\u\"", "\"\\\n\"", "\"\n\"", "\"\t\"", "\"\r\"", "\"\u{0}\"",
        "\"\u{1f}\"", "\"a\u{1}b\"", "\"\\é\"", "`a`", "\u{201c}a\u{201d}", "\"\\v\"", "\"\\e\"",
    ]

    @Test(arguments: refused)
    func `2 a text outside of the grammar is refused`(text: String) {
        #expect(!Self.isTaken(text))
    }

    @Test(arguments: [
        [0x80], [0xBF], [0xC0, 0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xC2], [0xC2, 0x20],
        [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xED, 0xA0, 0x80],
        [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
        [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xE9], [0xF0, 0x9F, 0x98],
    ] as [[UInt8]])
    func `8_1 bytes that are no UTF-8 are refused, in strings, names and outside`(
        bytes: [UInt8]
    ) {
        let quote = [UInt8(ascii: "\"")]
        #expect(JSONDocument(quote + bytes + quote) == nil)
        #expect(JSONDocument(Array("{\"".utf8) + bytes + Array("\":1}".utf8)) == nil)
        #expect(JSONDocument(bytes) == nil)
        #expect(JSONDocument(Array("[1".utf8) + bytes + Array("]".utf8)) == nil)
    }

    @Test func `8_1 UTF-16, and a byte order mark, are refused`() {
        #expect(JSONDocument([0x5B, 0x00, 0x5D, 0x00]) == nil)
        #expect(JSONDocument([0xFE, 0xFF, 0x00, 0x5B, 0x00, 0x5D]) == nil)
        #expect(JSONDocument([0xEF, 0xBB, 0xBF, 0x5B, 0x5D]) == nil)
        #expect(JSONDocument([0xEF, 0xBB, 0xBF]) == nil)
    }

    // MARK: Left open by the RFC

    @Test func `9 documents nested deeper than 32 are refused, up to there they are taken`() {
        #expect(Self.isTaken(Self.nested(32)))
        #expect(!Self.isTaken(Self.nested(33)))
        #expect(!Self.isTaken(String(repeating: "[", count: 100_000)))
        #expect(!Self.isTaken(String(repeating: "{\"a\":", count: 50_000)))
        let wide = "[" + [String](repeating: Self.nested(31), count: 100).joined(separator: ",")
        #expect(Self.isTaken(wide + "]"))
    }

    @Test func `4 of members of one name the first counts, and all are kept`() {
        let document = JSONDocument(Array(#"{"a":1,"\u0061":2,"b":3}"#.utf8))
        #expect(document?["a"] == .number("1"))
        guard case .object(let members) = document else {
            Issue.record("an object")
            return
        }
        #expect(members.map(\.name) == ["a", "a", "b"])
    }

    @Test(arguments: [
        ("\\ud800", "\u{fffd}"), ("\\udc00", "\u{fffd}"), ("\\ud800\\ud800", "\u{fffd}\u{fffd}"),
        ("\\udc00\\ud800", "\u{fffd}\u{fffd}"), ("\\ud800x", "\u{fffd}x"),
        ("\\ud800\\u0041", "\u{fffd}A"), ("\\ud800\\n", "\u{fffd}\n"),
        ("\\ud800\\ud83d\\ude00", "\u{fffd}😀"), ("\\ud83d\\ude00\\ude00", "😀\u{fffd}"),
    ])
    func `8_2 a lone surrogate is taken and becomes the replacement character`(
        escaped: String, text: String
    ) {
        #expect(JSONDocument(Array("\"\(escaped)\"".utf8)) == .string(text))
    }

    @Test(arguments: [
        (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"), (#"\u0041\u00e9\u20AC"#, "Aé€"),
        (#"\ud834\udd1e"#, "𝄞"), (#"\uDBFF\uDFFF"#, "\u{10ffff}"), (#"\u0000"#, "\0"),
        (#"\ud800\udc00"#, "\u{10000}"), (#"\uffff\ufffe"#, "\u{ffff}\u{fffe}"),
    ])
    func `7 escapes mean what the RFC says`(escaped: String, text: String) {
        #expect(JSONDocument(Array("\"\(escaped)\"".utf8)) == .string(text))
    }

    @Test func `6 numbers keep their text, so that none loses precision`() {
        for text in ["-0", "1E+2", "0.10", "123456789012345678901234567890.5e-7", "1e9999"] {
            #expect(JSONDocument(Array(text.utf8)) == .number(text))
        }
    }

    @Test func `2 every proper beginning of an object or array is refused`() {
        let text = #"{"k":[1.5e-3,"a\u00e9\ud83d\ude00é€",true,null,{"x":{}},[]],"z":-0}"#
        let bytes = Array(text.utf8)
        #expect(JSONDocument(bytes) != nil)
        for count in 0..<bytes.count { #expect(JSONDocument(Array(bytes[..<count])) == nil) }
        for count in 1..<bytes.count { #expect(JSONDocument(Array(bytes[count...])) == nil) }
    }
}
