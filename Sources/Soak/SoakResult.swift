//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// What a soak knows at its end, or when a report is written meanwhile.
struct SoakResult {
    var options: SoakOptions
    var samplesPath: String
    var startWallNs: UInt64 = 0
    var elapsedS = 0.0
    /// "", or why it ended early.
    var endReason = ""
    var isFinished = false
    /// Figures of the engine's end; `nil` before.
    var engineStatus: Int32?
    var placement = ""
    var mode = ""
    var isMemoryLocked = false
    var violations: [Violation] = []
    var checks = 0
    var staleBooks = 0
    /// Comparisons during which the host let a hot thread stand.
    var starvedChecks = 0
    var booksAtEnd = 0
    var booksBehindAtEnd = 0
    var outageCount = 0
    var outageMaxNs: UInt64 = 0
    var fullestRing = ""
    var faults: [(name: String, count: Int64)] = []
    /// The engine's counters as they stood last, those that are not 0.
    var counters: [(name: String, value: UInt64)] = []
    var secretsSeen = 0

    static let judgedColumns = [
        "time_s", "segment", "rss_kib", "anon_kib", "descriptors", "threads",
        "\(Sampler.path).p50_ns", "\(Sampler.path).p99_ns", "hot_allocations",
        "hot_major_faults", "hot_minor_faults", "lost", "orders",
    ]

    /// The verdict, from the samples on disk and from what was found.
    func verdict() -> [VerdictLine] {
        let samples = SampleReader(samplesPath)?.values(Self.judgedColumns)
        func values(_ name: String) -> [Double] {
            guard let samples else { return [] }
            guard let found = samples[name] else { preconditionFailure("\(name) is judged") }
            return found
        }
        let (times, segments) = (values("time_s"), values("segment"))
        func points(_ name: String) -> [SeriesPoint] {
            zip(zip(times, segments), values(name)).compactMap { place, value in
                Int(exactly: place.1).map {
                    SeriesPoint(timeS: place.0, value: value, segment: $0)
                }
            }
        }
        func greatest(_ name: String) -> Double { values(name).filter(\.isFinite).max() ?? 0 }
        let isJudged = Verdict.isJudged(times: times, segments: segments)
        func judged(_ name: String) -> [Double] {
            zip(isJudged, values(name)).filter(\.0).map(\.1)
        }
        func sum(_ name: String) -> Double { judged(name).filter(\.isFinite).reduce(0, +) }
        return [
            Verdict.growth(
                "RSS does not grow", points("rss_kib"), unit: "KiB",
                allowance: Verdict.memoryAllowanceKiB),
            Verdict.growth(
                "anonymous memory does not grow", points("anon_kib"), unit: "KiB",
                allowance: Verdict.memoryAllowanceKiB),
            Verdict.growth(
                "descriptors do not grow", points("descriptors"), unit: "descriptors",
                allowance: Verdict.descriptorAllowance),
            Verdict.growth(
                "threads do not grow", points("threads"), unit: "threads",
                allowance: Verdict.descriptorAllowance),
            Verdict.growth(
                "p50 of the path does not grow", points("\(Sampler.path).p50_ns"), unit: "ns",
                allowance: 0, share: Verdict.latencyAllowanceShare),
            Verdict.growth(
                "p99 of the path does not grow", points("\(Sampler.path).p99_ns"), unit: "ns",
                allowance: 0, share: Verdict.latencyAllowanceShare),
            Verdict.zero(
                "no allocation on a hot thread", greatest("hot_allocations"),
                of: "allocations and frees"),
            pageFaults(
                "no page of a hot thread read from disk", sum("hot_major_faults"), "major"),
            pageFaults("no page fault on a hot thread", sum("hot_minor_faults"), "minor"),
            Verdict.zero(
                "no event lost inside the engine", greatest("lost"), of: "counted losses"),
            kept, wentOn(judged("orders")), faultLine, end,
        ]
    }

    /// Page faults count where memory is locked. Elsewhere the kernel takes pages, of the program's
    /// code too, from whoever has not used them for a while, and the figure only informs.
    private func pageFaults(_ name: String, _ count: Double, _ kind: String) -> VerdictLine {
        if isMemoryLocked {
            return Verdict.zero(name, count, of: "\(kind) faults, memory is locked")
        }
        return VerdictLine(
            name: name, outcome: .open,
            reason: "\(NumberText.short(count)) \(kind) faults behind the warm-up; the limit of "
                + "locked memory is too low here (ulimit -l), so pages may go and come")
    }

    private var kept: VerdictLine {
        let first = violations.first.map { "; first: \($0.invariant) \($0.text)" } ?? ""
        return VerdictLine(
            name: "every invariant held",
            outcome: violations.isEmpty ? (checks > 0 ? .pass : .open) : .fail,
            reason: "\(checks) comparisons with the venues, \(violations.count) violations, "
                + "\(staleBooks) books behind a lost last event until the next, hot threads "
                + "starved by the host in \(starvedChecks)\(first)")
    }

    private func wentOn(_ orders: [Double]) -> VerdictLine {
        let without = orders.filter { $0 == 0 }.count
        return VerdictLine(
            name: "trading went on", outcome: orders.isEmpty ? .open
                : without * 10 <= orders.count && orders.last != 0 ? .pass : .fail,
            reason: "\(without) of \(orders.count) intervals behind the warm-up without an order; "
                + "a tenth at most, and not the last")
    }

    private var faultLine: VerdictLine {
        let total = faults.reduce(0) { $0 + $1.count }
        let never = faults.filter { $0.count == 0 }.map(\.name)
        if options.faults == .none {
            return VerdictLine(name: "faults came", outcome: .open, reason: "none were asked for")
        }
        let rest = never.isEmpty ? "" : "; never came: \(never.joined(separator: ", "))"
        return VerdictLine(
            name: "faults came", outcome: total > 0 ? .pass : .fail,
            reason: "\(total) of \(faults.count - never.count) kinds\(rest)")
    }

    private var end: VerdictLine {
        let name = "the engine ended cleanly"
        guard let engineStatus else {
            return VerdictLine(name: name, outcome: .open, reason: "it runs")
        }
        let books = "\(booksAtEnd) books equal the venue's level by level, \(booksBehindAtEnd) are "
            + "of an earlier update, the last having been lost"
        return VerdictLine(
            name: name, outcome: engineStatus == 0 ? .pass : .fail,
            reason: "exit status \(engineStatus), \(books)")
    }
}
