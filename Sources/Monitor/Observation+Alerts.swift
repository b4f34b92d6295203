//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Alerts
import Options
import Platform

extension AlertInput {
    init(_ now: Observation) {
        self.init(
            timeNs: now.timeNs, instance: now.instance, startTimeNs: now.startTimeNs,
            isAlive: now.isAlive, tradingState: now.control?.state,
            stages: now.stages.map { ($0.name, $0.heartbeatNs) },
            rings: now.rings.map { ($0.name, $0.depth, $0.capacity) },
            instruments: now.instruments.map { ($0.symbol, $0.venue, $0.status) },
            models: now.models.map { ($0.name, $0.status) },
            counters: now.counters.map { ($0.name, $0.value) }, histograms: now.histograms)
    }
}

/// `--alerts FILE`, and `--check` with it.
enum AlertOptions {
    static let all: [Option] = [
        .value("alerts", "FILE", help: "Rules that are judged at each look, and who is told."),
        .flag("check", help: "Check the rules of --alerts, print them in words, and end."),
    ]

    /// The exit status of `--check`; `nil` without it.
    static func check(_ options: ParsedOptions, print: (String) -> Bool) throws -> Int32? {
        guard options.isGiven("check") else { return nil }
        guard let path = options.text("alerts") else {
            writeError("apus-monitor: --check needs --alerts FILE; see apus-monitor --help")
            return ExitStatus.usage
        }
        let plan = try AlertPlan(path: path, environment: Environment.all)
        let now = try observation(options)
        let review = AlertReview(plan, in: now.map(AlertInput.init))
        let note = now.map { "names were looked up in instance \($0.instance)\n" }
            ?? "no instance is running: names were not looked up\n"
        guard print(review.text + note), !review.isLacking else { return ExitStatus.failed }
        return ExitStatus.ok
    }

    /// The rules at work; `nil` when none were asked for.
    static func service(_ options: ParsedOptions) throws -> AlertService? {
        guard let path = options.text("alerts") else { return nil }
        let plan = try AlertPlan(path: path, environment: Environment.all)
        // No core dump holds an address.
        if plan.holdsSecrets { try? protectProcess() }
        return try AlertService(plan, intervalNs: MonitorCommand.intervalNs(options))
    }

    /// What is there to look names up in: a check needs no engine, unless one was named.
    private static func observation(_ options: ParsedOptions) throws -> Observation? {
        let present = InstanceChoice.present()
        let requested = options.text("instance")
        guard requested != nil || !present.isEmpty else { return nil }
        let name = try InstanceChoice.choose(requested, among: present)
        guard let directory = InstanceDirectory(name: name) else { return nil }
        var observer = try InstanceObserver(directory)
        return observer.observe()
    }
}
