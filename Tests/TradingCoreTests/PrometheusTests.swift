//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Foundation
import Platform
import Telemetry
import TestSupport
import Testing

/// Goal: what is told to Prometheus and Grafana is what they take, and alerts reach somebody.
extension ProgramTests {
    @Suite("Alerts and Prometheus")
    struct Alerts {
        let workplace: Workplace

        init() throws { workplace = try Workplace() }

        private func monitor(_ arguments: [String], log: String = "monitor") throws -> Program {
            try Program("apus-monitor", arguments, in: workplace, log: log)
        }

        // MARK: - Files

        @Test(.enabled(if: PrometheusTools.areThere, "needs Debian's prometheus"))
        func `the rules are good, and each fires for what breaks it`() throws {
            for arguments in [
                ["check", "rules", PrometheusTools.rules],
                ["check", "config", PrometheusTools.configuration],
                ["test", "rules", PrometheusTools.ruleTests],
            ] {
                let (status, text) = try PrometheusTools.promtool(arguments, in: workplace)
                #expect(status == 0, "\(arguments): \(text)")
            }
        }

        @Test func `every rule has a test that has it fire`() throws {
            let rules = try String(contentsOfFile: PrometheusTools.rules, encoding: .utf8)
            let tests = try String(contentsOfFile: PrometheusTools.ruleTests, encoding: .utf8)
            let names = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
            #expect(names.count > 20)
            for name in names { #expect(tests.contains(name), "\(name)") }
        }

        @Test func `the dashboard is one that Grafana 9 takes`() throws {
            let data = try Data(contentsOf: PrometheusTools.dashboard)
            let root = try #require(
                JSONSerialization.jsonObject(with: data) as? [String: Any])
            #expect((root["schemaVersion"] as? Int ?? 0) >= 36)
            let templating = try #require(root["templating"] as? [String: Any])
            let variables = try #require(templating["list"] as? [[String: Any]])
            #expect(
                variables.map { $0["name"] as? String } == ["datasource", "instance", "histogram"])
            let panels = try #require(root["panels"] as? [[String: Any]])
            #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
            var taken: Set<[Int]> = []
            for panel in panels {
                let title = panel["title"] as? String ?? "-"
                let place = try #require(panel["gridPos"] as? [String: Int], "\(title)")
                let (x, y) = (place["x"] ?? 0, place["y"] ?? 0)
                let (width, height) = (place["w"] ?? 0, place["h"] ?? 0)
                #expect(width > 0 && x + width <= 24, "\(title)")
                for row in y..<(y + height) {
                    for column in x..<(x + width) {
                        #expect(taken.insert([column, row]).inserted, "\(title) covers another")
                    }
                }
                if panel["type"] as? String == "row" { continue }
                let targets = try #require(panel["targets"] as? [[String: Any]], "\(title)")
                #expect(Set(targets.compactMap { $0["refId"] as? String }).count == targets.count)
                for part in targets + [panel] {
                    let source = part["datasource"] as? [String: String]
                    #expect(source?["uid"] == "${datasource}", "\(title)")
                }
            }
        }

        // MARK: - Programs

