//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// What a member of a message that no record is made of must be.
enum MemberShape: UInt8 {
    /// A string that writes a decimal, of either sign.
    case decimal
    /// A number without fraction or exponent, of either sign.
    case integer
    /// A string.
    case text
    /// `true` or `false`.
    case boolean

    // Written out, because the derived operators are not known to be free of locks.
    @_noAllocation @_noLocks
    @inline(__always)
    static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
}

extension JSONFields {
    /// True when each of the blank-separated `keys`, of at most 8 bytes, is a member of that shape.
    /// Marks them as known.
    @_noAllocation @_noLocks
    func are(_ keys: StaticString, _ shape: MemberShape) -> Bool {
        var word: UInt64 = 0
        var length = 0
        let size = keys.utf8CodeUnitCount
        for index in 0...size {
            let byte = index == size ? UInt8(ascii: " ") : unsafe keys.utf8Start[index]
            guard byte == UInt8(ascii: " ") else {
                assert(length < 8)
                word |= UInt64(byte) &<< UInt64(8 &* (length & 7))
                length &+= 1
                continue
            }
            guard let found = unsafe find(word, 0, length) else { return false }
            unsafe found.pointee.isKnown = true
            guard unsafe isShaped(found.pointee, shape) else { return false }
            word = 0
            length = 0
        }
        return true
    }

    @_noAllocation @_noLocks
    private func isShaped(_ field: JSONField, _ shape: MemberShape) -> Bool {
        switch shape {
        case .decimal:
            guard let text = unsafe text(field), let start = text.baseAddress else { return false }
            return unsafe JSONText.decimal(start, count: text.count).isValid
        case .integer: return field.kind == .number && signed(field) != nil
        case .text: return field.kind == .string
        case .boolean: return field.kind == .true || field.kind == .false
        }
    }

    /// The signed integer of a member; `nil` when it is anything else.
    @_noAllocation @_noLocks
    func signed(_ field: JSONField?) -> Int64? {
        guard let field, field.kind == .number, field.length > 0 else { return nil }
        let start = unsafe bytes + field.start
        let isNegative = unsafe start[0] == UInt8(ascii: "-")
        let skipped = isNegative ? 1 : 0
        guard
            let magnitude = unsafe JSONText.unsigned(
                start + skipped, count: field.length &- skipped),
            magnitude <= UInt64(Int64.max)
        else { return nil }
        let value = Int64(truncatingIfNeeded: magnitude)
        return isNegative ? 0 &- value : value
    }
}
