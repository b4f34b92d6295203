//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Glibc
import Optimise
import Options
import Platform
import TradingCore

enum OptimiseCommand: Command {
    static let name = "optimise"
    static let summary = "Searches a space of parameters by backtests; says how far to trust it."

    /// Of ^C: 128 and the signal's number, as a shell has it.
    private static let interrupted: Int32 = 130
    /// This very program, even when its file has been replaced meanwhile.
    private static let program = "/proc/self/exe"

    private static let parser = OptionParser(
        command: "apus optimise", summary: summary,
        options: [
            .value("config", "FILE", help: "The configuration that parameters are varied in."),
            .assignment("set", help: "Override one key of it in every trial."),
            .many("data", "PATH", help: "What apus backtest runs over."),
            .value(
                "out", "DIR", default: "optimise",
                help: "Takes trials.jsonl, results, result.json and best.yaml."),
            .choice(
                "method", of: SearchMethod.allCases.map(\.rawValue), default: "random",
                help: "How the space is searched."),
            .value(
                "trials", "N", kind: .integer(1...1_000_000), default: "200",
                help: "Proposals of each fold; a grid has its own number."),
            .value(
                "seed", "N", kind: .integer(0...Int.max), default: "1",
                help: "One seed, one search, whatever the jobs."),
            .value(
                "jobs", "N", kind: .integer(1...1_024),
                help: "Trials at a time; without, one for each usable core."),
            .flag("resume", help: "Go on with the trials in DIR; they all count."),
        ],
        positional: Positional("SPACE", count: 1...1, help: "A YAML file: see tuning/profiles."))

    static func run(_ arguments: [String]) throws -> Int32 {
        let given = parser.parseOrExit(arguments)
        StopSignals.block()
        let spacePath = given.positional[0]
        guard let space = TextFile.read(spacePath) else {
            throw OptimiseError("cannot read \(spacePath)")
        }
        let plan = try StudyPlan.parse(space, source: spacePath, schema: EngineSchema.keys)
        let assignments = given.assignments("set")
        let texts = assignments.map { "\($0.key)=\($0.value)" }
        let file = given.text("config")
        let settings = try RunCommand.settings(file: file, assignments: texts, profile: nil)
        let configuration = file.flatMap { TextFile.read($0) }
        let identity = try identity(
            settings, configuration: configuration, assignments: texts,
            data: given.texts("data"))
        let folder = try StudyFolder(
            given.text("out") ?? "optimise", resumes: given.isGiven("resume"))
        let runner = ChildRunner(
            ChildRunner.Command(
                program: program, configuration: file, assignments: texts,
                data: given.texts("data")),
            identity: identity, folder: folder.results, timeoutNs: plan.timeoutNs)
        let study = try Study(
            plan, options(given), identity: identity, registry: folder.registry, runner: runner,
            progress: StudyProgress(isTerminal: isatty(STDERR_FILENO) != 0) { write($0) },
            isStopWanted: { StopSignals.wait(timeoutNs: 0) != nil })
        let result = try study.run()
        try folder.write(
            result, configuration: configuration, source: file ?? "",
            assignments: assignments.map { Assignment(key: $0.key, value: $0.value) },
            schema: EngineSchema.keys)
        print(result.text)
        if result.isStopped { return interrupted }
        return result.hasBest ? ExitStatus.ok : ExitStatus.failed
    }

    private static func options(_ given: ParsedOptions) -> StudyOptions {
        var options = StudyOptions()
        options.method = SearchMethod(rawValue: given.text("method") ?? "") ?? options.method
        options.trials = given.integer("trials") ?? options.trials
        options.seed = UInt64(given.integer("seed") ?? 1)
        options.jobs = given.integer("jobs") ?? max(1, usableCores().count)
        return options
    }

    /// Model files are named by the configuration, and count by what they hold.
    private static func identity(
        _ settings: Settings, configuration: String?, assignments: [String], data: [String]
    ) throws -> StudyIdentity {
        let models = settings.items("models").compactMap { $0.optionalText("file") }
        let variables = Environment.all.filter { $0.key.hasPrefix("APUS_") }
            .map { "\($0.key)=\($0.value)" }.sorted()
        return StudyIdentity(
            build: try StudyIdentity.digest(ofPath: program), configuration: configuration ?? "",
            settings: assignments + variables,
            data: try (data + models).map { try StudyIdentity.digest(ofPath: $0) })
    }

    private static func write(_ text: String) {
        _ = TextFile.append(text, to: STDERR_FILENO)
    }
}
