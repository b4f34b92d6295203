//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Optimise
import TestSupport
import Testing
import TradingCore

@Suite("apus optimise", .enabled(if: Program.areBuilt, "the programs are not built"))
struct OptimiseCommandTests {
    private static let example = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../tuning/profiles/space-example.yaml")

    let workplace: Workplace

    init() throws { workplace = try Workplace() }

    @Test func `the shipped example is a space of the engine's keys`() throws {
        let text = try String(contentsOf: Self.example, encoding: .utf8)
        let plan = try StudyPlan.parse(text, source: "example", schema: EngineSchema.keys)
        #expect(plan.space.parameters.count == 6)
        #expect(plan.validation.kind == .walkForward)
    }

    @Test func `a space with an unknown key is refused by line and key`() throws {
        let space = try workplace.write(
            "parameters:\n  strategy.buy_above: {from: 0, to: 1}\n", to: "space.yaml")
        let program = try Program(
            "apus", ["optimise", space, "--out", workplace.file("out")], in: workplace)
        #expect(try program.exitStatus() == 1)
        #expect(
            program.errors.contains("space.yaml: line 2: unknown key 'strategy.buy_above'"),
            "\(program.errors)")
    }

    @Test func `trials without data fail with a reason, and nothing is the best`() throws {
        let space = try workplace.write(
            "parameters:\n  strategy.offset_ticks: {from: 0, to: 1}\n", to: "space.yaml")
        let program = try Program(
            "apus", ["optimise", space, "--method", "grid", "--out", workplace.file("out")],
            in: workplace)
        #expect(try program.exitStatus() == 1)
        #expect(program.output.contains("2 different trials of 2 proposed"), "\(program.output)")
        #expect(program.output.contains("failed 2 times: exit status"), "\(program.output)")
        #expect(program.output.contains("no trial met every requirement"))
        #expect(workplace.text("out/trials.jsonl").split(separator: "\n").count == 3)
        #expect(workplace.text("out/result.json").contains("\"best\":null"))
        let again = try Program(
            "apus", ["optimise", space, "--out", workplace.file("out")], in: workplace)
        #expect(try again.exitStatus() == 1)
        #expect(again.errors.contains("--resume goes on with them"), "\(again.errors)")
    }
}
