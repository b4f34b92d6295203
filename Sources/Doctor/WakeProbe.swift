//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CDoctor
import Glibc
import Platform

/// What sleeping and waking cost, from one core to another.
struct WakeProbe: Sendable {
    enum Kind: Int32, CaseIterable, Sendable {
        case futex = 0
        case eventfd = 1
        case uring = 2

        var title: String {
            switch self {
            case .futex: "futex"
            case .eventfd: "eventfd read"
            case .uring: "io_uring wait"
            }
        }
    }

    /// Time for the sleeper to fall asleep in.
    static let pauseNs: UInt64 = 200_000
    static let sleepNs: UInt64 = 50_000
    /// On a crowded machine a kind ends here with what was measured.
    static let timeoutNs: UInt64 = 5_000_000_000

    let waker: Int
    let sleeper: Int
    let rate: TickRate
    let count: Int

    struct Result: Sendable {
        /// From just before the waker's call until the sleeper runs.
        let latency: Spread
        /// What the call keeps the waker from.
        let call: Spread
    }

    /// SAFETY: the C side synchronises; it is freed when both threads have been joined.
    @safe
    private final class Handle: @unchecked Sendable {
        let wake: OpaquePointer

        init(_ kind: Kind) throws(PlatformError) {
            var made: OpaquePointer?
            let result = unsafe apus_wake_create(kind.rawValue, &made)
            guard result == 0, let made = unsafe made else {
                throw PlatformError(operation: "prepare \(kind.title)", code: -result)
            }
            unsafe wake = unsafe made
        }
        deinit { unsafe apus_wake_destroy(wake) }
    }

    func run(_ kind: Kind) throws(PlatformError) -> Result {
        let handle = try Handle(kind)
        let latencies = Samples(count: count)
        let calls = Samples(count: count)
        let (waker, sleeper, pauseNs) = (waker, sleeper, Self.pauseNs)
        let timeoutTicks = rate.ticks(ns: Self.timeoutNs)
        // The waker first: it ends by itself should there be no sleeper, who does not.
        let calling = try PlatformThread(name: "doctor-waker") {
            try? CurrentThread.pin(to: waker)
            calls.filled = Int(
                unsafe apus_wake_call(
                    handle.wake, UInt64(calls.count), pauseNs, apus_tsc() + timeoutTicks,
                    calls.base))
        }
        let sleeping = try PlatformThread(name: "doctor-sleeper") {
            try? CurrentThread.pin(to: sleeper)
            latencies.filled = Int(
                unsafe apus_wake_sleep(handle.wake, UInt64(latencies.count), latencies.base))
        }
        calling.join()
        sleeping.join()
        guard let latency = Spread(latencies.values.map { rate.ns($0) }),
            let call = Spread(calls.values.map { rate.ns($0) })
        else { throw PlatformError(operation: "time \(kind.title)", code: ETIMEDOUT) }
        return Result(latency: latency, call: call)
    }

    /// How much too long a sleep of 50 µs is, on the sleeper's core.
    func sleepOvershoot() throws(PlatformError) -> Spread? {
        let times = Samples(count: count)
        let sleeper = sleeper
        let thread = try PlatformThread(name: "doctor-sleeper") {
            try? CurrentThread.pin(to: sleeper)
            unsafe apus_sleep_overshoot(Self.sleepNs, UInt64(times.count), times.base)
            times.filled = times.count
        }
        thread.join()
        return Spread(times.values.map { Double($0) })
    }
}
