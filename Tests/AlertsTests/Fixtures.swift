//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Telemetry
import Testing

@testable import Alerts

let second: UInt64 = 1_000_000_000
/// Where the observations of these tests begin.
let epochNs: UInt64 = 1_700_000_000 * second

/// An engine at `seconds` behind the beginning, to be changed by the test.
func look(_ seconds: Double, _ change: (inout AlertInput) -> Void = { _ in }) -> AlertInput {
    var input = AlertInput(
        timeNs: epochNs + UInt64(seconds * 1e9), instance: "unit", startTimeNs: epochNs - second,
        isAlive: true, tradingState: "READY")
    change(&input)
    return input
}

/// Rules from the text of `rules:`, an action "out" being there.
func plan(_ rules: String) throws -> AlertPlan {
    let text = "actions:\n  - {name: out, type: log}\nrules:\n\(rules)"
    return try AlertPlan(yaml: text, source: "alerts.yaml", environment: [:])
}

func evaluator(_ rules: String, pauseNs: UInt64 = 60 * second) throws -> AlertEvaluator {
    AlertEvaluator(try plan(rules).rules, pauseNs: pauseNs)
}

extension AlertEvaluator {
    /// "firing name value" of each notice.
    mutating func told(_ input: AlertInput) -> [String] {
        evaluate(input).map { notice, _ in
            let again = notice.isRepeated ? " again" : ""
            return "\(notice.status.rawValue)\(again) \(notice.rule) \(notice.value)"
        }
    }
}

func notice(_ number: UInt64 = 1, message: String = "it \"began\"") -> AlertNotice {
    AlertNotice(
        status: .firing, isRepeated: false, rule: "tail", severity: .critical, instance: "unit",
        labels: [("symbol", "BTC-USDT"), ("venue", "okx")], value: "25.3us", threshold: "20us",
        message: message, sinceNs: epochNs, timeNs: epochNs + second, number: number)
}

/// A folder for one test's files, removed with everything in it.
final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/apus-alerts-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
        return file(name)
    }

    func text(_ name: String) -> String {
        (try? String(contentsOfFile: file(name), encoding: .utf8)) ?? ""
    }
}

struct Overdue: Error, CustomStringConvertible { let description: String }

/// Waits until `condition` holds; the limit bounds a hang and measures nothing.
func waitUntil(
    _ what: String, seconds: Double = 30, _ condition: () throws -> Bool
) throws {
    let deadline = monotonicNs() + UInt64(seconds * 1e9)
    while try !condition() {
        if monotonicNs() >= deadline { throw Overdue(description: "not in \(seconds) s: \(what)") }
        CurrentThread.sleep(ns: 5_000_000)
    }
}
