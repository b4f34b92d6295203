//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CDoctor

/// Ticks of the time-stamp counter in nanoseconds of CLOCK_MONOTONIC_RAW.
public struct TickRate: Sendable {
    public let ticksPerNs: Double

    public init(ticksPerNs: Double) { self.ticksPerNs = ticksPerNs }

    func ns(_ ticks: UInt64) -> Double { Double(ticks) / ticksPerNs }
    func wholeNs(_ ticks: UInt64) -> UInt64 { UInt64((Double(ticks) / ticksPerNs).rounded()) }
    func ticks(ns: UInt64) -> UInt64 { UInt64(Double(ns) * ticksPerNs) }
}

/// Counter and clock at one moment.
struct ClockPair: Sendable {
    let tsc: UInt64
    let rawNs: UInt64
    /// Ticks within which both were read.
    let width: UInt64

    static func now() -> ClockPair {
        var tsc: UInt64 = 0
        var rawNs: UInt64 = 0
        var width: UInt64 = 0
        unsafe apus_tsc_pair(&tsc, &rawNs, &width)
        return ClockPair(tsc: tsc, rawNs: rawNs, width: width)
    }

    /// The counter's rate from this moment to a later one.
    func rate(until later: ClockPair) -> TickRate {
        let elapsedNs = max(1, later.rawNs &- rawNs)
        return TickRate(ticksPerNs: Double(later.tsc &- tsc) / Double(elapsedNs))
    }
}
