//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Rendering
import Telemetry

/// What changes over time: the latest intervals, as many as `History` keeps.
extension WebAPI {
    mutating func histograms() -> WebResponse {
        let now = engine.look()
        let last = engine.history.intervals.last
        return .json { json in
            guard let now else { return addAbsence(to: &json) }
            Self.addEngine(now, to: &json)
            json.add("interval_ns", last?.spanNs ?? 0)
            json.array("histograms") { json in
                for histogram in now.histograms {
                    json.object { json in
                        json.add("name", histogram.name)
                        json.object("since_start") { JSONFormat.addFigures(histogram, to: &$0) }
                        guard let interval = last?.histogram(histogram.name) else {
                            return json.addNull("interval")
                        }
                        json.object("interval") {
                            JSONFormat.addFigures(interval.snapshot, to: &$0)
                        }
                    }
                }
            }
        }
    }

    mutating func history(_ request: WebRequest) -> WebResponse {
        guard let sinceNs = Self.since(request) else { return Self.badSince }
        let now = engine.look()
        let intervals = intervals(since: sinceNs)
        return .json { json in
            if let now { Self.addEngine(now, to: &json) } else { addAbsence(to: &json) }
            json.add("interval_ns", intervalNs)
            json.array("histogram_fields") { json in
                for field in ["count", "p50_ns", "p99_ns", "p99_9_ns", "max_ns"] {
                    json.addElement(field)
                }
            }
            json.array("intervals") { json in
                for interval in intervals { json.object { Self.add(interval, to: &$0) } }
            }
        }
    }

    /// Counters whose growth is told for each interval, by the names of the answer.
    private static let growths = [
        ("orders_sent", "gateway_orders_sent_total"), ("fills", "gateway_fills_total"),
        ("cancels_sent", "gateway_cancels_sent_total"), ("rejects", "gateway_rejects_total"),
    ]

    private static func add(_ interval: Interval, to json: inout JSONWriter) {
        json.add("start_ns", interval.startNs)
        json.add("end_ns", interval.endNs)
        json.add("is_new_run", interval.isNewRun)
        json.add("trading_state", interval.tradingState)
        json.add("profit_e8", interval.profitE8)
        for (name, counter) in growths { json.add(name, interval.growth[counter] ?? 0) }
        json.object("histograms") { json in
            for histogram in interval.histograms where histogram.total > 0 {
                json.array(histogram.name) { json in
                    json.addElement(histogram.total)
                    for fraction in [0.5, 0.99, 0.999] {
                        json.addElement(histogram.value(atFraction: fraction))
                    }
                    json.addElement(histogram.maximum)
                }
            }
        }
        json.object("duty") { json in
            for stage in interval.stages { json.add(stage.name, stage.duty) }
        }
        json.object("depth") { json in
            for ring in interval.rings where ring.depth > 0 { json.add(ring.name, ring.depth) }
        }
        json.array("positions") { json in
            for position in interval.positions {
                json.object { json in
                    json.add("symbol", position.symbol)
                    json.add("venue", position.venue)
                    json.add("lots", position.lots)
                    json.add("profit_e8", position.profitE8)
                }
            }
        }
    }

    mutating func heat(_ request: WebRequest) -> WebResponse {
        guard let sinceNs = Self.since(request) else { return Self.badSince }
        let now = engine.look()
        let names = now?.histograms.map(\.name) ?? []
        guard let name = request.arguments["histogram"], now == nil || names.contains(name) else {
            return .refusal(
                request.arguments["histogram"] == nil ? 400 : 404,
                "?histogram= names one of these"
            ) { json in
                json.array("histograms") { for name in names { $0.addElement(name) } }
            }
        }
        let intervals = intervals(since: sinceNs)
        return .json { json in
            if let now { Self.addEngine(now, to: &json) } else { addAbsence(to: &json) }
            json.add("histogram", name)
            json.array("bounds_ns") { for bound in HeatRows.boundsNs { $0.addElement(bound) } }
            json.array("intervals") { json in
                for interval in intervals {
                    json.object { json in
                        json.add("start_ns", interval.startNs)
                        json.add("end_ns", interval.endNs)
                        json.array("cells") { json in
                            guard let histogram = interval.histogram(name) else { return }
                            for cell in HeatRows.cells(histogram) {
                                json.array {
                                    $0.addElement(cell.row)
                                    $0.addElement(cell.count)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private func intervals(since sinceNs: UInt64) -> ArraySlice<Interval> {
        let all = engine.history.intervals
        let older = all.prefix { $0.endNs <= sinceNs }
        return all[older.endIndex...]
    }

    /// 0 without the argument, `nil` for what is no whole number.
    private static func since(_ request: WebRequest) -> UInt64? {
        request.arguments["since"].map { UInt64($0) } ?? 0
    }

    private static let badSince = WebResponse.refusal(
        400, "?since= takes nanoseconds since 1970 UTC")
}
