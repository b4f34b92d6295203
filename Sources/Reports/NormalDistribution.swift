//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// The standard normal distribution.
enum NormalDistribution {
    static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }

    static func cumulative(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

    /// Inverse of `cumulative`, to the last few bits of a double; infinite at 0 and 1, NaN outside.
    ///
    /// Source: P. J. Acklam's rational approximation (relative error 1.15e-9), then two of Halley's
    /// steps.
    static func quantile(_ probability: Double) -> Double {
        guard probability >= 0, probability <= 1 else { return .nan }
        if probability == 0 { return -.infinity }
        if probability == 1 { return .infinity }
        // The upper half by symmetry: 1 - p is exact there, and small tails keep their digits.
        if probability > 0.5 { return -lowerHalf(1 - probability) }
        return lowerHalf(probability)
    }

    private static func lowerHalf(_ probability: Double) -> Double {
        var x = approximation(probability)
        for _ in 0..<2 {
            let error = (cumulative(x) - probability) / density(x)
            guard error.isFinite else { return x }
            x -= error / (1 + x * error / 2)
        }
        return x
    }

    private static func approximation(_ probability: Double) -> Double {
        if probability < 0.024_25 {
            let q = (-2 * log(probability)).squareRoot()
            return polynomial(tailNumerator, q) / polynomial(tailDenominator, q)
        }
        let q = probability - 0.5
        return polynomial(numerator, q * q) * q / polynomial(denominator, q * q)
    }

    /// By Horner, the highest power first.
    private static func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
        coefficients.reduce(0) { $0 * x + $1 }
    }

    private static let numerator = [
        -3.969_683_028_665_376e1, 2.209_460_984_245_205e2, -2.759_285_104_469_687e2,
        1.383_577_518_672_690e2, -3.066_479_806_614_716e1, 2.506_628_277_459_239,
    ]
    private static let denominator = [
        -5.447_609_879_822_406e1, 1.615_858_368_580_409e2, -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1, -1.328_068_155_288_572e1, 1,
    ]
    private static let tailNumerator = [
        -7.784_894_002_430_293e-3, -3.223_964_580_411_365e-1, -2.400_758_277_161_838,
        -2.549_732_539_343_734, 4.374_664_141_464_968, 2.938_163_982_698_783,
    ]
    private static let tailDenominator = [
        7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996,
        3.754_408_661_907_416, 1,
    ]
}
