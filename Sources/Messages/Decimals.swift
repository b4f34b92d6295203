//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Exact decimal text of integers with a fixed number of decimals. Cold code.
public enum Decimals {
    /// "-0.05" for mantissa -5 and two decimals.
    public static func text(mantissa: Int64, decimals: Int) -> String {
        var digits = String(mantissa.magnitude)
        if decimals > 0 {
            if digits.count <= decimals {
                digits = String(repeating: "0", count: decimals + 1 - digits.count) + digits
            }
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -decimals))
        }
        return mantissa < 0 ? "-" + digits : digits
    }

    /// The mantissa of `text` at `decimals` decimals; `nil` for anything but a plain decimal that
    /// is exact there and fits. No exponent, no blank, no plus sign.
    public static func mantissa(_ text: some StringProtocol, decimals: Int) -> Int64? {
        var bytes = Substring(text).utf8
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { bytes = bytes.dropFirst() }
        var value: Int64 = 0
        var seen = 0
        var fraction: Int?
        for byte in bytes {
            if byte == UInt8(ascii: "."), fraction == nil, seen > 0 {
                fraction = 0
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            seen += 1
            if let places = fraction {
                if places == decimals {
                    if byte != UInt8(ascii: "0") { return nil }
                    continue
                }
                fraction = places + 1
            }
            guard append(Int64(byte - UInt8(ascii: "0")), to: &value) else { return nil }
        }
        guard seen > 0 else { return nil }
        for _ in (fraction ?? 0)..<max(decimals, fraction ?? 0) {
            guard append(0, to: &value) else { return nil }
        }
        return isNegative ? -value : value
    }

    private static func append(_ digit: Int64, to value: inout Int64) -> Bool {
        let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflows) = tenfold.addingReportingOverflow(digit)
        value = sum
        return !overflow && !overflows
    }

    /// 10^n, exact for n in 0...22.
    public static func powerOfTen(_ n: Int) -> Double {
        var result = 1.0
        for _ in 0..<n { result *= 10 }
        return result
    }
}
