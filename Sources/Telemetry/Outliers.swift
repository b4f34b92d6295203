//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry

/// The table of outliers, for the one cold thread that judges them.
///
/// SAFETY: the page outlives the thread.
@safe
public struct OutlierWriter: @unchecked Sendable {
    private let table: UnsafeMutablePointer<OutlierTable>

    init(_ page: UnsafeMutablePointer<TelemetryPage>) {
        unsafe table = apus_telemetry_outliers(page)!
    }

    /// Says from which total on samples are kept; 0: none are.
    public func setThreshold(ns: UInt64) {
        unsafe apus_word_store(&table.pointee.thresholdNs, ns)
    }

    /// Adds a judged sample: to the latest in place of the oldest, and to the worst in place of the
    /// shortest if it is longer.
    public func add(
        _ sample: OutlierSample, _ verdict: OutlierRule.Verdict, _ evidence: OutlierEvidence
    ) {
        var value = OutlierData()
        value.sample = sample
        value.evidence = evidence
        value.excessNs = verdict.excessNs
        value.label = verdict.label
        value.reason = verdict.reason
        value.hop = UInt8(verdict.hop.rawValue)
        let count = unsafe apus_word_load(&table.pointee.count)
        let place = Int(count % UInt64(APUS_OUTLIER_LATEST_COUNT))
        let latest = unsafe apus_outliers_latest(table)!
        unsafe apus_outlier_store(latest + place, &value)
        let worst = unsafe apus_outliers_worst(table)!
        let totals = (0..<Int(APUS_OUTLIER_WORST_COUNT)).map { index in
            unsafe worst[index].version == 0 ? 0 : worst[index].sample.totalNs
        }
        if let least = totals.indices.min(by: { totals[$0] < totals[$1] }),
            sample.totalNs > totals[least]
        {
            unsafe apus_outlier_store(worst + least, &value)
        }
        let labelled = unsafe apus_outliers_labelled(table, verdict.label.rawValue)!
        unsafe apus_word_store(labelled, unsafe apus_word_load(labelled) + 1)
        unsafe apus_word_store(&table.pointee.count, count + 1)
    }
}

/// A moment's copy of the table of outliers.
public struct OutlierSnapshot: Sendable {
    /// From which total on samples are kept; 0: none are.
    public let thresholdNs: UInt64
    /// Judged since the start.
    public let count: UInt64
    public let ours: UInt64
    public let host: UInt64
    public let unknown: UInt64
    /// The last first; at most `APUS_OUTLIER_LATEST_COUNT`.
    public let latest: [OutlierData]
    /// The longest first; at most `APUS_OUTLIER_WORST_COUNT`.
    public let worst: [OutlierData]

    public var labelled: [(label: OutlierLabel, count: UInt64)] {
        [(.ours, ours), (.host, host), (.unknown, unknown)]
    }
}

extension TelemetryWriter {
    public var outliers: OutlierWriter { unsafe OutlierWriter(page) }
}

extension TelemetryReader {
    /// Whatever the page holds, the copy is bounded and every row is whole.
    public var outliers: OutlierSnapshot {
        let table = unsafe apus_telemetry_outliers(page)!
        func labelled(_ label: OutlierLabel) -> UInt64 {
            unsafe apus_word_load(apus_outliers_labelled(table, label.rawValue))
        }
        return OutlierSnapshot(
            thresholdNs: unsafe apus_word_load(&table.pointee.thresholdNs),
            count: unsafe apus_word_load(&table.pointee.count), ours: labelled(.ours),
            host: labelled(.host), unknown: labelled(.unknown),
            latest: unsafe Self.rows(
                apus_outliers_latest(table)!, Int(APUS_OUTLIER_LATEST_COUNT)
            ).sorted { $0.sample.ingressTimeNs > $1.sample.ingressTimeNs },
            worst: unsafe Self.rows(
                apus_outliers_worst(table)!, Int(APUS_OUTLIER_WORST_COUNT)
            ).sorted { $0.sample.totalNs > $1.sample.totalNs })
    }

    private static func rows(
        _ rows: UnsafeMutablePointer<OutlierData>, _ count: Int
    ) -> [OutlierData] {
        (0..<count).compactMap { index in
            var row = OutlierData()
            return unsafe apus_outlier_load(rows + index, &row) == 1 ? row : nil
        }
    }
}

extension OutlierData {
    /// "ours", "host" or "unknown".
    public var labelText: String { label.text }

    /// Why it is said, in two or three words.
    public var reasonText: String {
        switch reason {
        case .noEvidence: "no evidence"
        case .ownWork: "own work"
        case .preempted: "preempted"
        case .pageFaults: "page faults"
        case .runDelay: "off core"
        case .stolen: "stolen"
        case .idleHole: "idle hole"
        case .onCore: "on core"
        case .ambiguous: "ambiguous"
        default: "reason-\(reason.rawValue)"
        }
    }

    /// The hop with most of the excess; `nil`: a number that is none.
    public var worstHop: Hop? { Hop(rawValue: Int(hop)) }
}

extension OutlierLabel {
    public var text: String {
        switch self {
        case .ours: "ours"
        case .host: "host"
        default: "unknown"
        }
    }
}
