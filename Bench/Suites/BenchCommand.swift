//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Options
import Platform

/// `apus-bench`: runs the suites and prints what they took, with the machine they ran on.
public enum BenchCommand {
    static let parser = OptionParser(
        command: "apus-bench",
        summary: "Measures the parts of the path. The method is in Bench/README.md.",
        options: [
            .flag("json", help: "Print one JSON object instead of tables; see Bench/schema.md."),
            .flag("list", help: "Print the names of all measurements, with their targets."),
            .flag("smoke", help: "Run each one tiny: proves that it works, measures nothing."),
            .value(
                "rounds", "N", kind: .integer(3...1_000),
                help: "Rounds of each measurement, instead of 11."),
            .value("save", "FILE", help: "Write the JSON object to FILE as well."),
            .value(
                "baseline", "FILE",
                help: "Compare with a run that --save wrote; exit 1 when a hash changed."),
            .value(
                "fail-above", "PERCENT",
                help: "With --baseline: exit 1 too when one is that much slower, as in 10%."),
            .flag("force", help: "With --baseline: compare runs of different machines."),
        ],
        positional: Positional(
            "FILTER", count: 0...64,
            help: "Parts of the names to measure, or rows of the targets, as P3."))

    /// Runs the command and returns its exit status.
    public static func run(_ arguments: [String]) -> Int32 {
        let options = parser.parseOrExit(arguments)
        let filters = BenchRow.filters(options.positional)
        if options.isGiven("list") {
            list(filters)
            return ExitStatus.ok
        }
        let suites = Bench.suites.filter { suite in
            suite.measurements.contains { Bench.isWanted($0, by: filters) }
        }
        if suites.isEmpty {
            let words = options.positional.joined(separator: " ")
            return fail("no measurement's name holds any of '\(words)'; see --list")
        }
        do {
            return try run(suites, filters, options)
        } catch let error as BenchError {
            return fail(error.description)
        } catch { return fail("\(error)") }
    }

    private static func run(
        _ suites: [BenchSuite], _ filters: [String], _ options: ParsedOptions
    ) throws -> Int32 {
        let limit = try percent(options)
        let baseline = try options.text("baseline").map { path throws(BenchError) in
            try BenchBaseline(path: path)
        }
        let isJSON = options.isGiven("json")
        let bench = Bench(
            mode: options.isGiven("smoke") ? .smoke : .full, filters: filters,
            rounds: options.integer("rounds")
        ) { result in
            if isJSON { return }
            BenchReport.show(result)
            fflush(nil)
        }
        if let baseline {
            // Told before the minutes that a run takes, and what it measures is not lost.
            try BenchComparison.check(
                bench.mode, cpu: HostFacts.processor, cores: coreCount(), against: baseline,
                isForced: options.isGiven("force"))
        }
        let around = try measure(suites, bench, isJSON: isJSON)
        let comparison = baseline.map {
            BenchComparison(bench, place: around.steadyPlace, against: $0)
        }
        let text = BenchJSON.text(bench, around, comparison)
        if let path = options.text("save"), !TextFile.write(text + "\n", to: path) {
            throw BenchError("cannot write \(path)")
        }
        if isJSON {
            print(text)
        } else {
            BenchReport.showEnd(bench, around)
            if let comparison {
                print("")
                for line in comparison.lines { print(line) }
            }
        }
        let failures = comparison?.failures(above: limit) ?? []
        for failure in failures { writeError("apus-bench: \(failure)") }
        return failures.isEmpty ? ExitStatus.ok : ExitStatus.failed
    }

    private static func measure(
        _ suites: [BenchSuite], _ bench: Bench, isJSON: Bool
    ) throws(BenchError) -> BenchSurroundings {
        let machine = Machine(bench)
        let before = ProcessorTicks()
        let first = PingPong(bench)
        if !isJSON { BenchReport.showHead(machine, first) }
        for suite in suites {
            do { try suite.run(bench) } catch { throw BenchError("\(suite.name): \(error)") }
        }
        let last = PingPong(bench)
        return BenchSurroundings(
            machine: machine, first: first, last: last,
            stealPercent: ProcessorTicks().stealPercent(since: before), loadAfter: Machine.load())
    }

    private static func list(_ filters: [String]) {
        for name in Bench.suites.flatMap(\.measurements)
        where Bench.isWanted(name, by: filters) {
            print(BenchRow.id(of: name).map { "\(name) (\($0))" } ?? name)
        }
    }

    /// What `--fail-above` says; `nil`: slowdowns are printed alone.
    private static func percent(_ options: ParsedOptions) throws(BenchError) -> Double? {
        guard let text = options.text("fail-above") else { return nil }
        guard options.text("baseline") != nil else {
            throw BenchError("--fail-above needs --baseline FILE")
        }
        let number = text.last == "%" ? String(text.dropLast()) : text
        guard let value = Double(number), value.isFinite, value >= 0 else {
            throw BenchError("--fail-above needs a percentage such as 10%, not '\(text)'")
        }
        return value
    }

    private static func fail(_ reason: String) -> Int32 {
        writeError("apus-bench: \(reason)")
        return ExitStatus.failed
    }
}
