//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
import Glibc
import Platform

/// The folder of a study: `trials.jsonl`, `results/`, and at the end `result.json` and
/// `best.yaml`.
public struct StudyFolder {
    public let path: String
    public let registry: TrialRegistry
    /// Takes a folder for each run.
    public var results: String { "\(path)/results" }

    /// Makes it, or goes on with the one that is there.
    ///
    /// - Throws: `OptimiseError` when it holds trials and is not to be gone on with, or cannot be
    ///   made.
    public init(_ path: String, resumes: Bool) throws(OptimiseError) {
        self.path = path
        for folder in [path, "\(path)/results"] {
            guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else {
                throw OptimiseError(
                    "cannot make \(folder): \(unsafe String(cString: strerror(errno)))")
            }
        }
        registry = try TrialRegistry("\(path)/trials.jsonl")
        guard resumes || registry.isEmpty else {
            throw OptimiseError(
                "\(path) holds \(registry.count) trials; --resume goes on with them, and counts "
                    + "them, or give another --out")
        }
    }

    /// Writes `result.json` and, when there is a best trial, `best.yaml`.
    ///
    /// - Parameters:
    ///   - configuration: What the trials' values were added to; `nil` without a file.
    ///   - assignments: What was added to it besides, before the trials' values.
    public func write(
        _ result: StudyResult, configuration: String?, source: String, assignments: [Assignment],
        schema: [Key]
    ) throws(OptimiseError) {
        try write(result.json, to: "result.json")
        guard let best = result.best else {
            unsafe unlink("\(path)/best.yaml")
            return
        }
        let values = best.record.values
        let merged: String
        do throws(ConfigurationError) {
            merged = try MergedConfiguration.text(
                base: configuration, source: source, values: assignments + values,
                schema: schema)
        } catch { throw OptimiseError("\(error)") }
        let flags = values.map { "#   --set '\($0.key)=\($0.value)'\n" }.joined()
        try write(
            "# Trial \(best.number) of apus optimise, a whole configuration for --config. What it "
                + "changed:\n\(flags)\(merged)", to: "best.yaml")
    }

    /// Under another name until it is whole.
    private func write(_ text: String, to name: String) throws(OptimiseError) {
        let file = "\(path)/\(name)"
        guard TextFile.write(text, to: "\(file).new"),
            unsafe rename("\(file).new", file) == 0
        else {
            throw OptimiseError("cannot write \(file): \(unsafe String(cString: strerror(errno)))")
        }
    }
}
