//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import SeededRandom

extension SplitMix64 {
    /// Exponential with mean 1.
    mutating func exponential() -> Double { -log(1 - unit()) }

    /// Standard normal, by Box and Muller.
    mutating func normal() -> Double {
        sqrt(-2 * log(1 - unit())) * cos(2 * Double.pi * unit())
    }

    /// Geometric on 0, 1, 2 … with the given mean, at most `max`.
    mutating func geometric(mean: Double, max: Int) -> Int {
        min(Int(exponential() * mean), max)
    }

    /// Log-normal around `median`, at least 1.
    mutating func logNormal(median: Double, deviation: Double) -> Int64 {
        Int64(Swift.max(1, median * exp(deviation * normal())))
    }
}
