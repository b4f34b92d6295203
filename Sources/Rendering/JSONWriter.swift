//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Writes JSON text (RFC 8259) in one line, keys in the order they are added, integers exact.
public struct JSONWriter {
    public private(set) var text = ""
    private var isFirst = true

    public init() {}

    public mutating func object(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
        open(key, "{")
        body(&self)
        close("}")
    }

    public mutating func array(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
        open(key, "[")
        body(&self)
        close("]")
    }

    public mutating func add(_ key: String, _ value: some FixedWidthInteger) {
        begin(key)
        text += String(value)
    }

    /// A number without a JSON form, such as NaN, becomes null.
    public mutating func add(_ key: String, _ value: Double) {
        begin(key)
        text += value.isFinite ? "\(value)" : "null"
    }

    /// A number as its decimal text says it, such as "61800.20".
    public mutating func add(_ key: String, number: String) {
        begin(key)
        text += number
    }

    public mutating func add(_ key: String, _ value: Bool) {
        begin(key)
        text += value ? "true" : "false"
    }

    public mutating func add(_ key: String, _ value: String) {
        begin(key)
        addText(value)
    }

    /// A text in an array; below, a number.
    public mutating func addElement(_ value: String) {
        separate()
        addText(value)
    }

    public mutating func addElement(number: String) {
        separate()
        text += number
    }

    public mutating func addElement(_ value: some FixedWidthInteger) {
        separate()
        text += String(value)
    }

    /// A number in an array; one without a JSON form becomes null.
    public mutating func addElement(_ value: Double) {
        separate()
        text += value.isFinite ? "\(value)" : "null"
    }

    public mutating func addNull(_ key: String) {
        begin(key)
        text += "null"
    }

    private mutating func open(_ key: String?, _ bracket: String) {
        if let key { begin(key) } else { separate() }
        text += bracket
        isFirst = true
    }

    private mutating func close(_ bracket: String) {
        text += bracket
        isFirst = false
    }

    private mutating func begin(_ key: String) {
        separate()
        addText(key)
        text += ":"
    }

    private mutating func separate() {
        if !isFirst { text += "," }
        isFirst = false
    }

    private mutating func addText(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
