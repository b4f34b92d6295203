//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Every figure of a report, by group, in the order they are shown.
///
/// r are the n returns of the periods, m their mean, s their standard deviation (n - 1), P the
/// periods in a year. `Metrics` and `TradingFigures` say more.
public enum FigureCatalogue {
    public struct Group: Sendable {
        public let title: String
        public let figures: [Figure]
    }

    public static let groups = [
        Group(title: "Return", figures: returns), Group(title: "Risk", figures: risk),
        Group(title: "Ratios", figures: ratios), Group(title: "Periods", figures: periods),
        Group(title: "Trading", figures: trading), Group(title: "Trades", figures: trades),
        Group(title: "Orders and positions", figures: orders),
    ]

    public static let all = groups.flatMap(\.figures)

    /// Those that stand on top.
    static let headline = [
        "total_return", "cagr", "sharpe", "max_drawdown", "volatility", "sortino",
        "deflated_sharpe", "return_per_volume_bps",
    ]

    private static let returns = [
        Figure("total_return", "Total return", .share, "prod(1 + r) - 1") {
            $0.metrics.totalReturn
        },
        Figure("net_profit", "Net profit", .amount, "final equity - initial equity") {
            $0.trading.netProfit
        },
        Figure("cagr", "CAGR", .share, "prod(1 + r)^(P/n) - 1") { $0.metrics.annualGrowth },
        Figure("expected_return", "Mean return, geometric", .share, "prod(1 + r)^(1/n) - 1") {
            $0.metrics.expectedReturn
        },
        Figure("best", "Best period", .share, "max(r)") { $0.metrics.best },
        Figure("worst", "Worst period", .share, "min(r)") { $0.metrics.worst },
    ]

    private static let risk = [
        Figure("volatility", "Volatility", .share, "s sqrt(P), annualised") {
            $0.metrics.volatility
        },
        Figure(
            "max_drawdown", "Max drawdown", .share,
            "deepest fall from a peak of wealth, from period to period"
        ) { $0.metrics.maxDrawdown },
        Figure(
            "max_drawdown_exact", "Max drawdown, every point", .share,
            "the same of every point of equity in the file"
        ) { $0.run.equity.isEmpty ? nil : $0.drawdown.maximum },
        Figure(
            "max_drawdown_length_s", "Its length", .seconds,
            "from the peak until it was reached again, or to the end"
        ) { analysis in analysis.drawdown.deepest.map { analysis.lengthS($0) } },
        Figure(
            "max_drawdown_recovery_s", "Its recovery", .seconds,
            "from the valley until the peak was reached again; none when it was not"
        ) { analysis in analysis.drawdown.deepest.flatMap { analysis.recoveryS($0) } },
        Figure(
            "longest_drawdown_s", "Longest drawdown", .seconds,
            "longest time from a peak until it was reached again, or to the end"
        ) { analysis in analysis.drawdown.spells.map { analysis.lengthS($0) }.max() },
        Figure("ulcer_index", "Ulcer index", .share, "sqrt(sum(drawdown^2) / (n - 1))") {
            $0.metrics.ulcerIndex
        },
        Figure(
            "value_at_risk", "VaR 95 %, normal", .share, "m + s Z^-1(0.05), of a period"
        ) { $0.metrics.valueAtRisk },
        Figure(
            "expected_shortfall", "CVaR 95 %, normal", .share,
            "m - s z(Z^-1(0.05)) / 0.05, of a period"
        ) { $0.metrics.expectedShortfall },
        Figure(
            "value_at_risk_historical", "VaR 95 %, historical", .share, "5 % quantile of r"
        ) { $0.metrics.historicalValueAtRisk },
        Figure(
            "expected_shortfall_historical", "CVaR 95 %, historical", .share,
            "mean of r not above the 5 % quantile"
        ) { $0.metrics.historicalExpectedShortfall },
        Figure("skew", "Skew", .ratio, "adjusted Fisher-Pearson G1") { $0.metrics.skew },
        Figure(
            "excess_kurtosis", "Excess kurtosis", .ratio, "adjusted G2, 0 of a normal distribution"
        ) { $0.metrics.excessKurtosis },
    ]

    private static let ratios = [
        Figure("sharpe", "Sharpe", .ratio, "m / s sqrt(P), annualised, without a risk-free rate") {
            $0.metrics.sharpe
        },
        Figure("sharpe_period", "Sharpe of a period", .ratio, "m / s") { $0.metrics.periodSharpe },
        Figure(
            "sortino", "Sortino", .ratio, "m / sqrt(sum(min(r, 0)^2) / n) sqrt(P), annualised"
        ) { $0.metrics.sortino },
        Figure("calmar", "Calmar", .ratio, "CAGR / |max drawdown|") { $0.metrics.calmar },
        Figure("omega", "Omega", .ratio, "sum of r above 0 / sum of -r below 0") {
            $0.metrics.omega
        },
        Figure("gain_to_pain", "Gain to pain", .ratio, "sum(r) / sum of -r below 0") {
            $0.metrics.gainToPain
        },
        Figure("recovery_factor", "Recovery factor", .ratio, "|sum(r)| / |max drawdown|") {
            $0.metrics.recoveryFactor
        },
        Figure("tail_ratio", "Tail ratio", .ratio, "|95 % quantile of r / 5 % quantile|") {
            $0.metrics.tailRatio
        },
        Figure(
            "probabilistic_sharpe", "Probabilistic Sharpe", .share,
            "probability that the true ratio is above 0, given skew and kurtosis"
        ) { $0.metrics.probabilisticSharpe },
        Figure(
            "deflated_sharpe", "Deflated Sharpe", .share,
            "probability that the run is better than the best of all trials without skill"
        ) { $0.deflatedSharpe },
        Figure(
            "minimum_track_record", "Minimum track record", .count,
            "periods until the probabilistic Sharpe reaches 95 %"
        ) { $0.metrics.minimumTrackRecord },
    ]

    private static let periods = [
        Figure("periods", "Periods", .count, "n") { Double($0.metrics.observations) },
        Figure("win_rate", "Periods won", .share, "r above 0 / r that are not 0") {
            $0.metrics.winRate
        },
        Figure("profit_factor", "Profit factor", .ratio, "sum of r above 0 / sum of -r below 0") {
            $0.metrics.profitFactor
        },
        Figure("payoff_ratio", "Payoff", .ratio, "mean of r above 0 / |mean of r below 0|") {
            $0.metrics.payoffRatio
        },
        Figure("expectancy", "Expectancy", .share, "mean of r that are not 0") {
            $0.metrics.expectancy
        },
        Figure("average_win", "Average win", .share, "mean of r above 0") {
            $0.metrics.averageWin
        },
        Figure("average_loss", "Average loss", .share, "mean of r below 0") {
            $0.metrics.averageLoss
        },
        Figure("kelly", "Kelly", .share, "w - (1 - w) / payoff, w being the periods won") {
            $0.metrics.kelly
        },
        Figure("risk_of_ruin", "Risk of ruin", .share, "((1 - w) / (1 + w))^n") {
            $0.metrics.riskOfRuin
        },
        Figure("exposure", "Periods that moved", .share, "r that are not 0 / n") {
            $0.metrics.exposure
        },
        Figure("longest_wins", "Longest row of wins", .count, "periods") {
            Double($0.metrics.longestWins)
        },
        Figure("longest_losses", "Longest row of losses", .count, "periods") {
            Double($0.metrics.longestLosses)
        },
    ]
}
