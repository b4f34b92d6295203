//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry

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
