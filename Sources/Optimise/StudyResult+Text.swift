//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// What a study tells: the table for a person, `result.json`, `best.yaml`.
extension StudyResult {
    private static let rowsMax = 10

    // MARK: - For a person

    /// The best trials and what to think of them.
    public var text: String {
        var lines: [String] = []
        let folds = self.folds
        let objective = plan.objective
        lines.append(
            "\(tried.count) different trials of \(plannedTrials) proposed, \(missedCount) missed a "
                + "requirement, \(failures.reduce(0) { $0 + $1.count }) failed"
                + (isStopped ? "; stopped early" : ""))
        for failure in failures.prefix(5) {
            lines.append("  failed \(failure.count) times: \(failure.reason)")
        }
        if let base {
            let score = plan.score(base).map(DecimalText.short) ?? "-"
            lines.append("configuration as it stands: \(objective.metric) \(score)")
        }
        if let last = folds.last {
            let name = last.number > 0 ? ", training of fold \(last.number)" : ""
            let scored = last.ranked(plan).filter { plan.score($0.record) != nil }
            if !scored.isEmpty {
                lines.append("best by \(objective.metric)\(name):")
                lines += table(Array(scored.prefix(Self.rowsMax)))
            }
        }
        lines += validationLines + trustLines
        return lines.joined(separator: "\n")
    }

    private func table(_ rows: [Tried]) -> [String] {
        let names = [plan.objective.metric] + plan.requirements.flatMap(\.names)
            .filter { $0 != plan.objective.metric }
        var columns: [String] = []
        for name in names where !columns.contains(name) { columns.append(name) }
        let heads = ["trial"] + columns + plan.space.parameters.map(\.key)
        let cells = rows.map { row in
            ["\(row.number)" + (plan.fitness(row.record).isMet ? "" : "!")]
                + columns.map { name in
                    row.record.figures?.metrics[name].map(DecimalText.short) ?? "-"
                } + row.record.values.map(\.value)
        }
        let widths = heads.indices.map { column in
            ([heads] + cells).map { $0[column].count }.max() ?? 0
        }
        let lines = ([heads] + cells).map { row in
            zip(row, widths).map { text, width in
                String(repeating: " ", count: width - text.count) + text
            }.joined(separator: "  ")
        }
        let isMarked = cells.contains { $0[0].hasSuffix("!") }
        return lines + (isMarked ? ["! misses a requirement"] : [])
    }

    private var validationLines: [String] {
        guard plan.validation.kind != .none else { return [] }
        var lines = ["fold  trial  in sample  out of sample"]
        for fold in folds {
            let best = fold.best(plan)
            let inside = best.flatMap { plan.score($0.record) }.map(DecimalText.short) ?? "-"
            let outside = fold.test.flatMap(plan.score).map(DecimalText.short) ?? "-"
            lines.append(
                [("\(fold.number)", 4), (best.map { "\($0.number)" } ?? "-", 7), (inside, 11),
                    (outside, 15),
                ].map { text, width in
                    String(repeating: " ", count: max(0, width - text.count)) + text
                }.joined())
        }
        if let degradation {
            let share = degradation.share.map { ", \(DecimalText.short($0 * 100)) % lost" } ?? ""
            lines.append(
                "mean in sample \(DecimalText.short(degradation.inSample)), out of sample "
                    + "\(DecimalText.short(degradation.outOfSample))\(share)")
        }
        return lines
    }

    private var trustLines: [String] {
        var lines: [String] = []
        if let deflated {
            lines.append(
                "deflated Sharpe ratio \(DecimalText.short(deflated.probability)): the chance that "
                    + "the best of \(deflated.trials) trials in this folder is more than luck")
        } else if hasBest {
            lines.append("deflated Sharpe ratio: not known, the trial has no variance")
        }
        if let overfitting {
            lines.append(
                "probability of overfitting \(DecimalText.short(overfitting)): how often the best "
                    + "of one half of the time is below the median in the other")
        }
        let ratios = importance
        if !ratios.isEmpty {
            lines.append(
                "explained by one parameter alone: "
                    + ratios.map { "\($0.key) \(Int(($0.ratio * 100).rounded())) %" }
                    .joined(separator: ", "))
        }
        if !hasBest, !isStopped { lines.append("no trial met every requirement") }
        return lines
    }

    // MARK: - For programs

    /// One document; equal studies give equal bytes, whatever the jobs and interruptions.
    public var json: String {
        var parts = [
            "\"format\":\"apus-optimise\"", "\"version\":1",
            "\"method\":\"\(options.method.rawValue)\"", "\"seed\":\(options.seed)",
            "\"objective\":\(JSONDocument.quoted(plan.objective.metric))",
            "\"direction\":\"\(plan.objective.isMaximised ? "maximise" : "minimise")\"",
            "\"require\":[" + plan.requirements.map { JSONDocument.quoted($0.text) }
                .joined(separator: ",") + "]",
            "\"stopped\":\(isStopped)", "\"planned\":\(plannedTrials)",
            "\"different\":\(tried.count)", "\"missed\":\(missedCount)",
            "\"failures\":" + TrialRecord.object(
                failures.map { ($0.reason, "\($0.count)") }),
            "\"base\":" + (base.map { "{\($0.body)}" } ?? "null"),
            "\"best\":" + (best.map(Self.row) ?? "null"),
            "\"folds\":[" + folds.map(fold).joined(separator: ",") + "]",
        ]
        if let degradation {
            parts.append(
                "\"degradation\":{\"in_sample\":\(degradation.inSample),\"out_of_sample\":"
                    + "\(degradation.outOfSample),\"share\":"
                    + (degradation.share.map { "\($0)" } ?? "null") + "}")
        }
        if let deflated {
            parts.append(
                "\"deflated_sharpe\":{\"probability\":\(deflated.probability),\"trials\":"
                    + "\(deflated.trials),\"expected_maximum\":\(deflated.expectedMaximum)}")
        }
        if let overfitting { parts.append("\"overfitting_probability\":\(overfitting)") }
        parts.append(
            "\"importance\":" + TrialRecord.object(importance.map { ($0.key, "\($0.ratio)") }))
        return "{" + parts.joined(separator: ",\n") + "}\n"
    }

    private static func row(_ tried: Tried) -> String {
        "{\"trial\":\(tried.number),\(tried.record.body)}"
    }

    private func fold(_ fold: FoldResult) -> String {
        func ranges(_ all: [TimeRange]) -> String {
            "[" + all.map { "[\($0.startNs),\($0.endNs)]" }.joined(separator: ",") + "]"
        }
        return "{\"fold\":\(fold.number),\"train\":\(ranges(fold.fold.train)),\"test\":"
            + "\(ranges(fold.fold.test)),\"best\":" + (fold.best(plan).map(Self.row) ?? "null")
            + ",\"judged\":" + (fold.test.map { "{\($0.body)}" } ?? "null") + ",\"trials\":[\n"
            + fold.ranked(plan).map(Self.row).joined(separator: ",\n") + "]}"
    }
}
