//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Options

/// `apus-bench`: runs the suites and prints what they took, with the machine they ran on.
public enum BenchCommand {
    static let parser = OptionParser(
        command: "apus-bench",
        summary: "Measures the parts of the path. The method is in Bench/README.md.",
        options: [
            .flag("json", help: "Print one JSON object instead of tables."),
            .flag("list", help: "Print the names of all measurements."),
            .flag("smoke", help: "Run each one tiny: proves that it works, measures nothing."),
        ],
        positional: Positional("FILTER", count: 0...1, help: "A part of the names to measure."))

    /// Runs the command and returns its exit status.
    public static func run(_ arguments: [String]) -> Int32 {
        let options = parser.parseOrExit(arguments)
        let filter = options.positional.first
        if options.isGiven("list") {
            for name in Bench.suites.flatMap(\.measurements) { print(name) }
            return ExitStatus.ok
        }
        let suites = Bench.suites.filter { suite in
            filter.map { filter in suite.measurements.contains { $0.contains(filter) } } ?? true
        }
        if suites.isEmpty {
            writeError("apus-bench: no measurement's name holds '\(filter ?? "")'; see --list")
            return ExitStatus.failed
        }
        let isJSON = options.isGiven("json")
        let bench = Bench(mode: options.isGiven("smoke") ? .smoke : .full, filter: filter) {
            if !isJSON { show($0) }
        }
        return run(suites, bench, isJSON)
    }

    private static func run(_ suites: [BenchSuite], _ bench: Bench, _ isJSON: Bool) -> Int32 {
        let machine = Machine(bench)
        let before = Machine.processorTicks()
        let first = PingPong(bench)
        if !isJSON { show(machine, first) }
        for suite in suites {
            do { try suite.run(bench) } catch {
                writeError("apus-bench: \(suite.name): \(error)")
                return ExitStatus.failed
            }
        }
        let last = PingPong(bench)
        let after = Machine.processorTicks()
        let all = Double(after.all &- before.all)
        let stolen = all > 0 ? 100 * Double(after.stolen &- before.stolen) / all : 0
        if isJSON {
            print(BenchJSON.text(machine, first, last, stolen, bench))
        } else {
            showEnd(bench, first, last, stolen)
        }
        return ExitStatus.ok
    }

    // MARK: - Tables

    private static func show(_ machine: Machine, _ pingPong: PingPong?) {
        print("cpu        \(machine.model), \(machine.coreCount) cores")
        print("governor   \(machine.governor) · isolated cores \(machine.isolatedCores)")
        print("load       \(machine.loadAverage) (1 minute, before the run)")
        print("clock      steps of \(fixed(machine.clockStepNs, 1)) ns")
        print("ping-pong  \(text(pingPong)) before")
        print("")
        print(
            padded("benchmark", 38) + right("median ns", 12) + right("p99 ns", 12)
                + right("rounds min–max", 22) + "  hash")
    }

    private static func show(_ result: BenchResult) {
        let spread = "\(fixed(result.low))–\(fixed(result.high))"
        let hash = String(result.hash, radix: 16)
        print(
            padded(result.name, 38) + right(fixed(result.median), 12)
                + right(fixed(result.p99), 12) + right(spread, 22)
                + "  \(hash)\(result.isHashStable ? "" : " (varies)")")
        fflush(nil)
    }

    private static func showEnd(
        _ bench: Bench, _ first: PingPong?, _ last: PingPong?, _ stolen: Double
    ) {
        print("")
        print("ping-pong  \(text(last)) after")
        print("steal      \(fixed(stolen, 2)) % of the cores' time during the run")
        for ratio in bench.ratios {
            let mark = ratio.ratio >= ratio.target ? "reached" : "NOT reached"
            print(
                "ratio      \(ratio.title): \(fixed(ratio.ratio, 3)) times \(ratio.peer); target "
                    + "\(fixed(ratio.target)) \(mark)")
        }
        if first?.place != last?.place {
            print("warning    the cores moved between near and far during the run")
        }
    }

    private static func text(_ pingPong: PingPong?) -> String {
        guard let pingPong else { return "one core only" }
        return "\(fixed(pingPong.oneWayNs, 0)) ns one way (\(pingPong.place))"
    }

    static func fixed(_ value: Double, _ decimals: Int = 2) -> String {
        var bytes = [CChar](repeating: 0, count: 400)
        let count = unsafe withVaList([Int32(decimals), value]) {
            unsafe vsnprintf(&bytes, bytes.count, "%.*f", $0)
        }
        let text = bytes.prefix(max(0, min(Int(count), bytes.count - 1)))
        return String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}

/// The same as one JSON object. Hashes are strings: they have 64 bits.
enum BenchJSON {
    static func text(
        _ machine: Machine, _ first: PingPong?, _ last: PingPong?, _ stolen: Double,
        _ bench: Bench
    ) -> String {
        let facts = [
            "\"cpu\":\(quoted(machine.model))", "\"cores\":\(machine.coreCount)",
            "\"governor\":\(quoted(machine.governor))",
            "\"isolated_cores\":\(quoted(machine.isolatedCores))",
            "\"load_average\":\(quoted(machine.loadAverage))",
            "\"clock_step_ns\":\(machine.clockStepNs)",
            "\"ping_pong_before_ns\":\(number(first))", "\"ping_pong_after_ns\":\(number(last))",
            "\"steal_percent\":\(stolen)",
        ]
        let results = bench.results.map { result in
            "{\"name\":\(quoted(result.name)),\"median_ns\":\(result.median),"
                + "\"p99_ns\":\(result.p99),\"min_ns\":\(result.low),\"max_ns\":\(result.high),"
                + "\"deviation_ns\":\(result.deviation),\"samples\":\(result.sampleCount),"
                + "\"operations\":\(result.operations),"
                + "\"hash\":\"\(String(result.hash, radix: 16))\","
                + "\"is_hash_stable\":\(result.isHashStable)}"
        }
        let ratios = bench.ratios.map { ratio in
            "{\"title\":\(quoted(ratio.title)),\"name\":\(quoted(ratio.name)),"
                + "\"peer\":\(quoted(ratio.peer)),\"ratio\":\(ratio.ratio),"
                + "\"target\":\(ratio.target)}"
        }
        return "{\"machine\":{\(facts.joined(separator: ","))},"
            + "\"results\":[\(results.joined(separator: ","))],"
            + "\"ratios\":[\(ratios.joined(separator: ","))]}"
    }

    private static func number(_ pingPong: PingPong?) -> String {
        pingPong.map { "\($0.oneWayNs)" } ?? "null"
    }

    /// Texts here come from the kernel and from this program: no control characters.
    private static func quoted(_ text: String) -> String {
        let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        return "\"\(escaped)\""
    }
}
