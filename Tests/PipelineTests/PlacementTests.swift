//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Pipeline
import Testing

@Suite("Placement")
struct PlacementTests {
    @Test func `auto fuses below six cores and pipelines from six on`() throws {
        let few = try Placement.resolve(.auto, cores: [0, 1], custom: [], isStrict: true)
        let many = try Placement.resolve(
            .auto, cores: Array(0..<8), custom: [], isStrict: true)
        #expect(few.map(\.stages) == [.all])
        #expect(many.count == 3)
        #expect(Set(many.compactMap(\.core)).count == 3)
    }

    @Test func `every stage stands on exactly one thread`() throws {
        for mode in [PlacementMode.fused, .pipelined] {
            let plans = try Placement.resolve(mode, cores: [0, 1], custom: [], isStrict: false)
            #expect(plans.reduce(StageSet()) { $0.union($1.stages) } == .all)
            #expect(plans.reduce(0) { $0 + $1.stages.names.count } == 8)
        }
    }

    struct Refusal: Sendable {
        let threads: [ThreadPlan]
        let reason: String
        var isStrict = false
    }

    @Test(arguments: [
        Refusal(threads: [], reason: "stage 'reader' stands on no thread"),
        Refusal(
            threads: [
                ThreadPlan(name: "a", core: 0, stages: .all),
                ThreadPlan(name: "b", core: 1, stages: .parser),
            ], reason: "stage 'parser' stands on two threads"),
        Refusal(
            threads: [
                ThreadPlan(name: "a", core: 0, stages: .all.subtracting(.gateway)),
                ThreadPlan(name: "b", core: 1, stages: .gateway),
            ], reason: "reader and gateway must share a thread"),
        Refusal(threads: [ThreadPlan(name: "a", core: 7, stages: .all)], reason: "core 7"),
        Refusal(
            threads: [ThreadPlan(name: "a", core: 0, stages: .all, priority: 100)],
            reason: "priority"),
        Refusal(
            threads: [
                ThreadPlan(name: "a", core: 0, stages: [.reader, .gateway]),
                ThreadPlan(name: "b", core: 0, stages: .all.subtracting([.reader, .gateway])),
            ], reason: "both spin on core 0", isStrict: true),
    ])
    func `an impossible placement is refused with its reason`(_ refusal: Refusal) {
        let error = #expect(throws: PlacementError.self) {
            try Placement.resolve(
                .custom, cores: [0, 1], custom: refusal.threads, isStrict: refusal.isStrict)
        }
        #expect(error?.description.contains(refusal.reason) == true)
    }

    @Test func `production refuses three hot threads on two cores`() {
        #expect(throws: PlacementError.self) {
            try Placement.resolve(.pipelined, cores: [0, 1], custom: [], isStrict: true)
        }
    }
}
