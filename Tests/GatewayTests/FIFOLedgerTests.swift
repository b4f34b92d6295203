//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Gateway
import SeededRandom
import Testing

@Suite("Profit by first in, first out")
struct FIFOLedgerTests {
    private func fill(
        _ ledger: inout FIFOLedger, _ side: Side, _ price: Int64, _ quantity: Int64
    ) -> Bool {
        ledger.apply(
            side: side, price: PriceTicks(rawValue: price),
            quantity: QuantityLots(rawValue: quantity))
    }

    @Test func `the oldest lot is closed first, and a flip opens at the new price`() {
        var ledger = FIFOLedger(tickLotValueE12: 100)
        #expect(fill(&ledger, .buy, 100, 10))
        #expect(fill(&ledger, .buy, 110, 10))
        #expect(fill(&ledger, .sell, 120, 15))
        #expect(ledger.realisedE12 == (10 * 20 + 5 * 10) * 100)
        #expect(ledger.position == 5)
        #expect(fill(&ledger, .sell, 100, 8))
        #expect(ledger.realisedE12 == (10 * 20 + 5 * 10 - 5 * 10) * 100)
        #expect(ledger.position == -3)
        #expect(ledger.costE12() == -300 * 100)
        #expect(ledger.lotCount == 1)
    }

    /// Goal: exactness against an independent model. Method: random fills; the model keeps every
    /// single unit with its price, and pairs units one by one.
    @Test(arguments: [UInt64(21), 22, 23, 24])
    func `profit is that of single units in the order they came`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ledger = FIFOLedger(tickLotValueE12: 7, capacity: 4_096)
        var units: [Int64] = []
        var sign: Int64 = 0
        var realised: Int128 = 0
        for step in 1...1_500 {
            let side: Side = random.below(2) == 0 ? .buy : .sell
            let price = Int64(random.below(1_000) + 1)
            let quantity = random.below(20) + 1
            let signed: Int64 = side == .buy ? 1 : -1
            for _ in 0..<quantity {
                if units.isEmpty || sign == signed {
                    sign = signed
                    units.append(price)
                } else {
                    realised += Int128(sign * (price - units.removeFirst()) * 7)
                }
            }
            #expect(fill(&ledger, side, price, Int64(quantity)))
            #expect(ledger.realisedE12 == realised, "seed \(seed), step \(step)")
            #expect(ledger.position == sign * Int64(units.count), "seed \(seed), step \(step)")
        }
    }

    /// Goal: merging loses no money. Method: small lists against the cash flow, and against the
    /// same fills with room for all whenever the position is flat.
    @Test(arguments: [UInt64(31), 32, 33])
    func `merged lots keep profit and value equal to the cash flow`(_ seed: UInt64) {
        for capacity in [2, 3, 5] {
            var random = SplitMix64(seed: seed)
            var ledger = FIFOLedger(tickLotValueE12: 1, capacity: capacity)
            var cash: Int128 = 0
            for step in 1...3_000 {
                let side: Side = random.below(2) == 0 ? .buy : .sell
                let price = Int64(random.below(1_000) + 1)
                let quantity = Int64(random.below(50) + 1)
                cash -= Int128(side == .buy ? quantity : -quantity) * Int128(price)
                #expect(fill(&ledger, side, price, quantity))
                #expect(ledger.lotCount <= capacity)
                #expect(
                    ledger.realisedE12 - ledger.costE12() == cash,
                    "seed \(seed), capacity \(capacity), step \(step)")
                if ledger.position == 0 { #expect(ledger.lotCount == 0) }
            }
        }
    }

    @Test func `the oldest two lots become one of both`() {
        var ledger = FIFOLedger(tickLotValueE12: 1, capacity: 2)
        for (price, quantity) in [(Int64(100), Int64(1)), (200, 3), (300, 1)] {
            #expect(fill(&ledger, .buy, price, quantity))
        }
        #expect(ledger.lotCount == 2)
        #expect(fill(&ledger, .sell, 400, 4))
        #expect(ledger.realisedE12 == 4 * 400 - 700)
        #expect(ledger.costE12() == 300)
    }

    @Test func `a number beyond its range is refused`() {
        var ledger = FIFOLedger(tickLotValueE12: .max)
        #expect(!fill(&ledger, .buy, .max, .max))
        #expect(!fill(&ledger, .buy, 1, 0))
        #expect(!fill(&ledger, .buy, 1, -3))
        #expect(fill(&ledger, .buy, 1, 1))
        #expect(!fill(&ledger, .buy, 1, .max))
        #expect(ledger.position == 1)
    }
}
