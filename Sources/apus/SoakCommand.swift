//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Options
import Soak

enum SoakCommand: Command {
    static let name = "soak"
    static let summary = "Hours to weeks against the simulator with faults, and a verdict."

    private static let parser = OptionParser(
        command: "apus soak", summary: summary,
        options: [
            .value(
                "duration", "TIME", kind: .duration, default: "2h",
                help: "From the moment the engine is ready, like 90s or 7d."),
            .value(
                "interval", "TIME", kind: .duration, default: "60s",
                help: "From one sample and comparison with the venues to the next."),
            .value(
                "config", "FILE",
                help: "The engine's configuration; without, that of tuning/profiles/soak.yaml."),
            .assignment("set", help: "Override one key of the engine's configuration."),
            .value(
                "faults", "FILE", default: "default",
                help: "What goes wrong: a file, none, or default."),
            .value(
                "seed", "N", kind: .integer(0...Int.max), default: "1",
                help: "Seed of the market and of the default faults."),
            .value("report", "DIR", default: "soak-report", help: "Where everything is written."),
            .flag("keep-going", help: "Go on behind a violation."),
            .flag("resume", help: "Take up the samples in DIR and run for what is left."),
        ])

    static func run(_ arguments: [String]) throws -> Int32 {
        let given = parser.parseOrExit(arguments)
        var options = SoakOptions()
        options.durationNs = given.durationNs("duration") ?? options.durationNs
        options.intervalNs = given.durationNs("interval") ?? options.intervalNs
        guard options.intervalNs >= 1_000_000_000, options.durationNs >= options.intervalNs else {
            throw UsageError("--interval is 1s at least, and --duration no less than it")
        }
        options.configuration = given.text("config")
        options.assignments = given.assignments("set").map { "\($0.key)=\($0.value)" }
        options.faults = SoakOptions.Faults(given.text("faults") ?? "default")
        options.seed = UInt64(given.integer("seed") ?? 1)
        options.folder = given.text("report") ?? options.folder
        options.keepsGoing = given.isGiven("keep-going")
        options.resumes = given.isGiven("resume")
        let isPassed = try Soak(options, say: { writeError($0) }).run()
        return isPassed ? ExitStatus.ok : ExitStatus.failed
    }
}
