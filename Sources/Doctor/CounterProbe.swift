//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CDoctor
import Platform

/// The time-stamp counter: whether a latency may be made of its differences.
public struct CounterState: Sendable {
    /// The counter runs at one rate in every frequency and idle state (flags constant_tsc and
    /// nonstop_tsc; on ARM the generic timer always does).
    public let isInvariant: Bool
    /// What the kernel itself keeps time with.
    public let clockSource: String
    public internal(set) var gigahertz: Double
    public let smallestStepNs: Double
    /// Every difference seen is a multiple of it.
    public let divisorNs: Double
    public internal(set) var readNs = 0.0
    /// Largest difference of the rate over a round from the rate over the run, parts a million.
    public internal(set) var driftPPM = 0.0
    /// What the reading of the clocks alone can make of a round's rate, parts a million.
    public internal(set) var driftBoundPPM = 0.0

    /// Reading the counter costs less than this on every processor that does it by itself; more
    /// means that a hypervisor catches the instruction.
    static let trapMinNs = 100.0
    public var isTrapped: Bool { readNs >= Self.trapMinNs }

    /// All but what only the whole run tells: `readNs`, `driftPPM` and its bound.
    static func measure(_ files: HostFiles, rate: TickRate) -> CounterState {
        var smallest: UInt64 = 0
        var divisor: UInt64 = 0
        unsafe apus_tsc_step(200_000, &smallest, &divisor)
        #if arch(arm64)
            let isInvariant = true
        #else
            let flags = Set(CPUFacts.flags(files))
            let isInvariant = flags.isSuperset(of: ["constant_tsc", "nonstop_tsc"])
        #endif
        return CounterState(
            isInvariant: isInvariant,
            clockSource: files.line(
                "/sys/devices/system/clocksource/clocksource0/current_clocksource") ?? "unknown",
            gigahertz: rate.ticksPerNs, smallestStepNs: rate.ns(smallest),
            divisorNs: rate.ns(divisor))
    }
}

/// The counter's rate over the run, from readings at the ends of its rounds.
struct CounterDrift {
    private(set) var pairs: [ClockPair] = []

    mutating func add(_ pair: ClockPair) { pairs.append(pair) }

    /// `nil` before two readings.
    var rate: TickRate? {
        guard let first = pairs.first, let last = pairs.last, pairs.count > 1 else { return nil }
        return first.rate(until: last)
    }

    /// Largest deviation of a round's rate, and what the readings' own width allows for, both in
    /// parts a million.
    var driftPPM: (largest: Double, bound: Double) {
        guard let whole = rate?.ticksPerNs else { return (0, 0) }
        var largest = 0.0
        var bound = 0.0
        for (earlier, later) in zip(pairs, pairs.dropFirst()) {
            let part = earlier.rate(until: later).ticksPerNs
            let elapsed = Double(max(1, later.tsc &- earlier.tsc))
            largest = max(largest, abs(part / whole - 1) * 1e6)
            bound = max(bound, Double(earlier.width + later.width) / 2 / elapsed * 1e6)
        }
        return (largest, bound)
    }
}
