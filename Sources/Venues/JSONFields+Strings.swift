//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import JSON
import Messages

/// OKX writes nearly every number as a string, and no value as an empty one.
extension JSONFields {
    /// True when the member named `key` is a string that begins with `value`.
    @_noAllocation @_noLocks
    func begins(_ key: StaticString, _ value: StaticString) -> Bool {
        guard let text = unsafe text(field(key)), let start = text.baseAddress else {
            return false
        }
        let size = value.utf8CodeUnitCount
        return unsafe text.count >= size && apus_same_bytes(start, value.utf8Start, size) != 0
    }

    /// The unsigned integer that a string member writes; `nil` for anything else.
    @_noAllocation @_noLocks
    func unsignedText(_ key: StaticString) -> UInt64? {
        guard let text = unsafe text(field(key)), let start = text.baseAddress else { return nil }
        return unsafe JSONText.unsigned(start, count: text.count)
    }

    /// The time that a string member writes in milliseconds, as nanoseconds.
    @_noAllocation @_noLocks
    func timeText(_ key: StaticString) -> UInt64? {
        guard let milliseconds = unsignedText(key), milliseconds <= VenueTime.millisecondsMax
        else { return nil }
        return milliseconds &* 1_000_000
    }

    /// The integer that a string member writes, in two's complement.
    @_noAllocation @_noLocks
    func signedText(_ key: StaticString) -> UInt64? {
        guard let text = unsafe text(field(key)), let start = text.baseAddress else { return nil }
        return unsafe Self.signed(start, text.count)
    }

    /// The integer of a number member, in two's complement.
    @_noAllocation @_noLocks
    func signed(_ key: StaticString) -> UInt64? {
        guard let field = field(key), field.kind == .number else { return nil }
        return unsafe Self.signed(bytes + field.start, field.length)
    }

    @_noAllocation @_noLocks
    private static func signed(_ text: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
        guard count > 1, unsafe text[0] == UInt8(ascii: "-") else {
            return unsafe JSONText.unsigned(text, count: count)
        }
        guard let magnitude = unsafe JSONText.unsigned(text + 1, count: count &- 1),
            magnitude <= UInt64(Int64.max)
        else { return nil }
        return 0 &- magnitude
    }

    /// The decimal of a string member, where an empty string stands for zero.
    @_noAllocation @_noLocks
    func decimalOrNone(_ key: StaticString) -> JSONText.Decimal {
        guard let text = unsafe text(field(key)) else { return JSONText.Decimal() }
        if !text.isEmpty, let start = text.baseAddress {
            return unsafe JSONText.decimal(start, count: text.count)
        }
        var zero = JSONText.Decimal()
        zero.isValid = true
        return zero
    }
}
