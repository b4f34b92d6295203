//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration

extension EngineSchema {
    static let strategy = [
        Key("strategy.name", .word(["signal-threshold", "reflex"]), "reflex",
            "signal-threshold trades a model's score; reflex is the latency probe"),
        Key("strategy.order_notional", .decimal, "200",
            "value of one order, quote currency; becomes lots at the mid, rounded down"),
        Key("strategy.position_notional", .decimal, "1000",
            "value of the position aimed at (signal-threshold) or not exceeded (reflex)"),
        Key("strategy.order", .word(["ioc", "post-only"]), "ioc",
            "ioc crosses at the opposite best, post-only joins its own best"),
        Key("strategy.offset_ticks", .integer(-1_000_000...1_000_000), "0",
            "ioc: beyond the opposite best; post-only: behind its own best"),
        Key("strategy.resting_max", .duration, "2s",
            "a post-only order older than this is cancelled"),
        Key("strategy.buy_above_bps", .number(-1e6...1e6), "0.5",
            "signal-threshold: buy when the score is above, basis points"),
        Key("strategy.sell_below_bps", .number(-1e6...1e6), "-0.5",
            "signal-threshold: sell when the score is below, basis points"),
        Key("strategy.buy_probability", .number(0.5...1), nil,
            "signal-threshold, probability models: and a rise is likelier, 0.65 for instance"),
        Key("strategy.sell_probability", .number(0...0.5), nil,
            "signal-threshold, probability models: and a rise is less likely, 0.35 for instance"),
        Key("strategy.score_max", .number(0.001...1e6), "100",
            "signal-threshold: refuse scores of a larger magnitude, basis points"),
        Key("strategy.stuck_after", .integer(0...1_000_000), "1000",
            "signal-threshold: refuse a score that stayed the same over so many quotes; 0: never"),
        Key("strategy.minimum_confidence", .number(0...1), "0",
            "signal-threshold: ignore signals with less"),
        Key("strategy.minimum_agreement", .number(0...1), "0",
            "signal-threshold: least share of the models whose score has the signal's sign"),
        Key("strategy.cooldown", .duration, "1s",
            "signal-threshold: least time between two orders of one instrument"),
        Key("strategy.signal_cooldown", .duration, "0s",
            "signal-threshold: least time between an order and one on the other side"),
        Key("strategy.interval", .duration, "500ms",
            "reflex: at most one order per instrument in this time"),
        Key("strategy.spread_ticks_min", .integer(0...1_000_000), "0",
            "reflex: act only when the spread is at least this"),
        Key("strategy.imbalance_min", .number(0...1), "0",
            "reflex: act only when |bid - ask quantity| / sum at the best is at least this"),
        Key("strategy.side", .word(["alternating", "imbalance"]), "alternating",
            "reflex: buy and sell in turn, or the side with more quantity at the best"),
        Key("strategy.working_orders_max", .integer(1...8), "1",
            "reflex: orders of one instrument that may work at a time"),
        Key("strategy.sizing.method", .word(["fixed", "equity", "volatility", "kelly"]), "fixed",
            "what one order is worth: order_notional, or by what follows"),
        Key("strategy.sizing.equity", .decimal, "10000",
            "quote currency; used until the account tells its own"),
        Key("strategy.sizing.equity_share", .number(0.000001...1), "0.02",
            "equity: share of it"),
        Key("strategy.sizing.volatility_target", .number(0.000001...1), "0.0001",
            "volatility: share of the equity that a step's standard deviation may move"),
        Key("strategy.sizing.kelly_fraction", .number(0.001...1), "0.25",
            "kelly: of the growth-optimal share"),
        Key("strategy.sizing.share_max", .number(0.000001...100), "0.1",
            "volatility, kelly: the most of one order, share of the equity"),
        Key("strategy.sizing.step", .duration, "1s",
            "time between two mids whose return counts"),
        Key("strategy.sizing.decay", .number(0...0.999999), "0.94",
            "of the mean square return with each further one"),
        Key("strategy.sizing.warm_up", .integer(1...100_000), "30",
            "returns before anything is ordered"),
        Key("strategy.sizing.horizon", .duration, "1s", "kelly: the time that a score speaks of"),
    ]

    static let execution = [
        Key("execution.recv_window", .duration, "5s",
            "how long a request stays valid at the venue, whole milliseconds up to 60s"),
        Key("execution.in_flight_timeout", .duration, "1s",
            "a request without answer for this long has an unknown outcome"),
        Key("execution.quality_file", .text, nil,
            "CSV of execution quality: each order at its end, each fill with its markouts"),
    ]
}
