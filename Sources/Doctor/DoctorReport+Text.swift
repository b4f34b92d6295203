//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Pipeline
import Rendering

extension DoctorReport {
    static let fractions: [(name: String, value: Double)] = [
        ("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999),
    ]

    /// For people.
    public var text: String {
        var lines = ["apus doctor: \(Figures.fixed(measured.seconds, 0)) s on cores "
            + CoreList.text(measured.gaps.map(\.core))]
        for section in sections {
            lines += ["", section.title]
            lines += section.table.map { "  \($0)" }
            lines += Self.lines(section.findings)
        }
        lines += ["", "what a path of \(Figures.time(pathNs)) has to expect of the host"]
        lines += tailTable.lines.map { "  \($0)" } + tailWords
        lines += ["", "what to do"] + advice
        lines += ["", "placement, by what was measured"]
        lines += proposal.reasons.map { "  # \($0)" }
        lines += proposal.yaml.split(separator: "\n").map { "  \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ findings: [Finding]) -> [String] {
        let width = findings.map(\.name.count).max() ?? 0
        return findings.map { finding in
            let gap = String(repeating: " ", count: width - finding.name.count)
            var line = "  \(finding.name)\(gap)  \(finding.value)"
            if finding.verdict != .figure { line += "  [\(finding.verdict.rawValue)]" }
            if !finding.reason.isEmpty { line += "  \(finding.reason)" }
            if let knob = finding.knob { line += "  (knob \(knob))" }
            return line
        }
    }

    var gapTable: [String] {
        var table = TextTable([
            "core", "seen", "lost", "gaps/s", "p50", "p99", "p99.9", "p99.99", "longest",
        ])
        for tally in measured.gaps {
            let seconds = Double(tally.observedNs) / 1e9
            let rate = seconds > 0 ? Double(tally.all.count) / seconds : 0
            table.add(
                ["\(tally.core)", Figures.time(tally.observedNs),
                    Figures.percent(tally.lostShare()), Figures.text(rate)]
                    + Self.fractions.map { Figures.time(tally.all.lengthNs(atFraction: $0.value)) }
                    + [Figures.time(tally.all.maximumNs)])
        }
        return table.lines
    }

    /// Medians one way, ns; nothing of one pair.
    var matrix: [String] {
        if measured.gaps.count < 3 { return [] }
        let cores = Array(measured.gaps.map(\.core).prefix(Examination.matrixCoresMax))
        let medians = Dictionary(measured.pairs.map { ($0.pair, $0.medianNs) }) { first, _ in
            first
        }
        var table = TextTable(["ns"] + cores.map { "\($0)" })
        for row in cores {
            table.add(
                ["\(row)"]
                    + cores.map { column in
                        medians[CorePair(row, column)].map { Figures.fixed($0, 0) } ?? "-"
                    })
        }
        return table.lines
    }

    private var tailTable: TextTable {
        var table = TextTable(
            ["core", "<counted", "meets a gap"] + Self.fractions.map { "\($0.name) +" })
        for tally in measured.gaps {
            for (name, without) in Self.countings {
                let tail = tally.expectedTail(pathNs: pathNs, without: without)
                let share = tail.probability(beyondNs: 0)
                table.add(
                    ["\(tally.core)", name,
                        Figures.percent(share)]
                        + Self.fractions.map {
                            Figures.time(tail.extraNs(atFraction: $0.value))
                        })
            }
        }
        return table
    }

    /// As measured, and as it would be with the core to itself.
    static let countings: [(String, Set<GapKind>)] = [
        ("all gaps", []), ("without other threads", [.preempted]),
    ]

    private var tailWords: [String] {
        [
            "  For frames at random moments, worked out from this run's gaps, not from orders.",
            "  Another minute of a shared machine gives other figures.",
        ]
    }

    private var advice: [String] {
        let fixed = sections.flatMap(\.findings).filter { $0.verdict == .fixed }
        var lines: [String] = []
        if !knobs.isEmpty {
            let cores = CoreList.text(proposal.threads.compactMap(\.core))
            lines.append("  tuning/apply --cores \(cores) --only \(knobs.joined(separator: ","))")
        }
        lines.append(
            "  \(fixed.count) findings cannot be changed here"
                + (fixed.isEmpty ? "" : ": " + fixed.map(\.name).joined(separator: ", ")))
        return lines
    }
}
