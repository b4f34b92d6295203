//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Doctor
import Pipeline
import SeededRandom
import Testing
import TradingCore

@Suite("Proposed placement")
struct PlacementProposalTests {
    static func candidates(_ count: Int, seed: UInt64) -> [PlacementProposal.Candidate] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { core in
            .init(
                core: core, meetShare: random.unit() / 100,
                extraNs: UInt64(random.below(1_000_000)))
        }
    }

    @Test(arguments: [1, 2, 3, 5, 6, 8, 16, 64], 1...4 as ClosedRange<UInt64>)
    func `what is proposed is what the engine accepts`(_ count: Int, _ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var oneWay: [CorePair: Double] = [:]
        for a in 0..<count {
            for b in 0..<a { oneWay[CorePair(a, b)] = 40 + 300 * random.unit() }
        }
        let proposal = PlacementProposal.make(
            Self.candidates(count, seed: seed), oneWayNs: oneWay, siblings: [:])
        var settings = Settings(schema: EngineSchema.keys)
        try settings.read(yaml: proposal.yaml, source: "proposal")
        #expect(settings.text("placement.mode") == "custom")
        let threads = settings.items("placement.threads").map { item in
            ThreadPlan(
                name: item.text("name"), core: item.integer("core"),
                stages: StageSet(item.list("stages").compactMap { StageSet(name: $0) }),
                priority: item.integer("priority"))
        }
        #expect(threads == proposal.threads)
        let resolved = try Placement.resolve(
            .custom, cores: Array(0..<count), custom: threads, isStrict: true)
        #expect(resolved == threads)
        if count >= 6 { #expect(threads.count == 3) } else { #expect(threads.count == 1) }
    }

    @Test func `the core that lost the least is taken, and of equals the last`() {
        let proposal = PlacementProposal.make(
            [
                .init(core: 0, meetShare: 0.1, extraNs: 900),
                .init(core: 1, meetShare: 0.2, extraNs: 100),
                .init(core: 2, meetShare: 0.2, extraNs: 100),
            ], oneWayNs: [:], siblings: [:])
        #expect(proposal.threads.map(\.core) == [2])
    }

    @Test func `threads that hand messages on stand near to each other`() {
        // Cores 4...7 share a cache; all are alike otherwise.
        let candidates = (0..<8).map {
            PlacementProposal.Candidate(core: $0, meetShare: 0.1, extraNs: 100)
        }
        var oneWay: [CorePair: Double] = [:]
        for a in 0..<8 {
            for b in 0..<a { oneWay[CorePair(a, b)] = a / 4 == b / 4 ? 50 : 250 }
        }
        let proposal = PlacementProposal.make(candidates, oneWayNs: oneWay, siblings: [:])
        let cores = proposal.threads.compactMap(\.core)
        #expect(cores.count == 3)
        #expect(cores.allSatisfy { $0 >= 4 })
    }

    @Test func `two hardware threads of a core are never both used`() {
        let siblings = Dictionary(uniqueKeysWithValues: (0..<16).map { ($0, [($0 + 8) % 16]) })
        let proposal = PlacementProposal.make(
            Self.candidates(16, seed: 9), oneWayNs: [:], siblings: siblings)
        let physical = proposal.threads.compactMap(\.core).map { $0 % 8 }
        #expect(Set(physical).count == 3)
    }
}

extension StageSet {
    fileprivate init(_ stages: [StageSet]) {
        self = stages.reduce(into: []) { $0.formUnion($1) }
    }
}
