//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What alerts did so far, for the monitor's views.
public struct AlertStatus: Sendable {
    public struct Rule: Sendable {
        public let name: String
        public let severity: String
        /// Alerts that fire, and that wait to fire, now.
        public let firing: Int
        public let pending: Int
        public let isWithoutData: Bool
        public let begun: UInt64
        public let ended: UInt64
        public let silenced: UInt64
        public let delayed: UInt64
    }

    public struct Action: Sendable {
        public let name: String
        public let backlog: Int
        public let delivered: UInt64
        public let failed: UInt64
        public let dropped: UInt64
        public let retries: UInt64
    }

    public let evaluations: UInt64
    public let rules: [Rule]
    public let actions: [Action]

    init(_ evaluator: borrowing AlertEvaluator, _ outboxes: [ActionOutbox]) {
        evaluations = evaluator.evaluations
        let counts = evaluator.counts
        rules = evaluator.rules.indices.map { index in
            let count = counts[index]
            let rule = evaluator.rules[index]
            return Rule(
                name: rule.name, severity: rule.severity.rawValue, firing: count.firing,
                pending: count.pending, isWithoutData: count.isWithoutData, begun: count.begun,
                ended: count.ended, silenced: count.silenced, delayed: count.delayed)
        }
        actions = outboxes.map { outbox in
            let counts = outbox.counts
            return Action(
                name: outbox.name, backlog: counts.backlog, delivered: counts.delivered,
                failed: counts.failed, dropped: counts.dropped, retries: counts.retries)
        }
    }
}
