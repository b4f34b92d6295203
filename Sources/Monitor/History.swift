//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry

/// The latest intervals of a watched engine, made from observations one after the other.
///
/// Memory is bounded: `capacity` intervals, of them only the latest whose histograms have
/// `bucketsMax` buckets of 10 bytes (40 MiB) together. What else an interval holds is at most some
/// 50 KiB (512 counters that all grew, 256 instruments), in practice a few; names are kept once.
public struct History: Sendable {
    /// 600 intervals with 32 histograms of 218 buckets, or more of fewer.
    static let bucketsMax = 1 << 22

    private let capacity: Int
    private let bucketsMax: Int
    private var bucketCount = 0
    /// One copy of every name, for all intervals of the run.
    private var names: Set<String> = []
    private var depthMax: [String: UInt64] = [:]
    /// Oldest first.
    public private(set) var intervals: [Interval] = []
    /// What was added last.
    public private(set) var latest: Observation?

    /// - Parameter capacity: Intervals that are kept, at least 1.
    public init(capacity: Int = 600) {
        self.init(capacity: capacity, bucketsMax: Self.bucketsMax)
    }

    init(capacity: Int, bucketsMax: Int) {
        precondition(capacity > 0, "room for an interval")
        self.capacity = capacity
        self.bucketsMax = bucketsMax
    }

    /// Takes in what was just observed and ends an interval with it. The very first observation
    /// ends none: what came before it is of unknown course. After another start of the engine the
    /// interval is what it did since then.
    public mutating func add(_ now: Observation) {
        defer { latest = now }
        guard let latest else { return notice(now.rings) }
        let isNewRun = latest.startTimeNs != now.startTimeNs || latest.processID != now.processID
        if isNewRun {
            names = []
            depthMax = [:]
        }
        notice(now.rings)
        append(interval(from: isNewRun ? nil : latest, to: now, after: latest.timeNs))
    }

    /// Takes in how deep rings are between two observations, so that `Interval.Ring.depthMax`
    /// sees more.
    mutating func notice(_ rings: [Observation.Ring]) {
        for ring in rings { depthMax[shared(ring.name), default: 0].raise(to: ring.depth) }
    }

    private mutating func append(_ interval: Interval) {
        intervals.append(interval)
        bucketCount += interval.bucketCount
        while intervals.count > capacity || (bucketCount > bucketsMax && intervals.count > 1) {
            bucketCount -= intervals.removeFirst().bucketCount
        }
    }

    private mutating func shared(_ name: String) -> String { names.insert(name).memberAfterInsert }

    private mutating func interval(
        from earlier: Observation?, to now: Observation, after pastNs: UInt64
    ) -> Interval {
        // A clock that was set back makes an interval without length.
        let startNs = min(now.timeNs, earlier == nil ? max(pastNs, now.startTimeNs) : pastNs)
        let spanNs = now.timeNs - startNs
        let (growth, gauges) = counters(from: earlier, to: now)
        return Interval(
            startNs: startNs, endNs: now.timeNs, isNewRun: earlier == nil,
            histograms: histograms(from: earlier, to: now), growth: growth, gauges: gauges,
            stages: stages(from: earlier, to: now, spanNs: spanNs),
            rings: rings(from: earlier, to: now, spanNs: spanNs), positions: positions(now),
            profitE8: now.profitE8,
            tradingState: now.control.map { shared($0.state) } ?? "")
    }

    private mutating func histograms(
        from earlier: Observation?, to now: Observation
    ) -> [SparseHistogram] {
        now.histograms.enumerated().map { place, histogram in
            let before = Self.row(place, histogram.name, in: earlier?.histograms) { $0.name }
            return SparseHistogram(
                before.map(histogram.subtracting) ?? histogram, name: shared(histogram.name))
        }
    }

    private mutating func counters(
        from earlier: Observation?, to now: Observation
    ) -> (growth: [String: UInt64], gauges: [String: UInt64]) {
        var growth: [String: UInt64] = [:]
        var gauges: [String: UInt64] = [:]
        for (place, counter) in now.counters.enumerated() where counter.value != 0 {
            guard counter.isTotal else {
                gauges[shared(counter.name)] = counter.value
                continue
            }
            let before = Self.row(place, counter.name, in: earlier?.counters) { $0.name }
            let grown = Self.growth(from: before?.value, to: counter.value)
            if grown > 0 { growth[shared(counter.name)] = grown }
        }
        return (growth, gauges)
    }

    private mutating func stages(
        from earlier: Observation?, to now: Observation, spanNs: UInt64
    ) -> [Interval.Stage] {
        now.stages.enumerated().map { place, stage in
            let before = Self.row(place, stage.name, in: earlier?.stages) { $0.name }
            let polls = Self.growth(from: before?.polls, to: stage.polls)
            let busy = Self.growth(from: before?.busyPolls, to: stage.busyPolls)
            return Interval.Stage(
                name: shared(stage.name),
                // Polls are told with the heartbeat, busy polls at once.
                duty: polls == 0 ? 0 : min(1, Double(busy) / Double(polls)),
                pollsPerSecond: Self.perSecond(polls, spanNs),
                workPerSecond: Self.perSecond(
                    Self.growth(from: before?.work, to: stage.work), spanNs))
        }
    }

    private mutating func rings(
        from earlier: Observation?, to now: Observation, spanNs: UInt64
    ) -> [Interval.Ring] {
        now.rings.enumerated().map { place, ring in
            let before = Self.row(place, ring.name, in: earlier?.rings) { $0.name }
            return Interval.Ring(
                name: shared(ring.name), depth: ring.depth, depthMax: depthMax[ring.name] ?? 0,
                publishedPerSecond: Self.perSecond(
                    Self.growth(from: before?.published, to: ring.published), spanNs))
        }
    }

    private mutating func positions(_ now: Observation) -> [Interval.Position] {
        now.instruments.map { instrument in
            Interval.Position(
                symbol: shared(instrument.symbol), venue: shared(instrument.venue),
                lots: instrument.status.position, profitE8: instrument.profitE8)
        }
    }

    /// The row of that name: where it stood, or wherever it stands since rows were added before it.
    private static func row<Row>(
        _ place: Int, _ name: String, in rows: [Row]?, _ nameOf: (Row) -> String
    ) -> Row? {
        guard let rows else { return nil }
        if place < rows.count, nameOf(rows[place]) == name { return rows[place] }
        return rows.first { nameOf($0) == name }
    }

    /// A count that went down began anew.
    private static func growth(from before: UInt64?, to now: UInt64) -> UInt64 {
        guard let before, now >= before else { return now }
        return now - before
    }

    private static func perSecond(_ count: UInt64, _ spanNs: UInt64) -> Double {
        spanNs == 0 ? 0 : Double(count) * 1e9 / Double(spanNs)
    }
}

extension Observation.Counter {
    /// It only grows; others are gauges. The house's naming rule.
    var isTotal: Bool { name.hasSuffix("_total") }
}

extension Observation {
    /// Of all instruments, as each `Instrument.profitE8`.
    public var profitE8: Int64 {
        Int64(clamping: instruments.reduce(Int128(0)) { $0 + Int128($1.profitE8) })
    }
}

extension Observation.Instrument {
    /// As `InstrumentData.profitE8`.
    public var profitE8: Int64 { status.profitE8 }
}

extension UInt64 {
    fileprivate mutating func raise(to other: UInt64) { if other > self { self = other } }
}
