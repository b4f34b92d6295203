//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Glibc
import Options
import Paper
import Platform
import TradingCore

enum RunCommand: Command {
    static let name = "run"
    static let summary = "Run the engine; without --config against its own simulator."

    private static let parser = OptionParser(
        command: "apus run", summary: summary,
        options: [
            .value("config", "FILE", help: "Configuration, YAML; keys in tuning/profiles."),
            .value("duration", "TIME", kind: .duration, help: "Stop after this long, like 60s."),
            .assignment("set", help: "Override one key of the configuration."),
            .value("summary", "FILE", help: "Write the final summary and books there as JSON."),
            .choice(
                "mode", of: RunMode.allCases.map(\.rawValue),
                help: "What to trade with; else as trading.account says."),
            .many(
                "account", "NAME",
                help: "Of --mode paper: a virtual account; NAME:key=value sets a key for it."),
            .value("out", "FOLDER", help: "Of --mode paper: a result as JSON for each account."),
            .flag("live", help: "Allow trading with money, after a check of readiness."),
            .flag("check", help: "Of a live account: check readiness, print it, trade nothing."),
            .value("paper", "FILE", help: "Result of the paper run that came before."),
            .value(
                "paper-age", "TIME", kind: .duration, default: "7d",
                help: "Oldest paper run that counts."),
            .value(
                "paper-duration", "TIME", kind: .duration, default: "1h",
                help: "Shortest paper run that counts."),
        ])

    static func run(_ arguments: [String]) throws -> Int32 {
        let options = parser.parseOrExit(arguments)
        var settings = try Self.settings(
            file: options.text("config"),
            assignments: options.assignments("set").map { "\($0.key)=\($0.value)" })
        let mode = try RunMode.resolve(
            options.text("mode"), isLiveAllowed: options.isGiven("live"), &settings)
        try refuse(["check", "paper"], of: "a live account", options, unless: mode == .live)
        try refuse(["account", "out"], of: "--mode paper", options, unless: mode == .paper)
        if mode == .paper, options.isGiven("summary") {
            throw UsageError("--summary is not for --mode paper: its results go to --out")
        }
        switch mode {
        case .simulated: break
        case .paper: return try runPaper(settings, options)
        case .live:
            try requireReady(settings, options)
            if options.isGiven("check") { return ExitStatus.ok }
        }
        try Engine.run(
            settings, durationNs: options.durationNs("duration"),
            summaryPath: options.text("summary"))
        return ExitStatus.ok
    }

    /// What is given and would have no effect is an error.
    private static func refuse(
        _ names: [String], of what: String, _ options: ParsedOptions, unless isRight: Bool
    ) throws {
        if let name = names.first(where: { options.isGiven($0) }), !isRight {
            throw UsageError("--\(name) is for \(what)")
        }
    }

    private static func runPaper(_ settings: Settings, _ options: ParsedOptions) throws -> Int32 {
        let request = PaperRequest(
            settings: settings, plans: try PaperPlan.read(options.texts("account"), settings),
            durationNs: options.durationNs("duration"), folder: options.text("out"))
        try request.run { print($0) }
        return ExitStatus.ok
    }

    /// Prints what a start with money was looked at for.
    ///
    /// - Throws: `EngineError` when something of it failed.
    private static func requireReady(_ settings: Settings, _ options: ParsedOptions) throws {
        var paper = PaperProof(path: options.text("paper"))
        paper.ageMaxNs = options.durationNs("paper-age") ?? paper.ageMaxNs
        paper.durationMinNs = options.durationNs("paper-duration") ?? paper.durationMinNs
        let report = LiveReadiness.check(
            settings, paper: paper, environment: Environment.all, nowNs: wallNs())
        for line in report.text { print(line) }
        try report.requireReady()
    }

    /// File, then environment, then assignments, the later winning.
    ///
    /// - Parameter profile: Read instead of a file when none is given.
    static func settings(
        file: String?, assignments: [String], profile: String? = DemoProfile.run
    ) throws -> Settings {
        var settings = Settings(schema: EngineSchema.keys)
        if let file {
            guard let text = TextFile.read(file) else {
                throw EngineError("cannot read \(file): \(unsafe String(cString: strerror(errno)))")
            }
            try settings.read(yaml: text, source: file)
        } else if let profile {
            try settings.read(yaml: profile, source: DemoProfile.source)
        }
        let environment = Environment.all
        try settings.read(environment: environment)
        if let level = environment["LOG_LEVEL"] {
            try settings.set("system.log_level", level.lowercased(), origin: "LOG_LEVEL")
        }
        for assignment in assignments { try settings.read(assignment: assignment) }
        return settings
    }
}
