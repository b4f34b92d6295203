//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom

/// Return series for tests.
struct TestReturns: Sendable, CustomStringConvertible {
    let name: String
    let values: [Double]
    var description: String { "\(name), \(values.count) returns" }

    static let seed: UInt64 = 20_261_127

    /// Of every shape that a figure has a corner for.
    static let all: [TestReturns] = [
        TestReturns(name: "daily", values: walk(750, seed: seed)),
        TestReturns(name: "a year of days", values: walk(365, seed: seed + 1, drift: 2e-3)),
        TestReturns(name: "long", values: walk(20_000, seed: seed + 2, scale: 2e-4)),
        TestReturns(name: "very small", values: walk(3_000, seed: seed + 3, scale: 3e-8)),
        TestReturns(name: "heavy tails", values: heavy(1_000, seed: seed + 4)),
        TestReturns(name: "with zeros", values: sparse(600, seed: seed + 5)),
        TestReturns(name: "losing", values: walk(400, seed: seed + 6, drift: -6e-3)),
        TestReturns(name: "all negative", values: walk(90, seed: seed + 7).map { -abs($0) - 1e-5 }),
        TestReturns(name: "all positive", values: walk(90, seed: seed + 8).map { abs($0) + 1e-5 }),
        TestReturns(name: "short", values: [0.01, -0.02, 0.015, 0.003, -0.001]),
        TestReturns(name: "four", values: [0.02, -0.01, 0.004, 0.013]),
        TestReturns(name: "three", values: [0.02, -0.01, 0.004]),
        TestReturns(name: "two", values: [-0.01, 0.03]),
        TestReturns(name: "one", values: [0.01]),
        TestReturns(name: "constant", values: [Double](repeating: 1.0 / 1_024, count: 64)),
        TestReturns(name: "constant loss", values: [Double](repeating: -1.0 / 1_024, count: 64)),
        TestReturns(name: "zeros", values: [Double](repeating: 0, count: 50)),
        TestReturns(name: "ruin", values: [0.1, -0.4, 0.2, -1.0, 0, 0, 0]),
    ]

    /// Sums of twelve uniform numbers: near enough to a normal distribution.
    static func walk(
        _ count: Int, seed: UInt64, scale: Double = 0.02, drift: Double = 4e-4
    ) -> [Double] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let sum = (0..<12).reduce(-6.0) { sum, _ in
                sum + Double.random(in: 0..<1, using: &random)
            }
            return sum * scale + drift * scale / 0.02
        }
    }

    private static func heavy(_ count: Int, seed: UInt64) -> [Double] {
        var random = SplitMix64(seed: seed)
        return walk(count, seed: seed).map { value in
            Int.random(in: 0..<40, using: &random) == 0 ? max(value * 9, -0.9) : value / 2
        }
    }

    private static func sparse(_ count: Int, seed: UInt64) -> [Double] {
        var random = SplitMix64(seed: seed)
        return walk(count, seed: seed).map { Bool.random(using: &random) ? $0 : 0 }
    }
}
