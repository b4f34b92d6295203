//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Alerts
import CTelemetry
import Rendering
import Telemetry

/// The view for Prometheus: text exposition format 0.0.4.
///
/// Each metric has HELP and TYPE once, then its samples. Counters end in `_total`; times are in
/// seconds, money is in whole units. Latencies are one classic histogram with two cumulative
/// buckets an octave up to 16 us and one above, whose bounds are bounds of the telemetry page's own
/// buckets, so the counts are exact. `instance` is the engine's name: a scrape keeps it with
/// `honor_labels`, as `tuning/prometheus/prometheus.yml` does.
/// Source: prometheus.io, "Exposition formats", text-based format.
struct PrometheusFormat {
    private var text = ""
    private var names: Set<String> = []
    private let instance: String?

    static func text(_ now: Observation) -> String {
        var format = PrometheusFormat(instance: now.instance)
        format.addEngine(now)
        format.addStages(now)
        format.addRings(now)
        format.addInstruments(now)
        format.addFeatures(now)
        format.addModels(now)
        format.addQuality(now)
        format.addOutliers(now)
        format.addLatencies(now)
        format.addAlerts(now.alerts)
        format.addCounters(now)
        return format.text
    }

    /// What a scrape is told while there is no engine: that, and what the rules say to it.
    static func textWithoutEngine(_ alerts: AlertStatus? = nil) -> String {
        var format = PrometheusFormat(instance: nil)
        format.add("apus_up", "gauge", upHelp, [([], "0")])
        format.addAlerts(alerts)
        return format.text
    }

    private static let upHelp = "1 while the engine's process exists."

    private init(instance: String?) { self.instance = instance }

    // MARK: - Grammar

    typealias Label = (name: String, value: String)
    typealias Sample = (labels: [Label], value: String)

    /// A metric with all its samples; nothing when there is none. A second metric of the same name
    /// is left out: the format allows a name once.
    mutating func add(_ name: String, _ type: String, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty, names.insert(name).inserted else { return }
        text += "# HELP \(name) \(Self.escape(help: help))\n# TYPE \(name) \(type)\n"
        for sample in samples { addSample(name, sample) }
    }

    private mutating func addSample(_ name: String, _ sample: Sample) {
        let labels = (instance.map { [("instance", $0)] } ?? []) + sample.labels
        let list = labels.map { "\($0.0)=\"\(Self.escape(label: $0.1))\"" }
        let braces = list.isEmpty ? "" : "{\(list.joined(separator: ","))}"
        text += "\(name)\(braces) \(sample.value)\n"
    }

