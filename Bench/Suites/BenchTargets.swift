//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A row of the project's targets: what is measured for it, and what is asked of the figures.
struct BenchRow: Sendable {
    enum Limit: Sendable {
        /// Nanoseconds, at most.
        case median(Double)
        case p99(Double)
        case p999(Double)
        /// At least.
        case gigabytesPerSecond(Double)
        case millionEventsPerSecond(Double)
    }

    struct Target: Sendable {
        let name: String
        let limits: [Limit]

        init(_ name: String, _ limits: Limit...) {
            self.name = name
            self.limits = limits
        }
    }

    /// "P1"...
    let id: String
    let title: String
    /// Beginnings of the names of its measurements.
    let prefixes: [String]
    let targets: [Target]
    /// What else measures it; `nil`: this program measures all of it.
    let elsewhere: String?

    init(
        _ id: String, _ title: String, prefixes: [String], targets: [Target] = [],
        elsewhere: String? = nil
    ) {
        self.id = id
        self.title = title
        self.prefixes = prefixes
        self.targets = targets
        self.elsewhere = elsewhere
    }

    static let all: [BenchRow] = [
        BenchRow(
            "P1", "own time, ciphertext in to encrypted order out", prefixes: ["path/"],
            targets: [
                Target("path/lstm-1x64/warm", .median(1_000), .p99(2_000)),
                Target("path/lstm-1x64-session/warm", .median(1_000), .p99(2_000)),
                Target("path/signal-threshold/warm", .median(1_000), .p99(2_000)),
                Target("path/reflex/warm", .median(1_000), .p99(2_000)),
            ]),
        BenchRow(
            "P2", "wire to wire, as the venue sees it", prefixes: [],
            elsewhere: "apus-sim --echo; Bench/peers/run takes its figures in"),
        BenchRow("P3", "ring hop, 64 bytes", prefixes: ["ring/", "peer-ring/"]),
        BenchRow(
            "P4", "validated parse", prefixes: ["parse/", "peer/capture-"],
            targets: [
                Target("parse/trade", .median(25)), Target("parse/capture-trade", .median(25)),
                Target("parse/depth-20x2", .median(300)),
            ]),
        BenchRow(
            "P5", "book update with best bid and ask",
            prefixes: ["kernel/book-", "kernel/capture-level"],
            targets: [
                Target("kernel/book-level", .median(5)),
                Target("kernel/capture-level", .median(5)),
                Target("kernel/book-recentre", .median(1_000)),
                Target("kernel/book-tidy", .median(1_000)),
            ]),
        BenchRow(
            "P6", "twenty indicators a tick", prefixes: ["technical/"],
            targets: [
                Target("technical/group-forming", .median(20)),
                Target("technical/tick-64x4", .median(1_000)),
            ]),
        BenchRow(
            "P7", "recurrent networks, after the tick", prefixes: ["network/", "inference/"],
            targets: [
                Target("network/lstm-1x64/score", .median(110)),
                Target("network/lstm-a/score", .p99(750)),
            ]),
        BenchRow(
            "P8", "risk, every control on", prefixes: ["risk/"],
            targets: [Target("risk/evaluate", .median(60), .p999(300))]),
        BenchRow(
            "P9", "observation", prefixes: [
                "telemetry/", "observation/", "monitor/", "journal/", "journaled/",
            ],
            targets: [
                Target("telemetry/histogram-record", .median(12)),
                Target("observation/hop", .median(12)),
            ]),
        BenchRow(
            "P10", "replay of captures, one core", prefixes: ["replay/"],
            targets: [
                Target("replay/raw", .gigabytesPerSecond(1.5)),
                Target("replay/normalised", .millionEventsPerSecond(15)),
            ]),
        BenchRow(
            "P11", "growth over a soak", prefixes: [],
            elsewhere: "apus soak; Bench/peers/run takes its figures in"),
    ]

    /// The row that a measurement belongs to; `nil`: to none.
    static func id(of name: String) -> String? {
        all.first { row in row.prefixes.contains { name.hasPrefix($0) } }?.id
    }

    /// What a word of the command line chooses: a row by its id, or names that hold it.
    static func filters(_ words: [String]) -> [String] {
        words.flatMap { word in all.first { $0.id == word }?.prefixes ?? [word] }
    }
}

extension BenchRow.Limit {
    /// What was measured, what is asked for, and whether that is reached.
    func verdict(on result: BenchResult) -> (measured: String, wanted: String, isReached: Bool) {
        switch self {
        case .median(let most): atMost(result.median, most, "p50")
        case .p99(let most): atMost(result.p99, most, "p99")
        case .p999(let most): atMost(result.p999, most, "p99.9")
        case .gigabytesPerSecond(let least):
            atLeast(result.gigabytesPerSecond ?? 0, least, "GB/s")
        case .millionEventsPerSecond(let least):
            atLeast(result.millionEventsPerSecond ?? 0, least, "M events/s")
        }
    }

    private func atMost(_ value: Double, _ most: Double, _ name: String) -> (
        String, String, Bool
    ) { ("\(name) \(BenchText.ns(value))", "≤ \(BenchText.ns(most)) ns", value <= most) }

    private func atLeast(_ value: Double, _ least: Double, _ unit: String) -> (
        String, String, Bool
    ) {
        (
            "\(BenchText.fixed(value, 2)) \(unit)", "≥ \(BenchText.fixed(least, 1)) \(unit)",
            value >= least
        )
    }
}
