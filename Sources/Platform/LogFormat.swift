//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Lines in logfmt. Cold code.
public enum LogFormat {
    /// One line with its end.
    ///
    /// - Parameter level: "info", "warning", …
    public static func line(
        level: String, _ message: String, _ fields: [(String, String)], timeNs: UInt64
    ) -> String {
        var line = "ts=\(time(timeNs)) level=\(level) msg=\(quote(message))"
        for (key, value) in fields { line += " \(key)=\(quote(value))" }
        return line + "\n"
    }

    /// A value as logfmt wants it: quoted when it holds anything but plain characters.
    public static func quote(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3d && $0 < 0x7f }
        if isPlain, !text.isEmpty { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result += scalar.value < 0x20 ? "?" : String(scalar)
            }
        }
        return result + "\""
    }

    /// "2026-11-20T10:00:00.123Z".
    public static func time(_ ns: UInt64) -> String {
        var seconds = time_t(ns / 1_000_000_000)
        var parts = unsafe tm()
        unsafe gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let thousandths = String(ns / 1_000_000 % 1_000)
        let padded = String(repeating: "0", count: 3 - thousandths.count) + thousandths
        let fields = unsafe [
            parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
            parts.tm_sec,
        ].map(two)
        return "\(fields[0])-\(fields[1])-\(fields[2])T\(fields[3]):\(fields[4]):\(fields[5])"
            + ".\(padded)Z"
    }
}
