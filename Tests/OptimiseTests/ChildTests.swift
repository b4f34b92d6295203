//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import TestSupport
import Testing

@testable import Optimise

/// A script in the place of `apus backtest`.
struct StandIn {
    let folder: Workplace
    let program: String

    /// Each call leaves its values as a line of `calls`. s.x near 0.3 earns most; above 9 it fails,
    /// at 8 it hangs, at 7 it writes nothing, at 6 it writes half a result.
    init() throws {
        folder = try Workplace()
        program = try folder.write(
            """
            #!/bin/sh
            printf '%s\\n' "$*" >"\(folder.path)/last"
            since=none
            while [ $# -gt 0 ]; do
                case $1 in
                --set) case $2 in s.x=*) x=${2#s.x=} ;; esac ;;
                --out) out=$2 ;;
                --since) since=$2 ;;
                esac
                shift
            done
            printf '%s %s\\n' "${x-none}" "$since" >>"\(folder.path)/calls"
            case ${x-1} in
            9*) echo "first"; echo "too large: $x" >&2; exit 3 ;;
            8) sleep 600 & echo $! >"\(folder.path)/helper"; wait ;;
            7) exit 0 ;;
            6) echo '{"format":' >"$out"; exit 0 ;;
            esac
            awk -v x="${x-1}" 'BEGIN {
                printf "{\\"format\\":\\"apus-run\\",\\"version\\":1,\\"kind\\":\\"backtest\\","
                printf "\\"start_ns\\":1000000000,\\"end_ns\\":40000000000,"
                printf "\\"quote\\":\\"USDT\\",\\"initial_equity\\":1000,\\"equity\\":["
                for (i = 0; i < 40; i++) {
                    e += (i % 3 - 1) * 2 + 1 - (x - 0.3) * (x - 0.3)
                    printf "%s[%d000000000,%.6f,0]", i ? "," : "", i + 1, 1000 + e
                }
                fill = "{\\"t_ns\\":2000000000,\\"symbol\\":\\"A\\",\\"side\\":\\"buy\\","
                fill = fill "\\"price\\":1,\\"quantity\\":1,\\"fee\\":0,\\"is_maker\\":true}"
                printf "],\\"fills\\":[%s,%s],", fill, fill
                print "\\"orders\\":{\\"placed\\":4,\\"filled\\":2}}"
            }' >"$out"
            """, to: "stand-in", mode: 0o755)
    }

    var calls: [Substring] { folder.text("calls").split(separator: "\n") }

    func runner(timeoutNs: UInt64 = 60_000_000_000) throws -> ChildRunner {
        try FileManager.default.createDirectory(
            atPath: folder.file("results"), withIntermediateDirectories: true)
        return ChildRunner(
            ChildRunner.Command(
                program: program, configuration: "base.yaml", assignments: ["a.b=c"],
                data: ["one", "two"]),
            identity: StudyRig.identity, folder: folder.file("results"), timeoutNs: timeoutNs)
    }

    func trial(_ x: String, _ ranges: [TimeRange] = []) -> Trial {
        Trial(number: 1, values: [Assignment(key: "s.x", value: x)], ranges: ranges)
    }
}

@Suite("Trials as children")
struct ChildRunnerTests {
    let standIn: StandIn

    init() throws { standIn = try StandIn() }

