//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import CTelemetry
import Glibc
import Messages
import Risk
import SeededRandom
import Telemetry
import Testing

/// The value at risk between real rings. One lot is worth 1 of the quote currency at 10,000 ticks.
@Suite("Value at risk")
struct ValueAtRiskTests {
    private let ok = Verdict.approved.rawValue
    private let refused = Verdict.valueAtRisk.rawValue
    private let second: UInt64 = 1_000_000_000

    private func harness(
        equity: Int64 = 1_000, _ change: (inout ValueAtRiskLimits) -> Void = { _ in }
    ) throws -> RiskHarness {
        var limits = ValueAtRiskLimits()
        limits.startEquityE8 = equity * 100_000_000
        limits.horizonNs = limits.stepNs
        change(&limits)
        let risk = try RiskHarness(valueAtRisk: limits) { $0.collarE4 = 5_000 }
        risk.prepare()
        return risk
    }

    private func figure(_ risk: RiskHarness, _ name: String) -> Double {
        Double(risk.telemetry.counter("risk_figure_\(name)_e8").value) / 1e8
    }

    /// A step in which the mids become these.
    private func step(_ risk: RiskHarness, _ mids: [Int64]) {
        risk.time += second
        for (id, mid) in mids.enumerated() { risk.mid(mid, UInt32(id)) }
        risk.run()
    }

    /// Goal: both figures against their definitions. Method: random walks of two mids with a long
    /// and a short position; covariance, mean and quantile computed anew from the mids that were
    /// seen when each step ended.
    @Test(arguments: [UInt64(51), 52])
    func `both figures are what their definitions say`(_ seed: UInt64) throws {
        let decay = 0.9
        let samples = 40
        let risk = try harness {
            $0.decay = decay
            $0.sampleCount = samples
            $0.confidence = 0.95
            $0.horizonNs = 4 * $0.stepNs
        }
        risk.update(0, .fill, .filled, leaves: 0, position: 80)
        risk.update(0, .fill, .filled, leaves: 0, position: -50, instrumentID: 1)
        risk.run()
        var random = SplitMix64(seed: seed)
        // A step ends before the quotes that come with its time: it sees those of the step before.
        var mids: [Int64] = [10_000, 10_000]
        var seen: [[Double]] = []
        for _ in 0..<100 {
            let common = Int64(random.below(41)) - 20
            seen.append(mids.map(Double.init))
            mids = mids.map { $0 + common + Int64(random.below(21)) - 10 }
            step(risk, mids)
        }
        seen.append(mids.map(Double.init))
        step(risk, mids)
        // The very first step was taken with the first record, before any price.
        var returns: [[Double]] = [[0, 0], [0, 0]]
        for index in 1..<seen.count {
            returns.append((0..<2).map { seen[index][$0] / seen[index - 1][$0] - 1 })
        }
        var covariance = [[0.0, 0.0], [0.0, 0.0]]
        for (index, r) in returns.enumerated() where index > 0 {
            let weight = max(1 - decay, 1 / Double(index))
            for i in 0..<2 {
                for j in 0..<2 { covariance[i][j] += weight * (r[i] * r[j] - covariance[i][j]) }
            }
        }
        let last = seen[seen.count - 1]
        let worth = [80 * last[0] / 10_000, -50 * last[1] / 10_000]
        var variance = 0.0
        for i in 0..<2 { for j in 0..<2 { variance += worth[i] * covariance[i][j] * worth[j] } }
        let parametric = 1.6448536269514722 * variance.squareRoot() * 2
        let losses = returns.suffix(samples).map { -(worth[0] * $0[0] + worth[1] * $0[1]) }.sorted()
        let historical = max(0, losses[samples - 3]) * 2
        #expect(abs(figure(risk, "var_parametric") - parametric) < 1e-6, "seed \(seed)")
        #expect(abs(figure(risk, "var_historical") - historical) < 1e-6, "seed \(seed)")
        #expect(parametric > 0 && historical > 0)
    }

    /// Mids of one instrument that go up and down by 1 % at each step.
    private func shake(_ risk: RiskHarness, _ steps: Int = 40) {
        for index in 0..<steps { step(risk, [index % 2 == 0 ? 10_100 : 10_000]) }
        step(risk, [10_000])
    }

    @Test func `value at risk positive: an order beyond the limit is refused, others are not`()
        throws
    {
        // A lot risks about 1 % * 2.33; the limit is 1 of 1,000.
        let risk = try harness { $0.shareMaxE4 = 10 }
        shake(risk)
        for id in 0..<2 as Range<UInt32> { risk.quoteAll(id) }
        risk.send(Fixtures.place(1, quantity: 60))
        risk.send(Fixtures.place(2, quantity: 60, type: .limit, isReduceOnly: 1))
        risk.send(Fixtures.place(3, quantity: 45, type: .market))
        risk.send(Fixtures.place(4, quantity: 30, instrumentID: 1))
        risk.send(Fixtures.place(5, price: 9_950, quantity: 30))
        risk.modify(5, price: 9_950, quantity: 60)
        risk.cancel(5)
        #expect(risk.newVerdicts() == [refused, refused, refused, ok, ok, refused, ok])
        #expect(risk.count("rejected_value_at_risk") == 4)
    }

