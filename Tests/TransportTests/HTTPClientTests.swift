//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import HTTP
import Platform
import Testing
import Transport

extension TransportSuites {
    @Suite("HTTPS client")
    struct HTTPClientTests {
        static func respond(_ peer: TestPeer, _ status: String, _ body: String) {
            let head = "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n"
            peer.send(Array((head + "X-Weight: 7\r\n\r\n" + body).utf8))
        }

        static func get(
            _ client: HTTPClient, _ url: String, authority: TestAuthority = .good,
            timeout: Duration = .seconds(5)
        ) -> Result<HTTPResponse, HTTPError> {
            do throws(HTTPError) {
                return .success(
                    try client.request(
                        method: "GET", url: url, headers: [("X-Key", "k")],
                        caFile: authority.caFile, timeout: timeout))
            } catch { return .failure(error) }
        }

        @Test func `requests share one connection and bring status, headers and body`() throws {
            let heads = TestLog()
            let venue = TestVenue { peer in
                while let head = peer.receiveHead() {
                    heads.add(head)
                    Self.respond(
                        peer, heads.lines.count == 1 ? "200 OK" : "418 Teapot", "{\"a\":1}")
                }
            }
            defer { venue.stop() }
            let client = HTTPClient()
            let url = "https://127.0.0.1:\(venue.port)/api?signature=secret"
            let first = try Self.get(client, url).get()
            #expect(first.status == 200)
            #expect(first.body == Array("{\"a\":1}".utf8))
            #expect(first.header("x-weight") == "7")
            let second = try client.request(
                method: "POST", url: url, caFile: TestAuthority.good.caFile)
            #expect(second.status == 418)
            #expect(heads.lines.count == 2)
            #expect(heads.lines[0].hasPrefix("GET /api?signature=secret HTTP/1.1\r\n"))
            #expect(heads.lines[0].contains("X-Key: k"))
            #expect(heads.lines[1].hasPrefix("POST /api"))
            #expect(heads.lines[1].contains("Content-Length: 0"))
        }

        @Test(arguments: [
            (TestAuthority.Certificate.expired, "certificate expired"),
            (.wrongHost, "wrong host name"), (.unknownIssuer, "unknown issuer"),
        ])
        func `a bad certificate is refused with its reason and without the query`(
            certificate: TestAuthority.Certificate, expected: String
        ) {
            let authority = TestAuthority.named(certificate)
            let venue = TestVenue(authority) { peer in _ = peer.receiveHead() }
            defer { venue.stop() }
            let url = "https://127.0.0.1:\(venue.port)/api?signature=secret"
            guard case .failure(let error) = Self.get(HTTPClient(), url, authority: authority)
            else {
                Issue.record("accepted")
                return
            }
            #expect(error.reason == .certificateRefused)
            #expect(error.description.contains(expected))
            #expect(error.description.hasPrefix("GET https://127.0.0.1:\(venue.port)/api: "))
            #expect(!error.description.contains("secret"))
        }

        @Test func `plain HTTP, redirects and silence are not followed`() throws {
            let client = HTTPClient()
            guard case .failure(let plain) = Self.get(client, "http://127.0.0.1/?a") else {
                Issue.record("accepted")
                return
            }
            #expect(plain.reason == .invalidRequest)
            let venue = TestVenue { peer in
                if peer.receiveHead()?.contains("/moved") == true {
                    peer.send(
                        Array(
                            "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n".utf8))
                }
                peer.waitForEnd()
            }
            defer { venue.stop() }
            let base = "https://127.0.0.1:\(venue.port)"
            #expect(try Self.get(client, base + "/moved").get().status == 302)
            guard
                case .failure(let silent) = Self.get(
                    HTTPClient(), base + "/silent", timeout: .milliseconds(50))
            else {
                Issue.record("answered")
                return
            }
            #expect(silent.reason == .timedOut)
        }

        @Test func `a response over 16 MiB is refused`() {
            let venue = TestVenue { peer in
                _ = peer.receiveHead()
                peer.send(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
                let chunk = "100000\r\n" + String(repeating: "x", count: 1 << 20) + "\r\n"
                for _ in 0..<17 { peer.send(Array(chunk.utf8)) }
            }
            defer { venue.stop() }
            guard
                case .failure(let error) = Self.get(
                    HTTPClient(), "https://127.0.0.1:\(venue.port)/", timeout: .seconds(30))
            else {
                Issue.record("accepted")
                return
            }
            #expect(error.reason == .tooLarge)
        }
    }
}
