//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Figures of orders, fills and positions.
extension FigureCatalogue {
    static let trading = [
        Figure("fills", "Fills", .count, "their number") { Double($0.trading.fills) },
        Figure("volume", "Volume", .amount, "sum(price x quantity)") { $0.trading.volume },
        Figure("fees", "Fees", .amount, "sum(fee); below 0 where rebates are more") {
            $0.trading.fees
        },
        Figure("turnover", "Turnover", .ratio, "volume / mean equity") { $0.trading.turnover },
        Figure("turnover_annual", "Turnover a year", .ratio, "turnover / years of 365 days") {
            $0.trading.annualTurnover
        },
        Figure("return_per_fill", "Return per trade", .amount, "net profit / fills") {
            $0.trading.profitPerFill
        },
        Figure(
            "return_per_volume_bps", "Return per trade, bps", .bps, "net profit / volume"
        ) { $0.trading.profitBps },
        Figure(
            "spread_bps", "Spread earned, bps", .bps,
            "sum(sign (mid - price) quantity) / sum(mid quantity) at the fill"
        ) { $0.trading.spreadBps },
        Figure("maker_share", "Maker share", .share, "volume of fills that made the market") {
            $0.trading.makerShare
        },
    ]

    static let trades = [
        Figure(
            "closed_trades", "Closed trades", .count,
            "fills that closed something, first in, first out"
        ) { Double($0.trading.closedTrades) },
        Figure(
            "trade_win_rate", "Trades won", .share, "closed with a profit, after fees"
        ) { $0.trading.tradeWinRate },
        Figure(
            "trade_profit_factor", "Profit factor of trades", .ratio,
            "sum of profits / sum of losses of closed trades"
        ) { $0.trading.tradeProfitFactor },
        Figure(
            "trade_expectancy", "Expectancy of a trade", .amount, "mean profit of a closed trade"
        ) { $0.trading.tradeExpectancy },
        Figure("holding_s", "Holding time", .seconds, "from entry to exit, mean") {
            $0.trading.holdingS
        },
    ]

    static let orders = [
        Figure("orders_placed", "Orders placed", .count, "their number") {
            $0.run.orders.placed.map { Double($0) }
        },
        Figure("fill_ratio", "Fill ratio", .share, "orders filled / placed") {
            $0.trading.fillRatio
        },
        Figure("cancel_ratio", "Cancel ratio", .share, "orders cancelled / placed") {
            $0.trading.cancelRatio
        },
        Figure("reject_ratio", "Reject ratio", .share, "orders rejected / placed") {
            $0.trading.rejectRatio
        },
        Figure("expire_ratio", "Expire ratio", .share, "orders expired / placed") {
            $0.trading.expireRatio
        },
        Figure("exposure_mean", "Mean exposure", .share, "mean of |position| / equity") {
            $0.trading.meanExposure
        },
        Figure("exposure_max", "Largest exposure", .share, "max of |position| / equity") {
            $0.trading.maxExposure
        },
        Figure("time_in_market", "Time in the market", .share, "periods that end with a position") {
            $0.trading.timeInMarket
        },
        Figure(
            "inventory_half_life_s", "Inventory half-life", .seconds,
            "-ln 2 / ln phi periods, phi of x(t) = a + phi x(t - 1) + e of the position"
        ) { $0.trading.inventoryHalfLifeS },
    ]
}
