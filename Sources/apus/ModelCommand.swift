//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Inference
import Messages
import Options
import TradingCore

enum ModelCommand: Command {
    static let name = "model"
    static let summary = "Fit, convert, check and time models; exchange and switch an engine's."

    static func run(_ arguments: [String]) throws -> Int32 {
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "fit-linear": return try fitLinear(rest)
        case "convert": return try ModelFileCommands.convert(rest)
        case "bench": return try ModelFileCommands.bench(rest)
        case "verify": return try show(rest, command: "verify", isBrief: true)
        case "info": return try show(rest, command: "info", isBrief: false)
        case "load": return try ModelControlCommands.load(rest)
        case "rollback": return try ModelControlCommands.rollBack(rest)
        case "on": return try ModelControlCommands.switchOn(rest)
        case "off": return try ModelControlCommands.switchOff(rest)
        case "--help", "-h":
            print(help)
            return ExitStatus.ok
        case let other:
            let reason = other.map { "unknown '\($0)'" } ?? "a subcommand is needed"
            writeError("apus model: \(reason); see apus model --help")
            return ExitStatus.usage
        }
    }

    private static let help = """
        Usage: apus model COMMAND [options]

        \(summary)

        Commands:
          fit-linear  Fit the linear reference model on recorded captures.
          convert     Make a model file of what tuning/models trained.
          bench       Measure how long a model takes on this machine.
          verify      Load a model file with every check; exit 0 when it is good.
          info        Show what a model file holds.
          load        Put another file in the place of a running engine's model.
          rollback    Go back to what the last load replaced.
          on, off     Let a running engine's model take part, or leave it out.

        apus model COMMAND --help shows a command's options.
        """

    private static let fitParser = OptionParser(
        command: "apus model fit-linear",
        summary: """
            Fit a ridge on the engine's own features of recorded captures. Time is split, purged
            and embargoed; the report is about data the fit has not seen.
            """,
        options: [
            .value("horizon", "TIME", kind: .duration, default: "500ms", help: "Of the forecast."),
            .value("out", "FILE", default: "linear.model", help: "Where the model goes."),
            .choice(
                "venue", of: ReplayCommand.venues, default: "binance-usdm",
                help: "Of the captures."),
            .value("instruments", "FILE", help: "exchangeInfo JSON; else precision is inferred."),
            .value(
                "normaliser", "FILE",
                help: "Of apus features fit; else fitted on the training part."),
            .value("config", "FILE", help: "Configuration, for trigger, features, time frames."),
            .assignment("set", help: "Override one key of the configuration."),
            .flag("json", help: "Print the report as JSON."),
        ],
        positional: Positional("CAPTURE", count: 1..., help: "Plain, gzip or zstd."))

    private static func fitLinear(_ arguments: [String]) throws -> Int32 {
        let options = fitParser.parseOrExit(arguments)
        guard let horizon = options.durationNs("horizon"), horizon > 0,
            let venue = Venue(text: options.text("venue") ?? ""),
            let output = options.text("out")
        else { throw UsageError("--horizon must be above 0") }
        let report = try ModelFitting.fitLinear(
            files: options.positional, venue: venue, horizonNs: horizon,
            instrumentsFile: options.text("instruments"),
            normaliserFile: options.text("normaliser"),
            settings: try ReplayCommand.settings(options), output: output,
            warn: { writeError("apus model: \($0)") })
        print(options.isGiven("json") ? report.json : report.text)
        writeError("model written to \(output)")
        return ExitStatus.ok
    }

    private static func show(
        _ arguments: [String], command: String, isBrief: Bool
    ) throws -> Int32 {
        let parser = OptionParser(
            command: "apus model \(command)", summary: "Load a model file with every check.",
            options: [], positional: Positional("FILE", count: 1...1, help: "The model file."))
        let options = parser.parseOrExit(arguments)
        let text = try ModelText.describe(options.positional[0])
        print(isBrief ? "\(options.positional[0]): good" : text)
        return ExitStatus.ok
    }
}
