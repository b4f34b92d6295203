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
    /// A part of the names to be measured; `nil`: all.
    public let filter: String?
    public private(set) var results: [BenchResult] = []
    public private(set) var ratios: [BenchRatio] = []
    /// Called with each result as it comes.
    private let report: (BenchResult) -> Void
    private let clock = WallClock.calibrated()

    public init(
        mode: Mode, filter: String? = nil, report: @escaping (BenchResult) -> Void = { _ in }
    ) {
        self.mode = mode
        self.filter = filter
        self.report = report
    }

    /// Rounds of each measurement; their spread is printed.
    public var roundCount: Int { parameter(smoke: 2, full: 11) }

    /// `full` when numbers are wanted, `smoke` when only proof of life is.
    public func parameter<Value>(smoke: Value, full: Value) -> Value {
        mode == .smoke ? smoke : full
    }

    /// Whether a measurement of that name is asked for.
    public func isWanted(_ name: String) -> Bool {
        filter.map { name.contains($0) } ?? true
    }

    /// Whether any measurement that begins with `prefix` can be asked for.
    public func isWanted(suite prefix: String) -> Bool {
        filter.map { $0.hasPrefix(prefix + "/") || !$0.contains("/") || $0.contains(prefix) }
            ?? true
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
        let run: () -> (ticks: UInt64, hash: UInt64)

        /// - Parameter run: Does the operations and returns how many clock ticks they took.
        public init(
            name: String, operations: Int, run: @escaping () -> (ticks: UInt64, hash: UInt64)
        ) {
            self.name = name
            self.operations = operations
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
            let result = BenchResult(
                name: candidate.name, operations: candidate.operations, rounds: rounds[index],
                hash: first[index], isHashStable: hashes[index].count == 1)
            results.append(result)
            report(result)
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
        _ name: String, rounds: [[Double]], hash: UInt64, isHashStable: Bool = true
    ) {
        guard isWanted(name) else { return }
        let result = BenchResult(
            name: name, operations: 1, rounds: rounds, hash: hash, isHashStable: isHashStable)
        results.append(result)
        report(result)
    }

    /// States how the median of `name` compares with that of `peer`, measured in the same run.
    public func compare(_ title: String, _ name: String, with peer: String, target: Double) {
        guard let own = results.first(where: { $0.name == name }),
            let other = results.first(where: { $0.name == peer }), own.median > 0
        else { return }
        ratios.append(
            BenchRatio(
                title: title, name: name, peer: peer, ratio: other.median / own.median,
                target: target))
    }

    /// States a ratio that was measured elsewhere.
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

/// The times of one benchmark, nanoseconds for one operation.
public struct BenchResult: Sendable {
    public let name: String
    public let operations: Int
    /// Of all samples.
    public let median: Double
    /// Of all samples; a sample is the mean of its operations.
    public let p99: Double
    /// The medians of the fastest and the slowest round.
    public let low: Double
    public let high: Double
    /// Median absolute deviation of the round medians from their median.
    public let deviation: Double
    public let sampleCount: Int
    public let hash: UInt64
    /// Every sample returned the same hash.
    public let isHashStable: Bool

    init(
        name: String, operations: Int, rounds: [[Double]], hash: UInt64, isHashStable: Bool
    ) {
        let all = rounds.flatMap { $0 }.sorted()
        let medians = rounds.map { Self.median($0.sorted()) }.sorted()
        self.name = name
        self.operations = operations
        median = Self.median(all)
        p99 = all.isEmpty ? 0 : all[min(all.count - 1, all.count * 99 / 100)]
        low = medians.first ?? 0
        high = medians.last ?? 0
        let middle = Self.median(medians)
        deviation = Self.median(medians.map { abs($0 - middle) }.sorted())
        sampleCount = all.count
        self.hash = hash
        self.isHashStable = isHashStable
    }

    private static func median(_ sorted: [Double]) -> Double {
        if sorted.isEmpty { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

/// How many times faster `name` was than `peer` in the same run.
public struct BenchRatio: Sendable {
    public let title: String
    public let name: String
    public let peer: String
    public let ratio: Double
    public let target: Double
}
