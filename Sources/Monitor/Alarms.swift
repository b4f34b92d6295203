//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Options
import Telemetry

/// What is wrong with an engine, in the words that every view for people uses.
extension Observation {
    /// Heartbeats older than this are told as a stall.
    static let heartbeatAgeMaxNs: UInt64 = 1_000_000_000
    /// A ring filled beyond this share is about to stall or drop.
    static let ringShareMax = 0.5

    /// Whether the process lives and its stages go round.
    var pulse: (text: String, isAlarming: Bool) {
        let age = heartbeatAgeNs.map { Durations.text(ns: $0) }
        if !isAlive {
            let last = age.map { ", last heartbeat \($0) ago" } ?? ""
            return ("DEAD: process \(processID) is gone\(last)", true)
        }
        guard let age, let ageNs = heartbeatAgeNs else { return ("alive, no heartbeat yet", true) }
        if ageNs > Self.heartbeatAgeMaxNs { return ("STALLED: no heartbeat for \(age)", true) }
        return ("alive, heartbeat \(age) ago", false)
    }

    /// What a person should look at, short; empty when all is well or the engine is gone.
    var alarms: [String] {
        if !isAlive { return [] }
        var alarms: [String] = []
        let late = stages.filter {
            $0.heartbeatNs != 0
                && Self.age(of: $0.heartbeatNs, at: timeNs) > Self.heartbeatAgeMaxNs
        }
        // Of all of them the pulse tells.
        if !late.isEmpty, late.count < stages.count {
            alarms.append("stuck: \(late.map(\.name).joined(separator: ", "))")
        }
        let wrong = instruments.count { $0.status.isBookValid == 0 }
        if wrong > 0 { alarms.append("\(wrong) of \(instruments.count) books not in sync") }
        let full = rings.filter { $0.share > Self.ringShareMax }
        if !full.isEmpty {
            alarms.append("rings filling: \(full.map(\.name).joined(separator: ", "))")
        }
        return alarms
    }
}

extension Observation.Ring {
    /// Of its room, 0...1.
    var share: Double { Double(depth) / Double(max(1, capacity)) }
}

extension ControlSnapshot {
    /// The state, who holds it down and why.
    var text: String {
        var text = state
        if operatorState != engineState {
            text += " (operator \(operatorState), engine \(engineState))"
        }
        if !haltReason.isEmpty { text += ": \(haltReason)" }
        return isStopRequested ? text + " · stopping" : text
    }
}
