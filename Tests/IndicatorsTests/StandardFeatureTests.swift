//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import Testing

/// Models were fitted on these numbers: neither the schema's hash nor a bit of a value may change
/// while both keep their names.
@Suite("Standard features")
struct StandardFeatureTests {
    static func hash(_ records: [[MarketEvent]]) -> UInt64 {
        var rig = Rig()
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in records {
            for vector in rig.take(part).features {
                let words = vector.list.map { UInt64($0.bitPattern) } + [UInt64(vector.isWarm)]
                for word in words { hash = (hash ^ word) &* 0x100_0000_01b3 }
            }
        }
        return hash
    }

    @Test func `the schema is the one models were fitted on`() {
        #expect(FeatureSchema().hash == 6_596_222_713_108_174_117)
        #expect(FeatureSchema(timeframeNs: 3_000_000_000).hash == 13_358_233_198_171_585_983)
        #expect(FeatureSchema().features.count == 36)
    }

    @Test func `the values have the bits they had when models were fitted on them`() {
        let market = FeatureMarket(seed: 11, count: 6_000)
        #expect(Self.hash(market.steps.map(\.records)) == 3_152_316_297_391_574_943)
        let traffic = Traffic.make(seed: 5, count: 6_000, stepNs: 25_000_000)
        let parts = stride(from: 0, to: traffic.count, by: 1_000).map {
            Array(traffic[$0..<min($0 + 1_000, traffic.count)])
        }
        #expect(Self.hash(parts) == 7_967_154_769_205_505_469)
    }
}
