//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Rendering

/// Everything that was measured: printed as a table, and written as JSON (its keys are the names
/// below; times in ns).
struct EchoResult: Encodable {
    struct Percentiles: Encodable {
        let count: Int
        let p50, p90, p99, p999, max: UInt64

        init(_ samples: EchoLedger.Samples) {
            count = samples.values.count
            let values = samples.percentiles([0.5, 0.9, 0.99, 0.999, 1])
            (p50, p90, p99, p999, max) = (values[0], values[1], values[2], values[3], values[4])
        }
    }

    struct Target: Encodable {
        let name: String
        /// Marked frames; `uncounted` of them to warm up.
        let sent, uncounted, answered, missing, duplicate, stray, refused: UInt64
        let isComplete: Bool
        let hash: String
        /// Intended instant to order received.
        let corrected: Percentiles
        /// Before the write to order received.
        let raw: Percentiles
        /// The same of frames whose measurement the venue was not held up in.
        let quiet: Percentiles
        /// The venue's own time: intended instant to before the write, and the write.
        let lateness, writing: Percentiles
        /// Bytes that waited for the socket, and for the client in the kernel, at most.
        let backlogMax, kernelBacklogMax: Int
        /// Of the quiet median to the echo's of the same case.
        var ratioToEcho: Double?
        var aboveEchoNs: Int64?

        init(_ target: EchoReceiver, _ ledger: EchoLedger) {
            name = target.name
            sent = ledger.sentCount
            uncounted = ledger.uncountedCount
            answered = ledger.answeredCount
            missing = ledger.missingCount
            duplicate = ledger.duplicateCount
            stray = ledger.strayCount
            refused = target.link.refusedCount
            isComplete = ledger.isComplete && target.link.refusedCount == 0
            hash = String(ledger.hash, radix: 16)
            corrected = Percentiles(ledger.corrected)
            raw = Percentiles(ledger.raw)
            quiet = Percentiles(ledger.quiet)
            lateness = Percentiles(ledger.lateness)
            writing = Percentiles(ledger.writing)
            backlogMax = target.backlogMax
            kernelBacklogMax = target.kernelBacklogMax
        }
    }

    struct Case: Encodable {
        let load: String
        let marksPerSecond: UInt64
        let othersPerSecond: UInt64
        let secondsPerTarget: Double
        var targets: [Target]
        /// What the venue's core was kept from while all this ran.
        let gaps: EchoGaps

        /// Puts each target beside the echo.
        mutating func compare() {
            guard let echo = targets.first(where: { $0.name == EchoOptions.echoName }),
                echo.quiet.p50 > 0
            else { return }
            for index in targets.indices {
                let own = targets[index].quiet.p50
                targets[index].ratioToEcho = Double(own) / Double(echo.quiet.p50)
                targets[index].aboveEchoNs = Int64(own) - Int64(echo.quiet.p50)
            }
        }
    }

    /// What the engine itself says at its end, against what it was sent.
    struct Engine: Encodable {
        let framesSent: UInt64
        let markPricesSent: UInt64
        let messages: UInt64
        let gaps: UInt64
        let resyncs: UInt64
        let ordersSent: UInt64
        let rejects: UInt64
        /// Its own time, from a frame's receipt to the encrypted order.
        let ownP50Ns, ownP99Ns: UInt64
        /// Counters of loss that are not 0.
        let losses: [String: UInt64]
        /// The most that was seen waiting in each ring, and of how much.
        let rings: [String: [UInt64]]
        let ringLooks: Int

        /// A snapshot of the book counts as a message.
        var isComplete: Bool {
            messages == framesSent + markPricesSent + resyncs && gaps == 0 && resyncs == 1
        }
    }

    var schema = "apus-echo-1"
    var machine: EchoMachine
    let peak: RecordedPeak
    var cases: [Case] = []
    var engine: Engine?

    init(machine: EchoMachine, peak: RecordedPeak) {
        self.machine = machine
        self.peak = peak
    }

    // MARK: - Text

    var text: String {
        var table = TextTable([
            "<load", "marks/s", "other/s", "<target", "sent", "answered", "lost", "p50", "p90",
            "p99", "p99.9", "max", "raw p50", "raw p99", "quiet", "quiet p50", "quiet p99",
            "to echo", "late p50", "late p99", "<hash",
        ])
        for one in cases {
            for target in one.targets {
                table.add(Self.row(one, target))
            }
        }
        var lines = ["", "machine: \(machine.text)"] + peak.lines
        lines += ["", "order received, ns after the frame's intended instant:", ""]
        lines += table.lines + [""]
        for one in cases { lines += [Self.gapLine(one), Self.backlogLine(one)] }
        if let engine { lines += [""] + Self.lines(engine) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ one: Case, _ target: Target) -> [String] {
        let all = target.corrected
        let ratio = target.ratioToEcho.map { NumberText.fixed($0, decimals: 2) + "x" } ?? "-"
        return [
            one.load, "\(one.marksPerSecond)", "\(one.othersPerSecond)", target.name,
            "\(target.sent)", "\(target.answered)",
            "\(target.missing + target.duplicate + target.stray + target.refused)",
        ] + [all.p50, all.p90, all.p99, all.p999, all.max, target.raw.p50, target.raw.p99]
            .map { NumberText.grouped($0) } + ["\(target.quiet.count)"]
            + [target.quiet.p50, target.quiet.p99].map { NumberText.grouped($0) } + [ratio]
            + [target.lateness.p50, target.lateness.p99].map { NumberText.grouped($0) }
            + [target.hash]
    }

    private static func gapLine(_ one: Case) -> String {
        let classes = zip(EchoGaps.classesNs, one.gaps.counts).map {
            "\($0 / 1_000)us \($1)"
        }
        return "gaps of the venue's core, load \(one.load), \(one.marksPerSecond)/s, from: "
            + classes.joined(separator: ", ") + "; longest "
            + NumberText.grouped(one.gaps.maximumNs) + " ns"
    }

    private static func backlogLine(_ one: Case) -> String {
        let backlogs = one.targets.map {
            "\($0.name) \($0.backlogMax) and \($0.kernelBacklogMax)"
        }
        return "bytes that waited in the venue and in the kernel at most: "
            + backlogs.joined(separator: ", ")
    }

    private static func lines(_ engine: Engine) -> [String] {
        var lines = [
            "engine: \(engine.framesSent) frames and \(engine.markPricesSent) mark prices sent, "
                + "\(engine.messages) messages taken, gaps \(engine.gaps), resyncs "
                + "\(engine.resyncs), orders \(engine.ordersSent), rejects \(engine.rejects): "
                + (engine.isComplete ? "nothing lost" : "NOT EQUAL"),
            "engine: receive to encrypted p50 \(NumberText.grouped(engine.ownP50Ns)) ns, p99 "
                + "\(NumberText.grouped(engine.ownP99Ns)) ns by its own histogram",
        ]
        for (name, value) in engine.losses.sorted(by: { $0.key < $1.key }) {
            lines.append("engine: \(name) \(value)")
        }
        if engine.ringLooks > 0 {
            let used = engine.rings.filter { $0.value[0] > 0 }.sorted { $0.key < $1.key }.map {
                "\($0.key) \($0.value[0]) of \($0.value[1]), "
            }
            lines.append(
                "engine's rings, most waiting in \(engine.ringLooks) looks: "
                    + used.joined() + "\(engine.rings.count - used.count) always empty")
        }
        return lines
    }

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return ((try? encoder.encode(self)).map { [UInt8]($0) } ?? []) + [UInt8(ascii: "\n")]
    }
}
