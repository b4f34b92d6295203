//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Options
import SeededRandom
import CMessages
import Foundation
import Indicators
import Messages
import Testing

@Suite("Features")
struct FeatureTests {
    static let names = FeatureSchema().names

    static func value(_ vector: FeatureVector, _ name: String) -> Double {
        Double(vector.list[names.firstIndex(of: name)!])
    }

    static func expectClose(_ vector: FeatureVector, _ name: String, _ expected: Double) {
        let value = value(vector, name)
        #expect(abs(value - expected) <= 1e-5 * max(1, abs(expected)), "\(name): \(value)")
    }

    static let bids: [Level] = [
        (1_000, 10), (999, 20), (998, 30), (997, 40), (996, 50), (994, 60), (993, 70), (992, 80),
        (991, 90), (990, 100), (989, 1_000),
    ]
    static let asks: [Level] = [
        (1_002, 5), (1_003, 5), (1_004, 5), (1_005, 5), (1_006, 5), (1_007, 5), (1_008, 5),
        (1_009, 5), (1_010, 5), (1_014, 5), (1_015, 1_000),
    ]
    static let t0: UInt64 = 1_000_000_000_000

    @Test func `a still book's features follow from its levels`() {
        var rig = Rig()
        let vector = rig.take(Records.sync(Self.t0, bids: Self.bids, asks: Self.asks)).features[0]
        #expect(Int(vector.featureCount) == Self.names.count)
        Self.expectClose(vector, "imbalance_l1", (10.0 - 5) / 15)
        Self.expectClose(vector, "imbalance_l5", (150.0 - 25) / 175)
        Self.expectClose(vector, "imbalance_l10", (550.0 - 50) / 600)
        let micro = (1_002.0 * 10 + 1_000 * 5) / 15
        Self.expectClose(vector, "microprice_minus_mid", (micro - 1_001) / 1_001 * 1e4)
        Self.expectClose(vector, "spread_ticks", 2)
        Self.expectClose(vector, "spread_bps", 2.0 / 1_001 * 1e4)
        Self.expectClose(vector, "depth_slope_bid", 540.0 / 550 / 10)
        Self.expectClose(vector, "depth_slope_ask", 45.0 / 50 / 12)
        Self.expectClose(vector, "quote_rate_1s", 1)
        Self.expectClose(vector, "book_update_rate_1s", 1)
        Self.expectClose(vector, "time_since_trade", 60)
        for name in ["ofi_10", "trade_imbalance_1s", "volatility_60s", "mid_return_1s", "rsi_14"] {
            Self.expectClose(vector, name, 0)
        }
        #expect(vector.isWarm == 0)
        #expect(vector.bookTimeNs == vector.ingressTimeNs)
    }

    @Test func `order flow follows Cont, Kukanov and Stoikov`() {
        var rig = Rig()
        rig.take(Records.sync(Self.t0, bids: [(1_000, 10)], asks: [(1_002, 5)]))
        // Bid grows by 5: +5. Depth 20.
        var vector = rig.take(
            Records.quote(3, Self.t0, id: 200, bid: (1_000, 15), ask: (1_002, 5))
        ).features[0]
        Self.expectClose(vector, "ofi_10", 5.0 / 20)
        // Bid rises: +its whole quantity 3. Ask unchanged. Depth 8.
        vector =
            rig.take(
                Records.quote(4, Self.t0, id: 201, bid: (1_001, 3), ask: (1_002, 5))
            ).features[0]
        Self.expectClose(vector, "ofi_10", (5.0 + 3) / (20 + 8))
        // Ask falls away upwards: the old quantity 5 is taken off the selling side: +5. Depth 10.
        vector =
            rig.take(
                Records.quote(5, Self.t0, id: 202, bid: (1_001, 3), ask: (1_003, 7))
            ).features[0]
        Self.expectClose(vector, "ofi_10", (5.0 + 3 + 5) / (20 + 8 + 10))
        Self.expectClose(vector, "ofi_1s", (5.0 + 3 + 5) / (20 + 8 + 10))
        // Bid falls: -3. Depth 16.
        vector =
            rig.take(
                Records.quote(6, Self.t0, id: 203, bid: (1_000, 9), ask: (1_003, 7))
            ).features[0]
        Self.expectClose(vector, "ofi_100", (5.0 + 3 + 5 - 3) / (20 + 8 + 10 + 16))
    }

