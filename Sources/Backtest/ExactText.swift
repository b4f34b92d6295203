//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages

/// Amounts of 1e-12 as decimals, exact.
enum ExactText {
    /// "12.5" for 12_500_000_000_000; no zeros behind the last digit that counts.
    static func e12(_ value: Int128) -> String {
        let digits = String(value.magnitude)
        let padded = String(repeating: "0", count: max(0, 13 - digits.count)) + digits
        let point = padded.index(padded.endIndex, offsetBy: -12)
        let whole = String(padded[..<point])
        var part = padded[point...]
        while part.last == "0" { part.removeLast() }
        return (value < 0 ? "-" : "") + whole + (part.isEmpty ? "" : "." + part)
    }

    /// To 1e-8, halves away from zero.
    static func e8(ofE12 value: Int128) -> String {
        let rounded = (value + (value < 0 ? -5_000 : 5_000)) / 10_000
        return Decimals.text(mantissa: Int64(clamping: rounded), decimals: 8)
    }
}
