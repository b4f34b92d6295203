//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP
import Options
public import Platform
import Synchronization

/// Rules at work: judges observations and hands notices to actions, which have threads of their
/// own. `observe` never waits for an action.
public final class AlertService: Sendable {
    private let evaluator: Mutex<AlertEvaluator>
    private let outboxes: [ActionOutbox]

    private static let retryNs: UInt64 = 1_000_000_000
    /// Looks that may be missed before a pause is one.
    private static let looksMissedMax: UInt64 = 10
    private static let pauseNsMin: UInt64 = 5_000_000_000
    /// What is on its way when the monitor ends has so long.
    private static let closingNs: UInt64 = 2_000_000_000

    /// Starts the actions' threads.
    ///
    /// - Parameter intervalNs: Usual time between two observations.
    public convenience init(_ plan: AlertPlan, intervalNs: UInt64) throws(PlatformError) {
        try self.init(plan, intervalNs: intervalNs, retryNs: Self.retryNs) { writeError($0) }
    }

    init(
        _ plan: AlertPlan, intervalNs: UInt64, retryNs: UInt64,
        report: @escaping @Sendable (String) -> Void
    ) throws(PlatformError) {
        let usual = intervalNs.multipliedReportingOverflow(by: Self.looksMissedMax)
        evaluator = Mutex(
            AlertEvaluator(
                plan.rules,
                pauseNs: usual.overflow ? .max : max(Self.pauseNsMin, usual.partialValue)))
        var outboxes: [ActionOutbox] = []
        for action in plan.actions {
            let (sender, workers, retries) = Self.sender(action)
            let outbox = ActionOutbox(
                name: action.name, sender: sender, backlogMax: action.backlogMax,
                retriesMax: retries, retryNs: retryNs) { report("apus-monitor: alerts: \($0)") }
            outboxes.append(outbox)
            try outbox.start(workers: workers)
        }
        self.outboxes = outboxes
    }

    /// Ends the actions' threads; what waits has a moment left.
    deinit {
        let deadlineNs = monotonicNs() + Self.closingNs
        for outbox in outboxes { outbox.close(deadlineNs: deadlineNs) }
    }

    /// Judges one observation.
    public func observe(_ now: AlertInput) -> AlertStatus {
        evaluator.withLock { evaluator in
            for (notice, actions) in evaluator.evaluate(now) {
                for action in actions { outboxes[action].put(notice) }
            }
            return AlertStatus(evaluator, outboxes)
        }
    }

    private static func sender(
        _ action: AlertPlan.Action
    ) -> (sender: any AlertSender, workers: Int, retries: Int) {
        switch action.kind {
        case .log(let path, let sizeMax, let keep):
            (LogSender(path: path, sizeMax: sizeMax, keep: keep), 1, 0)
        case .webhook(let url, let caFile, let retries, let timeoutNs):
            (
                WebhookSender(
                    transport: HTTPClient(allowsLoopback: true), url: url.value, caFile: caFile,
                    timeoutNs: timeoutNs), 1, retries
            )
        case .command(let arguments, let concurrency, let timeoutNs):
            (CommandSender(arguments: arguments, timeoutNs: timeoutNs), concurrency, 0)
        }
    }
}
