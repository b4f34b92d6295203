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
                help: "A journal, captures, .npz of hftbacktest or .csv of Tardis."),
            .choice(
                "venue", of: ReplayCommand.venues, default: "binance-usdm",
                help: "Of the captures."),
            .value("symbol", "SYMBOL", default: "BTC-USDT", help: "Of .npz and .csv files."),
            .value(
                "instruments", "FILE",
                help: "exchangeInfo or instruments JSON; else precision is inferred."),
            .value(
                "since", "TIME", help: "Trade from then on; what comes before warms up."),
            .value("until", "TIME", help: "The data ends before."),
            .value("out", "FILE", help: "Write the result there as JSON."),
            .value("delays", "TIMES", help: "A run for each way to the venue: 1us,1ms,250ms."),
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
        if let delays = options.text("delays") {
            for line in try request.delayTable(delays.split(separator: ",").map(String.init)) {
                print(line)
            }
            return ExitStatus.ok
        }
        let report = try request.run { writeError("apus backtest: \($0)") }
        if let path = options.text("out") { try report.write(to: path) }
        for line in report.lines { print(line) }
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
