//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import TestSupport
import Testing

/// Goal: whatever state an engine is in, the watchdog ends its sending and leaves no order open.
///
/// Method: drills of every kind against venues that say when they last heard of a new order and
/// last had none open. `APUS_DRILLS=N` runs N of each, or of `APUS_DRILL_KINDS=stopped,killed`;
/// `APUS_DRILL_REPORT=FILE` keeps the figures.
extension ProgramTests {
    @Suite("Kill drills")
    struct KillDrills {
        private static let environment = ProcessInfo.processInfo.environment
        /// More in a minute would be over the request weight that a venue grants an address.
        private static let drillsOfRig = 10
        private static let kinds = environment["APUS_DRILL_KINDS"].map {
            $0.split(separator: ",").compactMap { DrillKind(rawValue: String($0)) }
        } ?? DrillKind.allCases
        private static let count = environment["APUS_DRILLS"].flatMap { Int($0) } ?? 6

        @Test func `every drill ends with no order open and none after the revocation`() throws {
            var report = ""
            for kind in Self.kinds {
                var results: [DrillResult] = []
                var discarded = 0
                while results.count < Self.count {
                    let rig = try DrillRig(in: try Workplace())
                    for _ in 0..<min(Self.drillsOfRig, Self.count - results.count) {
                        if let result = try rig.drill(kind) {
                            results.append(result)
                        } else {
                            discarded += 1
                        }
                    }
                }
                report += Self.line(kind, "last-order", results.map(\.lastOrderMs))
                report += Self.line(kind, "no-open-order", results.map(\.emptyMs))
                if discarded > 0 { report += "drill \(kind.rawValue) discarded=\(discarded)\n" }
                if let path = Self.environment["APUS_DRILL_REPORT"] {
                    try report.write(toFile: path, atomically: true, encoding: .utf8)
                }
            }
            print(report, terminator: "")
        }

        private static func line(_ kind: DrillKind, _ what: String, _ values: [Double]) -> String {
            let sorted = values.sorted()
            func text(_ value: Double?) -> String { String(format: "%.1f", value ?? 0) }
            return "drill \(kind.rawValue) count=\(sorted.count) \(what)"
                + " p50=\(text(sorted.isEmpty ? nil : sorted[sorted.count / 2])) ms"
                + " p100=\(text(sorted.last)) ms\n"
        }
    }
}
