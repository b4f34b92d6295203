//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

extension JSONFields {
    /// Marks the blank-separated `keys`, of any length, as known. Keys that agree in their first
    /// 16 bytes and in length are taken for the same.
    @_noAllocation @_noLocks
    func know(long keys: StaticString) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var length = 0
        let size = keys.utf8CodeUnitCount
        for index in 0...size {
            let byte = index == size ? UInt8(ascii: " ") : unsafe keys.utf8Start[index]
            if byte == UInt8(ascii: " ") {
                if let found = unsafe find(low, high, length) {
                    unsafe found.pointee.isKnown = true
                }
                low = 0
                high = 0
                length = 0
                continue
            }
            let shifted = UInt64(byte) &<< UInt64(8 &* (length & 7))
            if length < 8 { low |= shifted } else if length < 16 { high |= shifted }
            length &+= 1
        }
    }

    /// True when the string member named `key` is there and not empty.
    @_noAllocation @_noLocks
    func isGiven(_ key: StaticString) -> Bool {
        guard let field = field(key) else { return false }
        return field.kind == .string && field.length > 0
    }
}
