//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Doctor
import Glibc
import Options
import Platform

enum DoctorCommand: Command {
    static let name = "doctor"
    static let summary = "Measures what this host takes from a hot thread; proposes a placement."

    private static let parser = OptionParser(
        command: "apus doctor",
        summary: "Measures what the host takes from a hot thread, says what can be changed and "
            + "proposes a placement. Changes nothing.",
        options: [
            .value(
                "duration", "T", kind: .duration, default: "60s",
                help: "How long gaps are watched for, at least 1s."),
            .flag("quick", help: "Five seconds, as with --duration 5s, and fewer wake-ups."),
            .value("cores", "LIST", help: "Cores to measure, as in 2-5,8; without it all usable."),
            .value(
                "threshold", "T", kind: .duration, default: "1us",
                help: "Shorter gaps are not counted."),
            .value(
                "path", "T", kind: .duration, default: "2us",
                help: "Length of the path that the expected tail is worked out for."),
            .flag("json", help: "One JSON object instead of text."),
            .many(
                "compare", "FILE",
                help: "Measure nothing: a table of two reports made with --json."),
        ])

    static func run(_ arguments: [String]) throws -> Int32 {
        let options = parser.parseOrExit(arguments)
        if options.isGiven("compare") { return try compare(options.texts("compare")) }
        let isQuick = options.isGiven("quick")
        if isQuick, options.isGiven("duration") {
            throw UsageError("--quick is a duration: give one of them")
        }
        let durationNs = isQuick ? 5_000_000_000 : options.durationNs("duration") ?? 0
        guard (1_000_000_000...86_400_000_000_000).contains(durationNs) else {
            throw UsageError("--duration is between 1s and 24h")
        }
        let thresholdNs = options.durationNs("threshold") ?? 0
        guard (200...1_000_000_000).contains(thresholdNs) else {
            throw UsageError("--threshold is between 200ns and 1s")
        }
        let pathNs = options.durationNs("path") ?? 0
        guard (1...1_000_000_000).contains(pathNs) else {
            throw UsageError("--path is between 1ns and 1s")
        }
        let examination = Examination(
            cores: try cores(options.text("cores")), durationNs: durationNs,
            thresholdNs: thresholdNs, pathNs: pathNs, isQuick: isQuick)
        let report = try examination.run(showProgress)
        if isatty(STDERR_FILENO) != 0 { showProgressLine("") }
        print(options.isGiven("json") ? report.json : report.text, terminator: "")
        return ExitStatus.ok
    }

    private static func cores(_ text: String?) throws -> [Int] {
        let usable = usableCores()
        guard let text else { return usable }
        guard let cores = CoreList.cores(text), !cores.isEmpty else {
            throw UsageError("--cores is a list such as 2-5,8, not '\(text)'")
        }
        guard Set(cores).isSubset(of: usable) else {
            throw UsageError(
                "--cores \(text): this process may use \(CoreList.text(usable)) only")
        }
        return cores
    }

    private static func compare(_ files: [String]) throws -> Int32 {
        guard files.count == 2 else { throw UsageError("--compare needs two files") }
        var reports: [[UInt8]] = []
        for file in files {
            guard let bytes = TextFile.bytes(file) else {
                throw UsageError("--compare: '\(file)' cannot be read")
            }
            reports.append(bytes)
        }
        print(
            try ReportComparison.table(before: reports[0], after: reports[1]), terminator: "")
        return ExitStatus.ok
    }

    private static func showProgress(_ share: Double, _ what: String) {
        guard isatty(STDERR_FILENO) != 0 else { return }
        showProgressLine("\(Int(share * 100))% \(what)")
    }

    /// Over the line that was there before.
    private static func showProgressLine(_ text: String) {
        _ = TextFile.append("\r\u{1b}[K\(text)", to: STDERR_FILENO)
    }
}
