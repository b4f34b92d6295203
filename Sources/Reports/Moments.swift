//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Moments of a sample, two passes over it.
public struct Moments: Sendable, Equatable {
    public let count: Int
    /// `nil` of nothing.
    public let mean: Double?
    /// Divided by n - 1; `nil` below two values. 0 where the values do not differ by more than
    /// `noise`.
    public let deviation: Double?
    /// Adjusted Fisher-Pearson G1; `nil` below three values and for values that do not differ.
    public let skew: Double?
    /// Adjusted G2, 0 of a normal distribution; `nil` below four values and for values that do not
    /// differ.
    public let excessKurtosis: Double?

    /// A return is a quotient of doubles less 1: what it deviates by below this is rounding.
    static let noise = 1e-15

    public init(_ values: [Double]) {
        count = values.count
        let n = Double(count)
        guard count > 0 else {
            (mean, deviation, skew, excessKurtosis) = (nil, nil, nil, nil)
            return
        }
        let mean = values.reduce(0, +) / n
        var (second, third, fourth) = (0.0, 0.0, 0.0)
        for value in values {
            let difference = value - mean
            let square = difference * difference
            second += square
            third += square * difference
            fourth += square * square
        }
        self.mean = mean
        guard count > 1 else {
            (deviation, skew, excessKurtosis) = (nil, nil, nil)
            return
        }
        let deviation = (second / (n - 1)).squareRoot()
        let isConstant = values.min() == values.max() || deviation < Self.noise
        self.deviation = isConstant ? 0 : deviation
        guard !isConstant, count > 2 else {
            (skew, excessKurtosis) = (nil, nil)
            return
        }
        skew = n * (n - 1).squareRoot() / (n - 2) * third / (second * second.squareRoot())
        guard count > 3 else {
            excessKurtosis = nil
            return
        }
        let adjusted = n * (n + 1) * (n - 1) * fourth / (second * second)
        excessKurtosis = (adjusted - 3 * (n - 1) * (n - 1)) / ((n - 2) * (n - 3))
    }
}

extension [Double] {
    /// Linear between neighbours, as NumPy's default and R's type 7; of sorted values, not empty.
    func sortedQuantile(_ share: Double) -> Double {
        let place = Swift.min(Swift.max(share, 0), 1) * Double(count - 1)
        let lower = Int(place)
        let upper = Swift.min(lower + 1, count - 1)
        return self[lower] + (self[upper] - self[lower]) * (place - Double(lower))
    }
}
