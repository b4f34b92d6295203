//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Platform

/// Measures a host: rounds of gap scan and cache-line exchange, then calls and wake-ups.
public struct Examination: Sendable {
    /// A round is long enough for ticks of 100 Hz and short enough to see a pair of cores flip.
    static let roundNs: UInt64 = 2_500_000_000
    static let roundCountMin: UInt64 = 4
    /// Pairs of so many cores are exchanged; a matrix of more takes minutes.
    public static let matrixCoresMax = 24
    static let wakeCount = 300
    static let wakeCountQuick = 60

    public let cores: [Int]
    public let durationNs: UInt64
    public let thresholdNs: UInt64
    /// Of a path, ns: what the expected tail is worked out for.
    public let pathNs: UInt64
    public let files: HostFiles
    let isQuick: Bool

    /// - Parameter cores: Usable ones; not empty.
    public init(
        cores: [Int], durationNs: UInt64, thresholdNs: UInt64 = 1_000, pathNs: UInt64 = 2_000,
        isQuick: Bool = false, files: HostFiles = HostFiles()
    ) {
        precondition(!cores.isEmpty, "a core to measure")
        self.cores = cores
        self.durationNs = durationNs
        self.thresholdNs = thresholdNs
        self.pathNs = pathNs
        self.isQuick = isQuick
        self.files = files
    }

    /// Blocks for the duration and a few seconds more.
    ///
    /// - Parameter progress: Told the share done, 0...1, and what is being measured.
    /// - Throws: `PlatformError` when threads cannot be started or pinned.
    public func run(
        _ progress: (Double, String) -> Void = { _, _ in }
    ) throws(PlatformError) -> DoctorReport {
        let facts = HostFacts.read(files, cores: cores)
        let countsBefore = KernelCounts.read(files)
        let start = ClockPair.now()
        CurrentThread.sleep(ns: 50_000_000)
        let rate = start.rate(until: ClockPair.now())
        var measured = Measurements(counter: CounterState.measure(files, rate: rate))
        var drift = CounterDrift()
        drift.add(start)
        try measureRounds(&measured, &drift, rate, progress)
        progress(1, "calls and wake-ups")
        try measureCalls(&measured, rate)
        measureWakes(&measured, rate)
        let end = ClockPair.now()
        drift.add(end)
        measured.seconds = Double(end.rawNs &- start.rawNs) / 1e9
        measured.finish(drift)
        return DoctorReport(
            facts: facts, measured: measured, pathNs: pathNs, thresholdNs: thresholdNs,
            countsBefore: countsBefore, countsAfter: KernelCounts.read(files))
    }

    private func measureRounds(
        _ measured: inout Measurements, _ drift: inout CounterDrift, _ rate: TickRate,
        _ progress: (Double, String) -> Void
    ) throws(PlatformError) {
        let roundCount = max(Self.roundCountMin, durationNs / Self.roundNs)
        let probe = GapProbe(cores: cores, thresholdNs: thresholdNs, rate: rate)
        measured.gaps = cores.map { GapTally(core: $0) }
        measured.pairs = pairs.map { Measurements.Pair($0) }
        for round in 0..<roundCount {
            progress(
                Double(round) / Double(roundCount), "gaps on cores \(CoreList.text(cores))")
            let before = KernelCounts.read(files)
            let results = try probe.run(durationNs: durationNs / roundCount)
            let after = KernelCounts.read(files)
            for var result in results {
                result.timerInterrupts = after.timerInterrupts(since: before, core: result.core)
                measured.add(result)
            }
            for index in measured.pairs.indices {
                let pair = measured.pairs[index].pair
                let probe = PairProbe(first: pair.low, second: pair.high, rate: rate)
                if let result = try probe.run() { measured.pairs[index].add(result) }
            }
            drift.add(ClockPair.now())
        }
    }

    private var pairs: [CorePair] {
        let chosen = cores.prefix(Self.matrixCoresMax)
        return chosen.indices.flatMap { a in
            chosen.indices.filter { $0 > a }.map { CorePair(chosen[a], chosen[$0]) }
        }
    }

    private func measureCalls(
        _ measured: inout Measurements, _ rate: TickRate
    ) throws(PlatformError) {
        let probe = CallProbe(core: cores[cores.count - 1], rate: rate)
        for kind in CallProbe.Kind.allCases {
            do throws(PlatformError) {
                measured.calls.append(
                    .init(name: kind.title, spread: try probe.run(kind), failure: nil))
            } catch {
                measured.calls.append(
                    .init(name: kind.title, spread: nil, failure: "\(error)"))
            }
        }
        let small = try probe.touch(isHuge: false)
        measured.calls.append(
            .init(name: "first touch of 4 KiB", spread: small.cost, failure: nil))
        let huge = try probe.touch(isHuge: true)
        measured.calls.append(
            .init(name: "first touch of 2 MiB, huge page asked", spread: huge.cost, failure: nil))
        measured.faultsPerHugeRegion = huge.faultsPerRegion
    }

    private func measureWakes(_ measured: inout Measurements, _ rate: TickRate) {
        guard cores.count > 1 else {
            measured.wakes.append(
                .init(name: "wake-up", spread: nil, failure: "one core: nobody to wake"))
            return
        }
        let probe = WakeProbe(
            waker: cores[0], sleeper: cores[cores.count - 1], rate: rate,
            count: isQuick ? Self.wakeCountQuick : Self.wakeCount)
        for kind in WakeProbe.Kind.allCases {
            do throws(PlatformError) {
                let result = try probe.run(kind)
                measured.wakes.append(
                    .init(name: kind.title, spread: result.latency, failure: nil))
                measured.wakes.append(
                    .init(name: "\(kind.title), waker's call", spread: result.call, failure: nil))
            } catch {
                measured.wakes.append(.init(name: kind.title, spread: nil, failure: "\(error)"))
            }
        }
        if let overshoot = try? probe.sleepOvershoot() {
            measured.wakes.append(
                .init(name: "sleep of 50 µs, too long by", spread: overshoot, failure: nil))
        }
    }
}

extension Measurements {
    mutating func add(_ round: GapProbe.Round) {
        guard let index = gaps.firstIndex(where: { $0.core == round.core }) else { return }
        gaps[index].add(
            round.gaps, spanNs: round.spanNs, blindNs: round.blindNs,
            timerInterrupts: round.timerInterrupts)
        if round.isCut { cutRounds += 1 }
        waitedNs[round.core, default: 0] += round.waitedNs
    }

    /// Once everything is measured: the counter's rate and cost are what the whole run says.
    mutating func finish(_ drift: CounterDrift) {
        counter.gigahertz = drift.rate?.ticksPerNs ?? counter.gigahertz
        (counter.driftPPM, counter.driftBoundPPM) = drift.driftPPM
        let name = CallProbe.Kind.counter.title
        counter.readNs = calls.first { $0.name == name }?.spread?.p50Ns ?? counter.readNs
    }
}
