//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Backtest
import Messages
import Options
import TradingCore

enum GapCommand: Command {
    static let name = "gap"
    static let summary = "Why a live session did not earn what it would have on paper."

    private static let parser = OptionParser(
        command: "apus gap", summary: summary,
        options: [
            .value("live", "DIR", required: true, help: "The journal of the live session."),
            .value(
                "session", "N", kind: .integer(1...1_000_000),
                help: "Of the journal; else its last one."),
            .choice("venue", of: ["binance-usdm", "okx"], default: "binance-usdm",
                help: "One venue of the session."),
            .value(
                "config", "FILE",
                help: "With the model's keys, backtest.*; else the session's configuration."),
            .assignment("set", help: "Override one key of the configuration."),
            .value("paper", "FILE", help: "Result of a paper run to compare with."),
            .value(
                "summary", "FILE",
                help: "The session's summary, to tell own computing from the way."),
            .value("out", "FILE", help: "Write the report there as JSON."),
        ])

    static func run(_ arguments: [String]) throws -> Int32 {
        let options = parser.parseOrExit(arguments)
        guard let venue = Venue(text: options.text("venue") ?? "") else {
            throw UsageError("--venue: an unknown venue")
        }
        var request = GapRequest(folder: options.text("live") ?? "", venue: venue)
        request.session = options.integer("session")
        request.paper = options.text("paper")
        request.summary = options.text("summary")
        request.assignments = options.assignments("set").map { "\($0.key)=\($0.value)" }
        if let file = options.text("config") {
            request.settings = try RunCommand.settings(file: file, assignments: [])
        }
        let report = try request.run { writeError("apus gap: \($0)") }
        if let path = options.text("out") { try report.write(to: path) }
        for line in report.lines { print(line) }
        return ExitStatus.ok
    }
}
