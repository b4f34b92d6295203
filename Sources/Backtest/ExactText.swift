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

    /// The value that a plain decimal of at most twelve decimals says; `nil` for anything else.
    static func e12(of text: some StringProtocol) -> Int128? {
        let isNegative = text.hasPrefix("-")
        let parts = text.dropFirst(isNegative ? 1 : 0)
            .split(separator: ".", omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
            digits.utf8.count <= 36, digits.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        let decimals = parts.count == 2 ? parts[1].utf8.count : 0
        guard decimals <= 12, var value = Int128(digits) else { return nil }
        for _ in decimals..<12 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
        }
        return isNegative ? -value : value
    }

    /// To 1e-8, halves away from zero.
    static func e8(ofE12 value: Int128) -> String {
        let rounded = (value + (value < 0 ? -5_000 : 5_000)) / 10_000
        return Decimals.text(mantissa: Int64(clamping: rounded), decimals: 8)
    }
}
