//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// All that was timed.
public struct Measurements: Sendable {
    public struct Pair: Sendable {
        public let pair: CorePair
        /// Medians one way, one a round in which both threads ran at a time.
        public internal(set) var mediansNs: [Double] = []
        /// 99th percentiles one way, one a round.
        public internal(set) var p99sNs: [Double] = []
        /// Of the round whose bound was the tightest.
        public internal(set) var offsetNs = 0.0
        public internal(set) var offsetBoundNs = Double.infinity

        init(_ pair: CorePair) { self.pair = pair }

        public var medianNs: Double { Self.middle(mediansNs) }
        public var p99Ns: Double { Self.middle(p99sNs) }
        /// Rounds in which the pair changed between near and far.
        public var flips: [Int] { FlipDetector.flips(mediansNs) }

        static func middle(_ values: [Double]) -> Double {
            values.isEmpty ? 0 : values.sorted()[values.count / 2]
        }

        mutating func add(_ result: PairProbe.Result) {
            mediansNs.append(result.oneWay.p50Ns)
            p99sNs.append(result.oneWay.p99Ns)
            if result.offsetBoundNs < offsetBoundNs {
                (offsetNs, offsetBoundNs) = (result.offsetNs, result.offsetBoundNs)
            }
        }
    }

    /// A time with its name, or why there is none.
    public struct Named: Sendable {
        public let name: String
        public let spread: Spread?
        public let failure: String?
    }

    public internal(set) var seconds = 0.0
    public internal(set) var counter: CounterState
    public internal(set) var gaps: [GapTally] = []
    /// Rounds that ended early for their number of gaps.
    public internal(set) var cutRounds = 0
    /// By core: ready to run and waiting for it, ns, as the scheduler counts; 0: it does not.
    public internal(set) var waitedNs: [Int: UInt64] = [:]
    public internal(set) var pairs: [Pair] = []
    public internal(set) var wakes: [Named] = []
    public internal(set) var calls: [Named] = []
    /// Faults a region, of 4 KiB and of 2 MiB.
    public internal(set) var faultsPerHugeRegion: Double?

    init(counter: CounterState) { self.counter = counter }
}
