//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Dispatch
import Glibc
import Options
import Synchronization
import Torture

enum TortureCommand: Command {
    static let name = "torture"
    static let summary = "Deterministic fault simulation of the order path in virtual time."

    private static let parser = OptionParser(
        command: "apus torture", summary: summary,
        options: [
            .value(
                "seed", "N", kind: .integer(0...Int.max), default: "1", help: "The first seed."),
            .value(
                "hours", "H", kind: .integer(1...10_000_000), default: "100",
                help: "Virtual hours in all."),
            .value(
                "per-seed", "H", kind: .integer(1...10_000), default: "50",
                help: "Virtual hours of one seed."),
            .value(
                "timeouts", "N", kind: .integer(1...100_000_000),
                help: "Instead of hours: go on until so many requests have timed out."),
            .value("jobs", "J", kind: .integer(1...256), default: "1", help: "Threads."),
            .many(
                "faults", "NAME",
                help: "Only these, or none: "
                    + TortureFault.allCases.map(\.rawValue).joined(separator: ", ") + "."),
            .many("without", "NAME", help: "Faults to leave out."),
            .value(
                "until-event", "K", kind: .integer(1...Int.max),
                help: "Stop there; with one seed."),
            .flag("trace", help: "Print every event; with one seed."),
        ])

    /// What the threads share.
    private struct Progress {
        var next: UInt64
        var total = TortureReport()
        var failure: String?
    }

    static func run(_ arguments: [String]) throws -> Int32 {
        let options = parser.parseOrExit(arguments)
        let hours = options.integer("hours") ?? 100
        let perSeed = min(hours, options.integer("per-seed") ?? 50)
        let first = UInt64(options.integer("seed") ?? 1)
        var torture = Torture()
        let left = options.texts("without")
        let without = left.isEmpty ? [] : try faults(left, option: "--without")
        torture.settings.faults = try faults(options.texts("faults"), option: "--faults").filter {
            !without.contains($0)
        }
        torture.settings.untilEvent = options.integer("until-event").map { UInt64($0) }
        torture.settings.isTraced = options.isGiven("trace")
        torture.print = { print($0) }
        let timeouts = options.integer("timeouts")
        if timeouts != nil {
            torture.settings.fixedPlan = [
                (.ackLost, 0.6), (.ackLate, 0.2), (.slowVenue, 0.1), (.unknownOutcome, 0.1),
            ]
        }
        let seeds = timeouts == nil ? UInt64((hours + perSeed - 1) / perSeed) : .max / 2
        for name in ["trace", "until-event"] where options.isGiven(name) && seeds > 1 {
            throw UsageError(
                "--\(name) is of one seed: give --per-seed as many hours as --hours, and no "
                    + "--timeouts")
        }
        let shared = Mutex(Progress(next: first))
        let jobs = options.integer("jobs") ?? 1
        let work = torture
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while true {
                let seed = shared.withLock { progress -> UInt64? in
                    guard progress.next < first + seeds, progress.failure == nil,
                        progress.total.timeouts < timeouts ?? .max
                    else { return nil }
                    defer { progress.next += 1 }
                    return progress.next
                }
                guard let seed else { return }
                // The last seed has what is left of the hours.
                let done = timeouts == nil ? Int(seed - first) * perSeed : 0
                do {
                    let report = try work.run(seed: seed, hours: min(perSeed, hours - done))
                    shared.withLock { take(report, into: &$0) }
                } catch {
                    shared.withLock { $0.failure = "\(error)" }
                }
            }
        }
        let (total, failure) = shared.withLock { ($0.total, $0.failure) }
        if let failure { throw UsageError(failure) }
        print(total.text)
        if timeouts != nil {
            let duplicates = total.violations.count { $0.invariant == "I3" }
            print("timeouts \(total.timeouts) duplicate orders \(duplicates)")
        }
        return total.violations.isEmpty ? ExitStatus.ok : ExitStatus.failed
    }

    private static func take(_ report: TortureReport, into progress: inout Progress) {
        for violation in report.violations { print(violation.text) }
        let before = progress.total.hours / 1_000
        progress.total.add(report)
        if progress.total.hours / 1_000 > before {
            writeError(
                "apus torture: \(progress.total.hours) hours, \(progress.total.events) events, "
                    + "\(progress.total.violations.count) violations")
        }
    }

    private static func faults(_ names: [String], option: String) throws -> [TortureFault] {
        if names.isEmpty { return TortureFault.allCases }
        if names == ["none"] { return [] }
        return try names.flatMap { $0.split(separator: ",") }.map { name in
            guard let fault = TortureFault(rawValue: String(name)) else {
                throw UsageError("\(option): unknown fault '\(name)'")
            }
            return fault
        }
    }
}
