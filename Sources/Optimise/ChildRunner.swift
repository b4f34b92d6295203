//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Options
import Platform
import Reports

/// Runs trials as children of this process, one for each range: `PROGRAM backtest --config F
/// --set k=v… --data PATH… --since T --until T --out FILE --brief`.
///
/// Each run has a folder named by its digest, with the result and what the child said. A result
/// that is there is not computed again.
public struct ChildRunner: TrialRunner {
    /// What every child is told.
    public struct Command: Sendable {
        public var program: String
        public var configuration: String?
        public var assignments: [String]
        public var data: [String]

        public init(
            program: String, configuration: String?, assignments: [String], data: [String]
        ) {
            self.program = program
            self.configuration = configuration
            self.assignments = assignments
            self.data = data
        }
    }

    let command: Command
    let identity: StudyIdentity
    let folder: String
    let timeoutNs: UInt64

    private static let lookNs: UInt64 = 100_000_000
    private static let reasonMax = 200

    /// - Parameter folder: Takes a folder for each run; it is there.
    public init(
        _ command: Command, identity: StudyIdentity, folder: String, timeoutNs: UInt64
    ) {
        self.command = command
        self.identity = identity
        self.folder = folder
        self.timeoutNs = timeoutNs
    }

    public func run(_ trial: Trial, isStopWanted: @Sendable () -> Bool) -> TrialOutcome {
        let deadlineNs = monotonicNs().addingSaturating(timeoutNs)
        var runs: [Run] = []
        let ranges: [TimeRange?] = trial.ranges.isEmpty ? [nil] : trial.ranges.map { $0 }
        do throws(OptimiseError) {
            for range in ranges {
                let place = "\(folder)/\(identity.digest(trial.values, range.map { [$0] } ?? []))"
                let file = "\(place)/run.json"
                if unsafe access(file, R_OK) != 0 {
                    let isDone = try compute(
                        trial.values, range, place, file, deadlineNs, isStopWanted)
                    guard isDone else { return .stopped }
                }
                runs.append(try RunMetrics.run(contentsOf: file))
            }
            return .done(try RunMetrics.figures(of: runs, over: trial.ranges))
        } catch { return .failed(error.description) }
    }

    /// - Returns: `false` when it was stopped.
    private func compute(
        _ values: [Assignment], _ range: TimeRange?, _ place: String, _ file: String,
        _ deadlineNs: UInt64, _ isStopWanted: () -> Bool
    ) throws(OptimiseError) -> Bool {
        guard unsafe mkdir(place, 0o755) == 0 || errno == EEXIST else {
            throw OptimiseError("cannot make \(place)")
        }
        // Under another name until it is whole: what a crash leaves is no result.
        let draft = "\(file).new"
        let log = "\(place)/log"
        unsafe unlink(draft)
        let child: ChildProcess
        do throws(PlatformError) {
            child = try ChildProcess(
                path: command.program, arguments: arguments(values, range, draft), output: log)
        } catch { throw OptimiseError("\(error)") }
        while true {
            if let status = child.wait(timeoutNs: Self.lookNs) {
                guard status == 0 else {
                    throw OptimiseError("exit status \(status)\(Self.lastLine(log))")
                }
                guard unsafe rename(draft, file) == 0 else {
                    throw OptimiseError("it wrote no result")
                }
                return true
            }
            let isLate = monotonicNs() >= deadlineNs
            guard isLate || isStopWanted() else { continue }
            // Nothing that it could save is wanted.
            child.endGroup(graceNs: Self.lookNs)
            if isLate { throw OptimiseError("took longer than the time-out") }
            return false
        }
    }

    func arguments(_ values: [Assignment], _ range: TimeRange?, _ out: String) -> [String] {
        var result = ["backtest"]
        if let file = command.configuration { result += ["--config", file] }
        let settings = command.assignments + values.map { "\($0.key)=\($0.value)" }
        result += settings.flatMap { ["--set", $0] }
        if !command.data.isEmpty { result += ["--data"] + command.data }
        if let range {
            result += [
                "--since", TimeText.text(range.startNs), "--until", TimeText.text(range.endNs),
            ]
        }
        return result + ["--out", out, "--brief"]
    }

    /// What the child said last, one short line of plain characters.
    private static func lastLine(_ log: String) -> String {
        let line = (TextFile.read(log) ?? "").split(separator: "\n").last ?? ""
        let plain = line.unicodeScalars.prefix(reasonMax).map { $0.value < 0x20 ? " " : "\($0)" }
        return plain.isEmpty ? "" : ": " + plain.joined()
    }
}
