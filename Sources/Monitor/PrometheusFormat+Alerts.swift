//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Alerts

extension PrometheusFormat {
    /// Nothing without `--alerts`.
    mutating func addAlerts(_ status: AlertStatus?) {
        guard let status else { return }
        func rules(_ value: (AlertStatus.Rule) -> String) -> [Sample] {
            status.rules.map { ([("rule", $0.name), ("severity", $0.severity)], value($0)) }
        }
        func actions(_ value: (AlertStatus.Action) -> String) -> [Sample] {
            status.actions.map { ([("action", $0.name)], value($0)) }
        }
        add("apus_alerts_evaluations_total", "counter", "Looks at which the rules were judged.",
            [([], "\(status.evaluations)")])
        add("apus_alerts_firing", "gauge", "Alerts of a rule that fire.",
            rules { "\($0.firing)" })
        add("apus_alerts_pending", "gauge", "Alerts of a rule whose condition holds for too short.",
            rules { "\($0.pending)" })
        add("apus_alerts_without_data", "gauge", "1 while a rule's quantity has no value.",
            rules { $0.isWithoutData ? "1" : "0" })
        add("apus_alerts_begun_total", "counter", "Alerts that began to fire.",
            rules { "\($0.begun)" })
        add("apus_alerts_ended_total", "counter", "Alerts that ended.", rules { "\($0.ended)" })
        add("apus_alerts_silenced_total", "counter", "Alerts that another rule kept quiet.",
            rules { "\($0.silenced)" })
        add("apus_alerts_delayed_total", "counter", "Alerts told late because of the cooldown.",
            rules { "\($0.delayed)" })
        add("apus_alerts_backlog", "gauge", "Notices that wait or are under way.",
            actions { "\($0.backlog)" })
        add("apus_alerts_delivered_total", "counter", "Notices delivered.",
            actions { "\($0.delivered)" })
        add("apus_alerts_failed_total", "counter", "Notices given up after every attempt.",
            actions { "\($0.failed)" })
        add("apus_alerts_dropped_total", "counter", "Notices that found no room in the backlog.",
            actions { "\($0.dropped)" })
        add("apus_alerts_retries_total", "counter", "Further attempts to deliver.",
            actions { "\($0.retries)" })
    }
}
