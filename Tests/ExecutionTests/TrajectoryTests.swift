//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Execution
import SeededRandom
import Testing

@Suite("Schedules")
struct TrajectoryTests {
    static let second: UInt64 = 1_000_000_000
    static let day = 86_400 * second

    @Test(arguments: Array(1...20))
    func `equal parts grow, differ by one lot at most, and sum to the whole`(
        _ seed: UInt64
    ) {
        var random = SplitMix64(seed: seed)
        let total = Int64(random.below(1_000_000_000)), slices = 1 + random.below(500)
        let sums = (0...slices).map { Trajectory.equal(total: total, done: $0, of: slices) }
        let parts = zip(sums, sums.dropFirst()).map { $1 - $0 }
        #expect(sums.first == 0 && sums.last == total, "seed \(seed)")
        #expect(parts.max()! - parts.min()! <= 1, "seed \(seed)")
    }

    @Test func `equal parts of the largest quantity do not wrap`() {
        let total = Int64.max
        let most = total - total / 10_000 - 1
        #expect(Trajectory.equal(total: total, done: 9_999, of: 10_000) == most)
        #expect(Trajectory.equal(total: total, done: 10_000, of: 10_000) == total)
    }

    @Test(arguments: [UInt64(0), 2_500, 10_000])
    func `a slice is late by its jitter at most, the same for the same seed`(_ jitterE4: UInt64) {
        let slices = SliceParameters(
            time: WorkingTime(durationNs: 100 * Self.second), slices: 100, jitterE4: jitterE4)
        var lateness: [UInt64] = []
        for index in 0..<100 {
            let time = Trajectory.dueNs(slices, startNs: 5, seed: 77, index: index)
            #expect(time == Trajectory.dueNs(slices, startNs: 5, seed: 77, index: index))
            lateness.append(time - 5 - UInt64(index) * Self.second)
        }
        let most = Self.second * jitterE4 / 10_000
        #expect(lateness.allSatisfy { $0 <= most })
        if jitterE4 > 0 {
            // Drawn evenly: the mean lies within five standard errors of a half.
            let mean = lateness.reduce(0) { $0 + Double($1) } / 100
            #expect(abs(mean / Double(most) - 0.5) < 5 * 0.2887 / 10)
            let others = (0..<100).map {
                Trajectory.dueNs(slices, startNs: 5, seed: 78, index: $0)
                    - 5 - UInt64($0) * Self.second
            }
            #expect(others != lateness)
        }
    }

    /// By another way: the parts of the day that lie in between, one by one.
    static func volume(_ weights: [Double], _ start: UInt64, _ end: UInt64) -> Double {
        let part = day / UInt64(weights.count)
        var sum = 0.0
        var time = start
        while time < end {
            let next = min(end, (time / part + 1) * part)
            sum += weights[Int(time / part) % weights.count] * Double(next - time) / Double(part)
            time = next
        }
        return sum
    }