        @Test(.enabled(if: PrometheusTools.areThere, "needs Debian's prometheus"))
        func `a real Prometheus scrapes, answers every query of the dashboard, and alerts`()
            throws
        {
            let venue = try VenueProgram(in: workplace)
            let engine = try EngineProgram(
                "prometheus", venue, ["strategy.interval=100ms"], in: workplace)
            try engine.awaitReady()
            try engine.awaitThat("a fill") {
                engine.telemetry?.instruments.contains { $0.status.fills > 0 } ?? false
            }
            let log = workplace.file("alerts.log")
            let file = try workplace.write(
                """
                actions: [{name: log, type: log, file: \(log)}]
                rules:
                - {name: dead, quantity: engine_dead, actions: [log], message: "{instance} died"}
                - {name: halted, quantity: trading_state, when: is, threshold: HALTED,
                   actions: [log], inhibited_by: [dead]}
                """, to: "alerts.yaml")
            let monitor = try monitor(
                ["--instance", engine.instance, "--http", "127.0.0.1:0", "--interval", "200ms",
                 "--alerts", file])
            try waitUntil("the monitor listens") { monitor.output.hasSuffix("\n") }
            let address = try #require(monitor.output.firstMatch(of: /127\.0\.0\.1:[0-9]+/))
            let metrics = "http://\(address.output)/metrics"

            var page = ""
            try waitUntil("markouts are told") {
                page = try PrometheusTools.get(metrics)
                return page.contains("apus_quality_markout_bps{")
            }
            let (status, text) = try PrometheusTools.promtool(
                ["check", "metrics"], input: page, in: workplace)
            #expect(status == 0, "\(text)")
            #expect(text.isEmpty, "\(text)")
            try checkNames(page)

            let prometheus = try PrometheusServer(
                scraping: String(address.output), in: workplace)
            try waitUntil("a series of the engine") {
                try prometheus.query("apus_instrument_bid").contains {
                    $0["instance"] == engine.instance && $0["job"] == "apus"
                }
            }
            let queries = try PrometheusTools.queries(engine.instance)
            #expect(queries.count > 50)
            for query in queries { _ = try prometheus.query(query) }
            try waitUntil("a percentile of the path") {
                try !prometheus.query(
                    "histogram_quantile(0.99, sum by (le) "
                        + "(rate(apus_latency_seconds_bucket[10s]))) > 0"
                ).isEmpty
            }

            let halt = try Program.run(
                "apus", ["halt", "--instance", engine.instance], in: workplace)
            #expect(halt.status == 0, "\(halt.errors)")
            try waitUntil("both tell of the halt") {
                let firing = try prometheus.query(
                    "ALERTS{alertname=\"ApusHalted\",alertstate=\"firing\"}")
                return firing.contains { $0["instance"] == engine.instance }
                    && workplace.text("alerts.log").contains("rule=halted status=firing")
            }
            engine.program.child.kill()
            // Nobody else waits for it, and until then its number is taken.
            #expect(try engine.program.exitStatus() == 128 + SIGKILL)
            try waitUntil("its death is told") {
                workplace.text("alerts.log").contains("msg=\"\(engine.instance) died\"")
            }
            #expect(try PrometheusTools.get(metrics).contains("apus_alerts_firing{"))
            monitor.child.signal(SIGINT)
            #expect(try monitor.exitStatus() == 0, "\(monitor.errors)")
            #expect(monitor.plainErrors.isEmpty, "\(monitor.errors)")
            try? FileManager.default.removeItem(atPath: "/dev/shm/apus.\(engine.instance)")
        }

        /// Every name in rules and dashboard is told by an engine that trades; those of models,
        /// which this one has none of, by the monitor's source.
        private func checkNames(_ page: String) throws {
            var known = PrometheusTools.names(in: page)
            let source = PrometheusTools.root.appending(
                path: "Sources/Monitor/PrometheusFormat+Models.swift")
            known.formUnion(
                PrometheusTools.names(in: try String(contentsOf: source, encoding: .utf8)))
            let rules = try String(contentsOfFile: PrometheusTools.rules, encoding: .utf8)
            let dashboard = try String(contentsOf: PrometheusTools.dashboard, encoding: .utf8)
            for text in [rules, dashboard] {
                let unknown = PrometheusTools.names(in: text).subtracting(known)
                #expect(unknown == [])
            }
        }

        @Test func `a check says what is there, and a name that is not fails it`() throws {
            let venue = try VenueProgram(in: workplace)
            let engine = try EngineProgram("check", venue, in: workplace)
            try engine.awaitReady()
            func check(_ file: String) throws -> (status: Int32, output: String, errors: String) {
                try Program.run(
                    "apus-monitor",
                    ["--instance", engine.instance, "--alerts", file, "--check"], in: workplace,
                    environment: ["APUS_ALERT_URL": "https://hooks.example/s3cr3t"])
            }
            let good = try check(PrometheusTools.exampleAlerts)
            #expect(good.status == 0, "\(good.output)\(good.errors)")
            #expect(good.output.contains("  there: receive_to_encrypted"))
            #expect(!good.output.contains("NOT THERE"))
            #expect(!(good.output + good.errors).contains("s3cr3t"))

            let lacking = try check(
                try workplace.write(
                    """
                    rules:
                    - {name: a, quantity: counter_rate, of: reader_frame_total, over: 1s,
                       when: below, threshold: 1/s}
                    """, to: "lacking.yaml"))
            #expect(lacking.status == 1)
            #expect(
                lacking.output.contains(
                    "NOT THERE: 'reader_frame_total'; did you mean 'reader_frames_total'?"))

            let path = try workplace.write("rules:\n- {name: a, quantity: b}\n", to: "bad.yaml")
            let bad = try check(path)
            #expect(bad.status == 1)
            #expect(
                bad.errors.hasPrefix("apus-monitor: \(path): line 2: quantity must be one of"))
            let usage = try Program.run("apus-monitor", ["--check"], in: workplace)
            #expect(usage.status == 2)
            _ = try engine.stop()
        }
    }
}
