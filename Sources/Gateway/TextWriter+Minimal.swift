//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension TextWriter {
    /// As `decimal`, without zeros at the end of the fraction, as OKX prints numbers: 618000 and 1
    /// give "61800".
    @_noAllocation @_noLocks
    @inline(__always)
    static func minimalDecimal(
        _ mantissa: Int64, decimals: Int, to: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var length = unsafe decimal(mantissa, decimals: decimals, to: to)
        if decimals == 0 { return length }
        // Ends at the point at the latest, which stands before every digit of the fraction.
        while unsafe to[length &- 1] == 0x30 { length &-= 1 }
        if unsafe to[length &- 1] == 0x2E { length &-= 1 }
        return length
    }

    /// The mantissa, at `decimals` digits, of a decimal as `minimalDecimal` writes it; `nil` for
    /// any other text.
    @_noAllocation @_noLocks
    static func parseMinimalDecimal(
        _ from: UnsafePointer<UInt8>, length: Int, decimals: Int
    ) -> Int64? {
        if length < 1 || length > decimalLengthMax { return nil }
        var point = 0
        while unsafe point < length && from[point] != 0x2E { point &+= 1 }
        // No needless zero on either side.
        if unsafe point > 1 && from[0] == 0x30 { return nil }
        var places = 0
        if point < length {
            places = length &- point &- 1
            if unsafe places < 1 || places > decimals || from[length &- 1] == 0x30 { return nil }
        }
        guard
            var value = unsafe parseDecimal(from, length: length, decimals: places)
        else { return nil }
        while places < decimals {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = tenfold
            places &+= 1
        }
        return value
    }
}
