//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
import Testing

@Suite("Decimals")
struct DecimalsTests {
    /// Method: text is the one way there, mantissa the one way back.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a mantissa survives its text at every number of decimals`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let shift = generator.next() % 63
            let magnitude = Int64(bitPattern: generator.next() >> (shift + 1))
            let mantissa = generator.next() % 2 == 0 ? magnitude : -magnitude
            for decimals in 0...18 {
                let text = Decimals.text(mantissa: mantissa, decimals: decimals)
                #expect(
                    Decimals.mantissa(text, decimals: decimals) == mantissa,
                    "seed \(seed): \(mantissa) at \(decimals) is \(text)")
                let digits = text.split(separator: ".", omittingEmptySubsequences: false)
                #expect(digits.count == (decimals == 0 ? 1 : 2))
                if decimals > 0 { #expect(digits[1].count == decimals) }
            }
        }
    }

    @Test func `the extremes have a text`() {
        #expect(Decimals.text(mantissa: .max, decimals: 18) == "9.223372036854775807")
        #expect(Decimals.text(mantissa: .min, decimals: 18) == "-9.223372036854775808")
        #expect(Decimals.text(mantissa: -5, decimals: 2) == "-0.05")
        #expect(Decimals.text(mantissa: 0, decimals: 3) == "0.000")
    }

    @Test(arguments: [
        ("61800.20", 2, 6_180_020), ("61800.2", 2, 6_180_020), ("61800", 2, 6_180_000),
        ("-0.05", 2, -5), ("0", 8, 0), ("0.10000000", 1, 1), ("1.", 2, 100),
        ("9223372036854775807", 0, Int64.max), ("00012", 0, 12),
    ])
    func `a plain decimal is read exactly`(_ text: String, _ decimals: Int, _ mantissa: Int64) {
        #expect(Decimals.mantissa(text, decimals: decimals) == mantissa)
    }

    @Test(arguments: [
        ("", 2), ("-", 2), (".5", 2), ("1e3", 2), ("+1", 2), (" 1", 2), ("1 ", 2), ("1,5", 2),
        ("0.001", 2), ("1.2.3", 4), ("--1", 0), ("0x10", 0), ("NaN", 2), ("٣", 0),
        ("9223372036854775808", 0), ("92233720368547758.08", 3),
    ])
    func `anything else is refused`(_ text: String, _ decimals: Int) {
        #expect(Decimals.mantissa(text, decimals: decimals) == nil)
    }

    @Test func `powers of ten are exact to 22`() {
        for n in 0...22 { #expect(Decimals.powerOfTen(n) == Double("1e\(n)")) }
    }
}
