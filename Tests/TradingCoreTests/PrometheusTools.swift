//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import HTTP
import Platform
import TestSupport
import Testing

/// Debian's Prometheus and promtool, and the files under `tuning` that are for them.
enum PrometheusTools {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let rules = root.appending(path: "tuning/prometheus/rules.yml").path()
    static let ruleTests = root.appending(path: "tuning/prometheus/rules_test.yml").path()
    static let configuration = root.appending(path: "tuning/prometheus/prometheus.yml").path()
    static let dashboard = root.appending(path: "tuning/grafana/apus.json")
    static let exampleAlerts = root.appending(path: "tuning/profiles/alerts.yaml").path()
    private static let folder = root.appending(path: ".build/prometheus")
    static let server = folder.appending(path: "prometheus").path()
    private static let promtool = folder.appending(path: "promtool").path()

    /// Fetches them the first time.
    static let areThere: Bool = {
        let setup = root.appending(path: "Tests/Prometheus/setup").path()
        guard
            let child = try? ChildProcess(
                path: "/usr/bin/env", arguments: ["timeout", "180", setup], output: "/dev/null")
        else { return false }
        return child.wait(timeoutNs: 200_000_000_000) == 0
    }()

    /// Runs promtool with `input`; what it says, errors too.
    static func promtool(
        _ arguments: [String], input: String = "", in workplace: Workplace
    ) throws -> (status: Int32, text: String) {
        let file = try workplace.write(input, to: "promtool.in")
        let output = workplace.file("promtool.out")
        let child = try ChildProcess(
            path: "/bin/sh",
            arguments: ["-c", "in=$1; shift; exec \"$@\" < \"$in\"", "sh", file, promtool]
                + arguments, output: output)
        let status = try #require(child.wait(timeoutNs: 60_000_000_000), "promtool hangs")
        return (status, workplace.text("promtool.out"))
    }

    static func get(_ url: String) throws -> String {
        let response = try HTTPClient(allowsLoopback: true).request(method: "GET", url: url)
        guard response.status == 200 else {
            throw Overdue(description: "\(url): \(response.status)")
        }
        return String(decoding: response.body, as: UTF8.self)
    }

    /// Names of our metrics that stand in a text.
    static func names(in text: String) -> Set<String> {
        Set(text.matches(of: /apus_[a-z0-9_]+/).map { String($0.output) })
    }

    /// Every query of the dashboard, its variables as Grafana would put them in.
    static func queries(_ instance: String) throws -> [String] {
        let text = try String(contentsOf: dashboard, encoding: .utf8)
        let pattern = /"expr": ("(?:[^"\\]|\\.)*")/
        return try text.matches(of: pattern).map { match in
            try JSONDecoder().decode(String.self, from: Data(match.1.utf8))
                .replacing("$instance", with: instance)
                .replacing("$histogram", with: "receive_to_encrypted")
                .replacing("$__rate_interval", with: "10s")
        }
    }
}

/// A real Prometheus with the shipped rules, scraping one monitor each second.
final class PrometheusServer {
    private let child: ChildProcess
    private let workplace: Workplace
    private let address: String

    init(scraping monitor: String, in workplace: Workplace) throws {
        self.workplace = workplace
        let shipped = try String(
            contentsOfFile: PrometheusTools.configuration, encoding: .utf8)
        let rules = try String(contentsOfFile: PrometheusTools.rules, encoding: .utf8)
        _ = try workplace.write(rules, to: "rules.yml")
        let file = try workplace.write(
            shipped.replacing("127.0.0.1:9464\"", with: "\(monitor)\"")
                .replacing("interval: 5s", with: "interval: 1s"), to: "prometheus.yml")
        child = try ChildProcess(
            path: PrometheusTools.server,
            arguments: [
                "--config.file=\(file)", "--storage.tsdb.path=\(workplace.file("data"))",
                "--web.listen-address=127.0.0.1:0",
            ], output: workplace.file("prometheus.log"))
        // ... msg="Listening on" address=127.0.0.1:43251
        let pattern = /Listening on" address=([0-9.:]+)/
        var found = ""
        try waitUntil("Prometheus listens", seconds: 60) {
            found = workplace.text("prometheus.log").firstMatch(of: pattern).map {
                String($0.1)
            } ?? ""
            return !found.isEmpty
        }
        address = found
        // It listens before its store is open.
        try waitUntil("Prometheus is ready", seconds: 60) {
            (try? PrometheusTools.get("http://\(found)/-/ready")) != nil
        }
    }

    deinit {
        child.kill()
        child.wait(timeoutNs: 5_000_000_000)
    }

    /// The "data" of an answer; a query that is refused throws.
    func api(_ path: String) throws -> [String: Any] {
        let text = try PrometheusTools.get("http://\(address)/api/v1/\(path)")
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        try #require(json?["status"] as? String == "success", "\(path): \(text)")
        return try #require(json?["data"] as? [String: Any])
    }

    /// The labels of each series that answers.
    func query(_ text: String) throws -> [[String: String]] {
        let plain = CharacterSet.alphanumerics
        let encoded = try #require(text.addingPercentEncoding(withAllowedCharacters: plain))
        let result = try api("query?query=\(encoded)")["result"] as? [[String: Any]]
        return try #require(result).map { $0["metric"] as? [String: String] ?? [:] }
    }
}
