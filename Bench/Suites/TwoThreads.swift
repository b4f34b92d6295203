//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CPlatform
import Platform

/// Two cores for the benchmarks of two threads: this thread's and its partner's.
struct CorePair {
    /// -1: not pinned.
    let second: Int

    /// The last two cores this process may use, as found before any thread was pinned.
    private static let allowed: [Int] = Array(
        (0..<4_096).filter { apus_core_is_allowed(Int32($0)) == 1 }.suffix(2))

    /// Pins this thread to the first of the pair; `nil` where there is only one core. In smoke
    /// mode nothing is pinned, because the thread belongs to the test runner.
    static func available(_ mode: Bench.Mode) -> CorePair? {
        guard allowed.count == 2 else { return nil }
        if mode == .smoke { return CorePair(second: -1) }
        _ = apus_thread_pin(Int32(allowed[0]))
        return CorePair(second: allowed[1])
    }
}

/// Waiting as a hot thread does: it spins and never pauses. Gives the core away at times, so that
/// two threads on one core come to an end too.
struct Waiting {
    private var count = 0

    @inline(__always)
    mutating func pause() {
        count &+= 1
        if count & 0x3fff == 0 { apus_thread_yield() }
    }
}

/// A second thread for the time of one sample.
final class PartnerThread {
    private var thread: UInt64 = 0

    private final class Body {
        let core: Int
        let run: () -> Void
        init(core: Int, run: @escaping () -> Void) {
            self.core = core
            self.run = run
        }
    }

    /// - Parameter core: To be pinned to, or -1.
    init(core: Int, _ run: @escaping () -> Void) {
        let context = unsafe Unmanaged.passRetained(Body(core: core, run: run)).toOpaque()
        let result = unsafe apus_thread_start(
            { context in
                guard let context = unsafe context else { return }
                let body = unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                if body.core >= 0 { _ = apus_thread_pin(Int32(body.core)) }
                body.run()
            }, unsafe context, &thread)
        precondition(result == 0, "a second thread")
    }

    func join() { apus_thread_join(thread) }
}
