//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Messages
import Options
import TradingCore

enum FeaturesCommand: Command {
    static let name = "features"
    static let summary = "What features there are, and their scale: list, fit."

    static func run(_ arguments: [String]) throws -> Int32 {
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "list": return try list(rest)
        case "fit": return try fit(rest)
        case "--help", "-h":
            print(help)
            return ExitStatus.ok
        case let other:
            writeError("apus features: unknown '\(other ?? "")'; see apus features --help")
            return ExitStatus.usage
        }
    }

    private static let help = """
        Usage: apus features COMMAND [options]

        \(summary)

        Commands:
          list  Every feature that can be declared: parameters, unit, definition.
          fit   Fit mean, 1/sigma and clip of the declared features on recorded captures.

        apus features COMMAND --help shows a command's options.
        """

    private static let listParser = OptionParser(
        command: "apus features list",
        summary: "Every feature that features.schema can declare: parameters, unit, definition.",
        options: [
            .flag("declared", help: "Those of the configuration instead, as they are in a vector."),
            .value("config", "FILE", help: "Configuration, for --declared."),
            .assignment("set", help: "Override one key of the configuration."),
        ])

    private static func list(_ arguments: [String]) throws -> Int32 {
        let options = listParser.parseOrExit(arguments)
        print(
            options.isGiven("declared")
                ? try FeatureFitting.schemaText(try ReplayCommand.settings(options))
                : FeatureFitting.listing)
        return ExitStatus.ok
    }

    private static let fitParser = OptionParser(
        command: "apus features fit",
        summary: """
            Fit mean, 1/sigma and clip of the declared features on the warm vectors of recorded
            captures, for apus model fit-linear --normaliser.
            """,
        options: [
            .value("out", "FILE", default: "normaliser.json", help: "Where the normaliser goes."),
            .value("clip", "SIGMAS", default: "5", help: "Bound of a normalised value, to 100."),
            .choice(
                "venue", of: ReplayCommand.venues, default: "binance-usdm",
                help: "Of the captures."),
            .value("instruments", "FILE", help: "exchangeInfo JSON; else precision is inferred."),
            .value("config", "FILE", help: "Configuration, for the features and time frames."),
            .assignment("set", help: "Override one key of the configuration."),
        ],
        positional: Positional("CAPTURE", count: 1..., help: "Plain, gzip or zstd."))

    private static func fit(_ arguments: [String]) throws -> Int32 {
        let options = fitParser.parseOrExit(arguments)
        guard let venue = Venue(text: options.text("venue") ?? ""),
            let output = options.text("out"),
            let clip = Float(options.text("clip") ?? ""), clip > 0, clip <= 100
        else { throw UsageError("--clip must be above 0 and at most 100") }
        let line = try FeatureFitting.fit(
            files: options.positional, venue: venue, clip: clip,
            instrumentsFile: options.text("instruments"),
            settings: try ReplayCommand.settings(options), output: output,
            warn: { writeError("apus features: \($0)") })
        print(line)
        writeError("normaliser written to \(output)")
        return ExitStatus.ok
    }
}
