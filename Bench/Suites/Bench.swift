//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase

/// Runs benchmarks and keeps their results. The method is that of `Bench/README.md`: a benchmark
/// is a closure that does `operations` of the same thing and returns a hash of what it computed,
/// so that a faster wrong answer shows.
public final class Bench {
    public enum Mode: Sendable {
        /// A few operations, to prove that every suite works; part of every test run.
        case smoke
        case full
    }

    public let mode: Mode
    /// Parts of the names to be measured; none: all.
    public let filters: [String]
    /// Rounds of each measurement, the one that warms up not counted; their spread is printed.
    public let roundCount: Int
    public private(set) var results: [BenchResult] = []
    public private(set) var ratios: [BenchRatio] = []
    public private(set) var skipped: [(name: String, reason: String)] = []
    public private(set) var notes: [(name: String, text: String)] = []
    /// Called with each result as it comes.
    private let report: (BenchResult) -> Void
    private let clock = WallClock.calibrated()

    /// - Parameter rounds: `nil`: as many as the mode asks for.
    public init(
        mode: Mode, filters: [String] = [], rounds: Int? = nil,
        report: @escaping (BenchResult) -> Void = { _ in }
    ) {
        self.mode = mode
        self.filters = filters
        roundCount = rounds ?? (mode == .smoke ? 2 : 11)
        self.report = report
    }

    /// `full` when numbers are wanted, `smoke` when only proof of life is.
    public func parameter<Value>(smoke: Value, full: Value) -> Value {
        mode == .smoke ? smoke : full
    }

    /// Whether a measurement of that name is asked for.
    public func isWanted(_ name: String) -> Bool { Self.isWanted(name, by: filters) }

    static func isWanted(_ name: String, by filters: [String]) -> Bool {
        filters.isEmpty || filters.contains { name.contains($0) }
    }

    /// Measures `body`, which does `operations` operations a call and returns a hash of its result.
    ///
    /// - Parameter samples: Calls in each round.
    public func measure(
        _ name: String, samples: Int, operations: Int, _ body: () -> UInt64
    ) {
        withoutActuallyEscaping(body) { body in
            let candidate = Candidate(name: name, operations: operations) {
                let start = apus_tsc()
                let hash = body()
                return (apus_tsc() &- start, hash)
            }
            measure([candidate], samples: samples)
        }
    }

    /// One of several ways to do the same, measured side by side.
    public struct Candidate {
        let name: String
        let operations: Int
        let threads: Int
        let load: BenchLoad?
        let run: () -> (ticks: UInt64, hash: UInt64)

        /// - Parameters:
        ///   - threads: That work at the same time, each on a core of its own.
        ///   - load: What one operation handles, where throughput is what counts.
        ///   - run: Does the operations and returns how many clock ticks they took.
        public init(
            name: String, operations: Int, threads: Int = 1, load: BenchLoad? = nil,
            run: @escaping () -> (ticks: UInt64, hash: UInt64)
        ) {
            self.name = name
            self.operations = operations
            self.threads = threads
            self.load = load
            self.run = run
        }
    }

    /// Measures candidates in turn, sample by sample, so that what the machine does in the
    /// meantime meets all of them alike. The first round warms up and does not count.
    public func measure(_ candidates: [Candidate], samples: Int) {
        let wanted = candidates.filter { isWanted($0.name) }
        var rounds = wanted.map { _ in [[Double]]() }
        var hashes = wanted.map { _ in Set<UInt64>() }
        var first = wanted.map { _ in UInt64(0) }
        for round in 0...roundCount {
            var times = wanted.map { _ in [Double]() }
            for _ in 0..<samples {
                for (index, candidate) in wanted.enumerated() {
                    let (ticks, hash) = candidate.run()
                    times[index].append(ns(ticks) / Double(candidate.operations))
                    if hashes[index].isEmpty { first[index] = hash }
                    hashes[index].insert(hash)
                }
            }
            if round == 0 { continue }
            for index in wanted.indices { rounds[index].append(times[index]) }
        }
        for (index, candidate) in wanted.enumerated() {
            record(
                candidate.name, rounds: rounds[index], hash: first[index],
                isHashStable: hashes[index].count == 1, operations: candidate.operations,
                threads: candidate.threads, load: candidate.load)
        }
    }

    /// What `body` took and its hash, for a candidate.
    @inline(__always)
    func timed(_ body: () -> UInt64) -> (ticks: UInt64, hash: UInt64) {
        let start = apus_tsc()
        let hash = body()
        return (apus_tsc() &- start, hash)
    }

    /// Takes in times that were measured one by one, nanoseconds for an operation, by round.
    public func record(
        _ name: String, rounds: [[Double]], hash: UInt64, isHashStable: Bool = true,
        operations: Int = 1, threads: Int = 1, load: BenchLoad? = nil
    ) {
        guard isWanted(name) else { return }
        let result = BenchResult(
            name: name, operations: operations, threads: threads, load: load, rounds: rounds,
            hash: hash, isHashStable: isHashStable)
        results.append(result)
        report(result)
    }

    /// States how the median of `name` compares with that of `peer`, measured in the same run.
    ///
    /// - Parameter title: As in `round trip against a head-tail ring`.
    public func compare(_ title: String, _ name: String, with peer: String, target: Double) {
        guard let own = results.first(where: { $0.name == name }),
            let other = results.first(where: { $0.name == peer }), own.median > 0
        else { return }
        ratios.append(BenchRatio(title: title, own: own, peer: other, target: target))
    }

    /// Says in the report why something was not measured.
    public func skip(_ name: String, because reason: String) {
        if isWanted(name) { skipped.append((name, reason)) }
    }

    /// Adds a line to the report: what belongs to a measurement and is no time.
    public func note(_ name: String, _ text: String) {
        if isWanted(name) { notes.append((name, text)) }
    }

    /// States a ratio of other figures than two medians.
    public func state(_ ratio: BenchRatio) { ratios.append(ratio) }

    /// Nanoseconds of a difference of two counter values.
    func ns(_ ticks: UInt64) -> Double {
        Double(ticks) * Double(clock.nsPerTickQ32) / 4_294_967_296
    }

    /// The smallest step of the counter that was seen, nanoseconds.
    func clockStepNs() -> Double {
        var smallest = UInt64.max
        for _ in 0..<1_000 {
            let start = apus_tsc()
            var end = apus_tsc()
            while end == start { end = apus_tsc() }
            smallest = min(smallest, end &- start)
        }
        return ns(smallest)
    }
}
