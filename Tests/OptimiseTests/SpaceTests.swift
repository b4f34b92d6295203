//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Options
import Testing

@testable import Optimise

/// A schema with one key of each kind that can be varied.
enum TestSchema {
    static let keys: [Key] = [
        Key("s.x", .number(0...10), "1", ""), Key("s.y", .number(0...10), "1", ""),
        Key("s.z", .number(-10...10), "1", ""),
        Key("s.count", .integer(1...1_000_000), "5", ""),
        Key("s.wait", .duration, "1s", ""), Key("s.kind", .word(["a", "b", "c"]), "a", ""),
        Key("s.size", .decimal, "1", ""), Key("s.names", .words(["p", "q"]), "p", ""),
    ]

    static func plan(_ text: String) throws(ConfigurationError) -> StudyPlan {
        try StudyPlan.parse(
            text, source: "space.yaml", schema: keys,
            metrics: RunMetrics.names.union(["cost", "other"]))
    }

    static func refusal(_ text: String) -> String {
        do throws(ConfigurationError) {
            _ = try plan(text)
            return "taken"
        } catch { return error.description }
    }
}

@Suite("Space files")
struct SpaceFileTests {
    struct Refusal: CustomTestStringConvertible {
        let text: String
        let says: String
        var testDescription: String { says }
    }

    static let refusals: [Refusal] = [
        Refusal(text: "- 1", says: "space.yaml: line 1: not a mapping of sections"),
        Refusal(text: "timeout: 1s", says: "space.yaml: parameters is missing"),
        Refusal(text: "parameters: {}", says: "line 1: parameters must be a mapping of keys"),
        Refusal(
            text: "parameters:\n  s.xx: {from: 0, to: 1}",
            says: "space.yaml: line 2: unknown key 's.xx'; did you mean 's.x'?"),
        Refusal(
            text: "parameters:\n  s.x: {from: 0, to: 1}\n  s.x: {from: 0, to: 1}",
            says: "line 3: key 's.x' stands twice"),
        Refusal(
            text: "parameters:\n  s.x: {from: 0, to: 11}",
            says: "line 2: s.x must be a number 0.0...10.0"),
        Refusal(
            text: "parameters: {s.x: {from: 2, to: 1}}", says: "s.x: from is less than to"),
        Refusal(text: "parameters: {s.x: {from: 2}}", says: "s.x: to is missing"),
        Refusal(text: "parameters: {s.x: 5}", says: "s.x must be a mapping with from and to"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1, log: true}}",
            says: "s.x: log needs from above 0"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1, stop: 1}}",
            says: "unknown key 'stop'; did you mean 'step'?"),
        Refusal(text: "parameters: {s.x: {from: nan, to: 1}}", says: "s.x: from must be a number"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1, step: 0}}", says: "s.x: step is above 0"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1, step: 2}}",
            says: "s.x: step is no larger than the range"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1, step: 1e-9}}",
            says: "s.x: more than 10000 steps"),
        Refusal(
            text: "parameters: {s.count: {from: 1.5, to: 4}}",
            says: "s.count: from and to are whole numbers"),
        Refusal(
            text: "parameters: {s.kind: {choices: [a, d]}}",
            says: "line 1: s.kind must be one of a, b, c"),
        Refusal(
            text: "parameters: {s.kind: {choices: [a, a]}}", says: "choice 'a' stands twice"),
        Refusal(text: "parameters: {s.kind: {choices: []}}", says: "choices are empty"),
        Refusal(
            text: "parameters: {s.kind: {choices: [a], from: 1}}", says: "choices go without from"),
        Refusal(
            text: "parameters: {s.wait: {from: 1, to: 2}}",
            says: "s.wait: from must be a duration like 500ms"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1}}\nconstraints: [s.x < s.y]",
            says: "line 2: constraints: 's.y' is no parameter of this file"),
        Refusal(
            text: "parameters: {s.kind: {choices: [a]}}\nconstraints: [s.kind < 1]",
            says: "constraints: 's.kind' is no number"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1}}\nconstraints: ['s.x is 1']",
            says: "'s.x is 1' is not of the form 'a.key < b.key'"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1}}\nobjective: {metric: sharp}",
            says: "line 2: objective.metric: unknown metric 'sharp'"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1}}\nrequire: [luck > 1]",
            says: "line 2: require: unknown metric 'luck'"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1}}\nrange: {since: 2026-02-30}",
            says: "range.since: a time like 2026-11-20"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1}}\nrange: {since: 2026-02-03}",
            says: "range.since: wants range.until too"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1}}\n"
                + "range: {since: 2026-02-03, until: 2026-02-03}",
            says: "range.until: is after range.since"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1}}\n"
                + "validation: {kind: purged, folds: 3, tested: 3}",
            says: "validation.tested: is less than validation.folds"),
        Refusal(
            text: "parameters: {s.x: {from: 0, to: 1}}\n"
                + "validation: {kind: walk-forward, embargo: 1s}",
            says: "no training stands behind its test in walk-forward"),
    ]

    @Test(arguments: refusals)
    func `what is wrong is refused with line and key`(_ one: Refusal) {
        let reason = TestSchema.refusal(one.text)
        #expect(reason.contains(one.says), "\(reason)")
    }

    @Test func `the shipped example's forms are read`() throws {
        let plan = try TestSchema.plan(
            """
            parameters:
              s.x: {from: 0.1, to: 0.5, step: 0.1}
              s.y: {from: 0.001, to: 10, log: true}
              s.count: {from: 1, to: 4}
              s.wait: {from: 100ms, to: 10s, log: true, points: 3}
              s.kind: {choices: [c, a]}
              s.names: {choices: ["p,q", p]}
            constraints: [s.x <= s.y, s.count != 3]
            objective: {metric: calmar, direction: minimise}
            require: [max_drawdown <= 0.1, orders.placed > 5]
            range: {since: 2026-11-20, until: "2026-11-21T12:00:00.5Z"}
            validation: {kind: purged, folds: 6, tested: 2, purge: 1s, embargo: 2s}
            timeout: 30s
            """)
        let parameters = plan.space.parameters
        #expect(parameters.map(\.key) == ["s.x", "s.y", "s.count", "s.wait", "s.kind", "s.names"])
        #expect(parameters.map(\.levelCount) == [5, nil, 4, 3, 2, 2])
        #expect((0..<5).map { parameters[0].text(at: parameters[0].place(ofLevel: $0)) }
            == ["0.1", "0.2", "0.3", "0.4", "0.5"])
        #expect(parameters[1].text(at: 0.5) == "0.1")
        #expect(parameters[1].text(at: -1) == "0.001")
        #expect((0..<3).map { parameters[3].text(at: parameters[3].place(ofLevel: $0)) }
            == ["100000000ns", "1000000000ns", "10000000000ns"])
        #expect(parameters[5].text(at: 0) == "p,q")
        #expect(plan.objective == StudyPlan.Objective(metric: "calmar", isMaximised: false))
        #expect(plan.requirements.map(\.text) == ["max_drawdown <= 0.1", "orders.placed > 5"])
        #expect(plan.range?.lengthNs == 129_600_500_000_000)
        #expect(plan.validation.kind == .purged)
        #expect(plan.validation.embargoNs == 2_000_000_000)
        #expect(plan.timeoutNs == 30_000_000_000)
    }

    @Test func `numbers are written so that every key takes them`() {
        #expect(DecimalText.plain(0.1 + 0.2) == "0.3")
        #expect(DecimalText.plain(1.5e-7) == "0.00000015")
        #expect(DecimalText.plain(-2.5) == "-2.5")
        #expect(DecimalText.plain(2.5e-15) == "0.0000000000000025")
        #expect(DecimalText.plain(1e15) == "1000000000000000")
        #expect(DecimalText.plain(-0.0) == "0")
        #expect(DecimalText.plain(123_456.789) == "123456.789")
    }

    @Test func `times are read back as they were written`() {
        for ns: UInt64 in [0, 1, 1_764_000_000_123_456_789, 951_782_400_000_000_000] {
            #expect(TimeText.nanoseconds(TimeText.text(ns)) == ns)
        }
        #expect(TimeText.text(1_764_000_000_123_456_789) == "2025-11-24T16:00:00.123456789Z")
        #expect(TimeText.nanoseconds("1764000000123456789") == 1_764_000_000_123_456_789)
        #expect(TimeText.nanoseconds("2000-02-29") == 951_782_400_000_000_000)
        for text in [
            "", "2026", "2026-13-01", "2026-02-29", "2026-02-01T24:00:00Z",
            "1969-12-31", "2026-02-01T00:00:00.Z", "2026-02-01T00:00:00.0123456789Z", "2026-02-0a",
            "2026-02-01 00:00:00Z",
        ] { #expect(TimeText.nanoseconds(text) == nil, "\(text)") }
    }
}

