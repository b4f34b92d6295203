//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Options
import Platform
import Telemetry
import TradingCore

/// What halt, resume, status and the requests to models have in common: they open a running
/// engine's control page.
enum ControlCommands {
    static let instance = Option.value(
        "instance", "NAME", default: "default", help: "Name of the engine.")

    static func open(_ options: ParsedOptions) throws -> ControlHandle {
        let directory = try directory(options)
        do throws(PlatformError) {
            return try ControlHandle.open(directory.segment("control"))
        } catch {
            throw EngineError("no engine named '\(directory.name)' (\(error))")
        }
    }

    static func directory(_ options: ParsedOptions) throws -> InstanceDirectory {
        let name = options.text("instance") ?? "default"
        guard let directory = InstanceDirectory(name: name) else {
            throw EngineError("'\(name)' is no instance name")
        }
        return directory
    }

    /// What the engine shows of itself.
    static func telemetry(_ options: ParsedOptions) throws -> TelemetryReader {
        try TelemetryReader(path: try directory(options).segment("telemetry"))
    }

    static func openLiving(_ options: ParsedOptions) throws -> ControlHandle {
        let control = try open(options)
        guard isProcessAlive(Int32(truncatingIfNeeded: control.processID)) else {
            throw EngineError("process \(control.processID) of this engine is gone")
        }
        return control
    }
}

enum HaltCommand: Command {
    static let name = "halt"
    static let summary = "Stop new orders and cancel the open ones; cancels always pass."

    static func run(_ arguments: [String]) throws -> Int32 {
        let parser = OptionParser(
            command: "apus halt", summary: summary,
            options: [
                ControlCommands.instance,
                .value("reason", "TEXT", default: "apus halt", help: "Kept and shown."),
            ])
        let options = parser.parseOrExit(arguments)
        let control = try ControlCommands.openLiving(options)
        control.lower(to: .halted, reason: options.text("reason") ?? "apus halt")
        control.cancelAll()
        print(control.state.text)
        return ExitStatus.ok
    }
}

enum ResumeCommand: Command {
    static let name = "resume"
    static let summary = "Allow new orders again; only a person may."

    static func run(_ arguments: [String]) throws -> Int32 {
        let parser = OptionParser(
            command: "apus resume", summary: summary, options: [ControlCommands.instance])
        let control = try ControlCommands.openLiving(parser.parseOrExit(arguments))
        control.resume()
        print(control.state.text)
        if control.engineState != .ready {
            writeError("apus resume: the engine itself is \(control.engineState.text)")
        }
        return ExitStatus.ok
    }
}
