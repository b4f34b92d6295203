//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CPlatform

/// A joinable thread with all signals blocked.
public final class PlatformThread {
    private var handle: UInt64 = 0

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts `body`; `name` is cut at 15 bytes.
    public init(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(PlatformError) {
        let context = unsafe Unmanaged.passRetained(
            Body {
                unsafe apus_thread_set_name(name)
                body()
            })
        let result = unsafe apus_thread_start(
            { unsafe Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run() },
            unsafe context.toOpaque(),
            &handle)
        if result < 0 { unsafe context.release() }
        try PlatformError.check(result, "start thread \(name)")
    }

    /// Waits for the thread's end.
    public func join() { apus_thread_join(handle) }
}

/// What a thread may do to itself.
public enum CurrentThread {
    /// Pins the calling thread.
    public static func pin(to core: Int) throws(PlatformError) {
        try PlatformError.check(apus_thread_pin(Int32(core)), "pin a thread to core \(core)")
    }

    /// SCHED_FIFO for the calling thread, 1...99.
    public static func setRealTime(priority: Int) throws(PlatformError) {
        try PlatformError.check(
            apus_thread_set_fifo(Int32(priority)), "real-time priority \(priority)")
    }

    /// Niceness of the calling thread alone, -20...19; below 0 a process must be allowed to.
    public static func setNiceness(_ niceness: Int) throws(PlatformError) {
        try PlatformError.check(
            apus_thread_set_niceness(Int32(niceness)), "niceness \(niceness)")
    }

    public static func sleep(ns: UInt64) { apus_thread_sleep_ns(ns) }
    public static func yield() { apus_thread_yield() }
}

/// Stopping by signal.
public enum StopSignals {
    /// Blocks SIGINT and SIGTERM, ignores SIGPIPE and SIGXFSZ; before any thread starts.
    public static func block() { apus_signals_block() }

    /// Waits for SIGINT or SIGTERM: its number, or `nil` after `timeoutNs`.
    public static func wait(timeoutNs: UInt64) -> Int32? {
        let number = apus_signals_wait(timeoutNs)
        return number > 0 ? number : nil
    }
}
