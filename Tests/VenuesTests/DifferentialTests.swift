//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import SeededRandom
import Messages
import Testing
import Venues

/// A JSON object taken apart, members in order, values as text.
private struct Members {
    var list: [(key: String, value: String)] = []

    init(_ text: String) {
        var depth = 0
        var isString = false
        var part = ""
        var parts: [String] = []
        for character in text {
            if character == "\"" { isString.toggle() }
            if !isString {
                if character == "}" || character == "]" { depth -= 1 }
                if character == ",", depth == 1 {
                    parts.append(part)
                    part = ""
                    continue
                }
                if character == "{" || character == "[" {
                    depth += 1
                    if depth == 1 { continue }
                }
                if depth == 0 { continue }
            }
            part.append(character)
        }
        parts.append(part)
        for part in parts {
            let colon = part.firstIndex(of: ":")!
            list.append(
                (String(part[..<colon]), String(part[part.index(after: colon)...])))
        }
    }
}

@Suite("Scanner and generic path")
struct DifferentialTests {
    static let instruments = [instrument("BTCUSDT"), instrument("ETHUSDT", tick: 1)]

    /// A character of a quoted text written as `\u00xx`.
    private func escaped(_ quoted: String, _ random: inout SplitMix64) -> String {
        var characters = Array(quoted)
        let isPlain = quoted.utf8.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\\") }
        guard characters.count > 2, characters[0] == "\"", isPlain else { return quoted }
        let place = Int.random(in: 1..<(characters.count - 1), using: &random)
        let value = characters[place].asciiValue!
        let hex = String(value, radix: 16, uppercase: Bool.random(using: &random))
        characters.replaceSubrange(place...place, with: Array("\\u00" + hex))
        return String(characters)
    }

    /// The same message in another legal form.
    private func rewritten(_ message: String, _ random: inout SplitMix64) -> String {
        func blank() -> String {
            ["", "", " ", "\n", "\t ", "\r\n"].randomElement(using: &random)!
        }
        var members = Members(unwrapped(message)).list
        if Bool.random(using: &random) { members.shuffle(using: &random) }
        if Bool.random(using: &random) {
            let extra = [
                ("\"zz\"", "{\"a\":[1,-2.5e+3,null,{\"b\":[]}],\"\\u00e9\":\"\\ud83d\\ude00\"}"),
                ("\"nq\"", "true"), ("\"\"", "\"\""), ("\"wörd\"", "\"é\\n\""),
                ("\"a very long key that nobody looks for\"", "[[[[[[[]]]]]]]"),
            ].filter { key in !members.contains { $0.key == key.0 } }
            if let chosen = extra.randomElement(using: &random) {
                members.insert(chosen, at: Int.random(in: 0...members.count, using: &random))
            }
        }
        var text = "{"
        for (index, member) in members.enumerated() {
            if index > 0 { text += "," }
            let isEscaped = Int.random(in: 0..<6, using: &random) == 0
            let key = isEscaped ? escaped(member.key, &random) : member.key
            let isValueEscaped = Int.random(in: 0..<6, using: &random) == 0
            let value = isValueEscaped ? escaped(member.value, &random) : member.value
            text += blank() + key + blank() + ":" + blank() + value + blank()
        }
        text += "}"
        guard Bool.random(using: &random) else { return blank() + text + blank() }
        let parts = ["\"stream\":\"x\\\"y\"", "\"data\":" + text]
        let ordered = Bool.random(using: &random) ? parts : parts.reversed()
        return "{" + blank() + ordered.joined(separator: "," + blank()) + blank() + "}"
    }

    @Test(arguments: Sample.all.indices)
    func `any legal way to write a message gives the records of the usual one`(
        index: Int
    ) throws {
        let seed: UInt64 = 20_261_120 &+ UInt64(index)
        var random = SplitMix64(seed: seed)
        let harness = try Harness(Self.instruments)
        let usual = harness.parse(Sample.all[index])
        #expect(!usual.isEmpty)
        for round in 0..<400 {
            let text = rewritten(Sample.all[index], &random)
            #expect(sameRecords(harness.parse(text), usual), "seed \(seed) round \(round): \(text)")
        }
        #expect(harness.refusals == 0)
    }

