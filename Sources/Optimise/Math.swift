//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// What is wanted of the C library's mathematics.
enum Math {
    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
    static func logarithm(_ value: Double) -> Double { log(value) }
    static func exponential(_ value: Double) -> Double { exp(value) }
    static func cosine(_ value: Double) -> Double { cos(value) }

    /// The standard normal's distribution function.
    static func normal(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

    /// The standard normal's quantile, by bisection to the last bits; `p` strictly in 0...1.
    static func normalQuantile(_ p: Double) -> Double {
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if normal(middle) < p { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

/// Mean and the next three moments of numbers.
struct Moments {
    let count: Int
    let mean: Double
    /// Sample standard deviation, by count - 1; 0 of fewer than two.
    let deviation: Double
    /// Third standardised moment; 0 without deviation.
    let skew: Double
    /// Fourth standardised moment, 3 of a normal; 3 without deviation.
    let kurtosis: Double

    init(_ values: [Double]) {
        count = values.count
        guard count > 1 else {
            (mean, deviation, skew, kurtosis) = (values.first ?? 0, 0, 0, 3)
            return
        }
        let n = Double(count)
        let mean = values.reduce(0, +) / n
        var (second, third, fourth) = (0.0, 0.0, 0.0)
        for value in values {
            let d = value - mean
            second += d * d
            third += d * d * d
            fourth += d * d * d * d
        }
        self.mean = mean
        deviation = (second / (n - 1)).squareRoot()
        let variance = second / n
        // A constant's deviation is a rounding of its mean and nothing else.
        let isFlat = deviation <= 1e-12 * abs(mean) || variance == 0
        skew = isFlat ? 0 : third / n / (variance * variance.squareRoot())
        kurtosis = isFlat ? 3 : fourth / n / (variance * variance)
    }
}
