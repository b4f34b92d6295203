//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Platform
import SeededRandom
import Testing

@testable import Monitor

@Suite("Web server")
struct WebServerTests {
    /// A name that no instance has.
    private static let nobody = "test-nobody-at-all"

    @Test func `every endpoint of the list answers`() throws {
        let engine = try EngineFixture("web-list")
        try engine.fill()
        let web = try WebFixture(engine.directory.name)
        let list = try #require(try web.object("/api")["endpoints"] as? [[String: Any]])
        let paths = list.compactMap { $0["path"] as? String }
        #expect(paths.count >= 12)
        for path in paths {
            let query = path == "/api/heat" ? "?histogram=receive_to_encrypted" : ""
            #expect(try web.get(path + query).status == 200, "\(path)")
        }
    }

    @Test(arguments: ["/nothing", "/api/", "/api/status/", "//", "/..", "/%2e%2e/etc/passwd"])
    func `a path that is none is answered with those there are`(path: String) throws {
        let answer = try WebFixture(Self.nobody).get(path)
        #expect(answer.status == 404)
        #expect(try answer.object()["error"] as? String == "there is no such path")
        #expect(try answer.object()["endpoints"] as? [Any] != nil)
    }

    @Test(arguments: ["/", "/api/status", "/metrics", "/health", "/nothing"])
    func `no answer is kept, guessed at, framed or handed to another site`(path: String) throws {
        let headers = try WebFixture(Self.nobody).get(path).headers
        #expect(headers["cache-control"] == "no-store")
        #expect(headers["x-content-type-options"] == "nosniff")
        #expect(headers["x-frame-options"] == "DENY")
        #expect(headers["cross-origin-resource-policy"] == "same-origin")
        #expect(headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
        #expect(!headers.keys.contains { $0.hasPrefix("access-control-") })
    }

    @Test func `the page may run its own script and ask its own server, nothing else`() throws {
        let answer = try WebFixture(Self.nobody).get("/")
        let policy = try #require(answer.headers["content-security-policy"])
        #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
        #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("http"))
        #expect(policy.contains("script-src 'sha256-") && policy.contains("connect-src 'self'"))
        for foreign in ["src=\"http", "url(http", "@import", "innerHTML", "eval("] {
            #expect(!answer.text.contains(foreign), "\(foreign)")
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"])
    func `a method that is neither GET nor HEAD is refused`(method: String) throws {
        let web = try WebFixture(Self.nobody)
        let text = WebFixture.request(method, "/api", more: "Content-Length: 4\r\n") + "body"
        let answer = try web.send(text)
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == "GET, HEAD")
    }

    @Test func `HEAD is told the length and sent nothing`() throws {
        let web = try WebFixture(Self.nobody)
        let whole = try web.get("/api")
        let head = try web.send(WebFixture.request("HEAD", "/api"))
        #expect(head.status == 200)
        #expect(head.headers["content-length"] == "\(whole.body.count)")
        #expect(head.body.isEmpty)
    }

    @Test func `a site that borrows the address is refused by its name`() throws {
        let web = try WebFixture(Self.nobody)
        func status(_ host: String) throws -> Int {
            try web.send(WebFixture.request("GET", "/api", host: host)).status
        }
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:\(web.address.port)", "[::1]:1"] {
            #expect(try status(host) == 200, "\(host)")
        }
        for host in [
            "evil.example", "evil.example:9464", "localhost.evil.example", "127.0.0.1.evil.example",
            "[evil]", "evil@localhost", "",
        ] { #expect(try status(host) == 421, "\(host)") }
    }

    @Test func `who opens it to others may call it by any name`() throws {
        let web = try WebFixture(Self.nobody, host: "0.0.0.0")
        #expect(
            try web.send(WebFixture.request("GET", "/api", host: "trader.example")).status == 200)
    }

