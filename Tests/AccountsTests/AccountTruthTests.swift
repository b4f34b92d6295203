//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import SeededRandom
import Testing

@testable import Accounts

@Suite("Account truth")
struct AccountTruthTests {
    @Test func `a cost is exact between ticks and keeps the position's sign`() throws {
        let known = instrument()
        // 0.035 BTC at 61,800.123456789 are 2,163.00432098…
        let cost = try #require(known.costE8(QuantityLots(35), entry: "61800.123456789"))
        #expect(cost == 216_300_432_099)
        #expect(known.costE8(QuantityLots(-35), entry: "61800.123456789") == -216_300_432_099)
        #expect(known.costE8(QuantityLots(0), entry: "0.0") == 0)
    }

    @Test(arguments: ["", "-1", "1e5", "abc", "1.", "99999999999999999999999"])
    func `an entry that is no price is refused`(text: String) {
        #expect(instrument().costE8(QuantityLots(1), entry: text) == nil)
    }

    @Test func `a cost beyond the range is refused, not wrapped`() {
        #expect(instrument().costE8(QuantityLots(.max), entry: "99999999999") == nil)
        #expect(instrument().costE8(QuantityLots(.min), entry: "99999999999") == nil)
    }

    @Test func `costs agree with double arithmetic to their last digits`() {
        let seed: UInt64 = 0x5EED_0610
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let mantissa = Int64(random.below(1_000_000_000)) + 1
            let lots = Int64(random.below(100_000)) + 1
            let entry = Decimals.text(mantissa: mantissa, decimals: 6)
            let expected = Double(mantissa) / 1e6 * Double(lots) / 1e3 * 1e8
            let cost = instrument().costE8(QuantityLots(lots), entry: entry) ?? -1
            #expect(
                abs(Double(cost) - expected) <= 1 + expected * 1e-14, "seed \(seed) \(entry)")
        }
    }

    @Test func `the margin ratio is maintenance by equity, and never misses a bankruptcy`() {
        func ratio(_ equity: Int64, _ maintenance: Int64) -> Int64 {
            AccountWorth(equityE8: equity, maintenanceE8: maintenance).marginRatioE4
        }
        #expect(ratio(1_000, 10) == 100)
        #expect(ratio(1_000, 1_000) == 10_000)
        #expect(ratio(1_000, 0) == 0)
        #expect(ratio(0, 1) == .max)
        #expect(ratio(-5, 1) == .max)
        #expect(ratio(1, .max) == .max)
    }

    @Test(arguments: [
        ("1", 100_000_000), ("-0.00000001", -1), ("0.000000019", 1), ("12.5", 1_250_000_000),
    ] as [(String, Int64)])
    func `decimals of the account's worth are cut at 1e-8`(text: String, value: Int64) throws {
        var worth = AccountWorth(equityE8: 0, maintenanceE8: 0)
        try worth.add(equity: text)
        #expect(worth.equityE8 == value)
    }

    @Test func `what a balance loses is a cost`() throws {
        #expect(try FundingPayment(id: 1, instrument(), change: "-0.37500000").costE8 == 37_500_000)
        #expect(try FundingPayment(id: 1, instrument(), change: "0.1").costE8 == -10_000_000)
    }

    @Test(arguments: ["", "x", "99999999999999999"])
    func `what is no decimal that fits is refused`(text: String) {
        var worth = AccountWorth(equityE8: 0, maintenanceE8: 0)
        #expect(throws: AccountError.self) { try worth.add(equity: text) }
    }
}
