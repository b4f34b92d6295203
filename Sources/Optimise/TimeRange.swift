//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// A stretch of record time, nanoseconds since 1970 UTC; `endNs` belongs to it no more.
public struct TimeRange: Sendable, Equatable {
    public let startNs: UInt64
    public let endNs: UInt64

    /// - Precondition: `startNs < endNs`.
    public init(startNs: UInt64, endNs: UInt64) {
        precondition(startNs < endNs, "a range that is not empty")
        self.startNs = startNs
        self.endNs = endNs
    }

    public var lengthNs: UInt64 { endNs - startNs }
}

/// Times as people write them.
enum TimeText {
    /// Nanoseconds since 1970 of "2026-11-20", "2026-11-20T10:00:00Z" or with up to nine decimals
    /// of the second, or of themselves in at least 16 digits; `nil` for anything else and before
    /// 1970.
    static func nanoseconds(_ text: String) -> UInt64? {
        let bytes = Array(text.utf8)
        if bytes.count >= 16, let number = UInt64(text) { return number }
        guard bytes.count == 10 || (bytes.count >= 20 && bytes.last == UInt8(ascii: "Z")) else {
            return nil
        }
        let pattern = Array("0000-00-00T00:00:00".utf8)
        for (index, byte) in bytes.prefix(19).enumerated() {
            let isGood = pattern[index] == UInt8(ascii: "0")
                ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == pattern[index]
            if !isGood { return nil }
        }
        func number(_ range: Range<Int>) -> Int32 {
            guard range.upperBound <= bytes.count else { return 0 }
            return bytes[range].reduce(0) { $0 * 10 + Int32($1 - UInt8(ascii: "0")) }
        }
        var parts = unsafe tm()
        unsafe parts.tm_year = number(0..<4) - 1900
        unsafe parts.tm_mon = number(5..<7) - 1
        unsafe parts.tm_mday = number(8..<10)
        unsafe parts.tm_hour = number(11..<13)
        unsafe parts.tm_min = number(14..<16)
        unsafe parts.tm_sec = number(17..<19)
        let given = unsafe parts
        let seconds = unsafe timegm(&parts)
        // What timegm had to carry over is no date.
        let isDate = unsafe given.tm_mon == parts.tm_mon && given.tm_mday == parts.tm_mday
            && given.tm_hour == parts.tm_hour && given.tm_min == parts.tm_min
            && given.tm_sec == parts.tm_sec
        guard isDate, seconds >= 0, seconds < 9_000_000_000,
            let fraction = fraction(bytes.dropFirst(19).dropLast())
        else { return nil }
        return UInt64(seconds) * 1_000_000_000 + fraction
    }

    /// Of ".123": 123,000,000.
    private static func fraction(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard let point = bytes.first else { return 0 }
        let digits = bytes.dropFirst()
        let areDigits = digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard point == UInt8(ascii: "."), areDigits, (1...9).contains(digits.count) else {
            return nil
        }
        let value = digits.reduce(0) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
        return (digits.count..<9).reduce(value) { value, _ in value * 10 }
    }

    /// "2026-11-20T10:00:00.123456789Z": what `nanoseconds` reads back exactly.
    static func text(_ ns: UInt64) -> String {
        let rest = String(ns % 1_000_000_000)
        let zeros = String(repeating: "0", count: 9 - rest.count)
        return String(LogFormat.time(ns).dropLast(5)) + ".\(zeros)\(rest)Z"
    }
}
