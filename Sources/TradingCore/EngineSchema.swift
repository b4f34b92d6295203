//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
public import Configuration
import Indicators

/// Every key of the engine's configuration file; `tuning/profiles/reference.yaml` documents each.
public enum EngineSchema {
    public static let keys: [Key] =
        system + trading + placement + features + models + inference + strategy + risk + execution
        + algorithms + exits + journal + monitor + simulator + backtest

    private static let system = [
        Key("system.instance", .text, "default",
            "name of this engine; its shared memory is /dev/shm/apus.<instance>"),
        Key("system.mode", .word(["production", "development", "test"]), "development",
            "production refuses to start without pinning, locked memory or priority"),
        Key("system.log_level", .word(["debug", "info", "warning", "error"]), "info",
            "least level of the log lines on standard error"),
        Key("system.max_memory_usage", .size, "2GiB",
            "refuse to start when rings and books would need more"),
    ]

    private static let trading = [
        Key("trading.venues", .words(["binance-usdm", "binance-spot", "okx"]), "binance-usdm",
            "venues to trade on; binance-spot brings market data alone"),
        Key("trading.symbols", .texts, "BTC-USDT,ETH-USDT,SOL-USDT",
            "instruments to trade, on every venue, or on one as in okx:BTC-USDT-SWAP"),
        Key("trading.timeframes", .texts, "1s,3s,1m",
            "bars the indicators run on, at most 8: 1ms to 7d, ticks:N, volume:BASE, dollar:QUOTE"),
        Key("trading.klines",
            .word([
                "none", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d",
            ]),
            "none", "candles of the venue that its trades are compared with; OKX has none of 8h"),
        Key("trading.channels", .words(["trades", "trades-all", "books", "tickers"]),
            "trades,books,tickers",
            "market data to subscribe to; books are always needed; trades-all: each match of OKX"),
        Key("trading.depth_interval", .word(["0ms", "100ms", "250ms", "500ms"]), "100ms",
            "batching of the venue's depth stream; 0ms is accepted but not documented by Binance"),
        Key("trading.trade_stream", .word(["trade", "aggTrade"]), "trade",
            "each fill, or fills merged over 100 ms"),
        Key("trading.lines", .integer(1...3), "1",
            "connections that carry the same market data; the first arrival counts"),
        Key("trading.connection_lifetime", .duration, "23h",
            "age at which a market data connection is replaced; venues end them after 24h"),
        Key("trading.silence_max", .duration, "15s",
            "a market data connection without messages for so long is made anew"),
        Key("trading.dead_man", .duration, "0s",
            "the venue cancels all orders when it has not heard of the engine for so long; 0s: "
                + "off"),
        Key("trading.orders_at_start", .word(["cancel", "adopt"]), "cancel",
            "open orders of an earlier run: cancel all of the symbols, or follow those of ours"),
        Key("trading.positions_at_start", .word(["adopt", "refuse"]), "adopt",
            "positions of an earlier run: take them over, or do not start"),
        Key("trading.reconcile_interval", .duration, "30s",
            "control 24: orders, fills and positions are compared with the venue's so often"),
        Key("trading.account_interval", .duration, "5s",
            "equity and margin are asked for so often"),
        Key("trading.instrument_interval", .duration, "300s",
            "control 26: ticks, lots and contract values are compared so often"),
        Key("trading.funding_interval", .duration, "5m",
            "funding that was paid or received is asked for so often"),
        Key("trading.clock_offset_max", .duration, "500ms",
            "control 25: largest difference between the venue's clock and ours"),
        Key("trading.clock_step_max", .duration, "250ms",
            "control 25: largest change of it from one measurement to the next"),
        Key("trading.clock_error_max", .duration, "0s",
            "control 25: largest error the kernel reckons with for our clock; 0s: any"),
        Key("trading.okx_book", .word(["books", "books50-l2-tbt", "books-l2-tbt"]), "books",
            "OKX's book channel; the last two are for accounts of level VIP4 and up"),
        Key("trading.okx_bootstrap", .word(["stream", "rest"]), "stream",
            "where an OKX book begins: the stream's own snapshot, or one by REST"),
        Key("trading.spot_encoding", .word(["json", "sbe"]), "json",
            "form of Spot's market data; sbe is binary and needs BINANCE_API_KEY"),
        Key("trading.account", .word(["simulated", "live"]), "simulated",
            "simulated: the venue is a simulator; live needs endpoints, keys and --live"),
    ] + EndpointKeys.all

