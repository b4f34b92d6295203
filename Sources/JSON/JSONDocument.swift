//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A parsed JSON document, for cold code: replies to REST requests.
///
/// Numbers stay text, so that nothing is lost of them. Of members of one name the first counts.
package indirect enum JSONDocument: Equatable {
    case object([Member])
    case array([JSONDocument])
    case string(String)
    case number(String)
    case boolean(Bool)
    case null

    package struct Member: Equatable {
        package let name: String
        package let value: JSONDocument
    }

    /// - Returns: `nil` when `bytes` are no JSON document.
    package init?(_ bytes: [UInt8]) {
        // The parser asks for no slack; the copy gives empty input an address.
        let padded = bytes + [0]
        let parsed = unsafe padded.withUnsafeBufferPointer { text -> JSONDocument? in
            var parser = unsafe JSONPull(text.baseAddress!, count: bytes.count)
            let first = parser.next()
            guard let value = Self.value(&parser, first), parser.next() == .end else { return nil }
            return value
        }
        guard let parsed else { return nil }
        self = parsed
    }

    private static func value(_ parser: inout JSONPull, _ token: JSONToken) -> JSONDocument? {
        switch token {
        case .objectStart: return object(&parser)
        case .arrayStart:
            var elements: [JSONDocument] = []
            while true {
                let next = parser.next()
                if next == .arrayEnd { return .array(elements) }
                guard let element = value(&parser, next) else { return nil }
                elements.append(element)
            }
        case .string: return .string(text(parser))
        case .number: return .number(text(parser))
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .null: return .null
        case .objectEnd, .arrayEnd, .key, .end, .refused: return nil
        }
    }

    private static func object(_ parser: inout JSONPull) -> JSONDocument? {
        var members: [Member] = []
        while true {
            switch parser.next() {
            case .objectEnd: return .object(members)
            case .key:
                let name = text(parser)
                guard let member = value(&parser, parser.next()) else { return nil }
                members.append(Member(name: name, value: member))
            default: return nil
            }
        }
    }

    private static func text(_ parser: JSONPull) -> String {
        let start = unsafe parser.bytes + parser.start
        guard parser.hasEscapes else {
            return unsafe String(
                decoding: UnsafeBufferPointer(start: start, count: parser.length), as: UTF8.self)
        }
        let limit = parser.length + 4
        return unsafe String(unsafeUninitializedCapacity: limit) { out in
            unsafe JSONEscapes.unescape(
                start, count: parser.length, into: out.baseAddress!, limit: limit)
        }
    }

    /// The member named `name` of an object.
    package subscript(name: String) -> JSONDocument? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var text: String? { if case .string(let text) = self { text } else { nil } }
    package var elements: [JSONDocument]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// A number that is an integer; whole text of digits in a string counts as well.
    package var integer: Int64? {
        switch self {
        case .number(let text), .string(let text): Int64(text)
        default: nil
        }
    }

    /// A number that a `Double` can hold.
    package var double: Double? {
        guard case .number(let text) = self, let value = Double(text), value.isFinite else {
            return nil
        }
        return value
    }

    package var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }

    /// The document as text again, without spaces; numbers as they stood.
    package var compactText: String {
        switch self {
        case .object(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.compactText }
                .joined(separator: ",") + "}"
        case .array(let elements):
            "[" + elements.map(\.compactText).joined(separator: ",") + "]"
        case .string(let text): Self.quoted(text)
        case .number(let text): text
        case .boolean(let value): value ? "true" : "false"
        case .null: "null"
        }
    }

    /// `text` between quotes, escaped where JSON asks for it.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
