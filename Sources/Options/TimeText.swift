//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Times as people write them, in UTC.
public enum TimeText {
    /// "2026-11-26T14:49:39.123456789Z".
    public static func text(_ ns: UInt64) -> String {
        var seconds = time_t(ns / 1_000_000_000)
        var parts = unsafe tm()
        unsafe gmtime_r(&seconds, &parts)
        let fields = unsafe [
            parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
            parts.tm_sec,
        ].map { padded(UInt64($0), 2) }
        return "\(fields[0])-\(fields[1])-\(fields[2])T\(fields[3]):\(fields[4]):\(fields[5])"
            + ".\(padded(ns % 1_000_000_000, 9))Z"
    }

    /// Nanoseconds since 1970 of "2026-11-26", "2026-11-26T14:49", "2026-11-26T14:49:39.5Z" (UTC)
    /// or of themselves in at least 16 digits, so that no year is taken for them; `nil` for
    /// anything else and outside 1970 to 2261.
    public static func nanoseconds(_ text: String) -> UInt64? {
        if text.utf8.count >= 16, let number = UInt64(text) { return number }
        var rest = Substring(text.hasSuffix("Z") ? String(text.dropLast()) : text)
        var fraction: UInt64 = 0
        if let point = rest.lastIndex(of: ".") {
            let digits = rest[rest.index(after: point)...]
            guard (1...9).contains(digits.utf8.count), digits.first != "+",
                let value = UInt64(digits)
            else { return nil }
            fraction = (digits.utf8.count..<9).reduce(value) { value, _ in value * 10 }
            rest = rest[..<point]
        }
        let halves = rest.split(separator: "T", omittingEmptySubsequences: false)
        let day = halves[0].split(separator: "-", omittingEmptySubsequences: false).map(number)
        var clock = halves.dropFirst().first?
            .split(separator: ":", omittingEmptySubsequences: false).map(number) ?? [0, 0, 0]
        if clock.count == 2 { clock.append(0) }
        guard halves.count <= 2, day.count == 3, clock.count == 3,
            let year = day[0], (1970...2261).contains(year), let month = day[1],
            (1...12).contains(month), let date = day[2], (1...31).contains(date),
            let hour = clock[0], (0...23).contains(hour), let minute = clock[1],
            (0...59).contains(minute), let second = clock[2], (0...59).contains(second)
        else { return nil }
        var parts = unsafe tm()
        unsafe parts.tm_year = year - 1900
        unsafe parts.tm_mon = month - 1
        unsafe parts.tm_mday = date
        unsafe parts.tm_hour = hour
        unsafe parts.tm_min = minute
        unsafe parts.tm_sec = second
        let seconds = unsafe timegm(&parts)
        // A day that the month has not becomes one of the next.
        guard unsafe parts.tm_mday == date else { return nil }
        return UInt64(seconds) * 1_000_000_000 + fraction
    }

    private static func number(_ text: Substring) -> Int32? {
        (1...4).contains(text.count) && text.first != "+" ? Int32(text) : nil
    }

    private static func padded(_ value: UInt64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
