//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// What the report draws.
extension ReportPage {
    /// A chart before its values are known.
    struct Panel {
        let title: String
        let unit: String
        let series: [(name: String, column: String)]
        let scale: Chart.Scale
        let divide: Double
        let note: String

        init(
            _ title: String, _ unit: String, _ series: [(name: String, column: String)],
            scale: Chart.Scale = .linear, divide: Double = 1, note: String = ""
        ) {
            self.title = title
            self.unit = unit
            self.series = series
            self.scale = scale
            self.divide = divide
            self.note = note
        }
    }

    private static let stages = [
        "reader_service", "parser_service", "kernel_service", "strategy_service", "gateway_service",
    ]

    static func panels(_ result: SoakResult) -> [Panel] {
        let path = Sampler.path
        return [
            Panel(
                "Resident memory of the engine", "MiB",
                [("RSS", "rss_kib")], scale: .close(spanMin: 4), divide: 1_024,
                note: "The axis does not begin at 0; it is at least 4 MiB high."),
            Panel(
                "Kinds of memory", "MiB",
                [
                    ("anonymous", "anon_kib"), ("shared", "shmem_kib"), ("proportional", "pss_kib"),
                    ("locked", "locked_kib"),
                ], divide: 1_024),
            Panel(
                "Latency of the path", "ns, log",
                [
                    ("p50", "\(path).p50_ns"), ("p99", "\(path).p99_ns"),
                    ("p99.9", "\(path).p999_ns"),
                ], scale: .logarithmic,
                note: "\(path), of each interval by itself; the market stood still while books "
                    + "were compared."),
            Panel(
                "p99 of the stages", "ns, log",
                stages.map { (String($0.dropLast(8)), "\($0).p99_ns") },
                scale: .logarithmic),
            Panel(
                "Descriptors and threads", "",
                [("descriptors", "descriptors"), ("threads", "threads")]),
            Panel(
                "Page faults an interval", "",
                [
                    ("minor", "minor_faults"), ("minor, hot threads", "hot_minor_faults"),
                    ("major", "major_faults"),
                ]),
            Panel(
                "Traffic an interval", "",
                [("messages", "messages"), ("events", "events"), ("frames", "frames")]),
            Panel("Orders an interval", "", [("orders", "orders"), ("fills", "fills")]),
            Panel(
                "What went wrong an interval", "",
                [
                    ("faults", "faults"), ("gaps", "gaps"), ("resyncs", "resyncs"),
                    ("disconnects", "disconnects"), ("unknown orders", "unknown_orders"),
                ]),
            Panel(
                "Books out of sync", "ms an interval, all books", [("time", "book_invalid_ms")]),
            Panel(
                "Fullest ring", "% of its capacity, looked at each second",
                [("fill", "ring_fill_percent")],
                note: "Fullest since the start: \(result.fullestRing)."),
            Panel(
                "Evidence of the host", "an interval",
                [
                    ("steal, ms", "steal_ms"), ("soak woke late by, ms", "look_late_ms"),
                ], note: "Where these rise, the tail is the host's."),
            Panel(
                "Hot threads off their core", "an interval",
                [
                    ("preempted", "hot_involuntary_switches"),
                    ("gave way", "hot_voluntary_switches"),
                ], note: "With `placement.idle: yield` a thread gives way when it has no work."),
            Panel(
                "Losses and allocations since the start", "",
                [("lost inside the engine", "lost"), ("hot allocations", "hot_allocations")]),
            Panel(
                "Simulator and observer", "MiB",
                [("simulator", "simulator_rss_kib"), ("apus soak", "soak_rss_kib")],
                divide: 1_024, note: "Not judged: the simulator remembers orders for its truth."),
        ]
    }
}
