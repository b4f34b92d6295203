//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// Values out of the text of JSON tokens. Nothing here allocates or reads outside its range.
public enum JSONText {
    /// The unsigned integer that `count` digits write; `nil` for anything else or beyond 64 bits.
    @_noAllocation @_noLocks
    public static func unsigned(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt64? {
        if count == 0 || count > 20 { return nil }
        var value: UInt64 = 0
        for index in 0..<count {
            let digit = unsafe bytes[index] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tenfold.addingReportingOverflow(UInt64(digit))
            if overflow || overflows { return nil }
            value = sum
        }
        return value
    }

    /// A decimal's parts.
    public struct Decimal: BitwiseCopyable {
        public var mantissa: UInt64 = 0
        public var decimals: UInt32 = 0
        public var isNegative = false
        /// It is a decimal, but its mantissa does not fit.
        public var overflows = false
        public var isValid = false

        @_noAllocation @_noLocks
        public init() {}
    }

    /// The decimal that the text writes: an optional minus sign, digits, and optionally a point and
    /// digits. Zeros at the end of the fraction carry no meaning and are left out.
    @_noAllocation @_noLocks
    public static func decimal(_ bytes: UnsafePointer<UInt8>, count: Int) -> Decimal {
        var result = Decimal()
        var at = 0
        if count > 0, unsafe bytes[0] == UInt8(ascii: "-") {
            result.isNegative = true
            at = 1
        }
        let first = at
        while at < count, unsafe bytes[at] &- UInt8(ascii: "0") <= 9 { at &+= 1 }
        let point = at
        guard point > first else { return result }
        if at < count {
            guard unsafe bytes[at] == UInt8(ascii: ".") else { return result }
            at &+= 1
            while at < count, unsafe bytes[at] &- UInt8(ascii: "0") <= 9 { at &+= 1 }
            guard at == count, count > point &+ 1 else { return result }
        }
        result.isValid = true
        var last = count
        if point < count {
            while unsafe bytes[last &- 1] == UInt8(ascii: "0") { last &-= 1 }
            if last == point &+ 1 { last = point }
        }
        for index in first..<last where index != point {
            let digit = unsafe bytes[index] &- UInt8(ascii: "0")
            let (tenfold, overflow) = result.mantissa.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tenfold.addingReportingOverflow(UInt64(digit))
            if overflow || overflows {
                result.overflows = true
                return result
            }
            result.mantissa = sum
        }
        let decimals = max(0, last &- point &- 1)
        result.decimals = UInt32(truncatingIfNeeded: decimals)
        return result
    }

    /// Of a whole text. Cold code.
    public static func decimal(_ text: String) -> Decimal {
        let bytes = Array(text.utf8) + [0]
        return unsafe bytes.withUnsafeBufferPointer {
            unsafe decimal($0.baseAddress!, count: $0.count - 1)
        }
    }
}

extension JSONText.Decimal {
    /// The value at `wanted` decimals, further ones rounded to the nearest; `nil` for what is no
    /// decimal or does not fit.
    ///
    /// - Precondition: `wanted <= 19`.
    @_noAllocation @_noLocks
    public func scaled(decimals wanted: UInt32) -> Int64? {
        if !isValid || overflows { return nil }
        var magnitude = mantissa
        if decimals <= wanted {
            let (scaled, overflow) = magnitude.multipliedReportingOverflow(
                by: apus_power_of_ten(wanted &- decimals))
            if overflow { return nil }
            magnitude = scaled
        } else if decimals &- wanted > 19 {
            magnitude = 0
        } else {
            let power = apus_power_of_ten(decimals &- wanted)
            let remainder = magnitude % power
            magnitude = magnitude / power &+ (remainder >= power &- remainder ? 1 : 0)
        }
        guard magnitude <= UInt64(Int64.max) else { return nil }
        let value = Int64(truncatingIfNeeded: magnitude)
        return isNegative ? 0 &- value : value
    }
}
