//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Optimise

/// A function in the place of a backtest.
struct FunctionRunner: TrialRunner {
    let metrics: @Sendable (Trial) -> [String: Double]?
    /// Called when a trial begins.
    var begin: @Sendable (Trial) -> Void = { _ in }

    func run(_ trial: Trial, isStopWanted: @Sendable () -> Bool) -> TrialOutcome {
        begin(trial)
        guard let metrics = metrics(trial) else { return .failed("no luck") }
        return .done(TrialFigures(metrics: metrics))
    }

    /// The values as numbers, in the order of the space.
    static func numbers(_ trial: Trial) -> [Double] { trial.values.compactMap { Double($0.value) } }

    /// A sphere around 2.
    static let sphere = FunctionRunner(metrics: { trial in
        trial.number == 0 ? ["cost": 99]
            : ["cost": Functions.sphere(numbers(trial).map { $0 - 2 })]
    })
}

/// A study in a folder of its own.
struct StudyRig {
    let folder: Workplace
    var options = StudyOptions()

    init() throws { folder = try Workplace() }

    static let space = """
        parameters:
          s.x: {from: 0, to: 10}
          s.y: {from: 0, to: 10}
        objective: {metric: cost, direction: minimise}

        """

    static let identity = StudyIdentity(build: "1", configuration: "", settings: [], data: [])

    func run(
        _ space: String = space, _ runner: any TrialRunner = FunctionRunner.sphere,
        identity: StudyIdentity = identity, in name: String = "study",
        isStopWanted: @escaping () -> Bool = { false }, said: @escaping (String) -> Void = { _ in }
    ) throws -> StudyResult {
        let plan = try TestSchema.plan(space)
        let place = try StudyFolder(folder.file(name), resumes: true)
        let study = try Study(
            plan, options, identity: identity, registry: place.registry, runner: runner,
            progress: StudyProgress(isTerminal: false, write: said), isStopWanted: isStopWanted)
        let result = try study.run()
        try place.write(
            result, configuration: nil, source: "", assignments: [], schema: TestSchema.keys)
        return result
    }
}

