//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Lines of `key=value` up to an empty line, as LightGBM writes them.
struct TextBlock {
    struct Field {
        let line: Int
        let value: ArraySlice<UInt8>
    }

    /// Line of the block's title.
    let line: Int
    let title: String
    private let fields: [String: Field]

    /// Reads one block: its title, then its fields.
    init(_ lines: inout TextLines, known: Set<String>) throws(ForestError) {
        title = try lines.title()
        line = lines.number
        fields = try Self.fields(&lines, known: known)
    }

    private static func fields(
        _ lines: inout TextLines, known: Set<String>
    ) throws(ForestError) -> [String: Field] {
        var fields: [String: Field] = [:]
        while true {
            guard let text = lines.next() else {
                throw .text(line: lines.number, reason: "the file is cut short")
            }
            if text.isEmpty { return fields }
            let equals = text.firstIndex(of: UInt8(ascii: "=")) ?? text.endIndex
            let key = String(decoding: text[..<equals].prefix(80), as: UTF8.self)
            guard known.contains(key) else {
                throw .text(line: lines.number, reason: "`\(key)` is not understood")
            }
            guard fields[key] == nil else {
                throw .text(line: lines.number, reason: "`\(key)` comes twice")
            }
            fields[key] = Field(line: lines.number, value: text[equals...].dropFirst())
        }
    }

    func has(_ key: String) -> Bool { fields[key] != nil }

    func field(_ key: String) throws(ForestError) -> Field {
        guard let field = fields[key] else {
            throw .text(line: line, reason: "`\(title)` has no `\(key)`")
        }
        return field
    }

    func text(_ key: String) throws(ForestError) -> String {
        String(decoding: try field(key).value.prefix(200), as: UTF8.self)
    }

    func integer(_ key: String) throws(ForestError) -> Int {
        let field = try field(key)
        guard let value = Int(try text(key)) else {
            throw .text(line: field.line, reason: "`\(key)` is no integer")
        }
        return value
    }

    /// As many numbers as `count` says.
    func integers(_ key: String, count: Int) throws(ForestError) -> [Int] {
        try numbers(key, count: count) { Int($0) }
    }

    /// As many numbers as `count` says, finite or not.
    func doubles(_ key: String, count: Int) throws(ForestError) -> [Double] {
        try numbers(key, count: count) { text in
            guard let value = Double(text), !value.isNaN else { return nil }
            return value
        }
    }

    private func numbers<Value>(
        _ key: String, count: Int, read: (String) -> Value?
    ) throws(ForestError) -> [Value] {
        let field = try field(key)
        let words = field.value.split(separator: UInt8(ascii: " "), maxSplits: count)
        guard words.count == count else {
            throw .text(
                line: field.line,
                reason: "`\(key)` has \(words.count > count ? "more" : "fewer") than \(count) "
                    + "numbers")
        }
        var values: [Value] = []
        for word in words {
            guard word.count <= 40, let value = read(String(decoding: word, as: UTF8.self)) else {
                let shown = String(decoding: word.prefix(40), as: UTF8.self)
                throw .text(line: field.line, reason: "`\(key)`: `\(shown)` is no number")
            }
            values.append(value)
        }
        return values
    }
}

/// The lines of a text, without their ends.
struct TextLines {
    private let bytes: [UInt8]
    private var at = 0
    /// Of the line that `next` gave last, from 1.
    private(set) var number = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next line that is not empty.
    mutating func title() throws(ForestError) -> String {
        while let line = next() {
            if !line.isEmpty { return String(decoding: line.prefix(80), as: UTF8.self) }
        }
        throw .text(line: number, reason: "the file ends where a tree or its end belongs")
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard at < bytes.count else { return nil }
        let end = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        var line = bytes[at..<end]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        at = end + 1
        number += 1
        return line
    }
}
