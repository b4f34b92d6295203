//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform
import Rendering

/// The files of a report.
enum SoakReport {
    static func write(_ result: SoakResult, _ lines: [VerdictLine]) throws(SoakError) {
        try write(json(result, lines), to: "\(result.options.folder)/soak.json")
        try write(
            ReportPage(result, lines).html, to: "\(result.options.folder)/soak.html")
    }

    private static func write(_ text: String, to path: String) throws(SoakError) {
        guard TextFile.write(text, to: path) else { throw SoakError("cannot write \(path)") }
    }

    private static func json(_ result: SoakResult, _ lines: [VerdictLine]) -> String {
        var writer = JSONWriter()
        writer.object { root in
            root.add("format", "apus-soak-1")
            root.add("verdict", Verdict.isPassed(lines) ? "PASS" : "FAIL")
            root.add("is_finished", result.isFinished)
            root.add("end_reason", result.endReason)
            root.add("elapsed_s", result.elapsedS)
            root.add("start_time_ns", result.startWallNs)
            root.add("duration_s", Double(result.options.durationNs) / 1e9)
            root.add("interval_s", Double(result.options.intervalNs) / 1e9)
            root.add("seed", result.options.seed)
            root.add("placement", result.placement)
            root.add("mode", result.mode)
            root.add("is_memory_locked", result.isMemoryLocked)
            root.add("comparisons", result.checks)
            root.add("stale_books", result.staleBooks)
            root.add("book_outages", result.outageCount)
            root.add("book_outage_max_ns", result.outageMaxNs)
            root.add("fullest_ring", result.fullestRing)
            if let status = result.engineStatus { root.add("engine_status", status) }
            root.array("lines") { list in
                for line in lines {
                    list.object {
                        $0.add("name", line.name)
                        $0.add("outcome", line.outcome.rawValue)
                        $0.add("reason", line.reason)
                    }
                }
            }
            root.array("violations") { list in
                for violation in result.violations {
                    list.object {
                        $0.add("invariant", violation.invariant)
                        $0.add("time_s", violation.timeS)
                        $0.add("text", violation.text)
                    }
                }
            }
            root.object("faults") { object in
                for (name, count) in result.faults { object.add(name, count) }
            }
            root.object("counters") { object in
                for (name, value) in result.counters { object.add(name, value) }
            }
        }
        return writer.text + "\n"
    }
}
