//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Messages

/// Numbers as text, without a locale.
public enum NumberText {
    /// `value` with `decimals` digits behind the point, at least `width` wide, as C prints it.
    public static func fixed(_ value: Double, decimals: Int, width: Int = 0) -> String {
        var bytes = [CChar](repeating: 0, count: 400)
        let count = unsafe withVaList([Int32(width), Int32(decimals), value]) { arguments in
            unsafe vsnprintf(&bytes, bytes.count, "%*.*f", arguments)
        }
        let text = bytes.prefix(max(0, min(Int(count), bytes.count - 1)))
        return String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// As `fixed`; "-" for what is not finite, which stands for what is not known.
    public static func finite(_ value: Double, decimals: Int) -> String {
        value.isFinite ? fixed(value, decimals: decimals) : "-"
    }

    /// Whole numbers as they are, others with one to four decimals, the fewer the larger they are.
    public static func short(_ value: Double) -> String {
        guard value.isFinite else { return "?" }
        if value == value.rounded(), abs(value) < 1e9 { return String(Int64(value)) }
        let scale = abs(value) >= 100 ? 10.0 : abs(value) >= 1 ? 100.0 : 10_000.0
        return "\((value * scale).rounded() / scale)"
    }

    /// "1,234,567".
    public static func grouped(_ value: UInt64) -> String {
        let digits = Array(String(value))
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// Events a second, short: "0", "0.25", "12.5", "8,123", "1.25M".
    public static func rate(_ value: Double) -> String {
        switch value {
        case ..<0.005: "0"
        case ..<10: fixed(value, decimals: 2)
        case ..<100: fixed(value, decimals: 1)
        case ..<1_000_000: grouped(UInt64(value.rounded()))
        case ..<1e9: fixed(value / 1e6, decimals: 2) + "M"
        default: fixed(value / 1e9, decimals: 2) + "G"
        }
    }

    /// `count * mantissa` at `decimals` digits: the exact decimal of ticks or lots.
    /// "?" when it does not fit, which only a damaged page can bring about.
    public static func decimal(_ count: Int64, times mantissa: Int64, decimals: UInt8) -> String {
        let (product, overflow) = count.multipliedReportingOverflow(by: mantissa)
        if overflow || decimals > 18 { return "?" }
        return Decimals.text(mantissa: product, decimals: Int(decimals))
    }

    /// A number of 1e-8 units, every digit.
    public static func exact(e8: Int64) -> String { Decimals.text(mantissa: e8, decimals: 8) }

    /// Money of 1e-8 units with two digits, rounded half away from zero.
    public static func money(e8: Int64) -> String {
        let cents = e8.magnitude / 1_000_000 + (e8.magnitude % 1_000_000 >= 500_000 ? 1 : 0)
        let text = Decimals.text(mantissa: Int64(cents), decimals: 2)
        return e8 < 0 && cents > 0 ? "-" + text : text
    }
}
