//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import Gateway
import Testing

@Suite("Position ledger")
struct PositionLedgerTests {
    private func fill(
        _ ledger: inout PositionLedger, _ side: Side, _ price: Int64, _ quantity: Int64,
        fee: Int64 = 0
    ) -> Bool {
        ledger.apply(
            side: side, price: PriceTicks(rawValue: price),
            quantity: QuantityLots(rawValue: quantity), feeE8: fee)
    }

    @Test func `profit is realised at the average cost`() {
        var ledger = PositionLedger(tickLotValueE12: 100)
        #expect(fill(&ledger, .buy, 100, 10, fee: 7))
        #expect(fill(&ledger, .buy, 110, 10, fee: 7))
        #expect(ledger.costE12 == 210_000)
        #expect(fill(&ledger, .sell, 120, 5, fee: -2))
        #expect(ledger.realisedE12 == 7_500)
        #expect(ledger.position == 15)
        #expect(ledger.unrealisedE12(twiceMid: 210) == 0)
        #expect(fill(&ledger, .sell, 100, 20))
        #expect(ledger.position == -5)
        #expect(ledger.realisedE12 == 0)
        #expect(ledger.costE12 == -50_000)
        #expect(ledger.unrealisedE12(twiceMid: 180) == 5_000)
        #expect(ledger.feesE8 == 12)
        #expect(ledger.lotsTraded == 45)
    }

    /// Goal: exactness. Method: random fills against cash flow, which needs no average: realised
    /// plus position value less cost equals the money in and out, to the last 1e-12; and realised
    /// profit against a rational oracle stays within one unit for each partial close.
    @Test(arguments: [UInt64(11), 12, 13, 14])
    func `realised and unrealised together equal the cash flow`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ledger = PositionLedger(tickLotValueE12: 1)
        var cash: Int128 = 0
        var position: Int64 = 0
        // The oracle keeps cost and profit over a common denominator as floating point cannot:
        // doubled mantissa, so only its distance to the exact value is compared.
        var average = 0.0
        var realised = 0.0
        for step in 1...2_000 {
            let side: Side = random.below(2) == 0 ? .buy : .sell
            let price = Int64(random.below(1_000) + 1)
            let quantity = Int64(random.below(50) + 1)
            let signed = side == .buy ? quantity : -quantity
            cash -= Int128(signed) * Int128(price)
            if position == 0 || (position > 0) == (signed > 0) {
                let total = average * Double(abs(position)) + Double(price * quantity)
                average = total / Double(abs(position) + quantity)
            } else {
                let closed = min(abs(position), quantity)
                let gain = (Double(price) - average) * Double(closed)
                realised += position > 0 ? gain : -gain
                if quantity > abs(position) { average = Double(price) }
            }
            position += signed
            #expect(fill(&ledger, side, price, quantity))
            #expect(ledger.position == position)
            let mid = Int64(random.below(1_000) + 1)
            let unrealised = ledger.unrealisedE12(twiceMid: 2 * mid) ?? -1
            #expect(
                ledger.realisedE12 + unrealised == cash + Int128(position) * Int128(mid),
                "seed \(seed), step \(step)")
            #expect(abs(Double(ledger.realisedE12) - realised) <= Double(step) + 1)
            if position == 0 { #expect(ledger.costE12 == 0) }
        }
    }

    @Test func `a number beyond its range is refused and changes nothing`() {
        var ledger = PositionLedger(tickLotValueE12: .max)
        #expect(fill(&ledger, .buy, 10, 10))
        let before = ledger
        #expect(!fill(&ledger, .buy, .max, .max))
        #expect(!fill(&ledger, .buy, 1, .max))
        #expect(!fill(&ledger, .buy, .max, 1 << 40))
        #expect(!fill(&ledger, .sell, .max, .max))
        #expect(!fill(&ledger, .buy, 1, 0))
        #expect(!fill(&ledger, .buy, 1, -1))
        #expect(ledger == before)
        var fees = PositionLedger(tickLotValueE12: 1)
        #expect(fill(&fees, .buy, 1, 1, fee: .max))
        #expect(!fill(&fees, .buy, 1, 1, fee: 1))
        #expect(fees.position == 1)
    }
}
