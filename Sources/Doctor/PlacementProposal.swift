//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Pipeline

/// Where the engine's hot threads should go on this machine, by what was measured.
public struct PlacementProposal: Sendable {
    public let threads: [ThreadPlan]
    /// In whole sentences, without full stops.
    public let reasons: [String]

    /// What is known of one core.
    public struct Candidate: Sendable {
        public let core: Int
        /// Share of paths that meet a gap, 0...1.
        public let meetShare: Double
        /// 99.9th percentile of the delay.
        public let extraNs: UInt64

        public init(core: Int, meetShare: Double, extraNs: UInt64) {
            self.core = core
            self.meetShare = meetShare
            self.extraNs = extraNs
        }
    }

    /// - Parameters:
    ///   - candidates: Measured cores; not empty.
    ///   - oneWayNs: Between two cores, lower number first.
    ///   - siblings: Other hardware threads of a core's own core.
    public static func make(
        _ candidates: [Candidate], oneWayNs: [CorePair: Double], siblings: [Int: [Int]]
    ) -> PlacementProposal {
        precondition(!candidates.isEmpty, "a core to propose")
        let free = withoutSiblings(candidates, siblings)
        let ranked = free.sorted(by: isBetter)
        var reasons: [String] = []
        if free.count < candidates.count {
            reasons.append("one hardware thread of each core is left idle: two would share it")
        }
        if candidates.count < Placement.coresForPipelined || ranked.count < 4 {
            let best = ranked[0]
            reasons.append(
                "\(candidates.count) cores are fewer than the \(Placement.coresForPipelined) for "
                    + "which threads of their own pay: everything on core \(best.core), which lost "
                    + "the least")
            return PlacementProposal(
                threads: [ThreadPlan(name: "path", core: best.core, stages: .all)],
                reasons: reasons)
        }
        let chosen = closest(ranked, oneWayNs)
        let groups: [(String, StageSet)] = [
            ("network", [.reader, .gateway]), ("market", [.parser, .kernel]),
            ("decision", [.inference, .strategy, .execution, .risk]),
        ]
        reasons.append(
            "cores \(CoreList.text(chosen)) hop in the shortest time of all that lost little")
        return PlacementProposal(
            threads: zip(groups, chosen).map { group, core in
                ThreadPlan(name: group.0, core: core, stages: group.1)
            }, reasons: reasons)
    }

    /// The section of a configuration file.
    public var yaml: String {
        var lines = ["placement:", "  mode: custom", "  threads:"]
        for thread in threads {
            lines.append("    - name: \(thread.name)")
            lines.append("      core: \(thread.core ?? -1)")
            lines.append("      stages: [\(thread.stages.names.joined(separator: ", "))]")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func isBetter(_ a: Candidate, _ b: Candidate) -> Bool {
        // Of two that are alike the higher number: the first cores take most interrupts.
        (a.extraNs, a.meetShare, b.core) < (b.extraNs, b.meetShare, a.core)
    }

    /// The better one of each set of hardware threads that share a core.
    private static func withoutSiblings(
        _ candidates: [Candidate], _ siblings: [Int: [Int]]
    ) -> [Candidate] {
        var taken: Set<Int> = []
        return candidates.sorted(by: isBetter).filter { candidate in
            guard !taken.contains(candidate.core) else { return false }
            taken.formUnion(siblings[candidate.core] ?? [])
            return true
        }
    }

    /// Cores that are considered for threads that hand messages to each other.
    static let rankedMax = 12

    /// Three of the better half, the first and second, second and third nearest to each other.
    private static func closest(
        _ ranked: [Candidate], _ oneWayNs: [CorePair: Double]
    ) -> [Int] {
        // At least one core is left to everything else.
        let count = min(rankedMax, ranked.count - 1, max(3, ranked.count / 2))
        let cores = ranked.prefix(count).map(\.core)
        var best = Array(cores.prefix(3))
        var bestNs = Double.infinity
        for a in cores {
            for b in cores where b != a {
                for c in cores where c != a && c != b {
                    let sum = (oneWayNs[CorePair(a, b)] ?? 1_000)
                        + (oneWayNs[CorePair(b, c)] ?? 1_000)
                    if sum < bestNs { (best, bestNs) = ([a, b, c], sum) }
                }
            }
        }
        return best
    }
}

/// Two cores, whichever comes first.
public struct CorePair: Sendable, Hashable {
    public let low: Int
    public let high: Int

    public init(_ a: Int, _ b: Int) {
        low = min(a, b)
        high = max(a, b)
    }
}