@Suite("Studies")
struct StudyTests {
    @Test(arguments: SearchMethod.allCases)
    func `one seed gives the same bytes, whatever the jobs`(_ method: SearchMethod) throws {
        var rig = try StudyRig()
        rig.options.method = method
        rig.options.trials = 120
        rig.options.seed = 5
        let space = method == .grid
            ? StudyRig.space.replacing("to: 10", with: "to: 10, points: 11") : StudyRig.space
        // Trials end in another order than they begin.
        let uneven = FunctionRunner(
            metrics: FunctionRunner.sphere.metrics,
            begin: { if $0.number % 7 == 1 { CurrentThread.sleep(ns: 3_000_000) } })
        rig.options.jobs = 1
        let one = try rig.run(space, in: "one")
        rig.options.jobs = 4
        let four = try rig.run(space, uneven, in: "four")
        #expect(one.json == four.json)
        #expect(rig.folder.text("one/result.json") == one.json)
        #expect(one.plannedTrials == (method == .grid ? 121 : 120))
        #expect(one.hasBest)
        if method == .grid || method == .cmaES {
            #expect(try #require(one.best.flatMap { one.plan.score($0.record) }) < 0.1)
        }
        rig.options.seed = 6
        if method != .grid { #expect(try rig.run(space, in: "six").json != one.json) }
    }

    @Test func `what is known is not run again, and the result is that of one go`() throws {
        var rig = try StudyRig()
        rig.options.method = .genetic
        rig.options.trials = 100
        let whole = try rig.run(in: "whole")
        let calls = Mutex(0)
        let counting = FunctionRunner(
            metrics: FunctionRunner.sphere.metrics, begin: { _ in calls.withLock { $0 += 1 } })
        // Stopped behind the 40th trial, at the next batch at the latest, then gone on with.
        let early = try rig.run(
            StudyRig.space, counting, in: "parts", isStopWanted: { calls.withLock { $0 } >= 40 })
        let (isStopped, hasBest) = (early.isStopped, early.hasBest)
        #expect(isStopped)
        #expect(hasBest)
        #expect(early.tried.count < whole.tried.count)
        let late = try rig.run(StudyRig.space, counting, in: "parts")
        #expect(late.json == whole.json)
        #expect(calls.withLock { $0 } == whole.tried.count + 1)
        let again = try rig.run(StudyRig.space, counting, in: "parts")
        #expect(again.json == whole.json)
        #expect(calls.withLock { $0 } == whole.tried.count + 1)
        // Other data are other trials.
        let other = StudyIdentity(build: "1", configuration: "", settings: [], data: ["x"])
        _ = try rig.run(StudyRig.space, counting, identity: other, in: "parts")
        #expect(calls.withLock { $0 } == 2 * (whole.tried.count + 1))
    }

    @Test func `failed trials are told of and never the best`() throws {
        var rig = try StudyRig()
        rig.options.trials = 60
        let runner = FunctionRunner(metrics: { trial in
            let x = FunctionRunner.numbers(trial)
            if trial.number == 0 || x[0] < 3 { return nil }
            if x[1] < 3 { return ["other": 1] }
            return ["cost": x[0] + x[1]]
        })
        let result = try rig.run(StudyRig.space, runner)
        let best = try #require(result.best)
        #expect(try #require(result.plan.score(best.record)) >= 6)
        let failures = result.failures
        #expect(failures.map(\.reason).sorted() == ["cost is not defined for the run", "no luck"])
        let failed = failures.reduce(0) { $0 + $1.count }
        #expect((10...50).contains(failed))
        #expect(result.text.contains("\(failed) failed"))
        #expect(result.text.contains("no luck"))
        let none = try rig.run(StudyRig.space, FunctionRunner(metrics: { _ in nil }), in: "none")
        #expect(!none.hasBest)
        #expect(rig.folder.text("none/best.yaml").isEmpty)
        #expect(none.text.contains("no trial met every requirement"))
    }

    @Test(arguments: [SearchMethod.random, .genetic, .cmaES])
    func `a trial that misses a requirement stands behind all that meet it`(
        _ method: SearchMethod
    ) throws {
        var rig = try StudyRig()
        rig.options.method = method
        rig.options.trials = 150
        let runner = FunctionRunner(metrics: { trial in
            let x = trial.number == 0 ? [9, 9] : FunctionRunner.numbers(trial)
            return ["cost": x[0] + x[1], "other": x[0]]
        })
        let result = try rig.run(StudyRig.space + "require: [other >= 5]\n", runner)
        let best = try #require(result.best)
        let values = best.record.values.compactMap { Double($0.value) }
        print("\(method): \(values), \(result.missedCount) missed")
        #expect(values[0] >= 5)
        #expect(values[0] + values[1] < 6.5)
        #expect(result.missedCount > 0)
    }

    @Test func `walk-forward chooses in one time and judges in the next`() throws {
        var rig = try StudyRig()
        rig.options.method = .grid
        // The best x moves with time: 1 in the first hundred, then one more each hundred.
        let runner = FunctionRunner(metrics: { trial in
            guard let x = FunctionRunner.numbers(trial).first, let range = trial.ranges.first else {
                return ["cost": 0]
            }
            let middle = Double(range.startNs + range.endNs) / 2
            return ["cost": abs(x - middle / 1e11)]
        })
        let space = """
            parameters: {s.x: {from: 0, to: 10, step: 1}}
            objective: {metric: cost, direction: minimise}
            range: {since: 1970-01-01, until: "1970-01-01T00:16:40Z"}
            validation: {kind: walk-forward, folds: 4, train: 0.2}
            """
        let result = try rig.run(space, runner)
        // Training of 200 s before tests of 200 s: the middle is 200 s late, two steps.
        #expect(result.folds.map { $0.best(result.plan)?.record.values.first?.value }
            == ["1", "3", "5", "7"])
        #expect(result.folds.compactMap { $0.test.flatMap(result.plan.score) } == [2, 2, 2, 2])
        let degradation = try #require(result.degradation)
        #expect(degradation.inSample == 0)
        #expect(degradation.outOfSample == 2)
        #expect(degradation.share == nil)
        #expect(Degradation(inSample: 4, outOfSample: 3, isMaximised: true).share == 0.25)
        #expect(Degradation(inSample: 4, outOfSample: 5, isMaximised: false).share == 0.25)
        #expect(result.tried.count == 44)
        #expect(result.searched.count == 44)
    }

