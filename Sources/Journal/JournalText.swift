//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options

/// Frames as text.
public enum JournalText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// One line, its end not included:
    /// `17 2026-11-26T14:49:39.123456789Z frame-in detail=1 connection=3 length=42 {…}`.
    /// Fields of value 0 are left out. A body of text has its control characters escaped as JSON
    /// has them; any other is in hexadecimal, behind `0x`.
    public static func line(_ frame: JournalFrame) -> String {
        var line = "\(frame.number) \(TimeText.text(frame.timeNs)) \(frame.kind)"
        let fields: [(String, UInt64)] = [
            ("detail", UInt64(frame.detail)), ("connection", UInt64(frame.connection)),
            ("sequence", frame.sequence), ("context", frame.context),
        ]
        for (name, value) in fields where value != 0 { line += " \(name)=\(value)" }
        line += " length=\(unsafe frame.body.count)"
        if unsafe !frame.body.isEmpty { line += unsafe " \(text(frame.body))" }
        return line
    }

    /// 16 digits.
    static func hexadecimal(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// Whether bytes are UTF-8 without zeros, and do not begin as hexadecimal ones are shown.
    static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard unsafe !bytes.contains(0), unsafe !bytes.starts(with: [0x30, 0x78]) else {
            return false
        }
        return unsafe String(validating: bytes, as: UTF8.self) != nil
    }

    /// "0x00ff".
    static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
        var text: [UInt8] = [0x30, 0x78]
        text.reserveCapacity(2 + 2 * bytes.count)
        for unsafe byte in unsafe bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// One line, whatever the bytes are; a terminal takes none of it for a command.
    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        guard unsafe isText(bytes) else { return unsafe hexadecimal(bytes) }
        var text = ""
        for scalar in unsafe String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x0a: text += "\\n"
            case 0x0d: text += "\\r"
            case 0x09: text += "\\t"
            // Controls of both sets, and those that turn or separate lines.
            case 0..<0x20, 0x7f..<0xa0, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