    /// Goal: the scanner never takes what the generic path refuses, nor reads it otherwise.
    /// Method: bytes changed, removed, doubled and exchanged at random.
    @Test(arguments: Sample.all.indices)
    func `a damaged message is the same to both paths`(index: Int) throws {
        let seed: UInt64 = 71 &+ UInt64(index)
        var random = SplitMix64(seed: seed)
        let (first, second) = (try Harness(Self.instruments), try Harness(Self.instruments))
        let alphabet = Array("0123456789.\"{}[],:eEtTrue-+\\u /abX\u{7f}\u{0}\n".utf8)
        for round in 0..<3_000 {
            // A shape that is known is what a damaged message is compared with first.
            let isUsualKnown = !first.parse(Sample.all[index]).isEmpty
            let isOracleKnown = !second.parse(Sample.all[index], generic: true).isEmpty
            #expect(isUsualKnown && isOracleKnown)
            let isRaw = Bool.random(using: &random)
            var text = Array((isRaw ? unwrapped(Sample.all[index]) : Sample.all[index]).utf8)
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: text[place] = alphabet.randomElement(using: &random)!
                case 1: text.remove(at: place)
                case 2: text.insert(alphabet.randomElement(using: &random)!, at: place)
                case 3: text.insert(text[place], at: place)
                default: text[place] = UInt8.random(in: .min ... .max, using: &random)
                }
            }
            let scanned = first.parse(text)
            let generic = second.parse(text, generic: true)
            #expect(
                sameRecords(scanned, generic),
                "seed \(seed) round \(round): \(String(decoding: text, as: UTF8.self))")
        }
        for name in [
            "malformed", "inexact_decimals", "overflows", "unknown_symbols", "ignored",
            "trades_filtered",
        ] {
            #expect(first.counter(name) == second.counter(name), "\(name)")
        }
        #expect(first.refusals > 1_000)
    }

    @Test(arguments: Sample.all + Sample.all.map(unwrapped))
    func `every cut of a message is refused, whatever lies behind it`(text: String) throws {
        let harness = try Harness(Self.instruments)
        let whole = Array(text.utf8)
        var refusals: UInt64 = 0
        for count in 0..<whole.count {
            let cut = whole.prefix(count)
            // What follows the cut in the message itself is the most tempting continuation.
            for slack in [[], Array(whole.suffix(from: count)), Array("9".utf8)] {
                #expect(harness.parse(cut, slack: slack).isEmpty, "cut at \(count)")
                refusals += 1
            }
        }
        #expect(harness.counter("malformed") == refusals)
    }

    @Test func `every cut of a snapshot, a report and a reply is refused`() throws {
        let harness = try Harness(Self.instruments)
        let snapshot = Array(Sample.snapshot.utf8)
        for count in 0..<snapshot.count {
            let slack = Array(snapshot.suffix(from: count))
            #expect(harness.parseSnapshot(Array(snapshot.prefix(count)), slack: slack).isEmpty)
        }
        #expect(harness.counter("malformed") == UInt64(snapshot.count))
        let order = Sample.orderUpdate
        for count in 0..<order.utf8.count {
            #expect(harness.report(String(order.prefix(count)), Harness.userStream).isEmpty)
        }
        let reply = #"{"id":"p00000000000000ff","status":200,"result":{"orderId":1}}"#
        for count in 0..<reply.utf8.count {
            #expect(harness.report(String(reply.prefix(count)), Harness.orderEntry).isEmpty)
        }
        let total = snapshot.count + order.utf8.count + reply.utf8.count
        #expect(harness.counter("malformed") == UInt64(total))
    }

    @Test func `a message with a member twice is refused`() throws {
        let harness = try Harness(Self.instruments)
        for key in ["e", "s", "p", "q", "t", "m", "T"] {
            let members = Members(unwrapped(Sample.trade)).list
            let again = members.first { $0.key == "\"\(key)\"" }!
            let text = unwrapped(Sample.trade).dropLast() + ",\(again.key):\(again.value)}"
            #expect(harness.parse(String(text)).isEmpty)
        }
        #expect(harness.counter("malformed") == 7)
    }

    @Test func `members that nobody knows are counted`() throws {
        let harness = try Harness(Self.instruments)
        let text = unwrapped(Sample.trade).dropLast() + #","zz":1,"yy":{"a":2}}"#
        #expect(harness.parse(String(text)).count == 1)
        #expect(harness.counter("unknown_keys") == 2)
    }

    // MARK: - JSON

    /// Puts `value` where the message does not care, so that only the grammar decides.
    private func isTaken(_ value: String, _ harness: Harness) -> Bool {
        isTaken(Array(value.utf8), harness)
    }
    private func isTaken(_ value: [UInt8], _ harness: Harness) -> Bool {
        let text = Array((unwrapped(Sample.trade).dropLast() + #","zz":"#).utf8)
            + value + Array("}".utf8)
        return !harness.parse(text).isEmpty
    }

    @Test func `the JSON grammar is taken whole`() throws {
        let harness = try Harness(Self.instruments)
        let deep = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
        for value in [
            "0", "-0", "1.5", "1e5", "1E+5", "-1.25e-10", "true", "false", "null", "\"\"", "{}",
            "[]", " [ ] ", "[1,2]", "{\"a\":{\"b\":[{}]}}", #""\"\\\/\b\f\n\r\t\u0000\uFFFF""#,
            #""\ud800""#, "\"é€😀\u{7f}\"", deep, "\"" + String(repeating: "x", count: 5_000) + "\"",
        ] {
            #expect(isTaken(value, harness), "\(value)")
        }
        #expect(harness.counter("malformed") == 0)
    }

    @Test func `everything outside of the grammar is refused`() throws {
        let harness = try Harness(Self.instruments)
        let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        for value in [
            "", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "True", "nul",
            "tru", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}",
            "'a'", "\"\\x\"", "\"\\u12g4\"", "\"\\u123\"", "\"a\nb\"", "\"\t\"", "[", "]", "{", "}",
            "[}", "{]", "1,", "1}", "\"", "\\", "/**/1", "1//", "\u{feff}1", deep, "[[1],2",
        ] {
            #expect(!isTaken(value, harness), "\(value)")
        }
        for bytes: [UInt8] in [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
            [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff],
            [0xe2, 0x82], [0x00], [0x1f],
        ] {
            #expect(!isTaken([0x22] + bytes + [0x22], harness), "\(bytes)")
        }
        #expect(harness.refusals == harness.counter("malformed"))
    }

    @Test func `nothing may stand behind the document`() throws {
        let harness = try Harness(Self.instruments)
        for text in Sample.all {
            for tail in ["}", "]", ",", "{}", "x", "\u{0}", "\"", " 1"] {
                #expect(harness.parse(text + tail).isEmpty)
            }
            #expect(!harness.parse(text + " \n").isEmpty)
        }
    }
}
