//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Glibc
import Messages
import Options
import TradingCore

enum ReplayCommand: Command {
    static let name = "replay"
    static let summary = "Recorded frames through the production stages, results as rows."
    static let venues = ["binance-usdm", "binance-coinm", "binance-spot", "okx"]

    private static let parser = OptionParser(
        command: "apus replay", summary: summary,
        options: [
            .choice("venue", of: venues, default: "binance-usdm", help: "Of the captures."),
            .choice(
                "emit", of: EmitKind.allCases.map(\.rawValue), default: "quotes",
                help: "What to print."),
            .choice("format", of: ["csv", "jsonl"], default: "csv", help: "Of the rows."),
            .value(
                "timeframe", "BARS", default: "1s",
                help: "Of bars and indicators: 1s, 5m, 1d, ticks:100, volume:2.5 or dollar:1000."),
            .flag(
                "forming",
                help: "With bars: the one that forms too, after each frame that changed it."),
            .value(
                "instruments", "FILE",
                help: "exchangeInfo or instruments JSON; else precision is inferred."),
            .flag("lines", help: "The captures are one feed, recorded by several connections."),
            .flag(
                "verify", help: "Of a journal: compare order bytes, verdicts and how it ended."),
            .choice(
                "placement", of: ["fused", "pipelined"], default: "fused",
                help: "Of a journal: the stages on one thread, or on four."),
            .choice(
                "instructions", of: ["all"] + KernelPaths.sets, default: "all",
                help: "Of a journal: the most that kernels may use; the result is the same."),
            .value("speed", "N", default: "max", help: "Of a journal: times its own pace."),
            .value(
                "since", "TIME", help: "Of a journal: no pace and no steps before."),
            .value("until", "TIME", help: "Of a journal: stop before the first frame behind it."),
            .value(
                "until-record", "SEQUENCE",
                help: "Of a journal: stop behind it and print how the stages stand."),
            .flag("step", help: "Of a journal: wait for Enter behind each frame; s: the state."),
            .value("config", "FILE", help: "Configuration of strategy, risk and models."),
            .assignment("set", help: "Override one key of the configuration."),
        ],
        positional: Positional(
            "FILE", count: 1..., help: "Captures, plain, gzip or zstd; or a journal's folder."))

    static func run(_ arguments: [String]) throws -> Int32 {
        let options = parser.parseOrExit(arguments)
        if options.positional.contains(where: JournalReplayCommand.isFolder) {
            return try JournalReplayCommand.run(options)
        }
        if let given = JournalReplayCommand.options.first(where: options.isGiven) {
            throw UsageError("--\(given) goes with the folder of a journal")
        }
        guard let venue = Venue(text: options.text("venue") ?? ""),
            let emit = EmitKind(rawValue: options.text("emit") ?? ""),
            let timeframe = Timeframe(options.text("timeframe") ?? "")
        else { throw UsageError("--timeframe: 1ms to 7d, ticks:N, volume:BASE or dollar:QUOTE") }
        var request = ReplayRequest(
            files: options.positional, venue: venue, emit: emit,
            format: options.text("format") ?? "csv", timeframe: timeframe,
            instrumentsFile: options.text("instruments"), settings: try settings(options))
        request.showsForming = options.isGiven("forming")
        guard emit == .bars || !request.showsForming else {
            throw UsageError("--forming goes with --emit bars")
        }
        request.areLines = options.isGiven("lines")
        let replay = try Replay(
            request, output: { write($0) }, warn: { writeError("apus replay: \($0)") })
        let report = try replay.run()
        writeError(
            "apus replay: \(report.lines) lines, \(report.malformedLines) malformed, "
                + "\(report.parseErrors) parse errors, \(report.unknownMessages) unknown, "
                + "\(report.gaps) gaps, \(report.rows) rows" + checksums(report) + lines(report))
        return report.malformedLines == 0 && report.parseErrors == 0
            && report.checksumMismatches == 0
            ? ExitStatus.ok : ExitStatus.failed
    }

    /// Said where the captures carry checksums at all.
    private static func checksums(_ report: ReplayReport) -> String {
        let total = report.checksumMatches + report.checksumMismatches
        if total == 0 { return "" }
        return ", \(total) checksums, \(report.checksumMismatches) checksum mismatches"
    }

    private static func lines(_ report: ReplayReport) -> String {
        report.feedLines.enumerated().map { line, row in
            ", line \(line): \(row.wins) first, \(row.copies) copies, \(row.ahead) ahead"
        }.joined()
    }

    /// The defaults of a replay, then what was given.
    static func settings(_ options: ParsedOptions) throws -> Settings {
        try RunCommand.settings(
            file: options.text("config"),
            assignments: options.assignments("set").map { "\($0.key)=\($0.value)" },
            profile: options.text("config") == nil ? DemoProfile.replay : nil)
    }

    /// Ends quietly when the reader of a pipe has gone.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let count = unsafe Glibc.write(1, bytes.baseAddress! + done, bytes.count - done)
                if count <= 0 { exit(ExitStatus.failed) }
                done += count
            }
        }
    }
}
