//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages
import Glibc

/// How well one feature told the mid's return over one horizon.
public struct FeatureScore: Equatable, Sendable {
    public let name: String
    public let horizonNs: UInt64
    /// Pearson correlation of the clipped value and the clipped return; 0 where one does not vary.
    public let informationCoefficient: Double
    /// Weight of those with the return's sign among directional values whose return is not 0; not
    /// a number for features without direction.
    public let hitRate: Double
    /// Vectors with a return so far.
    public let count: UInt64
}

/// Follows what features are worth while the engine runs. Cold: for a thread of its own.
///
/// A vector is judged by (mid' / mid - 1) * 1e4, mid' that of the instrument's first vector at or
/// after the horizon; one that comes later than twice the horizon (at least a second later) gives
/// none. Vectors of an instrument are taken at most every 10 ms, and only warm ones are judged.
/// Instruments are judged together. Observations lose weight as exp(-age / `memoryNs`). Once there
/// is history, values and returns are clipped to five sigmas about their mean.
public struct FeatureTracker {
    public static let horizonsMax = 4
    static let sampleNs: UInt64 = 10_000_000
    /// Of one instrument that wait for their horizons.
    static let waitingMax = 16_384
    static let clip = 5.0
    /// Weight from which on means and sigmas are believed.
    static let clipCountMin = 100.0

    private let names: [String]
    private let directional: [Bool]
    private let horizonsNs: [UInt64]
    private let memoryNs: Double
    private var waiting: [UInt32: Waiting] = [:]
    /// By horizon, then feature.
    private var pairs: [DecayedPair]
    private var lastNs: [UInt64]
    private var counts: [UInt64]
    /// Warm vectors left out because too many waited.
    public private(set) var leftOut: UInt64 = 0

    private struct Sample {
        var timeNs: UInt64
        var mid: Double
        var values: [Float]
    }

    private struct Waiting {
        var samples: [Sample] = []
        /// The oldest that each horizon waits for.
        var next: [Int]
        var lastNs: UInt64 = 0
        var lastSampleNs: UInt64 = 0
    }

    /// - Parameters:
    ///   - directional: Of each feature: whether it changes sign in a mirrored market.
    ///   - horizonsNs: One to four, greater than 0.
    public init(
        names: [String], directional: [Bool], horizonsNs: [UInt64],
        memoryNs: UInt64 = 600_000_000_000
    ) {
        precondition(names.count == directional.count, "a direction for each feature")
        precondition(
            (1...Self.horizonsMax).contains(horizonsNs.count) && horizonsNs.allSatisfy { $0 > 0 },
            "one to four horizons")
        self.names = names
        self.directional = directional
        self.horizonsNs = horizonsNs
        self.memoryNs = Double(memoryNs)
        pairs = Array(repeating: DecayedPair(), count: names.count * horizonsNs.count)
        lastNs = Array(repeating: 0, count: horizonsNs.count)
        counts = lastNs
    }

    /// Takes the next vector of an instrument.
    public mutating func add(_ vector: UnsafePointer<FeatureVector>) {
        let count = unsafe Int(vector.pointee.featureCount)
        let mid = unsafe Double(vector.pointee.bid.rawValue + vector.pointee.ask.rawValue) / 2
        let values = unsafe UnsafeBufferPointer(
            start: LinearModel.values(of: vector), count: min(count, ModelFile.featureCountMax))
        unsafe add(
            instrumentID: vector.pointee.instrumentID, timeNs: vector.pointee.ingressTimeNs,
            mid: mid, isWarm: vector.pointee.isWarm == 1, values: Array(values))
    }

    public mutating func add(
        instrumentID: UInt32, timeNs: UInt64, mid: Double, isWarm: Bool, values: [Float]
    ) {
        guard mid > 0, values.count == names.count else { return }
        var state = waiting.removeValue(forKey: instrumentID)
            ?? Waiting(next: Array(repeating: 0, count: horizonsNs.count))
        defer { waiting[instrumentID] = state }
        guard timeNs >= state.lastNs else { return }
        state.lastNs = timeNs
        for horizon in horizonsNs.indices { settle(&state, horizon, timeNs, mid) }
        // What every horizon has settled goes, half of all at a time.
        let done = state.next.min() ?? 0
        if done > 64, done * 2 > state.samples.count {
            state.samples.removeFirst(done)
            state.next = state.next.map { $0 - done }
        }
        guard isWarm, timeNs - state.lastSampleNs >= Self.sampleNs || state.lastSampleNs == 0
        else { return }
        guard state.samples.count < Self.waitingMax else {
            leftOut += 1
            return
        }
        state.lastSampleNs = timeNs
        state.samples.append(Sample(timeNs: timeNs, mid: mid, values: values))
    }

    private mutating func settle(
        _ state: inout Waiting, _ horizon: Int, _ timeNs: UInt64, _ mid: Double
    ) {
        let horizonNs = horizonsNs[horizon]
        while state.next[horizon] < state.samples.count {
            let sample = state.samples[state.next[horizon]]
            let age = timeNs - sample.timeNs
            if age < horizonNs { return }
            state.next[horizon] += 1
            if age - horizonNs > max(horizonNs, 1_000_000_000) { continue }
            observe(horizon, sample, (mid / sample.mid - 1) * 1e4, timeNs)
        }
    }

    private mutating func observe(
        _ horizon: Int, _ sample: Sample, _ change: Double, _ timeNs: UInt64
    ) {
        // Instruments share the sums; one that is behind the other adds at the sums' time.
        let elapsed = timeNs > lastNs[horizon] ? timeNs - lastNs[horizon] : 0
        let factor = lastNs[horizon] == 0 ? 1 : exp(-Double(elapsed) / memoryNs)
        lastNs[horizon] = max(lastNs[horizon], timeNs)
        counts[horizon] += 1
        for feature in names.indices {
            pairs[horizon * names.count + feature].add(
                Double(sample.values[feature]), change, factor: factor)
        }
    }

    /// One for each horizon and feature, by horizon.
    public var scores: [FeatureScore] {
        horizonsNs.indices.flatMap { horizon in
            names.indices.map { feature in
                let pair = pairs[horizon * names.count + feature].moments
                return FeatureScore(
                    name: names[feature], horizonNs: horizonsNs[horizon],
                    informationCoefficient: pair.correlation,
                    hitRate: directional[feature] ? pair.hitRate : .nan, count: counts[horizon])
            }
        }
    }
}

/// The moments of a feature and the return, each clipped about its mean.
struct DecayedPair {
    private(set) var moments = DecayedMoments()

    /// Takes a pair in; what was before counts `factor` times as much as until now.
    mutating func add(_ a: Double, _ b: Double, factor: Double) {
        moments.add(
            clipped(a, moments.x, moments.xx), clipped(b, moments.y, moments.yy), factor: factor)
    }

    private func clipped(_ value: Double, _ sum: Double, _ squares: Double) -> Double {
        let weight = moments.weight
        guard weight >= FeatureTracker.clipCountMin else { return value }
        let mean = sum / weight
        let reach = FeatureTracker.clip * max(0, squares / weight - mean * mean).squareRoot()
        return min(max(value, mean - reach), mean + reach)
    }
}