@Suite("Grids and constraints")
struct GridTests {
    @Test func `a grid has every combination that the constraints allow, once`() throws {
        let space = try TestSchema.plan(
            """
            parameters:
              s.x: {from: 1, to: 3, step: 1}
              s.y: {from: 1, to: 3, step: 0.5}
              s.kind: {choices: [a, b]}
            constraints: [s.x < s.y, s.y != 2.5]
            """
        ).space
        let rows = try space.grid().map { space.assignments(at: $0).map(\.value) }
        #expect(
            rows == [
                ["1", "1.5", "a"], ["1", "1.5", "b"], ["1", "2", "a"], ["1", "2", "b"],
                ["1", "3", "a"], ["1", "3", "b"], ["2", "3", "a"], ["2", "3", "b"],
            ])
    }

    @Test func `a grid without levels or with too many combinations is refused`() throws {
        let open = try TestSchema.plan("parameters: {s.x: {from: 1, to: 3}}").space
        #expect(throws: OptimiseError("grid: s.x has no levels; give it step, points or choices")) {
            _ = try open.grid()
        }
        let large = try TestSchema.plan(
            """
            parameters:
              s.x: {from: 0, to: 1, points: 1000}
              s.y: {from: 0, to: 1, points: 101}
            """
        ).space
        #expect(throws: OptimiseError("grid: more than 100000 combinations")) {
            _ = try large.grid()
        }
    }

    @Test func `a comparison says how far it is from true`() throws {
        let limit = try #require(Comparison("max_drawdown <= 0.1"))
        #expect(limit.violation { _ in 0.1 } == 0)
        #expect(abs(limit.violation { _ in 0.15 } - 0.5) < 1e-12)
        #expect(limit.violation { _ in nil } == Comparison.unknown)
        #expect(limit.violation { _ in .nan } == Comparison.unknown)
        let strict = try #require(Comparison("a > 1"))
        #expect(strict.violation { _ in 1 } > 0)
        for text in ["a <", "1 < a", "a << 1", "a < inf", "a<1", ""] {
            #expect(Comparison(text) == nil, "\(text)")
        }
    }
}
