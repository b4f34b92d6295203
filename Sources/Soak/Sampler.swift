//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Platform
import Telemetry

/// Makes a sample of an interval from what stands at its two ends.
struct Sampler {
    /// What stood at the last sample.
    private struct Base {
        var counters: [String: UInt64] = [:]
        var histograms: [String: HistogramSnapshot] = [:]
        var minorFaults: UInt64 = 0
        var majorFaults: UInt64 = 0
        var hot = HotFigures()
        var stealTicks: UInt64 = 0
        var ordersSent: UInt64 = 0
        var fills: UInt64 = 0
        var messages: UInt64 = 0
        var faults: Int64 = 0
    }

    /// Sums over hot threads.
    private struct HotFigures {
        var minorFaults: UInt64 = 0
        var majorFaults: UInt64 = 0
        var voluntarySwitches: UInt64 = 0
        var involuntarySwitches: UInt64 = 0
    }

    private let engine: Int32
    private let venue: Int32
    private let hotThreads: Set<String>
    private let hops: [String]
    private var base = Base()

    static let path = "receive_to_encrypted"

    /// Counters of what was lost inside the engine: none of them may grow. Bars and indicators are
    /// not among them: nobody takes them from a running engine, and their rings fill up once.
    static let losses = [
        "gateway_order_tap_drops_total", "kernel_quote_tap_drops_total",
        "kernel_tap_vectors_dropped_total", "quality_orders_left_out_total",
        "quality_markouts_left_out_total", "quality_file_rows_lost_total",
        "quality_malformed_records_total",
        "tracker_vectors_left_out_total", "kernel_events_malformed_total",
        "risk_malformed_inputs_total",
    ]

    /// Counters that are shown by interval, with the column's name.
    private static let rates: [(column: String, counter: String)] = [
        ("frames", "reader_frames_total"), ("events", "kernel_events_total"),
        ("gaps", "kernel_gaps_total"), ("resyncs", "kernel_resyncs_total"),
        ("connects", "reader_connects_total"), ("disconnects", "reader_disconnects_total"),
        ("unknown_orders", "gateway_unknown_total"),
        ("rest_failures", "cold_rest_failures_total"),
        ("ring_stalls", "reader_frame_ring_stalls_total"),
        ("byte_ring_stalls", "reader_byte_ring_stalls_total"),
    ]

    private static let plainColumns = [
        "time_s", "segment", "rss_kib", "pss_kib", "anon_kib", "shmem_kib", "vm_size_kib",
        "vm_peak_kib", "locked_kib", "descriptors", "threads", "minor_faults", "major_faults",
        "hot_minor_faults", "hot_major_faults", "hot_voluntary_switches",
        "hot_involuntary_switches", "hot_allocations", "lost", "orders", "fills", "messages",
        "faults", "ring_fill_percent", "book_invalid_ms", "simulator_rss_kib",
        "simulator_descriptors", "soak_rss_kib", "steal_ms", "load", "look_late_ms",
        "check_ms", "stale_books", "violations",
    ]

    /// - Parameter telemetry: Of an engine whose hot threads run.
    init(engine: Int32, venue: Int32, telemetry: TelemetryReader) {
        self.engine = engine
        self.venue = venue
        let suffix = "_hot_allocations_total"
        hotThreads = Set(
            telemetry.counters.filter { $0.name.hasSuffix(suffix) }
                // The kernel cuts names at 15 bytes.
                .map { String("apus-\($0.name.dropLast(suffix.count))".prefix(15)) })
        hops = telemetry.histograms.map(\.name)
    }

    static let countedColumns = plainColumns + rates.map(\.column)

    var columns: [String] {
        Self.countedColumns
            + hops.flatMap { hop in
                ["count", "p50_ns", "p99_ns", "p999_ns"].map { "\(hop).\($0)" }
            }
    }

