//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Dispatch
import Platform
import Synchronization

/// Runs trials on several threads; what becomes known is told on the caller's.
struct TrialPool {
    let runner: any TrialRunner
    /// At least 1.
    let jobs: Int
    /// Asked before each batch and about ten times a second.
    let isStopWanted: () -> Bool

    /// What the threads share.
    private final class Work: Sendable {
        struct State {
            var next = 0
            var ended: [(index: Int, outcome: TrialOutcome)] = []
        }

        let trials: [Trial]
        let runner: any TrialRunner
        let state = Mutex(State())
        let isStopped = Atomic<Bool>(false)
        let wakeUp = DispatchSemaphore(value: 0)

        init(_ trials: [Trial], _ runner: any TrialRunner) {
            self.trials = trials
            self.runner = runner
        }

        func work() {
            while !isStopped.load(ordering: .relaxed) {
                let index = state.withLock { state in
                    defer { state.next += 1 }
                    return state.next
                }
                guard index < trials.count else { return }
                let outcome = runner.run(
                    trials[index], isStopWanted: { isStopped.load(ordering: .relaxed) })
                state.withLock { $0.ended.append((index, outcome)) }
                wakeUp.signal()
            }
        }

        func takeEnded() -> [(index: Int, outcome: TrialOutcome)] {
            state.withLock { state in
                defer { state.ended = [] }
                return state.ended
            }
        }
    }

    /// - Parameters:
    ///   - ended: Told of each end, in the order of time.
    ///   - idle: Called about ten times a second meanwhile.
    /// - Returns: `false` when it was stopped before all had ended.
    func run(
        _ trials: [Trial], ended: (Int, TrialOutcome) throws(OptimiseError) -> Void,
        idle: () -> Void
    ) throws(OptimiseError) -> Bool {
        if isStopWanted() { return false }
        let work = Work(trials, runner)
        var threads: [PlatformThread] = []
        defer {
            work.isStopped.store(true, ordering: .relaxed)
            for thread in threads { thread.join() }
        }
        for index in 0..<min(jobs, trials.count) {
            do throws(PlatformError) {
                threads.append(try PlatformThread(name: "trial-\(index)") { work.work() })
            } catch { throw OptimiseError("\(error)") }
        }
        var left = trials.count
        while left > 0 {
            _ = work.wakeUp.wait(timeout: .now() + .milliseconds(100))
            for (index, outcome) in work.takeEnded() {
                try ended(index, outcome)
                left -= 1
            }
            idle()
            if left > 0, isStopWanted() { break }
        }
        work.isStopped.store(true, ordering: .relaxed)
        for thread in threads { thread.join() }
        threads = []
        for (index, outcome) in work.takeEnded() { try ended(index, outcome) }
        return left == 0
    }
}
