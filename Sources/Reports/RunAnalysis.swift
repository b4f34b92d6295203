//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// How runs are judged.
public struct ReportOptions: Sendable {
    /// Of a period; `nil`: by the run's length.
    public var intervalNs: UInt64?
    /// `nil`: those of 365 days.
    public var periodsPerYear: Double?
    /// Parameter sets that were tried, these runs among them; `nil`: as many as there are runs.
    public var trials: Int?

    public init(
        intervalNs: UInt64? = nil, periodsPerYear: Double? = nil, trials: Int? = nil
    ) {
        self.intervalNs = intervalNs
        self.periodsPerYear = periodsPerYear
        self.trials = trials
    }
}

/// Everything that is told about one run.
public struct RunAnalysis: Sendable {
    public let run: Run
    public let series: ReturnSeries
    public let metrics: Metrics
    public let trading: TradingFigures
    public let markouts: Markouts
    /// By every point of equity in the file.
    public let drawdown: Drawdown
    public internal(set) var trials: Trials

    /// What the deflated Sharpe ratio was judged by.
    public struct Trials: Sendable, Equatable {
        public let count: Int
        /// Of Sharpe ratios of one period.
        public let variance: Double?
        /// The variance is of the runs at hand; else it is that of one estimate without skill.
        public let isMeasured: Bool
    }

    /// Judges runs together: they share an interval, and each is one of the trials.
    ///
    /// - Returns: In the order of the runs.
    public static func all(
        _ runs: [Run], _ options: ReportOptions
    ) throws(RunFileError) -> [RunAnalysis] {
        let longest = runs.map { $0.endNs - $0.startNs }.max() ?? 0
        let intervalNs =
            options.intervalNs ?? ReturnSeries.defaultIntervalNs(spanNs: longest)
        var analyses: [RunAnalysis] = []
        for run in runs {
            analyses.append(
                try RunAnalysis(
                    run, intervalNs: intervalNs, periodsPerYear: options.periodsPerYear))
        }
        let count = max(options.trials ?? runs.count, runs.count, 1)
        let ratios = analyses.compactMap(\.metrics.periodSharpe)
        for index in analyses.indices {
            analyses[index].trials = Self.trials(count, ratios, analyses[index].metrics)
        }
        return analyses
    }

    private static func trials(
        _ count: Int, _ ratios: [Double], _ metrics: Metrics
    ) -> Trials {
        if ratios.count > 1, let deviation = Moments(ratios).deviation {
            return Trials(count: count, variance: deviation * deviation, isMeasured: true)
        }
        // Without the trials' own, that of the estimate of a ratio of 0: 1 / (n - 1).
        let variance = DeflatedSharpe.variance(
            sharpe: 0, skew: 0, kurtosis: 3, observations: metrics.observations)
        return Trials(count: count, variance: variance, isMeasured: false)
    }

    private init(
        _ run: Run, intervalNs: UInt64, periodsPerYear: Double?
    ) throws(RunFileError) {
        self.run = run
        let series = try ReturnSeries(run, intervalNs: intervalNs)
        self.series = series
        metrics = Metrics(
            returns: series.returns, periodsPerYear: periodsPerYear ?? series.periodsPerYear)
        trading = TradingFigures(run, series)
        markouts = Markouts(run)
        drawdown = Drawdown(values: run.equity.map(\.equity), start: run.initialEquity)
        trials = Trials(count: 1, variance: nil, isMeasured: false)
    }

    /// The probability that the run is better than the best of as many trials without skill.
    public var deflatedSharpe: Double? {
        trials.variance.flatMap {
            metrics.deflatedSharpe(trials: trials.count, varianceOfTrials: $0)
        }
    }

    /// Time of a place in the drawdown; the run's start in front of the first.
    func drawdownTimeNs(_ place: Int) -> UInt64 {
        place < 0 ? run.startNs : run.equity[place].timeNs
    }

    /// From the peak to where it was reached again, or to the run's end; seconds.
    func lengthS(_ spell: Drawdown.Spell) -> Double {
        let end = spell.recovery.map(drawdownTimeNs) ?? run.endNs
        return Double(end - drawdownTimeNs(spell.peak)) / 1e9
    }

    /// From the valley to where the peak was reached again; `nil` when it was not; seconds.
    func recoveryS(_ spell: Drawdown.Spell) -> Double? {
        spell.recovery.map {
            Double(drawdownTimeNs($0) - drawdownTimeNs(spell.valley)) / 1e9
        }
    }
}
