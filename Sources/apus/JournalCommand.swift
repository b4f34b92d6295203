//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Journal
import Options
import Platform
import TradingCore

enum JournalCommand: Command {
    static let name = "journal"
    static let summary = "Verify, show and export what an engine recorded of itself."

    static func run(_ arguments: [String]) throws -> Int32 {
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "verify": return try verify(rest)
        case "info": return try info(rest)
        case "cat": return try cat(rest)
        case "export": return try export(rest)
        case "--help", "-h":
            print(help)
            return ExitStatus.ok
        case let other:
            let reason = other.map { "unknown '\($0)'" } ?? "a subcommand is needed"
            writeError("apus journal: \(reason); see apus journal --help")
            return ExitStatus.usage
        }
    }

    private static let help = """
        Usage: apus journal COMMAND DIR [options]

        \(summary)

        Commands:
          verify  Check every frame: checksums, numbers, the chain of hashes; exit 0 when valid.
          info    Show sessions, segments, frames by kind, times, sizes and losses.
          cat     Print frames, one a line.
          export  Write frames as a table.

        apus journal COMMAND --help shows a command's options.
        """

    private static let folder = Positional("DIR", count: 1...1, help: "The journal's folder.")

    private static func verify(_ arguments: [String]) throws -> Int32 {
        let parser = OptionParser(
            command: "apus journal verify",
            summary: """
                Check every frame of a journal: its checksum, its number, and the hash of the one
                before it. Prints how the journal ends, and the first bad place.
                """,
            options: [], positional: folder)
        let summary = try JournalSummary(folder: parser.parseOrExit(arguments).positional[0])
        print(summary.verdict)
        if summary.frames > 0 { print(summary.range) }
        return summary.isValid ? ExitStatus.ok : ExitStatus.failed
    }

    private static func info(_ arguments: [String]) throws -> Int32 {
        let parser = OptionParser(
            command: "apus journal info", summary: "Show what a journal holds.", options: [],
            positional: folder)
        let summary = try JournalSummary(folder: parser.parseOrExit(arguments).positional[0])
        print(summary.text)
        return summary.isValid ? ExitStatus.ok : ExitStatus.failed
    }

    // MARK: Frames

    private static let filterOptions: [Option] = [
        .many(
            "kind", "KIND",
            help: "Only: \(JournalKind.all.map(\.description).joined(separator: ", "))."),
        .value("from", "N", kind: .integer(1...Int.max), help: "From this frame's number on."),
        .value("to", "N", kind: .integer(1...Int.max), help: "Up to this frame's number."),
        .value(
            "since", "TIME",
            help: "From this time on: 2026-11-26T14:49:39.5Z, a date, or ns since 1970."),
        .value("until", "TIME", help: "Up to this time."),
    ]

    private static func cat(_ arguments: [String]) throws -> Int32 {
        let parser = OptionParser(
            command: "apus journal cat",
            summary: """
                Print frames, one a line: number, time, kind, what is not 0 of detail, connection,
                sequence and context, length, and the body as text or in hexadecimal.
                """,
            options: filterOptions, positional: folder)
        let options = parser.parseOrExit(arguments)
        let filter = try filter(options)
        var lines = ""
        func show() throws {
            guard TextFile.append(lines, to: STDOUT_FILENO) else {
                throw JournalError.system(operation: "write", path: "output", code: errno)
            }
            lines.removeAll(keepingCapacity: true)
        }
        let reader = try JournalReader(folder: options.positional[0], from: filter.start)
        let status = try read(reader, filter) { frame in
            lines += JournalText.line(frame) + "\n"
            if lines.utf8.count >= 1 << 16 { try show() }
        }
        try show()
        return status
    }

    private static func export(_ arguments: [String]) throws -> Int32 {
        let parser = OptionParser(
            command: "apus journal export",
            summary: """
                Write frames as a table: number, time_ns, written_ns, kind, detail, connection,
                sequence, context, length, body.
                """,
            options: [
                .choice("format", of: ["csv", "arrow"], default: "csv", help: "Of the table."),
                .value("out", "FILE", required: true, help: "Where it goes."),
            ] + filterOptions,
            positional: folder)
        let options = parser.parseOrExit(arguments)
        let filter = try filter(options)
        // No file for a journal that is not there.
        let reader = try JournalReader(folder: options.positional[0], from: filter.start)
        let file = try JournalTableFile(
            path: options.text("out") ?? "",
            format: options.text("format") == "arrow" ? .arrow : .csv)
        let status = try read(reader, filter) { try file.append($0) }
        try file.close()
        writeError("apus journal export: \(file.rows) rows written to \(file.path)")
        return status
    }

    private static func filter(_ options: ParsedOptions) throws(UsageError) -> JournalFilter {
        var filter = JournalFilter()
        for text in options.texts("kind") {
            guard let kind = JournalKind(text) else {
                throw UsageError("--kind: there is no kind '\(text)'")
            }
            filter.kinds.insert(kind)
        }
        let from = UInt64(options.integer("from") ?? 0)
        let to = options.integer("to").map { UInt64($0) } ?? .max
        let since = try time(options, "since") ?? 0
        let until = try time(options, "until") ?? .max
        guard from <= to else { throw UsageError("--from is behind --to") }
        guard since <= until else { throw UsageError("--since is behind --until") }
        filter.numbers = from...to
        filter.times = since...until
        return filter
    }

    private static func time(
        _ options: ParsedOptions, _ name: String
    ) throws(UsageError) -> UInt64? {
        guard let text = options.text(name) else { return nil }
        guard let timeNs = TimeText.nanoseconds(text) else {
            throw UsageError("--\(name) needs a time such as 2026-11-26T14:49:39Z, not '\(text)'")
        }
        return timeNs
    }

    /// Hands the wanted frames out; what comes before a bad place too.
    private static func read(
        _ reader: consuming JournalReader, _ filter: JournalFilter,
        _ body: (JournalFrame) throws -> Void
    ) throws -> Int32 {
        do {
            while let frame = try reader.next(), !filter.isBehind(frame) {
                if filter.takes(frame) { try body(frame) }
            }
        } catch JournalError.damaged(let damage) {
            writeError("apus journal: damaged: \(damage)")
            return ExitStatus.failed
        }
        return ExitStatus.ok
    }
}
