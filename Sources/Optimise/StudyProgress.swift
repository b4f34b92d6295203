//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Options
import Platform

/// Tells how far a study is: a line that is drawn anew on a terminal, else lines now and then.
public final class StudyProgress {
    private let isTerminal: Bool
    private let write: (String) -> Void

    private var planned = 0
    private var done = 0
    private var computed = 0
    private var failed = 0
    private var best: (fitness: Fitness, text: String)?
    private var startNs: UInt64 = 0
    private var nextNs: UInt64 = 0

    private static let terminalNs: UInt64 = 200_000_000
    private static let linesNs: UInt64 = 10_000_000_000
    private static let barWidth = 24

    /// - Parameters:
    ///   - isTerminal: Whether what was written can be drawn over.
    ///   - write: Takes text with its own line ends.
    public init(isTerminal: Bool, write: @escaping (String) -> Void) {
        self.isTerminal = isTerminal
        self.write = write
    }

    func begin(planned: Int, folds: Int) {
        self.planned = planned
        startNs = monotonicNs()
        let parts = folds > 1 ? " in \(folds) folds" : ""
        write("apus optimise: \(planned) trials\(parts)\n")
    }

    /// Proposals that need no run.
    func known(_ count: Int) {
        done += count
        tick()
    }

    func ended(_ record: TrialRecord, _ fitness: Fitness, score: Double?) {
        done += 1
        computed += 1
        if score == nil { failed += 1 }
        if fitness.isMet, best.map({ fitness < $0.fitness }) ?? true {
            best = (fitness, score.map(DecimalText.short) ?? "")
        }
        tick()
    }

    func tick() {
        let now = monotonicNs()
        guard planned > 0, now >= nextNs else { return }
        nextNs = now + (isTerminal ? Self.terminalNs : Self.linesNs)
        show(now)
    }

    func end() {
        guard planned > 0 else { return }
        show(monotonicNs())
        if isTerminal { write("\n") }
    }

    private func show(_ now: UInt64) {
        let line = text(elapsedNs: now - startNs)
        write(isTerminal ? "\r\u{1b}[K\(line)" : "apus optimise: \(line)\n")
    }

    func text(elapsedNs: UInt64) -> String {
        var line = ""
        if isTerminal {
            let filled = min(done, planned) * Self.barWidth / max(1, planned)
            line = "[" + String(repeating: "#", count: filled)
                + String(repeating: ".", count: Self.barWidth - filled) + "] "
        }
        line += "\(done)/\(planned)"
        if failed > 0 { line += ", \(failed) failed" }
        line += ", best \(best?.text ?? "-")"
        if computed > 0, done < planned {
            let leftNs = Double(elapsedNs) / Double(computed) * Double(planned - done)
            line += ", ETA " + Durations.text(ns: UInt64(min(leftNs, 1e18)))
        }
        return line
    }
}
