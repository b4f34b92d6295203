//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Platform
import Reports

enum ReportCommand: Command {
    static let name = "report"
    static let summary = "Figures and a page of runs: backtest, paper or live, side by side."

    private static let intervals: [String: UInt64] = [
        "1s": 1_000_000_000, "1m": 60_000_000_000, "1h": 3_600_000_000_000,
        "1d": 86_400_000_000_000,
    ]

    private static let parser = OptionParser(
        command: "apus report", summary: summary,
        options: [
            .value("out", "FILE", help: "One HTML page that needs nothing else."),
            .value("json", "FILE", help: "Every figure; what is undefined is null."),
            .choice(
                "interval", of: ["1s", "1m", "1h", "1d"],
                help: "Of a return; without, by the length of the runs."),
            .value(
                "periods-per-year", "N", kind: .number(1...1e10),
                help: "Returns that make a year; without, those of 365 days."),
            .value(
                "trials", "N", kind: .integer(1...1_000_000_000),
                help: "Parameter sets that were tried, for the deflated Sharpe ratio."),
        ],
        positional: Positional(
            "RUN.json", count: 1...Report.runsMax, help: "Of apus-run, version 1."))

    static func run(_ arguments: [String]) throws -> Int32 {
        let given = parser.parseOrExit(arguments)
        let runs = try Report.distinct(given.positional.map { try Run(path: $0) })
        let analyses = try RunAnalysis.all(
            runs,
            ReportOptions(
                intervalNs: given.text("interval").flatMap { intervals[$0] },
                periodsPerYear: given.number("periods-per-year"),
                trials: given.integer("trials")))
        for (path, text) in [
            (given.text("out"), Report.html), (given.text("json"), Report.json),
        ] as [(String?, ([RunAnalysis]) -> String)] {
            guard let path else { continue }
            guard TextFile.write(text(analyses), to: path) else {
                throw RunFileError(path, "cannot be written")
            }
            writeError("written to \(path)")
        }
        for line in Report.lines(analyses) { print(line) }
        return ExitStatus.ok
    }
}
