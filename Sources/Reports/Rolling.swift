//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Figures of a window that moves over returns.
public struct Rolling: Sendable {
    /// Periods in a window.
    public let window: Int
    /// Last period of each window.
    public let places: [Int]
    /// m / s sqrt(P) of each window; NaN where its returns do not differ.
    public let sharpe: [Double]
    /// s sqrt(P) of each window.
    public let volatility: [Double]

    /// A fifth of the series, 10...250 periods.
    public static func defaultWindow(count: Int) -> Int { min(max(count / 5, 10), 250) }

    /// Each window by itself, with the definitions of `Metrics`: no error adds up.
    ///
    /// - Parameter countMax: Windows looked at, evenly apart.
    public init(
        returns: [Double], window: Int, periodsPerYear: Double, countMax: Int = .max
    ) {
        precondition(window > 1, "windows that vary")
        self.window = window
        let count = returns.count - window + 1
        let step = count > 0 ? (count - 1) / max(1, countMax) + 1 : 1
        let places = count > 0 ? Array(stride(from: window - 1, to: returns.count, by: step)) : []
        let annual = periodsPerYear.squareRoot()
        var (sharpe, volatility): ([Double], [Double]) = ([], [])
        for place in places {
            let moments = Moments(Array(returns[(place - window + 1)...place]))
            let deviation = moments.deviation ?? 0
            sharpe.append(deviation > 0 ? (moments.mean ?? 0) / deviation * annual : .nan)
            volatility.append(deviation * annual)
        }
        self.places = places
        self.sharpe = sharpe
        self.volatility = volatility
    }
}
