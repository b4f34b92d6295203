//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// This run against a saved one, measurement by measurement.
///
/// A difference counts when the middle halves of both runs' round medians do not overlap (from
/// their first to their third quartile). A round is the smallest part of a run that the machine's
/// moods reach as a whole, so single samples would find differences everywhere. Another hash is
/// another result: never a matter of speed. Some hashes go over all samples, so they are compared
/// where both runs had as many rounds and operations.
public struct BenchComparison {
    public enum Verdict: Equatable, Sendable {
        case same
        case faster
        case slower
        /// What was computed changed.
        case otherHash
        /// Nothing can be said, for the reason.
        case notCompared(String)
    }

    public struct Row: Equatable {
        public let name: String
        let oldNs: Double
        let newNs: Double
        /// New time to old: below 1 is faster.
        public let ratio: Double
        /// From the third quartile of the old rounds to the first of the new, and the reverse.
        let low: Double
        let high: Double
        public let verdict: Verdict
    }

    public let rows: [Row]
    /// In the baseline, asked for and not measured any more.
    public let gone: [String]
    /// Measured, and not in the baseline.
    public let added: [String]

    /// - Throws: `BenchError` when the runs say nothing about each other; `isForced` passes over
    ///   all such reasons but a smoke run.
    public static func check(
        _ mode: Bench.Mode, cpu: String, cores: Int, against old: BenchBaseline, isForced: Bool
    ) throws(BenchError) {
        guard old.mode == "full", mode == .full else {
            throw BenchError("a smoke run measures nothing that could be compared")
        }
        if !isForced, old.cpu != cpu || old.cores != cores {
            throw BenchError(
                "the baseline is of another machine (\(old.cpu), \(old.cores) cores; this one is "
                    + "\(cpu), \(cores) cores); --force compares all the same")
        }
    }

    /// - Parameter place: "near", "far" or, where there was one core or they moved during the run,
    ///   `nil`.
    public init(_ bench: Bench, place: String?, against old: BenchBaseline) {
        let isMoved = place == nil || place != old.place
        rows = bench.results.compactMap { result in
            old.results.first { $0.name == result.name }.map {
                Self.row(result, $0, isMoved: isMoved)
            }
        }
        let measured = Set(bench.results.map(\.name))
        gone = old.results.map(\.name).filter { !measured.contains($0) && bench.isWanted($0) }
        added = bench.results.map(\.name).filter { name in
            !old.results.contains { $0.name == name }
        }
    }

    static func row(_ new: BenchResult, _ old: BenchBaseline.Result, isMoved: Bool) -> Row {
        let (before, now) = (Self.middle(old.rounds), Self.middle(new.rounds))
        let verdict: Verdict =
            if old.operations == new.operations, old.rounds.count == new.rounds.count,
                old.isHashStable, new.isHashStable, old.hash != String(new.hash, radix: 16)
            {
                .otherHash
            } else if isMoved, max(old.threads, new.threads) > 1 {
                .notCompared("other distance of the cores")
            } else if now.high < before.low {
                .faster
            } else if now.low > before.high {
                .slower
            } else {
                .same
            }
        return Row(
            name: new.name, oldNs: old.median, newNs: new.median, ratio: new.median / old.median,
            low: now.low / before.high, high: now.high / before.low, verdict: verdict)
    }

    private static func middle(_ rounds: [Double]) -> (low: Double, high: Double) {
        let sorted = rounds.sorted()
        return (Quantiles.of(sorted, 0.25), Quantiles.of(sorted, 0.75))
    }

    /// What makes the command fail: another hash always, a slowdown beyond `percent` that counts.
    public func failures(above percent: Double?) -> [String] {
        rows.compactMap { row in
            switch row.verdict {
            case .otherHash: return "\(row.name): computes something else than the baseline"
            case .slower:
                guard let percent, row.ratio > 1 + percent / 100 else { return nil }
                let more = BenchText.fixed((row.ratio - 1) * 100, 1)
                return "\(row.name): \(more) % slower than the baseline"
            case .same, .faster, .notCompared: return nil
            }
        }
    }

    // MARK: - Output

    var lines: [String] {
        var table = TextTable(["<measurement", "was ns", "is ns", "ratio", "of rounds", "<"])
        for row in rows {
            table.add([
                row.name, BenchText.ns(row.oldNs), BenchText.ns(row.newNs),
                BenchText.fixed(row.ratio, 3),
                "\(BenchText.fixed(row.low, 3))–\(BenchText.fixed(row.high, 3))",
                row.verdict.text,
            ])
        }
        return table.lines + gone.map { "gone       \($0)" } + added.map { "new        \($0)" }
    }

    func write(_ json: inout JSONWriter) {
        json.array("rows") { json in
            for row in rows {
                json.object { json in
                    json.add("name", row.name)
                    json.add("was_ns", row.oldNs)
                    json.add("is_ns", row.newNs)
                    json.add("ratio", row.ratio)
                    json.add("ratio_min", row.low)
                    json.add("ratio_max", row.high)
                    json.add("verdict", row.verdict.text)
                }
            }
        }
        json.array("gone") { json in gone.forEach { json.addElement($0) } }
        json.array("new") { json in added.forEach { json.addElement($0) } }
    }
}

extension BenchComparison.Verdict {
    var text: String {
        switch self {
        case .same: "same"
        case .faster: "faster"
        case .slower: "SLOWER"
        case .otherHash: "OTHER HASH"
        case .notCompared(let reason): "not compared: \(reason)"
        }
    }
}
