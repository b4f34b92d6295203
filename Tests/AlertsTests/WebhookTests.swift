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

@testable import Alerts

/// A receiver in a process of its own, by Python's HTTP server.
private final class Receiver {
    let folder: Workplace
    let port: Int
    private let child: ChildProcess

    static let isThere: Bool = {
        guard let child = try? ChildProcess(
            path: "/usr/bin/env", arguments: ["python3", "-c", "import ssl"], output: "/dev/null")
        else { return false }
        return child.wait(timeoutNs: 20 * second) == 0
    }()

    init(identity: (certificate: String, key: String)? = nil, in folder: Workplace) throws {
        self.folder = folder
        let script = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Webhook/receiver.py").path()
        let files = [folder.file("port"), folder.file("requests")]
        child = try ChildProcess(
            path: "/usr/bin/env",
            arguments: ["python3", script] + files
                + (identity.map { [$0.certificate, $0.key] } ?? []), output: nil)
        try waitUntil("the receiver listens") { !folder.text("port").isEmpty }
        port = try #require(Int(folder.text("port")))
    }

    deinit {
        child.kill()
        child.wait(timeoutNs: 5 * second)
    }

    var requests: [String] { folder.text("requests").split(separator: "\n").map(String.init) }
}

@Suite("Webhooks of alerts", .enabled(if: Receiver.isThere, "needs python3"))
struct WebhookTests {
    private func sender(
        _ url: String, caFile: String? = nil, timeoutNs: UInt64 = 20 * second
    ) -> WebhookSender {
        WebhookSender(
            transport: HTTPClient(allowsLoopback: true), url: url, caFile: caFile,
            timeoutNs: timeoutNs)
    }

    @Test func `a notice arrives as JSON`() throws {
        let receiver = try Receiver(in: Workplace())
        try sender("http://127.0.0.1:\(receiver.port)/ok/t0ken?a=b").send(notice(7))
        let line = try #require(receiver.requests.first)
        #expect(line.hasPrefix("/ok/t0ken?a=b application/json {"))
        let body = try #require(line.firstIndex(of: "{").map { line[$0...] })
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        #expect(json["number"] as? Int == 7)
        #expect(json["status"] as? String == "firing")
        #expect(json["severity"] as? String == "critical")
        #expect(json["text"] as? String == "it \"began\"")
        #expect(json["labels"] as? [String: String] == ["symbol": "BTC-USDT", "venue": "okx"])
        #expect(json["since_ns"] as? UInt64 == epochNs)
    }

