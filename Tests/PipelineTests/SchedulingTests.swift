//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CPlatform
import CTelemetry
import Platform
import Testing

@Suite("What the kernel did to a thread")
struct SchedulingTests {
    private static let hasWatch: Bool = {
        let found = Word()
        let thread = try? PlatformThread(name: "probe") {
            var watch = unsafe PreemptionWatch()
            found.set(unsafe UInt64(apus_preemption_watch_make(&watch)))
            unsafe apus_preemption_watch_end(&watch)
        }
        thread?.join()
        return found.value == 1
    }()

    /// One number from thread to thread.
    ///
    /// SAFETY: written and read atomically; never freed.
    @safe
    private final class Word: @unchecked Sendable {
        private let word = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
        init() { unsafe word.initialize(to: 0) }
        func set(_ value: UInt64) { unsafe apus_word_store_release(word, value) }
        var value: UInt64 { unsafe apus_word_load_acquire(word) }
    }

    /// Goal: a thread knows that it was taken off its core, and one look is enough to know it once.
    @Test(.enabled(if: hasWatch, "kernel or C library have no restartable sequences"))
    func `a thread that slept knows that it was off its core`() throws {
        let seen = Word()
        let thread = try PlatformThread(name: "sleeper") {
            var watch = unsafe PreemptionWatch()
            _ = unsafe apus_preemption_watch_make(&watch)
            var count: UInt64 = 0
            for _ in 0..<20 {
                CurrentThread.sleep(ns: 100_000)
                if unsafe apus_preemption_watch_take(&watch) == 1 { count += 1 }
            }
            unsafe apus_preemption_watch_end(&watch)
            // Watches nothing any more.
            CurrentThread.sleep(ns: 100_000)
            if unsafe apus_preemption_watch_take(&watch) == 1 { count += 1_000 }
            seen.set(count + 1)
        }
        thread.join()
        #expect(seen.value == 21)
    }

    /// Goal: what the watch sees is what the kernel counts, and the tidying of concurrency ids that
    /// it does not count: at most one in 100 ms (see apus_scheduling.h).
    /// Method: a thread spins for two million looks, beside the other tests.
    @Test(.enabled(if: hasWatch, "kernel or C library have no restartable sequences"))
    func `the watch sees no more than the kernel counts and tidies`() throws {
        let (seen, counted, tidied) = (Word(), Word(), Word())
        let thread = try PlatformThread(name: "spinner") {
            let id = apus_thread_id()
            var usage = ThreadUsage()
            _ = unsafe apus_thread_usage(id, &usage)
            let before = usage.switches
            let startNs = monotonicNs()
            var watch = unsafe PreemptionWatch()
            _ = unsafe apus_preemption_watch_make(&watch)
            var count: UInt64 = 0
            for _ in 0..<2_000_000 where unsafe apus_preemption_watch_take(&watch) == 1 {
                count += 1
            }
            unsafe apus_preemption_watch_end(&watch)
            _ = unsafe apus_thread_usage(id, &usage)
            seen.set(count)
            counted.set(usage.switches - before)
            tidied.set((monotonicNs() - startNs) / 100_000_000 + 1)
        }
        thread.join()
        print(
            "watch: seen \(seen.value), the kernel counts \(counted.value)",
            "and tidied at most \(tidied.value) times")
        // Without CONFIG_SCHEDSTATS it counts none.
        if counted.value > 0 { #expect(seen.value <= counted.value + tidied.value) }
    }

    @Test func `the time of another thread grows while it spins, and ends with it`() throws {
        let (id, stop) = (Word(), Word())
        let thread = try PlatformThread(name: "spinner") {
            id.set(UInt64(apus_thread_id()))
            while stop.value == 0 {}
        }
        while id.value == 0 { CurrentThread.yield() }
        let first = apus_thread_cpu_ns(Int32(id.value))
        while apus_thread_cpu_ns(Int32(id.value)) < first + 1_000_000 { CurrentThread.yield() }
        var usage = ThreadUsage()
        #expect(unsafe apus_thread_usage(Int32(id.value), &usage) == 0)
        stop.set(1)
        thread.join()
        // The kernel forgets a thread a moment after it was joined.
        while unsafe apus_thread_usage(Int32(id.value), &usage) == 0 { CurrentThread.yield() }
        #expect(apus_thread_cpu_ns(Int32(id.value)) == 0)
    }

    @Test func `a core that is none has no steal time`() {
        #expect(apus_core_steal_ns(-1) == 0)
        #expect(apus_core_steal_ns(9_999) == 0)
    }
}
