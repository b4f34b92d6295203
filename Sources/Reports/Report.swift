//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// Runs side by side as a page, as JSON and as text.
public enum Report {
    /// More runs are not compared on one page.
    public static let runsMax = 50

    /// The runs under names that differ: of files named alike, the later ones get a number.
    public static func distinct(_ runs: [Run]) -> [Run] {
        var seen: [String: Int] = [:]
        return runs.map { run in
            var run = run
            let count = seen[run.name, default: 0] + 1
            seen[run.name] = count
            if count > 1 { run.name += " (\(count))" }
            return run
        }
    }

    /// One file that loads nothing, runs nothing and is told from nothing but the runs.
    public static func html(_ analyses: [RunAnalysis]) -> String { ReportPage(analyses).html }

    /// Every figure; what is undefined is null.
    public static func json(_ analyses: [RunAnalysis]) -> String { MetricsDocument.text(analyses) }

    /// A line for each figure, a column for each run.
    public static func lines(_ analyses: [RunAnalysis]) -> [String] {
        var table = TextTable(["<figure"] + analyses.map(\.run.name))
        for group in FigureCatalogue.groups {
            for figure in group.figures {
                table.add([figure.title] + analyses.map { figure.text(figure.value($0)) })
            }
        }
        return table.lines
    }
}
