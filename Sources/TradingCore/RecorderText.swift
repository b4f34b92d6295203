//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// What a received text says of itself, read from its own bytes without parsing it all: whose
/// message it is, and whether it carries the changes of a book.
struct RecordedText {
    /// The venue's name of the instrument, in capitals; `nil` when the text names none.
    let symbol: String?
    /// The first update of a message of book changes that follow a snapshot over REST.
    let firstUpdateID: UInt64?

    private static let symbolLengthMax = 32

    /// Binance: `"stream":"btcusdt@…"`, or `"s":"BTCUSDT"` of a single stream. OKX: `"instId"`.
    init(_ bytes: UnsafeRawBufferPointer, _ venue: Venue) {
        if venue == .okx {
            symbol = unsafe Self.text(bytes, "\"instId\"")?.uppercased()
            firstUpdateID = nil
            return
        }
        guard let stream = unsafe Self.text(bytes, "\"stream\"") else {
            symbol = unsafe Self.text(bytes, "\"s\"")?.uppercased()
            firstUpdateID = nil
            return
        }
        let parts = stream.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        symbol = parts.count == 2 ? parts[0].uppercased() : nil
        let isBook = parts.count == 2 && (parts[1] == "depth" || parts[1].hasPrefix("depth@"))
        firstUpdateID = unsafe isBook ? Self.number(bytes, "\"U\"") : nil
    }

    /// The update up to which a snapshot over REST tells the book.
    static func snapshotUpdateID(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        unsafe number(bytes, "\"lastUpdateId\"")
    }

    /// The string behind the first `key`, when it is short and has no escapes.
    private static func text(_ bytes: UnsafeRawBufferPointer, _ key: StaticString) -> String? {
        guard let at = unsafe value(bytes, key), unsafe bytes[at] == UInt8(ascii: "\"") else {
            return nil
        }
        let rest = unsafe bytes[(at + 1)...].prefix(symbolLengthMax + 1)
        guard let end = unsafe rest.firstIndex(of: UInt8(ascii: "\"")),
            unsafe !rest[..<end].contains(UInt8(ascii: "\\"))
        else { return nil }
        return unsafe String(decoding: rest[..<end], as: UTF8.self)
    }

    /// The number behind the first `key`.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ key: StaticString) -> UInt64? {
        guard var at = unsafe value(bytes, key) else { return nil }
        var number: UInt64?
        while at < bytes.count, case let digit = unsafe bytes[at] &- UInt8(ascii: "0"), digit < 10 {
            let (tenfold, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tenfold.addingReportingOverflow(UInt64(digit))
            if overflow || overflows { return nil }
            number = sum
            at += 1
        }
        return number
    }

    /// Where the value of the first `key`, quotes included, begins.
    private static func value(_ bytes: UnsafeRawBufferPointer, _ key: StaticString) -> Int? {
        let length = key.utf8CodeUnitCount
        var at = 0
        while at + length < bytes.count {
            if unsafe isKey(bytes, at, key) {
                var next = at + length
                while next < bytes.count, unsafe isBlank(bytes[next]) { next += 1 }
                if next < bytes.count, unsafe bytes[next] == UInt8(ascii: ":") {
                    next += 1
                    while next < bytes.count, unsafe isBlank(bytes[next]) { next += 1 }
                    return next < bytes.count ? next : nil
                }
            }
            at += 1
        }
        return nil
    }

    private static func isKey(
        _ bytes: UnsafeRawBufferPointer, _ at: Int, _ key: StaticString
    ) -> Bool {
        for index in 0..<key.utf8CodeUnitCount
        where unsafe bytes[at + index] != key.utf8Start[index] { return false }
        return true
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }
}
