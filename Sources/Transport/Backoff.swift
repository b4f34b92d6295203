//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// When to try again: exponential backoff with full jitter, and a bound on attempts in any five
/// minutes.
///
/// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
struct Backoff: Sendable {
    private static let windowNs: UInt64 = 300_000_000_000

    private let baseNs: UInt64
    private let capNs: UInt64
    private let attemptsMax: Int
    private var generator: Xoshiro256
    private var failures = 0
    private var attempts: [UInt64] = []

    init(_ configuration: ConnectorConfiguration, salt: UInt64) {
        baseNs = max(1, nanoseconds(configuration.backoffBase))
        capNs = max(baseNs, nanoseconds(configuration.backoffCap))
        attemptsMax = max(1, configuration.attemptsPerFiveMinutesMax)
        if let seed = configuration.seed {
            generator = Xoshiro256(seed: seed &+ salt)
        } else {
            generator = .fromKernel()
        }
    }

    /// Counts a failed attempt, or a connection that did not last.
    mutating func failed() { failures = min(failures + 1, 40) }

    /// Starts the backoff anew.
    mutating func succeeded() { failures = 0 }

    /// Counts an attempt at `now` and gives the time to wait before it, ns.
    mutating func delay(now: UInt64) -> UInt64 {
        var delay: UInt64 = 0
        if failures > 0 {
            let doubled = failures > 30 ? capNs : baseNs << UInt64(failures - 1)
            let bound = min(capNs, doubled < baseNs ? capNs : doubled)
            delay = generator.next() % (bound + 1)
        }
        attempts.removeAll { now >= $0 && now - $0 > Self.windowNs }
        if attempts.count >= attemptsMax {
            let oldest = attempts[attempts.count - attemptsMax]
            let free = oldest + Self.windowNs
            if free > now + delay { delay = free - now }
        }
        attempts.append(now + delay)
        return delay
    }
}

/// The duration in nanoseconds; 0 when negative.
func nanoseconds(_ duration: Duration) -> UInt64 {
    UInt64(max(0, duration / .nanoseconds(1)))
}