    @Test(arguments: Array(1...20))
    func `a day's profile gives the share of its parts, over midnight too`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let weights = (0..<[1, 24, 96, 288][random.below(4)]).map { _ in 0.01 + random.unit() }
        let profile = DayProfile(weights)
        let start = 19_700 * Self.day + UInt64(random.below(86_400)) * Self.second
        let end = start + UInt64(1 + random.below(200_000)) * Self.second
        var last = 0.0
        for step in 0...50 {
            let time = start + (end - start) / 50 * UInt64(step)
            let share = profile.share(startNs: start, endNs: end, timeNs: time)
            let expected =
                Self.volume(weights, start, time) / Self.volume(weights, start, end)
            #expect(abs(share - expected) < 1e-12, "seed \(seed) step \(step)")
            #expect(share >= last, "seed \(seed) step \(step)")
            last = share
        }
        #expect(profile.share(startNs: start, endNs: end, timeNs: end) == 1)
        #expect(profile.share(startNs: start, endNs: end, timeNs: start) == 0)
    }

    static func model(
        slices: Int, seconds: UInt64, volatility: Double, impact: Double, permanent: Double,
        aversion: Double
    ) -> AlmgrenChrissParameters {
        AlmgrenChrissParameters(
            schedule: SliceParameters(
                time: WorkingTime(durationNs: seconds * second), slices: slices),
            volatility: volatility, temporaryImpact: impact, permanentImpact: permanent,
            riskAversion: aversion)
    }

    /// The optimal holdings by the condition they fulfil, x[j-1] - 2 x[j] + x[j+1] =
    /// kappa~^2 tau^2 x[j], solved as a tridiagonal system in 64-bit significands: without a
    /// hyperbolic function. Source: the paper's equation 15.
    static func holdings(_ model: AlmgrenChrissParameters) -> [Float80] {
        let count = model.schedule.slices
        let tau = Float80(model.schedule.time.durationNs) / 1e9 / Float80(count)
        let impact = Float80(model.temporaryImpact) - Float80(model.permanentImpact) * tau / 2
        let sigma = Float80(model.volatility)
        let rate = Float80(model.riskAversion) * sigma * sigma / impact
        let middle = 2 + rate * tau * tau
        var factors: [Float80] = [0], values: [Float80] = [1]
        for _ in 1..<max(count, 2) {
            let pivot = middle - factors.last!
            factors.append(1 / pivot)
            values.append(values.last! / pivot)
        }
        var holdings = [Float80](repeating: 0, count: count + 1)
        holdings[0] = 1
        for index in stride(from: count - 1, to: 0, by: -1) {
            holdings[index] = values[index] + factors[index] * holdings[index + 1]
        }
        return holdings
    }

    static let models = [
        model(slices: 12, seconds: 60, volatility: 1, impact: 1, permanent: 0, aversion: 0.001),
        model(slices: 5, seconds: 5, volatility: 0.95, impact: 2.5, permanent: 0.25, aversion: 2),
        model(slices: 100, seconds: 600, volatility: 3, impact: 0.1, permanent: 0, aversion: 0.5),
        model(
            slices: 1_000, seconds: 3_600, volatility: 0.2, impact: 8, permanent: 0.5, aversion: 1),
        model(slices: 12, seconds: 60, volatility: 1, impact: 1, permanent: 0, aversion: 1e-9),
        model(slices: 12, seconds: 60, volatility: 1, impact: 1, permanent: 0, aversion: 0),
    ]

    @Test(arguments: models)
    func `the optimal trajectory fulfils its difference equation`(
        _ model: AlmgrenChrissParameters
    ) throws {
        let decay = try #require(Trajectory.decay(model))
        let duration = Double(model.schedule.time.durationNs) / 1e9
        for (index, holding) in Self.holdings(model).enumerated() {
            let share = Trajectory.optimalShare(
                decay: decay, elapsed: duration * Double(index) / Double(model.schedule.slices),
                duration: duration)
            #expect(abs(Float80(share) - (1 - holding)) < 1e-9, "slice \(index)")
        }
    }

    @Test func `a large risk aversion sends nearly all at once and does not overflow`() throws {
        let model = Self.model(
            slices: 10, seconds: 3_600, volatility: 1_000, impact: 0.001, permanent: 0,
            aversion: 1_000)
        let decay = try #require(Trajectory.decay(model))
        let share = Trajectory.optimalShare(decay: decay, elapsed: 360, duration: 3_600)
        #expect(share > 0.999_999 && share <= 1)
    }

    @Test func `an impact that no slice can have is refused`() {
        var configuration = ExecutionConfiguration()
        configuration.almgrenChriss = Self.model(
            slices: 1, seconds: 60, volatility: 1, impact: 1, permanent: 0.1, aversion: 1)
        #expect(configuration.problem?.hasPrefix("almgren_chriss") == true)
    }
}
