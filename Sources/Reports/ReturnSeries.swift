//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A run's equity at the end of each period, and what it earned in it.
public struct ReturnSeries: Sendable {
    public let intervalNs: UInt64
    /// Ends of the periods; the last is the run's end or later.
    public let timesNs: [UInt64]
    /// In the quote currency.
    public let equity: [Double]
    public let positionValues: [Double]
    /// Simple returns, the first from the initial equity. Nothing follows the period in which the
    /// equity was lost: a return of nothing is undefined.
    public let returns: [Double]

    /// Runs of more periods need a longer interval.
    public static let periodsMax = 20_000_000

    static let secondNs: UInt64 = 1_000_000_000
    static let dayNs = 86_400 * secondNs

    /// The interval of a run's returns where none is asked for: 1d from 60 days on, 1h from 8 days
    /// on, 1m from 6 hours on, else 1s: hundreds of returns where there can be, so that a ratio's
    /// error is small.
    public static func defaultIntervalNs(spanNs: UInt64) -> UInt64 {
        switch spanNs {
        case (60 * dayNs)...: dayNs
        case (8 * dayNs)...: 3_600 * secondNs
        case (21_600 * secondNs)...: 60 * secondNs
        default: secondNs
        }
    }

    /// Periods begin at multiples of the interval since 1970 UTC, so days are those of UTC; the
    /// first and the last are as long as the run is in them. The equity is the last that a period
    /// saw; one that saw none has that of the one before.
    public init(_ run: Run, intervalNs: UInt64) throws(RunFileError) {
        precondition(intervalNs > 0, "an interval")
        self.intervalNs = intervalNs
        let first = (run.equity.first?.timeNs ?? 0) / intervalNs
        let last = (run.equity.last?.timeNs ?? 0) / intervalNs
        guard last - first < UInt64(Self.periodsMax) else {
            throw RunFileError(
                run.name, "more than \(Self.periodsMax) periods: a longer --interval is needed")
        }
        var (timesNs, equity, positions): ([UInt64], [Double], [Double]) = ([], [], [])
        var next = 0
        if !run.equity.isEmpty {
            var point = run.equity[0]
            for period in first...last {
                while next < run.equity.count, run.equity[next].timeNs / intervalNs <= period {
                    point = run.equity[next]
                    next += 1
                }
                timesNs.append((period + 1) * intervalNs)
                equity.append(point.equity)
                positions.append(point.positionValue)
            }
        }
        var before = run.initialEquity
        var returns: [Double] = []
        for value in equity where before > run.lostEquity {
            returns.append(value / before - 1)
            before = value
        }
        self.timesNs = timesNs
        self.equity = equity
        positionValues = positions
        self.returns = returns
    }

    public var periodsPerYear: Double { Self.periodsPerYear(intervalNs: intervalNs) }

    /// Crypto markets never close: the intervals of 365 days.
    public static func periodsPerYear(intervalNs: UInt64) -> Double {
        Double(365 * dayNs) / Double(intervalNs)
    }
}

extension Run {
    /// A billionth of a thousandth of what there was at first: who has no more has lost it, and a
    /// return of that is undefined.
    var lostEquity: Double { initialEquity * 1e-12 }
}