    @Test func `only the last ten and hundred tops count`() {
        var rig = Rig()
        rig.take(Records.sync(Self.t0, bids: [(1_000, 1)], asks: [(1_002, 1)]))
        var last = FeatureVector()
        var terms: [(flow: Double, depth: Double)] = []
        var quantity: Int64 = 1
        for index in 0..<150 {
            let next = Int64(index * 7 % 13 + 2 + index % 2 * 20)
            terms.append((Double(next - quantity), Double(next + 1)))
            quantity = next
            last =
                rig.take(
                    Records.quote(
                        UInt64(index + 3), Self.t0, id: UInt64(200 + index), bid: (1_000, next),
                        ask: (1_002, 1))
                ).features[0]
        }
        for (name, count) in [("ofi_10", 10), ("ofi_100", 100)] {
            let window = terms.suffix(count)
            let flow = window.reduce(0) { $0 + $1.flow }
            Self.expectClose(last, name, flow / window.reduce(0) { $0 + $1.depth })
        }
    }

    @Test func `trades fade with their age in record time`() {
        var rig = Rig(
            KernelConfiguration(
                trigger: .trade, timeframesNs: [1_000_000_000], bookWindowTicks: 4_096,
                farLevelsMax: 64))
        rig.take(Records.sync(Self.t0, bids: Self.bids, asks: Self.asks))
        rig.take(Records.trade(3, Self.t0, .buy, 1_002, 8))
        let vector = rig.take(
            Records.trade(4, Self.t0 + 300_000_000, .sell, 1_000, 4)
        ).features[0]
        for (name, tau) in [
            ("trade_imbalance_100ms", 0.1), ("trade_imbalance_1s", 1), ("trade_imbalance_10s", 10),
        ] {
            let buy = 8 * exp(-0.3 / tau)
            Self.expectClose(vector, name, (buy - 4) / (buy + 4))
        }
        Self.expectClose(vector, "trade_rate_1s", 1 + exp(-0.3))
        Self.expectClose(vector, "signed_volume_1s", (8 * exp(-0.3) - 4) / 175)
        Self.expectClose(vector, "volume_10s", (8 * exp(-0.03) + 4) / 175)
        Self.expectClose(vector, "time_since_trade", 0)
        Self.expectClose(vector, "last_trade_minus_mid", (1_000.0 - 1_001) / 1_001 * 1e4)
    }

    @Test func `returns compare with the mid that long ago`() {
        var rig = Rig()
        rig.take(Records.sync(Self.t0, bids: [(1_000, 1)], asks: [(1_002, 1)]))
        var mids: [(UInt64, Double)] = [(Self.t0, 1_001)]
        var last = FeatureVector()
        for index in 1...120 {
            let timeNs = Self.t0 + UInt64(index) * 100_000_000
            let bid = 1_000 + Int64(index * 37 % 50)
            mids.append((timeNs, Double(bid) + 1))
            last =
                rig.take(
                    Records.quote(
                        UInt64(index + 3), timeNs, id: UInt64(200 + index), bid: (bid, 1),
                        ask: (bid + 2, 1))
                ).features[0]
        }
        for (name, ageNs) in [
            ("mid_return_100ms", 100_000_000), ("mid_return_500ms", 500_000_000),
            ("mid_return_1s", 1_000_000_000), ("mid_return_5s", 5_000_000_000),
            ("mid_return_10s", 10_000_000_000),
        ] as [(String, UInt64)] {
            // The grid holds the mid in force when its 10 ms began, hence before the change.
            let bound = mids.last!.0 - ageNs
            let old = mids.last { $0.0 < bound }!.1
            Self.expectClose(last, name, (mids.last!.1 / old - 1) * 1e4)
        }
        var squares = 0.0
        for index in 1..<mids.count {
            let step = (mids[index].1 / mids[index - 1].1 - 1) * 1e4
            squares = squares * exp(-0.1) + step * step
        }
        Self.expectClose(last, "volatility_1s", squares.squareRoot())
    }

    @Test func `a vector is warm once every history is full, and not before`() {
        var rig = Rig()
        var first: UInt64 = 0
        let records = Traffic.make(seed: 5, count: 3_000, stepNs: 25_000_000)
        var isFinite = true
        for start in stride(from: 0, to: records.count, by: 1_000) {
            let part = Array(records[start..<min(start + 1_000, records.count)])
            for vector in rig.take(part).features {
                if vector.isWarm == 1, first == 0 { first = vector.ingressTimeNs }
                if !vector.list.allSatisfy(\.isFinite) { isFinite = false }
            }
        }
        #expect(isFinite)
        #expect(first >= 61_000_000_000)
        #expect(first < 62_000_000_000)
        #expect(rig.count("kernel_features_not_finite_total") == 0)
    }