    @Test func `a study without times asks the first run for them`() throws {
        var rig = try StudyRig()
        rig.options.trials = 5
        let space = StudyRig.space + "validation: {kind: purged, folds: 3}\n"
        #expect(throws: OptimiseError.self) { try rig.run(space) }
        struct Timed: TrialRunner {
            func run(_ trial: Trial, isStopWanted: @Sendable () -> Bool) -> TrialOutcome {
                .done(
                    TrialFigures(
                        metrics: ["cost": 1], track: nil, blocks: [],
                        span: TimeRange(startNs: 100, endNs: 400)))
            }
        }
        let result = try rig.run(space, Timed(), in: "timed")
        #expect(result.folds.map(\.fold.test) == [
            [TimeRange(startNs: 100, endNs: 200)], [TimeRange(startNs: 200, endNs: 300)],
            [TimeRange(startNs: 300, endNs: 400)],
        ])
    }

    @Test func `progress tells how many of how many, the best, and how long yet`() throws {
        let plan = try TestSchema.plan(StudyRig.space)
        var said = ""
        let progress = StudyProgress(isTerminal: false, write: { said += $0 })
        progress.begin(planned: 4, folds: 1)
        let record = TrialRegistryTests.record(1)
        progress.ended(record, .met(cost: 2.5), score: 2.5)
        progress.ended(record, .failed, score: nil)
        #expect(progress.text(elapsedNs: 3_000_000_000) == "2/4, 1 failed, best 2.5, ETA 3.00s")
        progress.known(2)
        progress.end()
        #expect(said.hasPrefix("apus optimise: 4 trials\n"))
        #expect(said.hasSuffix("4/4, 1 failed, best 2.5\n"))
        #expect(plan.objective.metric == "cost")
        let terminal = StudyProgress(isTerminal: true, write: { said = $0 })
        terminal.begin(planned: 2, folds: 1)
        terminal.known(1)
        #expect(terminal.text(elapsedNs: 1) == "[############............] 1/2, best -")
    }
}

@Suite("The best trial's configuration")
struct MergedConfigurationTests {
    @Test func `values replace those of the file, and the rest stays`() throws {
        let base = """
            s:
              x: 1  # gone
              kind: "a b"
              names: [p, "q: r"]
            models:
              - {file: m.bin, weight: 0.5}
            empty: {}
            """
        let text = try MergedConfiguration.text(
            base: base, source: "base.yaml",
            values: [
                Assignment(key: "s.x", value: "0.25"), Assignment(key: "s.names", value: "p,q"),
                Assignment(key: "t.deep.key", value: "-5"), Assignment(key: "s.kind", value: "- c"),
            ], schema: TestSchema.keys)
        #expect(
            text == """
                s:
                  x: 0.25
                  kind: "- c"
                  names: [p, q]
                models: [{file: m.bin, weight: 0.5}]
                empty: {}
                t:
                  deep:
                    key: -5

                """)
        #expect(
            try MergedConfiguration.text(base: nil, source: "", values: [], schema: []) == "{}\n")
    }

    @Test func `what was written is read as what was meant`() throws {
        var rig = try StudyRig()
        rig.options.trials = 10
        let result = try rig.run()
        let best = try #require(result.best)
        var settings = Settings(schema: TestSchema.keys)
        try settings.read(yaml: rig.folder.text("study/best.yaml"), source: "best.yaml")
        for value in best.record.values { #expect(settings.text(value.key) == value.value) }
    }
}
