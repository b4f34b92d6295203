//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// What a client asks for; already known to be a GET or HEAD.
struct WebRequest {
    /// Without the query, as sent.
    let path: String
    /// Those parts of the query that the API knows, decoded.
    var arguments: [String: String] = [:]

    static let argumentNames = ["since", "histogram"]
}

struct WebResponse: Sendable {
    let status: UInt32
    let contentType: String
    let body: [UInt8]
    /// Beside those that every answer has.
    var headers: [(name: String, value: String)] = []

    static func json(_ status: UInt32 = 200, _ body: (inout JSONWriter) -> Void) -> WebResponse {
        var json = JSONWriter()
        json.object(nil, body)
        return WebResponse(
            status: status, contentType: "application/json", body: Array(json.text.utf8))
    }

    /// A refusal: `{"error": reason}`, perhaps with more.
    static func refusal(
        _ status: UInt32, _ reason: String, _ more: (inout JSONWriter) -> Void = { _ in }
    ) -> WebResponse {
        json(status) { json in
            json.add("error", reason)
            more(&json)
        }
    }
}

/// Answers requests from what is watched. Every answer is made anew; nothing is written anywhere.
struct WebAPI {
    typealias Answer = @Sendable (inout WebAPI, WebRequest) -> WebResponse

    struct Endpoint: Sendable {
        let path: String
        let help: String
        let answer: Answer
    }

    var engine: WatchedEngine
    /// Length of an interval of the history.
    let intervalNs: UInt64
    private let page = WebPage()

    init(engine: WatchedEngine, intervalNs: UInt64) {
        self.engine = engine
        self.intervalNs = intervalNs
    }

    static let endpoints: [Endpoint] = [
        Endpoint(path: "/", help: "the dashboard") { api, _ in api.page.response },
        Endpoint(path: "/metrics", help: "everything for Prometheus, text format 0.0.4") {
            api, _ in api.metrics()
        },
        Endpoint(
            path: "/health", help: "200 while the engine lives, beats and may trade; else 503"
        ) { api, _ in api.health() },
        Endpoint(path: "/api", help: "this list") { _, _ in
            .json { list(&$0) }
        },
        Endpoint(path: "/api/status", help: "the whole observation") { api, _ in api.status() },
        Endpoint(
            path: "/api/histograms",
            help: "percentiles to p99.9999, since the start and of the last interval"
        ) { api, _ in api.histograms() },
        Endpoint(
            path: "/api/history",
            help: "intervals that ended after ?since=NS: percentiles, duty, depths, profit, orders"
        ) { $0.history($1) },
        Endpoint(
            path: "/api/heat", help: "counts by value and interval of ?histogram=NAME&since=NS"
        ) { $0.heat($1) },
        Endpoint(path: "/api/instruments", help: "books, positions, orders of instruments") {
            api, _ in api.part(JSONFormat.addInstruments)
        },
        Endpoint(path: "/api/models", help: "models and features, and what each was worth") {
            api, _ in api.part(JSONFormat.addModels)
        },
        Endpoint(path: "/api/quality", help: "how well orders were executed") {
            api, _ in api.part(JSONFormat.addQuality)
        },
        Endpoint(path: "/api/counters", help: "every counter by name") {
            api, _ in api.part(JSONFormat.addCounters)
        },
    ]

    mutating func respond(to request: WebRequest) -> WebResponse {
        guard let endpoint = Self.endpoints.first(where: { $0.path == request.path }) else {
            return .refusal(404, "there is no such path") { Self.list(&$0) }
        }
        return endpoint.answer(&self, request)
    }

    private static func list(_ json: inout JSONWriter) {
        json.array("endpoints") { json in
            for endpoint in endpoints {
                json.object { json in
                    json.add("path", endpoint.path)
                    json.add("is", endpoint.help)
                }
            }
        }
    }

    private mutating func metrics() -> WebResponse {
        let text =
            engine.look().map(PrometheusFormat.text)
            ?? PrometheusFormat.textWithoutEngine(engine.alertsWithoutEngine)
        return WebResponse(
            status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
            body: Array(text.utf8))
    }

    private mutating func health() -> WebResponse {
        let now = engine.look()
        let health = now.map { Health($0) } ?? Health(absent: engine.absence)
        return .json(health.isHealthy ? 200 : 503) { json in
            Self.add(health, to: &json)
            guard let now else { return json.addNull("engine") }
            json.add("engine", now.instance)
            json.add("process_id", now.processID)
            json.add("trading_state", now.control?.state ?? "")
            guard let ageNs = now.heartbeatAgeNs else { return json.addNull("heartbeat_age_ns") }
            json.add("heartbeat_age_ns", ageNs)
        }
    }

    private static func add(_ health: Health, to json: inout JSONWriter) {
        json.add("is_healthy", health.isHealthy)
        json.add("reason", health.reason)
    }

    private mutating func status() -> WebResponse {
        let now = engine.look()
        let health = now.map { Health($0) } ?? Health(absent: engine.absence)
        return .json { json in
            Self.add(health, to: &json)
            json.add("interval_ns", intervalNs)
            guard let now else { return json.addNull("engine") }
            json.object("engine") { json in JSONFormat.add(now, to: &json) }
        }
    }

    /// One part of the observation beside whose it is.
    private mutating func part(
        _ add: (Observation, inout JSONWriter) -> Void
    ) -> WebResponse {
        let now = engine.look()
        return .json { json in
            guard let now else { return addAbsence(to: &json) }
            Self.addEngine(now, to: &json)
            add(now, &json)
        }
    }

    func addAbsence(to json: inout JSONWriter) {
        json.addNull("engine")
        json.add("reason", engine.absence)
    }

    static func addEngine(_ now: Observation, to json: inout JSONWriter) {
        json.add("engine", now.instance)
        json.add("process_id", now.processID)
        json.add("start_time_ns", now.startTimeNs)
        json.add("time_ns", now.timeNs)
        json.add("is_alive", now.isAlive)
    }
}