    @Test func `a request that is too large is refused`() throws {
        let web = try WebFixture(Self.nobody)
        let long = String(repeating: "a", count: 2 * WebServer.headerBytesMax)
        #expect(try web.send(WebFixture.request("GET", "/\(long)")).status == 414)
        let header = try web.send(WebFixture.request("GET", "/api", more: "X-Long: \(long)\r\n"))
        #expect(header.status == 431)
        let many = (0..<5_000).map { "X-\($0): y\r\n" }.joined()
        #expect(try web.send(WebFixture.request("GET", "/api", more: many)).status == 431)
        #expect(try web.get("/api").status == 200)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n",  // HTTP/1.1 without a Host
        "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ])
    func `a request against the rules is refused`(text: String) throws {
        let web = try WebFixture(Self.nobody)
        let status = try web.send(text).status
        #expect(status >= 400, "\(status)")
        #expect(try web.get("/api").status == 200)
    }

    @Test func `bytes at random bring no answer of success, and the server lives`() throws {
        let web = try WebFixture(Self.nobody, requestTimeMaxNs: 300_000_000)
        let seed: UInt64 = 0x77_6562
        var random = SplitMix64(seed: seed)
        for round in 0..<20 {
            let client = try WebClient(web.address.port)
            client.write((0..<200).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            client.write(Array("\r\n\r\n".utf8))
            let status = WebAnswer(client.readToEnd()).status
            #expect(status == 0 || status >= 400, "seed \(seed), round \(round): \(status)")
        }
        #expect(try web.get("/api").status == 200)
    }

    @Test func `a body that nobody asked for is read and forgotten`() throws {
        let web = try WebFixture(Self.nobody)
        let body = String(repeating: "x", count: 1_000_000)
        let text = WebFixture.request("GET", "/api", more: "Content-Length: \(body.utf8.count)\r\n")
        #expect(try web.send(text + body).status == 200)
    }

    @Test(arguments: ["", "GET", "GET /api HTTP/1.1\r\nHost: localh"])
    func `a client that dawdles is dropped`(beginning: String) throws {
        let web = try WebFixture(Self.nobody, requestTimeMaxNs: 100_000_000)
        let client = try WebClient(web.address.port)
        client.write(Array(beginning.utf8))
        // Returns once the server has closed; what it may have said before is no success.
        #expect(WebAnswer(client.readToEnd()).status != 200)
        #expect(try web.get("/api").status == 200)
    }

    @Test func `a client that reads nothing holds nobody up`() throws {
        let web = try WebFixture(Self.nobody, requestTimeMaxNs: 100_000_000)
        let client = try WebClient(web.address.port)
        let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        client.write(Array(String(repeating: request, count: 300).utf8))
        // Longer than a request may take; the time is no measure of anything.
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end { #expect(try web.get("/api").status == 200) }
        // 20 MB were asked for. What the kernel took over is here, the rest was never made.
        let pages = client.readToEnd().count / (try web.get("/").body.count)
        #expect(pages < 300)
    }

    @Test func `more clients than there is room for push out the idlest`() throws {
        let web = try WebFixture(Self.nobody)
        let idle = try (0..<Int(WebServer.connectionsMax)).map { _ in
            try WebClient(web.address.port)
        }
        #expect(try web.get("/api").status == 200)
        // The first one was closed for it; the last one is served still.
        #expect(idle[0].readToEnd().isEmpty)
        idle[idle.count - 1].write(Array(WebFixture.request("GET", "/api").utf8))
        #expect(WebAnswer(idle[idle.count - 1].readToEnd()).status == 200)
    }

    @Test func `a connection serves one request after the other`() throws {
        let web = try WebFixture(Self.nobody)
        let client = try WebClient(web.address.port)
        let first = "GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n"
        client.write(Array((first + WebFixture.request("GET", "/nothing")).utf8))
        let text = String(decoding: client.readToEnd(), as: UTF8.self)
        #expect(text.contains("HTTP/1.1 200 OK") && text.contains("HTTP/1.1 404 Not Found"))
    }

    @Test func `an address that is taken is told`() throws {
        let web = try WebFixture(Self.nobody)
        let error = #expect(throws: (any Error).self) {
            _ = try WebServer(
                web.address, engine: WatchedEngine(Self.nobody), intervalNs: 1_000_000_000)
        }
        #expect("\(error!)".contains("127.0.0.1:\(web.address.port)"))
    }
}
