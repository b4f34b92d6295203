//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// What a run's orders, fills and positions tell.
///
/// `nil` stands for what is undefined or not in the file. Amounts are in the quote currency and
/// linear in prices.
public struct TradingFigures: Sendable, Equatable {
    public let fills: Int
    /// sum(price x quantity).
    public let volume: Double
    /// sum(fee): below 0 where rebates are more.
    public let fees: Double
    /// Final equity - initial equity.
    public let netProfit: Double?
    /// volume / mean equity of the periods: how often the account was traded.
    public let turnover: Double?
    /// turnover / years, a year being 365 days.
    public let annualTurnover: Double?
    /// netProfit / fills: return per trade, in the quote currency.
    public let profitPerFill: Double?
    /// netProfit / volume: return per trade, in bps of what was traded.
    public let profitBps: Double?
    /// sum(sign (mid - price) quantity) / sum(mid quantity) of fills with a mid, bps, sign 1 for a
    /// purchase: half the spread earned, or paid where below 0.
    public let spreadBps: Double?
    /// Volume of fills that made the market / volume.
    public let makerShare: Double?
    /// Orders filled, cancelled, rejected, expired / orders placed.
    public let fillRatio: Double?
    public let cancelRatio: Double?
    public let rejectRatio: Double?
    public let expireRatio: Double?

    /// Fills that closed something, first in, first out, and what they earned after fees.
    public let closedTrades: Int
    /// Closed with a profit / closed with a profit or a loss.
    public let tradeWinRate: Double?
    /// Sum of profits / sum of losses.
    public let tradeProfitFactor: Double?
    /// Mean profit of a closed trade.
    public let tradeExpectancy: Double?
    /// From entry to exit, mean of the closed trades, seconds.
    public let holdingS: Double?

    /// Mean of |position| / equity over the periods.
    public let meanExposure: Double?
    /// Largest |position| / equity at a period's end.
    public let maxExposure: Double?
    /// Periods that end with a position / periods.
    public let timeInMarket: Double?
    /// Seconds until half of a position is expected to be gone, see `inventoryHalfLife`.
    public let inventoryHalfLifeS: Double?

    init(_ run: Run, _ series: ReturnSeries) {
        fills = run.fills.count
        volume = run.fills.reduce(0) { $0 + $1.notional }
        fees = run.fills.reduce(0) { $0 + $1.fee }
        let equity = Self.mean(series.equity)
        let profit = series.equity.last.map { $0 - run.initialEquity }
        netProfit = profit
        turnover = Self.ratio(volume, equity.map { max($0, 0) })
        let years = Double(run.endNs - run.startNs) / Double(365 * ReturnSeries.dayNs)
        annualTurnover = Self.ratio(turnover, years)
        profitPerFill = Self.ratio(profit, Double(fills))
        profitBps = Self.ratio(profit, volume).map { $0 * 1e4 }
        var (earned, base, made) = (0.0, 0.0, 0.0)
        for fill in run.fills {
            if fill.isMaker { made += fill.notional }
            guard let mid = fill.mid else { continue }
            earned += fill.sign * (mid - fill.price) * fill.quantity
            base += mid * fill.quantity
        }
        spreadBps = Self.ratio(earned, base).map { $0 * 1e4 }
        makerShare = Self.ratio(made, volume)

        let placed = run.orders.placed.map { Double($0) }
        func share(_ count: UInt64?) -> Double? { Self.ratio(count.map { Double($0) }, placed) }
        fillRatio = share(run.orders.filled)
        cancelRatio = share(run.orders.cancelled)
        rejectRatio = share(run.orders.rejected)
        expireRatio = share(run.orders.expired)

        let trades = ClosedTrades(run).trades
        closedTrades = trades.count
        let gains = trades.map(\.profit).filter { $0 > 0 }
        let losses = trades.map(\.profit).filter { $0 < 0 }
        tradeWinRate = Self.ratio(Double(gains.count), Double(gains.count + losses.count))
        tradeProfitFactor = Self.ratio(gains.reduce(0, +), -losses.reduce(0, +))
        tradeExpectancy = Self.mean(trades.map(\.profit))
        holdingS = Self.mean(trades.map(\.holdingNs)).map { $0 / 1e9 }

        let exposures = zip(series.positionValues, series.equity)
            .filter { $0.1 > run.lostEquity }.map { abs($0.0) / $0.1 }
        meanExposure = Self.mean(exposures)
        maxExposure = exposures.max()
        timeInMarket = Self.ratio(
            Double(series.positionValues.count { $0 != 0 }),
            Double(series.positionValues.count))
        inventoryHalfLifeS = Self.inventoryHalfLife(series.positionValues)
            .map { $0 * Double(series.intervalNs) / 1e9 }
    }

    private static func mean(_ values: [Double]) -> Double? {
        ratio(values.reduce(0, +), Double(values.count))
    }

    private static func ratio(_ numerator: Double?, _ denominator: Double?) -> Double? {
        guard let numerator, let denominator, denominator != 0 else { return nil }
        let ratio = numerator / denominator
        return ratio.isFinite ? ratio : nil
    }

    /// Half-life of an AR(1) process: x(t) = a + phi x(t - 1) + e by least squares, and
    /// -ln 2 / ln phi periods.
    ///
    /// - Returns: Periods; `nil` unless 0 < phi < 1: a position that comes back within a period, or
    ///   not at all, has no half-life. Estimates of short series are too low.
    /// Source: E. Chan, 2013, Algorithmic trading, chapter 2; M. G. Kendall, 1954, for the bias.
    public static func inventoryHalfLife(_ positions: [Double]) -> Double? {
        guard positions.count > 3 else { return nil }
        let n = Double(positions.count - 1)
        let (before, after) = (positions.dropLast(), positions.dropFirst())
        let meanBefore = before.reduce(0, +) / n
        let meanAfter = after.reduce(0, +) / n
        var (product, square) = (0.0, 0.0)
        for (x, y) in zip(before, after) {
            product += (x - meanBefore) * (y - meanAfter)
            square += (x - meanBefore) * (x - meanBefore)
        }
        guard square > 0 else { return nil }
        let phi = product / square
        guard phi > 0, phi < 1 else { return nil }
        let periods = -M_LN2 / log(phi)
        return periods.isFinite ? periods : nil
    }
}
