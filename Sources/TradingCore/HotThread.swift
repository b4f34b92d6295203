//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import CPlatform
import Pipeline
import Platform
import Telemetry
import CBase

/// One hot thread from its plan: pins itself, takes its priority, says how that went, then runs
/// its loop until told to stop.
///
/// SAFETY: `state`, `threadID` and `failure` are written by the thread before it publishes `state`,
/// and read by the starter after that.
@safe
final class HotThread: @unchecked Sendable {
    private enum State {
        static let starting: UInt64 = 0
        static let running: UInt64 = 1
        static let failed: UInt64 = 2
    }

    let plan: ThreadPlan
    private let loop: @Sendable () -> Void
    private let isStrict: Bool
    private let prepare: @Sendable () throws -> Void
    private let finish: @Sendable () -> Void
    private let state: UnsafeMutablePointer<UInt64>
    private let allocations: Counter
    private let pageFaults: Counter
    private var failure = ""
    private(set) var warnings: [String] = []
    /// The kernel's number of the thread; once it has started.
    private(set) var threadID: Int32 = 0
    private var thread: PlatformThread?

    /// - Parameters:
    ///   - isStrict: Production: a thread that cannot be pinned or given its priority fails.
    ///   - loop: Returns when the thread is to end; allocates nothing.
    ///   - prepare: Run on the thread before its loop: the reader's ring belongs to its thread.
    ///   - finish: Run on the thread after its loop, for the same reason.
    init(
        _ plan: ThreadPlan, isStrict: Bool, telemetry: TelemetryWriter,
        loop: @escaping @Sendable () -> Void,
        prepare: @escaping @Sendable () throws -> Void,
        finish: @escaping @Sendable () -> Void
    ) {
        self.plan = plan
        self.loop = loop
        self.isStrict = isStrict
        self.prepare = prepare
        self.finish = finish
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: State.starting)
        allocations = telemetry.counter("\(plan.name)_hot_allocations_total")
        pageFaults = telemetry.counter("\(plan.name)_hot_page_faults_total")
    }

    /// Starts the thread and waits until its loop runs.
    func start() throws(EngineError) {
        do throws(PlatformError) {
            thread = try PlatformThread(name: "apus-\(plan.name)") { [self] in body() }
        } catch { throw EngineError("\(error)") }
        while unsafe apus_word_load_acquire(state) == State.starting {
            CurrentThread.sleep(ns: 100_000)
        }
        if unsafe apus_word_load_acquire(state) == State.failed {
            thread?.join()
            thread = nil
            throw EngineError("thread '\(plan.name)': \(failure)")
        }
    }

    func join() {
        thread?.join()
        thread = nil
    }

    private func body() {
        threadID = apus_thread_id()
        do {
            try place()
            try prepare()
        } catch {
            failure = "\(error)"
            unsafe apus_word_store_release(state, State.failed)
            return
        }
        unsafe apus_word_store_release(state, State.running)
        let before = apus_thread_page_faults()
        unsafe apus_allocation_counter_arm(allocations.word)
        loop()
        apus_allocation_counter_arm(nil)
        pageFaults.set(apus_thread_page_faults() - before)
        finish()
    }

    private func place() throws(PlatformError) {
        do throws(PlatformError) {
            if let core = plan.core { try CurrentThread.pin(to: core) }
            if plan.priority > 0 { try CurrentThread.setRealTime(priority: plan.priority) }
        } catch {
            if isStrict { throw error }
            warnings.append("\(error)")
        }
    }
}