    static func escape(label: String) -> String {
        label.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n", "\r\n": result += "\\n"
            default: result.append(character)
            }
        }
    }

    static func escape(help: String) -> String {
        help.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\n", "\r\n": result += "\\n"
            default: result.append(character)
            }
        }
    }

    /// `name` with everything but letters, digits and "_" replaced by "_".
    static func metricName(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    /// Exact seconds of whole nanoseconds.
    static func seconds(_ ns: UInt64) -> String {
        let rest = String(ns % 1_000_000_000)
        let zeros = String(repeating: "0", count: 9 - rest.count)
        return "\(ns / 1_000_000_000).\(zeros)\(rest)"
    }

    // MARK: - Metrics

    private mutating func addEngine(_ now: Observation) {
        add(
            "apus_engine_info", "gauge", "The engine's mode and placement.",
            [([("mode", now.mode), ("placement", now.placement)], "1")])
        add("apus_up", "gauge", Self.upHelp, [([], now.isAlive ? "1" : "0")])
        add("apus_process_id", "gauge", "Number of the engine's process.",
            [([], "\(now.processID)")])
        add("apus_start_time_seconds", "gauge", "Start of the engine, seconds since 1970 UTC.",
            [([], Self.seconds(now.startTimeNs))])
        guard let control = now.control else { return }
        let states = ["READY", "REDUCING", "HALTED", "NOT_READY"]
        add("apus_trading_state", "gauge", "1 for the state that holds.",
            states.map { ([("state", $0)], $0 == control.state ? "1" : "0") })
        // An epoch is a count of requests since the control page was made.
        add("apus_cancel_all_requests_total", "counter", "Requests to cancel every open order.",
            [([], "\(control.cancelAllEpoch)")])
    }

    private mutating func addStages(_ now: Observation) {
        func rows(_ value: (Observation.Stage) -> String) -> [Sample] {
            now.stages.map { ([("stage", $0.name)], value($0)) }
        }
        add("apus_stage_core", "gauge", "Core the stage is pinned to, or -1.",
            rows { "\($0.core)" })
        add("apus_stage_polls_total", "counter", "Calls of poll.", rows { "\($0.polls)" })
        add("apus_stage_busy_polls_total", "counter", "Calls of poll that found work.",
            rows { "\($0.busyPolls)" })
        add("apus_stage_work_total", "counter", "Records handled.", rows { "\($0.work)" })
        // None before the first beat: an age since 1970 would be an alert.
        add("apus_stage_heartbeat_age_seconds", "gauge", "Time since the thread last went round.",
            now.stages.filter { $0.heartbeatNs != 0 }.map { stage in
                ([("stage", stage.name)],
                    Self.seconds(Observation.age(of: stage.heartbeatNs, at: now.timeNs)))
            })
    }

    private mutating func addRings(_ now: Observation) {
        func rows(_ value: (Observation.Ring) -> String) -> [Sample] {
            now.rings.map { ([("ring", $0.name)], value($0)) }
        }
        add("apus_ring_depth", "gauge", "Messages (bytes of a byte ring) waiting.",
            rows { "\($0.depth)" })
        add("apus_ring_capacity", "gauge", "Messages (bytes) the ring holds.",
            rows { "\($0.capacity)" })
        add("apus_ring_published_total", "counter", "Messages (bytes) put in.",
            rows { "\($0.published)" })
    }

    private mutating func addFeatures(_ now: Observation) {
        func rows(_ value: (Observation.Feature) -> String?) -> [Sample] {
            now.features.compactMap { row in
                value(row).map {
                    ([("feature", row.name), ("horizon_seconds", Self.seconds(row.horizonNs))], $0)
                }
            }
        }
        add("apus_feature_information_coefficient", "gauge",
            "Correlation of a feature with the mid's return over the horizon.",
            rows { "\($0.informationCoefficient)" })
        add("apus_feature_hit_rate", "gauge", "Share of returns whose sign the feature had.",
            rows { $0.hitRate.isNaN ? nil : "\($0.hitRate)" })
        add("apus_feature_observations_total", "counter", "Vectors judged.",
            rows { "\($0.count)" })
    }

    private mutating func addInstruments(_ now: Observation) {
        func rows(_ value: (InstrumentData) -> String?) -> [Sample] {
            now.instruments.compactMap { row in
                value(row.status).map { ([("symbol", row.symbol), ("venue", row.venue)], $0) }
            }
        }
        func decimal(_ text: String) -> String? { text == "-" || text == "?" ? nil : text }
        func e8(_ value: Int64) -> String { NumberText.exact(e8: value) }
        add("apus_instrument_bid", "gauge", "Best bid.", rows { decimal(InstrumentText($0).bid) })
        add("apus_instrument_ask", "gauge", "Best ask.", rows { decimal(InstrumentText($0).ask) })
        add("apus_instrument_messages_total", "counter", "Market data messages.",
            rows { "\($0.messages)" })
        add("apus_instrument_gaps_total", "counter", "Sequence gaps.", rows { "\($0.gaps)" })
        add("apus_instrument_resyncs_total", "counter", "Snapshots taken in.",
            rows { "\($0.resyncs)" })
        add("apus_instrument_book_valid", "gauge", "1 while the book is in sync.",
            rows { $0.isBookValid != 0 ? "1" : "0" })
        add("apus_instrument_last_update_seconds", "gauge",
            "Ingress time of the last update, seconds since 1970 UTC.",
            rows { $0.lastUpdateNs == 0 ? nil : Self.seconds($0.lastUpdateNs) })
        add("apus_instrument_position", "gauge", "Position in the base currency or contracts.",
            rows { decimal(InstrumentText($0).position) })
        add("apus_instrument_realised", "gauge", "Realised profit, quote currency.",
            rows { e8($0.realisedE8) })
        add("apus_instrument_unrealised", "gauge", "Unrealised profit, quote currency.",
            rows { e8($0.unrealisedE8) })
        add("apus_instrument_fees", "gauge", "Fees paid, quote currency; rebates are negative.",
            rows { e8($0.feesE8) })
        add("apus_instrument_funding", "gauge",
            "Funding paid, quote currency; what was received is negative.",
            rows { e8($0.fundingE8) })
        add("apus_instrument_open_orders", "gauge", "Open orders.", rows { "\($0.openOrders)" })
        add("apus_instrument_fills_total", "counter", "Fills.", rows { "\($0.fills)" })
        add("apus_instrument_orders_sent_total", "counter", "Orders sent.",
            rows { "\($0.ordersSent)" })
        add("apus_instrument_cancels_sent_total", "counter", "Cancels sent.",
            rows { "\($0.cancelsSent)" })
        add("apus_instrument_rejects_total", "counter", "Orders the venue refused.",
            rows { "\($0.rejects)" })
    }

    private mutating func addCounters(_ now: Observation) {
        for counter in now.counters {
            let (name, value) = Self.inBaseUnits(counter)
            let type = name.hasSuffix("_total") ? "counter" : "gauge"
            add(name, type, "\(counter.name) of the telemetry page.", [([], value)])
        }
    }

    /// Name and value as the conventions want them: seconds for "_ns", whole money for "_e8".
    /// Source: prometheus.io, "Metric and label naming", base units.
    private static func inBaseUnits(_ counter: Observation.Counter) -> (String, String) {
        let name = "apus_" + metricName(counter.name)
        let end = name.hasSuffix("_total") ? "_total" : ""
        let stem = name.dropLast(end.count)
        if stem.hasSuffix("_ns") {
            return (stem.dropLast(3) + "_seconds" + end, seconds(counter.value))
        }
        if stem.hasSuffix("_e8") {
            let e8 = Int64(clamping: counter.value)
            return (stem.dropLast(3) + end, NumberText.exact(e8: e8))
        }
        return (name, "\(counter.value)")
    }

    // MARK: - Latencies

    /// Indices of the page's buckets that end a Prometheus bucket: each half octave from 64 ns to
    /// 16 us, then each octave to 17 s. Beyond is "+Inf".
    private static let bucketEnds: [Int] =
        Array(stride(from: 63, through: 319, by: 16))
        + Array(stride(from: 351, through: 959, by: 32))

    private mutating func addLatencies(_ now: Observation) {
        let name = "apus_latency_seconds"
        guard !now.histograms.isEmpty, names.insert(name).inserted else { return }
        text += "# HELP \(name) Latencies of the telemetry page.\n# TYPE \(name) histogram\n"
        for histogram in now.histograms {
            let label: Label = ("histogram", histogram.name)
            var cumulative: UInt64 = 0
            var next = 0
            for end in Self.bucketEnds {
                cumulative &+= histogram.counts[next...end].reduce(0, &+)
                next = end + 1
                let bound = Self.seconds(apus_histogram_highest(UInt32(end)))
                addSample("\(name)_bucket", ([label, ("le", bound)], "\(cumulative)"))
            }
            // The count is that of the buckets: the page's own total may be a moment ahead.
            cumulative &+= histogram.counts[next...].reduce(0, &+)
            addSample("\(name)_bucket", ([label, ("le", "+Inf")], "\(cumulative)"))
            addSample("\(name)_sum", ([label], Self.seconds(histogram.sum)))
            addSample("\(name)_count", ([label], "\(cumulative)"))
        }
        add("apus_latency_max_seconds", "gauge", "Largest latency so far.",
            now.histograms.map { ([("histogram", $0.name)], Self.seconds($0.maximum)) })
        // Not labelled "quantile": that label belongs to summaries.
        add("apus_latency_percentile_seconds", "gauge",
            "Latency not exceeded by that percentage since the start.",
            now.histograms.flatMap { histogram in
                Percentile.all.map { percentile in
                    ([("histogram", histogram.name),
                        ("percentile", String(percentile.title.dropFirst()))],
                        Self.seconds(histogram.value(atFraction: percentile.fraction)))
                }
            })
    }
}
