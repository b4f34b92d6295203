//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Backtest
import Configuration
import Messages
import Options
import TradingCore

enum BacktestCommand: Command {
    static let name = "backtest"
    static let summary = "Recorded market data through the production stages, a model as venue."

    private static let parser = OptionParser(
        command: "apus backtest", summary: summary,
        options: [
            .value("config", "FILE", help: "Configuration; the venue model's keys are backtest.*."),
            .assignment("set", help: "Override one key of the configuration."),
            .many(
                "data", "FILE",
                help: "A journal, captures, .npz of hftbacktest, .csv of Tardis, or klines of "
                    + "Binance: open, nearer extreme, other extreme, close; a quarter of the "
                    + "volume at each; one tick of spread."),
            .choice(
                "venue", of: ReplayCommand.venues, default: "binance-usdm",
                help: "Of the captures."),
            .value("symbol", "SYMBOL", default: "BTC-USDT", help: "Of .npz, .csv and .zip files."),
            .value(
                "instruments", "FILE",
                help: "exchangeInfo or instruments JSON; else precision is inferred."),
            .value(
                "since", "TIME", help: "Trade from then on; what comes before warms up."),
            .value("until", "TIME", help: "The data ends before."),
            .value("out", "FILE", help: "Write the result there as JSON."),
            .flag("brief", help: "Of the result: without orders one by one, and without marks."),
            .value(
                "delays", "TIMES",
                help: "A run more for each way to the venue, 1us,1ms,250ms; a table, and with "
                    + "--out the result's cost of speed."),
        ],
        positional: Positional("FILE", count: 0..., help: "As --data."))

    static func run(_ arguments: [String]) throws -> Int32 {
        let options = parser.parseOrExit(arguments)
        guard let venue = Venue(text: options.text("venue") ?? "") else {
            throw UsageError("--venue: an unknown venue")
        }
        let paths = options.texts("data") + options.positional
        guard !paths.isEmpty else { throw UsageError("--data FILE…: no data") }
        var request = BacktestRequest(
            paths: paths, venue: venue, symbol: options.text("symbol") ?? "",
            instrumentsFile: options.text("instruments"),
            settings: try ReplayCommand.settings(options))
        request.range = try range(options)
        let delays = try options.text("delays").map(Delays.init) ?? Delays()
        let tell = { (line: String) in writeError("apus backtest: \(line)") }
        let out = options.text("out")
        if out == nil, options.text("delays") != nil {
            for line in DelayCost.lines(try request.costs(of: delays, tell)) { print(line) }
            return ExitStatus.ok
        }
        let report = try request.run(delays: delays, tell)
        if let out { try report.write(to: out, isBrief: options.isGiven("brief")) }
        for line in report.lines { print(line) }
        if !report.delays.isEmpty {
            print("")
            for line in DelayCost.lines(report.delays) { print(line) }
        }
        return report.malformed == 0 ? ExitStatus.ok : ExitStatus.failed
    }

    private static func range(_ options: ParsedOptions) throws -> BacktestRange {
        func time(_ name: String) throws -> Int64? {
            guard let text = options.text(name) else { return nil }
            guard let value = TimeText.nanoseconds(text) else {
                throw UsageError("--\(name): a time like 2026-11-26T14:49:39.5Z")
            }
            return Int64(clamping: value)
        }
        let range = BacktestRange(
            sinceNs: try time("since") ?? .min, untilNs: try time("until") ?? .max)
        guard range.sinceNs < range.untilNs else { throw UsageError("--since is before --until") }
        return range
    }
}
