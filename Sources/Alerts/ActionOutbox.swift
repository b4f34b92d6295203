//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Dispatch
import Platform
import Synchronization

/// Whoever delivers notices. It may take its time: it has threads of its own.
protocol AlertSender: Sendable {
    /// Delivers one notice; called by one thread at a time for each worker.
    ///
    /// - Throws: Why not, in words that hold no secret.
    func send(_ notice: AlertNotice) throws(SendError)
}

struct SendError: Error, Equatable {
    let reason: String
    /// Another attempt may have better luck.
    let isTransient: Bool
}

/// The bounded backlog of one action and the threads that work it off. Who puts a notice in never
/// waits; one that finds no room is dropped and counted.
final class ActionOutbox: Sendable {
    struct Counts: Sendable, Equatable {
        var backlog = 0
        var delivered: UInt64 = 0
        var failed: UInt64 = 0
        var dropped: UInt64 = 0
        var retries: UInt64 = 0
    }

    private struct State {
        var notices: [AlertNotice] = []
        /// Taken out, and not delivered yet.
        var underWay = 0
        var isClosed = false
        var counts = Counts()
        var lastReason = ""
    }

    let name: String
    private let sender: any AlertSender
    private let backlogMax: Int
    private let retriesMax: Int
    private let retryNs: UInt64
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)

    /// Waits between attempts double up to here.
    private static let retryNsMax: UInt64 = 30_000_000_000

    /// - Parameters:
    ///   - retryNs: Before the second attempt.
    ///   - report: Told, in one line, when deliveries begin to fail and when they work again.
    init(
        name: String, sender: any AlertSender, backlogMax: Int, retriesMax: Int, retryNs: UInt64,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.name = name
        self.sender = sender
        self.backlogMax = backlogMax
        self.retriesMax = retriesMax
        self.retryNs = retryNs
        self.report = report
    }

    func start(workers: Int) throws(PlatformError) {
        for _ in 0..<workers { _ = try PlatformThread(name: "al-\(name)") { [self] in work() } }
    }

    func put(_ notice: AlertNotice) {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.notices.count < backlogMax else {
                state.counts.dropped += 1
                return false
            }
            state.notices.append(notice)
            return true
        }
        if isTaken { wakeUp.signal() }
    }

    var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.backlog = state.notices.count + state.underWay
            return counts
        }
    }

    /// Takes nothing more; what waits is still tried until `deadlineNs` (monotonic), without
    /// further attempts.
    func close(deadlineNs: UInt64) {
        state.withLock { $0.isClosed = true }
        while counts.backlog > 0, monotonicNs() < deadlineNs {
            wakeUp.signal()
            CurrentThread.sleep(ns: 5_000_000)
        }
        state.withLock { state in
            state.counts.dropped += UInt64(state.notices.count)
            state.notices = []
        }
        // A worker that waits ends; one that hangs in an action ends with the process.
        for _ in 0..<Self.workersMax { wakeUp.signal() }
    }

    static let workersMax = 8

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func work() {
        while true {
            let notice = state.withLock { state -> AlertNotice? in
                guard !state.notices.isEmpty else { return nil }
                state.underWay += 1
                return state.notices.removeFirst()
            }
            if let notice {
                deliver(notice)
            } else if isClosed {
                return
            } else {
                wakeUp.wait()
            }
        }
    }

    private func deliver(_ notice: AlertNotice) {
        var waitNs = retryNs
        var attempt = 0
        while true {
            do throws(SendError) {
                try sender.send(notice)
                return finish(nil)
            } catch {
                guard error.isTransient, attempt < retriesMax, !isClosed else {
                    return finish(error)
                }
            }
            attempt += 1
            state.withLock { $0.counts.retries += 1 }
            let untilNs = monotonicNs() + waitNs
            while monotonicNs() < untilNs, !isClosed {
                CurrentThread.sleep(ns: min(waitNs, 50_000_000))
            }
            waitNs = min(waitNs * 2, Self.retryNsMax)
        }
    }

    /// Says only what is new: an action that fails a thousand times is two lines.
    private func finish(_ error: SendError?) {
        let line = state.withLock { state -> String? in
            state.underWay -= 1
            let reason = error?.reason ?? ""
            if error == nil { state.counts.delivered += 1 } else { state.counts.failed += 1 }
            guard reason != state.lastReason else { return nil }
            state.lastReason = reason
            return reason.isEmpty
                ? "action \(name) works again" : "action \(name) failed: \(reason)"
        }
        if let line { report(line) }
    }
}