    @Test func `what a receiver answers decides whether it is tried again`() throws {
        let receiver = try Receiver(in: Workplace())
        let base = "http://127.0.0.1:\(receiver.port)"
        #expect(throws: SendError(reason: "status 418", isTransient: false)) {
            try sender(base + "/teapot").send(notice())
        }
        #expect(throws: SendError(reason: "status 503", isTransient: true)) {
            try sender(base + "/busy").send(notice())
        }
        #expect(throws: SendError(reason: "timed out", isTransient: true)) {
            try sender(base + "/hang", timeoutNs: 200_000_000).send(notice())
        }
        #expect(throws: SendError(reason: "no connection, or it was lost", isTransient: true)) {
            try sender("http://127.0.0.1:1/").send(notice())
        }
    }

    @Test func `an alert reaches its webhook through failures, and no output has the address`()
        throws
    {
        let receiver = try Receiver(in: Workplace())
        let secret = "http://127.0.0.1:\(receiver.port)/busy/s3cr3t?key=s3cr3t"
        let hanging = "http://127.0.0.1:\(receiver.port)/hang/s3cr3t"
        let path = try receiver.folder.write(secret + "\n", to: "url", mode: 0o600)
        let plan = try AlertPlan(
            yaml: """
                actions:
                - {name: page, type: webhook, url_file: \(path), retries: 3}
                - {name: dead, type: webhook, url_env: DEAD, retries: 0, timeout: 200ms}
                rules:
                - {name: r, quantity: engine_dead, actions: [page, dead]}
                """, source: "alerts.yaml", environment: ["DEAD": hanging])
        let reports = Reports()
        let service = try AlertService(plan, intervalNs: second, retryNs: 1_000_000) {
            reports.add($0)
        }
        let dead = look(0) { $0.isAlive = false }
        #expect(service.observe(dead).rules[0].firing == 1)
        try waitUntil("both are dealt with") {
            service.observe(dead).actions.allSatisfy { $0.backlog == 0 }
        }
        let actions = service.observe(dead).actions
        #expect(actions.map(\.delivered) == [1, 0])
        #expect(actions.map(\.retries) == [2, 0])
        #expect(actions.map(\.failed) == [0, 1])
        #expect(receiver.requests.filter { $0.hasPrefix("/busy/s3cr3t?key=s3cr3t ") }.count == 3)
        #expect(reports.all == ["apus-monitor: alerts: action dead failed: timed out"])
        var dumped = "\(plan)\n\(String(reflecting: plan))\n"
        dump(plan, to: &dumped)
        dumped += AlertReview(plan, in: dead).text + "\(service.observe(dead))"
        #expect(!dumped.contains("s3cr3t"))
        #expect(dumped.contains("an address that is not shown"))
    }

    @Test func `a file of an address that others can read is refused`() throws {
        let folder = try Workplace()
        let path = try folder.write("https://hooks.example/s3cr3t", to: "url", mode: 0o640)
        #expect(throws: (any Error).self) { try SecretFile.read(path).get() }
        let good = try folder.write("\n https://hooks.example/s3cr3t \n", to: "good", mode: 0o600)
        #expect(try SecretFile.read(good).get() == "https://hooks.example/s3cr3t")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: good)
        #expect(throws: (any Error).self) { try SecretFile.read(folder.file("link")).get() }
        let long = try folder.write(String(repeating: "a", count: 5_000), to: "long", mode: 0o600)
        #expect(throws: (any Error).self) { try SecretFile.read(long).get() }
    }

    @Test(arguments: [
        ("http://127.0.0.1/x", true), ("http://LOCALHOST:80", true),
        ("http://127.0.0.1:0x1", false), ("http://127.0.0.1:", false),
        ("http://127.0.0.1.example/", false), ("http://example/127.0.0.1", false),
        ("http://127.0.0.1@example/", false), ("http://127.0.0.1:80@example/", false),
        ("http://127.0.0.1\\@example/", false), ("http://localhost.example/", false),
        ("http://10.0.0.1/", false), ("https://127.0.0.1/", false), ("http://", false),
    ])
    func `plain HTTP is for this machine alone`(url: String, isLoopback: Bool) {
        #expect(HTTPClient.isLoopback(url) == isLoopback)
    }

    @Test func `plain HTTP is not spoken by a client that was not told to`() throws {
        let receiver = try Receiver(in: Workplace())
        #expect(throws: HTTPError.self) {
            _ = try HTTPClient().request(
                method: "POST", url: "http://127.0.0.1:\(receiver.port)/ok", body: [])
        }
        #expect(receiver.requests.isEmpty)
    }

    @Test func `a certificate that no root vouches for is refused, one of an added root taken`()
        throws
    {
        let folder = try Workplace()
        let (certificate, key) = (folder.file("cert.pem"), folder.file("key.pem"))
        let openssl = try ChildProcess(
            path: "/usr/bin/env",
            arguments: [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=unit",
                "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ], output: "/dev/null")
        try #require(openssl.wait(timeoutNs: 60 * second) == 0)
        let receiver = try Receiver(identity: (certificate, key), in: folder)
        let url = "https://127.0.0.1:\(receiver.port)/ok"
        let refusal = SendError(
            reason: "the server's certificate was refused", isTransient: false)
        #expect(throws: refusal) { try sender(url).send(notice()) }
        #expect(receiver.requests.isEmpty)
        try sender(url, caFile: certificate).send(notice())
        #expect(receiver.requests.count == 1)
        #expect(throws: SendError.self) {
            try sender(url.replacing("127.0.0.1", with: "localhost"), caFile: certificate)
                .send(notice())
        }
        #expect(receiver.requests.count == 1, "a host that the certificate does not name")
    }
}
