//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A JSON document as a client sent it. Numbers keep their text, because a signature covers the
/// text and not the value.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    struct Member: Equatable {
        let name: String
        let value: JSONValue
    }

    /// The member of that name; the last one when a client repeats it.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The text of a scalar exactly as it stood in the document, without quotes.
    var text: String? {
        switch self {
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        default: nil
        }
    }

    /// Writes the document without blanks, members in their order.
    func write(to writer: inout ByteWriter) {
        switch self {
        case .null: writer.text("null")
        case .bool(let value): writer.bool(value)
        case .number(let text): writer.text(text)
        case .string(let text): writer.quoted(text)
        case .array(let values):
            writer.text("[")
            for (place, value) in values.enumerated() {
                if place > 0 { writer.text(",") }
                value.write(to: &writer)
            }
            writer.text("]")
        case .object(let members):
            writer.text("{")
            for (place, member) in members.enumerated() {
                if place > 0 { writer.text(",") }
                writer.quoted(member.name)
                writer.text(":")
                member.value.write(to: &writer)
            }
            writer.text("}")
        }
    }

    /// Reads one document. `nil` when it is not JSON, nested deeper than 16, or longer than 64 KiB.
    static func parse(_ bytes: [UInt8]) -> JSONValue? {
        guard bytes.count <= 65_536 else { return nil }
        var parser = JSONParser(bytes: bytes)
        return parser.document()
    }
}

/// Recursive descent over bytes that nobody vouches for; every read is bounds-checked.
private struct JSONParser {
    static let depthMax = 16
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() -> JSONValue? {
        guard let value = value(depth: 0) else { return nil }
        skipBlanks()
        return at == bytes.count ? value : nil
    }

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            at += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        at += 1
        return true
    }

    private mutating func take(_ word: String) -> Bool {
        for byte in word.utf8 where !take(byte) { return false }
        return true
    }

    private mutating func value(depth: Int) -> JSONValue? {
        guard depth <= Self.depthMax else { return nil }
        skipBlanks()
        switch current {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "t"): return take("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return take("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return take("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        at += 1
        var members: [JSONValue.Member] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlanks()
            guard current == 0x22, let name = string() else { return nil }
            skipBlanks()
            guard take(UInt8(ascii: ":")), let value = value(depth: depth + 1) else { return nil }
            members.append(.init(name: name, value: value))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func array(depth: Int) -> JSONValue? {
        at += 1
        var values: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func number() -> JSONValue? {
        let start = at
        while let byte = current, Self.isNumberByte(byte) { at += 1 }
        guard at > start, at - start <= 40 else { return nil }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        return Double(text) == nil ? nil : .number(text)
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
    }

    private mutating func string() -> String? {
        at += 1
        var text: [UInt8] = []
        while let byte = current {
            at += 1
            switch byte {
            case 0x22: return String(validating: text, as: UTF8.self)
            case 0x5C:
                guard escape(into: &text) else { return nil }
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape(into text: inout [UInt8]) -> Bool {
        guard let byte = current else { return false }
        at += 1
        switch byte {
        case 0x22, 0x5C, UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"):
            guard at + 4 <= bytes.count else { return false }
            let digits = String(decoding: bytes[at..<at + 4], as: UTF8.self)
            at += 4
            guard let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
                return false
            }
            text.append(contentsOf: String(Character(scalar)).utf8)
        default: return false
        }
        return true
    }
}
