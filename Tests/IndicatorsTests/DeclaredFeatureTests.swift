//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Foundation
import Indicators
import Messages
import Technical
import Testing

extension KernelConfiguration {
    /// Small books, bars of a second, and the features declared.
    static func declaring(
        _ texts: [String], timeframesNs: [UInt64] = [1_000_000_000]
    ) throws -> KernelConfiguration {
        let kinds = try texts.map { try FeatureSpecification.parse($0) }
        var configuration = KernelConfiguration(
            timeframesNs: timeframesNs,
            indicators: try IndicatorPlan(
                IndicatorPlan.standardTexts,
                hidden: kinds.flatMap(\.barColumns).map(\.indicator.canonicalText)),
            bookWindowTicks: 4_096, farLevelsMax: 64, pendingRecordsMax: 256)
        configuration.features = kinds
        return configuration
    }
}

@Suite("Declared features")
struct DeclaredFeatureTests {
    /// Every feature that is not among the standard ones, with what it is by its definition.
    static let oracles: [(String, @Sendable (FeatureHistory) -> Double)] = [
        ("effective_spread(10s)", { $0.effectiveSpread(1e10) }),
        ("effective_spread(250ms)", { $0.effectiveSpread(2.5e8) }),
        ("realised_spread(1s,10s)", { $0.realisedSpread(horizonNs: 1_000_000_000, 1e10) }),
        ("realised_spread(50ms,2s)", { $0.realisedSpread(horizonNs: 50_000_000, 2e9) }),
        ("realised_spread(1s,2s)", { $0.realisedSpread(horizonNs: 1_000_000_000, 2e9) }),
        // The instrument has a thousand lots a coin.
        ("kyle_lambda(30s)", { $0.kyleLambda(intervalNs: 1_000_000_000, 3e10) * 1_000 }),
        (
            "kyle_lambda(interval=100ms,tau=5s)",
            { $0.kyleLambda(intervalNs: 100_000_000, 5e9) * 1_000 }
        ),
        ("vpin(0.05,20)", { $0.vpin(bucketLots: 50, count: 20) }),
        ("vpin(bucket=0.007,count=3)", { $0.vpin(bucketLots: 7, count: 3) }),
        ("queue_depletion(bid,1s)", { $0.depletion(isBid: true, 1e9) }),
        ("queue_depletion(ask,300ms)", { $0.depletion(isBid: false, 3e8) }),
        ("stoikov", { $0.stoikov(memory: 1_000) }),
        ("stoikov(20)", { $0.stoikov(memory: 20) }),
        ("ofi(7)", { $0.flow { _, age in age <= 7 ? 1 : 0 } }),
        (
            "ofi(tau=2s)",
            { history in history.flow { top, _ in history.weight(top.timeNs, 2e9) } }
        ),
    ]

    @Test(arguments: [UInt64(1), 2, 3])
    func `every value is that of its definition over the whole history`(seed: UInt64) throws {
        let market = FeatureMarket(seed: seed, count: 2_500)
        var rig = Rig(try .declaring(Self.oracles.map(\.0)))
        var compared = 0
        var isBroken = false
        for (index, step) in market.steps.enumerated() {
            rig.take(step.records)
            switch step.change {
            case .broken, .lost: isBroken = true
            case .top: isBroken = false
            case .trade: break
            }
            try #require(rig.kernel.isBookValid(of: 0) == !isBroken, "seed \(seed), step \(index)")
            // Often at first and behind a break, then now and then.
            guard !isBroken, index < 60 || index % 41 == 0 else { continue }
            let history = FeatureHistory(market, count: index + 1)
            for (place, (name, oracle)) in Self.oracles.enumerated() {
                let (value, expected) = (rig.kernel.feature(of: 0, place: place), oracle(history))
                compared += 1
                if abs(value - expected) <= 1e-9 * max(1, abs(expected)) { continue }
                Issue.record("seed \(seed), step \(index), \(name): \(value), \(expected)")
            }
        }
        #expect(compared > 1_000)
        #expect(rig.count("kernel_features_not_finite_total") == 0)
    }

