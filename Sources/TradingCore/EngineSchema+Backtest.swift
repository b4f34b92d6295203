//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration

extension EngineSchema {
    /// The venue model of `apus backtest`.
    static let backtest = [
        Key("backtest.queue_model",
            .word([
                "risk-averse", "power-prob", "power-prob-2", "power-prob-3", "log-prob",
                "log-prob-2",
            ]), "power-prob-3",
            "how the place in a queue is estimated; hftbacktest's models under its names"),
        Key("backtest.queue_power", .number(0.01...100), "3", "n of the power models"),
        Key("backtest.exchange", .word(["no-partial-fill", "partial-fill"]), "partial-fill",
            "hftbacktest's exchanges: orders fill whole or not, or by what trades leave"),
        Key("backtest.shared_queue", .boolean, "true",
            "own orders at a price stand in one queue and share a trade's quantity"),
        Key("backtest.consume_shown", .boolean, "true",
            "what orders took of a shown level stays taken until the venue tells it again"),
        Key("backtest.own_latency", .text, "0ns",
            "from a frame to the order's bytes: 5us, log-normal:5us:0.5, or a file of a histogram"),
        Key("backtest.entry_latency", .text, "1ms", "from the bytes to the venue; as above"),
        Key("backtest.response_latency", .text, "1ms", "from the venue to the frame; as above"),
        Key("backtest.histogram", .text, "tick_to_encrypt",
            "which histogram of a summary in JSON a latency is read from"),
        Key("backtest.seed", .integer(0...Int.max), "1", "of the latencies drawn"),
        Key("backtest.initial_equity", .decimal, "10000", "in the quote currency"),
        Key("backtest.fee_tiers", .items([
            Key("volume_min", .decimal, "0", "traded in 30 days, quote currency"),
            Key("maker_ppm", .integer(-10_000...100_000), "200", "millionths; below 0: a rebate"),
            Key("taker_ppm", .integer(-10_000...100_000), "500", "millionths"),
        ]), nil, "fees by volume; none: 200 and 500, the first tier of Binance USD-M"),
        Key("backtest.volume_30d", .decimal, "0", "traded before the run, for the fee tier"),
        Key("backtest.order_rate_10s", .integer(0...1_000_000), "300",
            "orders that the venue takes in 10 s; 0: any number"),
        Key("backtest.interval", .duration, "1s", "of the equity's samples, record time"),
    ]
}
