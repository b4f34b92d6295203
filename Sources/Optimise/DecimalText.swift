//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Numbers as configuration files take them.
enum DecimalText {
    /// Digits that count: steps of 0.1 stay 0.3 and never become 0.30000000000000004.
    static let digits = 12
    /// What is smaller still is 0.
    private static let decimalsMax = 40

    /// `value` with 12 significant digits as a plain decimal, "0.000015" and never "1.5e-05".
    ///
    /// - Precondition: finite, magnitude below 2^63.
    static func plain(_ value: Double) -> String {
        if value == 0 { return "0" }
        let exponent = Int(floor(log10(abs(value))))
        let decimals = max(0, digits - 1 - exponent)
        if decimals == 0 { return "\(Int64(value.rounded()))" }
        return text(value, min(decimals, decimalsMax))
    }

    private static func text(_ value: Double, _ decimals: Int) -> String {
        var bytes = [CChar](repeating: 0, count: 64)
        let length = unsafe withVaList([Int32(decimals), value]) {
            unsafe vsnprintf(&bytes, bytes.count, "%.*f", $0)
        }
        var text = String(
            decoding: bytes.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text == "-0" ? "0" : text
    }

    /// `value` for people: six significant digits at most; "-" for what is no number.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        var bytes = [CChar](repeating: 0, count: 64)
        let length = unsafe withVaList([value]) {
            unsafe vsnprintf(&bytes, bytes.count, "%.6g", $0)
        }
        return String(
            decoding: bytes.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