    private static let placement = [
        Key("placement.mode", .word(PlacementModeNames.all), "auto",
            "auto: fused below 6 cores, pipelined from there on"),
        Key("placement.idle", .word(["spin", "yield"]), "spin",
            "what a hot thread does without work"),
        Key("placement.timer_interval", .duration, "1ms",
            "a timer record is made when nothing arrived for this long"),
        Key("placement.keep_warm", .duration, "100us",
            "idle time after which a thread runs a dry message through its code; 0s: never"),
        Key("placement.threads", .items([
            Key("name", .text, "hot", "thread name, at most 15 bytes"),
            Key("core", .integer(-1...1023), "-1", "core to pin to; -1 leaves it to the scheduler"),
            Key("stages", .words(["reader", "parser", "kernel", "inference", "strategy",
                "execution", "risk", "gateway"]), "", "what runs on it, in the order of the path"),
            Key("priority", .integer(0...99), "0", "SCHED_FIFO priority; 0: normal scheduling"),
        ]), nil, "the threads of mode custom"),
    ]

    private static let features = [
        Key("features.trigger", .word(["quote", "trade", "interval", "bar"]), "quote",
            "what asks for a decision"),
        Key("features.interval", .duration, "100ms", "period of trigger interval"),
        Key("features.schema", .texts, "",
            "features of a vector, in order, at most 124; none: the 36 standard ones"),
        Key("features.tracker_horizons", .texts, "",
            "follow what features tell of the mid over these times, at most 4; none: do not"),
        Key("features.indicators", .texts, IndicatorPlan.standardTexts.joined(separator: ","),
            "indicators of every time frame, at most 121 numbers"),
    ]

    private static let models = [
        Key("models", .items([
            Key("file", .text, nil, "model file made by apus model"),
            Key("rule", .text, nil, "instead of a file: imbalance, momentum or mean-reversion"),
            Key("name", .text, nil, "of a-z, 0-9 and hyphens; the file's own if none is given"),
            Key("mode", .text, nil, "window or carry: the start is refused if the file's differs"),
            Key("enabled", .boolean, "true", "takes part from the start"),
            Key("reference", .boolean, "false",
                "the others are judged by it; if none is, the first linear one"),
            Key("weight", .number(0.001...1), "1", "share in the score"),
        ]), nil, "models to load; none: every signal is invalid"),
    ]

    private static let inference = [
        Key("inference.book_age_max", .duration, "5s",
            "no valid signal when the book was silent for longer; 0s: any age"),
        Key("inference.fallback_after", .integer(64...1_000_000), "2000",
            "predictions judged before a model's record counts"),
        Key("inference.fallback_accuracy_margin", .number(0...1), "0.05",
            "a model is set aside when so much less often right about signs than the reference"),
        Key("inference.fallback_drift", .number(0...100), "1",
            "a model is set aside when its scores' population stability index is above; 0: never"),
    ]

    private static let monitor = [
        Key("monitor.outlier_threshold", .duration, "20us",
            "orders that took longer from frame to encryption are kept and judged; 0s: none")
    ]

    private static let simulator = [
        Key("simulator.seed", .integer(0...Int.max), "1", "seed of the synthetic market"),
        Key("simulator.rate", .number(0.01...100), "1", "multiplier of its event rates"),
        Key("simulator.replay", .texts, "",
            "captures to replay; their times are old: set risk.venue_age_max=1000000h too"),
        Key("simulator.speed", .text, "1.0", "of the replay; max: as fast as it goes"),
    ]
}

enum PlacementModeNames {
    static let all = ["auto", "fused", "pipelined", "custom"]
}
