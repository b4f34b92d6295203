//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// The receive time in front of a capture's line, in the two ways it is written:
/// `<nanoseconds> ` and `<seconds>[.<fraction>]: `, both since 1970 UTC.
enum CaptureTime {
    /// Lines of what was sent or asked for, not of what came: `wss://URL <-> epoch` for a
    /// connection, `wss://URL <- epoch: JSON` for a request.
    @inline(__always)
    static func isSent(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let first = unsafe text.first, first > UInt8(ascii: "9") else { return false }
        for scheme in ["wss://", "https://"] where unsafe text.starts(with: scheme.utf8) {
            return true
        }
        return false
    }

    /// - Returns: The time in nanoseconds and the bytes it takes with what separates it from the
    ///   document; `nil` when neither form stands there or the time does not fit.
    static func read(_ text: UnsafeRawBufferPointer) -> (timeNs: UInt64, length: Int)? {
        var at = 0
        guard let whole = unsafe digits(text, &at) else { return nil }
        if unsafe at < text.count && text[at] == UInt8(ascii: " ") { return (whole, at + 1) }
        var fraction: UInt64 = 0
        if unsafe at < text.count && text[at] == UInt8(ascii: ".") {
            at += 1
            guard let nanoseconds = unsafe self.fraction(text, &at) else { return nil }
            fraction = nanoseconds
        }
        guard unsafe text.count - at >= 2 && text[at] == UInt8(ascii: ":"),
            unsafe text[at + 1] == UInt8(ascii: " ")
        else { return nil }
        let (seconds, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflows) = seconds.addingReportingOverflow(fraction)
        return overflow || overflows ? nil : (sum, at + 2)
    }

    /// Bytes of a time as `CaptureWriter` writes it, from 2001 to 2286: 19 digits and a space.
    static let writtenLength = 20

    /// The time of that form; `nil` where another stands. Reads 32 bytes.
    @inline(__always)
    static func readWritten(_ text: UnsafePointer<UInt8>) -> UInt64? {
        guard unsafe apus_nondigits16(text) == 0, unsafe apus_nondigits16(text + 16) & 15 == 8,
            unsafe text[19] == UInt8(ascii: " ")
        else { return nil }
        var value = unsafe sixteen(text)
        for place in 16..<19 {
            value = unsafe value &* 10 &+ UInt64(text[place] &- UInt8(ascii: "0"))
        }
        return value
    }

    /// The number that 16 digits are.
    @inline(__always)
    private static func sixteen(_ digits: UnsafePointer<UInt8>) -> UInt64 {
        let eights = unsafe apus_digits_of_words(apus_load64(digits), apus_load64(digits + 8))
        return (eights & 0xffff_ffff) &* 100_000_000 &+ eights >> 32
    }

    @inline(__always)
    private static func digits(_ text: UnsafeRawBufferPointer, _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        let first = at
        // Nanoseconds since 1970 have 19 digits; 16 of them never overflow.
        if text.count - at >= 16, let base = text.baseAddress {
            let bytes = unsafe (base + at).assumingMemoryBound(to: UInt8.self)
            if unsafe apus_nondigits16(bytes) == 0 {
                value = unsafe sixteen(bytes)
                at += 16
            }
        }
        while at < text.count {
            let digit = unsafe text[at] &- UInt8(ascii: "0")
            if digit > 9 { break }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tenfold.addingReportingOverflow(UInt64(digit))
            if overflow || overflows { return nil }
            value = sum
            at += 1
        }
        return at > first ? value : nil
    }

    /// Digits behind the point as nanoseconds; what is finer is dropped.
    private static func fraction(_ text: UnsafeRawBufferPointer, _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var scale: UInt64 = 100_000_000
        let first = at
        while at < text.count {
            let digit = unsafe text[at] &- UInt8(ascii: "0")
            if digit > 9 { break }
            value += UInt64(digit) * scale
            scale /= 10
            at += 1
        }
        return at > first ? value : nil
    }
}
