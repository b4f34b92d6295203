//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The figures of a trial, from its runs' equity samples.
///
/// They are for choosing between trials: the samples are taken as they come, and annual figures
/// stand for as many of them as fit into a year of 365 days.
public enum RunMetrics {
    /// What objective and requirements may name.
    public static let names: Set<String> = [
        "net_profit", "return", "volatility", "sharpe", "sortino", "calmar", "max_drawdown",
        "profit_factor", "fill_ratio", "fills",
    ]

    private static let yearNs = 365 * 86_400e9

    /// Figures that are not defined for these runs (a Sharpe ratio without variance, a profit
    /// factor without a loss) are left out.
    ///
    /// - Parameter runs: One after the other in time; each begins with the same equity. Their
    ///   increments are put together.
    static func figures(of runs: [RunResult]) throws(OptimiseError) -> TrialFigures {
        guard let initial = runs.first?.initialEquity, initial > 0 else {
            throw OptimiseError("the run has no initial equity above 0")
        }
        var increments: [Double] = []
        var returns: [Double] = []
        var spanNs = 0.0
        for run in runs {
            guard let first = run.equity.first, let last = run.equity.last, run.equity.count > 1
            else { throw OptimiseError("the run has fewer than two equity samples") }
            spanNs += Double(last.timeNs - first.timeNs)
            var before = run.initialEquity
            for sample in run.equity {
                increments.append(sample.equity - before)
                // Nothing can be earned on nothing.
                returns.append(before > 0 ? (sample.equity - before) / before : 0)
                before = sample.equity
            }
        }
        let orders = runs.reduce(into: [String: Double]()) { sums, run in
            sums.merge(run.orders, uniquingKeysWith: +)
        }
        let moments = Moments(returns)
        let yearly = spanNs > 0 ? yearNs / (spanNs / Double(returns.count)) : 0
        let profit = increments.reduce(0, +)
        let drawdown = maxDrawdown(initial, increments)
        let losses = increments.filter { $0 < 0 }.reduce(0, -)
        let gains = increments.filter { $0 > 0 }.reduce(0, +)
        let downside = (returns.reduce(0) { $0 + ($1 < 0 ? $1 * $1 : 0) }
            / Double(returns.count)).squareRoot()
        var all: [String: Double] = [
            "net_profit": profit,
            "return": profit / initial,
            "volatility": moments.deviation * yearly.squareRoot(),
            "sharpe": moments.mean / moments.deviation * yearly.squareRoot(),
            "sortino": moments.mean / downside * yearly.squareRoot(),
            "calmar": profit / initial * (yearNs / spanNs) / drawdown,
            "max_drawdown": drawdown,
            "profit_factor": gains / losses,
            "fills": Double(runs.reduce(0) { $0 + $1.fillCount }),
        ]
        if let placed = orders["placed"], let filled = orders["filled"] {
            all["fill_ratio"] = filled / placed
        }
        for (name, value) in orders { all["orders.\(name)"] = value }
        let sharpe = moments.mean / moments.deviation
        return TrialFigures(
            metrics: all.filter(\.value.isFinite),
            track: sharpe.isFinite
                ? TrackRecord(
                    sharpe: sharpe, observations: moments.count, skew: moments.skew,
                    kurtosis: moments.kurtosis) : nil,
            blocks: ReturnBlock.cut(returns), span: span(runs))
    }

    private static func span(_ runs: [RunResult]) -> TimeRange? {
        guard let first = runs.first?.equity.first, let last = runs.last?.equity.last,
            last.timeNs > first.timeNs, last.timeNs < .max
        else { return nil }
        return TimeRange(startNs: first.timeNs, endNs: last.timeNs + 1)
    }

    /// Share of the highest equity so far, at its worst; above 1 when more than all was lost.
    private static func maxDrawdown(_ initial: Double, _ increments: [Double]) -> Double {
        var (equity, high, worst) = (initial, initial, 0.0)
        for increment in increments {
            equity += increment
            high = max(high, equity)
            worst = max(worst, (high - equity) / high)
        }
        return worst
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

    /// Of the returns of several blocks together; 0 without variance.
    static func sharpe(_ blocks: [ReturnBlock]) -> Double {
        let count = blocks.reduce(0) { $0 + $1.count }
        let mean = blocks.reduce(0) { $0 + $1.sum } / count
        let variance = blocks.reduce(0) { $0 + $1.squares } / count - mean * mean
        return variance > 0 ? mean / variance.squareRoot() : 0
    }
}
