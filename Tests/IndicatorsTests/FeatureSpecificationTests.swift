//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Indicators
import Technical
import Testing

@Suite("Feature declarations")
struct FeatureSpecificationTests {
    /// Goal: no number enters a vector as a price that is none. Method: the catalogue's units.
    @Test func `only prices are compared with the mid`() {
        var prices = 0
        for definition in IndicatorCatalogue.all {
            for output in definition.outputs {
                let text = definition.name + (output.isEmpty ? "" : ".\(output)")
                // What has no form is refused.
                guard case .bar(let column)? = try? FeatureSpecification.parse("bar(\(text),1s)"),
                    BarForm(column)?.form == .level
                else { continue }
                let isPrice = ["price", "price, bars", "source"].contains(definition.unit)
                #expect(isPrice && output != "high_age" && output != "low_age", "\(text)")
                prices += 1
            }
        }
        #expect(prices > 20)
    }

    @Test(arguments: [
        ("imbalance", "imbalance(1)"), ("imbalance(levels=5)", "imbalance(5)"),
        ("ofi(10)", "ofi(10)"), ("ofi( tau = 1000ms )", "ofi(tau=1s)"),
        ("ofi(tau=1s,levels=5)", "ofi(levels=5,tau=1s)"), ("stoikov", "stoikov(1000)"),
        ("trade_imbalance(tau=100ms)", "trade_imbalance(100ms)"),
        ("volatility(60s)", "volatility(1m)"), ("slope(bid)", "slope(bid)"),
        ("realised_spread(1s,10s)", "realised_spread(horizon=1s,tau=10s)"),
        ("vpin(50)", "vpin(bucket=50,count=50)"),
        ("vpin(count=20,bucket=0.50)", "vpin(bucket=0.5,count=20)"),
        ("kyle_lambda(10s)", "kyle_lambda(interval=1s,tau=10s)"),
        ("queue_depletion(ask,tau=1s)", "queue_depletion(ask,1s)"),
        ("leader(okx:BTC-USDT-SWAP,mid_return(100ms))",
         "leader(okx:BTC-USDT-SWAP,mid_return(100ms))"),
        ("leader(BTC-USDT,imbalance)", "leader(BTC-USDT,imbalance(1))"),
        ("bar(rsi,1s)", "bar(rsi(14),1s)"),
        ("bar(bollinger(20,2).percent_b,1m)", "bar(bollinger(20,2).percent_b,1m)"),
        ("bar(macd.histogram,3s)", "bar(macd(12,26,9).histogram,3s)"),
        ("bar_gap(ema(12),ema(26),1s)", "bar_gap(ema(12),ema(26),1s)"),
    ])
    func `a feature has one canonical text however it is written`(
        _ text: String, _ canonical: String
    ) throws {
        let kind = try FeatureSpecification.parse(text)
        #expect(kind.canonicalText == canonical)
        #expect(try FeatureSpecification.parse(canonical) == kind)
    }

    @Test(arguments: [
        ("", "none of this name"), ("imbalances", "none of this name"),
        ("imbalance(11)", "levels is 11, not in 1...10"), ("imbalance(0)", "levels is 0"),
        ("imbalance(5", "parameters stand in ( )"), ("imbalance()", "parameters stand in ( )"),
        ("imbalance(1,2)", "no parameter 2"), ("spread(tau=1s)", "no parameter tau"),
        ("ofi", "count is missing"), ("ofi(tau=1)", "tau is 1, not in 1ms...1h"),
        ("ofi(levels=5)", "tau is missing"), ("ofi(1001)", "not in 1...1000"),
        ("mid_return(15ms)", "no multiple of 10ms"), ("mid_return(20s)", "not in 10ms...10s"),
        ("slope(left)", "not bid or ask"), ("vpin(0)", "not a decimal above 0"),
        ("vpin(-1)", "not a decimal above 0"), ("trade_rate(2h)", "not in 1ms...1h"),
        ("leader(BTC-USDT)", "feature is missing"),
        ("leader(A,leader(B,spread))", "a leader has no leader"),
        ("leader(A,speed)", "none of this name"), ("bar(rsi(14))", "timeframe is missing"),
        ("bar(rsi(1),1s)", "period is 1"), ("bar(macd,1s)", ".histogram"),
        ("bar(rsi(14).line,1s)", "has the numbers none"), ("bar(obv,1s)", "no bounds"),
        ("bar(sma(5,source=volume),1s)", "no bounds"), ("bar_gap(rsi,ema(3),1s)", "is no price"),
    ])
    func `what is no feature is refused by its name with the reason`(
        _ text: String, _ reason: String
    ) throws {
        do {
            _ = try FeatureSpecification.parse(text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.description.contains("feature "))
            #expect(error.description.contains(reason), "\(error)")
        }
    }

