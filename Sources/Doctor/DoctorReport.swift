//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Platform

/// What was found, in sections, and what follows from it.
public struct DoctorReport: Sendable {
    public let facts: HostFacts
    public let measured: Measurements
    public let pathNs: UInt64
    public let thresholdNs: UInt64
    let countsBefore: KernelCounts
    let countsAfter: KernelCounts

    /// In the order in which they are printed.
    public var sections: [FindingSection] {
        [
            facts.machineSection, counterSection, gapSection, pairSection,
            FindingSection(title: "sleeping and waking", findings: wakeFindings),
            FindingSection(title: "calls and memory", findings: callFindings),
            facts.powerSection,
            facts.kernelSection,
            facts.interruptSection(countsBefore, countsAfter, seconds: measured.seconds),
            facts.memorySection, facts.networkSection,
        ]
    }

    /// Names of knobs that would help, each once, in order.
    public var knobs: [String] {
        var knobs: [String] = []
        for finding in sections.flatMap(\.findings) {
            if let knob = finding.knob, !knobs.contains(knob) { knobs.append(knob) }
        }
        return knobs
    }

    public var proposal: PlacementProposal {
        let candidates = measured.gaps.map { tally in
            let tail = tally.expectedTail(pathNs: pathNs)
            return PlacementProposal.Candidate(
                core: tally.core, meetShare: tail.probability(beyondNs: 0),
                extraNs: tail.extraNs(atFraction: 0.999))
        }
        let oneWay = measured.pairs.filter { !$0.mediansNs.isEmpty }.map { ($0.pair, $0.medianNs) }
        return PlacementProposal.make(
            candidates, oneWayNs: Dictionary(oneWay) { first, _ in first },
            siblings: facts.cpu.siblings)
    }

    // MARK: - The time-stamp counter

    private var counterSection: FindingSection {
        let counter = measured.counter
        let rate = "\(Figures.fixed(counter.gigahertz, 6)) GHz"
        let drift = "\(Figures.text(counter.driftPPM)) ppm, readings allow "
            + Figures.text(counter.driftBoundPPM)
        var findings = [
            counter.isInvariant
                ? Finding.good("rate", rate, "constant in every idle and clock state")
                : .fixed("rate", rate, "the processor does not promise a constant rate"),
            counter.clockSource == "tsc"
                ? .good("kernel's clock", "tsc")
                : .fixed(
                    "kernel's clock", counter.clockSource,
                    "the kernel does not trust the counter; clock_gettime costs more"),
            counter.driftPPM <= max(10, 3 * counter.driftBoundPPM)
                ? .good("change of rate", drift)
                : .fixed("change of rate", drift, "latencies across seconds are off by as much"),
            .figure(
                "step", "\(Figures.text(counter.smallestStepNs)) ns smallest difference",
                "every difference is a multiple of \(Figures.text(counter.divisorNs)) ns"),
            counter.isTrapped
                ? .fixed(
                    "reading", "\(Figures.text(counter.readNs)) ns",
                    "a hypervisor catches the instruction: stamps cost more than a hop")
                : .good("reading", "\(Figures.text(counter.readNs)) ns", "not trapped"),
        ]
        let exchanged = measured.pairs.filter { !$0.mediansNs.isEmpty }
        if let worst = exchanged.max(by: { abs($0.offsetNs) < abs($1.offsetNs) }) {
            let bound = Figures.text(worst.offsetBoundNs)
            let text = "\(Figures.text(worst.offsetNs)) ns ± \(bound), "
                + "cores \(worst.pair.low) and \(worst.pair.high)"
            findings.append(
                abs(worst.offsetNs) <= worst.offsetBoundNs
                    ? .good("between cores", text, "nothing that can be told from 0")
                    : .fixed("between cores", text, "stamps of two cores are off by as much"))
        }
        return FindingSection(title: "time-stamp counter", findings: findings)
    }

    // MARK: - A cache line between cores

    private var pairSection: FindingSection {
        let findings = measured.pairs.map { pair -> Finding in
            let name = "cores \(pair.pair.low) and \(pair.pair.high)"
            if pair.mediansNs.isEmpty {
                return .figure(name, "not measured", "others kept the cores: no time in common")
            }
            let place = CoreDistance(oneWayNs: pair.medianNs)
            let low = pair.mediansNs.min() ?? 0
            let high = pair.mediansNs.max() ?? 0
            let value = "\(place.rawValue), \(Figures.text(pair.medianNs)) ns one way, p99 "
                + "\(Figures.text(pair.p99Ns)) ns, medians \(Figures.text(low)) to "
                + Figures.text(high)
            let flips = pair.flips.count
            if flips == 0 {
                return .good(name, value, "no flip in \(pair.mediansNs.count) rounds")
            }
            return .fixed(
                name, value,
                "\(flips) flip\(flips == 1 ? "" : "s") between near and far in "
                    + "\(pair.mediansNs.count) rounds: the host moves the cores")
        }
        return FindingSection(
            title: "a cache line between cores", table: matrix,
            findings: findings.isEmpty
                ? [.fixed("pairs", "none", "one core was measured")] : findings)
    }

    // MARK: - Times with names

    private var wakeFindings: [Finding] {
        let why = Finding.figure("a hot thread", "never waits", "what it is spared:")
        return [why] + measured.wakes.map(Self.finding)
    }

    private var callFindings: [Finding] {
        var findings = measured.calls.map(Self.finding)
        if let faults = measured.faultsPerHugeRegion {
            findings.append(
                .figure(
                    "huge pages", faults < 1.5 ? "given when asked for" : "not given",
                    "\(Figures.text(faults)) faults for two touches of a 2 MiB region"))
        }
        return findings
    }

    private static func finding(_ item: Measurements.Named) -> Finding {
        guard let spread = item.spread else {
            return .fixed(item.name, "not measured", item.failure ?? "")
        }
        let value = "p50 \(Figures.time(spread.p50Ns)), p99 \(Figures.time(spread.p99Ns))"
        return .figure(item.name, value)
    }
}