    @Test func `value at risk boundary: orders between two steps add up to the limit`() throws {
        let risk = try harness { $0.shareMaxE4 = 10 }
        shake(risk)
        for id in 0..<2 as Range<UInt32> { risk.quoteAll(id) }
        risk.run()
        let rate = risk.stage.instrument(0).riskRateE8
        let lots = 100_000_000 / rate
        #expect(lots > 20 && lots < 60)
        risk.send(Fixtures.place(1, price: 9_950, quantity: lots - 10))
        risk.send(Fixtures.place(2, price: 9_950, quantity: 11))
        risk.send(Fixtures.place(3, price: 9_950, quantity: 10))
        risk.send(Fixtures.place(4, price: 9_950, quantity: 6))
        #expect(risk.newVerdicts() == [ok, refused, ok, refused])
        step(risk, [10_000])
        risk.quoteAll(0)
        risk.send(Fixtures.place(5, price: 9_950, quantity: 6))
        risk.send(Fixtures.place(6, side: .sell, price: 10_050, quantity: lots))
        #expect(risk.newVerdicts() == [refused, ok], "what adds nothing passes")
    }

    @Test func `value at risk negative: without a limit, without a history`() throws {
        let risk = try harness()
        shake(risk)
        risk.quoteAll(0)
        risk.send(Fixtures.place(1, quantity: 100))
        #expect(risk.newVerdicts() == [ok])
        let young = try harness { $0.shareMaxE4 = 10 }
        young.send(Fixtures.place(1, quantity: 100))
        #expect(young.newVerdicts() == [ok])
    }

    @Test func `value at risk: the limit follows the equity the venues tell`() throws {
        let risk = try harness { $0.shareMaxE4 = 10 }
        shake(risk)
        for id in 0..<2 as Range<UInt32> { risk.quoteAll(id) }
        risk.equity(400)
        risk.equity(100, venue: .okx)
        risk.send(Fixtures.place(1, price: 9_950, quantity: 30))
        risk.equity(10_000)
        risk.send(Fixtures.place(2, price: 9_950, quantity: 100))
        #expect(risk.newVerdicts() == [refused, ok])
        risk.time -= 100 * second
        risk.equity(500)
        risk.send(Fixtures.place(3, price: 9_950, quantity: 6))
        #expect(risk.newVerdicts() == [refused], "time that goes back takes no sample")
    }

    @Test func `value at risk: numbers beyond the range are the largest`() throws {
        let risk = try harness {
            $0.shareMaxE4 = 1
            $0.horizonNs = .max
            $0.stepNs = 1_000_000
        }
        risk.mid(1_000)
        risk.time += second
        risk.mid(1_000_000_000_000)
        risk.time += second
        risk.mid(1_000)
        risk.time += second
        for id in 0..<2 as Range<UInt32> { risk.quoteAll(id) }
        risk.update(0, .fill, .filled, leaves: 0, position: 1 << 50)
        risk.time += second
        risk.quoteAll(0)
        risk.run()
        #expect(risk.stage.instrument(0).riskRateE8 == 1 << 32)
        #expect(risk.telemetry.counter("risk_figure_var_parametric_e8").value == Int64.max)
        risk.update(0, .fill, .filled, leaves: 0, position: 0)
        risk.send(Fixtures.place(1, quantity: 50))
        #expect(risk.newVerdicts() == [refused])
    }

    @Test func `figures of the account are shown at each step`() throws {
        let risk = try harness()
        step(risk, [10_000, 10_000])
        #expect(figure(risk, "equity") == 100_000, "as configured")
        risk.equity(700)
        risk.equity(300, venue: .okx)
        risk.send(Fixtures.place(1, quantity: 100))
        risk.fill(1, quantity: 100, position: 100)
        risk.mid(11_000)
        step(risk, [10_500])
        #expect(figure(risk, "equity") == 1_000)
        #expect(figure(risk, "exposure") == 110)
        #expect(figure(risk, "day_gain") == 10)
        #expect(figure(risk, "day_loss") == 0)
        #expect(figure(risk, "drawdown") == 0)
        step(risk, [9_000])
        step(risk, [9_000])
        #expect(figure(risk, "day_gain") == 0)
        #expect(figure(risk, "day_loss") == 10)
        #expect(figure(risk, "drawdown") == 20)
    }
}