    @Test func `a list that was cut at every comma is whole again`() {
        #expect(
            FeatureSpecification.joined(
                ["spread", "ofi(levels=5", "tau=1s)", "leader(A", "ofi(levels=5", "tau=1s))"])
                == ["spread", "ofi(levels=5,tau=1s)", "leader(A,ofi(levels=5,tau=1s))"])
    }

    @Test func `a schema is refused for doubles, for too many and for bars there are not`() throws {
        func schema(_ texts: [String]) throws -> FeatureSchema {
            try FeatureSchema(
                declared: texts.map { try FeatureSpecification.parse($0) },
                timeframesNs: [1_000_000_000, 60_000_000_000])
        }
        #expect(throws: FeatureTextError.self) { try schema(["spread", "spread"]) }
        #expect(throws: FeatureTextError.self) { try schema(["ofi(tau=1s)", "ofi(tau=1000ms)"]) }
        #expect(throws: FeatureTextError.self) { try schema(["bar(rsi(14),3s)"]) }
        #expect(throws: FeatureTextError.self) { try schema(["leader(A,bar(rsi(14),3s))"]) }
        let bars = try schema(["bar(rsi(14),1m)", "bar(rsi(14),1s)"])
        #expect(bars.names == ["bar_rsi_14_1m", "rsi_14"])
        let full = (1...124).map { "ofi(\($0))" }
        #expect(try schema(full).features.count == Int(APUS_FEATURE_COUNT_MAX))
        #expect(throws: FeatureTextError.self) { try schema(full + ["spread"]) }
    }

    @Test func `124 features fill a vector to its end`() throws {
        var rig = Rig(try .declaring((1...124).map { "ofi(\($0))" }))
        let market = FeatureMarket(seed: 30, count: 400, breaks: false)
        let last = market.vectors(&rig).compactMap { $0 }.last
        let vector = try #require(last)
        #expect(vector.list.count == 124)
        #expect(vector.isWarm == 1)
        for place in 0..<124 {
            #expect(vector.list[place] == Float(rig.kernel.feature(of: 0, place: place)))
        }
    }

    @Test func `values behind the last feature are 0 up to a whole four`() throws {
        for count in 1...5 {
            var rig = Rig(try .declaring((1...count).map { "ofi(\($0))" }))
            var vector = try #require(rig.take(Records.sync(FeatureTests.t0)).features.last)
            unsafe withUnsafeBytes(of: &vector.values) { bytes in
                let values = unsafe bytes.bindMemory(to: Float.self)
                for index in count..<(count + 3) / 4 * 4 { unsafe #expect(values[index] == 0) }
            }
        }
    }

    @Test func `every feature of the catalogue says what it is`() {
        #expect(Set(FeatureCatalogue.all.map(\.name)).count == FeatureCatalogue.all.count)
        for definition in FeatureCatalogue.all {
            #expect(!definition.summary.isEmpty && !definition.unit.isEmpty)
        }
    }
}
