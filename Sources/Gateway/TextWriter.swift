//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

/// Writes numbers as text into memory, exactly and without allocation.
///
/// Every function writes at `to` and trusts that its stated maximum fits there.
enum TextWriter {
    /// The most bytes `decimal` writes: 19 digits, point, leading zero.
    static var decimalLengthMax: Int {
        @_noAllocation @_noLocks get { 21 }
    }

    /// Sixteen lower-case hexadecimal digits of `value`.
    @_noAllocation @_noLocks
    static func hex16(_ value: UInt64, to: UnsafeMutablePointer<UInt8>) {
        unsafe spreadHex(UInt32(truncatingIfNeeded: value &>> 32), to: to)
        unsafe spreadHex(UInt32(truncatingIfNeeded: value), to: to + 8)
    }

    /// Eight digits at once: each nibble gets a byte of its own, then all bytes become ASCII.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func spreadHex(_ value: UInt32, to: UnsafeMutablePointer<UInt8>) {
        var x = UInt64(value)
        x = ((x &<< 16) | x) & 0x0000_FFFF_0000_FFFF
        x = ((x &<< 8) | x) & 0x00FF_00FF_00FF_00FF
        x = ((x &<< 4) | x) & 0x0F0F_0F0F_0F0F_0F0F
        // A nibble above 9 carries into bit 4 when 6 is added; its letter lies 39 further on.
        let letters = ((x &+ 0x0606_0606_0606_0606) &>> 4) & 0x0101_0101_0101_0101
        let text = x &+ 0x3030_3030_3030_3030 &+ letters &* 39
        unsafe UnsafeMutableRawPointer(to).storeBytes(of: text.bigEndian, as: UInt64.self)
    }

    /// The value of sixteen lower-case hexadecimal digits; `nil` for anything else.
    @_noAllocation @_noLocks
    static func parseHex16(_ from: UnsafePointer<UInt8>) -> UInt64? {
        guard let high = unsafe gatherHex(from), let low = unsafe gatherHex(from + 8) else {
            return nil
        }
        return high &<< 32 | low
    }

    /// The value of eight digits at once; `nil` when one of them is none.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func gatherHex(_ from: UnsafePointer<UInt8>) -> UInt64? {
        let text = unsafe UnsafeRawPointer(from).loadUnaligned(as: UInt64.self).bigEndian
        // Letters have bit 6, digits do not: a letter's nibble is its low bits and 9.
        let letters = (text &>> 6) & 0x0101_0101_0101_0101
        var x = (text & 0x0F0F_0F0F_0F0F_0F0F) &+ letters &* 9
        if x & 0xF0F0_F0F0_F0F0_F0F0 != 0 { return nil }
        // Only the sixteen digits are what their nibbles are written as.
        let above9 = ((x &+ 0x0606_0606_0606_0606) &>> 4) & 0x0101_0101_0101_0101
        if x &+ 0x3030_3030_3030_3030 &+ above9 &* 39 != text { return nil }
        x = (x &>> 4 | x) & 0x00FF_00FF_00FF_00FF
        x = (x &>> 8 | x) & 0x0000_FFFF_0000_FFFF
        return (x &>> 16 | x) & 0x0000_0000_FFFF_FFFF
    }

    /// `mantissa` with `decimals` digits behind the point: 618002 and 1 give "61800.2".
    ///
    /// - Parameter mantissa: Not negative.
    /// - Parameter decimals: 0...18; with 0 there is no point.
    /// - Returns: Bytes written, at most `decimalLengthMax`.
    @_noAllocation @_noLocks
    static func decimal(
        _ mantissa: Int64, decimals: Int, to: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var value = mantissa.magnitude
        let digitCount = max(Self.digitCount(value), decimals &+ 1)
        let length = decimals > 0 ? digitCount &+ 1 : digitCount
        var at = length
        var remaining = decimals
        while remaining > 0 {
            at &-= 1
            unsafe to[at] = UInt8(truncatingIfNeeded: value % 10) &+ 0x30
            value /= 10
            remaining &-= 1
        }
        if decimals > 0 {
            at &-= 1
            unsafe to[at] = 0x2E
        }
        while at > 0 {
            at &-= 1
            unsafe to[at] = UInt8(truncatingIfNeeded: value % 10) &+ 0x30
            value /= 10
        }
        return length
    }

    /// Decimal digits of `value`, at least 1.
    @_noAllocation @_noLocks
    private static func digitCount(_ value: UInt64) -> Int {
        var count = 1
        var rest = value
        while rest >= 10_000 {
            rest /= 10_000
            count &+= 4
        }
        if rest >= 1_000 { return count &+ 3 }
        if rest >= 100 { return count &+ 2 }
        return rest >= 10 ? count &+ 1 : count
    }

    /// The mantissa of a plain decimal with exactly `decimals` digits behind the point; `nil` for
    /// any other text. The inverse of `decimal`.
    @_noAllocation @_noLocks
    static func parseDecimal(
        _ from: UnsafePointer<UInt8>, length: Int, decimals: Int
    ) -> Int64? {
        let point = decimals > 0 ? length &- decimals &- 1 : length
        if point < 1 || length > decimalLengthMax { return nil }
        var value: Int64 = 0
        for index in 0..<length {
            let byte = unsafe from[index]
            if index == point {
                if byte != 0x2E { return nil }
                continue
            }
            if byte < 0x30 || byte > 0x39 { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tenfold.addingReportingOverflow(Int64(byte &- 0x30))
            if overflow || overflows { return nil }
            value = sum
        }
        return value
    }

    /// Thirteen digits of milliseconds since 1970: every time between the years 2001 and 2286.
    /// Anything outside becomes the nearest of them, which a venue refuses.
    @_noAllocation @_noLocks
    static func milliseconds13(_ ms: Int64, to: UnsafeMutablePointer<UInt8>) {
        var value = UInt64(min(max(ms, 1_000_000_000_000), 9_999_999_999_999))
        var at = 13
        while at > 0 {
            at &-= 1
            unsafe to[at] = UInt8(truncatingIfNeeded: value % 10) &+ 0x30
            value /= 10
        }
    }
}