    @Test func `a child is told everything, and its result is read once`() throws {
        let runner = try standIn.runner()
        let range = TimeRange(startNs: 1_000_000_000, endNs: 2_500_000_000)
        let outcome = runner.run(standIn.trial("0.3", [range]), isStopWanted: { false })
        guard case .done(let figures) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(figures.metrics["fills"] == 2)
        #expect(figures.metrics["fill_ratio"] == 0.5)
        let words = standIn.folder.text("last")
        #expect(
            words.hasPrefix(
                "backtest --config base.yaml --set a.b=c --set s.x=0.3 --data one two "
                    + "--since 1970-01-01T00:00:01.000000000Z "
                    + "--until 1970-01-01T00:00:02.500000000Z --out "))
        #expect(runner.run(standIn.trial("0.3", [range]), isStopWanted: { false }) == outcome)
        #expect(standIn.calls.count == 1)
        // Two ranges are two runs, one of them known.
        let more = [range, TimeRange(startNs: 3_000_000_000, endNs: 4_000_000_000)]
        guard case .done = runner.run(standIn.trial("0.3", more), isStopWanted: { false }) else {
            Issue.record("not done")
            return
        }
        #expect(standIn.calls.count == 2)
    }

    @Test func `a child that fails, writes nothing or half a result has failed with its reason`()
        throws
    {
        let runner = try standIn.runner()
        func reason(_ x: String) -> String {
            guard case .failed(let reason) = runner.run(standIn.trial(x), isStopWanted: { false })
            else { return "did not fail" }
            return reason
        }
        #expect(reason("9.5") == "exit status 3: too large: 9.5")
        #expect(reason("7") == "it wrote no result")
        #expect(reason("6").hasPrefix("not a result of apus backtest"))
    }

    @Test func `a child that takes too long has failed`() throws {
        let runner = try standIn.runner(timeoutNs: 300_000_000)
        let outcome = runner.run(standIn.trial("8"), isStopWanted: { false })
        #expect(outcome == .failed("took longer than the time-out"))
    }

    @Test func `a child is ended when the study is stopped, with what it started`() throws {
        let runner = try standIn.runner()
        let helperFile = standIn.folder.file("helper")
        let outcome = runner.run(
            standIn.trial("8"), isStopWanted: { TextFile.read(helperFile)?.last == "\n" })
        #expect(outcome == .stopped)
        let helper = try #require(Int32(standIn.folder.text("helper").dropLast()))
        try waitUntil("the helper has ended") { !isProcessAlive(helper) }
    }

    @Test func `a study over children scores by their runs`() throws {
        var rig = try StudyRig()
        rig.options.method = .cmaES
        rig.options.trials = 30
        rig.options.jobs = 2
        let space = "parameters: {s.x: {from: 0, to: 10, points: 101}}\n"
            + "objective: {metric: net_profit}\nrequire: [fills >= 2]"
        let result = try rig.run(space, try standIn.runner())
        let best = try #require(result.best)
        #expect(abs((Double(best.record.values[0].value) ?? 99) - 0.3) < 1)
        #expect(try #require(result.deflated).trials <= 30)
        #expect(result.overfitting != nil)
        #expect(result.text.contains("deflated Sharpe ratio"))
        #expect(result.base?.figures != nil)
    }
}

/// Goal: SIGKILL at any moment loses no finished trial, and the study that goes on ends as if
/// nothing had been.
/// Method: a process of its own runs the study and kills itself while a trial runs.
@Suite("Studies that were killed")
struct KilledStudyTests {
    static let space = "parameters: {s.x: {from: 0, to: 5, points: 51}}\n"
        + "objective: {metric: net_profit}"

    static func rig() throws -> StudyRig {
        var rig = try StudyRig()
        rig.options.method = .genetic
        rig.options.trials = 24
        rig.options.jobs = 2
        return rig
    }

    /// Runs a stand-in's trials; ends this process in the middle of one.
    struct Fatal: TrialRunner {
        let runner: ChildRunner
        let calls: String
        let after: Int

        func run(_ trial: Trial, isStopWanted: @Sendable () -> Bool) -> TrialOutcome {
            let count = (TextFile.read(calls) ?? "").split(separator: "\n").count
            if count >= after { kill(getpid(), SIGKILL) }
            return runner.run(trial, isStopWanted: isStopWanted)
        }
    }

    @Test(arguments: [1, 6, 15])
    func `a study that was killed goes on to the result of one go`(after: Int) async throws {
        let standIn = try StandIn()
        let runner = try standIn.runner()
        let study = standIn.folder.file("study")
        let program = standIn.program
        let path = standIn.folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [
                program = program as String, path = path as String, study = study as String,
                after = after as Int
            ] in
            let runner = ChildRunner(
                ChildRunner.Command(
                    program: program, configuration: "base.yaml", assignments: ["a.b=c"],
                    data: ["one", "two"]),
                identity: StudyRig.identity, folder: "\(path)/results",
                timeoutNs: 60_000_000_000)
            let place = try StudyFolder(study, resumes: false)
            let options = try KilledStudyTests.rig().options
            _ = try Study(
                try TestSchema.plan(KilledStudyTests.space), options,
                identity: StudyRig.identity, registry: place.registry,
                runner: Fatal(runner: runner, calls: "\(path)/calls", after: after),
                progress: StudyProgress(isTerminal: false, write: { _ in }),
                isStopWanted: { false }
            ).run()
        }
        let known = try TrialRegistry("\(study)/trials.jsonl").records
        print("killed after \(standIn.calls.count) runs, \(known.count) of them known")
        #expect(known.count <= standIn.calls.count)
        let place = try StudyFolder(study, resumes: true)
        let rig = try Self.rig()
        let late = try Study(
            try TestSchema.plan(Self.space), rig.options, identity: StudyRig.identity,
            registry: place.registry, runner: runner,
            progress: StudyProgress(isTerminal: false, write: { _ in }), isStopWanted: { false }
        ).run()
        let calls = standIn.calls.count
        // Those that were under way run once more, one for each job.
        #expect(calls <= place.registry.count + 2)
        let whole = try StandIn()
        let once = try rig.run(Self.space, try whole.runner())
        #expect(late.json == once.json)
    }
}
