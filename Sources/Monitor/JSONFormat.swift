//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Rendering
import Telemetry

/// The view for programs: one JSON object in one line. Keys are stable; integers are exact, in the
/// units their keys name; decimals of the venue are strings.
enum JSONFormat {
    static func text(_ now: Observation) -> String {
        var json = JSONWriter()
        json.object { add(now, to: &$0) }
        return json.text
    }

    /// The members of that object.
    static func add(_ now: Observation, to json: inout JSONWriter) {
        addHeader(now, to: &json)
        json.array("stages") { json in
            for stage in now.stages { add(stage, at: now.timeNs, to: &json) }
        }
        json.array("histograms") { json in
            for histogram in now.histograms { add(histogram, to: &json) }
        }
        json.array("rings") { json in
            for ring in now.rings { add(ring, to: &json) }
        }
        addInstruments(now, to: &json)
        addModels(now, to: &json)
        addQuality(now, to: &json)
        OutlierFormat.write(now, to: &json)
        addCounters(now, to: &json)
        addAlerts(now.alerts, to: &json)
    }

    static func addInstruments(_ now: Observation, to json: inout JSONWriter) {
        json.array("instruments") { json in
            for instrument in now.instruments { add(instrument, at: now.timeNs, to: &json) }
        }
    }

    /// Features, and the models made from them.
    static func addModels(_ now: Observation, to json: inout JSONWriter) {
        json.array("features") { json in
            for feature in now.features { add(feature, to: &json) }
        }
        json.array("models") { json in
            for model in now.models { add(model, to: &json) }
        }
    }

    static func addQuality(_ now: Observation, to json: inout JSONWriter) {
        QualityText.write(now.quality, to: &json)
    }

    static func addCounters(_ now: Observation, to json: inout JSONWriter) {
        json.object("counters") { json in
            for counter in now.counters { json.add(counter.name, counter.value) }
        }
    }

    private static func addHeader(_ now: Observation, to json: inout JSONWriter) {
        json.add("instance", now.instance)
        json.add("process_id", now.processID)
        json.add("is_alive", now.isAlive)
        json.add("time_ns", now.timeNs)
        json.add("start_time_ns", now.startTimeNs)
        json.add("uptime_ns", now.uptimeNs)
        json.add("mode", now.mode)
        json.add("placement", now.placement)
        if let age = now.heartbeatAgeNs {
            json.add("heartbeat_age_ns", age)
        } else {
            json.addNull("heartbeat_age_ns")
        }
        guard let control = now.control else { return json.addNull("control") }
        json.object("control") { json in
            json.add("trading_state", control.state)
            json.add("operator_state", control.operatorState)
            json.add("engine_state", control.engineState)
            json.add("halt_reason", control.haltReason)
            json.add("cancel_all_epoch", control.cancelAllEpoch)
            json.add("is_stop_requested", control.isStopRequested)
        }
    }

    private static func add(
        _ stage: Observation.Stage, at timeNs: UInt64, to json: inout JSONWriter
    ) {
        json.object { json in
            json.add("name", stage.name)
            json.add("core", stage.core)
            json.add("thread", stage.thread)
            json.add("polls", stage.polls)
            json.add("busy_polls", stage.busyPolls)
            json.add("work", stage.work)
            json.add("heartbeat_ns", stage.heartbeatNs)
            addAge("heartbeat_age_ns", of: stage.heartbeatNs, at: timeNs, to: &json)
        }
    }

    /// Null for what has not happened yet.
    private static func addAge(
        _ key: String, of pastNs: UInt64, at nowNs: UInt64, to json: inout JSONWriter
    ) {
        if pastNs == 0 { return json.addNull(key) }
        json.add(key, Observation.age(of: pastNs, at: nowNs))
    }

    private static func add(_ histogram: HistogramSnapshot, to json: inout JSONWriter) {
        json.object { json in
            json.add("name", histogram.name)
            addFigures(histogram, to: &json)
        }
    }

    static func addFigures(_ histogram: HistogramSnapshot, to json: inout JSONWriter) {
        json.add("count", histogram.total)
        json.add("sum_ns", histogram.sum)
        json.add("mean_ns", histogram.mean)
        for percentile in Percentile.all {
            json.add(percentile.key, histogram.value(atFraction: percentile.fraction))
        }
        json.add("max_ns", histogram.maximum)
    }

    private static func add(_ feature: Observation.Feature, to json: inout JSONWriter) {
        json.object { json in
            json.add("name", feature.name)
            json.add("horizon_ns", feature.horizonNs)
            json.add("information_coefficient", feature.informationCoefficient)
            json.add("hit_rate", feature.hitRate)
            json.add("count", feature.count)
        }
    }

    private static func add(_ model: Observation.Model, to json: inout JSONWriter) {
        json.object { json in
            json.add("name", model.name)
            json.add("kind", model.kind)
            json.add("state", model.status.stateText)
            json.add("checksum", model.status.checksumText)
            json.add("judged", model.status.judged)
            for figure in model.status.figures { json.add(figure.name, figure.value) }
        }
    }

    private static func add(_ ring: Observation.Ring, to json: inout JSONWriter) {
        json.object { json in
            json.add("name", ring.name)
            json.add("depth", ring.depth)
            json.add("capacity", ring.capacity)
            json.add("message_size", ring.messageSize)
            json.add("published", ring.published)
        }
    }

    private static func add(
        _ instrument: Observation.Instrument, at timeNs: UInt64, to json: inout JSONWriter
    ) {
        let status = instrument.status
        let values = InstrumentText(status)
        json.object { json in
            json.add("symbol", instrument.symbol)
            json.add("venue", instrument.venue)
            json.add("bid", values.bid)
            json.add("ask", values.ask)
            json.add("spread", values.spread)
            json.add("bid_ticks", status.bid)
            json.add("ask_ticks", status.ask)
            json.add("messages", status.messages)
            json.add("gaps", status.gaps)
            json.add("resyncs", status.resyncs)
            json.add("is_book_valid", status.isBookValid != 0)
            json.add("level_count", status.levelCount)
            json.add("last_update_ns", status.lastUpdateNs)
            addAge("age_ns", of: status.lastUpdateNs, at: timeNs, to: &json)
            json.add("position", values.position)
            json.add("position_lots", status.position)
            json.add("lot", values.lot)
            json.add("realised_e8", status.realisedE8)
            json.add("unrealised_e8", status.unrealisedE8)
            json.add("fees_e8", status.feesE8)
            json.add("funding_e8", status.fundingE8)
            json.add("profit_e8", instrument.profitE8)
            json.add("open_orders", status.openOrders)
            json.add("fills", status.fills)
            json.add("orders_sent", status.ordersSent)
            json.add("cancels_sent", status.cancelsSent)
            json.add("rejects", status.rejects)
            json.add("lots_traded", status.lotsTraded)
        }
    }
}
