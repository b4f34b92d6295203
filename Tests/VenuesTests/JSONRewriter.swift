//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// A JSON text taken apart so that it can be written in any other legal way: members in another
/// order, blanks anywhere, characters of strings as escapes, members that nobody knows.
///
/// The text must be well-formed. Independent of the parser under test.
indirect enum JSONRewriter {
    case object([(key: [UInt8], value: JSONRewriter)])
    case array([JSONRewriter])
    /// With its quotes.
    case string([UInt8])
    /// A number or a word.
    case atom([UInt8])

    init(_ text: [UInt8]) {
        var at = 0
        self = Self.value(text, &at)
    }

    private static func skip(_ text: [UInt8], _ at: inout Int) {
        while at < text.count, text[at] <= 0x20 { at += 1 }
    }

    private static func value(_ text: [UInt8], _ at: inout Int) -> JSONRewriter {
        skip(text, &at)
        switch text[at] {
        case UInt8(ascii: "{"):
            at += 1
            var members: [(key: [UInt8], value: JSONRewriter)] = []
            while true {
                skip(text, &at)
                if text[at] == UInt8(ascii: "}") { break }
                if text[at] == UInt8(ascii: ",") {
                    at += 1
                    skip(text, &at)
                }
                let key = string(text, &at)
                skip(text, &at)
                at += 1
                members.append((key, value(text, &at)))
            }
            at += 1
            return .object(members)
        case UInt8(ascii: "["):
            at += 1
            var elements: [JSONRewriter] = []
            while true {
                skip(text, &at)
                if text[at] == UInt8(ascii: "]") { break }
                if text[at] == UInt8(ascii: ",") { at += 1 }
                elements.append(value(text, &at))
            }
            at += 1
            return .array(elements)
        case UInt8(ascii: "\""): return .string(string(text, &at))
        default:
            let start = at
            while at < text.count, !Array(",]} \t\r\n".utf8).contains(text[at]) { at += 1 }
            return .atom(Array(text[start..<at]))
        }
    }

    private static func string(_ text: [UInt8], _ at: inout Int) -> [UInt8] {
        let start = at
        at += 1
        while text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at += 1
        return Array(text[start..<at])
    }

    // MARK: Writing

    /// How far the writing strays from the usual: each a part of 256.
    struct Habits {
        var blank: UInt8
        var escape: UInt8
        var shuffle: UInt8
        var extra: UInt8

        init(_ random: inout SplitMix64) {
            let choices: [UInt8] = [0, 0, 8, 64]
            blank = choices.randomElement(using: &random)!
            escape = choices.randomElement(using: &random)!
            shuffle = [0, 128, 255].randomElement(using: &random)!
            extra = choices.randomElement(using: &random)!
        }
    }

    func write(_ habits: Habits, _ random: inout SplitMix64, to text: inout [UInt8]) {
        Self.blank(habits, &random, &text)
        switch self {
        case .object(let members): Self.write(members, habits, &random, &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                element.write(habits, &random, to: &text)
            }
            if elements.isEmpty { Self.blank(habits, &random, &text) }
            text.append(UInt8(ascii: "]"))
        case .string(let string): Self.write(string, habits, &random, &text)
        case .atom(let atom): text += atom
        }
        Self.blank(habits, &random, &text)
    }

    private static func chance(_ part: UInt8, _ random: inout SplitMix64) -> Bool {
        part > 0 && UInt8(truncatingIfNeeded: random.next()) < part
    }

    private static func blank(
        _ habits: Habits, _ random: inout SplitMix64, _ text: inout [UInt8]
    ) {
        while chance(habits.blank, &random) {
            text.append([0x20, 0x09, 0x0A, 0x0D][Int(random.next() & 3)])
        }
    }

    private static let unknown: [(key: String, value: String)] = [
        ("zz", #"{"a":[1,-2.5e+3,null,{"b":[]}],"\u00e9":"\ud83d\ude00"}"#), ("nq", "true"),
        ("", "\"\""), ("wörd", #""é\n""#), ("a very long key nobody looks for", "[[[[]]]]"),
    ]

    private static func write(
        _ members: [(key: [UInt8], value: JSONRewriter)], _ habits: Habits,
        _ random: inout SplitMix64, _ text: inout [UInt8]
    ) {
        var order = Array(members.indices)
        if chance(habits.shuffle, &random) { order.shuffle(using: &random) }
        text.append(UInt8(ascii: "{"))
        var isFirst = true
        func comma() {
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
        }
        for index in order {
            if index == 0, chance(habits.extra, &random) {
                let member = unknown.randomElement(using: &random)!
                comma()
                text += "\"\(member.key)\":\(member.value)".utf8
            }
            comma()
            blank(habits, &random, &text)
            write(members[index].key, habits, &random, &text)
            blank(habits, &random, &text)
            text.append(UInt8(ascii: ":"))
            members[index].value.write(habits, &random, to: &text)
        }
        if members.isEmpty { blank(habits, &random, &text) }
        text.append(UInt8(ascii: "}"))
    }

    /// A string whose plain ASCII characters may be written as escapes.
    private static func write(
        _ string: [UInt8], _ habits: Habits, _ random: inout SplitMix64, _ text: inout [UInt8]
    ) {
        text.append(UInt8(ascii: "\""))
        var at = 1
        while at < string.count - 1 {
            let byte = string[at]
            if byte == UInt8(ascii: "\\") {
                text += string[at...(at + 1)]
                at += 2
                continue
            }
            at += 1
            if byte < 0x80, chance(habits.escape, &random) {
                let isUpper = random.next() & 1 == 0
                let hex = String(byte, radix: 16, uppercase: isUpper)
                text += ("\\u00" + (hex.count == 1 ? "0" : "") + hex).utf8
            } else {
                text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
