//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Glibc
import Inference
import Options
import Platform
import Telemetry
import TradingCore

/// `apus model load`, `rollback`, `on` and `off`: ask a running engine and print its answer.
enum ModelControlCommands {
    private static let options: [Option] = [
        ControlCommands.instance,
        .value(
            "timeout", "TIME", kind: .duration, default: "10s",
            help: "How long to wait for the answer."),
    ]

    static func load(_ arguments: [String]) throws -> Int32 {
        let parser = OptionParser(
            command: "apus model load",
            summary: """
                Put a model file in the place of a running engine's model NAME. The engine makes
                every check first; a file that it refuses changes nothing.
                """,
            options: options,
            positional: Positional(
                "NAME [FILE]", count: 1...2,
                help: "The model and its new file; without one, the file it was loaded from."))
        let options = parser.parseOrExit(arguments)
        let file = options.positional.count > 1 ? options.positional[1] : nil
        return try ask(.load, options, file: file.map { try absolute($0) } ?? "")
    }

    static func rollBack(_ arguments: [String]) throws -> Int32 {
        try ask(
            .rollBack,
            parser("rollback", "Go back to what the last load replaced, or forward again.")
                .parseOrExit(arguments))
    }

    static func switchOn(_ arguments: [String]) throws -> Int32 {
        try ask(
            .switchOn,
            parser("on", "Let a model take part again, also one that was set aside.")
                .parseOrExit(arguments))
    }

    static func switchOff(_ arguments: [String]) throws -> Int32 {
        try ask(
            .switchOff,
            parser("off", "Leave a model out of the score.").parseOrExit(arguments))
    }

    private static func parser(_ command: String, _ summary: String) -> OptionParser {
        OptionParser(
            command: "apus model \(command)", summary: summary,
            options: options,
            positional: Positional("NAME", count: 1...1, help: "The model, as configured."))
    }

    /// - Throws: `UsageError` for a name no model can have; `EngineError` with the engine's reason
    ///   when it refuses, or without an answer in time.
    private static func ask(
        _ request: ModelRequest, _ options: ParsedOptions, file: String = ""
    ) throws -> Int32 {
        let name = options.positional[0]
        guard ModelDescription.isName(name) else {
            throw UsageError(
                "'\(name)' is no model name: a-z, 0-9 and hyphens, at most "
                    + "\(ModelDescription.nameLengthMax)")
        }
        let timeoutNs = options.durationNs("timeout") ?? 0
        let control = try ControlCommands.openLiving(options)
        let order = ModelOrder(request, name: name, file: file)
        let reply: (answer: String, isRefused: Bool)?
        do throws(PlatformError) {
            reply = try control.ask(order, timeoutNs: timeoutNs)
        } catch {
            if error.code != EBUSY { throw error }
            throw EngineError("the engine is busy with another request; try again")
        }
        guard let reply else {
            throw EngineError(
                "the engine (process \(control.processID)) did not answer in "
                    + Durations.text(ns: timeoutNs))
        }
        if reply.isRefused { throw EngineError(reply.answer) }
        print("\(name): \(reply.answer)")
        return ExitStatus.ok
    }

    /// The path as the engine, which runs in another folder, can open it.
    private static func absolute(_ file: String) throws -> String {
        guard !file.isEmpty else { throw UsageError("FILE is empty") }
        var path = file
        if !file.hasPrefix("/") {
            var folder = [CChar](repeating: 0, count: Int(PATH_MAX))
            guard unsafe getcwd(&folder, folder.count) != nil else {
                throw EngineError("the current folder is not known; give an absolute path")
            }
            let bytes = folder.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            path = String(decoding: bytes, as: UTF8.self) + "/" + file
        }
        guard path.utf8.count <= ModelOrder.fileLengthMax else {
            throw UsageError(
                "the path has \(path.utf8.count) bytes; at most \(ModelOrder.fileLengthMax)")
        }
        return path
    }
}
