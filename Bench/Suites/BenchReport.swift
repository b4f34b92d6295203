//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// What was found out about the machine around one run.
struct BenchSurroundings {
    let machine: Machine
    let first: PingPong?
    let last: PingPong?
    /// Share of the cores' time that the host took away, percent.
    let stealPercent: Double
    let loadAfter: String

    /// The cores stayed as far from each other as they were.
    var isSteady: Bool { first?.place == last?.place }
    /// "near" or "far"; `nil` with one core, and where they moved.
    var steadyPlace: String? { isSteady ? first?.place : nil }
}

/// Numbers as the tables show them.
enum BenchText {
    static func fixed(_ value: Double, _ decimals: Int = 2) -> String {
        NumberText.fixed(value, decimals: decimals)
    }

    /// Nanoseconds with three digits that count, or all before the point.
    static func ns(_ value: Double) -> String {
        switch abs(value) {
        case ..<10: fixed(value, 2)
        case ..<100: fixed(value, 1)
        default: NumberText.grouped(UInt64(max(0, value).rounded()))
        }
    }

    static func pingPong(_ pingPong: PingPong?) -> String {
        guard let pingPong else { return "one core only" }
        return "\(fixed(pingPong.oneWayNs, 0)) ns one way (\(pingPong.place))"
    }
}

/// The run as tables.
enum BenchReport {
    static func showHead(_ machine: Machine, _ pingPong: PingPong?) {
        print("cpu        \(machine.model), \(machine.coreCount) cores")
        print("kernel     \(machine.kernel) · hypervisor \(machine.hypervisor)")
        print(
            "governor   \(machine.governor) · isolated cores \(machine.isolatedCores)"
                + " · without ticks \(machine.ticklessCores)")
        print("load       \(machine.loadAverage) (1 minute, before the run)")
        print("clock      steps of \(BenchText.fixed(machine.clockStepNs, 1)) ns")
        print("ping-pong  \(BenchText.pingPong(pingPong)) before")
        print("")
        print(
            padded("benchmark", 38) + right("median ns", 12) + right("p99 ns", 12)
                + right("rounds min–max", 22) + "  hash")
    }

    static func show(_ result: BenchResult) {
        let spread = "\(BenchText.fixed(result.low))–\(BenchText.fixed(result.high))"
        let hash = String(result.hash, radix: 16)
        print(
            padded(result.name, 38) + right(BenchText.fixed(result.median), 12)
                + right(BenchText.fixed(result.p99), 12) + right(spread, 22)
                + "  \(hash)\(result.isHashStable ? "" : " (varies)")\(rates(result))")
    }

    private static func rates(_ result: BenchResult) -> String {
        var text = ""
        if let rate = result.gigabytesPerSecond, rate > 0 {
            text += "  \(BenchText.fixed(rate)) GB/s"
        }
        if let rate = result.millionEventsPerSecond, rate > 0 {
            text += "  \(BenchText.fixed(rate)) M events/s"
        }
        return text
    }

    static func showEnd(_ bench: Bench, _ around: BenchSurroundings) {
        print("")
        print("ping-pong  \(BenchText.pingPong(around.last)) after")
        print("load       \(around.loadAfter) (1 minute, after the run)")
        print("steal      \(BenchText.fixed(around.stealPercent)) % of the cores' time")
        if !around.isSteady {
            print("warning    the cores moved between near and far during the run")
        }
        for note in bench.notes { print("note       \(note.name): \(note.text)") }
        for skip in bench.skipped { print("skipped    \(skip.name): \(skip.reason)") }
        if bench.mode == .smoke {
            print("targets    not judged: a smoke run measures nothing")
            return
        }
        let table = targets(bench)
        if !table.isEmpty {
            print("")
            for line in table.lines { print(line) }
        }
    }

    /// Every row of the targets of which something was measured, with what each figure amounts to.
    private static func targets(_ bench: Bench) -> TextTable {
        var table = TextTable(["<target", "<measurement", "measured", "wanted", "<verdict"])
        for row in BenchRow.all {
            for target in row.targets {
                guard let result = bench.results.first(where: { $0.name == target.name }) else {
                    continue
                }
                for limit in target.limits {
                    let (measured, wanted, isReached) = limit.verdict(on: result)
                    table.add([
                        row.id, target.name, measured, wanted, isReached ? "reached" : "MISSED",
                    ])
                }
            }
            for ratio in bench.ratios where BenchRow.id(of: ratio.name) == row.id {
                let spread = "\(BenchText.fixed(ratio.low, 3))–\(BenchText.fixed(ratio.high, 3))"
                let hashes = ratio.isSameResult ? "same hash" : "other hash"
                table.add([
                    row.id, ratio.title, "\(BenchText.fixed(ratio.ratio, 3)) × (\(spread))",
                    "≥ \(BenchText.fixed(ratio.target, 2)) ×",
                    "\(ratio.isReached ? "reached" : "MISSED"), \(hashes)",
                ])
            }
            if let elsewhere = row.elsewhere, bench.filters.isEmpty {
                table.add([row.id, row.title, "", "", "see \(elsewhere)"])
            }
        }
        return table
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
