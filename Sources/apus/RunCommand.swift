//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Glibc
import Options
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
        ])

    static func run(_ arguments: [String]) throws -> Int32 {
        let options = parser.parseOrExit(arguments)
        let settings = try Self.settings(
            file: options.text("config"),
            assignments: options.assignments("set").map { "\($0.key)=\($0.value)" })
        try Engine.run(
            settings, durationNs: options.durationNs("duration"),
            summaryPath: options.text("summary"))
        return ExitStatus.ok
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