    static let everything =
        FeatureSchema().features.map(\.kind.canonicalText) + oracles.map(\.0) + [
            "bar(cci(14),1s)", "bar(adx(5),1s)", "bar(williams_r(5),1s)",
            "bar(atr(5),1s)", "bar(zscore(10),1s)", "bar_gap(sma(5),hma(9),1s)",
            "bar_forming(rsi(5),1s)", "bar_forming(ema(9),1s)",
        ]

    /// Goal: the number of a bar that forms is what the bar shows once it closed as it stood.
    @Test func `a bar that forms shows what its close will show`() throws {
        let texts = ["bar_forming(rsi(5),1s)", "bar(rsi(5),1s)", "bar_forming(stoch(5,3,3).k,1s)"]
        let market = FeatureMarket(seed: 8, count: 3_000)
        var rig = Rig(try .declaring(texts))
        var before: (forming: Double, opens: UInt64)?
        var (compared, differing) = (0, 0)
        for step in market.steps {
            rig.take(step.records)
            let forming = rig.kernel.feature(of: 0, place: 0)
            let closed = rig.kernel.feature(of: 0, place: 1)
            guard let bar = rig.kernel.formingBar(of: 0, timeframe: 0) else { continue }
            if let before, bar.openTimeNs == before.opens + 1_000_000_000, closed.isFinite {
                compared += 1
                #expect(before.forming.bitPattern == closed.bitPattern, "seed 8")
            }
            if forming != closed { differing += 1 }
            before = (forming, bar.openTimeNs)
        }
        #expect(compared > 20 && differing > 100)
    }

    @Test func `a mirrored market flips what is directional and leaves the rest`() throws {
        let market = FeatureMarket(seed: 4, count: 3_000)
        let mirrored = FeatureMarket(seed: 4, count: 3_000, isMirrored: true)
        let configuration = try KernelConfiguration.declaring(Self.everything)
        let kinds = try configuration.schema().features.map(\.kind)
        var rig = Rig(configuration)
        var other = Rig(configuration)
        let exchange = [
            "slope(bid)": "slope(ask)", "slope(ask)": "slope(bid)",
            "queue_depletion(bid,1s)": nil, "queue_depletion(ask,300ms)": nil,
        ]
        var compared = 0
        for (vector, image) in zip(market.vectors(&rig), mirrored.vectors(&other)) {
            guard let vector, let image else {
                #expect(vector == nil && image == nil)
                continue
            }
            for (place, kind) in kinds.enumerated() {
                var twin = place
                if let name = exchange[kind.canonicalText] {
                    guard let name else { continue }
                    twin = Self.everything.firstIndex(of: name)!
                }
                let sign: Float = kind.isDirectional ? -1 : 1
                let (value, flipped) = (vector.list[place], image.list[twin] * sign)
                compared += 1
                // Basis points are of a mid on the other side of the middle.
                if abs(value - flipped) <= 2e-3 * max(1, abs(value)) { continue }
                Issue.record("seed 4, \(kind.canonicalText): \(value), \(flipped)")
            }
        }
        #expect(compared > 10_000)
    }

    @Test func `quantities in another unit leave ratios as they are`() throws {
        let texts = Self.everything.filter { !$0.hasPrefix("vpin") } + ["vpin(0.05,20)"]
        let scaled = Self.everything.filter { !$0.hasPrefix("vpin") } + ["vpin(0.35,20)"]
        var rig = Rig(try .declaring(texts))
        var other = Rig(try .declaring(scaled))
        let market = FeatureMarket(seed: 5, count: 3_000)
        let larger = FeatureMarket(seed: 5, count: 3_000, scale: 7)
        for (vector, image) in zip(market.vectors(&rig), larger.vectors(&other)) {
            guard let vector, let image else { continue }
            for (place, text) in texts.enumerated() {
                let factor: Float = text.hasPrefix("kyle_lambda") ? 7 : 1
                let (value, changed) = (vector.list[place], image.list[place] * factor)
                if abs(value - changed) <= 1e-5 * max(1, abs(value)) { continue }
                Issue.record("seed 5, \(text): \(value), \(changed)")
            }
        }
    }

