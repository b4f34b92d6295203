//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Rings
import SeededRandom
import Strategy
import Testing

@Suite("Sizes of orders")
struct SizingTests {
    static let second: UInt64 = 1_000_000_000

    @Test func `2 % of the equity is the default share`() {
        #expect(SizingParameters(method: .equity).share(scoreBps: 0, variance: 0) == 0.02)
    }

    @Test func `a volatility target gives less the more the price moves, up to its most`() {
        let sizing = SizingParameters(
            method: .volatility, volatilityTarget: 0.001, shareMax: 0.5)
        #expect(sizing.share(scoreBps: 0, variance: 0) == 0)
        #expect(abs(sizing.share(scoreBps: 0, variance: 1e-4) - 0.1) < 1e-12)
        #expect(abs(sizing.share(scoreBps: 0, variance: 4e-4) - 0.05) < 1e-12)
        #expect(sizing.share(scoreBps: 0, variance: 1e-12) == 0.5)
    }

    @Test func `kelly is the fraction of expectation over variance, up to its most`() {
        let sizing = SizingParameters(
            method: .kelly, kellyFraction: 0.25, shareMax: 3, stepNs: Self.second,
            horizonNs: 4 * Self.second)
        // 2 bp over 4 s, 1 bp a root of a second: 0.0002 / (4 * 1e-8) = 5,000.
        #expect(sizing.share(scoreBps: 2, variance: 1e-8) == 3)
        // At 1 % a root of a second: 0.0002 / (4 * 1e-4) = 0.5, a quarter of it.
        #expect(abs(sizing.share(scoreBps: 2, variance: 1e-4) - 0.125) < 1e-9)
        #expect(abs(sizing.share(scoreBps: -2, variance: 1e-4) - 0.125) < 1e-9)
        #expect(sizing.share(scoreBps: 0, variance: 1e-4) == 0)
        #expect(sizing.share(scoreBps: 2, variance: 0) == 0)
        #expect(sizing.share(scoreBps: .nan, variance: 1e-4) == 0)
    }

    /// The estimate against the variance that the walk was drawn with.
    @Test(arguments: Array(1...5))
    func `the variance of a random walk is found`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let sizing = SizingParameters(method: .volatility, decay: 0.999, warmUpSteps: 5_000)
        var variance = ReturnVariance()
        var mid = 10_000.0
        for step in 0..<20_000 {
            #expect(step > 5_000 || variance.value(sizing) == 0)
            variance.take(mid: mid, timeNs: UInt64(step) * Self.second, sizing)
            mid *= 1 + 0.001 * random.normal()
        }
        // 1,000 returns count: a standard error of 4.5 %; five of them.
        #expect(abs(variance.value(sizing) / 1e-6 - 1) < 0.23, "seed \(seed)")
    }

    @Test func `a return over several steps counts as one of each`() {
        let sizing = SizingParameters(method: .volatility, decay: 0, warmUpSteps: 1)
        var variance = ReturnVariance()
        variance.take(mid: 100, timeNs: 5, sizing)
        // Within the step: not looked at.
        variance.take(mid: 150, timeNs: 6, sizing)
        variance.take(mid: 102, timeNs: 5 + 4 * Self.second, sizing)
        #expect(abs(variance.value(sizing) - 0.02 * 0.02 / 4) < 1e-12)
    }

    @Test func `lots are whole, and worth at most the value`() {
        let value = LotValue(Fixtures.instrument())
        // A lot is 0.001 at a price of 0.10 a tick: 0.1 at 1,000 ticks.
        #expect(value.lots(value: 0.99, atMid: 1_000) == 9)
        #expect(value.lots(value: 0.1, atMid: 1_000) == 1)
        #expect(value.lots(value: 0.0999, atMid: 1_000) == 0)
        #expect(value.lots(value: -5, atMid: 1_000) == 0)
        #expect(value.lots(value: .infinity, atMid: 1) == 1_000_000_000_000_000)
        #expect(value.lots(value: .nan, atMid: 1) == 0)
        var unknown = Fixtures.instrument()
        unknown.tickLotValueE12 = 0
        #expect(LotValue(unknown).lots(value: 1e9, atMid: 1) == 0)
    }

    static func harness(_ sizing: SizingParameters) throws -> StrategyHarness {
        try StrategyHarness(
            .signalThreshold(
                Fixtures.threshold(target: .lots(1_000_000), order: .lots(1_000_000))),
            sizing: sizing)
    }

    @Test func `the account's equity replaces the configured one`() throws {
        // 2 % of 100 at 0.1001 a lot.
        let harness = try Self.harness(
            SizingParameters(method: .equity, equityE8: 10_000_000_000))
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.advance(to: 1)
        harness.run()
        #expect(harness.sent.last?.quantity == 19)
        var account = Fixtures.report(sequence: 2, order: 0, .account, .pending, position: 0)
        account.venue = .binanceUSDM
        account.feeE8 = 100_000_000_000
        harness.push(account)
        harness.push(
            Fixtures.report(sequence: 2, order: 101, .expired, .expired, position: 0))
        harness.push(Fixtures.signal(sequence: 3, score: 2))
        harness.advance(to: 3)
        harness.run()
        #expect(harness.sent.last?.quantity == 199)
    }

    @Test func `less than a lot is no order, and counted`() throws {
        let harness = try Self.harness(SizingParameters(method: .equity, equityE8: 500_000_000))
        harness.push(Fixtures.signal(sequence: 1, score: 2))
        harness.push(Fixtures.signal(sequence: 2, bid: 2_000, ask: 2_002, score: 2))
        harness.advance(to: 2)
        harness.run()
        // 2 % of 5 is 0.1: less than a lot at 1,001 ticks, and at twice the price.
        #expect(harness.sent.isEmpty)
        #expect(harness.count("sized_to_nothing") == 2)
    }

    @Test func `by volatility nothing is ordered before the warm-up is over`() throws {
        let harness = try Self.harness(
            SizingParameters(method: .volatility, shareMax: 1, warmUpSteps: 3))
        for sequence: UInt64 in 1...4 {
            harness.push(
                Fixtures.signal(
                    sequence: sequence, timeNs: sequence * Self.second,
                    bid: 1_000 + Int64(sequence), ask: 1_002 + Int64(sequence), score: 2))
        }
        harness.advance(to: 4)
        harness.run()
        #expect(harness.sent.map(\.sequence) == [4])
    }
}
