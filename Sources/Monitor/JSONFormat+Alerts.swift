//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Alerts
import Rendering

extension JSONFormat {
    /// Nothing without `--alerts`.
    static func addAlerts(_ status: AlertStatus?, to json: inout JSONWriter) {
        guard let status else { return }
        json.object("alerts") { json in
            json.add("evaluations", status.evaluations)
            json.array("rules") { json in
                for rule in status.rules { add(rule, to: &json) }
            }
            json.array("actions") { json in
                for action in status.actions { add(action, to: &json) }
            }
        }
    }

    private static func add(_ rule: AlertStatus.Rule, to json: inout JSONWriter) {
        json.object { json in
            json.add("name", rule.name)
            json.add("severity", rule.severity)
            json.add("firing", rule.firing)
            json.add("pending", rule.pending)
            json.add("is_without_data", rule.isWithoutData)
            json.add("begun", rule.begun)
            json.add("ended", rule.ended)
            json.add("silenced", rule.silenced)
            json.add("delayed", rule.delayed)
        }
    }

    private static func add(_ action: AlertStatus.Action, to json: inout JSONWriter) {
        json.object { json in
            json.add("name", action.name)
            json.add("backlog", action.backlog)
            json.add("delivered", action.delivered)
            json.add("failed", action.failed)
            json.add("dropped", action.dropped)
            json.add("retries", action.retries)
        }
    }
}
