//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry
import Options
public import Telemetry

/// Outliers as people and programs read them, the same in the engine's summary and in the monitor.
public enum OutlierText {
    /// Hops of a smaller share are left out of a line.
    private static let shareMin = 0.05

    /// One line for each of the latest `rowsMax`; none when nothing was beyond the threshold.
    ///
    /// - Parameters:
    ///   - symbols: By instrument id.
    ///   - nowNs: What their age is measured against.
    public static func table(
        _ outliers: OutlierSnapshot, symbols: [String], nowNs: UInt64, rowsMax: Int
    ) -> TextTable {
        var table = TextTable(["<outliers"] + columns)
        for row in outliers.latest.prefix(rowsMax) {
            table.add(cells(row, symbols: symbols, nowNs: nowNs))
        }
        return table
    }

    /// Titles of `cells`, as `TextTable` takes them, but for the first: how long ago.
    public static let columns = [
        "total", "excess", "<label", "<why", "<hops", "<instrument", "<frame", "<connection",
    ]
    /// Which of `cells` is the label.
    public static let labelPlace = 3

    /// A row of a table.
    public static func cells(
        _ row: OutlierData, symbols: [String], nowNs: UInt64
    ) -> [String] {
        let sample = row.sample
        let age = nowNs > sample.ingressTimeNs ? nowNs - sample.ingressTimeNs : 0
        return [
            "\(Durations.text(ns: age)) ago", Durations.text(ns: sample.totalNs),
            Durations.text(ns: row.excessNs), row.labelText, why(row), hops(sample),
            symbol(sample, symbols), "\(sample.ingressTimeNs)", connection(sample),
        ]
    }

    /// "1,234 beyond 20.0us: 12 ours, 1,200 the host's, 22 unknown".
    public static func total(_ outliers: OutlierSnapshot) -> String {
        "\(NumberText.grouped(outliers.count)) beyond \(Durations.text(ns: outliers.thresholdNs)): "
            + "\(NumberText.grouped(outliers.ours)) ours, "
            + "\(NumberText.grouped(outliers.host)) the host's, "
            + "\(NumberText.grouped(outliers.unknown)) unknown"
    }

    /// The reason with the number that it rests on.
    private static func why(_ row: OutlierData) -> String {
        let evidence = row.evidence
        let off = evidence.windowNs > evidence.cpuNs ? evidence.windowNs - evidence.cpuNs : 0
        let number: String? =
            switch row.reason {
            case .ownWork:
                row.worstHop.map { "\(row.sample.work($0)) records" }
            case .preempted:
                Hop.allCases.first { row.sample.isPreempted($0) }?.stage
            case .pageFaults: "\(UInt64(evidence.minorFaults) + UInt64(evidence.majorFaults))"
            case .runDelay: Durations.text(ns: off)
            case .stolen: Durations.text(ns: max(off, evidence.stealNs))
            case .idleHole: Durations.text(ns: evidence.idleGapNs)
            case .onCore, .ambiguous:
                "idle at most \(Durations.text(ns: evidence.idleGapMinuteNs))"
            default: nil
            }
        return number.map { "\(row.reasonText), \($0)" } ?? row.reasonText
    }

    /// "reader 3.10us kernel 41.0us/32 gateway! 2.00us": /n for a poll of n records, ! for a thread
    /// that was taken off its core.
    private static func hops(_ sample: OutlierSample) -> String {
        let least = Double(sample.totalNs) * shareMin
        let shown = Hop.allCases.filter { sample.isKnown($0) && Double(sample.ns($0)) >= least }
        return shown.map { hop in
            let mark = sample.isPreempted(hop) ? "!" : ""
            let work = sample.work(hop) > 1 ? "/\(sample.work(hop))" : ""
            return "\(hop.stage)\(mark) \(Durations.text(ns: sample.ns(hop)))\(work)"
        }.joined(separator: " ")
    }

    /// "#7" for an instrument that `symbols` lacks.
    private static func symbol(_ sample: OutlierSample, _ symbols: [String]) -> String {
        let id = Int(sample.instrumentID)
        return id < symbols.count ? symbols[id] : "#\(id)"
    }

    /// Number of the connection and the byte of its stream; "-": no longer known.
    private static func connection(_ sample: OutlierSample) -> String {
        sample.connectionID == UInt16(APUS_OUTLIER_NO_CONNECTION)
            ? "-" : "\(sample.connectionID) +\(sample.framePosition)"
    }

    // MARK: JSON

    /// Key "outliers": counts by label, the latest and the worst with every number.
    public static func write(
        _ outliers: OutlierSnapshot, symbols: [String], to json: inout JSONWriter
    ) {
        json.object("outliers") { json in
            json.add("threshold_ns", outliers.thresholdNs)
            json.add("count", outliers.count)
            for row in outliers.labelled { json.add(row.label.text, row.count) }
            json.array("latest") { json in
                for row in outliers.latest { write(row, symbols, to: &json) }
            }
            json.array("worst") { json in
                for row in outliers.worst { write(row, symbols, to: &json) }
            }
        }
    }

    private static func write(
        _ row: OutlierData, _ symbols: [String], to json: inout JSONWriter
    ) {
        let sample = row.sample
        json.object { json in
            json.add("receive_time_ns", sample.ingressTimeNs)
            json.add("total_ns", sample.totalNs)
            json.add("excess_ns", row.excessNs)
            json.add("label", row.labelText)
            json.add("reason", row.reasonText)
            json.add("why", why(row))
            json.add("hop", row.worstHop?.name ?? "hop-\(row.hop)")
            json.add("symbol", symbol(sample, symbols))
            json.add("instrument_id", sample.instrumentID)
            json.add("sequence", sample.sequence)
            if sample.connectionID == UInt16(APUS_OUTLIER_NO_CONNECTION) {
                json.addNull("connection_id")
            } else {
                json.add("connection_id", sample.connectionID)
                json.add("frame_position", sample.framePosition)
                json.add("frame_length", sample.frameLength)
            }
            json.add("is_watched", sample.isWatched == 1)
            json.array("hops") { json in
                for hop in Hop.allCases where sample.isKnown(hop) {
                    json.object { json in
                        json.add("name", hop.name)
                        json.add("stage", hop.stage)
                        json.add("ns", sample.ns(hop))
                        json.add("work", sample.work(hop))
                        json.add("is_preempted", sample.isPreempted(hop))
                    }
                }
            }
            write(row.evidence, to: &json)
        }
    }

    private static func write(_ evidence: OutlierEvidence, to json: inout JSONWriter) {
        json.object("evidence") { json in
            json.add("core", evidence.core)
            json.add("window_ns", evidence.windowNs)
            json.add("cpu_ns", evidence.cpuNs)
            json.add("run_delay_ns", evidence.runDelayNs)
            json.add("switches", evidence.switches)
            json.add("minor_faults", evidence.minorFaults)
            json.add("major_faults", evidence.majorFaults)
            json.add("steal_ns", evidence.stealNs)
            json.add("idle_gap_ns", evidence.idleGapNs)
            json.add("idle_gap_minute_ns", evidence.idleGapMinuteNs)
        }
    }
}
