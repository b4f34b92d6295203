//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What one operation handles, for rates.
public struct BenchLoad: Sendable {
    public let bytes: Double
    /// Normalised events: a trade, one side of a quote, a level of a book.
    public let events: Double
}

/// The times of one benchmark, nanoseconds for one operation.
public struct BenchResult: Sendable {
    public let name: String
    public let operations: Int
    /// That worked at the same time: with two, near and far cores make two different figures.
    public let threads: Int
    public let load: BenchLoad?
    /// Of all samples.
    public let median: Double
    /// Of all samples; a sample is the mean of its operations.
    public let p99: Double
    /// Of all samples.
    public let p999: Double
    /// The medians of the rounds, in the order they were measured.
    public let rounds: [Double]
    /// Median absolute deviation of the round medians from their median.
    public let deviation: Double
    public let sampleCount: Int
    public let hash: UInt64
    /// Every sample returned the same hash.
    public let isHashStable: Bool

    init(
        name: String, operations: Int, threads: Int, load: BenchLoad?, rounds: [[Double]],
        hash: UInt64, isHashStable: Bool
    ) {
        let all = rounds.flatMap { $0 }.sorted()
        self.name = name
        self.operations = operations
        self.threads = threads
        self.load = load
        self.rounds = rounds.map { Quantiles.median($0) }
        median = Quantiles.of(all, 0.5)
        p99 = Self.tail(all, perThousand: 990)
        p999 = Self.tail(all, perThousand: 999)
        let middle = Quantiles.median(self.rounds)
        deviation = Quantiles.median(self.rounds.map { abs($0 - middle) })
        sampleCount = all.count
        self.hash = hash
        self.isHashStable = isHashStable
    }

    /// The medians of the fastest and the slowest round.
    public var low: Double { rounds.min() ?? 0 }
    public var high: Double { rounds.max() ?? 0 }
    /// Of `load`, at the median.
    public var gigabytesPerSecond: Double? { rate(load?.bytes) }
    public var millionEventsPerSecond: Double? { rate(load?.events).map { $0 * 1_000 } }

    private func rate(_ amount: Double?) -> Double? {
        guard let amount, median > 0 else { return nil }
        return amount / median
    }

    private static func tail(_ sorted: [Double], perThousand: Int) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * perThousand / 1_000)]
    }
}

/// How many times faster `name` was than `peer` in the same run.
public struct BenchRatio: Sendable {
    public let title: String
    public let name: String
    public let peer: String
    /// The two figures that are compared, nanoseconds.
    public let ownNs: Double
    public let peerNs: Double
    public let ratio: Double
    /// Of the rounds, each against the peer's of the same turn.
    public let low: Double
    public let high: Double
    public let target: Double
    /// Both hashes are equal.
    public let isSameResult: Bool

    /// Of the medians of all samples.
    init(title: String, own: BenchResult, peer: BenchResult, target: Double) {
        let pairs = zip(own.rounds, peer.rounds).filter { $0.0 > 0 }.map { $0.1 / $0.0 }
        self.init(
            title: title, own: own, peer: peer, of: \.median, ratio: peer.median / own.median,
            pairs: pairs, target: target)
    }

    /// - Parameters:
    ///   - title: What is compared, "against" and with what.
    ///   - pairs: Of the rounds, each against the peer's of the same turn.
    init(
        title: String, own: BenchResult, peer: BenchResult, of figure: KeyPath<BenchResult, Double>,
        ratio: Double, pairs: [Double], target: Double
    ) {
        self.title = title
        name = own.name
        self.peer = peer.name
        ownNs = own[keyPath: figure]
        peerNs = peer[keyPath: figure]
        self.ratio = ratio
        low = pairs.min() ?? ratio
        high = pairs.max() ?? ratio
        self.target = target
        isSameResult = own.hash == peer.hash
    }

    public var isReached: Bool { ratio >= target }
}

enum Quantiles {
    static func median(_ values: [Double]) -> Double { of(values.sorted(), 0.5) }

    /// Between the two nearest values where it falls between them; 0 of nothing.
    static func of(_ sorted: [Double], _ part: Double) -> Double {
        guard let last = sorted.indices.last else { return 0 }
        let place = part * Double(last)
        let below = Int(place)
        let above = min(below + 1, last)
        return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
}
