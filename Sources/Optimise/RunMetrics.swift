//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform
import Reports

/// The figures of a trial, as `Reports` defines them, from its runs' returns.
public enum RunMetrics {
    /// What objective and requirements may name.
    public static let names: Set<String> = [
        "net_profit", "return", "volatility", "sharpe", "sortino", "calmar", "max_drawdown",
        "profit_factor", "fill_ratio", "fills",
    ]

    /// - Throws: `OptimiseError` for what cannot be read or is no result of a run.
    static func run(contentsOf path: String) throws(OptimiseError) -> Run {
        guard let bytes = TextFile.bytes(path, sizeMax: Run.sizeMax) else {
            throw OptimiseError("cannot read \(path), or it is over \(Run.sizeMax) bytes")
        }
        do throws(RunFileError) { return try Run(bytes, name: "run") } catch {
            throw OptimiseError("not a result of apus backtest: \(error)")
        }
    }

    /// Figures that are not defined for these runs (a Sharpe ratio without variance, a profit
    /// factor without a loss) are left out.
    ///
    /// - Parameters:
    ///   - runs: One after the other in time; each begins with the same equity. Their returns are
    ///     put together.
    ///   - ranges: The times that they were asked for; none: all of the data. The interval of a
    ///     return is by the longest of them, so that it is one for all trials of a range.
    static func figures(
        of runs: [Run], over ranges: [TimeRange] = []
    ) throws(OptimiseError) -> TrialFigures {
        guard !runs.isEmpty else { throw OptimiseError("no run") }
        let spans = ranges.isEmpty
            ? runs.map { $0.endNs - $0.startNs } : ranges.map { $0.endNs - $0.startNs }
        let intervalNs = ReturnSeries.defaultIntervalNs(spanNs: spans.max() ?? 0)
        var returns: [Double] = []
        var wealth = [1.0]
        for run in runs {
            guard run.equity.count > 1 else {
                throw OptimiseError("the run has fewer than two equity samples")
            }
            do throws(RunFileError) {
                returns += try ReturnSeries(run, intervalNs: intervalNs).returns
            } catch { throw OptimiseError("\(error)") }
            let before = wealth[wealth.count - 1]
            wealth += run.equity.map { before * $0.equity / run.initialEquity }
        }
        let metrics = Metrics(
            returns: returns,
            periodsPerYear: ReturnSeries.periodsPerYear(intervalNs: intervalNs))
        let profit = runs.reduce(0) { sum, run in
            sum + ((run.equity.last?.equity ?? run.initialEquity) - run.initialEquity)
        }
        var all: [String: Double?] = [
            "net_profit": profit,
            "return": metrics.totalReturn,
            "volatility": metrics.volatility,
            "sharpe": metrics.sharpe,
            "sortino": metrics.sortino,
            "calmar": metrics.calmar,
            "max_drawdown": abs(Drawdown(values: wealth, start: 1).maximum),
            "profit_factor": metrics.profitFactor,
            "fills": Double(runs.reduce(0) { $0 + $1.fills.count }),
        ]
        let orders = orders(of: runs)
        if let placed = orders["placed"], let filled = orders["filled"], placed > 0 {
            all["fill_ratio"] = filled / placed
        }
        for (name, value) in orders { all["orders.\(name)"] = value }
        return TrialFigures(
            metrics: all.compactMapValues { $0 }.filter(\.value.isFinite),
            track: TrackRecord(metrics), blocks: ReturnBlock.cut(returns), span: span(runs))
    }

    /// Sums by how orders ended, of the runs that say.
    private static func orders(of runs: [Run]) -> [String: Double] {
        var sums: [String: Double] = [:]
        for counts in runs.map(\.orders) {
            for (name, count) in [
                ("placed", counts.placed), ("filled", counts.filled),
                ("cancelled", counts.cancelled), ("rejected", counts.rejected),
                ("expired", counts.expired),
            ] {
                if let count { sums[name, default: 0] += Double(count) }
            }
        }
        return sums
    }

    private static func span(_ runs: [Run]) -> TimeRange? {
        guard let first = runs.first?.equity.first, let last = runs.last?.equity.last,
            last.timeNs > first.timeNs, last.timeNs < .max
        else { return nil }
        return TimeRange(startNs: first.timeNs, endNs: last.timeNs + 1)
    }
}

/// Everything that is kept of a trial that gave a result.
public struct TrialFigures: Sendable, Equatable {
    public let metrics: [String: Double]
    /// `nil` when the returns have no variance.
    let track: TrackRecord?
    let blocks: [ReturnBlock]
    /// From the first sample to the last.
    let span: TimeRange?

    /// Metrics alone, for runners that have nothing else.
    public init(metrics: [String: Double]) {
        self.init(metrics: metrics, track: nil, blocks: [], span: nil)
    }

    init(
        metrics: [String: Double], track: TrackRecord?, blocks: [ReturnBlock], span: TimeRange?
    ) {
        self.metrics = metrics
        self.track = track
        self.blocks = blocks
        self.span = span
    }
}

/// What the deflated Sharpe ratio wants to know of returns.
struct TrackRecord: Sendable, Equatable {
    /// Of one observation, not of a year.
    let sharpe: Double
    let observations: Int
    let skew: Double
    /// 3 of a normal.
    let kurtosis: Double
}

extension TrackRecord {
    /// - Returns: `nil` for returns without variance, and for fewer than four.
    init?(_ metrics: Metrics) {
        guard let sharpe = metrics.periodSharpe, let skew = metrics.skew,
            let excessKurtosis = metrics.excessKurtosis
        else { return nil }
        self.init(
            sharpe: sharpe, observations: metrics.observations, skew: skew,
            kurtosis: excessKurtosis + 3)
    }
}

/// One of equally long parts of a trial's returns, by what their Sharpe ratios are made of.
struct ReturnBlock: Sendable, Equatable {
    let count: Double
    let sum: Double
    let squares: Double

    static let perTrial = 10

    /// Too few returns give no blocks.
    static func cut(_ returns: [Double]) -> [ReturnBlock] {
        guard returns.count >= 2 * perTrial else { return [] }
        return (0..<perTrial).map { index in
            let part = returns[
                returns.count * index / perTrial..<returns.count * (index + 1) / perTrial]
            return ReturnBlock(
                count: Double(part.count), sum: part.reduce(0, +),
                squares: part.reduce(0) { $0 + $1 * $1 })
        }
    }

    /// Of one observation, of the returns of several blocks together; 0 without variance.
    static func sharpe(_ blocks: [ReturnBlock]) -> Double {
        let count = blocks.reduce(0) { $0 + $1.count }
        let mean = blocks.reduce(0) { $0 + $1.sum } / count
        let squares = blocks.reduce(0) { $0 + $1.squares }
        let variance = (squares - count * mean * mean) / (count - 1)
        return variance > 0 ? mean / variance.squareRoot() : 0
    }
}
