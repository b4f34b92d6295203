//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration

extension EngineSchema {
    static let algorithms =
        [
            Key("execution.algorithm",
                .word(["none", "twap", "vwap", "pov", "iceberg", "almgren-chriss", "pegged",
                    "chase"]), "none",
                "how the strategy's orders are worked; none: each is sent as it is"),
            Key("execution.child_collar_bps", .integer(0...10_000), "10",
                "how far beyond the other side's best a crossing child may trade, basis points"),
            Key("execution.child_retry", .duration, "100ms",
                "least time between the end of a child that was not filled and the next"),
            Key("execution.child_backoff", .duration, "100ms",
                "wait after a refused child; doubles with each further one in a row"),
            Key("execution.child_backoff_max", .duration, "10s", "the longest such wait"),
            Key("execution.child_refusals_max", .integer(1...100), "10",
                "a parent with so many refused children in a row fails"),
        ]
        + time("twap", "1m", "cross") + slices("twap", "12", "0.2")
        + time("vwap", "1h", "cross") + slices("vwap", "60", "0")
        + [
            Key("execution.algorithms.vwap.profile", .texts, "",
                "weights of equal parts of the day, UTC, the first from midnight; none: even"),
            Key("execution.algorithms.vwap.profile_file", .text, nil,
                "a CSV file with a weight at the end of each line instead"),
        ]
        + time("pov", "1h", "cross")
        + [
            Key("execution.algorithms.pov.share", .number(0.0001...1), "0.1",
                "of the traded quantity, our own included")
        ]
        + time("iceberg", "0s", "leave")
        + [
            Key("execution.algorithms.iceberg.display", .number(0.0001...1), "0.1",
                "share of the quantity that is shown")
        ]
        + time("almgren_chriss", "1m", "cross") + slices("almgren_chriss", "12", "0")
        + [
            Key("execution.algorithms.almgren_chriss.volatility", .number(1e-9...1e9), "1",
                "sigma: of the price, per root of a second"),
            Key("execution.algorithms.almgren_chriss.temporary_impact", .number(1e-9...1e9), "1",
                "eta: on the price, per lot a second"),
            Key("execution.algorithms.almgren_chriss.permanent_impact", .number(0...1e9), "0",
                "gamma: on the price, per lot"),
            Key("execution.algorithms.almgren_chriss.risk_aversion", .number(0...1e9), "0.001",
                "lambda; 0: a straight line"),
        ]
        + time("pegged", "0s", "leave")
        + [
            Key("execution.algorithms.pegged.reference", .word(["own", "mid", "opposite"]), "own",
                "own or opposite best price, or the mid"),
            Key("execution.algorithms.pegged.offset_ticks", .integer(0...1_000_000), "0",
                "behind the reference"),
            Key("execution.algorithms.pegged.hysteresis_ticks", .integer(1...1_000_000), "1",
                "it is moved when it is off by at least this"),
            Key("execution.algorithms.pegged.interval", .duration, "500ms",
                "least time between two moves"),
        ]
        + time("chase", "10s", "cross")
        + [
            Key("execution.algorithms.chase.distance_bps", .integer(0...10_000), "10",
                "how far the best price may run before the order crosses, basis points"),
            Key("execution.algorithms.chase.interval", .duration, "500ms",
                "least time between two moves"),
        ]

    static let exits = [
        Key("exits.enabled", .boolean, "true",
            "positions are closed by the engine itself; flatten works without"),
        Key("exits.stop_loss", .number(0...1), "0.01",
            "loss against the average entry, share of it; 0: off, as in all of these"),
        Key("exits.take_profit", .number(0...1), "0.02", "profit against the average entry"),
        Key("exits.target_rests", .boolean, "false",
            "the profit rests in the book as a reduce-only order, as far as risk's collar lets it"),
        Key("exits.trailing", .number(0...1), "0",
            "way back from the best price since the entry, share of it"),
        Key("exits.atr_stop", .number(0...1_000), "0",
            "loss against the average entry, in average true ranges"),
        Key("exits.atr_trailing", .number(0...1_000), "0",
            "way back from the best price since the entry, in average true ranges"),
        Key("exits.atr_period", .integer(1...1_000), "14", "bars of the average true range"),
        Key("exits.atr_timeframe", .duration, "1m", "length of one of them, by the mid"),
        Key("exits.holding_max", .duration, "0s", "a position is closed when it is older"),
        Key("exits.collar_bps", .integer(0...10_000), "50",
            "how far beyond the other side's best a closing order may trade, basis points"),
    ]

    private static func time(_ name: String, _ duration: String, _ remainder: String) -> [Key] {
        [
            Key("execution.algorithms.\(name).duration", .duration, duration,
                "how long a parent works; 0s: without an end"),
            Key("execution.algorithms.\(name).remainder", .word(["cross", "leave"]), remainder,
                "what becomes of the rest then"),
        ]
    }

    private static func slices(_ name: String, _ slices: String, _ jitter: String) -> [Key] {
        [
            Key("execution.algorithms.\(name).slices", .integer(1...10_000), slices,
                "children, equally far apart"),
            Key("execution.algorithms.\(name).jitter", .number(0...1), jitter,
                "how much later one may go, share of the time between two"),
        ]
    }
}