    @Test func `the bars' indicators enter scaled`() {
        var rig = Rig()
        let vectors = rig.take(Traffic.make(seed: 6, count: 3_000, stepNs: 25_000_000)).features
        guard let last = vectors.last else { return }
        for name in ["rsi_14", "bollinger_percent_b", "macd_histogram", "ema_gap_12_26"] {
            #expect(Self.value(last, name) != 0)
            #expect(abs(Self.value(last, name)) < 100)
        }
        #expect(abs(Self.value(last, "rsi_14")) <= 1)
    }

    @Test func `a gap in the book makes no order flow`() {
        var rig = Rig()
        rig.take(Records.sync(Self.t0, bids: [(1_000, 10)], asks: [(1_002, 5)]))
        rig.take(Records.book(3, Self.t0, first: 500, last: 510, previous: 499))
        let written = rig.take(
            Records.book(
                4, Self.t0, first: 505, last: 505, previous: 0, bids: [(2_000, 10)],
                asks: [(2_002, 5)], isSnapshot: true))
        Self.expectClose(written.features[0], "ofi_10", 0)
        Self.expectClose(written.features[0], "volatility_1s", 0)
    }

    @Test func `the schema's hash covers names, units, parameters and time frame`() {
        let schema = FeatureSchema()
        #expect(schema.names.count >= 24)
        #expect(Set(schema.names).count == schema.names.count)
        #expect(schema.names.count <= Int(APUS_FEATURE_COUNT_MAX))
        #expect(schema.hash == TextHash.fnv1a(schema.canonicalText))
        #expect(schema.hash != FeatureSchema(timeframeNs: 3_000_000_000).hash)
        // FNV's own published vectors.
        #expect(TextHash.fnv1a("") == 0xcbf2_9ce4_8422_2325)
        #expect(TextHash.fnv1a("foobar") == 0x8594_4171_f739_67e8)
    }

    @Test func `decay equals the exponential within a rounding or two`() {
        var random = SplitMix64(seed: 3)
        var worst = 0.0
        for index in 0..<20_000 {
            let x = Double.random(in: 0...(index % 2 == 0 ? 1 : 700), using: &random)
            worst = max(worst, abs(apus_decay(x) / exp(-x) - 1))
        }
        #expect(worst < 6e-16)
        #expect(apus_decay(0) == 1)
        #expect(apus_decay(-1) == 1)
        #expect(apus_decay(.nan) == 1)
        #expect(apus_decay(.infinity) == 0)
        #expect(apus_decay(1e300) == 0)
    }

    /// Goal: sums that decay four groups at once have the bits of one after the other, on every
    /// path. Method: any number of groups of one or two sums, rates at the edges and between them.
    @Test(arguments: ScanPath.portable.rawValue...apus_scan_path_best().rawValue)
    func `decayed sums have the bits of single decays`(path: UInt8) {
        var random = SplitMix64(seed: 5)
        let edges: [Double] = [
            0, -1, .nan, .infinity, -.infinity, 708, (708.0).nextDown, (708.0).nextUp, 1e300,
            .leastNonzeroMagnitude, .leastNormalMagnitude / 8, 0.5 / 1.4426950408889634,
        ]
        for round in 0..<20_000 {
            let groups = 1 + round % 9
            var rates: [Double] = []
            var ends: [UInt32] = []
            for _ in 0..<groups {
                let isEdge = Int.random(in: 0..<4, using: &random) == 0
                let magnitude = Double.random(in: -9...7, using: &random)
                rates.append(isEdge ? edges.randomElement(using: &random)! : exp(magnitude))
                ends.append((ends.last ?? 0) + UInt32.random(in: 1...2, using: &random))
            }
            let elapsed = UInt64.random(in: 1...3, using: &random)
            var sums = [Double](repeating: 1.25, count: Int(ends.last!) + 1)
            unsafe apus_decay_sums(
                elapsed, rates, ends, UInt32(groups), &sums, ScanPath(rawValue: path))
            var index = 0
            for (rate, end) in zip(rates, ends) {
                let expected = 1.25 * apus_decay(Double(elapsed) * rate)
                while index < Int(end) {
                    #expect(
                        sums[index].bitPattern == expected.bitPattern,
                        "rate \(rate), elapsed \(elapsed)")
                    index += 1
                }
            }
            #expect(sums.last == 1.25, "what stands behind is left alone")
        }
    }

    @Test func `decay has the same bits as when it was written`() {
        #expect(apus_decay(0.1).bitPattern == Self.decayBits[0])
        #expect(apus_decay(1).bitPattern == Self.decayBits[1])
        #expect(apus_decay(100).bitPattern == Self.decayBits[2])
    }

    static let decayBits: [UInt64] = [
        4_606_325_270_462_671_674, 4_600_298_746_774_613_816, 3_957_129_287_720_677_212,
    ]
}