    /// A sample; what it counts begins anew.
    mutating func sample(
        _ view: EngineView, faults: [(name: String, count: Int64)]
    ) throws(SoakError) -> [String: Double] {
        guard let process = ProcessFigures(of: engine) else { throw SoakError("no engine") }
        let before = base
        let counters = view.counters
        let rows = view.rows
        base.counters = counters
        base.minorFaults = process.minorFaults
        base.majorFaults = process.majorFaults
        base.hot = hot(process)
        base.ordersSent = rows.reduce(0) { $0 + $1.status.ordersSent }
        base.fills = rows.reduce(0) { $0 + $1.status.fills }
        base.messages = view.messages
        base.faults = faults.reduce(0) { $0 + $1.count }
        let machine = MachineFigures()
        base.stealTicks = machine.stealTicks

        var values: [String: Double] = [:]
        addMemory(process, &values)
        func add(_ name: String, _ now: UInt64, _ then: UInt64) {
            values[name] = Double(now >= then ? now - then : 0)
        }
        add("minor_faults", base.minorFaults, before.minorFaults)
        add("major_faults", base.majorFaults, before.majorFaults)
        add("hot_minor_faults", base.hot.minorFaults, before.hot.minorFaults)
        add("hot_major_faults", base.hot.majorFaults, before.hot.majorFaults)
        add("hot_voluntary_switches", base.hot.voluntarySwitches, before.hot.voluntarySwitches)
        add("hot_involuntary_switches", base.hot.involuntarySwitches,
            before.hot.involuntarySwitches)
        add("orders", base.ordersSent, before.ordersSent)
        add("fills", base.fills, before.fills)
        add("messages", base.messages, before.messages)
        for (column, counter) in Self.rates {
            add(column, counters[counter] ?? 0, before.counters[counter] ?? 0)
        }
        values["faults"] = Double(base.faults - before.faults)
        values["hot_allocations"] = Double(Self.hotAllocations(counters))
        values["lost"] = Double(Self.losses.reduce(0) { $0 + (counters[$1] ?? 0) })
        values["ring_fill_percent"] = view.ringFillMax
        values["book_invalid_ms"] = Double(view.invalidNs) / 1e6
        values["steal_ms"] = Double(base.stealTicks - min(before.stealTicks, base.stealTicks)) * 10
        values["load"] = machine.load
        addHops(view.telemetry, before.histograms, &values)
        return values
    }

    static func hotAllocations(_ counters: [String: UInt64]) -> UInt64 {
        counters.filter { $0.key.hasSuffix("_hot_allocations_total") }
            .reduce(0) { $0 + $1.value }
    }

    private func hot(_ process: ProcessFigures) -> HotFigures {
        var sum = HotFigures()
        for thread in process.threads where hotThreads.contains(thread.name) {
            sum.minorFaults += thread.minorFaults
            sum.majorFaults += thread.majorFaults
            sum.voluntarySwitches += thread.voluntarySwitches
            sum.involuntarySwitches += thread.involuntarySwitches
        }
        return sum
    }

    private func addMemory(_ process: ProcessFigures, _ values: inout [String: Double]) {
        let names = [
            ("rss_kib", "VmRSS"), ("pss_kib", "Pss"), ("anon_kib", "RssAnon"),
            ("shmem_kib", "RssShmem"), ("vm_size_kib", "VmSize"), ("vm_peak_kib", "VmPeak"),
            ("locked_kib", "VmLck"),
        ]
        for (column, name) in names { values[column] = process.kib[name].map { Double($0) } }
        values["descriptors"] = process.descriptors.map { Double($0) }
        values["threads"] = Double(process.threads.count)
        if let simulator = ProcessFigures(of: venue) {
            values["simulator_rss_kib"] = simulator.kib["VmRSS"].map { Double($0) }
            values["simulator_descriptors"] = simulator.descriptors.map { Double($0) }
        }
        values["soak_rss_kib"] = Double(residentBytes() >> 10)
    }

    /// Percentiles of what was recorded since the last sample.
    private mutating func addHops(
        _ telemetry: TelemetryReader, _ before: [String: HistogramSnapshot],
        _ values: inout [String: Double]
    ) {
        for histogram in telemetry.histograms {
            let interval = before[histogram.name].map { histogram.subtracting($0) } ?? histogram
            base.histograms[histogram.name] = histogram
            values["\(histogram.name).count"] = Double(interval.total)
            if interval.total == 0 { continue }
            for (name, fraction) in [("p50_ns", 0.5), ("p99_ns", 0.99), ("p999_ns", 0.999)] {
                values["\(histogram.name).\(name)"] = Double(
                    interval.value(atFraction: fraction))
            }
        }
    }
}
