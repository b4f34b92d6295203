//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform
import Rendering

/// What an action is told.
struct AlertNotice: Sendable {
    enum Status: String, Sendable { case firing, resolved }

    let status: Status
    /// It was told before and still fires.
    let isRepeated: Bool
    let rule: String
    let severity: Severity
    let instance: String
    let labels: [(name: String, value: String)]
    /// As people read it: "25.3us"; the last one there was.
    let value: String
    let threshold: String
    let message: String
    /// When the condition began to hold.
    let sinceNs: UInt64
    let timeNs: UInt64
    /// Counts the notices of this monitor, so that a receiver sees losses and repetitions.
    let number: UInt64

    /// One JSON object in one line.
    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.add("version", 1)
            json.add("number", number)
            json.add("status", status.rawValue)
            json.add("is_repeated", isRepeated)
            json.add("rule", rule)
            json.add("severity", severity.rawValue)
            json.add("instance", instance)
            json.object("labels") { json in
                for label in labels { json.add(label.name, label.value) }
            }
            json.add("value", value)
            json.add("threshold", threshold)
            json.add("text", message)
            json.add("since_ns", sinceNs)
            json.add("time_ns", timeNs)
        }
        return json.text
    }

    /// One line of logfmt with its end.
    var logLine: String {
        let level =
            switch (status, severity) {
            case (.resolved, _), (_, .info): "info"
            case (_, .warning): "warning"
            case (_, .critical): "error"
            }
        var fields = [
            ("rule", rule), ("status", status.rawValue), ("severity", severity.rawValue),
            ("instance", instance),
        ]
        fields += labels.map { ($0.name, $0.value) }
        fields += [
            ("value", value), ("threshold", threshold), ("since", LogFormat.time(sinceNs)),
            ("number", "\(number)"),
        ]
        return LogFormat.line(level: level, message, fields, timeNs: timeNs)
    }

    /// What a command finds in its environment.
    var environment: [(name: String, value: String)] {
        var result = [
            ("STATUS", status.rawValue), ("REPEATED", isRepeated ? "1" : "0"), ("RULE", rule),
            ("SEVERITY", severity.rawValue), ("INSTANCE", instance), ("VALUE", value),
            ("THRESHOLD", threshold), ("MESSAGE", message), ("SINCE_NS", "\(sinceNs)"),
            ("TIME_NS", "\(timeNs)"), ("NUMBER", "\(number)"), ("JSON", json),
        ]
        result += labels.map { ($0.name.uppercased(), $0.value) }
        // A zero byte would end the value, and what follows would be lost.
        return result.map { ("APUS_ALERT_\($0.0)", $0.1.filter { $0 != "\0" }) }
    }
}
