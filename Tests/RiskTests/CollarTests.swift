//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import Risk
import SeededRandom
import Testing

@Suite("Price collar")
struct CollarTests {
    /// Goal: control 3 is exact whatever the numbers. Method: references and bands of any
    /// magnitude, prices around both edges; the definition computed anew in wide numbers.
    @Test(arguments: [UInt64(41), 42, 43])
    func `a band is exact for references of any magnitude`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var inside = 0
        for round in 0..<20_000 {
            var row = Fixtures.row()
            row.priceMin = 0
            row.priceMax = 0
            row.percentUpE4 = 0
            row.percentDownE4 = 0
            let band = Int64(random.next() >> (1 + random.below(63)))
            let bid = Int64(random.next() >> (1 + random.below(63))) | 1
            let ask = bid == .max ? bid : bid + Int64(random.below(2))
            row.limits.collarE4 = band
            row.limits.requiredReferences = RequiredReferences(
                rawValue: 1 << UInt8(random.below(3)))
            let isMid = row.limits.requiredReferences == .mid
            row.bid = bid
            row.ask = ask
            row.mark.price = bid
            row.last.price = bid
            let twice = isMid ? Int128(bid) + Int128(ask) : Int128(bid) * 2
            let width = twice * Int128(band) / 20_000
            let edge = twice / 2 + (random.below(2) == 0 ? width : -width)
            let near = edge + Int128(random.below(5)) - 2
            let price = Int64(min(max(near, 1), Int128(Int64.max)))
            var intent = Fixtures.place(price: price)
            var account = Fixtures.account()
            let isInside = (Int128(price) * 2 - twice).magnitude * 10_000
                <= (twice * Int128(band)).magnitude
            let verdict = unsafe RiskStage.evaluate(&intent, &row, &account)
            #expect((verdict != .priceCollar) == isInside, "seed \(seed), round \(round)")
            inside += isInside ? 1 : 0
        }
        #expect(inside > 1_000 && inside < 19_000, "seed \(seed): both sides are met")
    }
}
