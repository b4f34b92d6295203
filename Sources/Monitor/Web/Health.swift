//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options

/// Whether an engine does what it is there for: it lives, all its stages go round, and it may trade
/// or at least reduce.
struct Health: Equatable {
    /// A heartbeat older than this is a stall.
    static let heartbeatAgeMaxNs: UInt64 = 1_000_000_000

    let isHealthy: Bool
    /// Of both findings, one line.
    let reason: String

    init(_ now: Observation) {
        let problem = Self.problem(now)
        isHealthy = problem == nil
        reason = problem ?? "alive, trading state \(now.control?.state ?? "")"
    }

    /// Of an engine that is not there, with why.
    init(absent reason: String) {
        isHealthy = false
        self.reason = reason
    }

    private static func problem(_ now: Observation) -> String? {
        if !now.isAlive { return "process \(now.processID) is gone" }
        guard let control = now.control else { return "there is no control page yet" }
        // 0: the stage's thread has not begun, or has ended.
        let beating = now.stages.filter { $0.heartbeatNs != 0 }
        guard let oldest = beating.min(by: { $0.heartbeatNs < $1.heartbeatNs }) else {
            return "there is no heartbeat yet"
        }
        let ageNs = Observation.age(of: oldest.heartbeatNs, at: now.timeNs)
        if ageNs > heartbeatAgeMaxNs {
            return "stage \(oldest.name) has not beaten for \(Durations.text(ns: ageNs))"
        }
        if control.state == "READY" || control.state == "REDUCING" { return nil }
        let why = control.haltReason.isEmpty ? "" : ": \(control.haltReason)"
        return "trading state \(control.state)\(why)"
    }
}
