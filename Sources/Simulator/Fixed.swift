//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A decimal number as an integer of 10^-8 units, as the venue's prices, quantities and amounts
/// are printed. Range ±92 billion.
struct Fixed: Equatable, Comparable, Hashable, Sendable {
    static let one: Int64 = 100_000_000
    var units: Int64

    init(units: Int64) { self.units = units }

    static func < (a: Fixed, b: Fixed) -> Bool { a.units < b.units }

    /// Reads plain decimal text: digits, at most one point, an optional minus sign, no exponent.
    /// `nil` for anything else, for more than eight decimals that count, and for overflow.
    init?(_ text: some Sequence<UInt8>) {
        var units: Int64 = 0
        var decimals = -1
        var digits = 0
        var isNegative = false
        var isFirst = true
        for byte in text {
            if isFirst, byte == UInt8(ascii: "-") {
                isNegative = true
            } else if byte == UInt8(ascii: "."), decimals < 0 {
                decimals = 0
            } else {
                let digit = Int64(byte) - 48
                guard digit >= 0, digit <= 9 else { return nil }
                digits += 1
                if decimals >= 8 {
                    if digit != 0 { return nil }
                } else {
                    let (tenfold, isOver) = units.multipliedReportingOverflow(by: 10)
                    if isOver || tenfold > Int64.max - digit { return nil }
                    units = tenfold + digit
                    if decimals >= 0 { decimals += 1 }
                }
            }
            isFirst = false
        }
        guard digits > 0 else { return nil }
        for _ in Swift.max(decimals, 0)..<8 {
            let (tenfold, isOver) = units.multipliedReportingOverflow(by: 10)
            if isOver { return nil }
            units = tenfold
        }
        self.units = isNegative ? -units : units
    }

    init?(_ text: String) { self.init(text.utf8) }

    /// Digits after the point in the text as written, trailing zeros included.
    static func decimals(in text: String) -> Int {
        guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
        return text.utf8.distance(from: point, to: text.utf8.endIndex) - 1
    }

    /// The product of two decimals, rounded toward zero; saturates.
    static func * (a: Fixed, b: Fixed) -> Fixed {
        let wide = Int128(a.units) * Int128(b.units) / Int128(one)
        return Fixed(units: Int64(clamping: wide))
    }
}
