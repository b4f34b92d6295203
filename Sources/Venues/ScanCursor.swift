//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CKernels

/// Walks a message whose shape is known: each step either takes exactly what is expected or says
/// no, and after each step the place is inside the message.
///
/// SAFETY: 64 readable bytes lie behind `end`; a step reads at most 56 bytes from `at`, and `at`
/// never passes `end` by more than the closing literal.
@safe
struct ScanCursor {
    var at: UnsafePointer<UInt8>
    /// The first byte behind the message.
    let end: UnsafePointer<UInt8>

    /// Where a decimal stands; its digits are converted once the whole message was found good.
    ///
    /// SAFETY: `at` lies in the message.
    @safe
    struct Decimal {
        let at: UnsafePointer<UInt8>
        let found: ScannedDecimal

        @inline(__always)
        var isTaken: Bool {
            @_noAllocation @_noLocks
            get { found.length != 0 }
        }

        @inline(__always)
        var mantissa: UInt64 {
            @_noAllocation @_noLocks
            get { unsafe apus_mantissa(at, found) }
        }
    }

    /// Where an integer stands, and what it says.
    ///
    /// SAFETY: `at` lies in the message.
    @safe
    struct Integer {
        let at: UnsafePointer<UInt8>
        let length: Int
        let value: UInt64
    }

    /// Where a text stands, without its quotes.
    ///
    /// SAFETY: `at` lies in the message.
    @safe
    struct Text {
        let at: UnsafePointer<UInt8>
        let length: Int
    }

    @_noAllocation @_noLocks
    @inline(__always)
    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        unsafe at = unsafe bytes
        unsafe end = unsafe bytes + count
    }

    @inline(__always)
    var isInside: Bool {
        @_noAllocation @_noLocks
        get { unsafe at < end }
    }

    @inline(__always)
    var isAtEnd: Bool {
        @_noAllocation @_noLocks
        get { unsafe at == end }
    }

    /// Takes exactly `literal`, at most 32 bytes.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func take(_ literal: StaticString) -> Bool {
        let size = literal.utf8CodeUnitCount
        guard unsafe apus_same_bytes(at, literal.utf8Start, size) != 0 else { return false }
        unsafe at += size
        return true
    }

    /// Takes one byte.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func byte() -> UInt8 {
        let byte = unsafe at.pointee
        unsafe at += 1
        return byte
    }

    /// Takes an unsigned integer that something follows.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func integer() -> UInt64? {
        let scanned = unsafe apus_scan_integer(at)
        guard scanned.length != 0 else { return nil }
        unsafe at += Int(truncatingIfNeeded: scanned.length)
        return isInside ? scanned.value : nil
    }

    /// Takes a time as nanoseconds. Its length is fixed, so what lies behind it waits for nothing.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func time() -> UInt64? {
        let start = unsafe at
        guard passTime() else { return nil }
        return unsafe apus_time_value(start) &* 1_000_000
    }

    /// Takes a time that nobody asks for.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func passTime() -> Bool {
        guard unsafe apus_is_time(at) != 0 else { return false }
        unsafe at += Int(APUS_TIME_DIGITS)
        return isInside
    }

    /// As `integer`.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func placedInteger() -> Integer? {
        let start = unsafe at
        guard let value = integer() else { return nil }
        return unsafe Integer(at: start, length: at - start, value: value)
    }

    /// As `time`.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func placedTime() -> Integer? {
        let start = unsafe at
        guard let value = time() else { return nil }
        return unsafe Integer(at: start, length: Int(APUS_TIME_DIGITS), value: value)
    }

    /// Takes a decimal; a `length` of 0 says no. The quote behind it belongs to the next literal.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func decimal() -> Decimal {
        let found = unsafe apus_scan_decimal(at)
        let decimal = unsafe Decimal(at: at, found: found)
        unsafe at += Int(truncatingIfNeeded: found.length)
        return decimal
    }

    /// Takes plain text up to the quote behind it, at most 96 bytes, and the quote.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func skipText() -> Bool {
        var left = 6
        while left > 0 {
            guard isInside else { return false }
            let mask = unsafe apus_nonplain16(at)
            if mask != 0 {
                unsafe at += mask.trailingZeroBitCount
                return byte() == UInt8(ascii: "\"")
            }
            unsafe at += 16
            left &-= 1
        }
        return false
    }

    /// As `skipText`.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func placedText() -> Text? {
        let start = unsafe at
        guard skipText() else { return nil }
        return unsafe Text(at: start, length: at - start &- 1)
    }

    /// Takes `true` or `false`.
    @_noAllocation @_noLocks
    @inline(__always)
    mutating func boolean() -> Bool? {
        let length = unsafe apus_boolean_length(at)
        guard length != 0 else { return nil }
        unsafe at += Int(truncatingIfNeeded: length)
        return length == 4
    }
}
