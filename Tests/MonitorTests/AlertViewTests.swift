//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Alerts
import Foundation
import Telemetry
import Testing

@testable import Monitor

@Suite("Alerts in the monitor")
struct AlertViewTests {
    /// A service with one rule, on the depth of the fixture's ring and on its engine.
    private func service() throws -> AlertService {
        let path = NSTemporaryDirectory() + "/apus-view-\(UUID().uuidString).yaml"
        try """
        actions: [{name: run, type: command, argv: [/bin/true]}]
        rules:
        - {name: full, quantity: ring_fill, of: intents, when: above, threshold: 30%,
           severity: critical, actions: [run]}
        - {name: dead, quantity: engine_dead}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try AlertService(
            AlertPlan(path: path, environment: [:]), intervalNs: 1_000_000_000)
    }

    @Test func `each observation judges the rules, and the views tell`() throws {
        let engine = try EngineFixture("alerts")
        try engine.fill()
        var observer = try InstanceObserver(engine.directory)
        observer.alerts = try service()
        _ = observer.observe()
        let now = observer.observe()
        let page = Exposition(PrometheusFormat.text(now))
        #expect(page.problems == [])
        #expect(page.values("apus_alerts_evaluations_total").map(\.value) == [2])
        #expect(page.values("apus_alerts_firing").map(\.value) == [1, 0])
        #expect(page.values("apus_alerts_firing").map { $0.labels["rule"] } == ["full", "dead"])
        #expect(page.values("apus_alerts_begun_total").map(\.value) == [1, 0], "3 of 8 wait")
        #expect(page.values("apus_alerts_dropped_total").map(\.value) == [0])
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(JSONFormat.text(now).utf8))
                as? [String: Any])
        let alerts = try #require(json["alerts"] as? [String: Any])
        let rules = try #require(alerts["rules"] as? [[String: Any]])
        #expect(rules.map { $0["firing"] as? Int } == [1, 0])
    }

    @Test func `without rules nothing of alerts is told`() throws {
        let engine = try EngineFixture("alerts-none")
        let now = try engine.observe()
        #expect(!PrometheusFormat.text(now).contains("apus_alerts"))
        #expect(!JSONFormat.text(now).contains("\"alerts\""))
    }

    @Test func `rules are judged while there is no engine, too`() throws {
        var watched = WatchedEngine("nobody", alerts: try service(), present: { [] })
        #expect(watched.look() == nil)
        let page = Exposition(PrometheusFormat.textWithoutEngine(watched.alertsWithoutEngine))
        #expect(page.problems == [])
        #expect(page.values("apus_up").map(\.value) == [0])
        #expect(page.values("apus_alerts_firing").map(\.value) == [0, 1])
    }

    @Test func `counters of money and of nanoseconds are told in base units`() throws {
        let engine = try EngineFixture("units")
        engine.writer.counter("risk_figure_equity_e8").set(12_300_000_001)
        engine.writer.counter("clock_offset_ns").set(1_500_000_000)
        engine.writer.counter("waiting_ns_total").set(1)
        engine.writer.counter("huge_e8").set(UInt64.max)
        let page = Exposition(PrometheusFormat.text(try engine.observe()))
        #expect(page.problems == [])
        #expect(page.values("apus_risk_figure_equity").map(\.value) == [123.00000001])
        #expect(page.values("apus_clock_offset_seconds").map(\.value) == [1.5])
        #expect(page.values("apus_waiting_seconds_total").map(\.value) == [1e-9])
        #expect(page.values("apus_huge").map(\.value) == [92_233_720_368.54775807])
    }

    @Test func `what has not happened yet has no sample of 1970`() throws {
        let engine = try EngineFixture("not-yet")
        _ = engine.writer.stage("idle")
        let page = Exposition(PrometheusFormat.text(try engine.observe()))
        #expect(page.values("apus_stage_polls_total").count == 1)
        #expect(page.values("apus_stage_heartbeat_age_seconds").isEmpty)
    }
}