    @Test func `without a trade everything of trades is 0 and nothing is warm`() throws {
        let texts = [
            "effective_spread(10s)", "realised_spread(1s,10s)", "vpin(1)", "kyle_lambda(10s)",
            "trade_imbalance(1s)", "volume(1s)", "last_trade",
        ]
        var rig = Rig(try .declaring(texts))
        var last = try #require(rig.take(Records.sync(FeatureTests.t0)).features.last)
        for index in 1..<200 {
            last = try #require(
                rig.take(
                    Records.quote(
                        UInt64(index + 2), FeatureTests.t0 + UInt64(index) * 500_000_000,
                        id: UInt64(200 + index), bid: (100 + Int64(index % 3), 5), ask: (110, 5))
                ).features.last)
        }
        #expect(last.list == Array(repeating: 0, count: texts.count))
        #expect(last.isWarm == 0)
        #expect(rig.count("kernel_features_not_finite_total") == 0)
    }

    @Test func `a vector is warm when its own features have their history`() throws {
        var instant = Rig(try .declaring(["spread", "imbalance(1)", "microprice"]))
        #expect(instant.take(Records.sync(FeatureTests.t0)).features.last?.isWarm == 1)

        let market = FeatureMarket(seed: 6, count: 4_000, breaks: false)
        for (text, isReady) in [
            ("ofi(tau=5s)", { $0.nowNs >= FeatureMarket.startNs + 5_000_000_000 }),
            ("ofi(40)", { $0.tops.count > 40 }),
            ("vpin(0.05,30)", { $0.trades.reduce(0) { $0 + $1.quantity } >= 1_500 }),
            (
                "stoikov",
                { history in
                    zip(history.tops, history.tops.dropFirst())
                        .count { $0.0.top.mid2 != $0.1.top.mid2 } >= 100
                }
            ),
            (
                "realised_spread(1s,2s)",
                { !$0.trades.isEmpty && $0.nowNs >= FeatureMarket.startNs + 3_000_000_000 }
            ),
        ] as [(String, (FeatureHistory) -> Bool)] {
            var rig = Rig(try .declaring([text]))
            for (index, step) in market.steps.prefix(1_000).enumerated() {
                guard let vector = rig.take(step.records).features.last else { continue }
                let expected = isReady(FeatureHistory(market, count: index + 1))
                #expect((vector.isWarm == 1) == expected, "seed 6, \(text), step \(index)")
            }
        }
    }

    @Test func `a value out of range leaves as 0, is counted, and makes the vector cold`() throws {
        var instrument = makeInstrument()
        instrument.quantityDecimals = 18
        var rig = Rig(
            try .declaring(["spread", "kyle_lambda(interval=100ms,tau=1ms)"]),
            instruments: [instrument])
        rig.take(Records.sync(FeatureTests.t0))
        rig.take(Records.quote(3, FeatureTests.t0, id: 200, bid: (1_000, 5), ask: (1_002, 5)))
        let t1 = FeatureTests.t0 + 200_000_000
        rig.take(Records.quote(4, t1, id: 201, bid: (1_001, 5), ask: (1_002, 5)))
        rig.take(Records.trade(5, t1, .buy, 1_002, 1))
        rig.take(Records.quote(6, t1, id: 202, bid: (2_000, 5), ask: (2_002, 5)))
        let vector = try #require(
            rig.take(
                Records.quote(7, t1 + 100_000_000, id: 203, bid: (2_000, 4), ask: (2_002, 5))
            ).features.last)
        #expect(vector.list[1] == 0)
        #expect(vector.list[0] > 0)
        #expect(vector.isWarm == 0)
        #expect(rig.count("kernel_features_not_finite_total") == 1)
    }

    @Test func `the standard features declared one by one are the standard schema`() throws {
        let texts = FeatureSchema().features.map(\.kind.canonicalText)
        let configuration = try KernelConfiguration.declaring(texts)
        #expect(try configuration.schema() == FeatureSchema())
        #expect(try configuration.schema().hash == FeatureSchema().hash)
        let part = try KernelConfiguration.declaring(Array(texts.prefix(5))).schema()
        #expect(part.names == Array(FeatureSchema().names.prefix(5)))
        #expect(part.hash != FeatureSchema().hash)
    }
}
